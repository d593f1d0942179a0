"""Fold whole texts at once, keeping for every letter the code point it came from.

Everything is a table look-up over the code points of the text (numpy), so a prompt costs tens of microseconds whatever
its script; pages of 256 code points are added to the tables the first time a text needs them.
"""

import unicodedata
from dataclasses import dataclass
from threading import Lock
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
_GAP, _DROPPED = 0, 1
# Not letters yet: a letter that may be put together with its neighbours, several letters, a page that was not needed before.
_JOINING, _SEVERAL, _UNKNOWN = 0x2000_0000, 0x4000_0000, 0x8000_0000
UPPER, LOWER, DIGIT, LOOSE, SCRIPT = 0x40, 0x80, 0x20, 0x10, 0x0F
# As arrays, which numpy takes much faster than numbers.
_UPPER, _LOWER_AS_UPPER, _SCRIPT = (np.array(flag, dtype=np.uint8) for flag in (UPPER, 1, SCRIPT))
_UNSEEN, _BESIDE = np.array(_DROPPED, dtype=np.uint8), np.array(1)
_PAGE_MISSING, _LEAST_ODD, _END = (np.array(value, dtype=np.uint32) for value in (_UNKNOWN, _JOINING, LIMIT))

_FOLD = np.full(LIMIT, _UNKNOWN, dtype=np.uint32)
_KIND = np.zeros(LIMIT, dtype=np.uint8)
_EXPANSIONS: list[str] = []

# Scripts whose words are not told apart by spaces, so that a name may begin and end between any two letters.
_LOOSE_SCRIPTS = {Script.HAN, Script.HIRAGANA, Script.UNSPACED}
# Scripts that mix within a word only by way of disguise: no word boundary between them.
_ALPHABETS = {Script.ALPHABET, Script.DIGIT, Script.SEMITIC, Script.INDIC}


def _joins(code: int) -> bool:
    """Whether this is a voicing mark of kana or a jamo of Hangul."""
    return code in {0x3099, 0x309A} or 0x1100 <= code <= 0x11FF


_LOADING = Lock()


def _load_page(page: int) -> None:
    """Fill the tables; a letter's fold last, since other threads take it for a sign that all of the letter is there."""
    with _LOADING:
        for code in range(page << 8, min((page + 1) << 8, LIMIT)):
            char = chr(code)
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
            _FOLD[code] = _fold_of(folded(char))


def _fold_of(letters: str) -> int:
    if letters == SEPARATOR:
        return _GAP
    if not letters:
        return _DROPPED
    if len(letters) == 1:
        return ord(letters) | (_JOINING if _joins(ord(letters)) else 0)
    _EXPANSIONS.append(letters)
    return _SEVERAL | (len(_EXPANSIONS) - 1)


_load_page(0)
_ASCII_FOLD, _ASCII_KIND = (bytes(table[:0x80].tolist()).ljust(0x100) for table in (_FOLD, _KIND))


def code_points(text: str) -> U32:
    """The code points of `text`, lone surrogates included."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)


@dataclass(frozen=True)
class Folded:
    """A text as its letters and digits alone, folded.

    Attributes:
        letters: (n,) folded code points.
        at: (n,) index of the code point each letter came from; never falls.
        marks: (n + 1,) whether a word begins at this letter (also where the kind of writing changes); true at the end of the text.
        kinds: (n,) script of the original letter and the flags UPPER, LOWER, DIGIT, LOOSE.
    """

    letters: U32
    at: Positions
    marks: Flags
    kinds: npt.NDArray[np.uint8]

    @lazy
    def breaks(self) -> Flags:
        """(n,) whether a word begins at this letter."""
        return self.marks[:-1]

    @lazy
    def camel(self) -> Flags:
        """(n,) whether this letter is the `C` of a `camelCase`."""
        out = np.zeros(len(self.letters), dtype=np.bool_)
        out[1:] = self.kinds[:-1] >> _LOWER_AS_UPPER & self.kinds[1:] & _UPPER
        return out & ~self.breaks if np.count_nonzero(out) else out

    @lazy
    def has_camel(self) -> bool:
        """Whether there is any."""
        return bool(np.count_nonzero(self.camel))

    @lazy
    def _edges(self) -> Positions:
        return self.marks.nonzero()[0]

    @lazy
    def _part_edges(self) -> Positions:
        return (self.marks | np.append(self.camel, False)).nonzero()[0] if self.has_camel else self._edges

    @lazy
    def starts(self) -> Positions:
        """Where words and parts of camel-case words begin, as indices into `letters`."""
        return self._part_edges[:-1]

    @lazy
    def ends(self) -> Positions:
        """Where the words of `starts` end (exclusive)."""
        return self._part_edges[1:]

    @lazy
    def word_starts(self) -> Positions:
        """Where words begin."""
        return self._edges[:-1]

    @lazy
    def word_ends(self) -> Positions:
        """Where the words of `word_starts` end (exclusive)."""
        return self._edges[1:]

    def word(self, start: int, end: int) -> str:
        """The folded letters from `start` to `end`."""
        return self.letters[start:end].tobytes().decode("utf-32-le", "replace")

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The code points of the original that letters `start` to `end` came from, without marks after the last."""
        return int(self.at[start]), int(self.at[end - 1]) + 1


