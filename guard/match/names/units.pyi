"""Types of the compiled module guard/match/names/units.pyx."""

import numpy as np
import numpy.typing as npt

from guard.normalise.hashing import U64, Indices

_Nats = npt.NDArray[np.float64]

class Units:
    def __init__(self, letters: npt.NDArray[np.uint32], breaks: npt.NDArray[np.bool_], *, sounds: bool = False) -> None: ...
    def most(self, begin: Indices, end: Indices) -> _Nats: ...
    def rarity(self, begin: Indices, end: Indices) -> _Nats: ...
    def skeletons(self, begin: Indices, end: Indices) -> tuple[U64, npt.NDArray[np.int32]]: ...
