"""From what was found to a decision. Pure: no clock, no storage; the order of hits and directives never matters.

The severest of these decides, and between equals the first:

1. minors and sexual content (nothing lifts it);
2. what could not be screened;
3. each person's directives (`directives`: order > grant > denial > general permission), and pictures that must not come
   back, whoever they show, unless a grant covers the person;
4. the operator's rules, severest first, then as listed;
5. what the policy says of people without a directive.

A strong hit carries the whole effect, a middling one at most `people.medium`, a weak one nothing. A second sign of the
same person by another sense (text, face, known picture) raises a hit by one step.
"""

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from math import inf
from typing import Any, NamedTuple

from guard.decide.conditions import Condition, ConditionError, activate, hit_fields, request_fields
from guard.decide.directives import CHANNELS, NOTHING, Basis, Ruling, binding, in_force
from guard.decide.fields import CATEGORIES
from guard.decide.policy import Exemptions, Policy, SourceTerms, UndeclaredPurpose
from guard.decide.program import HitKind, Ready, Scene, excepted, program, scaled
from guard.decide.scopes import Uses, present, uses
from guard.decide.sources import SOURCES
from guard.types import (
    NOT_CONFIGURED,
    REFUSED_OUTPUTS,
    Channel,
    Context,
    Decision,
    Directive,
    Findings,
    Hit,
    Modality,
    Mode,
    Outcome,
    Role,
    Strength,
    SubjectKind,
    SubjectRecord,
)

LIKENESS = "likeness"
NO_CATEGORY = "none"
HUMAN_REVIEW = "human_review"
_CHILD_YEARS = 18
SUGGESTIVE = 0.3
"""What is enough of a sexual signal where a child is concerned: one suggestive word (the lexicon's least weight)."""
_SENSE = {Modality.NAME: "text", Modality.TEXT_IN_IMAGE: "text", Modality.FACE: "face", Modality.KNOWN_IMAGE: "picture"}
_RAISED = {Strength.WEAK: Strength.MEDIUM, Strength.MEDIUM: Strength.STRONG, Strength.STRONG: Strength.STRONG}
# Names of our own for members of enumerations: looking one up on its class takes 86 ns in Python 3.11, a global 15.
ALLOW, HOLD, REFUSE = Outcome.ALLOW, Outcome.HOLD, Outcome.REFUSE
STRONG, WEAK = Strength.STRONG, Strength.WEAK
DEPICTED, EXEMPT, FACE, KNOWN = Role.LIKENESS, Basis.EXEMPT, Modality.FACE, Modality.KNOWN_IMAGE
_SEVERITY = {outcome: outcome.severity for outcome in Outcome}
_FLOOR, _PROBLEM, _ORDER, _GRANT, _WISH, _EXEMPT, _GENERAL, RULES, _DEFAULT, _NOTHING = range(10)
"""Layers, highest precedence first; `RULES` are the operator's."""

_PLACES = {
    Basis.ORDER: (_ORDER, 0),
    Basis.GRANT: (_GRANT, 0),
    Basis.OPT_OUT: (_WISH, 0),
    Basis.REVIEW: (_WISH, 0),
    Basis.EXEMPT: (_EXEMPT, 0),
    Basis.GENERAL_ALLOW: (_GENERAL, 0),
    Basis.NONE: (_DEFAULT, 0),
}


class Verdict(NamedTuple):
    """What one layer or rule says. `place` orders equals: the layer, then the rule's place in the policy.

    A named tuple, as `Seen` is: a frozen dataclass takes three times as long to make, and there are dozens a decision.
    """

    outcome: Outcome
    place: tuple[int, int]
    rule: str
    category: str
    subject_id: str | None = None
    ruling: Ruling | None = None
    obligations: tuple[str, ...] = ()
    error: str | None = None


class Seen(NamedTuple):
    """A hit as rules see it: its channel and role settled, its strength raised where another sense agrees."""

    hit: Hit
    kind: HitKind
    ruling: Ruling

    @property
    def strength(self) -> Strength:
        """The strength after corroboration."""
        return self.kind[4]


def decide(
    findings: Findings,
    people: Mapping[str, SubjectRecord],
    policy: Policy,
    context: Context,
    *,
    pending_protects: bool = True,
    spent: Set[str] = frozenset(),
    registry_revision: int = 0,
) -> Decision:
    """The decision on one half of a request.

    Args:
        people: the record of every subject that a hit names.
        pending_protects: whether an opt-out that waits for verification binds meanwhile.
        spent: ids of grants without a use left (the recorder found out); decide again with them to get the answer.
    """
    policy = policy.for_tenant(context.tenant)
    if policy.mode is Mode.OFF:
        return Decision(
            ALLOW, "policy-off", NO_CATEGORY, findings.hits, policy_revision=policy.revision, registry_revision=registry_revision
        )
    ready = program(policy)
    if ready.idle and not (findings.hits or findings.signals or findings.faces or findings.not_examined) and findings.problem is None:
        return Decision(ALLOW, "no-rule-fired", NO_CATEGORY, policy_revision=policy.revision, registry_revision=registry_revision)
    weighing = weigh(findings, people, policy, context, pending_protects=pending_protects, spent=spent)
    return _conclude(weighing.verdicts(stop_early=True), findings, policy, registry_revision)


