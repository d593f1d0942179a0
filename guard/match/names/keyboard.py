"""Names typed in Latin letters while the keyboard was set to another alphabet: `Ещь Рфтлы` is Tom Hanks."""

from collections.abc import Iterator

import numpy as np

from guard.match.names.disguise import is_initials
from guard.match.names.part import Found, Parts
from guard.match.names.rows import Row
from guard.match.names.scan import Scan, parted_plainly
from guard.match.names.words import WordTable
from guard.normalise.hashing import hash_word

# What the keys from Q to M write in Russian, Ukrainian, Greek, Hebrew and Arabic.
_KEYS = "qwertyuiopasdfghjklzxcvbnm"
_LAYOUTS = (
    "йцукенгшщзфывапролдячсмить",
    "йцукенгшщзфівапролдячсмить",
    ";ςερτυθιοπασδφγηξκλζχψωβνμ",
    "/'קראטוןםפשדגכעיחלךזסבהנמצ",
    "ضصثقفغعهخحشسيبلاتنمئءؤرﻻىة",
)
_KEY_OF = {char: key for layout in _LAYOUTS for char, key in zip(layout, _KEYS, strict=True) if char.isalpha() or char == "'"}
_TYPED = str.maketrans(_KEY_OF)
_WRITTEN = frozenset(_KEY_OF)
# Their letters are between these.
_FIRST_LETTER, _LAST_LETTER = 0x370, 0x660
# One key of the Arabic keyboard writes two letters.
_TWO = ("لا", "ﻻ")
# Fewest letters of both words; words as ordinary as this are what they are.
_FEWEST, _ORDINARY = 6, WordTable.level(4.0)


def typed(scan: Scan, number: int) -> str | None:
    """The keys that a word was typed with; None where it has other letters."""
    begin, end = scan.folded.span(int(scan.starts[number]), int(scan.ends[number]))
    word = scan.text[begin:end].lower().replace(*_TWO)
    return word.translate(_TYPED) if _WRITTEN.issuperset(word) else None


def _check(scan: Scan, row: Row, one: int, other: int) -> Found | None:
    if is_initials(row.words) or len(row.words) < 2 or not parted_plainly(scan, one, other):
        return None
    if "".join(row.words) != "".join(typed(scan, number) or "" for number in range(one, other + 1)):
        return None
    return Found(row, int(scan.starts[one]), int(scan.ends[other]), "other keyboard", 0.93, plain=False)


def find(scan: Scan, parts: Parts) -> Iterator[Found]:
    """Every name of two words so typed, around words that no language has."""
    letters = scan.folded.letters[scan.starts]
    strange = scan.odd & (letters >= _FIRST_LETTER) & (letters < _LAST_LETTER)
    if not strange.any():
        return
    pairs = np.flatnonzero((strange[:-1] | strange[1:]) & (np.maximum(scan.levels[:-1], scan.levels[1:]) < _ORDINARY))
    candidates = []
    keys: dict[int, str | None] = {}
    for one in pairs.tolist():
        for number in (one, one + 1):
            if number not in keys:
                keys[number] = typed(scan, number)
        first, last = keys[one], keys[one + 1]
        if first and last and len(first) + len(last) >= _FEWEST:
            key = hash_word(first + last)
            candidates += [(number, row, one, one + 1) for number, part in enumerate(parts.all) for row in part.exact.rows(key)]
    yield from parts.confirmed(scan, candidates, _check)
