"""Signed notes, against the example of the C2SP specification and against damage."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.record import checkpoint
from guard.record.checkpoint import NoteError, Signer, Tree

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "signed_note.json").read_text())
SIGNER = Signer("guard.example", bytes(range(32)))
TREE = Tree(7, b"r" * 32)


def test_a_key_is_written_as_go_writes_it() -> None:
    """The verifier key of golang.org/x/mod/sumdb/note's own example."""
    key = checkpoint.parse_key(VECTORS["peter_neumann"]["key"])
    assert (str(key), key.name) == (VECTORS["peter_neumann"]["key"], "PeterNeumann")
    text, signature = VECTORS["peter_neumann"]["text"], bytes.fromhex(VECTORS["peter_neumann"]["signature"])
    assert key.accepts(text.encode(), signature)


def test_a_note_is_exactly_this() -> None:
    assert checkpoint.sign(TREE, SIGNER) == VECTORS["checkpoint"]["note"]
    assert str(SIGNER.key) == VECTORS["checkpoint"]["key"]
    assert checkpoint.verify(VECTORS["checkpoint"]["note"], [SIGNER.key], "guard.example") == TREE


def test_a_note_may_carry_signatures_of_others() -> None:
    note = checkpoint.sign(TREE, SIGNER) + "— witness.example AAAAAAAAAAAAAAAAAAAA\n"
    assert checkpoint.verify(note, [SIGNER.key]) == TREE


@given(st.integers(0, 2**60), st.binary(min_size=32, max_size=32))
def test_every_tree_survives(size: int, root: bytes) -> None:
    assert checkpoint.verify(checkpoint.sign(Tree(size, root), SIGNER), [SIGNER.key]) == Tree(size, root)
    assert checkpoint.stated(checkpoint.sign(Tree(size, root), SIGNER)) == Tree(size, root)


@given(st.integers(0), st.integers(1, 127))
def test_any_change_is_noticed(where: int, change: int) -> None:
    note = bytearray(checkpoint.sign(TREE, SIGNER).encode())
    note[where % len(note)] ^= change
    try:
        changed = note.decode()
    except UnicodeDecodeError:
        return
    with pytest.raises(NoteError):
        checkpoint.verify(changed, [SIGNER.key])


@pytest.mark.parametrize(
    ("note", "message"),
    [
        ("", "not a signed note"),
        ("guard.example\n7\n", "not a signed note"),
        (checkpoint.sign(TREE, SIGNER)[:-1], "cut short"),
        (checkpoint.sign(TREE, Signer("guard.example", b"x" * 32)), "not signed by the key given"),
        (checkpoint.sign(TREE, Signer("other.example", bytes(range(32)))), "not signed by the key given"),
    ],
    ids=["empty", "no signature", "no last line break", "another key", "another name"],
)
def test_what_is_refused(note: str, message: str) -> None:
    with pytest.raises(NoteError, match=message):
        checkpoint.verify(note, [SIGNER.key])


def test_a_checkpoint_of_another_log_is_refused() -> None:
    with pytest.raises(NoteError, match="another log"):
        checkpoint.verify(checkpoint.sign(TREE, SIGNER), [SIGNER.key], "other.example")


@pytest.mark.parametrize("key", ["", "a+b", "guard+00000000+AQ==", str(SIGNER.key)[:-4], str(SIGNER.key).replace("+", "+0", 1)])
def test_keys_that_are_none(key: str) -> None:
    with pytest.raises(NoteError, match="not a"):
        checkpoint.parse_key(key)
