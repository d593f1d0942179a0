"""Hashes of every stretch of a text from two running sums, so that looking up all stretches is a few array operations.

H(s) = sum of v(s[i]) * B^i modulo 2^64, with v a random 64-bit value per code point. A stretch, two stretches put
together, a stretch read backwards and a stretch with one letter left out all follow from prefix sums. Equal hashes are
only candidates: whoever uses them compares the text itself. All 64 bits of H depend on all letters, the high ones best,
so tables use H as it is.
"""

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from guard.normalise.fold import LIMIT, U32
from guard.normalise.sums import summed

U64 = npt.NDArray[np.uint64]
Indices = npt.NDArray[np.int64]

_MASK = (1 << 64) - 1
_BASE = 0x9E3779B97F4A7C15 | 1
_INVERSE = pow(_BASE, -1, 1 << 64)
_MIX_A, _MIX_B = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31 = np.uint64(30), np.uint64(27), np.uint64(31)


def mixed(values: U64) -> U64:
    """SplitMix64's finaliser: spreads every bit over all bits."""
    out = (values ^ (values >> _S30)) * _MIX_A
    out = (out ^ (out >> _S27)) * _MIX_B
    return out ^ (out >> _S31)


def _powers(base: int, count: int) -> U64:
    out = np.full(count, base, dtype=np.uint64)
    out[0] = 1
    return np.multiply.accumulate(out, dtype=np.uint64)


@cache
def _tables(size: int) -> tuple[U64, U64]:
    return _powers(_BASE, size), _powers(_INVERSE, size)


def powers(count: int) -> tuple[U64, U64]:
    """B^i and B^-i for i up to at least `count`."""
    size = 1 << 13
    while size < count + 1:
        size <<= 1
    return _tables(size)


_CODES = mixed(np.arange(LIMIT, dtype=np.uint64) + np.uint64(0x1234567))


_ASCII_CODES: list[int] = _CODES[:0x80].tolist()


def code_values(letters: U32) -> U64:
    """v of each code point."""
    return _CODES.take(letters, mode="clip")


def running(values: U64) -> U64:
    """0 and the sums of the first, the first two, ... values."""
    out = np.empty(len(values) + 1, dtype=np.uint64)
    out[0] = 0
    np.add.accumulate(values, out=out[1:])
    return out


class Sums:
    """Prefix sums of one run of letters."""

    __slots__ = ("_bag", "down", "length", "letters", "pow", "up", "values")

    def __init__(self, letters: U32) -> None:
        self.letters = letters
        self._bag: U64 | None = None
        self.length = len(letters)
        self.pow, self.down = powers(self.length)
        self.values, self.up = summed(letters, _CODES, self.pow)

    @property
    def bag(self) -> U64:
        """Running sums of the values alone: what a stretch has in common with any order of its letters."""
        if self._bag is None:
            self._bag = running(self.values)
        return self._bag

    def of(self, start: Any, end: Any) -> U64:
        """H of letters `start` to `end` (arrays that broadcast)."""
        out: U64 = (self.up[end] - self.up[start]) * self.down[start]
        return out

    def joined(self, first: U64, length: Any, second: U64) -> U64:
        """H of one text of `length` letters followed by another, from their hashes."""
        out: U64 = first + second * self.pow[length]
        return out


def hash_word(word: str) -> int:
    """H of one folded word, as the array form gives it."""
    total, power = 0, 1
    for code in map(ord, word):
        total += (_ASCII_CODES[code] if code < 0x80 else int(_CODES[min(code, LIMIT - 1)])) * power
        power = power * _BASE & _MASK
    return total & _MASK


def without_one(sums: Sums, starts: Indices, ends: Indices) -> tuple[U64, Indices]:
    """H of every word with each one of its letters left out; and which word each belongs to."""
    sizes = ends - starts
    owner = np.arange(len(starts)).repeat(sizes)
    first = sizes.cumsum() - sizes
    place = np.arange(len(owner)) + (starts - first).take(owner)
    # (up[place] - up[start]) + (up[end] - up[place + 1]) / B, all of it over B^start.
    edges = sums.up.take(ends) * sums.down[1] - sums.up.take(starts)
    left_out = sums.up.take(place) - sums.up.take(place + 1) * sums.down[1] + edges.take(owner)
    return left_out * sums.down.take(starts).take(owner), owner
