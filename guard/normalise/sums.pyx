"""The values of a run of letters and their running sums, from which `guard/normalise/hashing.py` makes every hash."""

cimport cython
from libc.stdint cimport uint32_t, uint64_t

import numpy as np


@cython.boundscheck(False)  # as many powers as letters is asked for first, and a code past the last value is taken for it
def summed(const uint32_t[::1] letters, const uint64_t[::1] values, const uint64_t[::1] powers):
    """v of each letter, and 0 and the sums of the first, the first two, ... v(letter i) * B^i. `values` has v of every code point, `powers` B^i."""
    cdef Py_ssize_t at, size = letters.shape[0]
    cdef uint32_t last = values.shape[0] - 1
    cdef uint64_t total = 0
    if powers.shape[0] < size or not values.shape[0]:
        raise ValueError("as many powers as letters are needed, and a value")
    own, sums = np.empty(size, dtype=np.uint64), np.empty(size + 1, dtype=np.uint64)
    cdef uint64_t[::1] to_own = own, to_sums = sums
    for at in range(size):
        to_own[at], to_sums[at] = values[min(letters[at], last)], total
        total += to_own[at] * powers[at]
    to_sums[size] = total
    return own, sums
