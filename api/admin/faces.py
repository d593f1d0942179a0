"""`/subjects/{id}/faces`: enrolment photos. They are looked at, and not kept."""

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC
from enum import StrEnum
from typing import Annotated, Self

from fastapi import APIRouter
from pydantic import Field, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from api.admin.access import AdminRoute, Takes, access
from api.admin.call import Call, CallDep
from api.admin.pictures import limits_of
from api.answers import Answer, EnrolledOut, FaceOut, PageOut
from api.auth import REGISTRAR
from api.problems import MEDIA, ProblemError
from api.schemas import Body, Prose
from guard.errors import FieldError, InvalidInputError, TooLargeError, UnfitPhotoError, UnscreenableError
from guard.extract import multipart_strict
from guard.extract.containers import inspect
from guard.faults import in_words
from guard.match.faces import FaceFound
from guard.registry import enrol
from guard.registry.dates import Instant
from guard.registry.values import Enrolled, FaceData
from guard.types import Picture

router = APIRouter(prefix="/admin/v1", tags=["faces"], route_class=AdminRoute)

MAX_PHOTOS = 16
_BOX = re.compile(r"(\d{1,6}),\s*(\d{1,6}),\s*(\d{1,6}),\s*(\d{1,6})")
_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["image"],
                    "properties": {
                        "image": {"type": "array", "items": {"type": "string", "format": "binary"}, "maxItems": MAX_PHOTOS},
                        "box": {
                            "type": "array",
                            "items": {"type": "string", "description": "left,top,right,bottom in pixels, one for each image"},
                        },
                        "source": {"type": "string"},
                        "release_ref": {"type": "string"},
                        "lawful_basis": {
                            "enum": ["consent", "contract", "legal_obligation", "legitimate_interest", "public_task", "vital_interest"]
                        },
                        "destroy_by": {"type": "string", "format": "date-time"},
                    },
                }
            }
        },
    }
}


class LawfulBasis(StrEnum):
    """Why a photo may be used (GDPR, article 6(1))."""

    CONSENT = "consent"
    CONTRACT = "contract"
    LEGAL_OBLIGATION = "legal_obligation"
    LEGITIMATE_INTEREST = "legitimate_interest"
    PUBLIC_TASK = "public_task"
    VITAL_INTEREST = "vital_interest"


class PhotoFields(Body):
    """What is said of the photos of one call."""

    source: Prose | None = None
    release_ref: Prose | None = None
    lawful_basis: LawfulBasis | None = None
    destroy_by: Instant | None = None
    box: Annotated[tuple[str, ...], Field(max_length=MAX_PHOTOS)] = ()

    @classmethod
    def stated(cls, stated: dict[str, object]) -> Self:
        """From the parts of a form; InvalidInputError names each that is wrong."""
        try:
            return cls.model_validate(stated)
        except ValidationError as error:
            errors = [FieldError("/" + "/".join(map(str, each["loc"])), in_words(each)) for each in error.errors()]
            raise InvalidInputError("; ".join(f"{each.pointer}: {each.message}" for each in errors), errors) from error


@dataclass(frozen=True, slots=True)
class Form:
    """The parts of the form, read."""

    photos: tuple[bytes, ...]
    fields: PhotoFields
    boxes: tuple[tuple[int, int, int, int] | None, ...]


@router.post(
    "/subjects/{subject_id}/faces", status_code=201, response_model=EnrolledOut, summary="Enrol photos of a person", openapi_extra=_FORM
)
@access("face.enrol", REGISTRAR, Takes.RAW, idempotent=True)
async def enrol_faces(call: CallDep, request: Request, subject_id: str) -> Response:
    """Each photo must show one fit face (or name it with `box`); one unfit photo refuses the whole call with the reason (422).

    The template is the mean of all photos of the person; at least three are advised.
    """
    form = read_form(call, request)
    faces, warnings = await enrolment(call, subject_id, form.photos, form.boxes, form.fields)

    def shown(enrolled: Enrolled) -> EnrolledOut:
        items = [FaceOut.model_validate(face) for face in enrolled.faces]
        return EnrolledOut(items=items, templates=enrolled.templates, registry_revision=enrolled.registry_revision, warnings=warnings)

    return await call.change(lambda by: call.services.registry.add_faces(subject_id, faces, by), shown, 201)


