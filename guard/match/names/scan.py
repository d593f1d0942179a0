"""One folded text with everything about its words that the searches share, each worked out once and only when asked for."""

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from guard.match.names.given import PARTICLES
from guard.match.names.words import WordTable
from guard.normalise.fold import LOWER, U32, UPPER, Folded, code_points
from guard.normalise.hashing import U64, Indices, Sums, Words, hash_word
from guard.normalise.lazy import lazy
from guard.normalise.letters import MARKS, UNSEEN

# Frequency from which a word is no part of a disguised name (the, with, will): Zipf 5.75, about the 250 most frequent.
COMMON_LEVEL = WordTable.level(5.75)
_APART = re.compile(
    rf"[^\w\s'’{UNSEEN}{MARKS}\u0900-\u0eff\u1000-\u109f\u1780-\u17ff.·・‧_-]|\n|(?:(?!(?:[MmDd]r|[Ss]t)\.)\w\w|\w{{3}})\.\s"
)
_SHORTEST_ODD = 3
# No name has a longer word; what is kept about words by the thousand would be kept about words of a crafted text's length.
LONGEST_WORD = 64
_PARTICLES = np.array(sorted(hash_word(word) for word in PARTICLES if len(word) > 1), dtype=np.uint64)
_LONGEST_PARTICLE = max(map(len, PARTICLES))
_SHORTEST_NAME = 3
_MANY_PAIRS = 64
# More words than the surroundings of a mention have, which tell its role (guard/match/names/context.py).
_WORDS_BEFORE, _WORDS_AFTER = 24, 16
_LATIN_END = 0x250


@dataclass(frozen=True)
class Scan:
    """A text being searched. Words are numbered from 0; `starts`/`ends` are their letters."""

    text: str
    folded: Folded
    words: WordTable

    @lazy
    def sums(self) -> Sums:
        """Prefix sums over all letters."""
        return Sums(self.folded.letters)

    @lazy
    def points(self) -> U32:
        """The code points of the text."""
        return code_points(self.text)

    @property
    def starts(self) -> Indices:
        """First letter of each word."""
        return self.folded.word_starts

    @property
    def ends(self) -> Indices:
        """One past the last letter of each word."""
        return self.folded.word_ends

    @lazy
    def sizes(self) -> Indices:
        """Letters of each word."""
        return self.ends - self.starts

    @lazy
    def edges(self) -> Words:
        """What the hashes of words and of runs of words follow from."""
        return Words(self.sums, self.starts, self.ends)

    @lazy
    def hashes(self) -> U64:
        """H of each word."""
        return self.edges.each()

    @lazy
    def levels(self) -> npt.NDArray[np.uint8]:
        """How ordinary each word is; 0 for a word of no language."""
        return self.words.levels(self.hashes)

    @lazy
    def capital(self) -> npt.NDArray[np.bool_]:
        """Whether each word begins with a capital letter."""
        out: npt.NDArray[np.bool_] = (self.folded.kinds[self.starts] & UPPER) != 0
        return out

    @lazy
    def cased(self) -> npt.NDArray[np.bool_]:
        """Whether each word begins with a letter of a script with capitals."""
        out: npt.NDArray[np.bool_] = (self.folded.kinds[self.starts] & (UPPER | LOWER)) != 0
        return out

    @lazy
    def ends_high(self) -> npt.NDArray[np.bool_]:
        """Whether each word begins with a small letter and ends with a capital, as a name read backwards."""
        kinds = self.folded.kinds
        out: npt.NDArray[np.bool_] = ((kinds[self.ends - 1] & UPPER) != 0) & ((kinds[self.starts] & UPPER) == 0)
        return out

    @lazy
    def odd(self) -> npt.NDArray[np.bool_]:
        """Words that no language has: where disguises are looked for."""
        out: npt.NDArray[np.bool_] = (self.levels == 0) & (self.sizes >= _SHORTEST_ODD)
        return out

    @lazy
    def latin(self) -> npt.NDArray[np.bool_]:
        """Words that begin with a Latin letter."""
        out: npt.NDArray[np.bool_] = self.folded.letters[self.starts] < _LATIN_END
        return out

    @lazy
    def odd_pairs(self) -> Indices:
        """The first of every two neighbouring words that may be a name: one is odd, or both have capitals, and none is too common."""
        if len(self.starts) < 2:
            return self.starts[:0]
        fine = (self.levels < COMMON_LEVEL) & (self.sizes > 1) & (self.sizes <= LONGEST_WORD)
        fine |= self._particles(fine)
        odd, capital = self.odd, self.capital & (self.sizes >= _SHORTEST_NAME)
        telling = odd[:-1] | odd[1:] | (capital[:-1] & capital[1:])
        return self.once((fine[:-1] & fine[1:] & telling).nonzero()[0])

    def _particles(self, fine: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        """Particles of surnames beside a word of no language that has a capital: `de Brogliova`."""
        out = np.zeros(len(fine), dtype=np.bool_)
        some = (~fine & (self.sizes <= _LONGEST_PARTICLE)).nonzero()[0]
        telling = self.odd & self.capital
        some = some[telling.take(some - 1, mode="clip") | telling.take(some + 1, mode="clip")]
        if len(some):
            hashes = self.hashes[some]
            out[some] = _PARTICLES.take(_PARTICLES.searchsorted(hashes), mode="clip") == hashes
        return out

    def once(self, pairs: Indices) -> Indices:
        """Where there are many pairs, the first of those that stand between the same words: repeating all of it says nothing more."""
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
