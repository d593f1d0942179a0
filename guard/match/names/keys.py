"""Makes sorted tables from 64-bit keys to rows, and the bit maps in front of them (`guard/match/names/lookup.pyx` reads them).

Also the keys of names in disguise (`guard/match/names/stretches.pyx` makes those of texts).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from guard.normalise.fold import U32
from guard.normalise.hashing import U64, Indices, Sums, mixed

Arrays = Mapping[str, npt.NDArray[Any]]
# The bit map is made of words of 64 bits: the high bits of a key choose the word, twelve others which three bits of it.
_BITS_A_KEY, _WORD = 12, 64
PATTERN_SHIFT = 20
_PATTERNS = np.uint64(0xFFF)
_SIX, _PLACE = np.uint64(6), np.uint64(63)
# What the first and the last letter of a word with shuffled inner letters count, and the first of two words; odd at random.
FIRST, LAST, CHAIN = (np.array(value, dtype=np.uint64) for value in (0x9FB21C651E98DF25, 0xD6E8FEB86659FD93, 0xC2B2AE3D27D4EB4F))
# Keeps apart the keys of one table.
SEED_VISUAL, SEED_PAIR, SEED_MASKED = (np.uint64(seed) for seed in (0x5851F42D4C957F2D, 0x27D4EB2F165667C5, 0x2545F4914F6CDD1D))


def _patterns() -> U64:
    """Three bits each, from the hash of their number."""
    numbers = mixed(np.arange(int(_PATTERNS) + 1, dtype=np.uint64))
    one = np.uint64(1)
    out: U64 = (one << (numbers & _PLACE)) | (one << (numbers >> _SIX & _PLACE)) | (one << (numbers >> _SIX + _SIX & _PLACE))
    return out


THREE_BITS = _patterns()


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
    return THREE_BITS.take((keys >> np.uint64(PATTERN_SHIFT) & _PATTERNS).view(np.int64))


def shuffled_words(sums: Sums, starts: Indices, ends: Indices) -> U64:
    """A hash of each word that does not change when its inner letters change places."""
    outer = sums.values.take(starts) * FIRST
    outer += sums.values.take(ends - 1) * LAST
    outer += sums.bag.take(ends)
    outer -= sums.bag.take(starts)
    return outer


def shuffled_pair(first: U64, second: U64) -> U64:
    """The key of two neighbouring words with shuffled inner letters."""
    return first * CHAIN + second


def visual(letters: U32) -> U32:
    """Letters with those made one that leet and similar forms do not tell apart: i and l, o and 0."""
    return np.where(letters == 0x69, np.uint32(0x6C), np.where(letters == 0x30, np.uint32(0x6F), letters))


def visual_key(sums: U64) -> U64:
    """The key of a name as it looks."""
    return sums ^ SEED_VISUAL


def pair_key(sums: U64) -> U64:
    """The key of two words that begin or end a longer name."""
    return sums ^ SEED_PAIR
