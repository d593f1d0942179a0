"""Conditions in CEL (https://cel.dev), behind the one adapter that knows the engine.

The engine (`cel-expr-python`) is imported when the first condition is compiled. It answers errors as truthy strings
(FACTS), so only a value of type BOOL is a result; anything else raises `ConditionError`, which a policy's `on_error`
turns into an outcome. The engine itself stops an expression that iterates too long.
"""

import re
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cache
from typing import Any

from guard.types import Context, Findings, Hit, SubjectRecord

LONGEST = 2000
"""Characters of a condition; a longer one is refused at load."""

SIGNALS: dict[str, float | str | bool] = {
    "sexual": 0.0,
    "minors": 0.0,
    "violence": 0.0,
    "hate": 0.0,
    "self_harm": 0.0,
    "political": 0.0,
    "deception": 0.0,
    "nudity": 0.0,
    "unread_text": 0.0,
    "probing": 0.0,
    "moderation": 0.0,
    "moderation_sexual": 0.0,
    "moderation_minors": 0.0,
    "moderation_violence": 0.0,
    "moderation_hate": 0.0,
    "moderation_self_harm": 0.0,
    "keeps_person": 0.0,
    "age_years": -1.0,
    "people": 0.0,
    "style": "",
}
"""Every signal that a policy may name, with what a condition reads where it was not measured."""


VARIABLES = frozenset(
    ("stage", "tenant", "route", "model", "purpose", "jurisdiction", "attestation", "faces", "signals", "hits", "now", "hit")
)
"""Every variable that a condition may read; docs/reference/policies.md lists their types."""

HIT_FIELDS: dict[str, Callable[[Hit, SubjectRecord | None], Any]] = {
    "subject_id": lambda hit, _: hit.subject_id,
    "modality": lambda hit, _: hit.modality._value_,
    "role": lambda hit, _: hit.role._value_ if hit.role is not None else "likeness",
    "strength": lambda hit, _: hit.strength._value_,
    "score": lambda hit, _: float(hit.score),
    "threshold": lambda hit, _: float(hit.threshold),
    "where": lambda hit, _: hit.where,
    "view": lambda hit, _: hit.view or "",
    "kind": lambda _, person: person.kind._value_ if person is not None else "",
    "directives": lambda _, person: len(person.directives) if person is not None else 0,
}
"""What a condition may read of a hit. No names: a policy that decides by who somebody is belongs into a directive."""

_READABLE = VARIABLES | SIGNALS.keys() | HIT_FIELDS.keys()
_WORD = re.compile(r"[A-Za-z_]+")


class ConditionError(Exception):
    """A condition that gave no boolean: a key that is not there, a type that does not fit, too many steps."""


class ConditionInvalidError(ValueError):
    """A condition that does not compile, with the engine's reason on one line."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A compiled condition. `about_a_hit`: it reads `hit`, so it is asked once per hit. `reads`: the variables, signals and fields of hits
    that it names, which are all that it sees."""

    source: str
    about_a_hit: bool
    reads: frozenset[str]
    _expression: Any

    def holds(self, activation: Any) -> bool:
        """Whether the condition is true of an activation made by `activate`."""
        try:
            value = self._expression.eval(activation)
            kind = value.type()
        except RuntimeError as error:
            raise ConditionError(_first_line(error)) from error
        types = _engine().Type
        if kind == types.BOOL:
            return bool(value.value())
        if kind == types.ERROR:
            raise ConditionError(str(value.value())[:200])
        raise ConditionError(f"gave {kind.name()}, not a boolean: {str(value.value())[:200]}")


@cache
def compile_condition(source: str) -> Condition:
    """Compile one condition, refusing what is too long, does not parse, names the unknown or is not boolean."""
    if len(source) > LONGEST:
        raise ConditionInvalidError(f"a condition of {len(source)} characters is longer than {LONGEST}; split it into named conditions")
    cel = _engine()
    try:
        expression, about_a_hit = _environment(False).compile(source), False
    except RuntimeError as request_error:
        try:
            expression, about_a_hit = _environment(True).compile(source), True
        except RuntimeError:
            raise ConditionInvalidError(_first_line(request_error)) from request_error
    kind = expression.return_type()
    if kind not in (cel.Type.BOOL, cel.Type.DYN):
        raise ConditionInvalidError(f"gives {kind.name()}, not a boolean; compare it with something")
    return Condition(source, about_a_hit, frozenset(_WORD.findall(source)) & _READABLE, expression)


def activate(request: dict[str, Any], hit: dict[str, Any] | None = None) -> Any:
    """What a condition is asked of: the fields of the request and, for a condition about a hit, of that hit."""
    if hit is None:
        return _environment(False).Activation(request)
    return _environment(True).Activation({**request, "hit": hit})


def request_fields(findings: Findings, people: Mapping[str, SubjectRecord], context: Context, reads: Set[str]) -> dict[str, Any]:
    """The variables about the whole request, those that are read: making twenty whole hits readable costs more than six questions."""
    fields: dict[str, Any] = {
        "stage": context.stage._value_,
        "tenant": context.tenant,
        "route": context.route,
        "model": context.model or "",
        "purpose": context.purpose or "",
        "jurisdiction": context.jurisdiction or "",
        "attestation": context.attestation,
        "faces": findings.faces,
        "signals": {name: findings.signals.get(name, SIGNALS[name]) for name in reads & SIGNALS.keys()},
        "hits": _hits(findings.hits, people, reads) if "hits" in reads else [],
        "now": context.now,
    }
    return {name: value for name, value in fields.items() if name in reads}


def hit_fields(hit: Hit, people: Mapping[str, SubjectRecord], reads: Set[str]) -> dict[str, Any]:
    """One hit as a map of those of its fields that are read."""
    return _hits([hit], people, reads)[0]


def _hits(hits: Sequence[Hit], people: Mapping[str, SubjectRecord], reads: Set[str]) -> list[dict[str, Any]]:
    wanted = [(name, field) for name, field in HIT_FIELDS.items() if name in reads]
    return [{name: field(hit, people.get(hit.subject_id)) for name, field in wanted} for hit in hits]


@cache
def _engine() -> Any:
    from cel_expr_python import cel  # here, so that only a policy that uses CEL pays for the import

    return cel


@cache
def _environment(with_hit: bool) -> Any:
    kinds = _engine().Type
    record = kinds.Map(kinds.STRING, kinds.DYN)
    variables = {
        "stage": kinds.STRING,
        "tenant": kinds.STRING,
        "route": kinds.STRING,
        "model": kinds.STRING,
        "purpose": kinds.STRING,
        "jurisdiction": kinds.STRING,
        "attestation": kinds.BOOL,
        "faces": kinds.INT,
        "signals": record,
        "hits": kinds.List(record),
        "now": kinds.TIMESTAMP,
    }
    if with_hit:
        variables["hit"] = record
    return _engine().NewEnv(variables=variables)


def _first_line(error: Exception) -> str:
    return str(error).split("\n", 1)[0].removeprefix("INVALID_ARGUMENT: ERROR: ").removeprefix("<input>:")
