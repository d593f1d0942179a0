"""`POST /opt-outs`: the one call that protects a person."""

from fastapi import APIRouter
from starlette.responses import Response

from api.admin.access import AdminRoute, Takes, access
from api.admin.call import CallDep
from api.answers import OptOutOut
from api.auth import REGISTRAR
from api.schemas import OptOutIn

router = APIRouter(prefix="/admin/v1", tags=["opt-outs"], route_class=AdminRoute)


@router.post("/opt-outs", status_code=201, response_model=OptOutOut, summary="Protect a person")
@access("opt_out.create", REGISTRAR, Takes.JSON, idempotent=True)
async def create_opt_out(call: CallDep, body: OptOutIn, *, allow_duplicate: bool = False) -> Response:
    """Registers the person, their opt-out and its case in one step; binding on every local worker before the 201.

    409 lists likely duplicates unless `allow_duplicate`; 422 names an alias that would refuse everything.
    """
    opt_out = body.value()
    return await call.change(
        lambda by: call.services.registry.create_opt_out(opt_out, by, allow_duplicate=allow_duplicate, sign=call.services.sign),
        OptOutOut.model_validate,
        201,
    )
