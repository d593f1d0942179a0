"""Probing: what counts as a near miss, how the count becomes a signal, and when a key has to wait."""

import pytest

from guard.probing import FULL, WINDOW_S, Probing, near_miss
from guard.types import Caller, Decision, Findings, Hit, Modality, Outcome, Role, Strength

ANN, BEN = Caller("studio", "key_ann"), Caller("studio", "key_ben")


def hit(
    view: str | None = "leet", strength: Strength = Strength.STRONG, modality: Modality = Modality.NAME, role: Role | None = Role.LIKENESS
) -> Hit:
    return Hit("sub_1", "Jane Roe", modality, "prompt", 0.9, 0.8, strength, role if modality is Modality.NAME else None, view=view)


def decided(*hits: Hit, outcome: Outcome = Outcome.REFUSE, category: str = "likeness") -> Decision:
    return Decision(outcome, "opt-out", category, hits)


NEAR = decided(hit())
CASES = [
    pytest.param(NEAR, True, id="a name in disguise"),
    pytest.param(decided(hit("as written", Strength.MEDIUM)), True, id="a name that resembles"),
    pytest.param(decided(hit(None, Strength.MEDIUM, Modality.FACE), outcome=Outcome.HOLD), True, id="a face in the middle band, held"),
    pytest.param(decided(hit("as written")), False, id="a plain name"),
    pytest.param(decided(hit(), hit("as written")), False, id="a plain name beside a disguised one"),
    pytest.param(decided(hit("rotated 90", modality=Modality.FACE)), False, id="a face that is surely theirs"),
    pytest.param(decided(hit(role=Role.NAMESAKE_OR_THING)), False, id="not about a likeness"),
    pytest.param(decided(hit(), outcome=Outcome.ALLOW), False, id="allowed"),
    pytest.param(decided(hit(), category="sexual"), False, id="refused for something else"),
    pytest.param(decided(), False, id="no hit"),
]


@pytest.mark.parametrize(("decision", "near"), CASES)
def test_what_is_a_near_miss(decision: Decision, near: bool) -> None:
    assert near_miss(decision) is near


def test_the_signal_grows_with_each_and_is_the_keys_own() -> None:
    probing = Probing(clock=lambda: 0.0)
    assert probing.marked(ANN, Findings(signals={"style": "drawn"})) == Findings(signals={"style": "drawn"})
    for _ in range(3):
        probing.note(ANN, NEAR)
    assert probing.marked(ANN, Findings(signals={"style": "drawn"})).signals == {"style": "drawn", "probing": 3 / FULL}
    assert (probing.level(BEN), probing.level(Caller("studio"))) == (0.0, 0.0)
    for _ in range(FULL):
        probing.note(ANN, NEAR)
    assert probing.level(ANN) == 1.0


def test_a_key_waits_from_the_limit_on_until_its_oldest_are_over() -> None:
    now = [0.0]
    probing = Probing(3, lambda: now[0])
    for second in (0.0, 10.0, 20.0):
        now[0] = second
        assert probing.wait_s(ANN) == 0
        probing.note(ANN, NEAR)
    assert (probing.wait_s(ANN), probing.wait_s(BEN)) == (580, 0)
    now[0] = WINDOW_S - 0.5
    assert probing.wait_s(ANN) == 1
    now[0] = WINDOW_S
    assert (probing.wait_s(ANN), probing.level(ANN)) == (0, 2 / FULL)


def test_nobody_waits_without_a_limit() -> None:
    probing = Probing(0, lambda: 0.0)
    for _ in range(5_000):
        probing.note(ANN, NEAR)
    assert (probing.wait_s(ANN), probing.level(ANN)) == (0, 1.0)
