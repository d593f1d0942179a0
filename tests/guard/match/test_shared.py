"""Arrays through a shared block."""

import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from guard.match.shared import new_block, pack, unpack

arrays_ = st.dictionaries(
    st.text("abc.", min_size=1, max_size=8),
    hnp.arrays(st.sampled_from([np.uint8, np.int64, np.uint64, np.float32]), hnp.array_shapes(max_dims=2, min_side=0, max_side=5)),
    max_size=5,
)


@given(arrays_)
def test_what_was_packed_is_unpacked(arrays: dict[str, np.ndarray]) -> None:
    block = new_block()
    try:
        pack(arrays, block)
        read = unpack(block)
    finally:
        os.close(block)
    assert {name: (a.dtype, a.shape, a.tobytes()) for name, a in read.items()} == {
        name: (a.dtype, a.shape, a.tobytes()) for name, a in arrays.items()
    }


def test_views_cannot_be_written() -> None:
    block = new_block()
    pack({"a": np.arange(3)}, block)
    read = unpack(block)
    os.close(block)
    with pytest.raises(ValueError, match="read-only"):
        read["a"][0] = 1


def test_a_large_array_survives() -> None:
    block = new_block()
    large = np.arange(1 << 20, dtype=np.float32)
    pack({"small": np.array([1], np.uint8), "large": large}, block)
    read = unpack(block)
    os.close(block)
    assert np.array_equal(read["large"], large)
