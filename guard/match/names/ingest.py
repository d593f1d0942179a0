"""Other forms of a name, made once when a person is registered: short forms, initials, dropped middle names, spellings."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import islice
from typing import Protocol

from anyascii import anyascii

from guard.match.names import descriptors
from guard.match.names.given import PARTICLES, short_forms
from guard.match.names.strength import HAN_SURNAMES, HANGUL_SURNAMES, rate, refusal_reason
from guard.match.names.writing import latin_form
from guard.normalise.letters import fold_text
from guard.types import Alias, AliasKind, Strength

MAX_GENERATED = 24
_SUFFIXES = frozenset(["jr", "sr", "ii", "iii", "iv", "v", "phd", "md", "esq", "dr", "mr", "mrs", "ms", "sir", "dame", "lord", "lady"])
_SIGNS = {"$": "s", "@": "a", "!": "i"}
_SIGN = re.compile(r"(?<=\w)[$@!](?=\w)|^[$](?=\w)")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_NUMBERS = {
    "2": "Two",
    "3": "Three",
    "5": "Five",
    "6": "Six",
    "7": "Seven",
    "21": "Twenty One",
    "24": "Twenty Four",
    "50": "Fifty",
    "99": "Ninety Nine",
}
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

    @property
    def valid_from(self) -> datetime | None:
        """From when it means the person; None: always."""

    @property
    def valid_until(self) -> datetime | None:
        """Until when it does, exclusive; None: for ever."""


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
    if len(parts) > 1 or len(name.split()) == 1 or rate(parts[0]) is not Strength.WEAK:
        yield " ".join(parts)
    spelled = " ".join(parts).translate(_GERMAN)
    yield spelled
    yield from _stage_forms(parts)
    yield from _in_latin(parts)
    if len(parts) < 2 or not any(char.isalpha() and ord(char) < 0x590 for char in name):
        return
    at = _surname_at(parts)
    first, surname = parts[0], " ".join(parts[at:])
    if len(first) > 1:
        yield f"{first} {surname}"
    if len(parts[-1]) > 3 and len(first) > 1 and parts[at:-1]:
        yield f"{first} {parts[-1]}"
    if at > 1 and len(parts[1]) > 2:
        yield f"{parts[1]} {surname}"
    if "-" in surname:
        for part in surname.split("-"):
            yield f"{first} {part}"
    for short in short_forms().get(fold_text(first), ())[:8]:
        yield f"{short.capitalize()} {surname}"
    yield f"{first[0]}. {surname}"
    if len(parts[-1]) > 3 and parts[at:-1]:
        yield f"{first[0]}. {parts[-1]}"
    if at > 1:
        yield " ".join(f"{part[0]}." for part in parts[:at]) + f" {surname}"


def _stage_forms(parts: Sequence[str]) -> Iterable[str]:
    """Signs read as letters (`A$AP`: `ASAP`), words written together taken apart (`MrBeast`, `DiCaprio`), numbers in words, articles joined."""
    whole = " ".join(parts)
    yield _SIGN.sub(lambda match: _SIGNS[match.group()], whole)
    apart = _HUMP.sub(" ", whole)
    if apart != whole and len(apart.split()) < 5:
        yield apart
    if parts[0] in _NUMBERS:
        yield " ".join([_NUMBERS[parts[0]], *parts[1:]])
    for at in range(1, len(parts) - 1):
        if fold_text(parts[at]) in {"al", "el"}:
            yield " ".join([*parts[:at], parts[at].capitalize() + parts[at + 1].lower(), *parts[at + 2 :]])


# How the most frequent Korean surnames are written in Latin letters; others by the sound of their letters.
_KOREAN = dict(
    zip(
        "김이박최정강조윤장임한오서신권황안송전홍유고문양손배백허남심노류진지",
        [
            "Kim",
            "Lee",
            "Park",
            "Choi",
            "Jung",
            "Kang",
            "Cho",
            "Yoon",
            "Jang",
            "Lim",
            "Han",
            "Oh",
            "Seo",
            "Shin",
            "Kwon",
            "Hwang",
            "Ahn",
            "Song",
            "Jeon",
            "Hong",
            "Yoo",
            "Ko",
            "Moon",
            "Yang",
            "Son",
            "Bae",
            "Baek",
            "Heo",
            "Nam",
            "Shim",
            "Noh",
            "Ryu",
            "Jin",
            "Ji",
        ],
        strict=True,
    )
)


def _in_latin(parts: Sequence[str]) -> Iterable[str]:
    """A name of another script in Latin letters, where that script writes vowels and the way is plain."""
    folded = list(filter(None, map(fold_text, parts)))
    whole = "".join(folded[:1])
    if len(folded) == 1 and 2 <= len(whole) <= 4 and whole[0] in HANGUL_SURNAMES:
        yield f"{_KOREAN.get(whole[0], anyascii(whole[0]))} {anyascii(whole[1:]).title()}"
    elif len(folded) == 1 and 2 <= len(whole) <= 3 and whole[0] in HAN_SURNAMES:
        yield f"{anyascii(whole[0])} {anyascii(whole[1:]).title()}"
    elif len(folded) > 1 and all("\u30a0" <= word[0] <= "\u30ff" for word in folded):
        yield " ".join(anyascii(word).title() for word in folded)
    elif len(folded) > 1 and all("\u0370" <= word[0] <= "\u052f" for word in folded):
        yield " ".join(latin_form(word).title() for word in folded)


def expand(name: str, aliases: Sequence[AliasLike] = ()) -> list[Alias]:
    """The name, the aliases given, and forms made from them (kind `generated`), each once after folding, with strength.

    Scripts other than the one a name is written in need no alias: the index carries the skeleton of every word. A name that
    is not in Latin letters gets a form that is, because other scripts are found from there.
    """
    out: dict[tuple[str, datetime | None, datetime | None], Alias] = {}

    def add(text: str, kind: AliasKind, lang: str | None = None, begin: datetime | None = None, end: datetime | None = None) -> None:
        key = fold_text(text), begin, end
        if key[0] and key not in out:
            out[key] = Alias(text, kind, rate(text, kind), lang, begin, end)

    add(name, AliasKind.LEGAL)
    for alias in aliases:
        add(alias.text, alias.kind, alias.lang, alias.valid_from, alias.valid_until)
    for alias in aliases:
        for form in descriptors.forms(alias.text) if alias.kind is AliasKind.DESCRIPTOR else ():
            if refusal_reason(form) is None:
                add(form, alias.kind, alias.lang, alias.valid_from, alias.valid_until)
    given = len(out)
    sources = [name, *(alias.text for alias in aliases if alias.kind in {AliasKind.LEGAL, AliasKind.STAGE})]
    made = (form for source in sources for form in _forms(source))
    for form in made:
        if len(out) >= given + MAX_GENERATED:
            break
        if refusal_reason(form) is None:
            add(form, AliasKind.GENERATED)
    return list(islice(out.values(), given + MAX_GENERATED))
