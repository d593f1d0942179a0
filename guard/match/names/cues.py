"""Where words that lead to a person stand before or after many places of a text at once, by their hashes."""

from functools import cache

import numpy as np
import numpy.typing as npt

from guard.match.names.context import CUE_AFTER, CUE_BEFORE, FILLERS, phrases_of
from guard.match.names.scan import Scan
from guard.normalise.fold import LOOSE, SCRIPT
from guard.normalise.hashing import U64, Indices, hash_word
from guard.normalise.letters import Script, fold_text, folded

Flags = npt.NDArray[np.bool_]
# Code points between such words and the name.
_FARTHEST = 24
_BEFORE_NAME = frozenset(" \t\n\r\u00a0\u3000\u200e\u200f\"'“”‘’«»「『([:：,*_`@#-")
_AFTER_NAME = frozenset(" \t\n\r\u00a0\u3000\u200e\u200f\"'’”»」』)]*_`-")


class _Phrases:
    """The hashes of phrases, as their letters stand in a folded text."""

    def __init__(self, texts: list[str]) -> None:
        folded = sorted({fold_text(text).replace(" ", "") for text in texts} - {""})
        self.keys: U64 = np.array(sorted(map(hash_word, folded)), dtype=np.uint64)
        self.sizes: Indices = np.array(sorted(set(map(len, folded))))

    def has(self, keys: U64) -> Flags:
        """Which of these hashes are those of a phrase."""
        out: Flags = self.keys.take(self.keys.searchsorted(keys), mode="clip") == keys
        return out


@cache
def _lists() -> tuple[_Phrases, _Phrases, _Phrases]:
    return _Phrases(phrases_of(CUE_BEFORE)), _Phrases(phrases_of(CUE_AFTER)), _Phrases(phrases_of(FILLERS))


def _edges(scan: Scan) -> Flags:
    """Before which letters a word may begin: also between any two where words are not parted."""
    kinds = scan.folded.kinds
    loose = ((kinds & LOOSE) != 0) | ((kinds & SCRIPT) == Script.HANGUL) | ((kinds & SCRIPT) == Script.KATAKANA)
    out: Flags = scan.folded.marks.copy()
    out[1:] |= loose
    return out


def parted_by(scan: Scan, before: Indices, after: Indices, allowed: frozenset[str]) -> Indices:
    """How many signs a reader sees between the neighbouring letters `before` and `after`; -1 where others than those allowed, or too many."""
    begin = scan.folded.at.take(before, mode="clip") + 1
    gaps = scan.folded.at.take(after, mode="clip") - begin
    sizes = np.where(gaps > _FARTHEST, 0, np.maximum(gaps, 0))
    owner = np.arange(len(begin)).repeat(sizes)
    signs = scan.points.take(np.arange(len(owner)) + (begin - sizes.cumsum() + sizes).repeat(sizes), mode="clip")
    weights = np.fromiter(map(_weights(allowed).__getitem__, signs.tolist()), dtype=np.int64, count=len(signs))
    out: Indices = np.bincount(owner, weights, len(begin)).astype(np.int64)
    out[(gaps > _FARTHEST) | (out >= _FARTHEST**2)] = -1
    return out


class _Weights(dict[int, int]):
    """How much each code point counts between two words; filled with those that were met."""

    def __init__(self, allowed: frozenset[str]) -> None:
        self._allowed = allowed

    def __missing__(self, code: int) -> int:
        char = chr(code)
        weight = self[code] = 1 if char in self._allowed else _FARTHEST**2 if folded(char) else 0
        return weight


@cache
def _weights(allowed: frozenset[str]) -> _Weights:
    return _Weights(allowed)


def _plain(scan: Scan, before: Indices, after: Indices, allowed: frozenset[str]) -> Flags:
    out: Flags = parted_by(scan, before, after, allowed) >= 0
    return out


def _ending_at(scan: Scan, ends: Indices, listed: _Phrases, edges: Flags) -> Flags:
    """Before which letters `ends` a phrase stands."""
    begins = ends[:, None] - listed.sizes
    fit = (begins >= 0) & edges.take(np.maximum(begins, 0))
    rows, columns = fit.nonzero()
    out = np.zeros(len(ends), dtype=np.bool_)
    out[rows[listed.has(scan.sums.of(begins[rows, columns], ends[rows]))]] = True
    return out


def _beginning_at(scan: Scan, begins: Indices, listed: _Phrases, edges: Flags) -> Flags:
    """At which letters a phrase begins."""
    ends = begins[:, None] + listed.sizes
    fit = (ends < len(edges)) & edges.take(ends, mode="clip")
    rows, columns = fit.nonzero()
    out = np.zeros(len(begins), dtype=np.bool_)
    out[rows[listed.has(scan.sums.of(begins[rows], ends[rows, columns]))]] = True
    return out


def cued(scan: Scan, begins: Indices, ends: Indices) -> Flags:
    """Whether words that lead to a person stand just before or after each stretch, `begins` to `ends` in letters."""
    before, after, fillers = _lists()
    edges = _edges(scan)
    out = _beginning_at(scan, ends, after, edges) & _plain(scan, ends - 1, ends, _AFTER_NAME)
    near = ((begins > 0) & ~out).nonzero()[0]
    at = begins.take(near)
    near, at = (column[_plain(scan, at - 1, at, _BEFORE_NAME)] for column in (near, at))
    out[near[_ending_at(scan, at, before, edges)]] = True
    words = scan.starts.take(scan.starts.searchsorted(at) - 1)
    filled = (words > 0) & fillers.has(scan.sums.of(words, at))
    near, at = near[filled], words[filled]
    out[near[_ending_at(scan, at, before, edges)]] = True
    return out
