"""The pages that are looked at."""

from functools import partial
from pathlib import Path
from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Query
from starlette.responses import Response

from api.admin.access import access
from api.admin.exports import archive, jobs_of
from api.admin.paging import page_of
from api.admin.policybook import configured_entry
from api.admin.reviews import pictures, shown
from api.admin.services import AdminServices
from api.admin.stats import count
from api.auth import AUDITOR, REGISTRAR, REVIEWER, SCREENER, STAFF
from api.console.visit import ConsoleRoute, VisitDep
from api.schemas import Scope
from guard.errors import NotFoundError
from guard.extract.containers import sniff
from guard.extract.fields import MIME
from guard.holds import MOST_PICTURES
from guard.record import checkpoint
from guard.record.query import DecisionFilter, Decisions, Log
from guard.registry.values import Page
from guard.types import Modality, Outcome, Stage, SubjectKind

router = APIRouter(prefix="/console", route_class=ConsoleRoute, include_in_schema=False)
PAGE = 25

_Text = Annotated[str, Query(max_length=300)]
_Cursor = Annotated[str | None, Query(max_length=512)]


@router.get("")
@access("console.overview", STAFF, audited=False)
async def overview(visit: VisitDep) -> Response:
    """Counts, the decisions of a day, the policy in force, and where the log stands."""
    facts = await to_thread.run_sync(_overview, visit.services, visit.session.key.role in AUDITOR)
    return visit.page("overview.html", **facts)


def _overview(services: AdminServices, with_decisions: bool) -> dict[str, Any]:
    published = services.current.latest
    policy = published.policy if published else None
    engine = services.registry.engine
    try:
        tree = checkpoint.stated(Log(engine).checkpoint())
    except NotFoundError:
        tree = None
    return {
        "stats": count(services),
        "policy": policy,
        "policy_name": (services.registry.active_policy() or {}).get("name") or configured_entry(services).name,
        "mode": services.settings.mode.value if policy is None or policy.mode.value == "enforce" else policy.mode.value,
        "newest": Decisions(engine, services.keyring).list(DecisionFilter(), None, 8).items if with_decisions else None,
        "key_id": services.signer.key.id,
        "tree": tree,
    }


@router.get("/subjects")
@access("subject.list", REGISTRAR)
async def subjects(visit: VisitDep, query: _Text = "", cursor: _Cursor = None) -> Response:
    """Everybody, or those whose names contain something."""
    registry = visit.services.registry
    look = partial(registry.search_subjects, query.strip()) if query.strip() else registry.list_subjects
    page = await page_of(look, PAGE, cursor)
    return visit.page("subjects.html", page=page, query=query)


@router.get("/subjects/new")
@access("console.opt_out", REGISTRAR, audited=False)
async def new_opt_out(visit: VisitDep) -> Response:
    """The form that protects a person."""
    return visit.page("opt_out.html", kinds=list(SubjectKind), scopes=list(Scope), given={}, problem=None)


@router.get("/subjects/{subject_id}")
@access("subject.read", REGISTRAR)
async def subject(visit: VisitDep, subject_id: str) -> Response:
    """One person: names, directives, photos."""
    registry = visit.services.registry
    found = await to_thread.run_sync(registry.get_subject, subject_id)
    directives = await to_thread.run_sync(registry.list_directives, subject_id)
    faces = await to_thread.run_sync(registry.list_faces, subject_id)
    proposals = await to_thread.run_sync(registry.proposals, subject_id)
    return visit.page("subject.html", subject=found, directives=directives, faces=faces, proposals=proposals)


@router.get("/decisions")
@access("console.decisions", AUDITOR, audited=False)
async def decisions(
    visit: VisitDep, tenant: _Text = "", outcome: _Text = "", stage: _Text = "", subject_id: _Text = "", cursor: _Cursor = None
) -> Response:
    """The newest decisions, filtered."""
    wanted = DecisionFilter(
        tenant=tenant.strip() or None,
        outcome=outcome if outcome in set(Outcome) else None,
        stage=stage if stage in set(Stage) else None,
        subject_id=subject_id.strip() or None,
    )
    reader = Decisions(visit.services.registry.engine, visit.services.keyring)

    def look(limit: int, position: str | None) -> Page[dict[str, Any]]:
        found = reader.list(wanted, position, limit)
        return Page(tuple(found.items), found.next_cursor)

    page = await page_of(look, PAGE, cursor)
    chosen = {"tenant": tenant, "outcome": outcome, "stage": stage, "subject_id": subject_id}
    return visit.page("decisions.html", page=page, chosen=chosen, outcomes=list(Outcome), stages=list(Stage))


