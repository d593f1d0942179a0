"""A sorted table from 64-bit keys to rows, with a bit map in front of it that answers most questions with no."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from guard.normalise.hashing import U64, Indices

Arrays = Mapping[str, npt.NDArray[Any]]
_THREE, _SEVEN, _BIT = np.uint64(3), np.uint64(7), np.uint8(1)
_OTHER = np.uint64(0x9E3779B97F4A7C15)
# From so many keys on, a second look into the bit map is cheaper than looking them up.
_FEW = 24


def _second(keys: U64) -> U64:
    """Another hash of the keys, for their second bit."""
    return keys * _OTHER


def pack(name: str, keys: U64, rows: npt.NDArray[np.uint32]) -> dict[str, npt.NDArray[Any]]:
    """The arrays of a table; equal (key, row) pairs are kept once. The same whatever the order given."""
    order = np.lexsort((rows, keys)) if len(keys) < 1 << 16 else np.argsort(keys, kind="stable")
    keys, rows = keys[order], rows[order]
    if len(keys):
        keep = np.ones(len(keys), dtype=np.bool_)
        keep[1:] = (keys[1:] != keys[:-1]) | (rows[1:] != rows[:-1])
        keys, rows = keys[keep], rows[keep]
    bits = max(10, int(len(keys) * 12).bit_length())
    bitmap = np.zeros(1 << (bits - 3), dtype=np.uint8)
    for slots in (keys >> np.uint64(64 - bits), _second(keys) >> np.uint64(64 - bits)):
        np.bitwise_or.at(bitmap, (slots >> _THREE).view(np.int64), _BIT << (slots & _SEVEN).astype(np.uint8))
    return {f"{name}.keys": keys, f"{name}.rows": rows, f"{name}.bits": bitmap}


class KeyTable:
    """Reads what `pack` made; holds views of the arrays only."""

    __slots__ = ("_bits", "_keys", "_rows", "_shift")

    def __init__(self, arrays: Arrays, name: str) -> None:
        self._keys = arrays[f"{name}.keys"]
        self._rows = arrays[f"{name}.rows"]
        self._bits = arrays[f"{name}.bits"]
        self._shift = np.uint64(64 - int(len(self._bits) * 8).bit_length() + 1)

    def __len__(self) -> int:
        return len(self._keys)

    def maybe(self, keys: U64) -> Indices:
        """Indices into `keys` of those that may be in the table (about one in a hundred of the others slips through)."""
        first = self._set(keys).nonzero()[0]
        return first[self._set(_second(keys[first])).view(np.bool_)] if len(first) > _FEW else first

    def _set(self, keys: U64) -> npt.NDArray[np.uint8]:
        slots = keys >> self._shift
        bits = self._bits.take((slots >> _THREE).view(np.int64))
        out: npt.NDArray[np.uint8] = (bits >> (slots & _SEVEN).astype(np.uint8)).view(np.uint8) & _BIT
        return out

    def find(self, keys: U64) -> tuple[Indices, npt.NDArray[np.uint32]]:
        """Pairs (index into `keys`, row) for every row of every key; rows of one key rise."""
        some = self.maybe(keys)
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
