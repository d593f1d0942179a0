"""`/known-images`: pictures that must not come back, by their perceptual hash. The pictures themselves are not kept."""

from fastapi import APIRouter
from starlette.responses import Response

from api.admin.access import AdminRoute, Takes, access
from api.admin.call import CallDep
from api.admin.paging import Cursor, Limit, cut, decode, encode
from api.answers import KnownImageOut, PageOut
from api.auth import REGISTRAR
from api.schemas import KnownImageIn

router = APIRouter(prefix="/admin/v1", tags=["known images"], route_class=AdminRoute)


@router.get("/known-images", response_model=PageOut[KnownImageOut], summary="List known images")
@access("known_image.list", REGISTRAR)
async def list_known_images(call: CallDep, limit: Limit = 50, cursor: Cursor = None) -> PageOut[KnownImageOut]:
    """Oldest first."""
    page = cut(await call.read(call.services.registry.known_images), lambda image: image.id, limit, decode(cursor))
    return PageOut(items=[KnownImageOut.model_validate(image) for image in page.items], next_cursor=encode(page.next_cursor))


@router.post("/known-images", status_code=201, response_model=KnownImageOut, summary="Add a picture that must not come back")
@access("known_image.add", REGISTRAR, Takes.JSON, idempotent=True)
async def add_known_image(call: CallDep, body: KnownImageIn) -> Response:
    """By its PDQ hash: 256 bits as 64 hex digits. The same hash in the same bank is kept once."""
    registry = call.services.registry
    return await call.change(
        lambda by: registry.add_known_image(body.pdq, by, bank=body.bank, subject_id=body.subject_id, reason=body.reason),
        KnownImageOut.model_validate,
        201,
    )


@router.delete("/known-images/{image_id}", status_code=204, summary="Let a picture come back")
@access("known_image.remove", REGISTRAR)
async def remove_known_image(call: CallDep, image_id: str) -> Response:
    """Binding on every local worker before the 204."""
    return await call.change(lambda by: call.services.registry.remove_known_image(image_id, by), lambda _: None, 204)
