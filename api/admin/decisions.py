"""`/decisions`: what was decided, by filter or by id."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.admin.access import AdminRoute, access
from api.admin.call import CallDep
from api.admin.paging import Cursor, Limit, page_of
from api.answers import DecisionOut, PageOut
from api.auth import AUDITOR
from guard.record.query import DecisionFilter, Decisions
from guard.registry.dates import Instant
from guard.registry.values import Page
from guard.types import Outcome, Stage

router = APIRouter(prefix="/admin/v1", tags=["decisions"], route_class=AdminRoute)

_Id = Annotated[str | None, Query(min_length=1, max_length=128)]


@router.get("/decisions", response_model=PageOut[DecisionOut], summary="List decisions")
@access("decision.list", AUDITOR)
async def list_decisions(
    call: CallDep,
    after: Annotated[Instant | None, Query(alias="from", description="Inclusive.")] = None,
    before: Annotated[Instant | None, Query(alias="to", description="Exclusive.")] = None,
    tenant: _Id = None,
    subject_id: _Id = None,
    outcome: Outcome | None = None,
    rule: _Id = None,
    stage: Stage | None = None,
    request_id: _Id = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> PageOut[DecisionOut]:
    """Newest first. Where input and output were both decided, `request_id` lists both."""
    wanted = DecisionFilter(after, before, tenant, subject_id, outcome, rule, stage, request_id)
    decisions = Decisions(call.services.registry.engine, call.services.keyring)

    def look(limit: int, position: str | None) -> Page[DecisionOut]:
        page = decisions.list(wanted, position, limit)
        return Page(tuple(DecisionOut.model_validate(item) for item in page.items), page.next_cursor)

    found = await page_of(look, limit, cursor)
    call.audit.note(found=len(found.items), filter={"tenant": tenant, "subject_id": subject_id, "request_id": request_id})
    return PageOut(items=list(found.items), next_cursor=found.next_cursor)


@router.get("/decisions/{decision_id}", response_model=DecisionOut, summary="One decision, with all that is kept of it")
@access("decision.read", AUDITOR)
async def get_decision(call: CallDep, decision_id: str) -> DecisionOut:
    """`event` is its leaf of the log; `body` what the policy's level kept, null once somebody it concerns was erased (`body_status`)."""
    call.audit.note(decision_id=decision_id)
    decisions = Decisions(call.services.registry.engine, call.services.keyring)
    return DecisionOut.model_validate(await call.read(lambda: decisions.get(decision_id)))
