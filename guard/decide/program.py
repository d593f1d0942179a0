"""A policy made ready to run: rules by severity, their set tests only, and an index from kinds of hit to rules. Pure.

Made once per policy and kept (`program`), so that a decision pays for the rules that could fire and not for the rest.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import inf

from guard.decide.conditions import Condition, compile_condition
from guard.decide.directives import named, route_name
from guard.decide.policy import Match, People, Policy, Rule
from guard.decide.scopes import Uses, purpose_name
from guard.decide.sources import asked
from guard.jurisdictions import covers
from guard.types import Channel, Context, Findings, Modality, Outcome, Role, Stage, Strength, SubjectKind

ONLY_LIKENESS = frozenset({Role.LIKENESS})


@dataclass(frozen=True, slots=True)
class Scene:
    """What the tests of a rule about the request look at."""

    context: Context
    findings: Findings
    uses: Uses
    faces_without_grant: int


Test = Callable[[Scene], bool]
HitKind = tuple[Stage, Channel, Modality, Role, Strength, SubjectKind | None]


@dataclass(frozen=True, slots=True)
class Ready:
    """A rule made ready. `index` is its place in the policy; `tests` look at the request, never at a hit;
    `labels` name them."""

    rule: Rule
    index: int
    tests: tuple[Test, ...]
    labels: tuple[str, ...]
    unless: tuple[Test, ...] | None
    conditions: tuple[Condition, ...]
    about_a_hit: bool
    quiet: bool

    @property
    def order(self) -> tuple[int, int]:
        """Severest first, then as the policy lists them."""
        return (-self.rule.effect.severity, self.index)


class Program:
    """The rules of one policy, ready. `idle` is true when nothing can fire where nothing was found; `sources` are asked by stage."""

    def __init__(self, policy: Policy) -> None:
        ready = sorted((_ready(policy, index, rule) for index, rule in enumerate(policy.rules)), key=lambda r: r.order)
        self.policy = policy
        self.about_requests = tuple(r for r in ready if not r.about_a_hit)
        self.about_hits = tuple(r for r in ready if r.about_a_hit)
        self.idle = all(r.quiet for r in self.about_requests)
        self.reads = frozenset[str]().union(*(c.reads for r in ready for c in r.conditions))
        self.sources = asked(policy)
        self._by_kind: dict[HitKind, tuple[tuple[Ready, Outcome, float], ...]] = {}

    def rules_for(self, kind: HitKind) -> tuple[tuple[Ready, Outcome, float], ...]:
        """The rules whose tests on hits this kind of hit passes (all but the score), severest first; with what each gives
        for it, and the least score."""
        known = self._by_kind.get(kind)
        if known is None:
            known = self._by_kind[kind] = tuple(self._fitting(kind))
        return known

    def _fitting(self, kind: HitKind) -> Iterator[tuple[Ready, Outcome, float]]:
        for ready in self.about_hits:
            effect, match = ready.rule.effect, ready.rule.match
            outcome = effect if match.strengths else scaled(effect, kind[4], self.policy.people)
            if outcome is not None and _fits(ready.rule, kind):
                yield ready, outcome, -inf if match.min_score is None else match.min_score


@lru_cache(maxsize=64)
def program(policy: Policy) -> Program:
    """The program of a policy, made at its first use."""
    return Program(policy)


def scaled(outcome: Outcome, strength: Strength, people: People) -> Outcome | None:
    """What an effect on a strong hit becomes for a hit of this strength; None: the hit says nothing by itself."""
    if strength is Strength.STRONG:
        return outcome
    if strength is Strength.WEAK:
        return None
    return outcome if outcome.severity <= people.medium.severity else people.medium


def fits_hit(match: Match, kind: HitKind, score: float) -> bool:
    """Whether one hit passes the tests of a `match` that look at a hit. A score that is no number passes."""
    _, channel, modality, role, strength, who = kind
    return (
        (not match.channels or channel in match.channels)
        and (not match.modalities or modality in match.modalities)
        and (not match.roles or role in match.roles)
        and (not match.strengths or strength in match.strengths)
        and (not match.kinds or who in match.kinds)
        and (match.min_score is None or not score < match.min_score)
    )


def excepted(match: Match, kind: HitKind, score: float) -> bool:
    """The same for an exception (`unless`), which a score that is no number must not earn."""
    return fits_hit(match, kind, score) and (match.min_score is None or score >= match.min_score)


def _fits(rule: Rule, kind: HitKind) -> bool:
    match = rule.match
    if match.stages and kind[0] not in match.stages:
        return False
    if kind[3] not in (match.roles or ONLY_LIKENESS):
        return False
    return fits_hit(match, kind, float("nan"))


def _ready(policy: Policy, index: int, rule: Rule) -> Ready:
    conditions = tuple(compile_condition(policy.conditions.get(text, text)) for text in rule.when)
    about_a_hit = rule.match.about_a_hit or any(c.about_a_hit for c in conditions)
    unless = None if rule.unless is None else tuple(test for _, test in _tests(rule.unless, exception=True))
    tests = _tests(rule.match)
    labels, functions = tuple(label for label, _ in tests), tuple(test for _, test in tests)
    return Ready(rule, index, functions, labels, unless, conditions, about_a_hit, _quiet(rule.match))


def _quiet(match: Match) -> bool:
    """Whether a rule about requests cannot fire when there is neither hit, signal nor face."""
    return bool(
        match.signals or match.min_faces or match.min_faces_without_grant or (match.scopes and match.scopes <= {"sexual", "deception"})
    )


def _tests(match: Match, *, exception: bool = False) -> list[tuple[str, Test]]:
    """One function per test that is set, the cheapest and most telling first. A signal that is no number passes a test
    of a rule, and fails one of an exception."""
    tests: list[tuple[str, Test]] = []
    if match.stages:
        tests.append(("stage", lambda s: s.context.stage in match.stages))
    if match.tenants:
        tests.append(("tenant", lambda s: s.context.tenant in match.tenants))
    if match.routes:
        routes = frozenset(map(route_name, match.routes))
        tests.append(("route", lambda s: named(routes, route_name(s.context.route))))
    if match.models:
        tests.append(("model", lambda s: s.context.model is not None and named(match.models, s.context.model)))
    if match.purposes:
        tests.append(("purpose", _purpose_test(match.purposes)))
    if match.jurisdictions:
        tests.append(
            (
                "jurisdiction",
                lambda s: s.context.jurisdiction is not None and any(covers(j, s.context.jurisdiction) for j in match.jurisdictions),
            )
        )
    if match.attestation is not None:
        tests.append(("attestation", lambda s: s.context.attestation is match.attestation))
    if match.min_faces:
        tests.append(("min_faces", lambda s: s.findings.faces >= match.min_faces))
    if match.min_faces_without_grant:
        tests.append(("min_faces_without_grant", lambda s: s.faces_without_grant >= match.min_faces_without_grant))
    if match.scopes:
        tests.append(("scope", lambda s: not s.uses.names.isdisjoint(match.scopes)))
    tests.extend((f"signals.{name}", _signal_test(name, wanted, exception)) for name, wanted in match.signals)
    return tests


def _purpose_test(purposes: frozenset[str]) -> Test:
    """`none` names the request that states no purpose."""
    wanted = frozenset(None if p == "none" else purpose_name(p) for p in purposes)
    return lambda s: s.uses.purpose in wanted


def _signal_test(name: str, wanted: float | str | bool, exception: bool) -> Test:
    if isinstance(wanted, (str, bool)):
        return lambda s: s.findings.signals.get(name) == wanted
    least = float(wanted)

    def reaches(scene: Scene) -> bool:
        value = scene.findings.signals.get(name)
        return value is not None and not isinstance(value, str) and (value >= least or (not exception and value != value))

    return reaches
