"""Access keys, the tenants they stand for, and counts."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.admin.access import AdminRoute, Takes, access
from api.admin.call import CallDep
from api.admin.paging import Cursor, Limit, cut, decode, encode
from api.answers import KeyOut, NewKeyOut, PageOut, TenantOut
from api.auth import ADMIN, STAFF
from api.problems import MALFORMED, ProblemError
from api.schemas import KeyIn

router = APIRouter(prefix="/admin/v1", tags=["keys"], route_class=AdminRoute)


@router.post("/keys", status_code=201, response_model=NewKeyOut, summary="Make a key")
@access("key.create", ADMIN, Takes.JSON)
async def create_key(call: CallDep, request: Request, body: KeyIn) -> Response:
    """`key` is shown only in this answer, so an `Idempotency-Key` cannot be honoured and is refused."""
    if "idempotency-key" in request.headers:
        raise ProblemError(MALFORMED, "A key is shown only once, so POST /keys takes no Idempotency-Key.")
    return await call.change(
        lambda by: call.services.registry.create_key(body.role, body.tenant, body.name, by), NewKeyOut.model_validate, 201
    )


@router.get("/keys", response_model=PageOut[KeyOut], summary="List keys")
@access("key.list", ADMIN)
async def list_keys(call: CallDep, limit: Limit = 50, cursor: Cursor = None) -> PageOut[KeyOut]:
    """Without the keys themselves, which nobody has any more."""
    page = cut(await call.read(call.services.registry.list_keys), lambda key: key.id, limit, decode(cursor))
    return PageOut(items=[KeyOut.model_validate(key) for key in page.items], next_cursor=encode(page.next_cursor))


@router.delete("/keys/{key_id}", status_code=204, summary="Delete a key")
@access("key.delete", ADMIN)
async def delete_key(call: CallDep, key_id: str) -> Response:
    """Binding on every local worker before the 204."""
    return await call.change(lambda by: call.services.registry.delete_key(key_id, by), lambda _: None, 204)


@router.get("/tenants", response_model=PageOut[TenantOut], summary="List tenants")
@access("tenant.list", STAFF)
async def list_tenants(call: CallDep, limit: Limit = 50, cursor: Cursor = None) -> PageOut[TenantOut]:
    """A tenant exists from the first key or grant that names it; `caller_keys` counts its living caller keys."""
    page = cut(await call.read(call.services.registry.tenants), lambda tenant: tenant.name, limit, decode(cursor))
    return PageOut(items=[TenantOut.model_validate(tenant) for tenant in page.items], next_cursor=encode(page.next_cursor))
