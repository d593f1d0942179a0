"""Names in a script that no alias of the person is written in (guard/match/names/writing.py)."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from math import exp, inf, log

import numpy as np

from guard.match.names.candidates import Asked, heard
from guard.match.names.context import cue_at
from guard.match.names.given import given_names, surnames
from guard.match.names.near import NearPart, aligned, orders, words_of
from guard.match.names.part import Found, Part
from guard.match.names.scan import COMMON_LEVEL, LONGEST_WORD, Scan, parted_plainly
from guard.match.names.sound import VOWELS, letters_of, skeleton_keys
from guard.match.names.words import WordTable
from guard.match.names.writing import latin_form, letter_odds, writing_of
from guard.normalise.fold import LOOSE, SCRIPT
from guard.normalise.hashing import U64, Indices, hash_word
from guard.normalise.letters import Script, fold_text, script_of
from guard.types import Strength

# A name explains the words of a text so many nats better than chance does, beyond what the number of names asks for
# (log of their keys, at least of _FEWEST): this much, or with a cue beside it, or without any doubt (measured on the
# tuning half of wd_*.tsv and prompts, docs/explanation/matching-names.md).
_GAIN, _SURE = 1.0, 8.0
# So much more where words carry endings that hide how ordinary they are, and in the other order.
_KOREAN, _TURNED = 2.0, 4.0
# Loan words put together in kana are in no word list; what such words gain counts less.
_COMPOUNDS = 0.8
_FEWEST = 30_000
# Least gain of each word, and most nats for each letter of a word and its name.
_GAIN_EACH, _COST_EACH = 1.5, 1.1
_MOST_LIKELY, _SHARED_LETTERS = 240, 0.4
# In Han every beginning and end of a word may be a name, and each has words of its own.
_MOST_LIKELY_HAN = 480
_WIDEST_GAP, _ONE_BETWEEN = 4, 2
# The parts of a name in Han or kana are parted by one of these.
_DOTS = frozenset("·・･‧•∙⋅＝゠")
_JOSA = tuple("에게 에서 이랑 처럼 으로 께서 한테 의 가 은 는 을 를 에 와 과 랑 도 만 로 씨 님".split())  # noqa: SIM905
# Endings of Korean verbs and marked nouns; a given name before a surname has none.
_KOREAN_GRAMMAR = tuple("은는을를게로고한된인운란며서의에와과")
_VERBAL = tuple("하여 하는 하고 하며 한 할 해 된 되는 되어 스러운 적인 적으로".split())  # noqa: SIM905
_PREFIXES = ("وال", "ول", "وب", "و", "ل", "ب", "ك", "ف", "ו", "ה", "ב", "ל", "מ", "ש", "כ")
_LONGEST_HAN = 6
# After these a mention in a script without capitals needs no cue before it is looked at; it must be beyond doubt without one.
# Its words are less frequent than Zipf 4.7 and no longer than this.
_EVERYDAY, _LONGEST_UNLED = WordTable.level(4.7), 16
_SPACES, _OPENINGS = " \t\u200e\u200f", frozenset("\n.!?؟۔।。！？")


@lru_cache(maxsize=4096)
def _forms(word: str, first: bool) -> tuple[tuple[int, int], ...]:
    """The stretches of a word that may be a name: without particles after it, or little words written before it."""
    kind = script_of(word[0])
    size = len(word)
    out = [(0, size)]
    if kind is Script.HANGUL and not first:
        out += [(0, size - len(josa)) for josa in _JOSA if word.endswith(josa) and size - len(josa) >= 2]
    elif kind is Script.SEMITIC and first:
        out += [(len(prefix), size) for prefix in _PREFIXES if word.startswith(prefix) and size - len(prefix) >= 2]
    elif kind is Script.HAN:
        out = [(size - length, size) if first else (0, length) for length in range(2, min(_LONGEST_HAN, size) + 1)] or [(0, size)]
    return tuple(out)


def _pairs(scan: Scan) -> Indices:
    """The first of two neighbouring words of one script that may be a name: a word of no language, or capitals, or a cue."""
    kinds, latin = scan.folded.kinds[scan.starts], scan.latin
    writing = kinds & (SCRIPT | LOOSE)
    gap = scan.folded.at[scan.starts[1:]] - scan.folded.at[scan.ends[:-1] - 1]
    same = (writing[:-1] == writing[1:]) & ~latin[:-1] & ~latin[1:] & (scan.sizes[:-1] > 1) & (scan.sizes[1:] > 1) & (gap <= _WIDEST_GAP)
    same &= (scan.sizes[:-1] <= LONGEST_WORD) & (scan.sizes[1:] <= LONGEST_WORD)
    common = (scan.levels[:-1] >= COMMON_LEVEL) | (scan.levels[1:] >= COMMON_LEVEL)
    parted = (writing[:-1] == Script.KATAKANA) | (writing[:-1] == (Script.HAN | LOOSE))
    spaced = ~parted & (((writing[:-1] & LOOSE) == 0) | (writing[:-1] == (Script.UNSPACED | LOOSE)))
    found = scan.once((same & ((spaced & ~common) | (parted & (gap == _ONE_BETWEEN)))).nonzero()[0])
    keep = [one for one in found.tolist() if _plausible(scan, one, int(writing[one]))]
    return np.array(keep, dtype=np.int64)


def _plausible(scan: Scan, one: int, writing: int) -> bool:
    """Whether the two words are parted as names are, and no particle hides that they are ordinary."""
    between = scan.text[int(scan.folded.at[int(scan.ends[one]) - 1]) + 1 : int(scan.folded.at[int(scan.starts[one + 1])])]
    begin, end = scan.folded.span(int(scan.starts[one]), int(scan.ends[one + 1]))
    if writing in {Script.KATAKANA, Script.HAN | LOOSE}:
        if writing != Script.KATAKANA and not _DOTS.isdisjoint((scan.text[begin - 1 : begin], scan.text[end : end + 1])):
            return False  # a list of words, not a name
        return between in _DOTS or (writing == Script.KATAKANA and between in " \u3000=" and cue_at(scan.text, begin, end))
    if not all(char in " -’'\"\u200f\u200e" for char in between):
        return False
    if writing == Script.HANGUL:
        if min(scan.levels[one], scan.levels[one + 1]) > 0 or not (_begins(scan, one, begin) or cue_at(scan.text, begin, end)):
            return False
        levels = [_level(scan.words, scan.word(number)) for number in (one, one + 1)]
        return 0 in levels and max(levels) < COMMON_LEVEL
    letter = scan.text[begin]
    if letter.lower() == letter.upper():
        return _begins(scan, one, begin) or cue_at(scan.text, begin, end)
    return bool(scan.capital[one] and scan.capital[one + 1]) or cue_at(scan.text, begin, end)


def _begins(scan: Scan, one: int, begin: int) -> bool:
    """Whether a line or a sentence begins at this code point with two words that are not everyday ones."""
    if max(scan.levels[one], scan.levels[one + 1]) >= _EVERYDAY or max(scan.sizes[one], scan.sizes[one + 1]) > _LONGEST_UNLED:
        return False
    if scan.word(one).endswith(_KOREAN_GRAMMAR):
        return False
    while begin and scan.text[begin - 1] in _SPACES:
        begin -= 1
    return not begin or scan.text[begin - 1] in _OPENINGS


def _level(words: WordTable, word: str) -> int:
    """How ordinary a Korean word is, with or without its particle."""
    return int(words.levels(_unmarked(word)).max())


@lru_cache(maxsize=4096)
def _unmarked(word: str) -> U64:
    """H of a Korean word with and without its particle."""
    forms = [word, *(word[: -len(josa)] for josa in _JOSA if word.endswith(josa) and len(word) > len(josa))]
    forms += [word[: -len(ending)] for ending in _VERBAL if word.endswith(ending) and len(word) - len(ending) >= 2]
    return np.array([hash_word(form) for form in forms], dtype=np.uint64)


def find(scan: Scan, part: Part, near: NearPart) -> Iterator[Found]:
    """Every name of two words that two neighbouring words of the text may be in their script."""
    if scan.text.isascii() or len(scan.starts) < 2 or not len(near.sound) or scan.latin.all():
        return
    pairs = _pairs(scan)
    if not len(pairs):
        return
    wanted = set(pairs.tolist())
    asked: list[Asked] = []
    for number in words_of(pairs).tolist():
        word = scan.word(number)
        sides = {side for side, there in ((True, number), (False, number - 1)) if there in wanted}
        forms = dict.fromkeys(form for side in sorted(sides) for form in _forms(word, side))
        asked.extend(_asked(number, form, word[slice(*form)]) for form in forms)
    best: dict[tuple[int, int], tuple[float, Found]] = {}
    for one, left, right, row_no in heard(scan, part, near, pairs, asked, max(one.most for one in asked) ** 2):
        verified = _verified(scan, part, row_no, one, left, right)
        if verified and verified[0] < best.get((one, row_no), (inf,))[0]:
            best[one, row_no] = verified
    yield from (found for _, found in best.values())


def _asked(number: int, form: tuple[int, int], stretch: str) -> Asked:
    script = script_of(stretch[0])
    mask = ~VOWELS if script is Script.SEMITIC else -1
    most = _MOST_LIKELY_HAN if script is Script.HAN else _MOST_LIKELY
    return Asked(number, form, skeleton_keys(stretch), letters_of(latin_form(stretch)), _SHARED_LETTERS, most, mask, letter_odds(stretch))


@lru_cache(maxsize=8192)
def explained(native: str, letters: str) -> tuple[float, float]:
    """Nats that `native` takes as a word of its script, and as the way to write the word `letters` of any script.

    The second is `inf` where it explains the word no better than the first by `_GAIN_EACH`.
    """
    rarity, name = rarity_of(native), latin_form(letters)
    most = min(_COST_EACH * (len(native) + len(name)), rarity - _GAIN_EACH)
    writing = writing_of(native)
    return rarity, writing.cost(native, name, most) if writing and name and most >= 0 else inf


@lru_cache(maxsize=8192)
def rarity_of(native: str) -> float:
    """Nats that `native` takes as a word of its script."""
    writing = writing_of(native)
    return writing.rarity(native) if writing else 0.0


def asked_for(names: int) -> float:
    """By how many nats a name must explain the words of a text better than chance does, among so many keys of names."""
    return log(max(_FEWEST, names)) + _GAIN


def _rarity(level: int, seen: str, wanted: str) -> float:
    """Nats that a word takes as one of its language, or as any of its script; a frequent name makes a word frequent."""
    rarity = rarity_of(seen)
    if level and wanted not in given_names() and wanted not in surnames():
        rarity = min(rarity, (9.0 - WordTable.zipf_of(level)) * log(10.0))
    return rarity


def _costs(seen: Sequence[str], words: Sequence[str], rarities: Sequence[float], least: float) -> float | None:
    """Nats that it takes to write the words as those seen, None where each gains too little or all gain less than `least`."""
    spare, total = sum(rarities) - least, 0.0
    for word, wanted, rarity in zip(seen, words, rarities, strict=True):
        if spare < total or rarity < _GAIN_EACH:
            return None
        cost = explained(word, wanted)[1]
        if rarity - cost < _GAIN_EACH:
            return None
        total += cost
    return total if total <= spare else None


def _verified(scan: Scan, part: Part, row_no: int, one: int, left: tuple[int, int], right: tuple[int, int]) -> tuple[float, Found] | None:
    """What the name takes to write like this, and the mention."""
    row = part.row(row_no)
    name = fold_text(row.text).split()
    if row.strength is not Strength.STRONG or any(len(word) < 2 for word in name):
        return None
    least = asked_for(len(part.exact))
    for words, first in ((order, first) for order in orders(name) for first in aligned(scan, order, one)):
        last = first + len(words) - 1
        seen = [scan.word(number) for number in range(first, last + 1)]
        seen[one - first], seen[one - first + 1] = seen[one - first][slice(*left)], seen[one - first + 1][slice(*right)]
        if seen == words or scan.word(first).endswith(_KOREAN_GRAMMAR) or not parted_plainly(scan, first, last):
            continue
        script = script_of(seen[0][0])
        share = _COMPOUNDS if script is Script.KATAKANA else 1.0
        wanted = least + _KOREAN * (script is Script.HANGUL) + _TURNED * (words != name)
        rarities = [_rarity(_level_of(scan, first + at), word, words[at]) for at, word in enumerate(seen)]
        cost = _costs(seen, words, rarities, wanted / share)
        if cost is None:
            continue
        beyond = (sum(rarities) - cost) * share - wanted
        begin = int(scan.starts[first]) + (left[0] if first == one else 0)
        end = int(scan.starts[last]) + right[1] if last == one + 1 else int(scan.ends[last])
        score = 0.95 - 0.2 * exp(-beyond / 10.0)
        doubtful = beyond < _SURE - _GAIN or words != name
        return cost, Found(row, begin, end, "other script", score, plain=False, doubtful=doubtful)
    return None


def _level_of(scan: Scan, number: int) -> int:
    """How ordinary a word of the text is, in Korean with or without its particle."""
    word = scan.word(number)
    return _level(scan.words, word) if script_of(word[0]) is Script.HANGUL else int(scan.levels[number])
