"""The table of keys: every key that was stored is found with its rows, and the bit map lets few others through."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from guard.match.names.keys import BitMap, KeyTable, pack, pack_bits
from guard.normalise.hashing import mixed

entries = st.lists(st.tuples(st.integers(0, 2**64 - 1), st.integers(0, 9)), max_size=60)


@given(entries, st.lists(st.integers(0, 2**64 - 1), max_size=20))
def test_every_row_of_every_key_and_no_other(stored: list[tuple[int, int]], others: list[int]) -> None:
    keys, rows = np.array([key for key, _ in stored], dtype=np.uint64), np.array([row for _, row in stored], dtype=np.uint32)
    asked = [key for key, _ in stored] + others
    at, found = KeyTable(pack("t", keys, rows), "t").find(np.array(asked, dtype=np.uint64))
    wanted = [(index, row) for index, key in enumerate(asked) for row in sorted({r for k, r in stored if k == key})]
    assert list(zip(at.tolist(), found.tolist(), strict=True)) == wanted


def test_few_keys_that_are_not_there_get_past_the_bit_map() -> None:
    keys = mixed(np.arange(200_000, dtype=np.uint64))
    bits = BitMap(pack_bits(keys[:50_000]))
    assert bits.maybe(keys[:50_000]).tolist() == list(range(50_000))
    assert len(bits.maybe(keys[50_000:])) < 0.03 * 150_000
