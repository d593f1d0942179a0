"""What reviewers say does not mean a person is proposed, and registered only when a registrar accepts it."""

import pytest

from guard.errors import ConflictError, InvalidInputError
from guard.registry.store import Registry
from guard.registry.values import By, Hold, Proposal, RulePrecision, Subject, SubjectData


@pytest.fixture
def jane(registry: Registry, by: By) -> Subject:
    return registry.create_subject(SubjectData("Jane Roe"), by)


def held(registry: Registry, by: By, jane: Subject, number: int = 1, rule: str = "opt-out") -> str:
    return registry.open_review(Hold(f"dec_{number}", "acme", "input", rule, "d" * 64, (jane.id,), (), 1, {"hits": []}), by)


def proposed(registry: Registry, by: By, jane: Subject, text: str = "Jane Roe street") -> str:
    review_id = held(registry, by, jane)
    registry.close_review(review_id, "false_positive", "a street", by, exclusion=text)
    return review_id


def test_nothing_is_learned_silently(registry: Registry, by: By, jane: Subject) -> None:
    review_id = proposed(registry, by, jane)
    assert registry.proposals(jane.id) == [Proposal(review_id, jane.id, "Jane Roe street", "a street", "key_staff")]
    assert registry.get_subject(jane.id).exclusions == ()


def test_what_is_accepted_binds_and_is_settled(registry: Registry, by: By, jane: Subject) -> None:
    review_id, before = proposed(registry, by, jane), registry.revision()
    assert registry.settle_proposal(review_id, jane.id, accept=True, by=by).exclusions == ("Jane Roe street",)
    revision, people, _ = registry.records(before)
    assert (revision, people[0].exclusions, registry.proposals(jane.id)) == (before + 1, ("Jane Roe street",), [])
    with pytest.raises(ConflictError, match="proposes nothing"):
        registry.settle_proposal(review_id, jane.id, accept=True, by=by)


def test_what_is_declined_is_settled_too(registry: Registry, by: By, jane: Subject) -> None:
    review_id = proposed(registry, by, jane)
    assert registry.settle_proposal(review_id, jane.id, accept=False, by=by).exclusions == ()
    assert registry.proposals(jane.id) == []


@pytest.mark.parametrize("text", ["Jane Roe", "JANE  roe", "Jane", "roe"])
def test_a_text_that_says_no_more_than_a_name_would_end_the_protection(registry: Registry, by: By, jane: Subject, text: str) -> None:
    review_id = proposed(registry, by, jane, text)
    with pytest.raises(InvalidInputError, match="no more than a name"):
        registry.settle_proposal(review_id, jane.id, accept=True, by=by)
    assert (registry.get_subject(jane.id).exclusions, len(registry.proposals(jane.id))) == ((), 1)


def test_it_is_one_persons_proposal(registry: Registry, by: By, jane: Subject) -> None:
    other = registry.create_subject(SubjectData("John Doe"), by)
    with pytest.raises(ConflictError, match="proposes nothing"):
        registry.settle_proposal(proposed(registry, by, jane), other.id, accept=True, by=by)
    assert registry.proposals(other.id) == []


def test_how_precise_each_rule_was(registry: Registry, by: By, jane: Subject) -> None:
    verdicts = [("opt-out", "match"), ("opt-out", "match"), ("opt-out", "false_positive"), ("opt-out", "approve"), ("band", "match")]
    for number, (rule, verdict) in enumerate(verdicts):
        registry.close_review(held(registry, by, jane, number, rule), verdict, "", by)
    held(registry, by, jane, 99, "still-open")
    found = registry.precision()
    assert found == [RulePrecision("band", 1, 0), RulePrecision("opt-out", 2, 1)]
    assert [round(one.precision, 2) for one in found] == [1.0, 0.67]
