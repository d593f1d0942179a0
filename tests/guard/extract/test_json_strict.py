"""Rows 15 and 18-21: JSON that two readers may read differently."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.errors import UnscreenableError
from guard.extract.json_strict import dump, parse

REFUSED = [
    pytest.param('{"a":1}'.encode("utf-16"), id="15: UTF-16 with a mark"),
    pytest.param('{"a":1}'.encode("utf-16-le"), id="15: UTF-16"),
    pytest.param('{"a":1}'.encode("utf-32"), id="15: UTF-32"),
    pytest.param(b'\xef\xbb\xbf{"a":1}', id="15: byte order mark"),
    pytest.param(b'{"a":"\xff"}', id="15: not UTF-8"),
    pytest.param(b'{"a":"\xed\xa0\x80"}', id="15: surrogate in UTF-8"),
    pytest.param(b'{"a":"\xc0\xaf"}', id="15: overlong UTF-8"),
    pytest.param(b'{"prompt":"a","prompt":"b"}', id="18: duplicate key"),
    pytest.param(b'{"prompt":"a","pr\\u006fmpt":"b"}', id="18: duplicate key, escaped"),
    pytest.param(b'{"a":[{"b":1,"b":2}]}', id="18: duplicate key, deep"),
    pytest.param(b'{"a":NaN}', id="19: NaN"),
    pytest.param(b'{"a":-Infinity}', id="19: infinity"),
    pytest.param(b'{"a":1e400}', id="19: 1e400"),
    pytest.param(b'{"a":[-1e400]}', id="19: -1e400, deep"),
    pytest.param(b'{"a":' + b"9" * 400 + b"}", id="19: 400 digits"),
    pytest.param(b'{"a":' + b"9" * 5000 + b"}", id="19: 5,000 digits"),
    pytest.param(b'{"a":"\\ud800"}', id="20: lone surrogate"),
    pytest.param(b'{"a":"\\udc00x"}', id="20: lone low surrogate"),
    pytest.param(b'{"\\ud800":1}', id="20: lone surrogate in a key"),
    pytest.param(b"[" * 100_000, id="21: depth"),
    pytest.param(b"[" * 202 + b"]" * 202, id="21: depth, closed"),
    pytest.param(b'{"a":1} {"a":2}', id="two texts"),
    pytest.param(b'{"a":1}\0', id="NUL behind"),
    pytest.param(b"{'a':1}", id="single quotes"),
    pytest.param(b'{"a":1,}', id="trailing comma"),
    pytest.param(b'{"a":01}', id="leading zero"),
    pytest.param(b'{"a":+1}', id="plus"),
    pytest.param(b'{"a":.5}', id="no digit before the point"),
    pytest.param(b'{"a":0x10}', id="hexadecimal"),
    pytest.param(b'// c\n{"a":1}', id="comment"),
    pytest.param(b'{"a":"\n"}', id="raw control character"),
    pytest.param(b'{"a":"\\x41"}', id="unknown escape"),
    pytest.param(b"", id="nothing"),
    pytest.param(b"[" + b"[]," * 300_000 + b"0]", id="24: as many values as memory"),
]


@pytest.mark.parametrize("body", REFUSED)
def test_what_two_readers_may_read_differently_is_refused(body: bytes) -> None:
    with pytest.raises(UnscreenableError):
        parse(body)


EXACT = [
    b"1.10", b"1.0", b"-0", b"-0.0", b"0", b"1e5", b"1E+5", b"1.5e-300", b"123456789012345678901234567890", b"-9223372036854775809",
    b"18446744073709551616", b"0.1000000000000000055511151231257827", b'{"b":1,"a":[-0,"-0",-0.0,{"-0":-0}]}', b'["\xc3\xa9","\xf0\x9f\x98\x80"]',
    b'{"a":"-0E-0","b":-0}', b'["\\"-0",-0]', b"[-0]", b'["[-0]",1]', b"[1,-0,2]", b"true", b"null", b'""', b"[]", b"{}",
]  # fmt: skip


@pytest.mark.parametrize("body", EXACT)
def test_numbers_and_key_order_survive_byte_for_byte(body: bytes) -> None:
    assert dump(parse(body)) == body


_numbers = st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False))
_trees = st.recursive(
    st.one_of(st.none(), st.booleans(), _numbers, st.text(st.characters(exclude_categories=["Cs"]))),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(_trees, st.booleans())
def test_whatever_json_writes_reads_the_same_after_the_guard(tree: object, ascii_only: bool) -> None:
    body = json.dumps(tree, ensure_ascii=ascii_only).encode()
    try:
        parsed = parse(body)
    except UnscreenableError:
        assert any(abs(number) >= 2**1023 for number in _integers(tree))
        return
    again = dump(parsed)
    assert json.loads(again, parse_float=str, parse_int=str) == json.loads(body, parse_float=str, parse_int=str)
    assert list(_keys(json.loads(again))) == list(_keys(json.loads(body)))


@given(st.binary(max_size=40))
def test_whatever_the_guard_accepts_json_reads_the_same(noise: bytes) -> None:
    body = b'{"a":[' + noise + b"]}"
    try:
        again = dump(parse(body))
    except UnscreenableError:
        return
    assert json.loads(again, parse_float=str, parse_int=str) == json.loads(body, parse_float=str, parse_int=str)
    assert not any(math.isinf(number) for number in _floats(json.loads(body)))


def _integers(tree: object) -> list[int]:
    return [leaf for leaf in _leaves(tree) if isinstance(leaf, int)]


def _floats(tree: object) -> list[float]:
    return [leaf for leaf in _leaves(tree) if isinstance(leaf, float)]


def _leaves(tree: object) -> list[object]:
    if isinstance(tree, dict):
        return [leaf for item in tree.values() for leaf in _leaves(item)]
    return [leaf for item in tree for leaf in _leaves(item)] if isinstance(tree, list) else [tree]


def _keys(tree: object) -> list[str]:
    if isinstance(tree, dict):
        return [key for name, item in tree.items() for key in [name, *_keys(item)]]
    return [key for item in tree for key in _keys(item)] if isinstance(tree, list) else []
