"""Names found by their sound: respelled, or in a script that no alias of the person is written in."""

from collections.abc import Iterator
from functools import lru_cache
from math import log10

import numpy as np

from guard.match.names.context import cue_at
from guard.match.names.near import CROWD, NearPart, aligned, join
from guard.match.names.part import Found, Part
from guard.match.names.scan import COMMON_LEVEL, Scan, parted_plainly
from guard.match.names.sound import EAST, VOWELS, alike, codes_of_name, codes_of_word, letters_of, script
from guard.match.names.strength import ORDINARY_ZIPF
from guard.match.names.words import WordTable
from guard.normalise.fold import LOOSE, SCRIPT
from guard.normalise.hashing import Indices, hash_word
from guard.normalise.letters import Script, fold_text
from guard.types import Strength

# Least likeness of each word of a name, by script of the text; with few consonants in all it must be more. Measured on
# tokens of wd_*.tsv (docs/explanation/matching-names.md).
_LEAST_LATIN, _LEAST_OTHER = 0.84, 0.72
_LEAST = {Script.SEMITIC: 0.55, Script.KATAKANA: 0.68, Script.HANGUL: 0.72, Script.HAN: 0.6}
_FEW = {0: 1.1, 1: 1.1, 2: 0.95, 3: 0.85, 4: 0.75}
# Kana, Hangul and Han say so little that the more names there are, the closer a name must be: so much more for every ten
# times the keys of the index beyond _FEW_NAMES (measured: 10k people have 50k keys), and never without a cue when crowded.
_CROWD, _FEW_NAMES, _CROWDED = 0.05, 60_000, 0.6
# An ordinary word of its language is taken for a name only when it sounds just like it.
_LEAST_ORDINARY = 0.88
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
# Endings of Korean verbs and marked nouns; a given name before a surname has none.
_KOREAN_GRAMMAR = ("은", "는", "을", "를", "게", "로", "고", "한", "된", "인", "운", "란", "며", "서", "의", "에", "와", "과")
_VERBAL = ("하여", "하는", "하고", "하며", "한", "할", "해", "된", "되는", "되어", "스러운", "적인", "적으로")
_PREFIXES = {Script.SEMITIC: ("وال", "ول", "وب", "و", "ل", "ب", "ك", "ف", "ו", "ה", "ב", "ל", "מ", "ש", "כ")}
_LONGEST_HAN = 6
# With so many consonants in common and the dot that foreign names have in Han, no further sign of a person is needed.
_MANY_CONSONANTS = 6
# Words that lead to a person's name in lower-case text.
_LEADING = np.array(
    sorted(
        map(
            hash_word,
            [
                "of",
                "with",
                "like",
                "as",
                "and",
                "featuring",
                "starring",
                "by",
                "actor",
                "actress",
                "singer",
                "president",
                "star",
                "draw",
                "paint",
                "show",
                "de",
                "du",
                "di",
                "da",
                "do",
                "von",
                "van",
                "av",
                "z",
                "con",
                "com",
                "avec",
                "mit",
                "met",
                "actriz",
                "ator",
                "atriz",
                "acteur",
                "actrice",
                "president",
                "presidente",
            ],
        )
    ),
    dtype=np.uint64,
)
# Least share of the letters of two words that they have in common, before they are compared closely.
_SHARED_LETTERS, _SHARED_LETTERS_LATIN = 0.5, 0.7
# Most words of names that are compared closely for one word of the text, the likeliest ones.
_MOST_LIKELY, _MOST_LIKELY_LATIN = 160, 24
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


_WIDEST_GAP, _ONE_BETWEEN = 4, 2


def _pairs(scan: Scan) -> Indices:
    """The first of two neighbouring words of one script that may be a name: a word of no language, or capitals."""
    kinds = scan.folded.kinds[scan.starts]
    latin = scan.latin
    pairs = _spoken_latin(scan, scan.odd_pairs)
    if scan.text.isascii() or latin.all():
        return pairs
    writing = kinds & (SCRIPT | LOOSE)
    gap = scan.folded.at[scan.starts[1:]] - scan.folded.at[scan.ends[:-1] - 1]
    same = (writing[:-1] == writing[1:]) & ~latin[:-1] & ~latin[1:] & (scan.sizes[:-1] > 1) & (scan.sizes[1:] > 1) & (gap <= _WIDEST_GAP)
    odd = (scan.levels == 0) & (scan.sizes > 1)
    telling = (
        (odd[:-1] | odd[1:] | (scan.capital[:-1] & scan.capital[1:])) & (scan.levels[:-1] < COMMON_LEVEL) & (scan.levels[1:] < COMMON_LEVEL)
    )
    spaced = (writing[:-1] == 0) | (writing[:-1] == Script.HANGUL)
    parted = (writing[:-1] == Script.KATAKANA) | (writing[:-1] == (Script.HAN | LOOSE))
    found = scan.once((same & ((spaced & telling) | (parted & (gap == _ONE_BETWEEN)))).nonzero()[0])
    keep = [one for one in found.tolist() if _plausible(scan, one, int(writing[one]))]
    return np.union1d(pairs, np.array(keep, dtype=np.int64))


def _spoken_latin(scan: Scan, pairs: Indices) -> Indices:
    """Pairs of Latin words with a capital or after a word that leads to a person; a mere sound says too little elsewhere."""
    hashes = scan.hashes[np.maximum(pairs - 1, 0)]
    before = (_LEADING.take(_LEADING.searchsorted(hashes), mode="clip") == hashes) | (pairs == 0)
    out: Indices = pairs[(scan.capital[pairs] | before) & scan.latin[pairs] & scan.latin[pairs + 1]]
    return out


