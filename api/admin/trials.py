"""`POST /subjects/{id}/test` and `/rescan`: which disguises of one person would pass, and which requests named them before."""

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter
from starlette.requests import Request

from api.admin.access import AdminRoute, Takes, access
from api.admin.call import Call, CallDep
from api.admin.faces import parts_of, photos_among
from api.admin.pictures import limits_of
from api.admin.rescan import Rescan
from api.answers import MissedOut, RescannedOut, TestedOut, TriedOut
from api.auth import AUDITOR, REGISTRAR
from api.schemas import RescanIn
from guard.errors import FieldError, InvalidInputError, RegistryUnavailableError
from guard.evaluate.person import MOST_PHOTOS, Kind, by_kind, try_names, try_photos
from guard.registry.directive_versions import protecting
from guard.registry.values import Subject

router = APIRouter(prefix="/admin/v1", tags=["subjects"], route_class=AdminRoute)
_FORM = {
    "requestBody": {
        "required": False,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {"image": {"type": "array", "items": {"type": "string", "format": "binary"}, "maxItems": MOST_PHOTOS}},
                }
            }
        },
    }
}


@dataclass(frozen=True, slots=True)
class Tested:
    """The result, the person it is about, and whether they are protected at all."""

    subject: Subject
    protected: bool
    kinds: list[Kind]
    policy_revision: str
    registry_revision: int


@router.post("/subjects/{subject_id}/test", response_model=TestedOut, summary="Try every disguise of a person", openapi_extra=_FORM)
@access("subject.test", REGISTRAR, Takes.RAW)
async def test_subject(call: CallDep, request: Request, subject_id: str) -> TestedOut:
    """Their names in every disguise, and up to two photos (parts `image`) changed in every way, on the state that decides requests.

    The person is taken to have opted out of everything; `protected` says whether a denial is in force. Nothing is generated or kept.
    """
    photos = photos_among(parts_of(call, request)) if call.body else ()
    return shown(await tested(call, subject_id, photos))


@router.post("/subjects/{subject_id}/rescan", response_model=RescannedOut, summary="Look for a person in the prompts that were kept")
@access("subject.rescan", AUDITOR, Takes.JSON)
async def rescan_subject(call: CallDep, subject_id: str, body: RescanIn | None = None) -> RescannedOut:
    """Which recorded requests named them, before they opted out; `not_seen` counts those whose prompt was not kept. Pictures are not looked at."""
    wanted = body or RescanIn()
    call.audit.note(subject_id=subject_id)
    person = await call.read(lambda: call.services.registry.get_record(subject_id))
    return RescannedOut.model_validate(
        await call.read(lambda: Rescan(call.services, person).run(wanted.after, wanted.before, wanted.limit))
    )


async def tested(call: Call, subject_id: str, photos: Sequence[bytes]) -> Tested:
    """The test, for the API and the console."""
    if len(photos) > MOST_PHOTOS:
        raise InvalidInputError(f"at most {MOST_PHOTOS} photos", [FieldError("/image", f"at most {MOST_PHOTOS} photos")])
    services = call.services
    subject = await call.read(lambda: services.registry.get_subject(subject_id))
    views = await call.read(lambda: services.registry.list_directives(subject_id))
    call.audit.note(subject_id=subject_id)
    published, now = services.current.latest, services.clock()
    if published is None:
        raise RegistryUnavailableError("nothing is published yet")
    tried = await call.read(lambda: try_names(published, subject, now))
    tried += await try_photos(published, services.faces, subject, photos, limits_of(services.settings), now)
    denies = protecting((view.directive for view in views), now, pending_protects=services.settings.pending_protects)
    return Tested(subject, bool(denies), by_kind(tried), published.policy.revision, published.revision)


def shown(result: Tested) -> TestedOut:
    """The answer."""
    return TestedOut(
        subject_id=result.subject.id,
        protected=result.protected,
        items=[
            TriedOut(
                group=kind.group,
                disguise=kind.disguise,
                tried=kind.tried,
                caught=kind.caught,
                missed=[MissedOut.model_validate(each) for each in kind.missed],
            )
            for kind in result.kinds
        ],
        policy_revision=result.policy_revision,
        registry_revision=result.registry_revision,
    )
