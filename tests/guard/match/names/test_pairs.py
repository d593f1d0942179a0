"""Which names two neighbouring words of a text may be: the compiled way against a slow and plain statement of it."""

from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from itertools import pairwise
from string import ascii_lowercase
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from guard.match.names import endings
from guard.match.names.near import liberty
from guard.match.names.pairs import LEAST_ALIKE, SHORTEST, NearPart
from guard.match.names.rows import Row
from guard.match.names.scan import Scan
from guard.match.names.sound import alike, keys_of_name, keys_of_text, letters_of
from guard.match.names.table import pack_rows
from guard.match.names.words import WordTable
from guard.normalise.fold import fold
from guard.normalise.hashing import hash_word
from guard.normalise.letters import fold_text
from guard.types import AliasKind, Strength

LEVELS = {"the": 200, "of": 190, "cat": 100}
KEYS = np.array(sorted(map(hash_word, LEVELS)), dtype=np.uint64)
WORDS = WordTable(
    {
        "names.words.keys": KEYS,
        "names.words.levels": np.array(
            [{hash_word(word): level for word, level in LEVELS.items()}[int(key)] for key in KEYS], dtype=np.uint8
        ),
    }
)
LEADING = np.array(sorted(map(hash_word, ["of", "cat"])), dtype=np.uint64)
Pairs = list[tuple[int, int]]
NAMES = [
    "Anna Tarn",
    "Tarn Anna",
    "Hanna Tarna",
    "Rat Tan Ann",
    "Нана Тарн",
    "Тарн Anna",
    "A Tarn",
    "Anna",
    "An Na",
    "Xavi Schwarz",
    "Nannen Tka",
]
words = st.one_of(
    st.text("anrt", min_size=1, max_size=7), st.sampled_from(["the", "of", "cat", "anna", "tarn", "нана", "ксави", "schvartz", "a" * 70])
)
names = st.lists(st.one_of(st.sampled_from(NAMES), st.lists(words, min_size=1, max_size=4).map(" ".join)), max_size=12)
texts = st.lists(st.tuples(words, st.sampled_from([str.lower, str.title, str.upper])), max_size=12).map(
    lambda said: " ".join(change(word) for word, change in said)
)


class Registry:
    """Names, each the row of its number."""

    def __init__(self, said: list[str]) -> None:
        rows = [Row(number, text, AliasKind.LEGAL, Strength.STRONG) for number, text in enumerate(said)]
        self.near = NearPart(pack_rows(rows))
        self.names = [fold_text(text).split() for text in said]
        several = [name for name in self.names if len(name) > 1]
        ends = [word for name in several for word in (*name[:2], *name[-2:])]
        self.words = sorted({word for word in ends if 1 < len(word) <= 40})

    def rows(self, one: str, two: str, *, as_written: bool) -> Iterator[int]:
        """The names that have these words side by side at one end, or are these two; not where they stand so in the text."""
        for row, name in enumerate(self.names):
            whole = {"".join(name), "".join([*name[-1:], *name[:-1]])}
            ends = {"".join(name[:2]), "".join(name[-2:])} if len(name) > 2 else set()
            if one + two in ends or (one + two in whole and not as_written):
                yield row

    def pairs(self, scan: Scan, may_be: Callable[[str, str], bool], some: Callable[[int], bool] = lambda _: True) -> Pairs:
        @cache
        def candidates(word: str) -> list[str]:
            return [other for other in self.words if may_be(word, other)]

        out = set()
        for first in scan.odd_pairs.tolist():
            seen = scan.word(first), scan.word(first + 1)
            for one in candidates(seen[0]) if some(first) else ():
                for two in candidates(seen[1]):
                    out |= {(first, row) for row in self.rows(one, two, as_written=seen == (one, two))}
        return sorted(out)


def scan_of(text: str) -> Scan:
    return Scan(text, fold(text), WORDS)


def less_one(word: str) -> set[str]:
    return {word[:at] + word[at + 1 :] for at in range(len(word))} if len(word) >= SHORTEST else set()


def may_be_typed(seen: str, wanted: str) -> bool:
    cut = {seen[: len(seen) - cut] for cut in range(1, endings.LONGEST + 1) if len(seen) >= cut + endings.SHORTEST_STEM}
    share = ({seen} | cut | less_one(seen)) & ({wanted, endings.stem(wanted)} | less_one(wanted))
    return bool(share) and (not wanted.isascii() or liberty(seen, wanted) is not None)


def may_be_heard(seen: str, wanted: str) -> bool:
    stored, mine, theirs = keys_of_name(wanted), letters_of(seen), letters_of(wanted)
    for key, mask in keys_of_text(seen) if seen.isascii() else ():
        common, different = (mine & theirs & mask).bit_count(), ((mine ^ theirs) & mask).bit_count()
        if key in stored and 2 * common >= 0.7 * (2 * common + different):
            return not wanted.isascii() or alike(seen, wanted) >= LEAST_ALIKE
    return False


