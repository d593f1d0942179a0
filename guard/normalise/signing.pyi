"""Types of the compiled module guard/normalise/signing.pyx."""

import numpy as np
import numpy.typing as npt

from guard.normalise.fold import U32

def signs_of_text(text: str) -> int: ...
def signs_of_letters(kinds: npt.NDArray[np.uint8], letters: U32, marks: npt.NDArray[np.uint8]) -> int: ...
