"""One folded text with everything about its words that the searches share, each worked out once."""

import re

import numpy as np

from guard.match.names.stretches import Stretches
from guard.normalise.fold import U32, code_points
from guard.normalise.hashing import Indices
from guard.normalise.lazy import lazy
from guard.normalise.letters import MARKS, UNSEEN

_APART = re.compile(
    rf"[^\w\s'’{UNSEEN}{MARKS}\u0900-\u0eff\u1000-\u109f\u1780-\u17ff.·・‧_-]|\n|(?:(?!(?:[MmDd]r|[Ss]t)\.)\w\w|\w{{3}})\.\s"
)
_MANY_PAIRS = 64
# More words than the surroundings of a mention have, which tell its role (guard/match/names/context.py).
_WORDS_BEFORE, _WORDS_AFTER = 24, 16


class Scan(Stretches):
    """A text being searched."""

    @lazy
    def points(self) -> U32:
        """The code points of the text."""
        return code_points(self.text)

    @lazy
    def odd_pairs(self) -> Indices:
        """`pairs`; where there are many, the first of those that stand between the same words: repeating all of it says nothing more."""
        pairs = self.pairs()
        if len(pairs) <= _MANY_PAIRS:
            return pairs
        begin = self.starts.take(pairs - _WORDS_BEFORE, mode="clip")
        end = self.ends.take(pairs + _WORDS_AFTER, mode="clip")
        places = np.stack([self.starts.take(pairs) - begin, self.folded.at.take(end - 1) - self.folded.at.take(begin)]).astype(np.uint64)
        keys = (self.sums.of(begin, end) * np.uint64(3) + places[0]) * np.uint64(5) + places[1]
        _, first = np.unique(keys, return_index=True)
        out: Indices = pairs[np.sort(first)]
        return out

    @lazy
    def spelled(self) -> list[str]:
        """Every word, folded."""
        letters = self.folded.word(0, len(self.folded.letters))
        return [letters[start:end] for start, end in zip(self.starts.tolist(), self.ends.tolist(), strict=True)]

    def word(self, number: int) -> str:
        """One word, folded."""
        return self.spelled[number]


def parted_plainly(scan: Scan, first: int, last: int, comma: bool = False) -> bool:
    """Whether only spaces, hyphens and the like stand between these words, or a comma where one may."""
    at = scan.folded.at
    raw = scan.text[int(at[int(scan.starts[first])]) : int(at[int(scan.ends[last]) - 1])]
    return _APART.search(raw.replace(",", " ", 1) if comma else raw) is None


def hyphened(scan: Scan, first: int, last: int, name: str) -> bool:
    """Whether a hyphen or a dash stands between these words and none in the name: `Hakama-Rock`, `Alexa-Stil`."""
    begin, end = scan.folded.span(int(scan.starts[first]), int(scan.ends[last]))
    return "-" in scan.text[begin:end] and "-" not in name
