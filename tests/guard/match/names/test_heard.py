"""Names that two stretches may be: the look-up finds what comparing every pair with every entry finds."""

from collections.abc import Callable
from math import inf
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guard.match.names.bones import NEVER, TOGETHER, codes_of, pack_bones, pair_keys
from guard.match.names.heard import Bones, Readings
from guard.match.names.units import Units
from guard.match.names.writing import latin_form, writing_of
from guard.normalise.fold import fold
from guard.normalise.hashing import Indices

NAMES = ["taylor", "swift", "marta", "belkova", "maria", "martha", "al", "tailor", "io", "ia", "siti"]
NATIVE = [
    "Тейлор",
    "Свифт",
    "Марта",
    "Белкова",
    "Мария",
    "Ио",
    "テイラー",
    "スウィフト",
    "マルタ",
    "테일러",
    "스위프트",
    "마르타",
    "泰勒",
    "斯威夫特",
    "玛尔塔",
    "мпщ",
]
TURNED, LEAST, DEAREST, TIMES = 4.0, 1.5, 1.1, 3.0


def table(pairs: list[tuple[int, int]]) -> Bones:
    numbers = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    whole = np.arange(len(pairs)) % 3 > 0
    return Bones(pack_bones(NAMES, numbers, np.arange(len(pairs), dtype=np.uint32), whole))


def times_of(native: str) -> float:
    """How many times what is dear counts: in Hangul it does not forbid."""
    return TIMES if "가" <= native[0] <= "힣" else inf


def written(native: str, name: str, least: float) -> float:
    """Nats to write a word of a name so; inf where it is not worth it."""
    writing = writing_of(native)
    assert writing is not None
    letters = latin_form(name)
    cost, dear = writing.cost(native, letters, inf), DEAREST * (len(native) + len(letters))
    cost = cost if cost <= dear else dear + times_of(native) * (cost - dear)
    return cost if cost <= writing.rarity(native) - least else inf


def shared(units: Units, begin: Indices, end: Indices, names: tuple[str, str]) -> bool:
    """Whether the likeliest skeletons of two stretches have one of two words of a name."""
    hashes, nats = units.skeletons(begin, end)
    codes = zip(*map(codes_of, names), strict=True)
    stored = {int(pair_keys(np.array([a], np.uint64), np.array([b], np.uint64))[0]) for some, others in codes for a in some for b in others}
    keys = {
        int(pair_keys(hashes[0, i : i + 1], hashes[1, j : j + 1])[0])
        for i in range(len(hashes[0]))
        for j in range(len(hashes[1]))
        if (i + 1) * (j + 1) <= TOGETHER and nats[0, i] < NEVER and nats[1, j] < NEVER
    }
    return bool((stored & keys) - {0})


@pytest.mark.filterwarnings("ignore:overflow")
@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, len(NAMES) - 1), st.integers(0, len(NAMES) - 1)), max_size=25, unique=True),
    st.lists(st.sampled_from(NATIVE), min_size=2, max_size=6),
    st.floats(0.0, 25.0),
)
def test_as_compared_one_by_one(pairs: list[tuple[int, int]], natives: list[str], need: float) -> None:
    folded = fold(" ".join(natives))
    begin, end = folded.word_starts, folded.word_ends
    words = [folded.word(start, stop) for start, stop in zip(begin.tolist(), end.tolist(), strict=True)]
    units, sounds = (Units(folded.letters, folded.breaks, sounds=each) for each in (False, True))
    rarity = sounds.rarity(begin, end)
    first = np.arange(len(words) - 1)
    bones = table(pairs)
    found = bones.read(
        Readings(units, sounds, begin, end, rarity, rarity, DEAREST, np.array([*map(times_of, words)])),
        first,
        first + 1,
        np.full(len(first), need),
        TURNED,
        LEAST,
    )
    assert found == sorted(set(found))
    told = {(pair, turned, int(bones.alias[entry])): cost for pair, turned, entry, nats, cost in found}
    for pair in first.tolist():
        for turned in (0, 1):
            for number, (one, two) in enumerate(pairs):
                names = (NAMES[one], NAMES[two])
                order = (pair + 1, pair) if turned else (pair, pair + 1)
                costs = [written(words[word], name, LEAST) for word, name in zip(order, names, strict=True)]
                beyond = rarity[pair] + rarity[pair + 1] - sum(costs) - need - TURNED * turned
                due = (number % 3 > 0 or not turned) and beyond >= 0 and shared(units, begin[[*order]], end[[*order]], names)
                key = (pair, turned, number)
                if due and beyond > 0.01:
                    assert told[key] == pytest.approx(sum(costs), abs=0.01)
                elif key in told and abs(beyond) > 0.01:
                    assert due


def test_a_name_is_read_in_both_orders() -> None:
    folded = fold("Тейлор Свифт Тейлор")
    units = Units(folded.letters, folded.breaks)
    begin, end = folded.word_starts, folded.word_ends
    rarity = units.rarity(begin, end)
    words = Readings(units, units, begin, end, rarity, rarity, DEAREST, np.full(3, inf))
    bones = Bones(pack_bones(["taylor", "swift"], np.array([[0, 1]]), np.zeros(1, dtype=np.uint32), np.ones(1, dtype=np.bool_)))
    found = bones.read(words, np.array([0, 1]), np.array([1, 2]), np.zeros(2), TURNED, LEAST)
    assert [(pair, turned) for pair, turned, *_ in found] == [(0, 0), (1, 1)]


@pytest.mark.parametrize(
    ("array", "damage"),
    [
        pytest.param("names.bones.ends", lambda ends: ends[::-1].copy(), id="words that end before they begin"),
        pytest.param("names.bones.ends", lambda ends: ends + 1, id="words beyond the letters"),
        pytest.param("names.bones.words", lambda words: words + 1000, id="words that are not there"),
        pytest.param("names.bones.rows", lambda rows: rows + 1000, id="entries that are not there"),
    ],
)
def test_damaged_tables_are_told(array: str, damage: Callable[[Any], Any]) -> None:
    folded = fold("Тейлор Свифт")
    units = Units(folded.letters, folded.breaks)
    begin, end = folded.word_starts, folded.word_ends
    rarity = units.rarity(begin, end)
    words = Readings(units, units, begin, end, rarity, rarity, DEAREST, np.full(2, inf))
    arrays = pack_bones(["taylor", "swift"], np.array([[0, 1]]), np.zeros(1, dtype=np.uint32), np.ones(1, dtype=np.bool_))
    arrays[array] = damage(arrays[array])
    with pytest.raises(IndexError):
        Bones(arrays).read(words, np.zeros(1, dtype=np.int64), np.ones(1, dtype=np.int64), np.zeros(1), TURNED, LEAST)


def test_what_is_too_long_for_a_word_of_a_name_is_none() -> None:
    folded = fold(f"{'Тей' * 200} Свифт {'泰' * 300} 斯威夫特")
    units, sounds = (Units(folded.letters, folded.breaks, sounds=each) for each in (False, True))
    begin, end = folded.word_starts, folded.word_ends
    rarity = sounds.rarity(begin, end)
    words = Readings(units, sounds, begin, end, rarity, rarity, DEAREST, np.full(4, inf))
    assert table([(0, 1), (1, 0)]).read(words, np.arange(3), np.arange(1, 4), np.zeros(3), TURNED, LEAST) == []
