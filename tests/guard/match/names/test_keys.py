"""The table of keys: every key that was stored is found with its rows, and the bit map lets few others through."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from guard.match.names.keys import pack, pack_bits
from guard.match.names.lookup import BitMap, KeyTable, Levels
from guard.normalise.hashing import mixed

entries = st.lists(st.tuples(st.integers(0, 2**64 - 1), st.integers(0, 9)), max_size=60)


@given(entries, st.lists(st.integers(0, 2**64 - 1), max_size=20))
def test_every_row_of_every_key_and_no_other(stored: list[tuple[int, int]], others: list[int]) -> None:
    keys, rows = np.array([key for key, _ in stored], dtype=np.uint64), np.array([row for _, row in stored], dtype=np.uint32)
    table = KeyTable(pack("t", keys, rows), "t")
    for asked in [key for key, _ in stored] + others:
        assert table.rows(asked) == sorted({row for key, row in stored if key == asked})


def test_few_keys_that_are_not_there_get_past_the_bit_map() -> None:
    keys = mixed(np.arange(200_000, dtype=np.uint64))
    bits = BitMap(pack_bits(keys[:50_000]))
    known = [key in bits for key in keys.tolist()]
    assert all(known[:50_000])
    assert sum(known[50_000:]) < 0.03 * 150_000


@given(st.dictionaries(st.integers(0, 2**64 - 1), st.integers(1, 255), max_size=40), st.lists(st.integers(0, 2**64 - 1), max_size=20))
def test_levels_of_words(stored: dict[int, int], others: list[int]) -> None:
    keys = np.array(sorted(stored), dtype=np.uint64)
    levels = Levels({"names.words.keys": keys, "names.words.levels": np.array([stored[int(key)] for key in keys], dtype=np.uint8)})
    asked = [*stored, *others]
    assert levels.levels(np.array(asked, dtype=np.uint64)).tolist() == [stored.get(key, 0) for key in asked]