@router.get("/decisions/{decision_id}")
@access("decision.read", AUDITOR)
async def decision(visit: VisitDep, decision_id: str) -> Response:
    """One decision with what is kept of it; looking at it is recorded, as it is on the API."""
    visit.call.audit.note(decision_id=decision_id)
    found = await to_thread.run_sync(Decisions(visit.services.registry.engine, visit.services.keyring).get, decision_id)
    body = found["body"] or {}
    return visit.page("decision.html", decision=found, body=body, texts=[marked(text, body) for text in body.get("texts") or []])


def marked(text: dict[str, str], body: dict[str, Any]) -> dict[str, Any]:
    """A text in pieces, those that a hit covers marked. Spans count code points, as Python does."""
    spans = sorted(tuple(hit["span"]) for hit in body.get("hits") or [] if hit["where"] == text["where"] and hit["span"])
    pieces: list[tuple[str, bool]] = []
    position = 0
    for begin, end in spans:
        if begin < position:
            continue
        pieces += [(text["text"][position:begin], False), (text["text"][begin:end], True)]
        position = end
    return {"where": text["where"], "pieces": [*pieces, (text["text"][position:], False)]}


@router.get("/reviews")
@access("review.list", REVIEWER)
async def reviews(visit: VisitDep, status: _Text = "open", cursor: _Cursor = None) -> Response:
    """Held requests, those that wait first."""
    wanted = status if status in {"open", "approved", "refused"} else None
    page = await page_of(partial(visit.services.registry.list_reviews, status=wanted), PAGE, cursor)
    precision = await to_thread.run_sync(visit.services.registry.precision)
    return visit.page("reviews.html", page=page, shown=wanted or "all", precision=precision)


@router.get("/reviews/{review_id}")
@access("review.read", REVIEWER)
async def review(visit: VisitDep, review_id: str) -> Response:
    """One held request with what a reviewer needs; looking at it is recorded."""
    visit.call.audit.note(review_id=review_id)
    services = visit.services
    found = shown(await to_thread.run_sync(services.registry.get_review, review_id), visit.session.key.role)
    words = found.words or {}
    texts = [marked(text, words) for text in words.get("texts", ())]
    held = await to_thread.run_sync(pictures, services, review_id)
    return visit.page("review.html", review=found, texts=texts, pictures=len(held), proposes=any(map(_names, words.get("hits", ()))))


def _names(hit: dict[str, Any]) -> bool:
    return bool(hit["modality"] == Modality.NAME)


@router.get("/reviews/{review_id}/kept")
@access("review.look", REVIEWER)
async def kept(visit: VisitDep, review_id: str, picture: Annotated[int, Query(ge=1, le=MOST_PICTURES)] = 1) -> Response:
    """A held picture."""
    visit.call.audit.note(review_id=review_id)
    held = await to_thread.run_sync(pictures, visit.services, review_id)
    kind = sniff(held[picture - 1][:16]) if picture <= len(held) else None
    if kind is None:
        raise NotFoundError("no such picture is kept of this review")
    return Response(held[picture - 1], media_type=MIME[kind])


@router.get("/exports")
@access("console.exports", AUDITOR, audited=False)
async def exports(visit: VisitDep) -> Response:
    """The newest exports, and the form for another."""
    newest = await to_thread.run_sync(jobs_of(visit.services).newest, PAGE)
    return visit.page("exports.html", exports=newest, outcomes=list(Outcome))


@router.get("/exports/{export_id}/download")
@access("export.download", AUDITOR)
async def download(visit: VisitDep, export_id: str) -> Response:
    """The archive."""
    visit.call.audit.note(export_id=export_id)
    return archive(await to_thread.run_sync(jobs_of(visit.services).get, export_id))


@router.get("/screen")
@access("console.screen", SCREENER, audited=False)
async def screen(visit: VisitDep) -> Response:
    """The form that asks what a prompt would give."""
    return visit.page("screen.html", prompt="", result=None, text=None)


STATIC = Path(__file__).parent / "static"
