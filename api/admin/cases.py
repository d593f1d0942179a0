"""Requests on their way from intake to an end."""

import hashlib
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.admin.access import AdminRoute, Takes, access
from api.admin.call import CallDep
from api.admin.paging import Cursor, Limit, page_of
from api.answers import CaseOut, NoticeOut, PageOut
from api.auth import REGISTRAR
from api.problems import MALFORMED, ProblemError
from api.schemas import CaseIn, TransitionIn
from guard.registry.values import Evidence

_FILE = {"requestBody": {"required": True, "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}}
router = APIRouter(prefix="/admin/v1", tags=["cases"], route_class=AdminRoute)


@router.get("/cases", response_model=PageOut[CaseOut], summary="List cases")
@access("case.list", REGISTRAR)
async def list_cases(
    call: CallDep,
    status: Annotated[str | None, Query(max_length=64)] = None,
    subject_id: Annotated[str | None, Query(max_length=128)] = None,
    overdue: bool = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> PageOut[CaseOut]:
    """Newest first, of one status or subject where asked; `overdue` leaves open ones whose time is over. `escalation` says how urgent each is."""
    page = await page_of(partial(call.services.registry.list_cases, status=status, subject_id=subject_id, overdue=overdue), limit, cursor)
    call.audit.note(found=len(page.items))
    return PageOut[CaseOut].model_validate(page)


@router.post("/cases", status_code=201, response_model=CaseOut, summary="Open a case")
@access("case.create", REGISTRAR, Takes.JSON, idempotent=True)
async def create_case(call: CallDep, body: CaseIn) -> Response:
    """For something to look into that is not an opt-out; `POST /opt-outs` opens its own."""
    case = body.value()
    return await call.change(lambda by: call.services.registry.create_case(case, by), CaseOut.model_validate, 201)


@router.get("/cases/{case_id}", response_model=CaseOut, summary="One case")
@access("case.read", REGISTRAR)
async def get_case(call: CallDep, case_id: str) -> CaseOut:
    """With all its steps."""
    call.audit.note(case_id=case_id)
    return CaseOut.model_validate(await call.read(lambda: call.services.registry.get_case(case_id)))


@router.post("/cases/{case_id}/transition", response_model=CaseOut, summary="Take a case one step on")
@access("case.transition", REGISTRAR, Takes.JSON, idempotent=True)
async def transition_case(call: CallDep, case_id: str, body: TransitionIn) -> Response:
    """The directive of the case follows: verified becomes active, rejected stops protecting. 409 for a step that does not follow.

    Under `GUARD_TWO_PERSON` the first call for a step that takes two leaves `status` as it is and adds a step with `proposes`.
    """
    services = call.services
    return await call.change(
        lambda by: services.registry.transition_case(case_id, body.to, body.reason, by, authority=body.authority, sign=services.sign),
        CaseOut.model_validate,
    )


@router.post("/cases/{case_id}/evidence", response_model=CaseOut, summary="Check a proof against its digest", openapi_extra=_FILE)
@access("case.evidence", REGISTRAR, Takes.RAW, idempotent=True)
async def check_evidence(
    call: CallDep, case_id: str, kind: Annotated[str, Query(max_length=64)] = "document", ref: Annotated[str, Query(max_length=2_000)] = ""
) -> Response:
    """The body is the file itself; it is hashed and not kept. 422 when its SHA-256 is not the one that was stated.

    With `ref` it is meant to be that proof, which is added where the case has none of that `ref`.
    """
    if not call.body:
        raise ProblemError(MALFORMED, "Send the file itself as the body.")
    seen = Evidence(kind, ref, hashlib.sha256(call.body).hexdigest())
    return await call.change(lambda by: call.services.registry.check_evidence(case_id, seen, by), CaseOut.model_validate)


@router.get("/cases/{case_id}/notices", response_model=PageOut[NoticeOut], summary="What was told about a case")
@access("notice.list", REGISTRAR)
async def list_notices(call: CallDep, case_id: str) -> PageOut[NoticeOut]:
    """Sent ones, those that wait, and those that were given up; oldest first."""
    call.audit.note(case_id=case_id)
    found = await call.read(lambda: call.services.registry.list_notices(case_id))
    return PageOut(items=[NoticeOut.model_validate(each) for each in found])


@router.post("/notices/{notice_id}/resend", response_model=NoticeOut, summary="Send a notice again")
@access("notice.resend", REGISTRAR, Takes.JSON, idempotent=True)
async def resend_notice(call: CallDep, notice_id: str) -> Response:
    """To the contact that the case has now, under the same id. 409 where nobody can be told any more."""
    return await call.change(lambda by: call.services.registry.resend_notice(notice_id, by), NoticeOut.model_validate)
