"""Readings: every character keeps its way back, whatever is replaced, taken out, put beside and read again."""

import re
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from guard.normalise.reading import Reading, change

texts = st.text(alphabet="abxy1 \ud800é字", max_size=200)
# Of each run of the letter: what it becomes.
REPLACEMENTS = {"a": "", "b": "B", "x": "long", "y": "yy"}


def spans_of(reading: Reading) -> list[tuple[int, int]]:
    return list(zip(reading.low.tolist(), reading.high.tolist(), strict=True))


def replaced(reading: Reading, letter: str, each: bool = False) -> Reading:
    return (
        reading.replaced(re.compile(f"{letter}{{1,3}}"), lambda match: REPLACEMENTS[letter] if len(match.group()) < 3 else None, each)
        or reading
    )


@given(texts, st.sampled_from(sorted(REPLACEMENTS)), st.booleans())
def test_what_is_replaced_comes_from_its_match(text: str, letter: str, each: bool) -> None:
    out, spans, done = "", [], 0
    for match in re.finditer(f"{letter}{{1,3}}", text):
        begin, end = match.span()
        if end - begin == 3:
            continue
        new = REPLACEMENTS[letter]
        out += text[done:begin] + new
        spans += [(at, at + 1) for at in range(done, begin)]
        spans += [(at, at + 1) for at in range(begin, end)] if each and len(new) == end - begin else [(begin, end)] * len(new)
        done = end
    found = replaced(Reading.of(text), letter, each)
    assert found.text == out + text[done:]
    assert spans_of(found) == spans + [(at, at + 1) for at in range(done, len(text))]


@given(texts, st.lists(st.sampled_from(sorted(REPLACEMENTS)), max_size=4))
def test_a_reading_of_a_reading_comes_from_where_that_came_from(text: str, letters: list[str]) -> None:
    straight = chained = Reading.of(text)
    for letter in letters:
        straight = replaced(straight, letter)
        chained = replaced(Reading.of(chained.text), letter).on(chained)
    assert chained.text == straight.text
    assert spans_of(chained) == spans_of(straight)


@given(texts, texts, st.lists(st.integers(0, 200), max_size=8))
def test_parts_and_what_stands_beside(text: str, other: str, edges: list[int]) -> None:
    ranges = [(begin, end) for begin, end in pairwise(sorted({edge for edge in edges if edge <= len(text)}))][::2]
    parts = Reading.of(text).parts(ranges)
    assert parts.text == "\n".join(text[begin:end] for begin, end in ranges)
    expected: list[tuple[int, int]] = []
    for begin, end in ranges:
        expected += [(expected[-1][1], expected[-1][1])] if expected else []
        expected += [(at, at + 1) for at in range(begin, end)]
    assert spans_of(parts) == expected
    both = parts.beside(Reading.of(other))
    assert both.text == "\n".join(piece for piece in (parts.text, other) if piece)
    assert len(both.low) == len(both.high) == len(both.text)


@given(texts, st.sampled_from(sorted(REPLACEMENTS)))
def test_what_changed_is_shown_with_its_surroundings_and_nothing_else(text: str, letter: str) -> None:
    base = Reading.of(text)
    found = replaced(base, letter)
    shown, lost = change(base, found)
    runs = [match.span() for match in re.finditer(f"{letter}{{1,3}}", text) if len(match.group()) < 3]
    kept = {at for begin, end in lost for at in range(begin, end)}
    assert {at for begin, end in runs if text[begin:end] != REPLACEMENTS[letter] for at in range(begin, end)} <= kept
    assert all(end < begin for (_, end), (begin, _) in pairwise(lost))
    assert lost or found.text == text
    for start, piece in ((m.start(), m.group()) for m in re.finditer("[^\n]+", shown.text)):
        assert piece in found.text
        assert not shown.parted(start, start + len(piece))


def test_no_word_is_cut_in_two_beside_what_changed() -> None:
    text = "of words " + "y" * 40 + " and " + "y" * 50 + " b " + "y" * 48 + "z and more " + "y" * 200
    shown, lost = change(Reading.of(text), replaced(Reading.of(text), "b"))
    assert shown.text == "y" * 50 + " B " + "y" * 48 + "z"
    assert [text[begin:end] for begin, end in lost] == ["y" * 50 + " b " + "y" * 48 + "z"]
    assert len(change(Reading.of("y" * 500), replaced(Reading.of("y" * 250 + "b" + "y" * 249), "b"))[0].text) == 1 + 2 * (48 + 32)
