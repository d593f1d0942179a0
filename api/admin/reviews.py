"""`/reviews`: requests that are held until a person has looked."""

from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.admin.access import AdminRoute, Takes, access
from api.admin.call import CallDep
from api.admin.paging import Cursor, Limit, page_of
from api.answers import PageOut, ReviewOut
from api.auth import REVIEWER
from api.schemas import VerdictIn
from guard.errors import FieldError, InvalidInputError, NotFoundError
from guard.extract.containers import sniff
from guard.extract.fields import MIME

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
    return PageOut[ReviewOut].model_validate(page)


@router.get("/reviews/{review_id}", response_model=ReviewOut, summary="One held request")
@access("review.read", REVIEWER)
async def get_review(call: CallDep, review_id: str) -> ReviewOut:
    """With what a reviewer needs to know."""
    call.audit.note(review_id=review_id)
    return ReviewOut.model_validate(await call.read(lambda: call.services.registry.get_review(review_id)))


@router.get("/reviews/{review_id}/kept", summary="The held picture itself", response_class=Response)
@access("review.look", REVIEWER)
async def get_kept(call: CallDep, review_id: str) -> Response:
    """What was kept for the reviewer, decrypted; 404 when nothing was, or it was erased since."""
    call.audit.note(review_id=review_id)
    kept = await call.read(lambda: call.services.registry.kept(review_id))
    if kept is None:
        raise NotFoundError(f"nothing is kept of review {review_id!r}")
    kind = MIME.get(sniff(kept[:16]) or "", "application/octet-stream")
    return Response(kept, media_type=kind, headers={"x-content-type-options": "nosniff", "content-disposition": "attachment"})


@router.post("/reviews/{review_id}", response_model=ReviewOut, summary="Give a verdict")
@access("review.close", REVIEWER, Takes.JSON, idempotent=True)
async def close_review(call: CallDep, review_id: str, body: VerdictIn) -> Response:
    """`approve` and `false_positive` let the same request of the same tenant pass until `expires_at` (7 days unless given); `match` refuses it.

    Binding on every local worker before the answer. 409 when it was closed before.
    """
    if body.expires_at is not None and body.expires_at <= call.services.clock():
        raise InvalidInputError("expires_at has passed already", [FieldError("/expires_at", "has passed already")])
    return await call.change(
        lambda by: call.services.registry.close_review(review_id, body.verdict, body.note, by, body.expires_at), ReviewOut.model_validate
    )
