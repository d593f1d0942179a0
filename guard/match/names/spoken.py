"""Names found by their sound: respelled, or in a script that no alias of the person is written in."""

from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from guard.match.names.near import NearPart, aligned, join, parted_plainly
from guard.match.names.part import Found, Part
from guard.match.names.scan import COMMON_LEVEL, Scan
from guard.match.names.sound import alike, codes_of_name, codes_of_word, script
from guard.match.names.strength import ORDINARY_ZIPF
from guard.match.names.words import WordTable
from guard.normalise.hashing import Indices, hash_word
from guard.normalise.letters import Script, fold_text
from guard.types import Strength

# Least likeness of each word of a name, by script of the text; with few consonants in all it must be more. Measured on
# tokens of wd_*.tsv (docs/explanation/matching-names.md).
_LEAST_LATIN, _LEAST_OTHER = 0.84, 0.72
_LEAST = {Script.SEMITIC: 0.6, Script.KATAKANA: 0.68, Script.HANGUL: 0.68, Script.HAN: 0.6}
_FEW = {0: 1.1, 1: 1.1, 2: 0.95, 3: 0.85, 4: 0.75}
# An ordinary word of its language is taken for a name only when it sounds just like it.
_LEAST_ORDINARY = 0.8
# The parts of a name in Han or kana are parted by one of these.
_DOTS = frozenset("·・･‧•∙⋅＝゠")
_JOSA = (
    "에게",
    "에서",
    "이랑",
    "처럼",
    "으로",
    "께서",
    "한테",
    "의",
    "가",
    "은",
    "는",
    "을",
    "를",
    "에",
    "와",
    "과",
    "랑",
    "도",
    "만",
    "로",
    "씨",
    "님",
)
_PREFIXES = {Script.SEMITIC: ("وال", "ول", "وب", "و", "ل", "ب", "ك", "ف", "ו", "ה", "ב", "ל", "מ", "ש", "כ")}
_LONGEST_HAN = 6
_ORDINARY = WordTable.level(ORDINARY_ZIPF)


@lru_cache(maxsize=4096)
def _forms(word: str, first: bool) -> tuple[tuple[int, int], ...]:
    """The stretches of a word that may be a name: without particles after it, or little words written before it."""
    kind = script(word)
    size = len(word)
    out = [(0, size)]
    if kind is Script.HANGUL and not first:
        out += [(0, size - len(josa)) for josa in _JOSA if word.endswith(josa) and size - len(josa) >= 2]
    elif kind is Script.SEMITIC and first:
        out += [(len(prefix), size) for prefix in _PREFIXES[kind] if word.startswith(prefix) and size - len(prefix) >= 2]
    elif kind is Script.HAN:
        out = [(size - length, size) if first else (0, length) for length in range(2, min(_LONGEST_HAN, size) + 1)] or [(0, size)]
    return tuple(out)


def _between(scan: Scan, one: int) -> str:
    """What parts two neighbouring words."""
    return scan.text[int(scan.folded.at[int(scan.ends[one]) - 1]) + 1 : int(scan.folded.at[int(scan.starts[one + 1])])]


def _pairs(scan: Scan) -> Indices:
    """The first of two neighbouring words of one script of which at least one is no word of a language."""
    letters = scan.folded.letters[scan.starts]
    latin = letters < 0x250
    pairs = scan.odd_pairs
    pairs = pairs[latin[pairs] & latin[pairs + 1]]
    if scan.text.isascii() or latin.all():
        return pairs
    other = (~latin[:-1] & ~latin[1:] & (scan.sizes[:-1] > 1) & (scan.sizes[1:] > 1)).nonzero()[0]
    keep = [one for one in other.tolist() if _plausible(scan, one)]
    return np.union1d(pairs, np.array(keep, dtype=np.int64))


def _plausible(scan: Scan, one: int) -> bool:
    first, second = scan.word(one), scan.word(one + 1)
    kinds = {script(first), script(second)}
    if len(kinds) > 1 or kinds & {Script.UNSPACED, Script.HIRAGANA}:
        return False
    between = _between(scan, one)
    if kinds & {Script.HAN, Script.KATAKANA}:
        return len(between) == 1 and (between in _DOTS or (kinds == {Script.KATAKANA} and between in " \u3000="))
    if not all(char in " -’'\"\u200f\u200e" for char in between):
        return False
    if kinds == {Script.HANGUL}:
        levels = [_level(scan, first), _level(scan, second)]
    else:
        levels = [int(scan.levels[one]), int(scan.levels[one + 1])]
    if max(levels) >= COMMON_LEVEL:
        return False
    return 0 in levels or bool(scan.capital[one] and scan.capital[one + 1])


