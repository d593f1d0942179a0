"""Fold whole texts at once, keeping for every letter the code point it came from."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from guard.normalise.folding import camels, composed, letters_of, mark_scripts, spelled_out
from guard.normalise.lazy import lazy
from guard.normalise.pages import DIGIT, LIMIT, LOOSE, LOWER, SCRIPT, UPPER

__all__ = [
    "DIGIT",
    "LIMIT",
    "LOOSE",
    "LOWER",
    "SCRIPT",
    "U32",
    "UPPER",
    "Flags",
    "Folded",
    "Positions",
    "code_points",
    "fold",
    "fold_words",
]

U32 = npt.NDArray[np.uint32]
Positions = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Kinds = npt.NDArray[np.uint8]


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
    kinds: Kinds

    @lazy
    def breaks(self) -> Flags:
        """(n,) whether a word begins at this letter."""
        return self.marks[:-1]

    @lazy
    def camel(self) -> Flags:
        """(n,) whether this letter is the `C` of a `camelCase`."""
        return camels(self.marks.view(np.uint8), self.kinds)

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

    @lazy
    def _said(self) -> str:
        return self.letters.tobytes().decode("utf-32-le", "replace")

    def word(self, start: int, end: int) -> str:
        """The folded letters from `start` to `end`."""
        return self._said[start:end]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The code points of the original that letters `start` to `end` came from, without marks after the last."""
        return int(self.at[start]), int(self.at[end - 1]) + 1


def fold(text: str) -> Folded:
    """`text` folded, with the origin of every letter. Never raises, for any string."""
    letters, at, marks, kinds, odd = letters_of(text)
    if odd:
        letters, at, marks, kinds, joining = spelled_out(letters, at, marks.view(np.uint8), kinds)
        if joining:
            letters, at, marks, kinds = composed(letters, at, marks.view(np.uint8), kinds)
    mark_scripts(marks.view(np.uint8), kinds)
    return Folded(letters, at, marks, kinds)


def fold_words(text: str) -> list[str]:
    """The folded words of `text`; loose scripts come as whole runs."""
    found = fold(text)
    return [found.word(int(start), int(end)) for start, end in zip(found.starts, found.ends, strict=True)]