@router.get("/subjects/{subject_id}/faces", response_model=PageOut[FaceOut], summary="A person's enrolled photos")
@access("face.list", REGISTRAR)
async def list_faces(call: CallDep, subject_id: str) -> PageOut[FaceOut]:
    """What is known of each photo, without its vector."""
    call.audit.note(subject_id=subject_id)
    faces = await call.read(lambda: call.services.registry.list_faces(subject_id))
    return PageOut(items=[FaceOut.model_validate(face) for face in faces])


class FaceRemovedOut(Answer):
    """A photo withdrawn."""

    face_id: str
    registry_revision: int


@router.delete("/subjects/{subject_id}/faces/{face_id}", response_model=FaceRemovedOut, summary="Withdraw a photo")
@access("face.remove", REGISTRAR)
async def remove_face(call: CallDep, subject_id: str, face_id: str) -> Response:
    """The template is made anew from the photos that are left."""

    return await call.change(
        lambda by: call.services.registry.remove_face(subject_id, face_id, by),
        lambda revision: FaceRemovedOut(face_id=face_id, registry_revision=revision),
    )


async def enrolment(
    call: Call, subject_id: str, photos: Sequence[bytes], boxes: Sequence[tuple[int, int, int, int] | None], fields: PhotoFields
) -> tuple[list[FaceData], list[str]]:
    """The one fit face of each photo, and warnings; UnfitPhotoError for the first that is no good."""
    await call.read(lambda: call.services.registry.get_subject(subject_id))
    faces: list[FaceData] = []
    warnings: list[str] = []
    for i, photo in enumerate(photos):
        found = await fit_face(call, photo, boxes[i], f"/image/{i}")
        for face in found:
            warnings += [warning for warning in await lookalikes(call, face, subject_id, i) if warning not in warnings]
            faces.append(face_data(face, fields))
    return faces, warnings


def parts_of(call: Call, request: Request) -> list[multipart_strict.Part]:
    """The parts of a form with photos."""
    try:
        return multipart_strict.parse(call.body, request.headers.get("content-type", ""))
    except UnscreenableError as error:
        if error.status == MEDIA.status:
            raise ProblemError(MEDIA, "The body must be multipart/form-data with one `image` part or several.") from error
        raise


def photos_among(parts: Sequence[multipart_strict.Part]) -> tuple[bytes, ...]:
    """The `image` parts."""
    return tuple(bytes(part.content) for part in parts if part.name in {"image", "image[]"})


def read_form(call: Call, request: Request) -> Form:
    """The form of an enrolment; every fault named by its part."""
    photos, stated = read_parts(call, request, {"image", "image[]"}, MAX_PHOTOS)
    fields = PhotoFields.stated(stated)
    required(call, fields)
    return Form(photos, fields, _boxes(fields.box, len(photos)))


def read_parts(call: Call, request: Request, files: AbstractSet[str], most: int) -> tuple[tuple[bytes, ...], dict[str, object]]:
    """The contents of the parts that are files, one at least, and the other parts by name; `box` may be there often."""
    name = min(files)
    try:
        parts = multipart_strict.parse(call.body, request.headers.get("content-type", ""))
    except UnscreenableError as error:
        if error.status == MEDIA.status:
            raise ProblemError(MEDIA, f"The body must be multipart/form-data with an `{name}` part.") from error
        raise
    found = tuple(bytes(part.content) for part in parts if part.name in files)
    boxes = tuple(part.text() for part in parts if part.name == "box")
    stated: dict[str, object] = {"box": boxes} if boxes else {}
    for part in parts:
        if part.name not in {"box", *files}:
            if part.name in stated:
                raise _invalid(f"/{part.name}", "is there twice")
            stated[part.name] = part.text() or None
    if not 1 <= len(found) <= most:
        raise _invalid(f"/{name}", f"must be there once to {most} times" if most > 1 else "must be there once")
    return found, stated


