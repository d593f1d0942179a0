"""The arrays of some people (the base or a delta), and what a search hands on about a name it found there."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from guard.match.names.keys import Arrays, BitMap, KeyTable
from guard.match.names.rows import KINDS, STRENGTHS, Row
from guard.normalise.hashing import U64, Indices


class Bones(KeyTable):
    """The table of skeletons: keys of two words lead to entries (guard/match/names/bones.py)."""

    __slots__ = ("_ends", "_letters", "alias", "frequent", "whole", "words")

    def __init__(self, arrays: Arrays) -> None:
        super().__init__(arrays, "names.bones")
        self.alias: npt.NDArray[np.uint32] = arrays["names.bones.alias"]
        self.words: npt.NDArray[np.uint32] = arrays["names.bones.words"]
        self.whole: npt.NDArray[np.bool_] = arrays["names.bones.whole"]
        self.frequent: npt.NDArray[np.bool_] = arrays["names.bones.frequent"]
        self._letters: npt.NDArray[np.uint8] = arrays["names.bones.letters"]
        self._ends: npt.NDArray[np.uint32] = arrays["names.bones.ends"]

    def letters(self, words: Indices) -> npt.NDArray[np.uint8]:
        """The Latin letters of these words of names, 1 to 26, (words, letters of the longest), 0 behind the last."""
        begin, end = self._ends.take(words).astype(np.int64), self._ends.take(words + 1).astype(np.int64)
        place = begin[:, None] + np.arange(int((end - begin).max(initial=1)))
        out: npt.NDArray[np.uint8] = self._letters.take(place, mode="clip") * (place < end[:, None])
        return out


class Part:
    """Reads one set of arrays."""

    __slots__ = ("_arrays", "bones", "exact", "heads", "loose", "pairs")

    def __init__(self, arrays: Arrays) -> None:
        self._arrays = arrays
        self.exact = KeyTable(arrays, "names.exact")
        self.loose = KeyTable(arrays, "names.loose")
        self.bones = Bones(arrays)
        self.heads = BitMap(arrays["names.heads"])
        self.pairs = BitMap(arrays["names.pairs"])

    def row(self, index: int) -> Row:
        """One alias."""
        arrays = self._arrays
        begin, end = arrays["names.ends"][index : index + 2].tolist()
        text = arrays["names.texts"][begin:end].tobytes().decode("utf-8", "surrogatepass")
        kind, strength = KINDS[int(arrays["names.kinds"][index])], STRENGTHS[int(arrays["names.strengths"][index])]
        return Row(int(arrays["names.subjects"][index]), text, kind, strength)


@dataclass(frozen=True, slots=True)
class Found:
    """A name in the folded text, before its surroundings are looked at.

    `start`/`end` are letters of the scan; `plain` tells that the words stand as the alias has them; `weak` that ordinary
    words could have been taken for it, so that capitals and a cue must both speak for a name; `doubtful` that one must.
    """

    row: Row
    start: int
    end: int
    view: str
    score: float
    plain: bool = True
    weak: bool = False
    doubtful: bool = False


Check = Callable[[Any, Row, int, int], Found | None]


class Numbers(Protocol):
    """A number for each key; an array, or worked out when asked for."""

    def __getitem__(self, index: int, /) -> Any:
        """The number of key `index`."""


@dataclass(frozen=True, slots=True)
class RunStarts:
    """The first number of each run of `Words.runs(most)`."""

    values: Indices
    most: int

    def __getitem__(self, index: int) -> int:
        return int(self.values[index // self.most])


@dataclass(frozen=True, slots=True)
class RunEnds:
    """The last number of each run of `Words.runs(most)`."""

    values: Indices
    most: int

    def __getitem__(self, index: int) -> int:
        return int(self.values[min(sum(divmod(index, self.most)), len(self.values) - 1)])


class Questions:
    """Keys to look up together in one table, each with two numbers for the check that decides whether a row is a mention."""

    __slots__ = ("_asked",)

    def __init__(self) -> None:
        self._asked: list[tuple[U64, Numbers, Numbers, Check]] = []

    def put(self, keys: U64, first: Numbers, second: Numbers, check: Check) -> None:
        """Add keys; `check(scan, row, first[i], second[i])` is called for every row of key i."""
        self._asked.append((keys, first, second, check))

    def answers(self, scan: object, part: Part, table: KeyTable) -> Iterator[Found]:
        """Every mention that the table and the checks confirm."""
        if not self._asked:
            return
        at, rows = table.find(np.concatenate([keys for keys, *_ in self._asked]))
        if not len(at):
            return
        ends = np.cumsum([len(keys) for keys, *_ in self._asked])
        for index, row_no in zip(at.tolist(), rows.tolist(), strict=True):
            group = int(ends.searchsorted(index, side="right"))
            keys, first, second, check = self._asked[group]
            place = index - (int(ends[group]) - len(keys))
            found = check(scan, part.row(row_no), int(first[place]), int(second[place]))
            if found:
                yield found
