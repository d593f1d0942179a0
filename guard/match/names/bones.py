"""Skeletons of words: under what consonants the words of names are stored, and the tables of what those of a text may be.

A name is found by the skeletons of two of its words together (`pair_keys`), because those of one word are shared by hundreds.
Consonants are told apart as the scripts tell them apart: alphabets know p from b and l from r, syllables do not.
`guard/match/names/units.pyx` reads texts by these tables.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
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
from guard.match.names.writing import BRAHMIC, BRAHMIC_END, BRAHMIC_SIZE, UNEXPLAINED, Writing, latin_form, writings
from guard.normalise.hashing import U64, Indices, hash_word, mixed, powers

Floats = npt.NDArray[np.float32]
# More thousandths of a nat than any stretch takes.
NEVER = 1 << 22
# Readings kept for a word, and of one letter, of two or three together, and of a syllable of Han (on pairs of wd_*.tsv
# more find next to nothing).
READINGS = 12
_OF_ONE, _OF_MORE = 5, 3
# Units (letters; jamo of Hangul; characters of Han) of a stretch that is read; longer ones are no words of names.
LONGEST = 32
# Readings tried after each unit, the likeliest first, before the best are told apart; nats of a letter without a row.
TRIED, _UNREAD = 14, 8.0
# Readings of two words that are looked up together: places in their lists of which the product is no more than this.
TOGETHER = 24
_REPEATED = re.compile(r"(.)\1+")
_VOWELS = dict.fromkeys("aeiouyhwj", "")
_CONSONANTS = "bpfvtdszgkcqmnlr"
# What alphabets tell apart, and what syllables do; in other letters, so that no skeleton of one is taken for one of the other.
_FINE = str.maketrans(dict(zip(_CONSONANTS, "BPFVTDSSKKKKMNLR", strict=True)) | {"x": "KS"} | _VOWELS)
_COARSE = str.maketrans(dict(zip(_CONSONANTS, "bppbtdssgkkkmnrr", strict=True)) | {"x": "ks"} | _VOWELS)
_SYLLABLES = frozenset({"kana", "Hangul", "Han"})
# The second word of a pair is told apart from the first by this; letters kept of a word of a name.
SECOND, LONGEST_NAME = np.uint64(0x9E3779B97F4A7C15), 24
# Letters of the longest syllable of Mandarin; nats of a letter without a row, and what it may gain.
LONGEST_SOUND, _UNKNOWN_RARITY, _UNKNOWN_GAIN = 6, 10.0, 6.0
_SILENT = tuple("tdsxz")
# Letters that are not heard apart, in languages that syllables follow: Vorderman, Knightley, Fletcher, Bridget, Schwarz, Modigliani.
_UNHEARD = re.compile("r(?![aeiouy])|gh(?![aeiou])|^k(?=n)|t(?=ch)|d(?=g[ei]|j|z)|(?<=s)ch|g(?=li|n)")
# Consonants of which two in a row are one.
_DOUBLED = "βγδζθκλμνξπρστφχψбвгджзклмнпрстфхцчшщ"
_HAN, _HAN_END, _PLANE = 0x3400, 0xA000, 0x10000


def _skeleton(letters: str, classes: dict[int, str]) -> str:
    return _REPEATED.sub(r"\1", letters.translate(classes))


def codes_of(word: str) -> list[list[int]]:
    """H of the skeletons that a word of a name is stored under: two fine ones, with and without a last letter that may be silent, and two coarse ones, with and without all letters that may be.

    Syllables are written as a name is heard (보더먼: Vorderman), the alphabets more as it is written.
    """
    letters = latin_form(word)
    spoken = letters[:-1] if letters[-1:] in _SILENT and len(letters) > 4 else letters
    forms = (letters, spoken), (letters, _UNHEARD.sub("", spoken))
    return [[hash_word(_skeleton(form, classes)) for form in some] for classes, some in zip((_FINE, _COARSE), forms, strict=True)]


def pair_keys(first: U64, second: U64) -> U64:
    """The key of two words, one after the other, by H of their skeletons; 0 for two without consonants."""
    return mixed(first) + mixed(second) * SECOND


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
                    longer = bones + (more[1:] if bones[-1:] == more[:1] else more)
                    after[longer] = min(after.get(longer, cost + price), cost + price)
    return sorted(states[-1].items(), key=lambda it: (it[1], it[0]))[:_OF_ONE]


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables of all scripts as arrays.

    A row is of one unit, or of two or three together; row 0 is nothing known.

    Attributes:
        unit_of: (65536,) number of the unit of each code point, which is its row, 0 for none.
        doubled: code points of which two in a row are one.
        nats, skeletons: (rows, 5) what a row may be, the likeliest first: thousandths of a nat, and the number of the skeleton.
        pairs, triples: sorted units a << 12 | b of two together, and place of these, from 1 on, << 12 | c of three.
        two, three: the row before the first of two and of three together.
        hashes, sizes, first, last: of each skeleton; of skeleton n without its first consonant at n + the number of skeletons.
        shorter: the number of skeletons.
        powers: what a consonant is multiplied with by its place in a skeleton, for H.
        most: (units,) nats that a unit can gain at most, by which it is likelier in a name than in any word.
        rarity: (units,) nats of a unit in its script.
        script: (units,) number of its script.
        sounds: (units, 6) units of the letters of a syllable of Han, 0 behind the last; nothing for others.
        rows: the row of each key of `Writing.costs`.
    """

    unit_of: npt.NDArray[np.int32]
    doubled: npt.NDArray[np.uint32]
    nats: npt.NDArray[np.int32]
    skeletons: npt.NDArray[np.int32]
    pairs: npt.NDArray[np.int32]
    triples: npt.NDArray[np.int32]
    two: int
    three: int
    hashes: U64
    sizes: npt.NDArray[np.int32]
    first: npt.NDArray[np.int32]
    last: npt.NDArray[np.int32]
    shorter: int
    powers: U64
    most: Floats
    rarity: Floats
    script: npt.NDArray[np.int32]
    sounds: npt.NDArray[np.int32]
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

    def readings(self, rows: Sequence[list[Option]]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        nats = np.full((len(rows), _OF_ONE), NEVER, dtype=np.int32)
        skeletons = np.zeros((len(rows), _OF_ONE), dtype=np.int32)
        for row, options in enumerate(rows):
            for column, (skeleton, price) in enumerate(options):
                nats[row, column] = round(1000 * price)
                skeletons[row, column] = self.skeletons.setdefault(skeleton, len(self.skeletons))
        return nats, skeletons


def _most(writing: Writing) -> dict[str, float]:
    """By how many nats each letter of a script can be likelier in a name than in any word, at most."""
    cost: dict[str, float] = defaultdict(lambda: UNEXPLAINED)
    for native, costs in writing.costs.items():
        for letter in native:
            cost[letter] = min(cost[letter], min(costs.values()) / len(native))
    return {letter: writing.rarity(letter) - cost[letter] for letter in cost}


@cache
def tables() -> Tables:
    """Made at the first call: some hundredths of a second."""
    made = _Maker()
    unit_of = np.zeros(_PLANE, dtype=np.int32)
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
    for block in range(BRAHMIC + BRAHMIC_SIZE, BRAHMIC_END, BRAHMIC_SIZE):
        unit_of[block : block + BRAHMIC_SIZE] = unit_of[BRAHMIC : BRAHMIC + BRAHMIC_SIZE]
    return _packed(made, unit_of)


@cache
def _letters_of(sound: str) -> str:
    return "".join(filter(ascii_lowercase.__contains__, sound.lower()))[:LONGEST_SOUND]


def _sound(code: int) -> str:
    """A character of Han as Mandarin says it, in the letters of the table."""
    return _letters_of(str(anyascii(chr(code))))


def _packed(made: _Maker, unit_of: npt.NDArray[np.int32]) -> Tables:
    units = made.units
    known = [native for native in sorted(made.more) if all(letter in units for letter in native)]
    # A row of three letters is reached through one of its first two.
    begun = {native[:2]: made.more.get(native[:2], []) for native in known}
    two = sorted((units[native[0]] << 12 | units[native[1]], native) for native in begun)
    place = {native: number for number, (_, native) in enumerate(two, 1)}
    three = sorted((place[native[:2]] << 12 | units[native[2]], native) for native in known if len(native) == 3)
    nats, skeletons = made.readings(
        [*(options[:_OF_ONE] for options in made.one), *(begun[native][:_OF_MORE] for _, native in two)]
        + [made.more[native][:_OF_MORE] for _, native in three]
    )
    sounds = np.zeros((len(made.one), LONGEST_SOUND), dtype=np.int32)
    for name, unit in units.items():
        if name.endswith("."):
            sounds[unit, : len(name) - 1] = [units[letter] for letter in name[:-1]]
    bones = [*made.skeletons, *(skeleton[1:] for skeleton in made.skeletons)]
    last_of_one = len(made.one) - 1
    last_of_two = last_of_one + len(two)
    rows = units | {native: last_of_one + number for native, number in place.items()}
    return Tables(
        unit_of,
        np.array([ord(letter) for letter in _DOUBLED], dtype=np.uint32),
        nats,
        skeletons,
        np.array([key for key, _ in two], dtype=np.int32),
        np.array([key for key, _ in three], dtype=np.int32),
        last_of_one,
        last_of_two,
        np.array([hash_word(skeleton) for skeleton in bones], dtype=np.uint64),
        np.array([len(skeleton) for skeleton in bones], dtype=np.int32),
        np.array([ord(skeleton[0]) if skeleton else 0 for skeleton in bones], dtype=np.int32),
        np.array([ord(skeleton[-1]) if skeleton else 0 for skeleton in bones], dtype=np.int32),
        len(made.skeletons),
        powers(LONGEST_SOUND * LONGEST)[0],
        np.array(made.most, dtype=np.float32),
        np.array(made.rarity, dtype=np.float32),
        np.array(made.script, dtype=np.int32),
        sounds,
        rows | {native: last_of_two + number for number, (_, native) in enumerate(three, 1)},
    )
