"""Holds, verdicts and the approvals that come of them."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from guard.errors import ConflictError, NotFoundError
from guard.registry.store import Registry
from guard.registry.values import By, Hold, OptOut, Review, SubjectData
from guard.storage import read

HOLD = Hold("dec_1", "acme", "output", "likely-face", "d" * 64, (), ("dir_1",), 7, {"prompt": "a secret prompt"}, b"a held picture")


def test_a_hold_waits(registry: Registry, by: By, clock) -> None:
    review_id = registry.open_review(HOLD, by)
    expected = Review(
        review_id, "dec_1", "acme", "output", "likely-face", "d" * 64, (), ("dir_1",), 7, "open", None,
        {"prompt": "a secret prompt"}, True, clock.now, None, None, None,
    )  # fmt: skip
    assert registry.get_review(review_id) == expected
    assert registry.list_reviews().items == (expected,)
    assert (registry.kept(review_id), registry.approvals(), registry.open_review(HOLD, by)) == (b"a held picture", [], review_id)
    with read(registry.engine) as connection:
        rows = repr([tuple(row) for row in connection.execute(text("SELECT * FROM review"))])
    assert ("secret" in rows, "picture" in rows) == (False, False)


def test_a_hold_alone_is_no_change_of_the_registry(registry: Registry, by: By) -> None:
    registry.open_review(HOLD, by)
    assert registry.revision() == 0


@pytest.mark.parametrize("verdict", ["approve", "false_positive"])
def test_an_approval_passes_until_it_expires(registry: Registry, by: By, clock, verdict: str) -> None:
    review_id = registry.open_review(HOLD, by)
    review = registry.close_review(review_id, verdict, "it is her brother", by)
    assert (review.status, review.verdict, review.actor, review.closed_at, review.expires_at) == (
        "approved", verdict, "key_staff", clock.now, clock.now + timedelta(days=7),
    )  # fmt: skip
    assert (review.words, registry.kept(review_id)) == ({"prompt": "a secret prompt", "note": "it is her brother"}, b"a held picture")
    assert registry.approvals() == [
        {
            "decision_id": "dec_1",
            "tenant": "acme",
            "digest": "d" * 64,
            "stage": "output",
            "expires_at": "2026-03-08T12:00:00+00:00",
            "directives": ["dir_1"],
            "review_id": review_id,
        }
    ]
    assert registry.revision() == 1
    clock.advance(days=7)
    assert registry.approvals() == []


def test_a_refused_picture_is_not_kept(registry: Registry, by: By) -> None:
    review_id = registry.open_review(HOLD, by)
    review = registry.close_review(review_id, "match", "", by)
    assert (review.status, review.has_kept, registry.kept(review_id), registry.approvals()) == ("refused", False, None, [])


def test_a_review_is_closed_once(registry: Registry, by: By) -> None:
    review_id = registry.open_review(HOLD, by)
    registry.close_review(review_id, "match", "", by)
    with pytest.raises(ConflictError, match="was closed as refused by key_staff"):
        registry.close_review(review_id, "approve", "", by)


def test_an_unknown_review(registry: Registry, by: By) -> None:
    with pytest.raises(NotFoundError, match="no review"):
        registry.get_review("rev_x")


def test_listing(registry: Registry, by: By) -> None:
    ids = [registry.open_review(Hold(f"dec_{n}", "acme", "input", "r", "d"), by) for n in range(3)]
    page = registry.list_reviews(2)
    assert [r.id for r in (*page.items, *registry.list_reviews(2, page.next_cursor).items)] == ids[::-1]
    registry.close_review(ids[0], "match", "", by)
    assert [r.id for r in registry.list_reviews(status="open").items] == ids[:0:-1]
    assert registry.list_reviews(tenant="other").items == ()


def test_any_one_key_is_enough_to_erase_it(registry: Registry, by: By) -> None:
    people = [registry.create_opt_out(OptOut(SubjectData(name)), by).subject_id for name in ("Jane Roe", "John Doe")]
    review_id = registry.open_review(Hold("dec_1", "acme", "input", "r", "d", tuple(people), words={"prompt": "both"}), by)
    assert registry.get_review(review_id).words == {"prompt": "both"}
    registry.keyring.destroy("tenant", "acme")
    assert registry.get_review(review_id).words is None
