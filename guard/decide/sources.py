"""Slow sources of signals: which of them a policy asks, and for how long. Pure; asking is `guard.signals.sources`' work."""

import re
from collections.abc import Iterable, Mapping

from guard.decide.policy import Policy, Rule, SourceTerms
from guard.types import Findings, Modality, Stage

SOURCE_OF = {
    "moderation": "moderation",
    "moderation_sexual": "moderation",
    "moderation_minors": "moderation",
    "moderation_violence": "moderation",
    "moderation_hate": "moderation",
    "moderation_self_harm": "moderation",
    "nudity": "nudity",
    "unread_text": "text_in_image",
}
"""The signals that come from a source; every other one is read from words, or counted, at once."""

SOURCES = ("moderation", "nudity", "text_in_image")
LOOK_AT_TEXTS = frozenset({"moderation"})
"""Sources that have something to say about a request without pictures."""

_WORD = re.compile(r"[a-z_]+")


def asked(policy: Policy) -> dict[Stage, dict[str, SourceTerms]]:
    """The sources that a policy needs at each stage: those it lists, and those whose signals its rules read."""
    needed: dict[Stage, dict[str, SourceTerms]] = {stage: dict(policy.sources) for stage in Stage}
    for rule in policy.rules:
        for name in _read_by(rule, policy.conditions):
            for stage in rule.match.stages or Stage:
                needed[stage].setdefault(name, SourceTerms())
    return needed


def unmeasured(names: Iterable[str], findings: Findings, *, pictures: bool) -> bool:
    """Whether one of these sources gave neither a signal nor a reason why not, when these findings were made."""
    answered = {SOURCE_OF[name] for name in findings.signals if name in SOURCE_OF} | findings.not_examined.keys()
    return any(name not in answered and (pictures or name in LOOK_AT_TEXTS) for name in names)


def _read_by(rule: Rule, conditions: Mapping[str, str]) -> Iterable[str]:
    """The sources that a rule reads. A condition reads every signal that it names."""
    for match in (rule.match, rule.unless):
        if match is not None:
            yield from (SOURCE_OF[name] for name, _ in match.signals if name in SOURCE_OF)
            if Modality.TEXT_IN_IMAGE in match.modalities:
                yield "text_in_image"
    for text in rule.when:
        words = _WORD.findall(conditions.get(text, text))
        yield from (SOURCE_OF[word] for word in words if word in SOURCE_OF)
        if "text_in_image" in words:
            yield "text_in_image"
