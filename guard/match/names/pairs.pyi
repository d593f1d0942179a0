"""Types of the compiled module guard/match/names/pairs.pyx."""

from collections.abc import Callable

from guard.match.names.keys import Arrays
from guard.match.names.scan import Scan
from guard.normalise.hashing import U64

SHORTEST: int
LEAST_ALIKE: float

class NearPart:
    def __init__(self, arrays: Arrays) -> None: ...
    def typed(self, scan: Scan, liberty: Callable[[str, str], object | None]) -> list[tuple[int, int]]: ...
    def heard(self, scan: Scan, leading: U64) -> list[tuple[int, int]]: ...
