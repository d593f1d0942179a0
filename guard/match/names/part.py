"""The arrays of some people (the base or a delta), and what a search hands on about a name it found there."""

from collections.abc import Callable, Iterator, Sequence, Set
from typing import Any, NamedTuple

from guard.match.names.heard import Bones
from guard.match.names.keys import Arrays
from guard.match.names.lookup import BitMap, KeyTable, Tables
from guard.match.names.rows import KINDS, STRENGTHS, Row
from guard.match.names.stretches import Candidates
from guard.types import Strength


class Part:
    """Reads one set of arrays."""

    __slots__ = ("_ends", "_kinds", "_strengths", "_subjects", "_texts", "bones", "exact", "heads", "loose", "pairs")

    def __init__(self, arrays: Arrays) -> None:
        self._subjects, self._kinds, self._strengths, self._texts, self._ends = (
            arrays[f"names.{name}"].data for name in ("subjects", "kinds", "strengths", "texts", "ends")
        )
        self.exact = KeyTable(arrays, "names.exact")
        self.loose = KeyTable(arrays, "names.loose")
        self.bones = Bones(arrays)
        self.heads = BitMap(arrays["names.heads"])
        self.pairs = BitMap(arrays["names.pairs"])

    def row(self, index: int) -> Row:
        """One alias."""
        text = str(self._texts[self._ends[index] : self._ends[index + 1]], "utf-8", "surrogatepass")
        return Row(self._subjects[index], text, KINDS[self._kinds[index]], STRENGTHS[self._strengths[index]])


class Found(NamedTuple):
    """A name in the folded text, before its surroundings are looked at.

    `start`/`end` are letters of the scan; `plain` tells that the words stand as the alias has them; `weak` that ordinary
    words could have been taken for it, so that capitals and a cue must both speak for a name; `doubtful` that one must, `cued` that a cue must.
    """

    row: Row
    start: int
    end: int
    view: str
    score: float
    plain: bool = True
    weak: bool = False
    doubtful: bool = False
    cued: bool = False


Check = Callable[[Any, Row, int, int], Found | None]


class Parts:
    """The base and at most one delta, searched together; people whose number is in `removed` are gone from the base."""

    __slots__ = ("all", "exact", "heads", "loose", "removed")

    def __init__(self, parts: Sequence[Part], removed: Set[int] = frozenset()) -> None:
        self.all, self.removed = tuple(parts), removed
        self.exact, self.loose = Tables(part.exact for part in parts), Tables(part.loose for part in parts)
        self.heads = tuple(part.heads for part in parts)

    def confirmed(self, scan: object, candidates: Candidates, check: Check) -> Iterator[Found]:
        """The mentions among the rows whose keys stand in the text."""
        checked: dict[tuple[str, Strength, int, int], Found | None] = {}
        for number, row_no, first, last in candidates:
            row = self.all[number].row(row_no)
            if not number and row.subject_no in self.removed:
                continue
            case = row.text, row.strength, first, last  # many people may have one name
            if case not in checked:
                checked[case] = check(scan, row, first, last)
            found = checked[case]
            if found:
                yield found if found.row.subject_no == row.subject_no else found._replace(row=row)
