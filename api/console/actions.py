"""What the pages' forms do: the same changes as the admin API, and back to a page."""

from typing import Any, TypeVar
from urllib.parse import urlencode

from anyio import to_thread
from fastapi import APIRouter
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.responses import RedirectResponse, Response

from api.admin.access import access
from api.admin.exports import jobs_of, start
from api.admin.faces import PhotoFields, enrolment, required
from api.admin.screen import question_of, shown
from api.admin.subjects import erased_person
from api.answers import Answer
from api.auth import AUDITOR, REGISTRAR, REVIEWER, SCREENER
from api.console.pages import marked
from api.console.visit import ConsoleRoute, Visit, VisitDep
from api.problems import problem_for
from api.schemas import ExportIn, OptOutIn, Scope, ScreenIn, SubjectPatch, VerdictIn
from guard.errors import ConflictError, InvalidInputError
from guard.registry.values import By, DirectiveChange, OptOutReceipt
from guard.types import DirectiveStatus, SubjectKind

ModelT = TypeVar("ModelT", bound=BaseModel)
router = APIRouter(prefix="/console", route_class=ConsoleRoute, include_in_schema=False)


class Done(Answer):
    """Nothing to show: the page that follows says it."""


@router.post("/subjects")
@access("opt_out.create", REGISTRAR)
async def create_opt_out(visit: VisitDep) -> Response:
    """Protect the person that the form describes; on a fault the form comes back as it was filled in."""
    made: list[OptOutReceipt] = []

    def protect(by: By) -> OptOutReceipt:
        registry, duplicates = visit.services.registry, visit.value("allow_duplicate") == "yes"
        made.append(registry.create_opt_out(body.value(), by, allow_duplicate=duplicates, sign=visit.services.sign))
        return made[0]

    try:
        body = parsed(OptOutIn, _opt_out(visit))
        await visit.call.change(protect, lambda _: Done(), 201)
    except (InvalidInputError, ConflictError, RequestValidationError) as error:
        problem = problem_for(error)
        given = {name: values[0] for name, values in visit.form.items() if name != "scopes"} | {"scopes": visit.form.get("scopes", [])}
        page = visit.page("opt_out.html", problem.http_status, kinds=list(SubjectKind), scopes=list(Scope), given=given, problem=problem)
        return page
    return to(f"/console/subjects/{made[0].subject_id}", "protected")


def _opt_out(visit: Visit) -> dict[str, Any]:
    """The form as the body of `POST /opt-outs`; what was left empty is left out."""
    wikidata = visit.value("wikidata")
    subject = {
        "name": visit.value("name"),
        "kind": visit.value("kind"),
        "aliases": visit.lines("aliases"),
        "external_ids": {"wikidata": wikidata} if wikidata else {},
        "born": visit.value("born"),
        "died": visit.value("died"),
    }
    requester = {"role": visit.value("role"), "name": visit.value("requester_name"), "contact": visit.value("contact")}
    expires = visit.value("expires_on")
    decided = {"scopes": visit.form.get("scopes", []), "expires_at": f"{expires}T00:00:00Z" if expires else None}
    return {
        "subject": {name: value for name, value in subject.items() if value or name == "name"},
        "requester": {name: value for name, value in requester.items() if value},
        "evidence": [{"ref": line} for line in visit.lines("evidence")],
        **{name: value for name, value in decided.items() if value},
    }


@router.post("/subjects/{subject_id}/erase")
@access("subject.erase", REGISTRAR)
async def erase(visit: VisitDep, subject_id: str) -> Response:
    """Erase the person, if the form repeats their name."""
    registry = visit.services.registry
    found = await to_thread.run_sync(registry.get_subject, subject_id)
    if visit.value("name") != found.name:
        raise InvalidInputError("Type the person's name exactly as it is shown; nothing was erased.")
    await erased_person(visit.call, subject_id)
    return to("/console/subjects", "erased")


@router.post("/subjects/{subject_id}/faces")
@access("face.enrol", REGISTRAR)
async def enrol_faces(visit: VisitDep, subject_id: str) -> Response:
    """Enrol the photos of the form."""
    fields = parsed(PhotoFields, {name: visit.value(name) or None for name in ("source", "release_ref", "lawful_basis")})
    required(visit.call, fields)
    photos = visit.files.get("image", [])
    if not photos:
        raise InvalidInputError("Choose at least one photo.")
    faces, _ = await enrolment(visit.call, subject_id, photos, [None] * len(photos), fields)
    await visit.call.change(lambda by: visit.services.registry.add_faces(subject_id, faces, by), lambda _: Done(), 201)
    return to(f"/console/subjects/{subject_id}", "enrolled")


