"""How scripts write the names of each other: tokens in their standard transliteration, and laws of the tables."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.match.names.sound import codes_of_name, skeleton_keys
from guard.match.names.writing import latin, latin_form, letter_odds, read, skeleton, writing_of
from guard.normalise.hashing import hash_word
from guard.normalise.letters import fold_text

PAIRS = Path(__file__).parents[3] / "cases" / "pairs"


@pytest.mark.parametrize(("script", "least"), [("greek", 0.9), ("devanagari", 0.9), ("thai", 0.9)])
def test_tokens_are_looked_up_where_names_are_stored(script: str, least: float) -> None:
    lines = (PAIRS / f"tokens_{script}.tsv").read_text("utf-8").splitlines()
    met = 0
    for line in lines:
        letters, native, _ = line.split("\t")
        stored = {hash_word(code) for code in codes_of_name(fold_text(letters))}
        met += not stored.isdisjoint(skeleton_keys(fold_text(native.replace(" ", ""))))
    assert met >= least * len(lines)


@pytest.mark.parametrize(
    ("native", "letters", "other"),
    [
        ("теилор", "taylor", "baker"),
        ("شكسبير", "shakespeare", "sheffield"),
        ("טיילור", "taylor", "tailback"),
        ("スウィフト", "swift", "smith"),
        ("스위프트", "swift", "smith"),
        ("斯威夫特", "swift", "smith"),
        ("टेलर", "taylor", "tiller's".replace("'", "")),
        ("τειλορ", "taylor", "barlow"),
        ("เทย์เลอร์", "taylor", "barlow"),
    ],
)
def test_the_right_word_explains_best(native: str, letters: str, other: str) -> None:
    writing = writing_of(native)
    assert writing is not None
    cost = writing.cost(native, latin(letters), 99.0)
    assert cost < writing.cost(native, latin(other), 99.0)
    assert cost < writing.rarity(native)


def test_cost_beyond_the_most_is_infinite() -> None:
    writing = writing_of("путин")
    assert writing is not None
    assert writing.cost("путин", "benedict", 5.0) == float("inf")


@pytest.mark.parametrize(
    ("native", "there", "missing"), [("свифт", "tsif", "abm"), ("تايلور", "artl", "xcz"), ("린드크비스트", "indrts", "oag")]
)
def test_letters_that_a_word_is_likely_written_with(native: str, there: str, missing: str) -> None:
    odds = letter_odds(native)
    assert min(odds[ord(letter) - 97] for letter in there) > 0 > max(odds[ord(letter) - 97] for letter in missing)


@given(st.sampled_from(["ы", "뷁", "ヴ", "葛", "ث", "ष", "ฒ", "ψ"]), st.integers(1, 3000))
def test_odds_of_words_of_any_length_are_numbers(letter: str, times: int) -> None:
    assert np.isfinite(letter_odds(letter * times)).all()


def test_latin_letters_and_skeletons() -> None:
    assert latin("o'connell") == "oconel"
    assert skeleton("oconel") == "KNL"
    assert latin_form("соколов") == "sokolov"
    assert writing_of("taylor") is None


@given(st.text(min_size=1, max_size=12))
def test_any_text_can_be_read(text: str) -> None:
    for word in fold_text(text).split():
        skeletons, letters = read(word)
        assert all(skeletons)
        assert letters == latin(letters)
        assert codes_of_name(word) is not None
