"""What changed between two policies, and in which direction."""

import pytest

from guard.decide.diff import diff
from guard.decide.load import load, parse
from guard.decide.policy import Policy


def policy(more: str = "") -> Policy:
    return parse(f"version: 1\nname: p\n{more}")


RULE = "rules: [{name: r, effect: hold, if: {stage: input}}]"
CASES = [
    pytest.param("", "", [], id="nothing"),
    pytest.param("", "description: other\ncases: [{name: c, expect: allow}]", [], id="what decides nothing"),
    pytest.param("", "people: {medium: refuse}", ["stricter: people.medium: hold -> refuse"], id="an outcome up"),
    pytest.param("people: {medium: refuse}", "", ["softer: people.medium: refuse -> hold"], id="an outcome down"),
    pytest.param("", "people: {exemptions: ignore}", ["stricter: people.exemptions: honour -> ignore"], id="exemptions"),
    pytest.param("", "people: {undeclared_purpose: none}", ["softer: people.undeclared_purpose: commercial -> none"], id="purposes"),
    pytest.param("", "mode: shadow", ["softer: mode: enforce -> shadow"], id="the mode"),
    pytest.param("", "on_error: {problem: allow}", ["softer: on_error.problem: refuse -> allow"], id="errors"),
    pytest.param("", "looks_at: prompt", ["softer: looks_at: input_image, output_image, prompt -> prompt"], id="looking at less"),
    pytest.param("", "small_faces: true", ["stricter: small_faces: false -> true"], id="small faces"),
    pytest.param("", "record: none", ["changed: record: full -> none"], id="the record"),
    pytest.param("", RULE, ["stricter: rules.r: - -> hold"], id="a new rule"),
    pytest.param(RULE, "", ["softer: rules.r: hold -> -"], id="a rule less"),
    pytest.param(RULE, RULE.replace("hold", "refuse"), ["stricter: rules.r.effect: hold -> refuse"], id="an effect"),
    pytest.param(RULE, RULE.replace("input", "output"), ["changed: rules.r.if: stages=input -> stages=output"], id="a test"),
    pytest.param(
        RULE, RULE.replace("hold,", "hold, grants_lift: false,"), ["stricter: rules.r.grants_lift: true -> false"], id="what grants lift"
    ),
    pytest.param("", "sources: {nudity: {missing: allow}}", ["stricter: sources.nudity: - -> asked"], id="a source"),
    pytest.param("sources: {nudity: {}}", "", ["softer: sources.nudity: asked -> -"], id="a source less"),
    pytest.param(
        "sources: {nudity: {}}",
        "sources: {nudity: {unavailable: hold, timeout_s: 3}}",
        ["softer: sources.nudity.unavailable: refuse -> hold", "changed: sources.nudity.timeout_s: 10 -> 3"],
        id="the terms of a source",
    ),
    pytest.param(
        "rules: [{name: r, effect: hold, if: {signals: {nudity: 0.5}}}]",
        "sources: {nudity: {unavailable: allow}}\nrules: [{name: r, effect: hold, if: {signals: {nudity: 0.5}}}]",
        ["softer: sources.nudity.unavailable: refuse -> allow"],
        id="the terms of a source that a rule reads",
    ),
    pytest.param("", "conditions: {c: faces > 1}", ["changed: conditions.c: - -> faces > 1"], id="a condition"),
    pytest.param("", "tenants: {acme: {mode: shadow}}", ["softer: tenants.acme.mode: enforce -> shadow"], id="a tenant's overlay"),
]


@pytest.mark.parametrize(("old", "new", "lines"), CASES)
def test_diff(old: str, new: str, lines: list[str]) -> None:
    assert [change.line() for change in diff(policy(old), policy(new))] == lines


def test_strict_is_nowhere_softer_than_default() -> None:
    assert {change.direction.value for change in diff(load("default"), load("strict"))} == {"stricter"}
