"""Scopes: the uses of a likeness that a directive may name, and which of them a request falls under. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from guard.types import Context, Findings, Role

SCOPES = (
    "all",
    "likeness",
    "photorealistic",
    "stylised",
    "sexual",
    "political",
    "commercial",
    "deception",
    "voice_or_video",
    "style",
    "text_mention",
)
"""Every scope of a directive; docs/reference/policies.md says what each means."""

SIGNAL_THRESHOLD = 0.5
"""From here on a signal counts as present: the lexicon gives 1.0 to unmistakable words and 0.5 to words that need company."""

COMMERCIAL_PURPOSES = frozenset({"advertising", "commercial", "marketing", "merchandise", "endorsement", "promotion"})
POLITICAL_PURPOSES = frozenset({"political", "campaign", "election"})
_LIKENESS = Role.LIKENESS
_SCOPE_OF_ROLE = {Role.STYLE: "style", Role.ATTRIBUTION: "text_mention"}
_MOVING = re.compile("video|audio|speech|realtime")
_SYNONYMS = {
    "satire": "parody",
    "journalism": "news",
    "press": "news",
    "educational": "education",
    "teaching": "education",
    "research": "education",
    "ads": "advertising",
    "ad": "advertising",
}


@dataclass(frozen=True, slots=True)
class Uses:
    """What a request would do with any likeness in it. `medium` is `photorealistic` unless the prompt asks for a drawing:
    an image model left to itself makes photographs, and a face that was recognised is not a cartoon (FACTS: drawn faces
    are found but never matched). `names` are the scopes it falls under, besides those that follow from a hit's role."""

    medium: str
    sexual: bool
    purpose: str | None
    commercial: bool
    names: frozenset[str]


def present(signals: Mapping[str, float | str | bool], name: str, threshold: float = SIGNAL_THRESHOLD) -> bool:
    """Whether a signal reaches the threshold. NaN does: a signal that is no number must not be a way past."""
    value = signals.get(name)
    if value is None or isinstance(value, str):
        return False
    return not value < threshold


def purpose_name(purpose: str | None) -> str | None:
    """A caller's purpose as directives and policies name it; None when nothing was stated."""
    if purpose is None:
        return None
    name = purpose.strip().casefold().replace("-", "_")
    return _SYNONYMS.get(name, name) or None


def uses(findings: Findings, context: Context, *, undeclared_is_commercial: bool = True) -> Uses:
    """What the request asks for, read from its signals, its route and its stated purpose."""
    signals, purpose = findings.signals, purpose_name(context.purpose)
    medium = "stylised" if signals.get("style") == "drawn" else "photorealistic"
    sexual = present(signals, "sexual") or present(signals, "nudity")
    commercial = undeclared_is_commercial if purpose is None else purpose in COMMERCIAL_PURPOSES
    names = [medium]
    if sexual:
        names.append("sexual")
    if commercial:
        names.append("commercial")
    if present(signals, "political") or purpose in POLITICAL_PURPOSES:
        names.append("political")
    if present(signals, "deception"):
        names.append("deception")
    if _MOVING.search(context.route) is not None:
        names.append("voice_or_video")
    return Uses(medium, sexual, purpose, commercial, frozenset(names))


def denied(scopes: tuple[str, ...], role: Role | None, asked: Uses) -> bool:
    """Whether a denial of these scopes reaches a hit of this role. Only `likeness` binds unless the scopes say more."""
    if role is not None and role is not _LIKENESS:
        return role in _SCOPE_OF_ROLE and _SCOPE_OF_ROLE[role] in scopes
    if not scopes or "all" in scopes or "likeness" in scopes:
        return True
    return not asked.names.isdisjoint(scopes)


def granted(scopes: tuple[str, ...], role: Role | None, asked: Uses) -> bool:
    """Whether a grant of these scopes covers a hit of this role; sexual use is covered by none.

    A grant to depict also covers lesser uses (style, mention). `likeness` covers any depiction; political use,
    deception, voice and video must be named, or `all`.
    """
    if asked.sexual:
        return False
    if not scopes or "all" in scopes:
        return True
    if role is not None and role is not _LIKENESS:
        return "likeness" in scopes or _SCOPE_OF_ROLE.get(role) in scopes
    special = {"political", "deception", "voice_or_video"} & asked.names
    if not special.issubset(scopes):
        return False
    if "likeness" in scopes:
        return True
    media = {"photorealistic", "stylised"}.intersection(scopes)
    if media and asked.medium not in media:
        return False
    declared_commercial = asked.commercial and asked.purpose is not None
    if "commercial" in scopes:
        return declared_commercial or bool(special)
    return bool(media or special)
