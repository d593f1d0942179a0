"""Which stretches of a text are looked up: the compiled way against a slow and plain statement of each."""

import codecs
from collections.abc import Iterable
from itertools import product

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from guard.match.names import endings
from guard.match.names.disguise import unpigged
from guard.match.names.given import PARTICLES
from guard.match.names.keys import pack, pack_bits, shuffled_pair, shuffled_words, visual, visual_key
from guard.match.names.lookup import BitMap, KeyTable, Tables
from guard.match.names.scan import Scan
from guard.match.names.stretches import Candidates, Stretches
from guard.match.names.words import COMMON_LEVEL, WordTable
from guard.normalise.fold import LOOSE, LOWER, UPPER, fold
from guard.normalise.hashing import U64, Sums, hash_word

LEVELS = {"the": 200, "of": COMMON_LEVEL, "cat": COMMON_LEVEL - 1, "de": 190, "ice": 1, "a": 210}
KEYS = np.array(sorted(map(hash_word, LEVELS)), dtype=np.uint64)
OF_KEY = {hash_word(word): level for word, level in LEVELS.items()}
WORDS = WordTable(
    {"names.words.keys": KEYS, "names.words.levels": np.array([OF_KEY[int(key)] for key in KEYS], dtype=np.uint8)},
)
PIECES = [
    *LEVELS, "Jane", "Doe", "DOE", "janes", "JaneDoe", "x", "J", "s", "iS", "anejay", "oeday", "ayway", "enaJ", "qrstuvwxyzab", "Brogliova", "o0i1",
    "김민수의", "김민수에서", "가", "漢字", "ひら", "カタ", "ไทย", "Слово", "ß", "İ", "\ud800", "\x00", "1", "a" * 70,
]  # fmt: skip
PARTED = [" ", "", "-", ".", "\n", "'", "’", "··", "\u200b"]
texts = st.one_of(
    st.text(max_size=40),
    st.lists(st.tuples(st.sampled_from(PIECES), st.sampled_from(PARTED)), max_size=14).map(lambda it: "".join(map("".join, it))),
)
Where = set[tuple[int, int]]


class Told:
    """A text with tables that hold every stretch of its letters, and everything else that is asked for."""

    def __init__(self, text: str) -> None:
        self.folded = fold(text)
        self.scan = Scan(text, self.folded, WORDS)
        self.letters = "".join(map(chr, self.folded.letters.tolist()))
        self.starts, self.ends = self.folded.word_starts.tolist(), self.folded.word_ends.tolist()
        self.parts = list(zip(self.folded.starts.tolist(), self.folded.ends.tolist(), strict=True))
        self.words = [self.letters[start:end] for start, end in zip(self.starts, self.ends, strict=True)]
        self.capital = [bool(self.folded.kinds[start] & UPPER) for start in self.starts]
        last = [bool(self.folded.kinds[end - 1] & UPPER) for end in self.ends]
        self.ends_high = [high and not capital for high, capital in zip(last, self.capital, strict=True)]
        self.odd = [word not in LEVELS and len(word) > 2 for word in self.words]
        self.numbers = range(len(self.words))

    def stretches(self) -> set[str]:
        size = len(self.letters)
        return {self.letters[start:end] for start in range(size) for end in range(start + 1, min(start + 40, size) + 1)}

    def runs(self, least: int, most: int) -> list[tuple[int, int]]:
        return [(first, last) for first in self.numbers for last in self.numbers if least <= last - first + 1 <= most]


def tables(keys: Iterable[int]) -> Tables:
    """Row i is the key number i; every second key is in the second part."""
    parts = []
    for number in (0, 1):
        some = [(key, row) for row, key in enumerate(keys) if row % 2 == number]
        packed = pack("t", np.array([key for key, _ in some], dtype=np.uint64), np.array([row for _, row in some], dtype=np.uint32))
        parts.append(KeyTable(packed, "t"))
    return Tables(parts)


def asked(found: Candidates, keys: list[int]) -> set[tuple[int, int, int]]:
    """(key, first, last) of candidates, each from the part that has it."""
    assert all(row % 2 == part for part, row, _, _ in found)
    return {(keys[row], first, last) for _, row, first, last in found}


def spelled(told: Told, where: Where) -> set[tuple[int, int, int]]:
    return {(hash_word(told.letters[start:end]), start, end) for start, end in where}


