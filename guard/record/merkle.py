"""The hash tree of RFC 6962 section 2.1 (RFC 9162 section 2.1): leaf and node hashes, roots, inclusion and consistency. Pure.

The tree is kept in tiles (docs/adr/0051-merkle-tiles.md): tile t of level n holds the hashes of the complete subtrees of
256^n leaves number 256 t .. 256 t + 255. Whatever a proof needs is folded from at most one tile for each 8 levels.
"""

import hashlib
from collections.abc import Callable, Sequence

HASH_BYTES = 32
TILE_BITS = 8
TILE = 1 << TILE_BITS
EMPTY_ROOT = hashlib.sha256(b"").digest()

Tiles = Callable[[int, int], Sequence[bytes]]
"""(level, tile number) -> the hashes known in that tile, up to 256."""


def leaf_hash(leaf: bytes) -> bytes:
    """SHA-256(0x00 || leaf)."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 || left || right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(hashes: Sequence[bytes]) -> bytes:
    """The Merkle tree hash over leaf hashes (or over roots of equal complete subtrees); of none, the hash of nothing."""
    if not hashes:
        return EMPTY_ROOT
    level = list(hashes)
    while len(level) > 1:
        odd = level[-1:] if len(level) % 2 else []
        level = [node_hash(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)] + odd
    return level[0]


def subtree(lo: int, hi: int, tiles: Tiles) -> bytes:
    """The Merkle tree hash over leaves lo..hi-1, where lo is a multiple of the largest power of two below hi - lo, or of hi - lo itself."""
    n = hi - lo
    if n == 0:
        return EMPTY_ROOT
    if n & (n - 1) == 0:
        return _complete(n.bit_length() - 1, lo, tiles)
    k = 1 << ((n - 1).bit_length() - 1)
    return node_hash(_complete(k.bit_length() - 1, lo, tiles), subtree(lo + k, hi, tiles))


def _complete(height: int, lo: int, tiles: Tiles) -> bytes:
    level, within = divmod(height, TILE_BITS)
    first = lo >> (level * TILE_BITS)
    tile, start = divmod(first, TILE)
    hashes = tiles(level, tile)[start : start + (1 << within)]
    if len(hashes) != 1 << within:
        raise ValueError(f"tile {level}/{tile} holds {len(hashes)} of {1 << within} hashes from {start} on")
    return root_of(hashes)


def inclusion_proof(index: int, size: int, tiles: Tiles) -> list[bytes]:
    """The audit path of leaf `index` in the tree of `size` leaves, lowest first (RFC 9162, 2.1.3.1)."""
    if not 0 <= index < size:
        raise ValueError(f"there is no leaf {index} in a tree of {size}")
    path: list[bytes] = []
    lo, hi = 0, size
    while hi - lo > 1:
        k = 1 << ((hi - lo - 1).bit_length() - 1)
        if index < lo + k:
            path.append(subtree(lo + k, hi, tiles))
            hi = lo + k
        else:
            path.append(subtree(lo, lo + k, tiles))
            lo += k
    return path[::-1]


def consistency_proof(old: int, new: int, tiles: Tiles) -> list[bytes]:
    """The proof that the tree of `new` leaves extends the tree of `old` (RFC 9162, 2.1.4.1); empty when old is 0 or new."""
    if not 0 <= old <= new:
        raise ValueError(f"a tree of {new} cannot extend one of {old}")
    if old in (0, new):
        return []
    path: list[bytes] = []
    lo, hi, known = 0, new, True
    while old - lo != hi - lo:
        k = 1 << ((hi - lo - 1).bit_length() - 1)
        if old - lo <= k:
            path.append(subtree(lo + k, hi, tiles))
            hi = lo + k
        else:
            path.append(subtree(lo, lo + k, tiles))
            lo += k
            known = False
    if not known:
        path.append(subtree(lo, hi, tiles))
    return path[::-1]


def cover(lo: int, hi: int) -> list[tuple[int, int]]:
    """The fewest complete subtrees that make up leaves lo..hi-1, left to right, as (height, first leaf)."""
    parts: list[tuple[int, int]] = []
    while lo < hi:
        largest = (hi - lo).bit_length() - 1
        height = min((lo & -lo).bit_length() - 1, largest) if lo else largest
        parts.append((height, lo))
        lo += 1 << height
    return parts


def cover_hashes(lo: int, hi: int, tiles: Tiles) -> list[bytes]:
    """The hashes of `cover(lo, hi)`: with the leaves in between they give the root, so they prove a range of leaves."""
    return [_complete(height, first, tiles) for height, first in cover(lo, hi)]


def inclusion_holds(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether the path leads from the leaf hash to the root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    fn, sn, r = index, size - 1, leaf
    for p in proof:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            r = node_hash(p, r)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = node_hash(r, p)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and r == root


def consistency_holds(old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the tree of `new` extends the tree of `old` (RFC 9162, 2.1.4.2)."""
    if old == new:
        return not proof and old_root == new_root
    if old == 0:
        return not proof and old_root == EMPTY_ROOT
    if not 0 < old < new or not proof:
        return False
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    fn, sn = old - 1, new - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for c in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = node_hash(c, fr), node_hash(c, sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node_hash(sr, c)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and fr == old_root and sr == new_root