def _plausible(scan: Scan, one: int, writing: int) -> bool:
    """Whether the two words are parted as names are, and no particle hides that they are ordinary."""
    between = scan.text[int(scan.folded.at[int(scan.ends[one]) - 1]) + 1 : int(scan.folded.at[int(scan.starts[one + 1])])]
    if writing in {Script.KATAKANA, Script.HAN | LOOSE}:
        begin, end = scan.folded.span(int(scan.starts[one]), int(scan.ends[one + 1]))
        if writing != Script.KATAKANA and not _DOTS.isdisjoint((scan.text[begin - 1 : begin], scan.text[end : end + 1])):
            return False  # a list of words, not a name
        return between in _DOTS or (writing == Script.KATAKANA and between in " \u3000=")
    if not all(char in " -’'\"\u200f\u200e" for char in between):
        return False
    if not (scan.capital[one] and scan.capital[one + 1]):
        begin, end = scan.folded.span(int(scan.starts[one]), int(scan.ends[one + 1]))
        if not cue_at(scan.text, begin, end):
            return False
    if writing != Script.HANGUL:
        return True
    levels = [_level(scan, scan.word(number)) for number in (one, one + 1)]
    return 0 in levels and max(levels) < COMMON_LEVEL


def _level(scan: Scan, word: str) -> int:
    """How ordinary a Korean word is, with or without its particle."""
    forms = [word[begin:end] for begin, end in _forms(word, first=False)]
    forms += [word[: -len(ending)] for ending in _VERBAL if word.endswith(ending) and len(word) - len(ending) >= 2]
    return int(scan.words.levels(np.array([hash_word(form) for form in forms], dtype=np.uint64)).max())


def find(scan: Scan, part: Part, near: NearPart) -> Iterator[Found]:
    """Every name of two words that sounds like two neighbouring words of the text."""
    if len(scan.starts) < 2 or not len(near.sound):
        return
    pairs = _pairs(scan)
    if not len(pairs):
        return
    numbers = np.union1d(pairs, pairs + 1)
    semitic = bool(((scan.folded.letters[scan.starts] >= 0x590) & (scan.folded.letters[scan.starts] < 0x900)).any())
    keys: list[int] = []
    owner: list[int] = []
    forms: list[tuple[int, int]] = []
    form_of: list[int] = []
    sounds: list[int] = []
    in_latin: list[bool] = []
    wanted = set(pairs.tolist())
    for spot, number in enumerate(numbers.tolist()):
        word = scan.word(number)
        sides = {side for side, there in ((True, number), (False, number - 1)) if there in wanted}
        for begin, end in dict.fromkeys(form for side in sorted(sides) for form in _forms(word, side)):
            for key in _keys(word[begin:end]):
                keys.append(key)
                owner.append(spot)
                form_of.append(len(forms))
            forms.append((begin, end))
            in_latin.append(word.isascii())
            sounds.append(letters_of(word[begin:end]) & (~VOWELS if script(word) is Script.SEMITIC else -1))
    at, tokens = near.sound.find(np.array(keys, dtype=np.uint64))
    if not len(at):
        return
    mine = np.array(sounds, dtype=np.int64)[np.array(form_of)[at]].astype(np.uint32)
    theirs = near.letters[tokens]
    if semitic:
        theirs = theirs & ~np.uint32(VOWELS)
    if semitic:
        mine = mine & ~np.uint32(VOWELS)
    share = 2 * np.bitwise_count(mine & theirs) / (np.bitwise_count(mine).astype(np.int64) + np.bitwise_count(theirs) + 0.01)
    which = np.array(form_of)[at]
    order = np.lexsort((tokens, -share, which))
    rank = np.arange(len(order)) - which[order].searchsorted(which[order])
    latin = np.array(in_latin)[which[order]]
    most = np.where(latin, _MOST_LIKELY_LATIN, _MOST_LIKELY)
    order = order[(rank < most) & (share[order] >= np.where(latin, _SHARED_LETTERS_LATIN, _SHARED_LETTERS))]
    at, tokens = at[order], tokens[order]
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
        case = (one, int(form[left]), int(form[right]), row_no)
        if case not in seen:
            seen.add(case)
            found = _verified(scan, part, row_no, one, forms[case[1]], forms[case[2]])
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
        if scan.word(first).endswith(_KOREAN_GRAMMAR) and min(scores) < _LEAST_ORDINARY:
            continue
        consonants = sum(map(_shared, seen, words))
        kind = script(seen[0])
        crowd = max(0.0, log10(max(1, len(part.exact)) / _FEW_NAMES)) if kind in EAST else 0.0
        if min(scores) < _least(seen[-1], consonants) + _CROWD * crowd:
            continue
        latin = seen[0].isascii()
        hangul = script(seen[0]) is Script.HANGUL
        ordinary = [_level(scan, scan.word(first + at)) if hangul else int(scan.levels[first + at]) for at in range(len(seen))]
        if not latin and any(level and score < _LEAST_ORDINARY for level, score in zip(ordinary, scores, strict=True)):
            continue
        begin = int(scan.starts[first]) + (left[0] if first == one else 0)
        end = int(scan.starts[last]) + right[1] if last == one + 1 else int(scan.ends[last])
        weak = latin and (
            all(ordinary)
            or any(level >= _ORDINARY and a != b and not scan.capital[first] for level, a, b in zip(ordinary, seen, words, strict=True))
        )
        weak = weak or (latin and len(part.exact) > CROWD and not bool(scan.capital[first : last + 1].any()))
        view = "sounds alike" if latin else "other script"
        return Found(
            row,
            begin,
            end,
            view,
            round(0.7 + 0.25 * min(scores), 4),
            plain=False,
            weak=weak,
            doubtful=kind is not Script.HAN or consonants < _MANY_CONSONANTS or crowd > _CROWDED,
        )
    return None
