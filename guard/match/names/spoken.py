"""Names found by their sound: respelled, or in a script that no alias of the person is written in."""

from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from guard.match.names.near import NearPart, join
from guard.match.names.part import Found, Part
from guard.match.names.scan import COMMON_LEVEL, Scan
from guard.match.names.sound import EAST, alike, codes_of_word, script
from guard.match.names.strength import ORDINARY_ZIPF
from guard.match.names.words import WordTable
from guard.normalise.hashing import Indices, hash_word
from guard.normalise.letters import Script, fold_text
from guard.types import Strength

# Least likeness of each word of a name, by script of the text; measured on tokens of wd_*.tsv (docs/explanation/matching-names.md).
LEAST_LATIN, LEAST_ALPHABET, LEAST_SEMITIC, LEAST_EAST, LEAST_HAN = 0.84, 0.72, 0.62, 0.7, 0.6
# The parts of a name in Han or kana are parted by one of these.
_DOTS = frozenset("·・･‧•∙⋅=＝゠-–")
_JOSA = ("에게", "에서", "이랑", "처럼", "으로", "께서", "한테", "의", "가", "은", "는", "을", "를", "에", "와", "과", "랑", "도", "만", "로", "씨", "님")
_PREFIXES = {Script.SEMITIC: ("وال", "ول", "وب", "و", "ل", "ب", "ك", "ف", "ו", "ה", "ב", "ל", "מ", "ש", "כ")}
_LONGEST_HAN = 6


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
        return bool(between) and all(char in _DOTS for char in between.strip())
    if not all(char in " -’'\"\u200f\u200e" for char in between):
        return False
    if kinds == {Script.HANGUL}:
        levels = [_level(scan, first, 0), _level(scan, second, 1)]
    else:
        levels = [int(scan.levels[one]), int(scan.levels[one + 1])]
    return 0 in levels and max(levels) < COMMON_LEVEL


def _level(scan: Scan, word: str, place: int) -> int:
    """How ordinary a Korean word is, with or without its particle."""
    forms = [word[begin:end] for begin, end in _forms(word, first=False)]
    del place
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
    for one, left, right, row_no in zip(joined.first.tolist(), joined.left.tolist(), joined.right.tolist(), joined.rows.tolist(), strict=True):
        key = (one, int(form[left]), int(form[right]), row_no)
        if key not in seen:
            seen.add(key)
            found = _verified(scan, part, row_no, one, forms[key[1]], forms[key[2]])
            if found:
                yield found


@lru_cache(maxsize=8192)
def _keys(word: str) -> tuple[int, ...]:
    return tuple(hash_word(code) for code in codes_of_word(word) if len(code.lstrip("e")) > 0)


def _least(word: str) -> float:
    kind = script(word)
    if word.isascii():
        return LEAST_LATIN
    if kind is Script.HAN:
        return LEAST_HAN
    return LEAST_EAST if kind in EAST else LEAST_SEMITIC if kind is Script.SEMITIC else LEAST_ALPHABET


def _verified(scan: Scan, part: Part, row_no: int, one: int, left: tuple[int, int], right: tuple[int, int]) -> Found | None:
    row = part.row(row_no)
    wanted = fold_text(row.text).split()
    if len(wanted) != 2 or row.strength is not Strength.STRONG:
        return None
    first, second = scan.word(one)[slice(*left)], scan.word(one + 1)[slice(*right)]
    least = _least(second)
    scores = [alike(first, wanted[0]), alike(second, wanted[1])]
    if min(scores) < least or [first, second] == wanted:
        return None
    latin = first.isascii()
    begin, end = int(scan.starts[one]) + left[0], int(scan.starts[one + 1]) + right[1]
    ordinary = WordTable.level(ORDINARY_ZIPF)
    weak = latin and any(scan.levels[one + at] >= ordinary and word != wanted[at] and not scan.capital[one + at] for at, word in enumerate((first, second)))
    view = "sounds alike" if latin else "other script"
    return Found(row, begin, end, view, round(0.7 + 0.25 * sum(scores) / 2, 4), plain=False, weak=weak)