Kinds = npt.NDArray[np.uint8]


def _spelled_out(letters: U32, at: Positions, kinds: Kinds, marks: Flags) -> tuple[U32, Positions, Kinds, Flags]:
    """Letters that stand for several given as those, and those that make one letter put together (rare)."""
    texts = [_EXPANSIONS[value & ~_SEVERAL] if value & _SEVERAL else chr(value & ~_JOINING) for value in letters.tolist()]
    sizes = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
    word: Positions = np.cumsum(marks[:-1], dtype=np.int64).repeat(sizes)
    letters, at, kinds = code_points("".join(texts)), at.repeat(sizes), kinds.repeat(sizes)
    if any(map(_joins, set(letters.tolist()))):
        letters, at, kinds, word = _composed(letters, at, kinds, word)
    return letters, at, kinds, np.concatenate(([True], word[1:] != word[:-1], [True]))


def _composed(letters: U32, at: Positions, kinds: Kinds, word: Positions) -> tuple[U32, Positions, Kinds, Positions]:
    """Kana voicing marks and Hangul jamo put together as one letter each (decomposed or half-width text)."""
    out: list[tuple[int, int]] = []
    text = letters.tolist()
    index = 0
    while index < len(text):
        for size in (3, 2):
            joined = unicodedata.normalize("NFC", "".join(map(chr, text[index : index + size])))
            if len(joined) == 1 and index + size <= len(text):
                out.append((ord(joined), index))
                index += size
                break
        else:
            out.append((text[index], index))
            index += 1
    columns: Any = np.array(out, dtype=np.int64).reshape(-1, 2)
    first = columns[:, 1]
    return columns[:, 0].astype(np.uint32), at[first], kinds[first], word[first]


def _parted(values: npt.NDArray[Any]) -> tuple[Positions, Flags]:
    """Where the letters are among these folded code points, and `Folded.marks` by what stands between them."""
    at = seen = (values > _UNSEEN).nonzero()[0]
    if np.count_nonzero(values == _UNSEEN):
        visible = (values != _UNSEEN).nonzero()[0]
        seen = (values.take(visible) != _GAP).nonzero()[0]
        at = visible.take(seen)
    marks = np.empty(len(at) + 1, dtype=np.bool_)
    marks[0] = marks[-1] = True
    np.greater(seen[1:] - seen[:-1], _BESIDE, out=marks[1:-1])
    return at, marks


def _fold_ascii(text: str) -> Folded:
    raw = text.encode()
    values = np.frombuffer(raw.translate(_ASCII_FOLD), dtype=np.uint8)
    at, marks = _parted(values)
    kinds = np.frombuffer(raw.translate(_ASCII_KIND), dtype=np.uint8)
    return Folded(values.take(at).astype(np.uint32), at, marks, kinds.take(at))


def _values(points: U32) -> U32:
    """What each code point is folded to, with pages loaded as they are needed."""
    values = _FOLD.take(points, mode="clip")
    unknown = values == _PAGE_MISSING
    if np.count_nonzero(unknown):
        for page in set((points[unknown] >> 8).tolist()):
            _load_page(page)
        values = _FOLD.take(points)
    return values


def fold(text: str) -> Folded:
    """`text` folded, with the origin of every letter. Never raises, for any string."""
    if text.isascii():
        return _fold_ascii(text)
    points = code_points(text)
    if np.count_nonzero(points >= _END):
        points = np.where(points < LIMIT, points, np.where((points >> 12) == 0xE0, np.uint32(0xAD), np.uint32(0x20)))
    values = _values(points)
    at, marks = _parted(values)
    letters, kinds = values.take(at), _KIND.take(points.take(at), mode="clip")
    if np.count_nonzero(letters >= _LEAST_ODD):
        letters, at, kinds, marks = _spelled_out(letters, at, kinds, marks)
    scripts = kinds & _SCRIPT
    marks[1:-1] |= scripts[1:] != scripts[:-1]
    return Folded(letters, at, marks, kinds)


def fold_words(text: str) -> list[str]:
    """The folded words of `text`; loose scripts come as whole runs."""
    found = fold(text)
    return [found.word(int(start), int(end)) for start, end in zip(found.starts, found.ends, strict=True)]
