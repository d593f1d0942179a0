"""How scripts write the names of each other: what a word of another script may be in Latin letters, and how likely.

`writings.txt` says which letters of a script stand for which Latin ones, and how often. From that follow, for a word of
that script, the skeletons (consonants) it may have in Latin letters, under which names are looked up, and how likely a
given Latin word is written like that, by which they are told apart.
"""

import re
import unicodedata
from collections import defaultdict
from functools import cache, lru_cache
from importlib.resources import files
from math import inf, log
from operator import itemgetter

from anyascii import anyascii

from guard.normalise.letters import fold_text

# Nats for a letter that no row of the table explains; more than any row costs.
UNEXPLAINED = 4.0
# Added to how often a stretch of Latin letters was seen, so that one seen once proves little.
_SMOOTHING = 4
# Letters in a row of the table, in either script.
LONGEST_PIECE = 3
# Skeletons looked up for one word, and how many are kept on the way (on pairs of wd_*.tsv more find next to nothing).
_SKELETONS, _BEAM = 16, 24
# A letter without a row: nothing, at a price.
_UNREAD = (("", 2 * UNEXPLAINED, ""),)
_RANGES = (
    ("\u0370", "\u03ff", "Greek"), ("\u0400", "\u052f", "Cyrillic"), ("\u0590", "\u05ff", "Hebrew"), ("\u0600", "\u06ff", "Arabic"),
    ("\u0900", "\u0d7f", "Devanagari"), ("\u0530", "\u058f", "Armenian"), ("\u10a0", "\u10ff", "Georgian"), ("\u0e00", "\u0e7f", "Thai"), ("\u30a0", "\u30ff", "kana"), ("\uac00", "\ud7af", "Hangul"),
    ("\u3400", "\u9fff", "Han"),
)  # fmt: skip
_DOUBLED = re.compile(r"([bcdfghj-np-tv-zбвгджзклмнпрстфхцчшщβγδζθκλμνξπρστφχψ])\1+")
_NOT_LATIN = re.compile("[^a-z]")
# The scripts of India lie alike in their blocks (Bengali, Gurmukhi, Gujarati, Oriya, Tamil, Telugu, Kannada, Malayalam), so that all are read as the first.
BRAHMIC, BRAHMIC_END, BRAHMIC_SIZE = 0x900, 0xD80, 0x80
_BRAHMIC = {code: BRAHMIC + code % BRAHMIC_SIZE for code in range(BRAHMIC + BRAHMIC_SIZE, BRAHMIC_END)}
_THAI_VOWEL_FIRST = re.compile("([\u0e40-\u0e44])([\u0e01-\u0e2e])")
# Consonants as skeletons tell them apart: what scripts and spellings disagree about is left out or made one.
_CLASSES = str.maketrans(dict(zip("bpfvtdszgkcqmnlr", "PPFFTTSSKKKKNNLR", strict=True)) | {"x": "KS"} | dict.fromkeys("aeiouyhwj", ""))
_REPEATED = re.compile(r"(.)\1+")


def latin(word: str) -> str:
    """The Latin letters of a folded word in Latin letters, no consonant doubled."""
    return _DOUBLED.sub(r"\1", _NOT_LATIN.sub("", word))


def skeleton(word: str) -> str:
    """The consonants of a word of `latin`, in classes."""
    return _REPEATED.sub(r"\1", word.translate(_CLASSES))


def _units(word: str) -> str:
    """The letters of a word as the tables know them: Hangul apart, Han by its sound in Mandarin, Thai in spoken order, scripts of India as Devanagari."""
    first = word[0]
    if "\u0980" <= first <= "\u0d7f":
        return word.translate(_BRAHMIC)
    if first >= "\uac00" and first <= "\ud7a3":
        return unicodedata.normalize("NFD", word)
    if "\u3400" <= first <= "\u9fff":
        return _NOT_LATIN.sub("", str(anyascii(word)).lower())
    if "\u0e00" <= first <= "\u0e7f":
        return _THAI_VOWEL_FIRST.sub(r"\2\1", word)
    return _DOUBLED.sub(r"\1", word)


