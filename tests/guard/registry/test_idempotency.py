"""The same request twice has one effect and one answer."""

import pytest

from guard.errors import ConflictError, InvalidInputError
from guard.registry.idempotency import ReplayedError
from guard.registry.store import Registry
from guard.registry.values import Answer, By, Once, OptOut, SubjectData
from guard.types import KeyRole

JANE = OptOut(SubjectData("Jane Roe"))


def once(key_id: str = "key_1", route: str = "POST /opt-outs", name: str = "k1", digest: bytes = b"one body") -> Once:
    return Once(key_id, route, name, digest, lambda made: (201, made.subject_id.encode()))


def test_the_same_body_gets_the_same_answer(registry: Registry) -> None:
    made = registry.create_opt_out(JANE, By("key_1", once=once()))
    with pytest.raises(ReplayedError) as caught:
        registry.create_opt_out(JANE, By("key_1", once=once()))
    answer = Answer(201, made.subject_id.encode())
    assert (caught.value.answer, registry.answered(once()), registry.revision()) == (answer, answer, 1)


def test_another_body_is_refused(registry: Registry) -> None:
    registry.create_opt_out(JANE, By("key_1", once=once()))
    with pytest.raises(InvalidInputError, match="was used for another body"):
        registry.create_opt_out(OptOut(SubjectData("John Doe")), By("key_1", once=once(digest=b"another")))
    assert registry.revision() == 1


OTHERS = [
    pytest.param(once(key_id="key_2"), id="another access key"),
    pytest.param(once(route="POST /subjects"), id="another route"),
    pytest.param(once(name="k2"), id="another Idempotency-Key"),
]


@pytest.mark.parametrize("other", OTHERS)
def test_what_tells_requests_apart(registry: Registry, other: Once) -> None:
    registry.create_opt_out(JANE, By("key_1", once=once()))
    assert registry.answered(other) is None
    assert registry.create_opt_out(OptOut(SubjectData("John Doe")), By("key_1", once=other)).registry_revision == 2


def test_a_request_that_failed_may_be_repeated(registry: Registry) -> None:
    registry.create_opt_out(JANE, By("key_1"))
    with pytest.raises(ConflictError, match="likely registered"):
        registry.create_opt_out(JANE, By("key_1", once=once()))
    assert registry.answered(once()) is None
    assert registry.create_opt_out(JANE, By("key_1", once=once()), allow_duplicate=True).registry_revision == 2


@pytest.mark.parametrize(("hours", "known"), [(23.9, True), (24.1, False)], ids=["within a day", "after a day"])
def test_answers_are_kept_for_a_day(registry: Registry, clock, hours: float, known: bool) -> None:
    registry.create_opt_out(JANE, By("key_1", once=once()))
    clock.advance(hours=hours)
    assert (registry.answered(once()) is not None) is known


def test_while_the_first_is_running(registry: Registry) -> None:
    registry.claim(once())
    for ask in (registry.claim, registry.answered):
        with pytest.raises(ConflictError, match="is still running"):
            ask(once())
    registry.settle(once(), Answer(202, b"done"))
    assert registry.answered(once()) == Answer(202, b"done")


def test_a_claim_whose_work_failed(registry: Registry) -> None:
    registry.claim(once())
    registry.settle(once(), None)
    assert registry.answered(once()) is None
    registry.claim(once())


def test_making_a_key_is_never_idempotent(registry: Registry) -> None:
    by = By("key_1", once=once(route="POST /keys"))
    keys = {registry.create_key(KeyRole.AUDITOR, None, "", by).key for _ in range(2)}
    assert (len(keys), registry.answered(once(route="POST /keys"))) == (2, None)
