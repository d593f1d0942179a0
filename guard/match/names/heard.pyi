"""Types of the compiled module guard/match/names/heard.pyx."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from guard.match.names.keys import Arrays
from guard.match.names.lookup import KeyTable
from guard.match.names.units import Units
from guard.normalise.hashing import Indices

_Nats = npt.NDArray[np.float64]

def costs(units: Units, begin: Indices, end: Indices, names: Sequence[str], most: _Nats) -> npt.NDArray[np.float32]: ...

class Readings:
    def __init__(
        self, units: Units, sounds: Units, begin: Indices, end: Indices, plain: _Nats, famous: _Nats, dearest: float, times: _Nats
    ) -> None: ...

class Bones(KeyTable):
    alias: npt.NDArray[np.uint32]
    def __init__(self, arrays: Arrays) -> None: ...
    def read(
        self, stretches: Readings, first: Indices, second: Indices, need: _Nats, turned: float, least: float
    ) -> list[tuple[int, int, int, float, float]]: ...
