"""Cases: what waits, what each is about, whom it was told to, and the steps that decide it."""

import hashlib
from functools import partial
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Query
from starlette.responses import Response

from api.admin.access import access
from api.admin.paging import page_of
from api.auth import REGISTRAR
from api.console.actions import Done, parsed, to
from api.console.pages import PAGE
from api.console.visit import ConsoleRoute, VisitDep
from api.schemas import TransitionIn
from guard.errors import InvalidInputError
from guard.registry.case_files import TRANSITIONS
from guard.registry.evidence import FOR_ANOTHER, Authority
from guard.registry.values import Evidence

router = APIRouter(prefix="/console", route_class=ConsoleRoute, include_in_schema=False)
_WAITING = ("verifying", "received", "disputed", "appealed")


@router.get("/cases")
@access("console.cases", REGISTRAR, audited=False)
async def cases(visit: VisitDep, status: Annotated[str, Query(max_length=32)] = "verifying", cursor: str | None = None) -> Response:
    """Cases of one state, or those whose time is over; newest first."""
    overdue = status == "overdue"
    wanted = status if status in TRANSITIONS else None
    page = await page_of(partial(visit.services.registry.list_cases, status=wanted, overdue=overdue), PAGE, cursor)
    return visit.page("cases.html", page=page, shown=status if wanted or overdue else "all", states=[*_WAITING, "overdue", "active", "all"])


@router.get("/cases/{case_id}")
@access("case.read", REGISTRAR)
async def case(visit: VisitDep, case_id: str) -> Response:
    """One case with its steps, proofs and notices."""
    registry = visit.services.registry
    visit.call.audit.note(case_id=case_id)
    found = await to_thread.run_sync(registry.get_case, case_id)
    notices = await to_thread.run_sync(registry.list_notices, case_id)
    ways = sorted(TRANSITIONS[found.status])
    speaks_for_another = found.requester.role in FOR_ANOTHER
    return visit.page("case.html", case=found, notices=notices, ways=ways, authorities=list(Authority) if speaks_for_another else [])


@router.post("/cases/{case_id}/transition")
@access("case.transition", REGISTRAR)
async def transition(visit: VisitDep, case_id: str) -> Response:
    """Take the case one step on."""
    services = visit.services
    said = {"to": visit.value("to"), "reason": visit.value("reason"), "authority": visit.value("authority") or None}
    body = parsed(TransitionIn, said)
    before = await to_thread.run_sync(services.registry.get_case, case_id)
    await visit.call.change(
        lambda by: services.registry.transition_case(case_id, body.to, body.reason, by, authority=body.authority, sign=services.sign),
        lambda _: Done(),
    )
    after = await to_thread.run_sync(services.registry.get_case, case_id)
    return to(f"/console/cases/{case_id}", "proposed" if after.status == before.status else "stepped")


@router.post("/cases/{case_id}/evidence")
@access("case.evidence", REGISTRAR)
async def check_evidence(visit: VisitDep, case_id: str) -> Response:
    """Compare a file with the digest that was stated for it; the file is not kept."""
    files = visit.files.get("file", [])
    if len(files) != 1:
        raise InvalidInputError("Choose one file.")
    seen = Evidence("document", visit.value("ref"), hashlib.sha256(files[0]).hexdigest())
    await visit.call.change(lambda by: visit.services.registry.check_evidence(case_id, seen, by), lambda _: Done())
    return to(f"/console/cases/{case_id}", "checked")


@router.post("/cases/{case_id}/notices/{notice_id}/resend")
@access("notice.resend", REGISTRAR)
async def resend(visit: VisitDep, case_id: str, notice_id: str) -> Response:
    """Put a notice into the outbox again."""
    await visit.call.change(lambda by: visit.services.registry.resend_notice(notice_id, by), lambda _: Done())
    return to(f"/console/cases/{case_id}", "resent")
