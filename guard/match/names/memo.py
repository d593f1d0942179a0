"""Which names two neighbouring words may be, kept for the next text that has the same two words."""

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from guard.match.names.scan import Scan
from guard.normalise.hashing import Indices

# Pairs kept at most (about 8 MB), and the letters of a pair that is kept.
_MOST, _LONGEST = 1 << 15, 64

LookUp = Callable[[Indices], Iterable[tuple[int, int]]]
"""From pairs, each given by its first word, to (first word, row): what a pair finds follows from its two words alone."""


class PairMemo:
    """What a look-up found, by the two words; it belongs to one set of names and is forgotten with it."""

    __slots__ = ("_kept",)

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], tuple[int, ...]] = {}

    def rows(self, scan: Scan, pairs: Indices, look_up: LookUp) -> list[tuple[int, int]]:
        """Every (first word, row) that `look_up` finds for these pairs of `scan`, rising; it is asked about pairs not seen before."""
        if not len(pairs):
            return []
        words, kept = scan.spelled, self._kept
        out: list[tuple[int, int]] = []
        new: dict[int, list[int]] = {}
        for one in pairs.tolist():
            rows = kept.get((words[one], words[one + 1]))
            if rows is None:
                new[one] = []
            elif rows:
                out += [(one, row) for row in rows]
        if new:
            for one, row in look_up(np.fromiter(new, dtype=np.int64, count=len(new))):
                new[one].append(row)
            out += self._keep(words, new)
            out.sort()
        return out

    def _keep(self, words: list[str], new: dict[int, list[int]]) -> Iterator[tuple[int, int]]:
        if len(self._kept) > _MOST:
            self._kept.clear()
        for one, found in new.items():
            rows = tuple(sorted(set(found)))
            first, second = words[one], words[one + 1]
            if len(first) + len(second) <= _LONGEST:
                self._kept[first, second] = rows
            for row in rows:
                yield one, row
