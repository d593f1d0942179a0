"""Other forms of a name, made once when a person is registered: short forms, initials, dropped middle names, spellings."""

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Protocol

from guard.match.names.given import short_forms
from guard.match.names.strength import PARTICLES, rate, refusal_reason
from guard.normalise.letters import fold_text
from guard.types import Alias, AliasKind, Strength

MAX_GENERATED = 24
_SUFFIXES = frozenset(["jr", "sr", "ii", "iii", "iv", "v", "phd", "md", "esq", "dr", "mr", "mrs", "ms", "sir", "dame", "lord", "lady"])
_GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "Å": "Aa", "Ø": "Oe"})


class AliasLike(Protocol):
    """What a person gave as another name."""

    @property
    def text(self) -> str:
        """The alias as written."""

    @property
    def kind(self) -> AliasKind:
        """Where it comes from."""

    @property
    def lang(self) -> str | None:
        """Its language."""


def _parts(name: str) -> list[str]:
    if name.count(",") == 1:
        last, first = name.split(",")
        if first.strip().lower().strip(".") not in _SUFFIXES:
            name = f"{first.strip()} {last.strip()}"
    words = [word.strip(".,;\"'“”()") for word in name.split()]
    return [word for word in words if word and fold_text(word) not in _SUFFIXES]


def _surname_at(parts: Sequence[str]) -> int:
    """Where the surname begins, with its particles."""
    at = len(parts) - 1
    while at > 1 and fold_text(parts[at - 1]) in PARTICLES:
        at -= 1
    return at


def _forms(name: str) -> Iterable[str]:
    parts = _parts(name)
    if not parts:
        return
    yield " ".join(parts)
    spelled = " ".join(parts).translate(_GERMAN)
    yield spelled
    if len(parts) < 2 or not any(char.isalpha() and ord(char) < 0x590 for char in name):
        return
    at = _surname_at(parts)
    first, surname = parts[0], " ".join(parts[at:])
    if len(first) > 1:
        yield f"{first} {surname}"
    if at > 1 and len(parts[1]) > 2:
        yield f"{parts[1]} {surname}"
    if "-" in surname:
        for part in surname.split("-"):
            yield f"{first} {part}"
    for short in short_forms().get(fold_text(first), ())[:8]:
        yield f"{short.capitalize()} {surname}"
    if len(first) > 1:
        yield f"{first[0]}. {surname}"
    if at > 1:
        yield " ".join(f"{part[0]}." for part in parts[:at]) + f" {surname}"


def expand(name: str, aliases: Sequence[AliasLike] = ()) -> list[Alias]:
    """The name, the aliases given, and forms made from them (kind `generated`), each once after folding, with strength.

    Scripts other than the one a name is written in need no alias: the index carries a key by sound for every name.
    """
    out: dict[str, Alias] = {}

    def add(text: str, kind: AliasKind, lang: str | None = None, least: Strength | None = None) -> None:
        folded = fold_text(text)
        if folded and folded not in out:
            out[folded] = Alias(text, kind, least or rate(text, kind), lang)

    add(name, AliasKind.LEGAL)
    for alias in aliases:
        add(alias.text, alias.kind, alias.lang)
    given = len(out)
    sources = [name, *(alias.text for alias in aliases if alias.kind in {AliasKind.LEGAL, AliasKind.STAGE})]
    made = (form for source in sources for form in _forms(source))
    for form in made:
        if len(out) >= given + MAX_GENERATED:
            break
        if refusal_reason(form) is None:
            add(form, AliasKind.GENERATED)
    return list(islice(out.values(), given + MAX_GENERATED))
