"""Types of the compiled module guard/match/names/neighbours.pyx."""

import numpy as np
import numpy.typing as npt

from guard.match.names.scan import Scan
from guard.normalise.hashing import Indices

GRAMMAR: tuple[str, ...]

class Neighbours:
    def __init__(self, scan: Scan) -> None: ...
    def pairs(self) -> Indices: ...
    def together(self) -> Indices: ...
    def ordinary(self, numbers: Indices) -> npt.NDArray[np.uint8]: ...