class Writing:
    """One script. `rows`: letters of the script -> Latin letters -> how often; `total` of all of them.

    `costs`: letters of the script -> Latin letters -> nats that these take to be written so; `silent_costs` to be left out.
    """

    def __init__(self, rows: dict[str, dict[str, int]]) -> None:
        self.rows = rows
        per_latin: dict[str, int] = defaultdict(int)
        for stands_for in rows.values():
            for letters, count in stands_for.items():
                per_latin[letters] += count
        self.costs = {
            native: {letters: -log(count / (per_latin[letters] + _SMOOTHING)) for letters, count in stands_for.items()}
            for native, stands_for in rows.items()
        }
        self.silent_costs = self.costs.pop("", {})
        self.total = all_rows = sum(per_latin.values())
        self._readings = {native: _readings(stands_for, all_rows) for native, stands_for in rows.items() if native}
        seen: dict[str, int] = defaultdict(int)
        for native, stands_for in rows.items():
            for letter in native:
                seen[letter] += sum(stands_for.values())
        total = sum(seen.values())
        self._rarity = {letter: -log(count / total) for letter, count in seen.items()}
        self._rarest = log(total)

    def rarity(self, word: str) -> float:
        """Nats that the letters of a word take when it is no particular word."""
        return sum(self._rarity.get(letter, self._rarest) for letter in _units(word))

    def readings(self, word: str) -> list[tuple[str, str]]:
        """Skeletons with the likeliest Latin letters of each, the likeliest first."""
        units = _units(word)
        states: list[dict[str, tuple[float, str]]] = [{} for _ in range(len(units) + 1)]
        states[0][""] = (0.0, "")
        for at in range(len(units)):
            best = sorted(states[at].items(), key=itemgetter(1))[:_BEAM]
            for size in range(1, min(LONGEST_PIECE, len(units) - at) + 1):
                readings = self._readings.get(units[at : at + size]) or (_UNREAD if size == 1 else ())
                after = states[at + size]
                for more, price, spelled in readings:
                    for bones, (cost, letters) in best:
                        longer = bones + (more[1:] if bones[-1:] == more[:1] else more)
                        total = cost + price
                        if longer not in after or total < after[longer][0]:
                            after[longer] = (total, letters + spelled)
        return [(bones, letters) for bones, (_, letters) in sorted(states[-1].items(), key=itemgetter(1))]

    def cost(self, word: str, name: str, most: float) -> float:
        """Nats that it takes to write the Latin `name` as `word`; `inf` beyond `most`."""
        units = _units(word)
        pieces = [[name[at : at + size] for size in range(1, LONGEST_PIECE + 1) if at + size <= len(name)] for at in range(len(name))]
        width = len(name) + 1
        rows = [[inf] * width for _ in range(len(units) + 1)]
        rows[0][0] = 0.0
        for at, row in enumerate(rows):
            here = [
                (size, costs)
                for size in range(1, LONGEST_PIECE + 1)
                if at + size <= len(units) and (costs := self.costs.get(units[at : at + size]))
            ]
            for place in range(width):
                so_far = row[place]
                if so_far > most:
                    continue
                mine = pieces[place] if place < len(name) else ()
                for length, piece in enumerate(mine, 1):
                    silent = self.silent_costs.get(piece, UNEXPLAINED if length == 1 else inf)
                    if so_far + silent < row[place + length]:
                        row[place + length] = so_far + silent
                if at < len(units) and so_far + UNEXPLAINED < rows[at + 1][place]:
                    rows[at + 1][place] = so_far + UNEXPLAINED
                for size, costs in here:
                    after = rows[at + size]
                    extra = so_far + costs.get("", inf)
                    if extra < after[place]:
                        after[place] = extra
                    for length, piece in enumerate(mine, 1):
                        price = costs.get(piece)
                        if price is not None and so_far + price < after[place + length]:
                            after[place + length] = so_far + price
        return rows[-1][-1] if rows[-1][-1] <= most else inf


def _readings(stands_for: dict[str, int], all_rows: int) -> list[tuple[str, float, str]]:
    """What letters of a script may be: skeleton, nats (of both together), and the likeliest letters with that skeleton."""
    total = sum(stands_for.values())
    merged: dict[str, tuple[int, str]] = {}
    for letters, count in sorted(stands_for.items(), key=lambda it: (-it[1], it[0])):
        bones = _REPEATED.sub(r"\1", letters.translate(_CLASSES))
        so_far, likeliest = merged.get(bones, (0, letters))
        merged[bones] = (so_far + count, likeliest)
    return [(bones, -log(count / all_rows), letters) for bones, (count, letters) in merged.items() if count >= 0.02 * total]


@cache
def writings() -> dict[str, Writing]:
    """Every script of the table by its name there."""
    tables: dict[str, dict[str, dict[str, int]]] = {}
    script = ""
    for line in (files("guard.match.names") / "writings.txt").read_text("utf-8").splitlines():
        if line.startswith("["):
            script = line.strip("[]")
            tables[script] = {}
        elif line and not line.startswith("#"):
            native, *readings = line.replace("_", "").split(" ")
            counts = (reading.partition(":") for reading in readings)
            native = unicodedata.normalize("NFD", native) if script == "Hangul" else native
            tables[script][native] = {letters: int(count) for letters, _, count in counts}
    return {script: Writing(rows) for script, rows in tables.items()}


def writing_of(word: str) -> Writing | None:
    """The script of a folded word, None for Latin and for scripts without a table."""
    for low, high, script in _RANGES:
        if low <= word[:1] <= high:
            return writings()[script]
    return None


@lru_cache(maxsize=4096)
def read(word: str) -> tuple[tuple[str, ...], str]:
    """The skeletons that a word of another script may have, the likeliest first, and its likeliest Latin form."""
    writing = writing_of(word)
    found = writing.readings(word) if writing else []
    return tuple(bones for bones, _ in found[:_SKELETONS] if bones), latin(fold_text(found[0][1])) if found else ""


@lru_cache(maxsize=16384)
def latin_form(word: str) -> str:
    """A folded word of any script in Latin letters, as it is most likely written there."""
    return latin(word) if word.isascii() else read(word)[1]