def weigh(
    findings: Findings,
    people: Mapping[str, SubjectRecord],
    policy: Policy,
    context: Context,
    *,
    pending_protects: bool = True,
    spent: Set[str] = frozenset(),
) -> "Weighing":
    """Everything that `decide` weighs, for whoever wants to see more than its outcome (`explain`)."""
    policy = policy.for_tenant(context.tenant)
    undeclared = policy.people.undeclared_purpose is UndeclaredPurpose.COMMERCIAL
    asked = uses(findings, context, undeclared_is_commercial=undeclared)
    return Weighing(findings, people, policy, context, asked, pending_protects, spent)


@dataclass(slots=True)
class Weighing:
    """One request being weighed: its hits as rules see them, and what each layer says of them."""

    findings: Findings
    people: Mapping[str, SubjectRecord]
    policy: Policy
    context: Context
    asked: Uses
    pending_protects: bool
    spent: Set[str]
    seen: list[Seen] = field(init=False)
    unknown: list[str] = field(init=False)
    _request_fields: dict[str, Any] | None = field(init=False, default=None)
    _held: dict[int, bool] = field(init=False, default_factory=dict)
    _activation: Any = field(init=False, default=None)
    _answers: dict[str, bool | ConditionError] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.unknown = sorted({h.subject_id for h in self.findings.hits if not nobodys(h)} - self.people.keys())
        self.seen = self._see()

    def verdicts(self, *, stop_early: bool) -> list[Verdict]:
        """What each layer says. `stop_early` leaves out what can no longer change outcome, rule or obligations."""
        verdicts = [*self._floor(), *self._unanswered(), *self._directives(stop_early)]
        above = any(verdict.outcome is REFUSE and verdict.place[0] < RULES for verdict in verdicts)
        if not (stop_early and above):
            self._operator(stop_early, verdicts)
        return verdicts

    @property
    def scene(self) -> Scene:
        """What the tests of rules about the request look at."""
        return Scene(self.context, self.findings, self.asked, self._faces_without_grant())

    def _see(self) -> list[Seen]:
        hits, people, stage = self.findings.hits, self.people, self.context.stage
        senses: dict[str, str] = {}
        confirmed: set[str] = set()
        for hit in hits:
            if hit.role is None or hit.role is DEPICTED:
                sense = _SENSE[hit.modality]
                if senses.setdefault(hit.subject_id, sense) != sense:
                    confirmed.add(hit.subject_id)
        live: dict[str, tuple[Directive, ...]] = {}
        rulings: dict[tuple[str, Channel, Role], Ruling] = {}
        seen = []
        for hit in hits:
            subject_id, modality, strength = hit.subject_id, hit.modality, hit.strength
            person = people.get(subject_id)
            if person is None:
                if nobodys(hit):
                    seen.append(Seen(hit, (stage, CHANNELS[modality, stage], modality, DEPICTED, strength, None), NOTHING))
                continue
            channel, role = CHANNELS[modality, stage], hit.role or DEPICTED
            key = (subject_id, channel, role)
            ruling = rulings.get(key)
            if ruling is None:
                if subject_id not in live:
                    live[subject_id] = in_force(person.directives, self.context.now, pending_protects=self.pending_protects)
                ruling = rulings[key] = self._rule_on(live[subject_id], channel, role)
            if role is DEPICTED and subject_id in confirmed:
                strength = _RAISED[strength]
            seen.append(Seen(hit, (stage, channel, modality, role, strength, person.kind), ruling))
        return seen

    def _rule_on(self, live: tuple[Directive, ...], channel: Channel, role: Role) -> Ruling:
        honoured = self.policy.people.exemptions is not Exemptions.IGNORE
        return binding(live, self.context, channel, role, self.asked, spent=self.spent, exemptions_count=honoured)

    def _floor(self) -> Iterator[Verdict]:
        """Sexual or suggestive content with a child, sexual content with the likeness of a registered person: refused,
        whatever anybody granted.

        That a registered person is a child shows only in `rule`: the category must not tell a caller who is registered.
        """
        signals = self.findings.signals
        if not (self.asked.sexual or present(signals, "sexual", SUGGESTIVE) or present(signals, "nudity", SUGGESTIVE)):
            return
        years = signals.get("age_years", -1.0)
        if present(signals, "minors") or (isinstance(years, (int, float)) and 0 <= years < _CHILD_YEARS):
            yield Verdict(REFUSE, (_FLOOR, 0), "minors-sexual", "minors")
        for one in self.seen:
            if one.kind[3] is not DEPICTED or one.strength is WEAK:
                continue
            if one.kind[5] is SubjectKind.MINOR:
                yield Verdict(REFUSE, (_FLOOR, 1), "minors-sexual", "sexual", one.hit.subject_id)
            elif self.asked.sexual:
                yield Verdict(REFUSE, (_FLOOR, 2), "sexual-likeness", "sexual", one.hit.subject_id)

    def _unanswered(self) -> Iterator[Verdict]:
        """A step that could not answer, a source of signals likewise, or a hit on somebody whose record is not at hand (a fault of the shell)."""
        problem = self.findings.problem or (f"no record of {len(self.unknown)} subjects that were found" if self.unknown else None)
        if problem is not None:
            yield Verdict(self.policy.on_error.problem, (_PROBLEM, 0), "unscreenable", "unscreenable", error=problem)
        for name, why in self.findings.not_examined.items():
            if name in SOURCES:
                terms = program(self.policy).sources[self.context.stage].get(name, SourceTerms())
                outcome = terms.missing if why == NOT_CONFIGURED else terms.unavailable
                if outcome is not ALLOW:
                    yield Verdict(outcome, (_PROBLEM, 1), "signal-unavailable", "unscreenable", error=f"{name}: {why}")

    def _directives(self, stop_early: bool) -> Iterator[Verdict]:
        people = self.policy.people
        told: set[tuple[int, Role, Strength]] = set()
        for hit, kind, ruling in self.seen:
            role, strength = kind[3], kind[4]
            if kind[2] is KNOWN:
                if hit.bank != REFUSED_OUTPUTS and not permitted(ruling):
                    category = hit.bank if hit.bank in CATEGORIES else LIKENESS
                    yield Verdict(people.known_images, (_WISH, 1), "known-image", category, hit.subject_id or None)
                if nobodys(hit):
                    continue
            if stop_early:
                same = (id(ruling), role, strength)
                if same in told:
                    continue
                told.add(same)
            wanted = ruling.outcome
            if wanted is None:
                if role is not DEPICTED:
                    continue
                wanted = people.no_directive
            if ruling.basis is EXEMPT and people.exemptions is Exemptions.HOLD:
                wanted = HOLD
            outcome = scaled(wanted, strength, people)
            if outcome is None:
                continue
            rule: str = ruling.basis
            if outcome is ALLOW and HUMAN_REVIEW in ruling.terms:
                outcome, rule = HOLD, "grant-terms"
            yield Verdict(outcome, _PLACES[ruling.basis], rule, LIKENESS, hit.subject_id, ruling, ruling.terms)

    def _operator(self, stop_early: bool, verdicts: list[Verdict]) -> None:
        ready = program(self.policy)
        if not ready.policy.rules:
            return
        scene, bar = self.scene, _Bar(stop_early)
        for rule in ready.about_requests:
            if bar.passed_by(rule.rule.effect, rule):
                break
            if (verdict := self._ask(rule, scene, None, rule.rule.effect)) is not None:
                bar.note(verdict)
                verdicts.append(verdict)
        if not ready.about_hits:
            return
        for kind, hits in self._kinds():
            best = max(one.hit.score if one.hit.score == one.hit.score else inf for one in hits)
            for rule, outcome, least in ready.rules_for(kind):
                if best < least or bar.passed_by(outcome, rule) or not self._fits(rule, scene):
                    continue
                if (verdict := self._ask_hits(rule, scene, kind, hits, outcome)) is not None:
                    bar.note(verdict)
                    verdicts.append(verdict)

    def _kinds(self) -> Iterable[tuple[HitKind, list[Seen]]]:
        """Hits of one kind together: rules tell them apart only by score, grant and condition."""
        kinds: dict[HitKind, list[Seen]] = {}
        for one in self.seen:
            kinds.setdefault(one.kind, []).append(one)
        return kinds.items()

    def _ask_hits(self, ready: Ready, scene: Scene, kind: HitKind, hits: list[Seen], outcome: Outcome) -> Verdict | None:
        rule = ready.rule
        least = rule.match.min_score
        for one in hits:
            score = one.hit.score
            if (least is not None and score < least) or (rule.grants_lift and permitted(one.ruling)):
                continue
            excused = rule.unless is not None and (not rule.unless.about_a_hit or excepted(rule.unless, kind, score))
            if (verdict := self._ask(ready, scene, one, outcome, excusable=excused)) is not None:
                return verdict
        return None

    def _ask(self, ready: Ready, scene: Scene, one: Seen | None, outcome: Outcome, *, excusable: bool = True) -> Verdict | None:
        """A rule's verdict on the request, or on one hit of it; None when it does not fire."""
        if not self._fits(ready, scene):
            return None
        if excusable and ready.unless is not None and all(test(scene) for test in ready.unless):
            return None
        rule, error = ready.rule, None
        try:
            for condition in ready.conditions:
                if not self.holds(condition, one):
                    return None
        except ConditionError as problem:
            outcome, error = rule.on_error or self.policy.on_error.condition, str(problem)
        subject = None if one is None else one.hit.subject_id
        return Verdict(outcome, (RULES, ready.index), rule.name, rule.category, subject, None, rule.obligations, error)

    def _fits(self, ready: Ready, scene: Scene) -> bool:
        """Whether the request passes a rule's tests, asked once."""
        held = self._held.get(ready.index)
        if held is None:
            held = True
            for test in ready.tests:
                if not test(scene):
                    held = False
                    break
            self._held[ready.index] = held
        return held

    def holds(self, condition: Condition, one: Seen | None) -> bool:
        """Whether a condition is true, asked once where it is about the request and once per hit where about a hit."""
        if self._request_fields is None:
            self._request_fields = request_fields(self.findings, self.people, self.context, program(self.policy).reads)
        if condition.about_a_hit and one is not None:
            return condition.holds(activate(self._request_fields, hit_fields(one.hit, self.people, condition.reads)))
        answer = self._answers.get(condition.source)
        if answer is None:
            if self._activation is None:
                self._activation = activate(self._request_fields)
            try:
                answer = condition.holds(self._activation)
            except ConditionError as problem:
                answer = problem
            self._answers[condition.source] = answer
        if isinstance(answer, ConditionError):
            raise answer
        return answer

    def _faces_without_grant(self) -> int:
        """Faces that no grant covers. Only a strong hit says whose face it is."""
        if not self.findings.faces:
            return 0
        covered = {
            (one.hit.subject_id, one.hit.where)
            for one in self.seen
            if one.hit.modality is FACE and one.strength is STRONG and permitted(one.ruling)
        }
        return max(0, self.findings.faces - len(covered))


