"""The likeliest skeletons of stretches are those that a plain search over the tables finds."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from guard.match.names.bones import LONGEST, NEVER, READINGS, TRIED, tables
from guard.match.names.units import Units
from guard.normalise.fold import fold
from guard.normalise.hashing import hash_word

WORDS = [
    *["Тейлор", "ссвифт", "テイラー", "케르스틴", "玛尔塔", "ลินด์ควิสต์", "เเเ", "क", "x1", "�", "\x00", "斯威夫特斯", "가"],
    "ж" * 40,
    "빛" * 11,
]
# Of the letters that words are made of here those that stay two.
VOWELS = "аеийоыьταιοε".replace("τ", "")
texts = st.one_of(st.lists(st.sampled_from(WORDS), max_size=5).map(" ".join), st.text(max_size=60))
State = tuple[int, int]


def rows_of(units: str) -> list[list[int]]:
    """The rows of the one, two and three units that end at each place; 0 for none."""
    known = tables().rows
    return [
        [known.get(units[max(0, at - size + 1) : at + 1], 0) if at >= size - 1 else 0 for size in (1, 2, 3)] for at in range(len(units))
    ]


def likeliest(units: str) -> list[State]:
    """(nats, H) as `Units.skeletons` should find them, one state after the other."""
    made = tables()
    past: list[list[tuple[int, int, int, int]]] = [[(0, 0, 0, 0)]]
    for at, rows in enumerate(rows_of(units)):
        choices = []
        for back, row in enumerate(rows):
            if back and not row:
                continue
            for state, before in enumerate(past[at - back]):
                for option, nats in enumerate(made.nats[row].tolist()):
                    if nats < NEVER and (state + 1) * (option + 1) <= TRIED:
                        choices.append((before[0] + nats, before, int(made.skeletons[row, option])))
        choices.sort(key=lambda it: it[0])
        found: list[tuple[int, int, int, int]] = []
        for nats, (_, code, size, last), number in choices[:TRIED]:
            skeleton = number + made.shorter * bool(made.first[number] == last)
            more = int(made.sizes[skeleton])
            code = (code + int(made.hashes[skeleton]) * int(made.powers[size])) & (2**64 - 1)
            if code not in [each[1] for each in found] and len(found) < READINGS:
                found.append((nats, code, size + more, int(made.last[skeleton]) if more else last))
        past.append(found)
    return [(nats, code) for nats, code, *_ in past[-1]]


@given(st.text(alphabet="аеийкосвтфцьшщжлορτασιλ", min_size=1, max_size=LONGEST))
def test_as_found_one_by_one(word: str) -> None:
    folded = fold(word)
    begin, end = folded.word_starts, folded.word_ends
    hashes, nats = Units(folded.letters, folded.breaks).skeletons(begin, end)
    for number, (start, stop) in enumerate(zip(begin.tolist(), end.tolist(), strict=True)):
        letters = folded.word(start, stop)
        units = "".join(letter for at, letter in enumerate(letters) if letter != letters[at - 1 : at] or letter in VOWELS)
        some = nats[number] < NEVER
        assert list(zip(nats[number, some].tolist(), hashes[number, some].tolist(), strict=True)) == likeliest(units)


@given(texts, st.booleans())
def test_any_stretch_of_any_text_can_be_asked_for(text: str, sounds: bool) -> None:
    folded = fold(text)
    units = Units(folded.letters, folded.breaks, sounds=sounds)
    count = len(folded.letters)
    begin, end = (
        np.array([(one, two) for one in range(count) for two in range(one, count + 1)][:200], dtype=np.int64).reshape(-1, 2).T.copy()
    )
    order = np.arange(len(begin))[::-1]
    hashes, nats = units.skeletons(begin, end)
    again, _ = units.skeletons(begin[order].copy(), end[order].copy())
    assert (again[order] == hashes).all()
    assert (units.most(begin, end) <= units.rarity(begin, end) + 1e-9).all()
    assert (nats[:, 0] >= 0).all()


def test_no_consonants_is_a_skeleton() -> None:
    folded = fold("ああ アイ")
    hashes, _ = Units(folded.letters, folded.breaks).skeletons(folded.word_starts[-1:], folded.word_ends[-1:])
    assert hash_word("") in hashes[0].tolist()
