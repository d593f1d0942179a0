"""Encodings of another program: read whole or refused whole, and never unpickled."""

import io
import pickle

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.errors import FieldError, InvalidInputError
from guard.registry import encodings

GOOD = (np.random.default_rng(0).standard_normal(128) * 0.127).tolist()
UNIT = np.array(GOOD) / np.linalg.norm(GOOD)


def npy(array: object) -> bytes:
    held = io.BytesIO()
    np.save(held, np.asarray(array))
    return held.getvalue()


@pytest.mark.parametrize(
    ("tree", "count"),
    [
        pytest.param({"Ada": [GOOD, GOOD]}, 2, id="several for a name"),
        pytest.param({"Ada": GOOD}, 1, id="one for a name"),
        pytest.param([{"name": "Ada", "encoding": GOOD}], 1, id="a list of entries"),
    ],
)
def test_json(tree: object, count: int) -> None:
    found = encodings.from_json(orjson.dumps(tree))
    assert list(found) == ["Ada"]
    assert len(found["Ada"]) == count
    for vector in found["Ada"]:
        assert vector.dtype == np.float32
        assert vector == pytest.approx(UNIT, abs=1e-6)


@pytest.mark.parametrize(("array", "count"), [(GOOD, 1), ([GOOD, GOOD, GOOD], 3)], ids=["one", "three"])
def test_npy(array: object, count: int) -> None:
    found = encodings.from_npy(npy(array))
    assert len(found) == count
    assert found[0] == pytest.approx(UNIT, abs=1e-6)


def test_every_wrong_entry_is_named_and_none_is_used() -> None:
    tree = {"A/B": [GOOD, GOOD[:127]], "C": [[0.0] * 128], "D": ["x"], "E": GOOD}
    with pytest.raises(InvalidInputError, match="3 of the encodings") as refused:
        encodings.from_json(orjson.dumps(tree))
    assert refused.value.errors == (
        FieldError("/A~1B/1", "an encoding has 128 numbers, this has shape (127,)"),
        FieldError("/C/0", "a vector of length 0.00 is none of dlib's (0.9 to 1.8); another encoder's cannot be compared"),
        FieldError("/D", "an encoding is a list of numbers"),
    )


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"{}", b"3", b'["x"]', b'{"a": NaN}', b'{"a": null}'], ids=repr)
def test_what_is_no_file_of_encodings(text: bytes) -> None:
    with pytest.raises(InvalidInputError):
        encodings.from_json(text)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"not numpy", id="garbage"),
        pytest.param(pickle.dumps([GOOD]), id="a pickle"),
        pytest.param(npy(np.array([None, "x"], dtype=object)), id="an array of objects"),
        pytest.param(npy([[GOOD]]), id="three axes"),
        pytest.param(npy(np.full(128, np.nan)), id="not a number"),
        pytest.param(npy(np.full(128, np.inf)), id="infinite"),
        pytest.param(npy(np.array(["a"] * 128)), id="letters"),
        pytest.param(npy(np.ones(512) * 0.06), id="another encoder"),
        pytest.param(npy(GOOD)[:-9], id="cut"),
    ],
)
def test_what_is_no_npy_file_of_encodings(data: bytes) -> None:
    with pytest.raises(InvalidInputError):
        encodings.from_npy(data)


@given(st.binary(max_size=300))
def test_bytes_of_any_kind_are_read_or_refused(data: bytes) -> None:
    for read in (encodings.from_json, encodings.from_npy):
        try:
            read(data)
        except InvalidInputError:
            continue
