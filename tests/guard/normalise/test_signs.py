"""Signs: nothing that a reading would change is without one, and they are what a slow look at the text finds."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.normalise import signs
from guard.normalise.decoding import CODES
from guard.normalise.fold import DIGIT, fold
from guard.normalise.reading import Reading
from guard.normalise.signing import signs_of_letters, signs_of_text
from guard.normalise.views import STEPS

# By the folded letters alone; where they do not show it, a reading is not wanted.
BY_LETTERS = signs.MIXED | signs.LETTERS | signs.LISTED
PIECES = [
    *"aAbiIsxXnNſıİK19 \n.,:;-_=+&%\\/|!@$^*#<>[](){}'\"’“”`«»\u00a0\u200b\u0301\u202eТаɐʍǝ①Ａ❤️姓é⠞⠁⠽",
    *("&#84;", "%41", "\\u0041", "U+0041", "chr(84)", "<b>", "=54=61=79", "<~87cU~>", "\U000e0041\U000e0041\U000e0041\U000e0041"),
    *(
        "remove every x: ",
        "first name ",
        "T as in tom ",
        "tango alpha ",
        "yankee ",
        "lima",
        "Tayyy",
        "T4y",
        "8111 94735",
        ". - .-. ",
        " J. K ",
        "John O'Neil's",
        *(
            "surname ",
            "family ",
            "called ",
            "the ",
            "last: ",
            "姓:",
            "\nN:a;b",
            "(jo:1.2)",
            "::2",
            "tOmHa",
            "TAY-lor",
            "aylor-tay",
            "[ˈteɪlə]",
            "T4o5m6",
            "without digits ",
        ),
        *(
            "caesar ",
            "first letters ",
            "**a**",
            "[b]",
            "卂",
            "ა",
            "a\\nb",
            "~~x~~",
            "a/*x*/b",
            "\\textbf{x}",
            "tee oh ",
            "Jo Том",
            "Том Jo",
            "\n[1] a",
            " a = Jo",
            ", b2=al",
            "KeI",
        ),
    ),
]
texts = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)


@pytest.mark.parametrize("step", [step for step in STEPS if not step.signs & BY_LETTERS], ids=lambda step: step.name)
@given(text=texts)
def test_a_text_without_a_sign_has_no_such_reading(step, text: str) -> None:
    if not signs_of_text(text) & step.signs:
        assert step.make(Reading.of(text)) is None


# What these ask for is more than a code needs: without it a code is seldom meant.
ASKED_MORE = signs.NUMBERS | signs.BASE64 | signs.MORSE
CODED = st.lists(
    st.sampled_from([*PIECES, *"0123456789abcdefABCDEF", "01", "0x", "\\101", "54 61 ", "ONSW", "MFRG", "\u2801", "\ufe0f"]), max_size=24
).map("".join)


@pytest.mark.parametrize(("sign", "pattern", "read"), [code for code in CODES if not code[0] & ASKED_MORE])
@given(text=CODED)
def test_a_text_without_the_sign_of_a_code_has_none(sign: int, pattern: re.Pattern[str], read, text: str) -> None:
    if not signs_of_text(text) & sign:
        assert not any(read(match) for match in pattern.finditer(text))


@given(texts | st.text(max_size=60))
def test_words_and_repeated_letters_are_found(text: str) -> None:
    found = signs_of_text(text)
    if re.search(r"([^\W\d_])\1\1", text, re.IGNORECASE):
        assert found & signs.AGAIN
    whole = [word.replace("ſ", "s").replace("ı", "i").replace("i̇", "i") for word in re.findall(r"\w+", text.lower())]
    assert bool(found & signs.LEAVING) == any(word in signs.LEAVING_OUT for word in whole)
    assert bool(found & signs.CODE) == (sum(word in signs.TELLING_NAMES.union(signs.CODE_WORDS) for word in whole) >= 3)
    assert bool(found & signs.FIRSTS) == any(word in signs.FIRSTS_WORDS for word in whole)
    assert bool(found & signs.CIPHER) == any(word in signs.CIPHERS for word in whole)
    assert found & signs.LABELLED or not any(word in signs.LABELS for word in whole)


@given(texts | st.text(max_size=60))
def test_the_signs_of_letters_are_what_a_slow_look_finds(text: str) -> None:
    folded = fold(text)
    digit = [bool(kind & DIGIT) for kind in folded.kinds.tolist()]
    words = list(zip(folded.word_starts.tolist(), folded.word_ends.tolist(), strict=True))
    mixed = any(digit[at] != digit[at + 1] for start, end in words for at in range(start, end - 1))
    alone = [
        letter for start, end in words if end - start == 1 for letter in folded.word(start, end) if letter > "a" and letter not in "isx"
    ]
    listed = [letter for letter in alone if ord(letter) < 0x590]
    expected = (signs.MIXED if mixed else 0) | (signs.LETTERS if len(alone) >= 3 else 0) | (signs.LISTED if len(listed) >= 3 else 0)
    assert signs_of_letters(folded.kinds, folded.letters, folded.marks.view("u1")) == expected
