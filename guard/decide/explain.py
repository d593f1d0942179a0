"""What a decision is explained with, to whom. Pure; one function.

A **caller** learns the outcome, a public class and what to change; never who, how sure, or that anybody is registered, so
that every likeness refusal reads the same. **Staff** learn rule, hits, directives, grants, and every test and condition
of the rules that came near. An **auditor** learns all of it, with revisions and thresholds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from guard.decide.conditions import ConditionError
from guard.decide.evaluate import RULES, Seen, Verdict, Weighing
from guard.decide.program import Ready, Scene, excepted, fits_hit, program
from guard.types import Decision, Directive, Hit, Outcome, Stage

Json = None | bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"]


class Audience(StrEnum):
    """Who reads."""

    CALLER = "caller"
    STAFF = "staff"
    AUDITOR = "auditor"


@dataclass(frozen=True, slots=True)
class Explanation:
    """`rule` is the public class for a caller, the rule itself for others. `details` is empty for a caller."""

    message: str
    help: str
    rule: str
    outcome: Outcome
    categories: tuple[str, ...]
    details: Mapping[str, Json]


_WHAT = {
    "likeness": "it appears to involve a real person's likeness that may not be used here",
    "sexual": "it appears to ask for sexual content that may not be made here",
    "minors": "it appears to involve a minor in a way that is never allowed",
    "violence": "it appears to ask for violent content that may not be made here",
    "hate": "it appears to ask for hateful content",
    "self_harm": "it appears to involve self-harm",
    "deception": "it appears meant to deceive",
    "political": "it appears to be political content that needs clearance",
    "unscreenable": "it could not be screened",
    "policy": "the policy of this service does not allow it",
}
_HELP = {
    "likeness": "Leave out names, descriptions and pictures of real people. Where you hold permission, ask the operator of this service to record it.",
    "unscreenable": "Send the request again in a plainer form; where it goes on, ask the operator of this service with the decision id.",
}
_OTHER_HELP = "Change the request, or ask the operator of this service with the decision id."
_HELD_HELP = "A reviewer decides; send the same request again after approval."


def explain(decision: Decision, audience: Audience, stage: Stage = Stage.INPUT, weighing: Weighing | None = None) -> Explanation:
    """The explanation of a decision for one audience.

    Args:
        weighing: what `evaluate.weigh` gives for the same findings; without it staff and auditors read less.
    """
    category = decision.category if decision.category in _WHAT else "policy"
    allowed = decision.outcome is Outcome.ALLOW
    message = "The request is allowed." if allowed else _sentence(decision.outcome, category, stage)
    advice = "" if allowed else _HELD_HELP if decision.outcome is Outcome.HOLD else _HELP.get(category, _OTHER_HELP)
    categories = () if allowed else (category,)
    if audience is Audience.CALLER:
        return Explanation(message, advice, "none" if allowed else category, decision.outcome, categories, {})
    auditor = audience is Audience.AUDITOR
    details = {**_facts(decision, auditor), **(_weighed(weighing, decision, auditor) if weighing is not None else {})}
    return Explanation(message, advice, decision.rule, decision.outcome, categories, details)


def _sentence(outcome: Outcome, category: str, stage: Stage) -> str:
    what = "The request" if stage is Stage.INPUT else "The generated answer"
    verb = "was refused" if outcome is Outcome.REFUSE else "waits for review"
    return f"{what} {verb}: {_WHAT[category]}."


def _facts(decision: Decision, auditor: bool) -> dict[str, Json]:
    facts: dict[str, Json] = {
        "rule": decision.rule,
        "category": decision.category,
        "hits": [_hit(hit, auditor) for hit in decision.hits],
        "directives": list(decision.directives),
        "grants": list(decision.grants),
        "obligations": list(decision.obligations),
    }
    if auditor:
        facts |= {"policy_revision": decision.policy_revision, "registry_revision": decision.registry_revision}
    return facts


def _hit(hit: Hit, auditor: bool) -> dict[str, Json]:
    told: dict[str, Json] = {
        "subject_id": hit.subject_id,
        "modality": hit.modality.value,
        "where": hit.where,
        "strength": hit.strength.value,
        "role": None if hit.role is None else hit.role.value,
        "alias": hit.alias,
        "text": hit.text,
        "view": hit.view,
    }
    if auditor:
        told |= {"score": hit.score, "threshold": hit.threshold, "span": None if hit.span is None else list(hit.span)}
    return told


def _weighed(weighing: Weighing, decision: Decision, auditor: bool) -> dict[str, Json]:
    verdicts = list(weighing.verdicts(stop_early=False))
    fired = frozenset(v.rule for v in verdicts if v.place[0] == RULES)
    rules = [_rule(weighing, ready, ready.rule.name in fired) for ready in _in_order(weighing)]
    told: dict[str, Json] = {
        "because": [_verdict(v) for v in sorted(verdicts, key=lambda v: (-v.outcome.severity, v.place, v.rule))],
        "decisions_of_people": [_directive(d) for d in _directives(weighing, decision)],
        "rules": [rule for rule in rules if auditor or rule["fired"] or rule["near"]],
        "not_examined": dict(weighing.findings.not_examined),
    }
    if auditor:
        told |= {
            "problem": weighing.findings.problem,
            "signals": dict(weighing.findings.signals),
            "faces": weighing.findings.faces,
            "uses": sorted(weighing.asked.names),
            "context": {
                "stage": weighing.context.stage.value,
                "at": weighing.context.now.isoformat(),
                "tenant": weighing.context.tenant,
                "route": weighing.context.route,
                "model": weighing.context.model,
                "purpose": weighing.context.purpose,
                "jurisdiction": weighing.context.jurisdiction,
                "attestation": weighing.context.attestation,
            },
            "policy": {"name": weighing.policy.name, "source": weighing.policy.source, "tenant": weighing.policy.part},
        }
    return told


def _verdict(verdict: Verdict) -> dict[str, Json]:
    ruling = verdict.ruling
    return {
        "outcome": verdict.outcome.value,
        "rule": verdict.rule,
        "category": verdict.category,
        "subject_id": verdict.subject_id,
        "directives": [] if ruling is None else list(ruling.directives),
        "error": verdict.error,
    }


def _directives(weighing: Weighing, decision: Decision) -> list[Directive]:
    """The directives that the decision names, in full."""
    wanted = set(decision.directives)
    found = {d.id: d for person in weighing.people.values() for d in person.directives if d.id in wanted}
    return [directive for _, directive in sorted(found.items())]


def _directive(directive: Directive) -> dict[str, Json]:
    return {
        "id": directive.id,
        "version": directive.version,
        "effect": directive.effect.value,
        "status": directive.status.value,
        "authority": directive.authority,
        "scopes": list(directive.scopes),
        "exemptions": list(directive.exemptions),
        "expires_at": None if directive.expires_at is None else directive.expires_at.isoformat(),
    }


def _in_order(weighing: Weighing) -> list[Ready]:
    ready = program(weighing.policy)
    return sorted((*ready.about_requests, *ready.about_hits), key=lambda one: one.index)


def _rule(weighing: Weighing, ready: Ready, fired: bool) -> dict[str, Json]:
    """Each test and condition of one rule, true or false. `near`: all but one held."""
    scene = weighing.scene
    tests = {label: test(scene) for label, test in zip(ready.labels, ready.tests, strict=True)}
    hits = [one for one in weighing.seen if fits_hit(ready.rule.match, one.kind, one.hit.score)]
    if ready.rule.match.about_a_hit:
        tests["hit"] = bool(hits)
    conditions = {text: _holds(weighing, ready, index, hits) for index, text in enumerate(ready.rule.when)}
    lifted = _excepted(ready, scene, hits)
    answers = [*tests.values(), *(answer is True for answer in conditions.values()), not lifted]
    return {
        "name": ready.rule.name,
        "effect": ready.rule.effect.value,
        "fired": fired,
        "near": not fired and sum(not answer for answer in answers) <= 1,
        "tests": tests,
        "conditions": conditions,
        "excepted": lifted,
    }


def _holds(weighing: Weighing, ready: Ready, index: int, hits: Sequence[Seen]) -> bool | str:
    """Whether a condition holds, of any of the hits where it is about one; an error as its message."""
    condition = ready.conditions[index]
    try:
        if not condition.about_a_hit:
            return weighing.holds(condition, None)
        return any(weighing.holds(condition, one) for one in hits)
    except ConditionError as error:
        return f"error: {error}"


def _excepted(ready: Ready, scene: Scene, hits: Sequence[Seen]) -> bool:
    if ready.unless is None or ready.rule.unless is None or not all(test(scene) for test in ready.unless):
        return False
    about = ready.rule.unless
    return not about.about_a_hit or (bool(hits) and all(excepted(about, one.kind, one.hit.score) for one in hits))
