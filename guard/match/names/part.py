"""The arrays of some people (the base or a delta), and what a search hands on about a name it found there."""

from dataclasses import dataclass

from guard.match.names.keys import Arrays, KeyTable
from guard.match.names.rows import KINDS, STRENGTHS, Row


class Part:
    """Reads one set of arrays."""

    __slots__ = ("_arrays", "exact", "loose")

    def __init__(self, arrays: Arrays) -> None:
        self._arrays = arrays
        self.exact = KeyTable(arrays, "names.exact")
        self.loose = KeyTable(arrays, "names.loose")

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

    `start`/`end` are letters of the scan; `plain` tells that the words stand as the alias has them; `weak` that the
    liberty taken is one that ordinary words allow too, so that surroundings must speak for a name.
    """

    row: Row
    start: int
    end: int
    view: str
    score: float
    plain: bool = True
    weak: bool = False