@given(names, texts)
@example(NAMES, "Ana Tarn and Anna Taern, Hana Tarn Xavi Schwarz")
@example(["Rat Tan Ann"], "Rat Tan Ann")
@example([], "Ana Tarn")
def test_names_with_typing_errors_and_endings(said: list[str], text: str) -> None:
    registry, scan = Registry(said), scan_of(text)
    assert registry.near.typed(scan, liberty) == registry.pairs(scan, may_be_typed)


@given(names, texts)
@example(NAMES, "Xavi Schvarts of the xavy schwartz, Nana Tarn cat anna tarrn")
@example(NAMES, "x" * 64 + " Xavi Schvarts")
def test_names_that_sound_so(said: list[str], text: str) -> None:
    registry, scan = Registry(said), scan_of(text)

    def leads(first: int) -> bool:
        return not first or bool(scan.capital[first]) or scan.word(first - 1) in ("of", "cat")

    assert registry.near.heard(scan, LEADING) == registry.pairs(scan, may_be_heard, leads)


@given(st.text(max_size=60))
@example("\ud800 \ud800")
@example("\x00\x00 a\x00")
@example("a" * 70 + " " + "b" * 70)
def test_any_text(text: str) -> None:
    near, scan = NearPart(pack_rows([Row(0, "Anna Tarn", AliasKind.LEGAL, Strength.STRONG)])), scan_of(text)
    assert near.typed(scan, liberty) == near.heard(scan, LEADING) == []


TYPED = {"tarn"[:at] + letter + "tarn"[at:] for at in range(5) for letter in ascii_lowercase}
HEARD = {f"t{one}r{two}n{three}" for one in "aeiouy" for two in ["", *"aeiouy"] for three in ["", *"aeiouy"]}


@pytest.mark.parametrize(
    ("crowd", "text", "wanted", "find"),
    [
        pytest.param(TYPED, "Ana Tarns", "Anna Tarns", lambda near, scan: near.typed(scan, liberty), id="the word itself"),
        pytest.param(HEARD, "Anna Tarnn", "Anna Tarana", lambda near, scan: near.heard(scan, LEADING), id="the same letters"),
    ],
)
def test_of_many_words_that_one_may_be_the_nearest_are_tried(
    crowd: set[str], text: str, wanted: str, find: Callable[[NearPart, Scan], Pairs]
) -> None:
    said = [f"Anna {word.title()}" for word in sorted(crowd)]
    near = Registry(said).near
    for more in (text, f"a b c {text}", f"{text} " * 50):
        found = find(near, scan_of(more))
        assert said.index(wanted) in {row for _, row in found}
        assert max(Counter(first for first, _ in found).values()) <= 64


def test_what_else_the_text_holds_changes_nothing() -> None:
    near = Registry(["Xavi Schwarz"]).near
    flood = " ".join(f"{one}{two}rn Ta{two}{one}" for one, two in pairwise("abdefgiklmnoprstuvz" * 20))
    for before in ("", flood):
        scan = scan_of(f"{before} Xavy Schwartz {flood}")
        first = scan.spelled.index("xavy")
        assert near.heard(scan, LEADING) == [(first, 0)]
        assert near.typed(scan, liberty) == ([(first, 0)] if may_be_typed("schwartz", "schwarz") and may_be_typed("xavy", "xavi") else [])


@pytest.mark.parametrize(
    ("array", "damage", "error"),
    [
        pytest.param("names.sound.text", lambda text: text | 0x80, ValueError, id="letters beyond ASCII"),
        pytest.param("names.tokens.ends", lambda ends: ends[::-1].copy(), IndexError, id="words that end before they begin"),
        pytest.param("names.tokens.ends", lambda ends: ends + 1, IndexError, id="words beyond the letters"),
        pytest.param("names.sound.ends", lambda ends: ends[::-1].copy(), IndexError, id="compared letters that end before they begin"),
        pytest.param("names.sound.ends", lambda ends: ends + 1, IndexError, id="compared letters beyond the table"),
        pytest.param("names.sound.rows", lambda rows: rows + 1000, IndexError, id="words that are not there"),
    ],
)
def test_damaged_tables_are_told(array: str, damage: Callable[[Any], Any], error: type[Exception]) -> None:
    arrays = pack_rows([Row(0, "Xavi Schwarz", AliasKind.LEGAL, Strength.STRONG)])
    arrays[array] = damage(arrays[array])
    with pytest.raises(error):
        NearPart(arrays).heard(scan_of("Xavy Schwartz"), LEADING)