@router.post("/subjects/{subject_id}/faces/{face_id}/remove")
@access("face.remove", REGISTRAR)
async def remove_face(visit: VisitDep, subject_id: str, face_id: str) -> Response:
    """Withdraw one photo."""
    await visit.call.change(lambda by: visit.services.registry.remove_face(subject_id, face_id, by), lambda _: Done())
    return to(f"/console/subjects/{subject_id}", "removed")


@router.post("/subjects/{subject_id}/directives/{directive_id}/revoke")
@access("directive.revoke", REGISTRAR)
async def revoke(visit: VisitDep, subject_id: str, directive_id: str) -> Response:
    """Revoke a directive, with the reason given."""
    made: list[DirectiveChange] = []

    def revoked(by: By) -> DirectiveChange:
        made.append(visit.services.registry.revoke_directive(directive_id, visit.value("reason"), by))
        return made[0]

    await visit.call.change(revoked, lambda _: Done())
    return to(f"/console/subjects/{subject_id}", "revoked" if made[0].status is DirectiveStatus.REVOKED else "proposed")


@router.post("/reviews/{review_id}")
@access("review.close", REVIEWER)
async def close_review(visit: VisitDep, review_id: str) -> Response:
    """Give a verdict."""
    said = {"verdict": visit.value("verdict"), "note": visit.value("note"), "exclusion": visit.value("exclusion") or None}
    body = parsed(VerdictIn, said)
    registry = visit.services.registry
    await visit.call.change(
        lambda by: registry.close_review(review_id, body.verdict, body.note, by, exclusion=body.exclusion), lambda _: Done()
    )
    return to("/console/reviews", "closed")


@router.post("/subjects/{subject_id}/exclusions/{review_id}")
@access("exclusion.settle", REGISTRAR)
async def settle(visit: VisitDep, subject_id: str, review_id: str) -> Response:
    """Accept or decline what a reviewer says does not mean this person."""
    accept, registry = visit.value("answer") == "accept", visit.services.registry
    await visit.call.change(lambda by: registry.settle_proposal(review_id, subject_id, accept=accept, by=by), lambda _: Done())
    return to(f"/console/subjects/{subject_id}", "settled")


@router.post("/subjects/{subject_id}/exclusions")
@access("subject.change", REGISTRAR)
async def exclude(visit: VisitDep, subject_id: str) -> Response:
    """State the texts that do not mean this person, one a line."""
    changes = parsed(SubjectPatch, {"exclusions": visit.lines("exclusions")}).changes()
    await visit.call.change(lambda by: visit.services.registry.patch_subject(subject_id, changes, by), lambda _: Done())
    return to(f"/console/subjects/{subject_id}", "settled")


@router.post("/exports")
@access("export.create", AUDITOR)
async def create_export(visit: VisitDep) -> Response:
    """Ask for an export; days are whole days in UTC."""
    days = {name: visit.value(name) for name in ("from", "to")}
    wanted: dict[str, Any] = {name: visit.value(name) or None for name in ("tenant", "subject_id", "outcome")}
    wanted |= {name: f"{day}T00:00:00Z" for name, day in days.items() if day}
    wanted |= {name: visit.value(name) for name in ("format", "redaction")}
    body = parsed(ExportIn, wanted)
    jobs = jobs_of(visit.services)
    made: list[str] = []

    def create(by: By) -> str:
        made.append(jobs.create(body.value(), by).id)
        return made[0]

    await visit.call.change(create, lambda _: Done(), 202)
    start(visit.services, made[0])
    return to("/console/exports", "asked")


@router.post("/screen")
@access("screen", SCREENER)
async def screen(visit: VisitDep) -> Response:
    """Decide about a prompt without forwarding it; it is recorded as every decision is."""
    prompt = visit.form.get("prompt", [""])[0].replace("\r\n", "\n")
    question = await to_thread.run_sync(question_of, visit.call, parsed(ScreenIn, {"prompt": prompt}))
    result = shown(await visit.services.screen(question, visit.call.request_id), question.stage)
    text = marked({"where": "prompt", "text": prompt}, {"hits": [hit.model_dump() for hit in result.hits]})
    return visit.page("screen.html", prompt=prompt, result=result, text=text)


def parsed(model: type[ModelT], value: dict[str, Any]) -> ModelT:
    """The form's content as the body it stands for; its faults as the API names them."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise RequestValidationError(error.errors()) from error


def to(path: str, done: str) -> Response:
    """Back to a page, so that a reload does not send the form again."""
    return RedirectResponse(f"{path}?{urlencode({'done': done})}", 303)
