"""`/reviews`: requests that are held until a person has looked."""

from dataclasses import replace
from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.admin.access import AdminRoute, Takes, access
from api.admin.call import CallDep
from api.admin.paging import Cursor, Limit, page_of
from api.admin.services import AdminServices
from api.answers import PageOut, ProposalOut, ReviewOut, SubjectOut
from api.auth import ADMIN, REGISTRAR, REVIEWER
from api.schemas import SettleIn, VerdictIn
from guard.errors import FieldError, InvalidInputError, NotFoundError
from guard.extract.containers import sniff
from guard.extract.fields import MIME
from guard.holds import MOST_PICTURES, pictures_in
from guard.registry.values import Review
from guard.types import KeyRole, Modality

_NEEDS_A_NAME = frozenset({Modality.FACE, Modality.KNOWN_IMAGE})
router = APIRouter(prefix="/admin/v1", tags=["reviews"], route_class=AdminRoute)


@router.get("/reviews", response_model=PageOut[ReviewOut], summary="List held requests")
@access("review.list", REVIEWER)
async def list_reviews(
    call: CallDep,
    status: Literal["open", "approved", "refused"] | None = None,
    tenant: Annotated[str | None, Query(max_length=64)] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> PageOut[ReviewOut]:
    """Newest first. `words` is what a reviewer needs to know; null once somebody it concerns was erased."""
    page = await page_of(partial(call.services.registry.list_reviews, status=status, tenant=tenant), limit, cursor)
    call.audit.note(found=len(page.items))
    return PageOut(items=[shown(each, call.key.role) for each in page.items], next_cursor=page.next_cursor)


@router.get("/reviews/{review_id}", response_model=ReviewOut, summary="One held request")
@access("review.read", REVIEWER)
async def get_review(call: CallDep, review_id: str) -> ReviewOut:
    """With what a reviewer needs to know: the texts, as far as the policy lets them be kept, and what was found where."""
    call.audit.note(review_id=review_id)
    return shown(await call.read(lambda: call.services.registry.get_review(review_id)), call.key.role)


@router.get("/reviews/{review_id}/kept", summary="A held picture itself", response_class=Response)
@access("review.look", REVIEWER)
async def get_kept(call: CallDep, review_id: str, picture: Annotated[int, Query(ge=1, le=MOST_PICTURES)] = 1) -> Response:
    """The first picture that was held, or the one asked for, decrypted; 404 when there is none, or it was erased since."""
    call.audit.note(review_id=review_id)
    held = await call.read(lambda: pictures(call.services, review_id))
    if picture > len(held):
        raise NotFoundError(f"review {review_id!r} keeps {len(held)} pictures")
    kind = MIME.get(sniff(held[picture - 1][:16]) or "", "application/octet-stream")
    return Response(held[picture - 1], media_type=kind, headers={"x-content-type-options": "nosniff", "content-disposition": "attachment"})


def pictures(services: AdminServices, review_id: str) -> list[bytes]:
    """The pictures of a review that are (still) kept, in their order."""
    kept = services.registry.kept(review_id)
    return [] if kept is None else pictures_in(kept)


def shown(review: Review, role: KeyRole) -> ReviewOut:
    """The review as this role may see it.

    Who judges a mention has its words before them, and learns no more of the registry than these; who judges a face or a known
    picture must know whose it would be. An administrator sees everything.
    """
    if review.words is not None and "hits" in review.words and role not in ADMIN:
        hits = [hit if hit["modality"] in _NEEDS_A_NAME else {**hit, "subject": None} for hit in review.words["hits"]]
        review = replace(review, words={**review.words, "hits": hits})
    return ReviewOut.model_validate(review)


@router.post("/reviews/{review_id}", response_model=ReviewOut, summary="Give a verdict")
@access("review.close", REVIEWER, Takes.JSON, idempotent=True)
async def close_review(call: CallDep, review_id: str, body: VerdictIn) -> Response:
    """`approve` and `false_positive` let the same request of the same tenant pass until `expires_at` (7 days unless given); `match` refuses it.

    `exclusion`, with `false_positive`, proposes a text that does not mean the person; a registrar accepts or declines it.

    Binding on every local worker before the answer. 409 when it was closed before.
    """
    if body.expires_at is not None and body.expires_at <= call.services.clock():
        raise InvalidInputError("expires_at has passed already", [FieldError("/expires_at", "has passed already")])
    return await call.change(
        lambda by: call.services.registry.close_review(
            review_id, body.verdict, body.note, by, body.expires_at, exclusion=body.exclusion or None
        ),
        lambda review: shown(review, call.key.role),
    )


@router.get("/subjects/{subject_id}/exclusions", response_model=PageOut[ProposalOut], summary="Proposed exclusions")
@access("exclusion.list", REGISTRAR)
async def list_proposals(call: CallDep, subject_id: str) -> PageOut[ProposalOut]:
    """Texts that reviewers say do not mean this person, and that nobody has settled; newest first."""
    call.audit.note(subject_id=subject_id)
    found = await call.read(lambda: call.services.registry.proposals(subject_id))
    return PageOut(items=[ProposalOut.model_validate(each) for each in found])


@router.post("/reviews/{review_id}/exclusion", response_model=SubjectOut, summary="Accept or decline a proposed exclusion")
@access("exclusion.settle", REGISTRAR, Takes.JSON, idempotent=True)
async def settle_proposal(call: CallDep, review_id: str, body: SettleIn) -> Response:
    """What is accepted is one of the person's `exclusions` from the answer on. 422 for a text that says no more than a name of theirs."""
    registry = call.services.registry
    return await call.change(
        lambda by: registry.settle_proposal(review_id, body.subject_id, accept=body.accept, by=by), SubjectOut.model_validate
    )