def written(told: Told) -> Where:
    """Where a name as written may stand."""
    letters, folded, parts = told.letters, told.folded, told.parts
    loose = [bool(kind & LOOSE) for kind in folded.kinds.tolist()] + [False]
    edge = [at == len(letters) or bool(folded.breaks[at]) or loose[at] or (at > 0 and loose[at - 1]) for at in range(len(letters) + 1)]
    out = {(parts[one][0], parts[other][1]) for one in range(len(parts)) for other in range(one, min(one + 8, len(parts)))}
    out |= {
        (told.starts[first], told.ends[last])
        for first, last in told.runs(4, 32)
        if all(len(told.words[number]) == 1 for number in range(first, last + 1))
    }
    out |= {
        (start, end)
        for start in range(len(letters) - 1)
        for end in range(start + 2, min(start + 14, len(letters)) + 1)
        if edge[start] and edge[end] and any(loose[start:end])
    }
    for number, word in enumerate(told.words):
        for particle in ("의", "에서", "가"):
            if word.endswith(particle) and word != particle:
                out |= {(told.starts[first], told.ends[number] - len(particle)) for first in range(max(0, number - 3), number + 1)}
    at = folded.at.tolist()
    for end in range(1, len(letters)):
        if at[end] - at[end - 1] > 1 and not folded.breaks[end] and told.scan.text[at[end - 1] + 1] in "'’ʼ‘`´":
            out |= {(start, end) for start in [start for start, _ in parts if start < end][-8:]}
    return out


@settings(deadline=None)
@given(texts)
@example("a b c d s, 김민수의 O'Neils 漢字 JaneDoes")
def test_as_written(text: str) -> None:
    told = Told(text)
    keys = sorted({hash_word(stretch) for stretch in told.stretches()})
    heads = BitMap(pack_bits(np.array(keys, dtype=np.uint64)))
    found, plural = told.scan.as_written(tables(keys), (heads,))
    where = written(told)
    short = {(start, end) for start, end in where if end - start <= 40}
    assert {it for it in asked(found, keys) if it[2] - it[1] <= 40} == spelled(told, short)
    without = {(start, end - 1) for start, end in short if end - start > 4 and told.letters[end - 1] == "s"}
    assert {it for it in asked(plural, keys) if it[2] - it[1] < 40} == spelled(told, without)


def test_what_has_two_letters_is_looked_up_where_names_begin_so() -> None:
    text, keys = "jane doe", [hash_word("janedoe"), hash_word("j")]
    other = Scan("j", fold("j"), WORDS)
    assert other.as_written(tables(keys), ()) == ([(1, 1, 0, 1)], [])
    for head, found in (("an", []), ("ja", [(0, 0, 0, 7)])):
        heads = (BitMap(pack_bits(np.array([hash_word(head)], dtype=np.uint64))),)
        assert Scan(text, fold(text), WORDS).as_written(tables(keys), heads) == (found, [])
        assert Scan("x" + text.replace(" ", ""), fold("x" + text.replace(" ", "")), WORDS).inside(tables(keys), heads, 4, 24) == [
            (part, row, first + 1, last + 1) for part, row, first, last in found
        ]


def test_writing_without_spaces_is_looked_up_where_names_begin_so() -> None:
    keys = [hash_word("汉字")]
    for heads, found in (([], []), (["字会"], []), (["字会", "汉字"], [(0, 0, 1, 3)])):
        maps = tuple(BitMap(pack_bits(np.array([hash_word(head)], dtype=np.uint64))) for head in heads)
        assert Scan("与汉字会", fold("与汉字会"), WORDS).as_written(tables(keys), maps) == (found, [])


@settings(deadline=None)
@given(texts)
@example("the Giantovi, x Cats")
def test_ended(text: str) -> None:
    told = Told(text)
    keys = sorted({hash_word(stretch) for stretch in told.stretches()})
    where = {
        (told.starts[first], told.ends[last] - cut)
        for first, last in told.runs(2, 4)
        for cut in range(1, endings.LONGEST + 1)
        if told.odd[last] and len(told.words[last]) - cut >= endings.SHORTEST_STEM
        and (len(told.words[last - 1]) == 1 or LEVELS.get(told.words[last - 1], 0) >= COMMON_LEVEL)
        and told.ends[last] - told.starts[first] <= 40
    }  # fmt: skip
    assert {it for it in asked(told.scan.ended(tables(keys)), keys) if it[2] - it[1] <= 35} == {
        it for it in spelled(told, where) if it[2] - it[1] <= 35
    }


