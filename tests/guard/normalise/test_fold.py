"""Folding: what a reader sees is what is compared, and every letter knows where it came from."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.normalise.fold import fold, fold_words
from guard.normalise.letters import SEPARATOR, fold_text, folded, trailing_marks

CASES = [
    pytest.param("Taylor SWIFT", ["taylor", "swift"], id="case"),
    pytest.param("Beyoncé Straße İstanbul", ["beyonce", "strasse", "istanbul"], id="marks and letters that lower-casing lengthens"),
    pytest.param("O'Brien’s", ["obriens"], id="apostrophes do not part words"),
    pytest.param("Paul O'Grady", ["paul", "ogrady"], id="nor in ASCII text"),
    pytest.param("Tay\u200blor\u00ad Swi\u2060ft", ["taylor", "swift"], id="zero-width and soft hyphen"),
    pytest.param("T̶a̷y̸lor", ["taylor"], id="combining strokes"),
    pytest.param("a\u0345b", ["ab"], id="a mark that case folding turns into a letter"),
    pytest.param("Ｔａｙｌｏｒ 𝓢𝔀𝓲𝓯𝓽 ᴛᴏᴍ Ⓐⓑ 🅰🇹", ["taylor", "swift", "tom", "ab", "at"], id="styled letters"),
    pytest.param("T\U000e0041aylor\ufe0f", ["taylor"], id="tags and variation selectors"),
    pytest.param("TaylorSwift taylor_swift", ["taylor", "swift", "taylor", "swift"], id="camel case and snake case"),
    pytest.param("泰勒·斯威夫特の写真", ["泰勒", "斯威夫特", "ノ", "写真"], id="writing without spaces parts where its kind changes"),
    pytest.param("ﾃｲﾗｰ か\u3099", ["テイラー", "ガ"], id="half-width and decomposed kana"),
    pytest.param("馬斯克", ["马斯克"], id="traditional forms"),
    pytest.param("\ud800x\udfff", ["x"], id="lone surrogates part words"),
    pytest.param("", [], id="nothing"),
]


@pytest.mark.parametrize(("text", "words"), CASES)
def test_words(text: str, words: list[str]) -> None:
    assert fold_words(text) == words


@given(st.text(st.characters(), max_size=60))
def test_every_letter_comes_from_its_character(text: str) -> None:
    found = fold(text)
    assert len(found.letters) == len(found.at) == len(found.breaks) == len(found.kinds)
    assert (found.at[1:] >= found.at[:-1]).all()
    for letter, at in zip(found.letters.tolist(), found.at.tolist(), strict=True):
        own = folded(text[at])
        together = unicodedata.normalize("NFC", own + "".join(folded(char) for char in text[at + 1 : at + 4]).replace(SEPARATOR, ""))
        assert chr(letter) in own or chr(letter) in together


@given(st.text(st.characters(), max_size=40))
def test_folding_twice_changes_nothing(text: str) -> None:
    once = fold_text(text)
    assert fold_text(once) == once


@given(st.text(alphabet="abcXYZ '-.1", max_size=30))
def test_the_two_ways_to_fold_agree(text: str) -> None:
    assert "".join(fold_words(text)) == fold_text(text).replace(" ", "")


def test_marks_after_a_letter_belong_to_it() -> None:
    assert trailing_marks("e\u0301\u0323x", 1) == 3
