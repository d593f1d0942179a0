"""Types of the compiled module guard/normalise/sums.pyx."""

import numpy as np
import numpy.typing as npt

U64 = npt.NDArray[np.uint64]

def summed(letters: npt.NDArray[np.uint32], values: U64, powers: U64) -> tuple[U64, U64]: ...