def _level(scan: Scan, word: str) -> int:
    """How ordinary a Korean word is, with or without its particle."""
    forms = [word[begin:end] for begin, end in _forms(word, first=False)]
    return int(scan.words.levels(np.array([hash_word(form) for form in forms], dtype=np.uint64)).max())


def find(scan: Scan, part: Part, near: NearPart) -> Iterator[Found]:
    """Every name of two words that sounds like two neighbouring words of the text."""
    if len(scan.starts) < 2 or not len(near.sound):
        return
    pairs = _pairs(scan)
    if not len(pairs):
        return
    numbers = np.unique(np.concatenate([pairs, pairs + 1]))
    keys: list[int] = []
    owner: list[int] = []
    forms: list[tuple[int, int]] = []
    form_of: list[int] = []
    for spot, number in enumerate(numbers.tolist()):
        word = scan.word(number)
        sides = {side for side, there in ((True, number), (False, number - 1)) if there in pairs}
        for begin, end in dict.fromkeys(form for side in sorted(sides) for form in _forms(word, side)):
            for key in _keys(word[begin:end]):
                keys.append(key)
                owner.append(spot)
                form_of.append(len(forms))
            forms.append((begin, end))
    at, tokens = near.sound.find(np.array(keys, dtype=np.uint64))
    if not len(at):
        return
    packed = np.unique(np.array(owner, dtype=np.int64)[at] << 44 | np.array(form_of, dtype=np.int64)[at] << 32 | tokens.astype(np.int64))
    index, form, tokens = packed >> 44, packed >> 32 & 0xFFF, (packed & 0xFFFFFFFF).astype(np.uint32)
    joined = join(scan, part, near, pairs, numbers, index, tokens)
    if joined is None:
        return
    seen: set[tuple[int, int, int, int]] = set()
    for one, left, right, row_no in zip(
        joined.first.tolist(), joined.left.tolist(), joined.right.tolist(), joined.rows.tolist(), strict=True
    ):
        key = (one, int(form[left]), int(form[right]), row_no)
        if key not in seen:
            seen.add(key)
            found = _verified(scan, part, row_no, one, forms[key[1]], forms[key[2]])
            if found:
                yield found


@lru_cache(maxsize=8192)
def _keys(word: str) -> tuple[int, ...]:
    return tuple(hash_word(code) for code in codes_of_word(word) if len(code.lstrip("e")) > 0)


def _least(word: str, consonants: int) -> float:
    if word.isascii():
        return _LEAST_LATIN
    return max(_LEAST.get(script(word), _LEAST_OTHER), _FEW.get(consonants, 0.0))


def _shared(seen: str, wanted: str) -> int:
    """Consonants that the two words agree on."""
    codes = set(codes_of_word(seen)) & set(codes_of_name(wanted))
    return max((len(code.lstrip("e")) for code in codes), default=0)


def _verified(scan: Scan, part: Part, row_no: int, one: int, left: tuple[int, int], right: tuple[int, int]) -> Found | None:
    row = part.row(row_no)
    words = fold_text(row.text).split()
    if row.strength is not Strength.STRONG or any(len(word) < 2 for word in words):
        return None
    for first in aligned(scan, words, one):
        last = first + len(words) - 1
        seen = [scan.word(number) for number in range(first, last + 1)]
        seen[one - first], seen[one - first + 1] = seen[one - first][slice(*left)], seen[one - first + 1][slice(*right)]
        if seen == words or not parted_plainly(scan, first, last):
            continue
        scores = [alike(a, b) for a, b in zip(seen, words, strict=True)]
        if min(scores) < _least(seen[-1], sum(map(_shared, seen, words))):
            continue
        ordinary = [int(scan.levels[first + at]) for at in range(len(seen))]
        latin = seen[0].isascii()
        if not latin and any(level and score < _LEAST_ORDINARY for level, score in zip(ordinary, scores, strict=True)):
            continue
        begin = int(scan.starts[first]) + (left[0] if first == one else 0)
        end = int(scan.starts[last]) + right[1] if last == one + 1 else int(scan.ends[last])
        weak = latin and any(
            level >= _ORDINARY and a != b and not scan.capital[first] for level, a, b in zip(ordinary, seen, words, strict=True)
        )
        view = "sounds alike" if latin else "other script"
        return Found(row, begin, end, view, round(0.7 + 0.25 * min(scores), 4), plain=False, weak=weak, doubtful=True)
    return None
