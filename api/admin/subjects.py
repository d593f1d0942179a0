"""`/subjects`: the people in the registry."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.admin.access import AdminRoute, Takes, access
from api.admin.call import Call, CallDep
from api.admin.exports import jobs_of
from api.admin.paging import Cursor, Limit, page_of
from api.answers import ErasureOut, PageOut, SubjectOut
from api.auth import REGISTRAR
from api.schemas import SubjectIn, SubjectPatch
from guard.record import erasure

router = APIRouter(prefix="/admin/v1", tags=["subjects"], route_class=AdminRoute)


@router.get("/subjects", response_model=PageOut[SubjectOut], summary="List or search people")
@access("subject.list", REGISTRAR)
async def list_subjects(
    call: CallDep, query: Annotated[str | None, Query(max_length=300)] = None, limit: Limit = 50, cursor: Cursor = None
) -> PageOut[SubjectOut]:
    """`query` finds people by a part of a name, an alias or an external id."""
    registry = call.services.registry
    search = registry.list_subjects if query is None or not query.strip() else partial(registry.search_subjects, query.strip())
    page = await page_of(search, limit, cursor)
    call.audit.note(found=len(page.items))
    return PageOut[SubjectOut].model_validate(page)


@router.post("/subjects", status_code=201, response_model=SubjectOut, summary="Register a person without any directive")
@access("subject.create", REGISTRAR, Takes.JSON, idempotent=True)
async def create_subject(call: CallDep, body: SubjectIn, *, allow_duplicate: bool = False) -> Response:
    """They are found from now on; nothing is refused because of them until a directive says so."""
    stated = body.value()
    return await call.change(
        lambda by: call.services.registry.create_subject(stated, by, allow_duplicate=allow_duplicate), SubjectOut.model_validate, 201
    )


@router.get("/subjects/{subject_id}", response_model=SubjectOut, summary="One person")
@access("subject.read", REGISTRAR)
async def get_subject(call: CallDep, subject_id: str) -> SubjectOut:
    """Everything stated about them, but no face vector."""
    call.audit.note(subject_id=subject_id)
    return SubjectOut.model_validate(await call.read(lambda: call.services.registry.get_subject(subject_id)))


@router.patch("/subjects/{subject_id}", response_model=SubjectOut, summary="Change what is stated about a person")
@access("subject.patch", REGISTRAR, Takes.JSON, idempotent=True)
async def patch_subject(call: CallDep, subject_id: str, body: SubjectPatch) -> Response:
    """A field that is absent stays as it is; a list replaces the list."""
    changes = body.changes()
    return await call.change(lambda by: call.services.registry.patch_subject(subject_id, changes, by), SubjectOut.model_validate)


@router.delete("/subjects/{subject_id}", response_model=ErasureOut, summary="Erase a person")
@access("subject.erase", REGISTRAR)
async def erase_subject(call: CallDep, subject_id: str) -> Response:
    """Destroys templates, names and the keys of what was recorded about them. Their protection ends with it; the receipt says so."""
    return await erased_person(call, subject_id)


async def erased_person(call: Call, subject_id: str) -> Response:
    """The erasure, for the admin API and the console; caches of the workers are emptied when it is published."""
    await call.read(lambda: jobs_of(call.services).discard_all("somebody who may be in it was erased; ask for it again"))
    erased = await call.change(
        lambda by: call.services.registry.erase_subject(subject_id, by, sign=call.services.sign), ErasureOut.model_validate
    )
    await call.read(lambda: erasure.erase_subject(call.services.registry.engine, subject_id))
    return erased
