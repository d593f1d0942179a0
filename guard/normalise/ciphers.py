"""Texts in a cipher that the prompt itself speaks of, deciphered: Caesar's with the shift that is told or any, and Atbash."""

import re
from string import ascii_lowercase, ascii_uppercase

import numpy as np

from guard.normalise.reading import Reading
from guard.normalise.signs import CIPHERS

_TOLD = re.compile(rf"(?<!\w)(?:{'|'.join(sorted(CIPHERS, key=len, reverse=True))})(?!\w)", re.IGNORECASE)
_SHIFT = re.compile(
    r"(?<!\w)(?:shift(?:ed)?|rot|key|offset|verschiebung|décalage|desplazamiento)\s?(?:of|by|is|von|um|de)?\s?[-+=:]?\s?(\d{1,2})(?!\d)",
    re.IGNORECASE,
)
# Code points on each side of what speaks of a cipher.
_AROUND = 160
# ROT13 is looked for everywhere (guard/match/names/disguise.py).
_ROT13 = 13


def _shifted(by: int) -> dict[int, int]:
    turned = ascii_lowercase[by:] + ascii_lowercase[:by] + ascii_uppercase[by:] + ascii_uppercase[:by]
    return str.maketrans(ascii_lowercase + ascii_uppercase, turned)


_ATBASH = str.maketrans(ascii_lowercase + ascii_uppercase, ascii_lowercase[::-1] + ascii_uppercase[::-1])


def deciphered(source: Reading) -> Reading | None:
    """What stands around the first word that speaks of a cipher, a line for each way to read it."""
    told = _TOLD.search(source.text)
    if not told:
        return None
    begin, end = max(0, told.start() - _AROUND), min(len(source.text), told.end() + _AROUND)
    part = source.text[begin:end]
    shifts = {int(match.group(1)) % 26 for match in _SHIFT.finditer(part)}
    ways = sorted({by for shift in shifts for by in (shift, -shift % 26)} if shifts else set(range(1, 26)) - {_ROT13})
    lines = ["\n" + part.translate(table) for table in (*map(_shifted, ways), _ATBASH)]
    low = np.tile(np.arange(begin - 1, end), len(lines)).clip(0)
    return Reading("".join(lines), low, low + 1)