@dataclass(slots=True)
class _Bar:
    """The first of the operator's rules that refuses: what stands behind it need not be asked.

    Until one refuses, milder rules still bring obligations.
    """

    active: bool
    index: int | None = None

    def note(self, verdict: Verdict) -> None:
        if self.active and verdict.outcome is REFUSE and (self.index is None or verdict.place[1] < self.index):
            self.index = verdict.place[1]

    def passed_by(self, outcome: Outcome, ready: Ready) -> bool:
        return self.index is not None and (outcome is not REFUSE or ready.index > self.index)


def nobodys(hit: Hit) -> bool:
    """Whether a hit is a known picture that belongs to no registered person."""
    return hit.modality is KNOWN and not hit.subject_id


def permitted(ruling: Ruling) -> bool:
    """Whether the person, or a court, allowed this very use."""
    return ruling.outcome is ALLOW and ruling.grant is not None


def _is_told(obligation: str) -> bool:
    """Whether an obligation concerns a refused request too: there is no answer to mark, but somebody to tell."""
    return obligation.partition(":")[0] == "notify"


def _conclude(verdicts: list[Verdict], findings: Findings, policy: Policy, registry_revision: int) -> Decision:
    first = Verdict(ALLOW, (_NOTHING, 0), "no-rule-fired", NO_CATEGORY)
    severity = 0
    for verdict in verdicts:
        mine = _SEVERITY[verdict.outcome]
        if mine > severity or (mine == severity and (verdict.place, verdict.rule) < (first.place, first.rule)):
            first, severity = verdict, mine
    grants: set[str] = set()
    directives: set[str] = set()
    obligations: set[str] = set()
    for verdict in verdicts:
        if (ruling := verdict.ruling) is not None:
            directives.update(ruling.directives)
            if ruling.grant is not None:
                grants.add(ruling.grant)
        obligations.update(verdict.obligations)
    return Decision(
        outcome=first.outcome,
        rule=str(first.rule),
        category=first.category if severity else NO_CATEGORY,
        hits=findings.hits,
        grants=() if severity else tuple(sorted(grants)),
        obligations=tuple(sorted(filter(_is_told, first.obligations) if first.outcome is REFUSE else obligations)),
        directives=tuple(sorted(directives)),
        policy_revision=policy.revision,
        registry_revision=registry_revision,
    )
