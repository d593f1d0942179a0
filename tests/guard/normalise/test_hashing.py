"""Hashes of stretches from running sums equal the hash of the stretch as a word."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from guard.normalise.fold import code_points
from guard.normalise.hashing import Sums, code_values, hash_word, powers, running, without_one

words = st.text(st.characters(min_codepoint=0x61, max_codepoint=0x4FF), min_size=1, max_size=20)


@given(st.lists(st.integers(0, 0xFFFFFFFF), max_size=40))
def test_running_sums_are_of_values_times_powers(codes: list[int]) -> None:
    letters = np.array(codes, dtype=np.uint32)
    sums = Sums(letters)
    assert sums.values.tolist() == code_values(letters).tolist()
    assert sums.up.tolist() == running(sums.values * powers(len(codes))[0][: len(codes)]).tolist()


@given(words, words)
def test_joined(first: str, second: str) -> None:
    sums = Sums(code_points(first + second))
    cut, end = np.array([len(first)]), np.array([len(first + second)])
    head, tail = sums.of(cut * 0, cut), sums.of(cut, end)
    assert [int(head[0]), int(tail[0])] == [hash_word(first), hash_word(second)]
    assert int(sums.joined(head, cut, tail)[0]) == hash_word(first + second)


@given(words)
def test_with_one_letter_left_out(word: str) -> None:
    hashes, owner = without_one(Sums(code_points(word)), np.array([0]), np.array([len(word)]))
    assert [int(value) for value in hashes] == [hash_word(word[:at] + word[at + 1 :]) for at in range(len(word))]
    assert owner.tolist() == [0] * len(word)
