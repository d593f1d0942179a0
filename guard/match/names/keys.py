"""A sorted table from 64-bit keys to rows, with a bit map in front of it that answers most questions with no."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from guard.normalise.hashing import U64, Indices, mixed

Arrays = Mapping[str, npt.NDArray[Any]]
# The bit map is made of words of 64 bits: the high bits of a key choose the word, twelve others which three bits of it.
_BITS_A_KEY, _WORD = 12, 64
_PATTERNS, _PATTERN_AT = np.uint64(0xFFF), np.uint64(20)
_SIX, _PLACE = np.uint64(6), np.uint64(63)


def _patterns() -> U64:
    """Three bits each, from the hash of their number."""
    numbers = mixed(np.arange(int(_PATTERNS) + 1, dtype=np.uint64))
    one = np.uint64(1)
    out: U64 = (one << (numbers & _PLACE)) | (one << (numbers >> _SIX & _PLACE)) | (one << (numbers >> _SIX + _SIX & _PLACE))
    return out


_THREE_BITS = _patterns()


def pack(name: str, keys: U64, rows: npt.NDArray[np.uint32]) -> dict[str, npt.NDArray[Any]]:
    """The arrays of a table; equal (key, row) pairs are kept once. The same whatever the order given."""
    order = np.lexsort((rows, keys)) if len(keys) < 1 << 16 else np.argsort(keys, kind="stable")
    keys, rows = keys[order], rows[order]
    if len(keys):
        keep = np.ones(len(keys), dtype=np.bool_)
        keep[1:] = (keys[1:] != keys[:-1]) | (rows[1:] != rows[:-1])
        keys, rows = keys[keep], rows[keep]
    return {f"{name}.keys": keys, f"{name}.rows": rows, f"{name}.bits": pack_bits(keys)}


def pack_bits(keys: U64) -> U64:
    """The bit map of these keys."""
    size = max(4, (len(keys) * _BITS_A_KEY // _WORD).bit_length())
    bits = np.zeros(1 << size, dtype=np.uint64)
    np.bitwise_or.at(bits, (keys >> np.uint64(64 - size)).view(np.int64), _pattern(keys))
    return bits


def _pattern(keys: U64) -> U64:
    return _THREE_BITS.take((keys >> _PATTERN_AT & _PATTERNS).view(np.int64))


class BitMap:
    """Answers whether a key may be in a table: no is certain, and of the keys that are not there about one in a hundred slips through."""

    __slots__ = ("_bits", "_shift")

    def __init__(self, bits: U64) -> None:
        self._bits = bits
        self._shift = np.uint64(64 - (len(bits).bit_length() - 1))

    def maybe(self, keys: U64) -> Indices:
        """Indices into `keys` of those that may be in the table."""
        pattern = _pattern(keys)
        seen = self._bits.take((keys >> self._shift).view(np.int64)) & pattern
        out: Indices = (seen == pattern).nonzero()[0]
        return out


class KeyTable:
    """Reads what `pack` made; holds views of the arrays only."""

    __slots__ = ("_keys", "_rows", "bits")

    def __init__(self, arrays: Arrays, name: str) -> None:
        self._keys = arrays[f"{name}.keys"]
        self._rows = arrays[f"{name}.rows"]
        self.bits = BitMap(arrays[f"{name}.bits"])

    def __len__(self) -> int:
        return len(self._keys)

    def find(self, keys: U64) -> tuple[Indices, npt.NDArray[np.uint32]]:
        """Pairs (index into `keys`, row) for every row of every key; rows of one key rise."""
        return self.rows(keys, self.bits.maybe(keys))

    def rows(self, keys: U64, some: Indices) -> tuple[Indices, npt.NDArray[np.uint32]]:
        """As `find`, for the keys with these indices only."""
        if not len(some):
            return some, self._rows[:0]
        wanted = keys[some]
        low = self._keys.searchsorted(wanted)
        hit = self._keys.take(low, mode="clip") == wanted if len(self._keys) else np.zeros(len(low), dtype=np.bool_)
        if not hit.any():
            return some[:0], self._rows[:0]
        some, low, wanted = some[hit], low[hit], wanted[hit]
        high = self._keys.searchsorted(wanted, side="right")
        sizes = high - low
        if int(sizes.max()) == 1:
            return some, self._rows[low]
        total = int(sizes.sum())
        offsets = np.arange(total) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        return np.repeat(some, sizes), self._rows[np.repeat(low, sizes) + offsets]
