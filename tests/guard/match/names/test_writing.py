"""How scripts write the names of each other: tokens in their standard transliteration, and laws of the tables."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.match.names.sound import keys_of_name
from guard.match.names.writing import latin, latin_form, read, skeleton, writing_of
from guard.normalise.letters import fold_text


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
        assert keys_of_name(word) is not None
