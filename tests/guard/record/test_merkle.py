"""The tree against RFC 6962, against the definition, and against another implementation."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pymerkle
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guard.record import merkle

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "rfc6962.json").read_text())
LEAVES = [bytes.fromhex(leaf) for leaf in VECTORS["leaves"]]
SIZES = st.integers(0, 700)


def tiles_of(hashes: Sequence[bytes]) -> merkle.Tiles:
    """Tiles made from all leaf hashes at once."""

    def tiles(level: int, tile: int) -> Sequence[bytes]:
        nodes = list(hashes)
        for _ in range(level):
            nodes = [merkle.root_of(nodes[i : i + 256]) for i in range(0, len(nodes) - 255, 256)]
        return nodes[tile * 256 : (tile + 1) * 256]

    return tiles


def mth(leaves: Sequence[bytes]) -> bytes:
    """RFC 6962 section 2.1, word for word."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def leaves_of(size: int) -> list[bytes]:
    return [str(n).encode() for n in range(size)]


def hashes_of(size: int) -> list[bytes]:
    return [merkle.leaf_hash(leaf) for leaf in leaves_of(size)]


@pytest.mark.parametrize("size", range(9))
def test_roots_of_the_reference_vectors(size: int) -> None:
    hashes = [merkle.leaf_hash(leaf) for leaf in LEAVES[:size]]
    assert merkle.root_of(hashes).hex() == VECTORS["roots"][size]
    assert merkle.subtree(0, size, tiles_of(hashes)).hex() == VECTORS["roots"][size]


@pytest.mark.parametrize("vector", VECTORS["inclusion"], ids=str)
def test_inclusion_of_the_reference_vectors(vector: dict[str, Any]) -> None:
    index, size, proof = vector["index"], vector["size"], [bytes.fromhex(p) for p in vector["proof"]]
    hashes = [merkle.leaf_hash(leaf) for leaf in LEAVES[:size]]
    assert merkle.inclusion_proof(index, size, tiles_of(hashes)) == proof
    assert merkle.inclusion_holds(hashes[index], index, size, proof, bytes.fromhex(VECTORS["roots"][size]))


@pytest.mark.parametrize("vector", VECTORS["consistency"], ids=str)
def test_consistency_of_the_reference_vectors(vector: dict[str, Any]) -> None:
    old, new, proof = vector["old"], vector["new"], [bytes.fromhex(p) for p in vector["proof"]]
    hashes = [merkle.leaf_hash(leaf) for leaf in LEAVES]
    roots = [bytes.fromhex(root) for root in VECTORS["roots"]]
    assert merkle.consistency_proof(old, new, tiles_of(hashes)) == proof
    assert merkle.consistency_holds(old, roots[old], new, roots[new], proof)


@given(SIZES)
@settings(max_examples=25, deadline=None)
def test_roots_are_as_defined(size: int) -> None:
    assert merkle.subtree(0, size, tiles_of(hashes_of(size))) == merkle.root_of(hashes_of(size)) == mth(leaves_of(size))


@given(st.integers(1, 80).flatmap(lambda n: st.tuples(st.integers(0, n - 1), st.just(n))))
@settings(max_examples=60, deadline=None)
def test_inclusion_agrees_with_pymerkle(place: tuple[int, int]) -> None:
    index, size = place
    oracle = pymerkle.InmemoryTree(algorithm="sha256")
    for leaf in leaves_of(size):
        oracle.append_entry(leaf)
    theirs = oracle.prove_inclusion(index + 1, size)
    pymerkle.verify_inclusion(merkle.leaf_hash(leaves_of(size)[index]), oracle.get_root(size), theirs)
    ours = merkle.inclusion_proof(index, size, tiles_of(hashes_of(size)))
    assert oracle.get_root(size) == mth(leaves_of(size))
    assert ours == [bytes.fromhex(node) for node in theirs.serialize()["path"]][1:]


@given(st.integers(1, 700).flatmap(lambda n: st.tuples(st.integers(0, n - 1), st.just(n))), st.integers(0, 255), st.integers(0))
@settings(max_examples=40, deadline=None)
def test_an_inclusion_proof_holds_and_any_change_breaks_it(place: tuple[int, int], flip: int, where: int) -> None:
    index, size = place
    hashes = hashes_of(size)
    root = merkle.root_of(hashes)
    proof = merkle.inclusion_proof(index, size, tiles_of(hashes))
    assert merkle.inclusion_holds(hashes[index], index, size, proof, root)
    assert not merkle.inclusion_holds(hashes[index], index, size, [*proof, root], root)
    assert not merkle.inclusion_holds(merkle.leaf_hash(b"another"), index, size, proof, root)
    if proof:
        at = where % len(proof)
        changed = bytearray(proof[at])
        changed[flip % 32] ^= 1
        assert not merkle.inclusion_holds(hashes[index], index, size, [*proof[:at], bytes(changed), *proof[at + 1 :]], root)


@given(st.integers(0, 700).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
@settings(max_examples=60, deadline=None)
def test_a_longer_log_proves_that_it_extends_a_shorter_one_and_a_fork_cannot(place: tuple[int, int]) -> None:
    old, new = place
    hashes = hashes_of(new)
    proof = merkle.consistency_proof(old, new, tiles_of(hashes))
    old_root, new_root = merkle.root_of(hashes[:old]), merkle.root_of(hashes)
    assert merkle.consistency_holds(old, old_root, new, new_root, proof)
    if old:
        forked = merkle.root_of([merkle.leaf_hash(b"forked"), *hashes[1:old]])
        assert not merkle.consistency_holds(old, forked, new, new_root, proof)


@given(st.integers(0, 700).flatmap(lambda n: st.tuples(st.integers(0, n), st.integers(0, n), st.just(n))))
@settings(max_examples=60, deadline=None)
def test_a_range_with_its_cover_gives_the_root(place: tuple[int, int, int]) -> None:
    a, b, size = place
    lo, hi = min(a, b), max(a, b)
    hashes = hashes_of(size)
    tiles = tiles_of(hashes)
    parts = merkle.cover(0, lo) + [(0, i) for i in range(lo, hi)] + merkle.cover(hi, size)
    assert sum(1 << height for height, _ in parts) == size
    known = merkle.cover_hashes(0, lo, tiles) + hashes[lo:hi] + merkle.cover_hashes(hi, size, tiles)
    assert len(known) == len(parts)
