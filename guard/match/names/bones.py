"""Skeletons of words: under what consonants the words of names are stored, and what those of a text may be, many at once.

A name is found by the skeletons of two of its words together (`pair_keys`), because those of one word are shared by hundreds.
Consonants are told apart as the scripts tell them apart: alphabets know p from b and l from r, syllables do not.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from math import log
from string import ascii_lowercase
from typing import Any

import numpy as np
import numpy.typing as npt
from anyascii import anyascii

from guard.match.names.given import given_names, surnames
from guard.match.names.keys import pack
from guard.match.names.writing import UNEXPLAINED, Writing, latin_form, writings
from guard.normalise.hashing import U64, Indices, hash_word, mixed, powers

Floats = npt.NDArray[np.float32]
Thousandths = npt.NDArray[np.int32]
# More thousandths of a nat than any stretch takes, and bits of a row number that are put below them in 32 bits.
NEVER, _ROW_BITS = 1 << 22, 7
# Readings kept for a word, and of one letter, of two or three together, and of a syllable of Han (on pairs of wd_*.tsv
# more find next to nothing).
READINGS = 12
_OF_ONE, _OF_MORE = 5, 3
# Units (letters; jamo of Hangul; characters of Han) of a stretch that is read; longer ones are no words of names.
LONGEST = 32
# Readings tried after each unit, the likeliest first, before the best are told apart; nats of a letter without a row.
_TRIED, _UNREAD = 14, 8.0
# Readings of two words that are looked up together: places in their lists of which the product is no more than this.
_TOGETHER = 24
_REPEATED = re.compile(r"(.)\1+")
_VOWELS = dict.fromkeys("aeiouyhwj", "")
_CONSONANTS = "bpfvtdszgkcqmnlr"
# What alphabets tell apart, and what syllables do; in other letters, so that no skeleton of one is taken for one of the other.
_FINE = str.maketrans(dict(zip(_CONSONANTS, "BPFVTDSSKKKKMNLR", strict=True)) | {"x": "KS"} | _VOWELS)
_COARSE = str.maketrans(dict(zip(_CONSONANTS, "bpfvtdssgkkkmnrr", strict=True)) | {"x": "ks"} | _VOWELS)
_SYLLABLES = frozenset({"kana", "Hangul", "Han"})
# H of no skeleton at all.
ABSENT = np.uint64(2**64 - 1)
# Told apart from the first word of a pair by this; letters kept of a word of a name.
_SECOND, LONGEST_NAME = np.uint64(0x9E3779B97F4A7C15), 24
# Letters of the longest syllable of Mandarin; nats of a letter without a row, and what it may gain.
_LONGEST_SOUND, _UNKNOWN_RARITY, _UNKNOWN_GAIN = 6, 10.0, 6.0
_SILENT = tuple("tdsxz")
_DOUBLED = np.array([ord(letter) for letter in "βγδζθκλμνξπρστφχψбвгджзклмнпрстфхцчшщ"], dtype=np.uint32)
_HANGUL, _HANGUL_END, _HAN, _HAN_END, _PLANE = 0xAC00, 0xD7A4, 0x3400, 0xA000, 0x10000
_THAI_BEFORE, _THAI_BEFORE_END, _THAI, _THAI_END = 0xE40, 0xE45, 0xE01, 0xE2F


def _skeleton(letters: str, classes: dict[int, str]) -> str:
    return _REPEATED.sub(r"\1", letters.translate(classes))


def codes_of(word: str) -> list[list[int]]:
    """H of the skeletons that a word of a name is stored under: two fine ones, with and without a last letter that may be silent, and two coarse ones."""
    letters = latin_form(word)
    spoken = (letters, letters[:-1] if letters[-1:] in _SILENT and len(letters) > 4 else letters)
    return [[hash_word(_skeleton(form, classes)) for form in spoken] for classes in (_FINE, _COARSE)]


def pair_keys(first: U64, second: U64) -> U64:
    """The key of two words, one after the other, by H of their skeletons; 0 for two without consonants and where one is `ABSENT`."""
    out = mixed(first) + mixed(second) * _SECOND
    out[(first == ABSENT) | (second == ABSENT)] = 0
    return out


def pack_bones(
    words: Sequence[str], pairs: Indices, alias: npt.NDArray[np.uint32], whole: npt.NDArray[np.bool_]
) -> dict[str, npt.NDArray[Any]]:
    """The arrays by which names are found by the skeletons of two words: `pairs` (n, 2) of `words` side by side in `alias`.

    Keys lead to entries; of each entry the alias, the two words and whether they are the whole name; of each word its Latin
    letters, 1 to 26, and whether it is a frequent name.
    """
    order = np.lexsort((pairs[:, 1], pairs[:, 0], alias))
    pairs, alias, whole = pairs[order], alias[order], whole[order]
    codes = np.zeros((len(words), 2, 2), dtype=np.uint64)
    for number, word in enumerate(words):
        codes[number] = codes_of(word)
    letters = [latin_form(word)[:LONGEST_NAME] for word in words]
    first, second = codes[pairs[:, 0]], codes[pairs[:, 1]]
    keys = pair_keys(first[:, :, :, None], second[:, :, None, :]).reshape(-1)
    entries = np.arange(len(alias), dtype=np.uint32).repeat(8)
    there = keys.nonzero()[0]
    return {
        **pack("names.bones", keys[there], entries[there]),
        "names.bones.alias": alias,
        "names.bones.words": pairs.astype(np.uint32),
        "names.bones.whole": whole,
        "names.bones.frequent": np.array([word in given_names() or word in surnames() for word in words], dtype=np.bool_),
        "names.bones.letters": np.frombuffer("".join(letters).encode(), dtype=np.uint8) - np.uint8(ord("a") - 1),
        "names.bones.ends": np.cumsum([0, *map(len, letters)], dtype=np.uint32),
    }


Option = tuple[str, float]


def _options(stands_for: dict[str, int], total: int, classes: dict[int, str]) -> list[Option]:
    """Skeletons that letters of a script may have, with the nats of each, the likeliest first; those of a fiftieth of the cases or more."""
    counts: dict[str, int] = defaultdict(int)
    for letters, count in stands_for.items():
        counts[_skeleton(letters, classes)] += count
    least = 0.02 * sum(counts.values())
    return sorted(((bones, -log(count / total)) for bones, count in counts.items() if count >= least), key=lambda it: (it[1], it[0]))


def _syllable(sound: str, rows: dict[str, list[Option]]) -> list[Option]:
    """The same for a syllable, from rows for its letters."""
    states: list[dict[str, float]] = [{"": 0.0}, *({} for _ in sound)]
    for at, state in enumerate(states):
        for size in range(1, min(3, len(sound) - at) + 1):
            after = states[at + size]
            for more, price in rows.get(sound[at : at + size]) or ([("", _UNREAD)] if size == 1 else []):
                for bones, cost in state.items():
                    longer = _REPEATED.sub(r"\1", bones + more)
                    after[longer] = min(after.get(longer, cost + price), cost + price)
    return sorted(states[-1].items(), key=lambda it: (it[1], it[0]))[:_OF_ONE]


@dataclass(frozen=True, slots=True)
class _Rows:
    """What rows of the tables may be: thousandths of `nats`, and `bones` (numbers of skeletons), (options, rows); row 0 is nothing known."""

    nats: Thousandths
    bones: Indices


@dataclass(frozen=True, slots=True)
class _Tables:
    """The tables of all scripts as arrays.

    Attributes:
        unit_of: (65536,) number of the unit of each code point, 0 for none.
        one: readings of units. two, three: of two and three together.
        pairs, triples: sorted units a << 12 | b of `two`, and row of `two` << 12 | c of `three`.
        hashes, sizes, first, last: of each skeleton; of skeleton n without its first consonant at n + the number of skeletons.
        shorter: the number of skeletons.
        powers: what a consonant is multiplied with by its place in a skeleton, for H.
        most: (units,) nats that a unit can gain at most, by which it is likelier in a name than in any word.
        rarity: (units,) nats of a unit in its script.
        script: (units,) number of its script.
        sounds: (units, 6) units of the letters of a syllable of Han, 0 behind the last; nothing for others.
        rows: the row of `Writing.costs` in an array of all of them: units, then of two, then of three.
    """

    unit_of: npt.NDArray[np.int64]
    one: _Rows
    two: _Rows
    three: _Rows
    pairs: Indices
    triples: Indices
    hashes: U64
    sizes: Indices
    first: Indices
    last: Indices
    shorter: int
    powers: U64
    most: Floats
    rarity: Floats
    script: Indices
    sounds: Indices
    rows: dict[str, int]


class _Maker:
    """Collects the rows of all scripts."""

    def __init__(self) -> None:
        self.units: dict[str, int] = {}
        self.skeletons: dict[str, int] = {"": 0}
        self.one: list[list[Option]] = [[("", _UNREAD)]]
        self.more: dict[str, list[Option]] = {}
        self.most: list[float] = [_UNKNOWN_GAIN]
        self.rarity: list[float] = [_UNKNOWN_RARITY]
        self.script: list[int] = [0]

    def unit(self, name: str, options: list[Option], script: int, most: float, rarity: float) -> None:
        self.units[name] = len(self.one)
        self.one.append(options)
        self.most.append(most)
        self.rarity.append(rarity)
        self.script.append(script)

    def rows(self, options: Sequence[list[Option]], width: int) -> _Rows:
        nats = np.full((width, len(options)), NEVER, dtype=np.int32)
        bones = np.zeros((width, len(options)), dtype=np.int64)
        for row, some in enumerate(options):
            for column, (skeleton, price) in enumerate(some[:width]):
                nats[column, row] = round(1000 * price)
                bones[column, row] = self.skeletons.setdefault(skeleton, len(self.skeletons))
        return _Rows(nats, bones)


def _most(writing: Writing) -> dict[str, float]:
    """By how many nats each letter of a script can be likelier in a name than in any word, at most."""
    cost: dict[str, float] = defaultdict(lambda: UNEXPLAINED)
    for native, costs in writing.costs.items():
        for letter in native:
            cost[letter] = min(cost[letter], min(costs.values()) / len(native))
    return {letter: writing.rarity(letter) - cost[letter] for letter in cost}


@cache
def _tables() -> _Tables:
    made = _Maker()
    unit_of = np.zeros(_PLANE, dtype=np.int64)
    for number, (script, writing) in enumerate(writings().items()):
        classes = _COARSE if script in _SYLLABLES else _FINE
        rows = {native: _options(stands_for, writing.total, classes) for native, stands_for in writing.rows.items() if native}
        most = _most(writing)
        for native, options in rows.items():
            if len(native) == 1:
                made.unit(native, options, number, most[native], writing.rarity(native))
                unit_of[ord(native)] = made.units[native] if script != "Han" else 0
            else:
                made.more[native] = options
        for letter in sorted(set("".join(rows)) - set(made.units)):
            made.unit(letter, [("", _UNREAD)], number, most[letter], writing.rarity(letter))
            unit_of[ord(letter)] = made.units[letter] if script != "Han" else 0
        if script == "Han":
            sounds = [_sound(code) for code in range(_HAN, _HAN_END)]
            for sound in sorted(set(sounds) - {""}):
                made.unit(sound + ".", _syllable(sound, rows), number, sum(most[letter] for letter in sound), writing.rarity(sound))
            unit_of[_HAN:_HAN_END] = [made.units.get(sound + ".", 0) for sound in sounds]
    return _packed(made, unit_of)


def _sound(code: int) -> str:
    """A character of Han as Mandarin says it, in the letters of the table."""
    return "".join(filter(ascii_lowercase.__contains__, str(anyascii(chr(code))).lower()))[:_LONGEST_SOUND]


def _packed(made: _Maker, unit_of: Indices) -> _Tables:
    units = made.units
    known = [native for native in sorted(made.more) if all(letter in units for letter in native)]
    # A row of three letters is reached through one of its first two.
    begun = {native[:2]: made.more.get(native[:2], []) for native in known}
    two = sorted((units[native[0]] << 12 | units[native[1]], native) for native in begun)
    place = {native: row for row, (_, native) in enumerate(two, 1)}
    three = sorted((place[native[:2]] << 12 | units[native[2]], native) for native in known if len(native) == 3)
    tables = (
        made.rows(made.one, _OF_ONE),
        made.rows([[], *(begun[native] for _, native in two)], _OF_MORE),
        made.rows([[], *(made.more[native] for _, native in three)], _OF_MORE),
    )
    sounds = np.zeros((len(made.one), _LONGEST_SOUND), dtype=np.int64)
    for name, unit in units.items():
        if name.endswith("."):
            sounds[unit, : len(name) - 1] = [units[letter] for letter in name[:-1]]
    skeletons = [*made.skeletons, *(bones[1:] for bones in made.skeletons)]
    count = len(made.one)
    return _Tables(
        unit_of,
        *tables,
        np.array([key for key, _ in two], dtype=np.int64),
        np.array([key for key, _ in three], dtype=np.int64),
        np.array([hash_word(bones) for bones in skeletons], dtype=np.uint64),
        np.array([len(bones) for bones in skeletons]),
        np.array([ord(bones[0]) if bones else 0 for bones in skeletons]),
        np.array([ord(bones[-1]) if bones else 0 for bones in skeletons]),
        len(made.skeletons),
        powers(3 * LONGEST)[0],
        np.array(made.most, dtype=np.float32),
        np.array(made.rarity, dtype=np.float32),
        np.array(made.script),
        sounds,
        units
        | {native: count + row for row, (_, native) in enumerate(two, 1)}
        | {native: count + len(two) + 1 + row for row, (_, native) in enumerate(three, 1)},
    )


def unit_rows() -> dict[str, int]:
    """The number that `Units.rows` gives to each row of `Writing.costs`."""
    return _tables().rows


def _row_of(keys: Indices, table: Indices) -> Indices:
    """1 + where each key is in the sorted table, 0 where it is not."""
    at = table.searchsorted(keys)
    out: Indices = (at + 1) * (table.take(at, mode="clip") == keys)
    return out


class Units:
    """The letters of a text as units of the tables, and what stretches of them may be."""

    def __init__(self, letters: npt.NDArray[np.uint32], breaks: npt.NDArray[np.bool_], *, sounds: bool = False) -> None:
        """`breaks` are `Folded.breaks`; with `sounds` the characters of Han are the letters of their sound."""
        tables = self._tables = _tables()
        letters = _in_spoken_order(letters, breaks)
        sizes = np.ones(len(letters), dtype=np.int64)
        hangul = (letters >= _HANGUL) & (letters < _HANGUL_END)
        sizes[hangul] = 2 + ((letters[hangul] - _HANGUL) % 28 > 0)
        again = ((letters[1:] == letters[:-1]) & ~breaks[1:]).nonzero()[0] + 1
        sizes[again[_DOUBLED.take(_DOUBLED.searchsorted(letters[again]), mode="clip") == letters[again]]] = 0
        han = ((letters >= _HAN) & (letters < _HAN_END)).nonzero()[0] if sounds else again[:0]
        spoken = tables.sounds.take(tables.unit_of.take(letters[han]), axis=0)
        sizes[han] = np.maximum((spoken > 0).sum(axis=1), 1)
        # Where the units of each letter begin (one more than letters), and their numbers.
        self.begin: Indices = np.concatenate(([0], sizes.cumsum()))
        points = letters.repeat(sizes)
        if hangul.any():
            _take_apart(points, self.begin[:-1][hangul])
        self.numbers = tables.unit_of.take(points, mode="clip")
        self.numbers[points >= _PLANE] = 0
        if len(han):
            # A character without a sound is one unknown unit.
            spoken[spoken[:, 0] == 0, 0] = -1
            self.numbers[stretched(self.begin.take(han), sizes.take(han))] = np.maximum(spoken[spoken != 0], 0)
        before = np.concatenate(([0], self.numbers[:-1]))
        self._two = _row_of(before << 12 | self.numbers, tables.pairs)
        self._three = _row_of(np.concatenate(([0], self._two[:-1])) << 12 | self.numbers, tables.triples)

    def most(self, begin: Indices, end: Indices) -> npt.NDArray[np.float64]:
        """Nats by which the letters `begin` to `end` of each stretch can be likelier as some name than as any word, at most."""
        most = np.concatenate(([0.0], self._tables.most.take(self.numbers).cumsum(dtype=np.float64)))
        out: npt.NDArray[np.float64] = most.take(self.begin.take(end)) - most.take(self.begin.take(begin))
        return out

    def rarity(self, begin: Indices, end: Indices) -> npt.NDArray[np.float64]:
        """Nats of the letters `begin` to `end` of each stretch when they are no particular word."""
        rarity = np.concatenate(([0.0], self._tables.rarity.take(self.numbers).cumsum(dtype=np.float64)))
        out: npt.NDArray[np.float64] = rarity.take(self.begin.take(end)) - rarity.take(self.begin.take(begin))
        return out

    def scripts(self, at: Indices) -> Indices:
        """The number of the script of these units."""
        return self._tables.script.take(self.numbers.take(at))

    def rows(self, at: Indices, left: Indices) -> tuple[Indices, Indices, Indices]:
        """For the one, two and three units from each of `at` on, of which `left` are there: the number of their row of costs, 0 for none."""
        tables = self._tables
        two = self._two.take(at + 1, mode="clip") * (left > 1)
        three = self._three.take(at + 2, mode="clip") * (left > 2)
        count = len(tables.script)
        return self.numbers.take(at), (two + count) * (two > 0), (three + count + len(tables.pairs) + 1) * (three > 0)

    def skeletons(self, begin: Indices, end: Indices) -> tuple[U64, Thousandths]:
        """H of the likeliest skeletons of the letters `begin` to `end` of each stretch, and their nats, both (READINGS, stretches).

        The likeliest come first; nats are NEVER where there are fewer, and everywhere for a stretch of more than LONGEST units.
        """
        first, last = self.begin.take(begin), self.begin.take(end)
        hashes = np.zeros((READINGS, len(begin)), dtype=np.uint64)
        nats = np.full((READINGS, len(begin)), NEVER, dtype=np.int32)
        fit = (last - first <= LONGEST).nonzero()[0]
        starts, run = np.unique(first.take(fit), return_inverse=True)
        sizes = last.take(fit) - first.take(fit)
        longest = np.zeros(len(starts), dtype=np.int64)
        np.maximum.at(longest, run, sizes)
        order = np.argsort(-longest, kind="stable")
        place = np.empty_like(order)
        place[order] = np.arange(len(order))
        where = place.take(run)
        for size, states in enumerate(self._read(starts.take(order), longest.take(order)), 1):
            there = (sizes == size).nonzero()[0]
            if len(there):
                hashes[:, fit.take(there)] = states.hashes.take(where.take(there), axis=1)
                nats[:, fit.take(there)] = states.nats.take(where.take(there), axis=1)
        return hashes, nats

    def _read(self, starts: Indices, sizes: Indices) -> Iterator["_States"]:
        """What the first, the first two ... units of each run may be; the runs come longest first, and each ends when its size is reached."""
        tables = self._tables
        past = [_States.begun(len(starts))]
        for size in range(1, int(sizes[0]) + 1 if len(sizes) else 1):
            left = int((-sizes).searchsorted(-size, side="right"))
            at = starts[:left] + (size - 1)
            rows = ((tables.one, self.numbers), (tables.two, self._two), (tables.three, self._three))
            past = [state.head(left) for state in past]
            past = [_next(past, [(row, numbers.take(at)) for row, numbers in rows[:size]], tables), *past[:2]]
            yield past[0]


@dataclass(frozen=True, slots=True)
class _States:
    """The likeliest skeletons so far, the likeliest first, (READINGS, runs) each: nats, H, consonants << 8 | the last of them."""

    nats: Thousandths
    hashes: U64
    tails: Indices

    @staticmethod
    def begun(count: int) -> "_States":
        """Nothing read yet."""
        nats = np.full((READINGS, count), NEVER, dtype=np.int32)
        nats[0] = 0
        none = np.zeros((READINGS, count), dtype=np.int64)
        return _States(nats, none.astype(np.uint64), none)

    def head(self, count: int) -> "_States":
        """The first `count` runs."""
        return self if count == self.nats.shape[1] else _States(self.nats[:, :count], self.hashes[:, :count], self.tails[:, :count])


@cache
def _combined(blocks: int) -> tuple[Indices, Indices]:
    """Rows (state, option) whose sum may be among the `_TRIED` least of sorted states and options, block behind block."""
    widths = (_OF_ONE, _OF_MORE, _OF_MORE)
    states: list[int] = []
    options: list[int] = []
    for block in range(blocks):
        for state in range(READINGS):
            for option in range(widths[block]):
                if (state + 1) * (option + 1) <= _TRIED:
                    states.append(block * READINGS + state)
                    options.append(sum(widths[:block]) + option)
    return np.array(states), np.array(options)


def _least(nats: Thousandths, count: int) -> tuple[Thousandths, Indices]:
    """The `count` least of each column in rising order, and the rows that they stood in."""
    packed = nats << _ROW_BITS | np.arange(len(nats), dtype=np.int32)[:, None]
    packed = np.ascontiguousarray(packed.T)
    packed.sort(axis=1)
    best = packed[:, :count].T
    return best >> _ROW_BITS, (best & (1 << _ROW_BITS) - 1).astype(np.int64)


def _next(past: list[_States], rows: list[tuple["_Rows", Indices]], tables: _Tables) -> _States:
    """The likeliest skeletons after one unit more: one unit after the last states, two after those before, three after those before them."""
    states, options = _combined(len(rows))
    nats = np.concatenate([state.nats for state in past]).take(states, axis=0)
    nats += np.concatenate([row.nats.take(number, axis=1) for row, number in rows]).take(options, axis=0)
    nats, best = _least(np.minimum(nats, NEVER), _TRIED)
    columns = np.arange(nats.shape[1])
    parent = states.take(best) * len(columns) + columns
    hashes, tails = (np.concatenate([getattr(state, name) for state in past]).take(parent) for name in ("hashes", "tails"))
    more = np.concatenate([row.bones.take(number, axis=1) for row, number in rows]).take(options.take(best) * len(columns) + columns)
    more += (tables.first.take(more) == tails & 0xFF) * tables.shorter
    added = tables.sizes.take(more)
    hashes += tables.hashes.take(more) * tables.powers.take(tails >> 8)
    tails = np.where(added > 0, ((tails >> 8) + added) << 8 | tables.last.take(more), tails)
    # The same skeleton read in two ways counts once, the likelier way.
    for row in range(1, _TRIED):
        nats[row][(hashes[:row] == hashes[row]).any(axis=0)] = NEVER
    nats, best = _least(nats, READINGS)
    best *= len(columns)
    best += columns
    return _States(nats, hashes.take(best), tails.take(best))


@cache
def combined() -> tuple[Indices, Indices]:
    """Rows of `Units.skeletons` for each of two words that are looked up together: those likely together."""
    rows = [(one, other) for one in range(READINGS) for other in range(READINGS) if (one + 1) * (other + 1) <= _TOGETHER]
    first, second = np.array(rows).T
    return first, second


def stretched(begin: Indices, sizes: Indices) -> Indices:
    """The numbers from each of `begin` on, as many as `sizes` says, one stretch behind the other."""
    out: Indices = np.arange(int(sizes.sum())) + (begin - sizes.cumsum() + sizes).repeat(sizes)
    return out


def _in_spoken_order(letters: npt.NDArray[np.uint32], breaks: npt.NDArray[np.bool_]) -> npt.NDArray[np.uint32]:
    """Thai vowels that are written before their consonant put behind it."""
    vowel = (letters[:-1] >= _THAI_BEFORE) & (letters[:-1] < _THAI_BEFORE_END) & (letters[1:] >= _THAI) & (letters[1:] < _THAI_END)
    some = (vowel & ~breaks[1:]).nonzero()[0]
    if len(some):
        letters = letters.copy()
        letters[some], letters[some + 1] = letters[some + 1], letters[some]
    return letters


def _take_apart(points: npt.NDArray[np.uint32], begin: Indices) -> None:
    """Puts the jamo of each syllable of Hangul, repeated from each of `begin` on, in place of it."""
    code = points[begin] - _HANGUL
    tail = code % 28
    points[begin] = 0x1100 + code // 588
    points[begin + 1] = 0x1161 + code % 588 // 28
    ends = (tail > 0).nonzero()[0]
    points[begin[ends] + 2] = 0x11A7 + tail[ends]
