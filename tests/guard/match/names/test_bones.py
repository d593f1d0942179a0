"""Skeletons of many words at once: a native form is looked up where its name is stored, and no text is too odd to be read."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.match.names.bones import LONGEST, NEVER, READINGS, codes_of
from guard.match.names.units import Units
from guard.normalise.fold import fold
from guard.normalise.letters import fold_text

PAIRS = Path(__file__).parents[3] / "cases" / "pairs"


def readings(text: str) -> list[list[int]]:
    """H of the skeletons of every word, the likeliest first."""
    folded = fold(text)
    units = Units(folded.letters, folded.breaks)
    hashes, nats = units.skeletons(folded.word_starts, folded.word_ends)
    assert (np.diff(nats, axis=1) >= 0).all()
    return [row[some].tolist() for row, some in zip(hashes, nats < NEVER, strict=True)]


@pytest.mark.parametrize("script", ["greek", "devanagari", "thai", "korean"])
def test_tokens_are_looked_up_where_names_are_stored(script: str) -> None:
    rows = [line.split("\t") for line in (PAIRS / f"tokens_{script}.tsv").read_text("utf-8").splitlines()]
    found = readings("\n".join(native.replace(" ", "") for _, native, _ in rows))
    met = [
        not {code for codes in codes_of(fold_text(letters)) for code in codes}.isdisjoint(some)
        for (letters, *_), some in zip(rows, found, strict=True)
    ]
    assert sum(met) >= 0.9 * len(rows)


@pytest.mark.parametrize(
    ("native", "letters"),
    [
        ("Свифт", "swift"),
        ("سويفت", "swift"),
        ("סוויפט", "swift"),
        ("スウィフト", "swift"),
        ("스위프트", "swift"),
        ("斯威夫特", "swift"),
        ("Джо", "joe"),
        ("টেইলর", "taylor"),
        ("ట్రంప్", "trump"),
        ("સ્વિફ્ટ", "swift"),
        ("ტრამპი", "trump"),
        ("Սվիֆթ", "swift"),
        ("보더먼", "vorderman"),
        ("스테이섬", "statham"),
    ],
)
def test_a_native_form_has_a_skeleton_of_its_name(native: str, letters: str) -> None:
    assert {code for codes in codes_of(letters) for code in codes} & set(readings(native)[0])


@given(st.lists(st.sampled_from(["Тейлор", "свифт", "テイラー", "케르스틴", "玛尔塔", "ลินด์ควิสต์", "क", "x1"]), min_size=1, max_size=6))
def test_a_word_is_read_alike_in_any_company(words: list[str]) -> None:
    assert readings("\n".join(words)) == [readings(word)[0] for word in words]


@given(st.text(min_size=1, max_size=80))
def test_any_text_can_be_read(text: str) -> None:
    for some in readings(text):
        assert len(some) == len(set(some)) <= READINGS


def test_a_stretch_too_long_for_a_word_of_a_name_is_not_read() -> None:
    assert readings("ы" * LONGEST + " " + "ыв" * LONGEST)[1] == []
