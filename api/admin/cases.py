"""Requests on their way from intake to an end."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.admin.access import AdminRoute, Takes, access
from api.admin.call import CallDep
from api.admin.paging import Cursor, Limit, page_of
from api.answers import CaseOut, PageOut
from api.auth import REGISTRAR
from api.schemas import CaseIn, TransitionIn

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
    """The directive of the case follows: verified becomes active, rejected stops protecting. 409 for a step that does not follow."""
    return await call.change(lambda by: call.services.registry.transition_case(case_id, body.to, body.reason, by), CaseOut.model_validate)
