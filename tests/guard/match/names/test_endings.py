"""Endings by language: what a word may be a form of, and what it may not."""

import pytest

from guard.match.names.endings import languages, stem

FORMS = [
    ("wilsonsche", "wilson", "German adjective"),
    ("eda", "ed", "a name of two letters"),
    ("ley", "lee", "the vowel gives way"),
    ("monice", "monika", "k becomes c"),
    ("olze", "olga", "g becomes z"),
    ("swifcie", "swift", "t becomes c"),
    ("marka", "marek", "the e goes"),
    ("kaczynskiego", "kaczynski", "Polish adjective"),
    ("navalnogo", "navalny", "Russian adjective"),
    ("swiftlerinki", "swift", "Turkish chain"),
    ("swifttel", "swift", "Hungarian with"),
    ("swiftillakin", "swift", "Finnish with a particle"),
    ("virtasen", "virtanen", "Finnish -nen"),
    ("bidenui", "biden", "Lithuanian"),
    ("trumpului", "trump", "Romanian"),
    ("trumpit", "trump", "Albanian"),
]


@pytest.mark.parametrize(("seen", "wanted"), [pytest.param(seen, wanted, id=why) for seen, wanted, why in FORMS])
def test_a_form_of_a_name(seen: str, wanted: str) -> None:
    assert languages(seen, wanted) != 0


@pytest.mark.parametrize(
    ("seen", "wanted"), [("swiftwear", "swift"), ("waterfall", "water"), ("hilton", "hil"), ("es", "ed"), ("wilsonx", "wilson")]
)
def test_another_word(seen: str, wanted: str) -> None:
    assert languages(seen, wanted) == 0


def test_endings_of_two_languages_have_none_in_common() -> None:
    assert languages("wilsonsche", "wilson") & languages("janelerinki", "jane") == 0
    assert languages("wilsonowi", "wilson") & languages("janu", "jane") != 0


@pytest.mark.parametrize(
    ("word", "cut"), [("lee", "le"), ("monika", "moni"), ("virtanen", "virta"), ("tom", None), ("kay", "ka"), ("wilson", None)]
)
def test_stems_that_are_stored_beside_the_word(word: str, cut: str | None) -> None:
    assert stem(word) == cut
