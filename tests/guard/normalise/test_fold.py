"""Folding: what a reader sees is what is compared, and every letter knows where it came from."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.normalise import pages
from guard.normalise.fold import LOWER, SCRIPT, UPPER, fold, fold_words
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


@given(st.text(st.one_of(st.characters(), st.sampled_from("ab AB1' \u200bßﬁ泰テ가かТ")), max_size=60))
def test_one_pass_gives_what_a_look_at_each_character_gives(text: str) -> None:
    own = [folded(char) for char in text]
    if any(pages.joins(ord(letter)) for letters in own for letter in letters):
        return
    found = fold(text)
    letters, at, marks, parted = "", [], [], True
    for place, part in enumerate(own):
        if part == SEPARATOR:
            parted = True
        for letter in part.strip():
            kind = int(found.kinds[len(at)]) & SCRIPT
            parted |= bool(at) and at[-1] != place and kind != int(found.kinds[len(at) - 1]) & SCRIPT
            letters, at, marks, parted = letters + letter, [*at, place], [*marks, parted], False
    assert found.word(0, len(found.letters)) == letters.encode("utf-32-le", "surrogatepass").decode("utf-32-le", "replace")
    assert (found.at.tolist(), found.marks.tolist()) == (at, [*marks, True])
    assert [bool(kind & UPPER) for kind in found.kinds.tolist()] == [text[place].isupper() for place in at]
    small = [char.islower() and not "\u10d0" <= char <= "\u10ff" for char in text]  # Georgian has capitals for headlines alone
    assert [bool(kind & LOWER) for kind in found.kinds.tolist()] == [small[place] for place in at]
    capital = [text[b].isupper() and small[a] and not mark for a, b, mark in zip(at, at[1:], marks[1:], strict=False)]
    assert found.camel.tolist() == ([False, *capital] if at else [])


@given(st.text(alphabet="かきガハﾊﾞ\u3099\u309a\u1100\u1161\u11a8\u1112가각字a -ß", max_size=12))
def test_voicing_marks_and_jamo_are_put_together_as_unicode_does(text: str) -> None:
    letters = "".join(folded(char) for char in text).replace(SEPARATOR, "")
    found = fold(text)
    assert found.word(0, len(found.letters)) == unicodedata.normalize("NFC", letters)


def test_every_page_has_what_its_characters_are_folded_to() -> None:
    for page in range(pages.LIMIT >> 8):
        pages.load(page)
    for code in range(pages.LIMIT):
        letters, value = folded.__wrapped__(chr(code)), int(pages.FOLD[code])
        if value & pages.SEVERAL:
            assert pages.EXPANSIONS[value ^ pages.SEVERAL] == letters
        elif value <= pages.DROPPED:
            assert letters == (SEPARATOR if value == pages.GAP else "")
        else:
            assert chr(value & ~pages.JOINING) == letters
            assert bool(value & pages.JOINING) == pages.joins(ord(letters))
            assert int(pages.KIND[code]) == pages.kind_of(chr(code))


@given(st.text(st.characters(), max_size=40))
def test_folding_twice_changes_nothing(text: str) -> None:
    once = fold_text(text)
    assert fold_text(once) == once


@given(st.text(alphabet="abcXYZ '-.1", max_size=30))
def test_the_two_ways_to_fold_agree(text: str) -> None:
    assert "".join(fold_words(text)) == fold_text(text).replace(" ", "")


def test_marks_after_a_letter_belong_to_it() -> None:
    assert trailing_marks("e\u0301\u0323x", 1) == 3