def required(call: Call, fields: PhotoFields) -> None:
    """Refuse a call that says less of its photos than the settings ask for."""
    if fields.destroy_by is not None and fields.destroy_by <= call.services.clock().astimezone(UTC):
        raise _invalid("/destroy_by", "has passed already")
    if not call.services.settings.require_lawful_basis:
        return
    missing = [name for name in ("lawful_basis", "release_ref", "destroy_by") if getattr(fields, name) is None]
    if missing:
        raise InvalidInputError(
            f"this guard requires {', '.join(missing)} of every photo (GUARD_REQUIRE_LAWFUL_BASIS)",
            [FieldError(f"/{name}", "is required by this guard's settings") for name in missing],
        )


def _boxes(texts: Sequence[str], photos: int) -> tuple[tuple[int, int, int, int] | None, ...]:
    if not texts:
        return (None,) * photos
    if len(texts) != photos:
        raise _invalid("/box", f"must be there once for each image, {photos} times in all, or not at all")
    return tuple(_box(text, f"/box/{i}") for i, text in enumerate(texts))


def _box(text: str, pointer: str) -> tuple[int, int, int, int]:
    found = _BOX.fullmatch(text.strip())
    if not found:
        raise _invalid(pointer, "must be left,top,right,bottom in whole pixels")
    left, top, right, bottom = (int(number) for number in found.groups())
    if left >= right or top >= bottom:
        raise _invalid(pointer, "must have its right beyond its left and its bottom below its top")
    return left, top, right, bottom


async def fit_face(call: Call, photo: bytes, box: tuple[int, int, int, int] | None, pointer: str) -> tuple[FaceFound, ...]:
    """The one face that an enrolment photo shows, as each encoder has it, or UnfitPhotoError with the reason."""
    picture = await call.read(lambda: _still_picture(call, photo, pointer))
    try:
        seen = await call.services.faces.find(picture)
    except UnscreenableError as error:
        raise _unfit(f"unreadable: {error}", pointer) from error
    return seen.by_every_encoder(enrol.assess(_as_shown(seen.counted), box, pointer=pointer))


def _still_picture(call: Call, photo: bytes, pointer: str) -> Picture:
    try:
        picture = inspect(photo, pointer, limits_of(call.services.settings)).picture
    except TooLargeError:
        raise
    except UnscreenableError as error:
        raise _unfit(f"unreadable: {error}", pointer) from error
    if picture.frames > 1:
        raise _unfit("it moves: send one still picture", pointer)
    return picture


def _as_shown(faces: Sequence[FaceFound]) -> list[FaceFound]:
    """The faces as a viewer sees them: a picture with transparency was looked at twice, and shows its faces on white."""
    on_white = [face for face in faces if face.view.endswith(" on white")]
    return on_white or list(faces)


async def lookalikes(call: Call, found: FaceFound, subject_id: str, i: int) -> list[str]:
    """A warning for each other person whom this photo would be taken for: perhaps the wrong photo, perhaps a duplicate."""
    published = call.services.current.latest
    if published is None:
        return []
    others = {person.id for _, person in published.gallery.find_faces([found], set())} - {subject_id}
    return [f"image {i} looks like the enrolled subject {other}" for other in sorted(others)]


def face_data(found: FaceFound, fields: PhotoFields) -> FaceData:
    """A face that passed the gates, as the registry takes it."""
    return FaceData(
        vector=found.vector.astype("<f4").tobytes(),
        encoder=found.encoder,
        quality=found.quality.score,
        box=(found.box.left, found.box.top, found.box.right, found.box.bottom),
        source=fields.source,
        release_ref=fields.release_ref,
        lawful_basis=fields.lawful_basis.value if fields.lawful_basis else None,
        destroy_by=fields.destroy_by,
    )


def _unfit(reason: str, pointer: str) -> UnfitPhotoError:
    return UnfitPhotoError(f"the photo is no good: {reason}", [FieldError(pointer, reason)])


def _invalid(pointer: str, message: str) -> InvalidInputError:
    return InvalidInputError(f"{pointer}: {message}", [FieldError(pointer, message)])
