"""Conditions in CEL: only a boolean is an answer."""

import subprocess
import sys
from datetime import UTC, datetime

import pytest

from guard.decide.conditions import (
    HIT_FIELDS,
    SIGNALS,
    VARIABLES,
    ConditionError,
    ConditionInvalidError,
    activate,
    compile_condition,
    hit_fields,
    request_fields,
)
from guard.types import Context, Findings, Hit, Modality, Role, Stage, Strength, SubjectKind, SubjectRecord

HIT = Hit("sub_1", "Ada", Modality.NAME, "prompt", 0.9, 0.5, Strength.STRONG, Role.LIKENESS)
PEOPLE = {"sub_1": SubjectRecord(1, "sub_1", "Ada", SubjectKind.MINOR)}
CONTEXT = Context(Stage.INPUT, datetime(2026, 6, 1, tzinfo=UTC), "acme", "images.edits", "gpt-image-1", "news", "DE", attestation=True)
FINDINGS = Findings((HIT,), 3, {"sexual": 0.5, "style": "drawn"})
FIELDS = request_fields(FINDINGS, PEOPLE, CONTEXT, VARIABLES | HIT_FIELDS.keys() | SIGNALS.keys())


def ask(source: str) -> bool:
    condition = compile_condition(source)
    return condition.holds(activate(FIELDS, hit_fields(HIT, PEOPLE, HIT_FIELDS.keys()) if condition.about_a_hit else None))


TRUE = [
    'stage == "input"',
    'tenant == "acme"',
    'route == "images.edits"',
    'model.startsWith("gpt-image")',
    'purpose in ["news", "education"]',
    'jurisdiction == "DE"',
    "attestation",
    "faces == 3",
    "signals.sexual >= 0.5",
    'signals.style == "drawn"',
    "signals.violence == 0.0",
    "signals.age_years < 0.0",
    'hits.exists(h, h.kind == "minor" && h.score > 0.8)',
    'hit.role == "likeness"',
    'hit.modality == "name" && hit.strength == "strong" && hit.where == "prompt"',
    "now < timestamp('2027-01-01T00:00:00Z')",
]


@pytest.mark.parametrize("source", TRUE)
def test_what_conditions_read(source: str) -> None:
    assert ask(source) is True
    assert ask(f"!({source})") is False


ERRORS = [
    pytest.param("1 / (faces - 3) > 0", "divide by zero", id="a division by zero"),
    pytest.param("signals.nothing > 0.5", "Key not found", id="a key that is not there"),
    pytest.param("hit.nothing == 1", "Key not found", id="nor in the hit"),
    pytest.param("signals.style > 0.5", "No matching overload", id="a type that does not fit"),
    pytest.param("signals.style", "gave STRING, not a boolean", id="a word"),
    pytest.param(
        "[0,1,2,3,4,5,6,7,8,9].all(a, [0,1,2,3,4,5,6,7,8,9].all(b, [0,1,2,3,4,5,6,7,8,9].all(c, "
        "[0,1,2,3,4,5,6,7,8,9].all(d, [0,1,2,3,4,5,6,7,8,9].all(e, a + b + c + d + e >= 0)))))",
        "budget",
        id="too many steps",
    ),
]


@pytest.mark.parametrize(("source", "message"), ERRORS)
def test_what_is_no_boolean_is_an_error_and_never_true(source: str, message: str) -> None:
    with pytest.raises(ConditionError, match=message):
        ask(source)


@pytest.mark.parametrize("source", ["", "1 +", "faces", '"true"', "unknown", "faces == 'x'", "a" * 3000])
def test_what_does_not_compile_is_refused_at_load(source: str) -> None:
    with pytest.raises(ConditionInvalidError):
        compile_condition(source)


def test_only_what_is_read_is_prepared() -> None:
    assert compile_condition("faces > 1").reads == {"faces"}
    assert request_fields(FINDINGS, PEOPLE, CONTEXT, {"faces"}) == {"faces": 3}
    condition = compile_condition('signals.sexual > 0.5 && hits.exists(h, h["view"] == "leet" && h.score > 0.5)')
    assert condition.reads == {"signals", "sexual", "hits", "view", "score"}
    fields = request_fields(FINDINGS, PEOPLE, CONTEXT, condition.reads)
    assert fields == {"signals": {"sexual": 0.5}, "hits": [{"view": "", "score": 0.9}]}


def test_no_condition_reads_a_name() -> None:
    assert "Ada" not in str(FIELDS)


def test_every_signal_can_be_named() -> None:
    assert all(ask(f"signals.{name} == signals.{name}") for name in SIGNALS)


def test_a_policy_without_conditions_never_loads_the_engine() -> None:
    script = "import sys; from guard.decide.load import load; load('default'); sys.exit('cel_expr_python' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
