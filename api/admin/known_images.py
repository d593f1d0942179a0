"""`/known-images`: pictures that must not come back, by their perceptual hash. The pictures themselves are not kept."""

from fastapi import APIRouter
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from api.admin.access import AdminRoute, Takes, access, is_form
from api.admin.call import Call, CallDep
from api.admin.paging import Cursor, Limit, cut, decode, encode
from api.admin.pictures import limits_of
from api.answers import KnownImageOut, PageOut
from api.auth import REGISTRAR
from api.schemas import KnownImageIn
from guard.errors import FieldError, InvalidInputError, TooLargeError, UnfitPhotoError, UnscreenableError
from guard.extract import multipart_strict
from guard.extract.containers import inspect

_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": KnownImageIn.model_json_schema()},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["image"],
                    "properties": {
                        "image": {"type": "string", "format": "binary"},
                        "bank": {"type": "string"},
                        "subject_id": {"type": "string"},
                        "reason": {"type": "string"},
                    },
                }
            },
        },
    }
}
router = APIRouter(prefix="/admin/v1", tags=["known images"], route_class=AdminRoute)


@router.get("/known-images", response_model=PageOut[KnownImageOut], summary="List known images")
@access("known_image.list", REGISTRAR)
async def list_known_images(call: CallDep, limit: Limit = 50, cursor: Cursor = None) -> PageOut[KnownImageOut]:
    """Oldest first."""
    page = cut(await call.read(call.services.registry.known_images), lambda image: image.id, limit, decode(cursor))
    return PageOut(items=[KnownImageOut.model_validate(image) for image in page.items], next_cursor=encode(page.next_cursor))


@router.post(
    "/known-images",
    status_code=201,
    response_model=KnownImageOut,
    summary="Add a picture that must not come back",
    openapi_extra=_BODY,
)
@access("known_image.add", REGISTRAR, Takes.JSON_OR_FORM, idempotent=True)
async def add_known_image(call: CallDep, request: Request) -> Response:
    """By its PDQ hash (JSON: 256 bits as 64 hex digits), or by the picture itself (a form with `image`), which is hashed and not kept.

    The same hash in the same bank is kept once.
    """
    body = await _of_picture(call, request) if is_form(request) else _parsed(await request.json())
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


def _parsed(stated: object) -> KnownImageIn:
    try:
        return KnownImageIn.model_validate(stated)
    except ValidationError as error:
        raise RequestValidationError(error.errors()) from error


async def _of_picture(call: Call, request: Request) -> KnownImageIn:
    """The form's fields, and the hash of its picture; the face workers make it, where pictures are decoded."""
    images: list[bytes] = []
    stated: dict[str, str] = {}
    for part in multipart_strict.parse(call.body, request.headers["content-type"]):
        if part.name == "image":
            images.append(bytes(part.content))
        elif part.name in stated or part.name == "pdq":
            raise _invalid(part.name, "is there twice" if part.name in stated else "does not go with a picture")
        else:
            stated[part.name] = part.text()
    if len(images) != 1:
        raise _invalid("image", "must be there once")
    return _parsed({**stated, "pdq": await _hash(call, images[0])})


async def _hash(call: Call, image: bytes) -> str:
    try:
        picture = (await call.read(lambda: inspect(image, "/image", limits_of(call.services.settings)))).picture
        seen = await call.services.faces.find(picture)
    except TooLargeError:
        raise
    except UnscreenableError as error:
        raise _unfit(f"unreadable: {error}") from error
    if picture.frames > 1:
        raise _unfit("it moves: send one still picture")
    shown = next((each for each in seen.fingerprints if not each.view), None)
    if shown is None or not shown.telling:
        raise _unfit("it shows too little to be known again")
    return shown.upright


def _unfit(reason: str) -> UnfitPhotoError:
    return UnfitPhotoError(f"the picture is no good: {reason}", [FieldError("/image", reason)])


def _invalid(name: str, message: str) -> InvalidInputError:
    return InvalidInputError(f"/{name}: {message}", [FieldError(f"/{name}", message)])
