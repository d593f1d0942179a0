"""Testing one person: which disguises of their name, and of photos of them, the guard in force would let pass.

Every disguise of the harness is tried on the state that decides real requests. The person is taken to have opted out of
everything, so that what is tried is finding them, not what they decided.
"""

import asyncio
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from unicodedata import normalize

from guard.decide.evaluate import decide
from guard.evaluate.faces_changes import CHANGES, changed
from guard.evaluate.names_attacks import ATTACKS, GROUPS
from guard.examine import Examined, Faces, examine_pictures, examine_texts
from guard.extract.base import Limits
from guard.extract.containers import inspect
from guard.match.names.strength import refusal_reason
from guard.registry.keys import DEFAULT_TENANT
from guard.registry.values import Subject
from guard.state import Published
from guard.types import AliasKind, Channel, Context, Directive, DirectiveStatus, Effect, Findings, Outcome, Stage, Strength, Text

MOST_NAMES = 6
MOST_PHOTOS = 2
"""Each photo is looked at once a change, some 0.3 s of CPU each."""

PHOTOS = "photos"
CARRIER = "a photo of {}"
_DRAWS = 2
_DENY = Directive("test", 1, Effect.DENY, DirectiveStatus.ACTIVE, ("all",), channels=tuple(Channel))
_ALIAS_OF: Mapping[str, AliasKind] = {
    "nickname": AliasKind.NICKNAME,
    "initial and surname": AliasKind.NICKNAME,
    "middle name added": AliasKind.LEGAL,
    "concatenated": AliasKind.HANDLE,
    "inflected (Slavic)": AliasKind.MISSPELLING,
    "inflected (Turkish)": AliasKind.MISSPELLING,
    "typing error": AliasKind.MISSPELLING,
    "phonetic": AliasKind.MISSPELLING,
}
"""The disguises that an alias helps against, and its kind. Against the others only the check of the picture does."""


_LATIN = frozenset({"full-width", "styled letters", "rot13", "pig latin", "spelled out", "upside down", "other encodings"})
"""The disguises that are made of the letters a to z: of a name in another script they would leave nothing, and nothing means nobody."""


@dataclass(frozen=True, slots=True)
class Tried:
    """One disguise: what was sent (the number of the photo, for a photo), what the guard would do, and an alias that would help."""

    group: str
    disguise: str
    sent: str
    outcome: Outcome
    add: str | None = None
    add_kind: AliasKind | None = None


def disguises(names: Iterable[str]) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Group, disguise, and the texts that carry a name; the same for the same names."""
    for group, _, attacks in GROUPS:
        for attack in attacks:
            for name in names:
                if attack in _LATIN and not _has_latin(name):
                    continue
                source, made = random.Random(f"{attack}\0{name}"), set()
                for _ in range(_DRAWS):
                    with suppress(IndexError, ValueError):  # too short a name, or one without a second word
                        if (texts := ATTACKS[attack](name, source)) and tuple(texts) not in made:
                            made.add(tuple(texts))
                            yield group, attack, tuple(texts)


def _has_latin(name: str) -> bool:
    return any(char.isascii() and char.isalpha() for char in normalize("NFKD", name))


def names_of(subject: Subject) -> list[str]:
    """What a caller who means this person writes: their name, and the aliases that say enough by themselves."""
    aliases = (alias.text for alias in subject.aliases if alias.strength is Strength.STRONG and alias.kind is not AliasKind.DESCRIPTOR)
    return list(dict.fromkeys([subject.name, *aliases]))[:MOST_NAMES]


def try_names(published: Published, subject: Subject, now: datetime) -> list[Tried]:
    """Every disguise of every name."""
    tried = []
    for group, attack, texts in disguises(names_of(subject)):
        sent = [Text("prompt", CARRIER.format(texts[0])), *(Text(f"texts[{at}]", text) for at, text in enumerate(texts[1:]))]
        outcome = _outcome(published, subject.id, examine_texts(published, sent, lambda _: {}, now), now)
        alias = _ALIAS_OF.get(attack) if outcome is Outcome.ALLOW and len(texts) == 1 and refusal_reason(texts[0]) is None else None
        tried.append(Tried(group, attack, " | ".join(text.text for text in sent), outcome, texts[0] if alias else None, alias))
    return tried


async def try_photos(
    published: Published, faces: Faces, subject: Subject, photos: Sequence[bytes], limits: Limits, now: datetime
) -> list[Tried]:
    """Every change of each photo, as a picture without a word. Photos that are enrolled already show little: take others.

    Raises UnscreenableError for a photo that cannot be read.
    """
    tried = []
    for number, photo in enumerate(photos[:MOST_PHOTOS], 1):
        inspect(photo, f"image[{number - 1}]", limits)  # its size and form, before anything opens it
        for change, make in CHANGES.items():
            picture = inspect(await asyncio.to_thread(changed, photo, make), f"image[{number - 1}]", limits).picture
            examined = await examine_pictures(published, faces, [picture], Examined())
            tried.append(Tried(PHOTOS, change, f"photo {number}", _outcome(published, subject.id, examined, now)))
    return tried


def _outcome(published: Published, subject_id: str, examined: Examined, now: datetime) -> Outcome:
    """What the policy in force makes of the hits on this person, had they opted out."""
    person = examined.people.get(subject_id)
    if person is None:
        return Outcome.ALLOW
    findings = Findings(tuple(hit for hit in examined.findings.hits if hit.subject_id == subject_id), examined.findings.faces)
    return decide(
        findings, {subject_id: replace(person, directives=(_DENY,))}, published.policy, Context(Stage.INPUT, now, DEFAULT_TENANT)
    ).outcome


@dataclass(frozen=True, slots=True)
class Kind:
    """All that was tried of one disguise."""

    group: str
    disguise: str
    tried: int
    missed: tuple[Tried, ...]

    @property
    def caught(self) -> int:
        """How many were refused or held."""
        return self.tried - len(self.missed)


def by_kind(tried: Iterable[Tried]) -> list[Kind]:
    """The disguises in the order in which they were tried."""
    kinds: dict[tuple[str, str], list[Tried]] = {}
    for one in tried:
        kinds.setdefault((one.group, one.disguise), []).append(one)
    return [Kind(*name, len(ones), tuple(one for one in ones if one.outcome is Outcome.ALLOW)) for name, ones in kinds.items()]


def visible(text: str) -> str:
    """A text with what cannot be seen in it written as `{U+200B}`."""
    return "".join(char if char.isprintable() and not _hides(char) else f"{{U+{ord(char):04X}}}" for char in text)


def _hides(char: str) -> bool:
    return 0xFE00 <= ord(char) <= 0xFE0F or 0xE0000 <= ord(char) <= 0xE01EF or ord(char) == 0x00AD
