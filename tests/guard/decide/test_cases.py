"""The worked cases that policies carry."""

import pytest

from guard.decide.cases import Report, Result, run
from guard.decide.load import bundled, load, parse
from guard.types import Findings, Hit, Modality, Outcome, Role, Strength

SEED_CASES = {"a step-by-step diagram of changing a tyre", "number each lug nut in this photo"}


@pytest.mark.parametrize("name", bundled())
def test_every_bundled_policy_does_what_its_cases_say(name: str) -> None:
    report = run(load(name))
    assert [line for line in report.lines() if "expected" in line.split(": ", 2)[-1] and "as expected" not in line] == []
    assert report.passed


@pytest.mark.parametrize("name", bundled())
def test_every_bundled_policy_carries_the_honest_requests(name: str) -> None:
    honest = {case.name: case for case in load(name).cases if case.name in SEED_CASES}
    assert honest.keys() == SEED_CASES
    assert all(case.outcome is Outcome.ALLOW and case.prompt for case in honest.values())


POLICY = parse(
    """
version: 1
name: small
cast: {ada: {name: Ada Quillfeather, directives: [{effect: deny}]}}
cases:
  - {name: refused, prompt: Ada Quillfeather, hits: [{person: ada}], expect: refuse, rule: opt-out}
  - {name: wrong, expect: hold, rule: opt-out}
"""
)
HIT = Hit("ada", "Ada Quillfeather", Modality.NAME, "prompt", 1.0, 0.0, Strength.STRONG, Role.LIKENESS)


def test_cases_run_on_findings() -> None:
    refused, allowed, held = (Outcome.REFUSE, "opt-out"), (Outcome.ALLOW, "no-rule-fired"), (Outcome.HOLD, "opt-out")
    report = run(POLICY)
    assert report == Report(
        "small", POLICY.revision, (Result("refused", "findings", refused, refused), Result("wrong", "findings", held, allowed))
    )
    assert report.lines() == [
        "small: 'wrong' (findings): expected hold by opt-out, got allow by no-rule-fired",
        "small: 1 of 2 cases as expected",
    ]


def test_cases_run_on_prompts_where_a_screening_function_is_given() -> None:
    blind = run(POLICY, lambda case: Findings())
    sighted = run(POLICY, lambda case: Findings((HIT,) if "Ada" in (case.prompt or "") else ()))
    assert [(r.case, r.level, r.passed) for r in blind.results] == [
        ("refused", "findings", True),
        ("refused", "prompt", False),
        ("wrong", "findings", False),
    ]
    assert [r.passed for r in sighted.results] == [True, True, False]
