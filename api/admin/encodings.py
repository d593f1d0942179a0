"""`/subjects/{id}/encodings`: faces that another program has encoded (`face_recognition`), enrolled without their photos."""

from collections.abc import Sequence

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.admin.access import AdminRoute, Takes, access
from api.admin.call import CallDep
from api.admin.faces import PhotoFields, lookalikes, read_parts, required
from api.answers import EnrolledOut, FaceOut
from api.auth import REGISTRAR
from guard.errors import FieldError, InvalidInputError
from guard.faceworker.encode import ENCODER
from guard.match.faces import Box, FaceFound, Quality, Vector
from guard.match.faces.scale import bundled
from guard.registry import encodings
from guard.registry.values import Enrolled, FaceData

router = APIRouter(prefix="/admin/v1", tags=["faces"], route_class=AdminRoute)

_PART = "encodings"
_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": [_PART],
                    "properties": {
                        _PART: {"type": "string", "format": "binary", "description": "JSON or .npy, 128 numbers a face"},
                        "encoder": {"type": "string", "default": ENCODER},
                        "source": {"type": "string"},
                        "release_ref": {"type": "string"},
                        "lawful_basis": {"type": "string"},
                        "destroy_by": {"type": "string", "format": "date-time"},
                    },
                }
            }
        },
    }
}
_NOT_MEASURED = Quality(0, 0.0, 0.0, 0.0, 0.0, 0.0)


@router.post(
    "/subjects/{subject_id}/encodings",
    status_code=201,
    response_model=EnrolledOut,
    summary="Enrol encodings of a person that another program made",
    openapi_extra=_FORM,
)
@access("face.import", REGISTRAR, Takes.RAW, idempotent=True)
async def enrol_encodings(call: CallDep, request: Request, subject_id: str) -> Response:
    """`face_recognition` encodings as JSON or `.npy`; one that cannot be used refuses the whole call (422) and says which.

    They are one look at a face where an enrolled photo is two, so photos are better where they are at hand.
    """
    parts, stated = read_parts(call, request, {_PART}, 1)
    encoder = stated.pop("encoder", None)
    if encoder not in (None, ENCODER):
        raise InvalidInputError(
            f"encodings of {encoder!r} cannot be enrolled",
            [FieldError("/encoder", f"must be {ENCODER}, the encoder that is compared with")],
        )
    fields = PhotoFields.stated(stated)
    required(call, fields)
    vectors = readable(parts[0])
    await call.read(lambda: call.services.registry.get_subject(subject_id))
    warnings = []
    for place, vector in enumerate(vectors):
        found = FaceFound(_PART, 0, Box(0, 0, 0, 0), vector, _NOT_MEASURED, encoder=ENCODER)
        warnings += await lookalikes(call, found, subject_id, place)
    faces = [imported(vector, fields) for vector in vectors]

    def shown(enrolled: Enrolled) -> EnrolledOut:
        items = [FaceOut.model_validate(face) for face in enrolled.faces]
        return EnrolledOut(items=items, templates=enrolled.templates, registry_revision=enrolled.registry_revision, warnings=warnings)

    return await call.change(lambda by: call.services.registry.add_faces(subject_id, faces, by), shown, 201)


def readable(file: bytes) -> Sequence[Vector]:
    """The encodings of one person, each one such as this guard's encoder makes."""
    vectors = encodings.of_one(file)
    refuse_foreign({"encodings": vectors})
    return vectors


def refuse_foreign(found: dict[str, list[Vector]]) -> None:
    """Raise where a vector is not of this guard's encoder."""
    scale = bundled(ENCODER)
    if scale is not None:
        encodings.refuse_foreign(found, scale.centre, ENCODER)


def imported(vector: Vector, fields: PhotoFields) -> FaceData:
    """An encoding as the registry takes it."""
    return FaceData(
        vector=vector.astype("<f4").tobytes(),
        encoder=ENCODER,
        quality=0.0,
        box=None,
        source=fields.source,
        release_ref=fields.release_ref,
        lawful_basis=fields.lawful_basis.value if fields.lawful_basis else None,
        destroy_by=fields.destroy_by,
    )
