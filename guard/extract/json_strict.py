"""JSON (RFC 8259) read so that no two readers can differ about it, and written so that numbers keep their text.

Refused: duplicate keys (also when one is escaped), NaN and infinities, numbers no double can hold (1e400, 400 digits),
lone surrogates, a byte order mark, anything that is not UTF-8, nesting beyond 201, trailing characters or commas, and
more values than any honest request has.
"""

import re
from typing import TypeAlias

import jiter
import orjson

from guard.errors import TooLargeError, UnscreenableError

Number = jiter.LosslessFloat
Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | bool | Number | None"
"""A parsed tree. Numbers with a fraction or exponent (and `-0`) are `Number`s, whose `str` is the text as it was sent."""

_LARGEST_BITS = 1023
_MOST_VALUES = 400_000  # about 60 MB of Python objects at worst; a body of 64 MB could make 1.4 GB
_MAYBE_NEGATIVE_ZERO = re.compile(rb"(?:^|[\[,:\s])-0(?:[\s,\]}]|$)")
_NEGATIVE_ZERO = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|-0(?![.eE0-9])', re.DOTALL)


def parse(body: bytes, where: str | None = None) -> Json:
    """The tree of a JSON text, with key order and number text kept.

    Raises:
        UnscreenableError: for every text that two JSON readers might read differently; `where` is its place.
    """
    if body.count(b",") + body.count(b"[") + body.count(b"{") > _MOST_VALUES:
        raise TooLargeError(f"The body has more than {_MOST_VALUES} values.", where)
    try:
        tree: Json = _from_json(body)
        if b"-0" in body and _MAYBE_NEGATIVE_ZERO.search(body):
            tree = _with_negative_zeros(body, tree)
    except ValueError as error:
        raise UnscreenableError(f"The body is not strict JSON: {error}.", where) from error
    _check_numbers(tree, where)
    return tree


def dump(tree: Json) -> bytes:
    """The tree as compact JSON: same keys, same order, same number text as were read."""
    try:
        return orjson.dumps(tree, default=_fragment)
    except orjson.JSONEncodeError:  # an integer beyond 64 bits, which orjson does not write
        return orjson.dumps(_with_big_integers(tree), default=_fragment)


def _from_json(body: bytes) -> Json:
    tree: Json = jiter.from_json(body, allow_inf_nan=False, catch_duplicate_keys=True, float_mode="lossless-float", cache_mode="keys")
    return tree


def _check_numbers(tree: Json, where: str | None) -> None:
    """Refuse numbers beyond a double: readers make infinity, an error or a big integer of them."""
    stack: list[Json] = [tree]
    while stack:
        node = stack.pop()
        kind = type(node)
        if kind is dict:
            stack.extend(node.values())  # type: ignore[union-attr]  # mypy does not narrow by `type(x) is`; isinstance costs twice as much here
        elif kind is list:
            stack.extend(node)  # type: ignore[arg-type]
        elif kind is int:
            if node.bit_length() > _LARGEST_BITS:  # type: ignore[union-attr]
                raise UnscreenableError("A number in the body is too large for a double.", where)
        elif kind is Number and float(node) in (float("inf"), float("-inf")):  # type: ignore[arg-type]
            raise UnscreenableError(f"The number {str(node)[:32]} in the body is too large for a double.", where)


def _fragment(value: object) -> orjson.Fragment:
    if isinstance(value, Number):
        return orjson.Fragment(bytes(value))
    raise TypeError(f"{type(value).__name__} is no part of a JSON tree")


def _with_big_integers(tree: Json) -> object:
    if isinstance(tree, dict):
        return {key: _with_big_integers(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [_with_big_integers(value) for value in tree]
    return orjson.Fragment(str(tree)) if type(tree) is int and tree.bit_length() > 62 else tree


def _with_negative_zeros(body: bytes, tree: Json) -> Json:
    """`-0` as a Number: jiter reads it as the integer 0, and some readers know the difference."""
    marker = b"-0E-0"
    while marker in body:
        marker += b"0"
    marked = _NEGATIVE_ZERO.sub(lambda token: marker if token.group() == b"-0" else token.group(), body)
    return tree if marked == body else _unmark(_from_json(marked), marker.decode())


def _unmark(tree: Json, marker: str) -> Json:
    if isinstance(tree, dict):
        return {key: _unmark(value, marker) for key, value in tree.items()}
    if isinstance(tree, list):
        return [_unmark(value, marker) for value in tree]
    return Number(b"-0") if isinstance(tree, Number) and str(tree) == marker else tree
