"""Texts in a cipher that the prompt itself speaks of, deciphered: Caesar's with every shift, and Atbash."""

import re
from string import ascii_lowercase, ascii_uppercase

import numpy as np

from guard.normalise.reading import Reading, Span
from guard.normalise.signs import CIPHERS

_TOLD = re.compile(rf"(?<!\w)(?:{'|'.join(sorted(CIPHERS, key=len, reverse=True))})(?!\w)", re.IGNORECASE)
# Code points on each side of what speaks of a cipher, and how many of all are enough.
_AROUND, _MOST = 160, 1280


_LETTERS = ascii_lowercase + ascii_uppercase
_WAYS = [
    str.maketrans(_LETTERS, small + small.upper())
    for small in (*(ascii_lowercase[by:] + ascii_lowercase[:by] for by in range(1, 26)), ascii_lowercase[::-1])
]


def deciphered(source: Reading) -> Reading | None:
    """What stands around the first words that speak of a cipher, a line for each way to read it."""
    around: list[Span] = []
    for told in _TOLD.finditer(source.text):
        if sum(end - begin for begin, end in around) >= _MOST:
            break
        begin, end = max(0, told.start() - _AROUND), min(len(source.text), told.end() + _AROUND)
        around.append((around.pop()[0] if around and begin <= around[-1][1] else begin, end))
    if not around:
        return None
    part = source.parts(around)
    low, high = (np.tile(np.concatenate([[0], edge]), len(_WAYS)) for edge in (part.low, part.high))
    return Reading("".join("\n" + part.text.translate(way) for way in _WAYS), low, high)
