"""Proofs: what their digest says is looked at, and who speaks for another has to show that they may."""

from hashlib import sha256

import pytest

from guard.errors import ConflictError, InvalidInputError
from guard.registry.store import Registry
from guard.registry.values import By, Evidence, OptOut, OptOutReceipt, Requester, SubjectData
from guard.settings import Settings
from tests.guard.registry.conftest import NOON

MANDATE, OTHER = (sha256(text).hexdigest() for text in (b"mandate", b"another file"))


@pytest.fixture
def pending(registry: Registry, by: By) -> OptOutReceipt:
    stated = (Evidence("mandate", "ticket 1", MANDATE), Evidence("passport", "ticket 2"))
    return registry.create_opt_out(OptOut(SubjectData("Jane Roe"), Requester("agent", "Ann Agent"), stated), by)


SEEN = [
    pytest.param(Evidence("mandate", "", MANDATE), ["checked", None], id="the stated digest"),
    pytest.param(Evidence("mandate", "ticket 1", MANDATE), ["checked", None], id="and where it was stated"),
    pytest.param(Evidence("passport", "ticket 2", OTHER), [None, "checked"], id="one stated without a digest"),
    pytest.param(Evidence("letter", "ticket 3", OTHER), [None, None, "checked"], id="one that was not stated"),
]


@pytest.mark.parametrize(("seen", "marks"), SEEN)
def test_a_proof_is_marked_that_is_what_was_stated(
    registry: Registry, by: By, pending: OptOutReceipt, seen: Evidence, marks: list[str | None]
) -> None:
    proofs = registry.check_evidence(pending.case_id, seen, by).evidence
    assert [p.checked_by and "checked" for p in proofs] == marks
    (marked,) = [p for p in proofs if p.checked_by]
    assert (marked.sha256, marked.checked_by, marked.checked_at) == (seen.sha256, by.actor, NOON.isoformat())


WRONG = [
    pytest.param(
        Evidence("mandate", "ticket 1", OTHER), f"has the SHA-256 {OTHER}, but 'ticket 1' was stated with {MANDATE}", id="another"
    ),
    pytest.param(Evidence("mandate", "", OTHER), f"no proof of this case has the SHA-256 {OTHER}", id="nobody's"),
]


@pytest.mark.parametrize(("seen", "message"), WRONG)
def test_a_proof_that_is_not_what_its_digest_says(registry: Registry, by: By, pending: OptOutReceipt, seen: Evidence, message: str) -> None:
    before = registry.get_case(pending.case_id)
    with pytest.raises(InvalidInputError, match=message):
        registry.check_evidence(pending.case_id, seen, by)
    assert registry.get_case(pending.case_id) == before


def test_nothing_is_checked_of_somebody_who_was_erased(registry: Registry, by: By, pending: OptOutReceipt) -> None:
    registry.erase_subject(pending.subject_id, by)
    with pytest.raises(ConflictError, match="erased"):
        registry.check_evidence(pending.case_id, Evidence("mandate", "", MANDATE), by)


def test_who_speaks_for_another_shows_that_they_may(registry: Registry, by: By, pending: OptOutReceipt, settings: Settings) -> None:
    settings.verify_authority = True
    with pytest.raises(InvalidInputError, match="state the authority"):
        registry.transition_case(pending.case_id, "active", "", by)
    with pytest.raises(InvalidInputError, match="no proof was checked"):
        registry.transition_case(pending.case_id, "active", "", by, authority="mandate")
    registry.check_evidence(pending.case_id, Evidence("mandate", "", MANDATE), by)
    assert registry.transition_case(pending.case_id, "active", "", by, authority="mandate").steps[-1].authority == "mandate"


def test_who_speaks_for_themselves_need_not(registry: Registry, by: By, settings: Settings) -> None:
    settings.verify_authority = True
    made = registry.create_opt_out(OptOut(SubjectData("Jane Roe"), Requester("self", "Jane Roe")), by)
    assert registry.transition_case(made.case_id, "active", "", by).status == "active"
