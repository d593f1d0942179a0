"""Fold whole texts at once, keeping for every letter the code point it came from.

Everything is a table look-up over the code points of the text (numpy), so a prompt costs tens of microseconds whatever
its script; pages of 256 code points are added to the tables the first time a text needs them.
"""

import unicodedata
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from guard.normalise.lazy import lazy
from guard.normalise.letters import SEPARATOR, Script, folded, script_of

U32 = npt.NDArray[np.uint32]
Positions = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

# One past the last letter Unicode has in 2026; tags and variation selectors above it are not seen by a reader, the rest parts words.
LIMIT = 0x32400
_GAP, _DROPPED, _UNKNOWN, _SEVERAL = 0, 1, 2, 0x4000_0000
UPPER, LOWER, DIGIT, LOOSE, SCRIPT = 0x40, 0x80, 0x20, 0x10, 0x0F

_FOLD = np.full(LIMIT, _UNKNOWN, dtype=np.uint32)
_KIND = np.zeros(LIMIT, dtype=np.uint8)
_EXPANSIONS: list[str] = []

# Scripts whose words are not told apart by spaces, so that a name may begin and end between any two letters.
_LOOSE_SCRIPTS = {Script.HAN, Script.HIRAGANA, Script.UNSPACED}
# Scripts that mix within a word only by way of disguise: no word boundary between them.
_ALPHABETS = {Script.ALPHABET, Script.DIGIT, Script.SEMITIC, Script.INDIC}


def _load_page(page: int) -> None:
    for code in range(page << 8, min((page + 1) << 8, LIMIT)):
        char = chr(code)
        letters = folded(char)
        if letters == SEPARATOR:
            _FOLD[code] = _GAP
        elif not letters:
            _FOLD[code] = _DROPPED
        elif len(letters) == 1:
            _FOLD[code] = ord(letters)
        else:
            _FOLD[code] = _SEVERAL | len(_EXPANSIONS)
            _EXPANSIONS.append(letters)
        script = script_of(char)
        kind = int(Script.ALPHABET if script in _ALPHABETS else script)
        if script in _LOOSE_SCRIPTS:
            kind |= LOOSE
        if char.isupper():
            kind |= UPPER
        elif char.islower():
            kind |= LOWER
        if script is Script.DIGIT:
            kind |= DIGIT
        _KIND[code] = kind


_load_page(0)


def code_points(text: str) -> U32:
    """The code points of `text`, lone surrogates included."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)


def _ends(starts: Positions, stop: int) -> Positions:
    """Where words end that begin at `starts` and have nothing between them."""
    out = np.empty_like(starts)
    out[:-1] = starts[1:]
    out[-1:] = stop
    return out


@dataclass(frozen=True)
class Folded:
    """A text as its letters and digits alone, folded.

    Attributes:
        letters: (n,) folded code points.
        at: (n,) index of the code point each letter came from; never falls.
        breaks: (n,) whether a word begins at this letter (also where the kind of writing changes).
        camel: (n,) whether this letter is the `C` of a `camelCase`.
        kinds: (n,) script of the original letter and the flags UPPER, LOWER, DIGIT, LOOSE.
    """

    letters: U32
    at: Positions
    breaks: Flags
    camel: Flags
    kinds: npt.NDArray[np.uint8]

    @lazy
    def starts(self) -> Positions:
        """Where words and parts of camel-case words begin, as indices into `letters`."""
        return (self.breaks | self.camel).nonzero()[0] if self.camel.any() else self.word_starts

    @lazy
    def ends(self) -> Positions:
        """Where the words of `starts` end (exclusive)."""
        return _ends(self.starts, len(self.letters))

    @lazy
    def word_starts(self) -> Positions:
        """Where words begin."""
        return self.breaks.nonzero()[0]

    @lazy
    def word_ends(self) -> Positions:
        """Where the words of `word_starts` end (exclusive)."""
        return _ends(self.word_starts, len(self.letters))

    def word(self, start: int, end: int) -> str:
        """The folded letters from `start` to `end`."""
        return self.letters[start:end].tobytes().decode("utf-32-le", "replace")

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The code points of the original that letters `start` to `end` came from, without marks after the last."""
        return int(self.at[start]), int(self.at[end - 1]) + 1


def _expanded(letters: U32, at: Positions, kinds: npt.NDArray[np.uint8]) -> tuple[U32, Positions, npt.NDArray[np.uint8]]:
    texts = [_EXPANSIONS[value & ~_SEVERAL] if value & _SEVERAL else chr(value) for value in letters.tolist()]
    sizes = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
    return code_points("".join(texts)), np.repeat(at, sizes), np.repeat(kinds, sizes)


def _composed(letters: U32, at: Positions, kinds: npt.NDArray[np.uint8]) -> tuple[U32, Positions, npt.NDArray[np.uint8]]:
    """Kana voicing marks and Hangul jamo put together as one letter each (rare: decomposed or half-width text)."""
    out: list[tuple[int, int, int]] = []
    text = letters.tolist()
    index = 0
    while index < len(text):
        for size in (3, 2):
            joined = unicodedata.normalize("NFC", "".join(map(chr, text[index : index + size])))
            if len(joined) == 1 and index + size <= len(text):
                out.append((ord(joined), int(at[index]), int(kinds[index])))
                index += size
                break
        else:
            out.append((text[index], int(at[index]), int(kinds[index])))
            index += 1
    columns: Any = np.array(out, dtype=np.int64).reshape(-1, 3)
    return columns[:, 0].astype(np.uint32), columns[:, 1], columns[:, 2].astype(np.uint8)


def fold(text: str) -> Folded:
    """`text` folded, with the origin of every letter. Never raises, for any string."""
    points = code_points(text)
    ascii_only = text.isascii()
    if not ascii_only and int(points.max()) >= LIMIT:
        points = np.where(points < LIMIT, points, np.where((points >> 12) == 0xE0, np.uint32(0xAD), np.uint32(0x20)))
    values = _FOLD.take(points)
    if not ascii_only and (values == _UNKNOWN).any():
        for page in np.unique(points[values == _UNKNOWN] >> 8).tolist():
            _load_page(page)
        values = _FOLD.take(points)
    at = (values > _DROPPED).nonzero()[0]
    letters = values[at]
    kinds = _KIND.take(points[at])
    if not ascii_only and len(letters):
        if letters.max() >= _SEVERAL:
            letters, at, kinds = _expanded(letters, at, kinds)
        if ((letters == 0x3099) | (letters == 0x309A) | ((letters >= 0x1100) & (letters <= 0x11FF))).any():
            letters, at, kinds = _composed(letters, at, kinds)
    breaks = np.empty(len(letters), dtype=np.bool_)
    camel = np.empty(len(letters), dtype=np.bool_)
    if len(letters):
        breaks[0] = True
        if ascii_only and "'" not in text:
            np.greater(at[1:] - at[:-1], 1, out=breaks[1:])
        else:
            gaps = np.cumsum(values == _GAP)[at]
            np.greater(gaps[1:], gaps[:-1], out=breaks[1:])
            scripts = kinds & SCRIPT
            breaks[1:] |= scripts[1:] != scripts[:-1]
        camel[0] = False
        np.logical_and(kinds[:-1] & LOWER, kinds[1:] & UPPER, out=camel[1:])
        camel &= ~breaks
    return Folded(letters, at, breaks, camel, kinds)


def fold_words(text: str) -> list[str]:
    """The folded words of `text`; loose scripts come as whole runs."""
    found = fold(text)
    return [found.word(int(start), int(end)) for start, end in zip(found.starts, found.ends, strict=True)]