def disguises(told: Told, name: str) -> set[tuple[int, int, int]]:
    """(key, first word, last word) that each look-up of words should ask about."""
    words, out = told.words, set()
    if name == "around_middle_names":
        for first, last in told.runs(3, 5):
            if told.capital[first] and told.capital[last]:
                out.add((hash_word(words[first] + words[last]), first, last))
    elif name == "backwards":
        out = {(hash_word("".join(words[first : last + 1])[::-1]), first, last) for first, last in told.runs(1, 4)}
        out |= {(hash_word("".join(word[::-1] for word in words[one : other + 1])), one, other) for one, other in told.runs(3, 3)}
        strange = [odd or high for odd, high in zip(told.odd, told.ends_high, strict=True)]
        out = {(key, first, last) for key, first, last in out if any(strange[first : last + 1])}
    elif name == "in_rot13":
        for first, last in told.runs(1, 4):
            if any(told.odd[first : last + 1]):
                out.add((hash_word(codecs.encode("".join(words[first : last + 1]), "rot13")), first, last))
    elif name == "in_pig_latin":
        for first, last in told.runs(2, 3):
            for reading in product(*map(unpigged, words[first : last + 1])):
                out.add((hash_word("".join(reading)), first, last))
    elif name == "inside":
        for number, (start, end) in enumerate(zip(told.starts, told.ends, strict=True)):
            if told.odd[number] and 8 < end - start <= 64:
                for size in range(8, 25):
                    out |= {(hash_word(told.letters[at : at + size]), at, at + size) for at in range(start, end - size + 1)}
    return out


@pytest.mark.parametrize("name", ["around_middle_names", "backwards", "in_rot13", "in_pig_latin", "inside"])
@settings(deadline=None)
@given(text=texts)
@example(text="Ab C De fg; anejay oeday ayway")
def test_words(name: str, text: str) -> None:
    told = Told(text)
    wanted = disguises(told, name)
    keys = sorted({key for key, *_ in wanted} | {hash_word(stretch) for stretch in told.stretches() if len(stretch) < 9})
    heads = (BitMap(pack_bits(np.array(keys, dtype=np.uint64))),)
    arguments = (heads, 8, 24) if name == "inside" else ()
    assert asked(getattr(told.scan, name)(tables(keys), *arguments), keys) == wanted


@given(texts, st.integers(0, 3))
def test_by_how_they_look(text: str, begin: int) -> None:
    told = Told(text)
    looks = Sums(visual(told.folded.letters))

    def key(first: int, last: int) -> int:
        return int(visual_key(looks.of(np.array([told.starts[first]]), np.array([told.ends[last]])))[0])

    wanted = {(key(first, last), first, last) for first, last in told.runs(1, 6) if first >= begin}
    keys = sorted({key for key, *_ in wanted})
    assert asked(told.scan.alike(tables(keys), begin), keys) == wanted


@given(texts)
def test_shuffled(text: str) -> None:
    told = Told(text)
    pairs = np.arange(max(len(told.words) - 1, 0))
    hashes: U64 = shuffled_words(told.scan.sums, told.folded.word_starts, told.folded.word_ends)
    keys = shuffled_pair(hashes[:-1], hashes[1:]).tolist()
    wanted = {(key, one, one) for one, key in enumerate(keys)}
    assert asked(told.scan.shuffled(tables(sorted(set(keys))), pairs), sorted(set(keys))) == wanted


@given(texts)
def test_what_is_known_of_words(text: str) -> None:
    told, scan = Told(text), Told(text).scan
    kinds = [int(told.folded.kinds[start]) for start in told.starts]
    latin = [word[0] < "\u0250" for word in told.words]
    assert scan.sizes.tolist() == list(map(len, told.words))
    assert scan.hashes.tolist() == list(map(hash_word, told.words))
    assert scan.levels.tolist() == [LEVELS.get(word, 0) for word in told.words]
    assert (scan.capital.tolist(), scan.odd.tolist(), scan.latin.tolist()) == (told.capital, told.odd, latin)
    assert [scan.level(start, end) for start, end in zip(told.starts, told.ends, strict=True)] == scan.levels.tolist()
    assert scan.cased.tolist() == [kind & (UPPER | LOWER) > 0 for kind in kinds]
    assert scan.maybe_disguised == any((odd or turned) and of for odd, turned, of in zip(told.odd, told.ends_high, latin, strict=True))


@given(texts)
@example("de Brogliova, de Cat")
@example("Cat Ice")
def test_pairs_of_words(text: str) -> None:
    told = Told(text)

    def telling(number: int) -> bool:
        return number in told.numbers and told.odd[number] and told.capital[number]

    def fine(number: int) -> bool:
        word = told.words[number]
        particle = word in PARTICLES and len(word) > 1 and (telling(number - 1) or telling(number + 1))
        return (LEVELS.get(word, 0) < COMMON_LEVEL and 1 < len(word) <= 64) or particle

    named = [capital and len(word) > 2 for capital, word in zip(told.capital, told.words, strict=True)]
    assert told.scan.pairs().tolist() == [
        one
        for one in told.numbers[:-1]
        if fine(one) and fine(one + 1) and (told.odd[one] or told.odd[one + 1] or (named[one] and named[one + 1]))
    ]


def test_a_text_of_another_length_than_its_letters_say_is_refused() -> None:
    folded = fold("JaneDoe's sister 漢字")
    folded.__dict__["word_ends"] = folded.word_ends + 9
    with pytest.raises(IndexError):
        Stretches("", folded, WORDS)
