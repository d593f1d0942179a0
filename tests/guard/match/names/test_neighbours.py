"""Which words stand as names do: the compiled rules are those that are stated here plainly."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guard.match.names.context import CUE_AFTER, CUE_BEFORE, FILLERS, phrases_of
from guard.match.names.cues import AFTER_NAME, BEFORE_NAME, DOT, GAP, JOSA, KANA_GAP, OPENING, SEEN, SPACE, VERBAL, sign
from guard.match.names.neighbours import GRAMMAR, Neighbours
from guard.match.names.scan import Scan
from guard.match.names.words import COMMON_LEVEL, WordTable, pack_words
from guard.normalise.fold import LOOSE, SCRIPT, fold
from guard.normalise.letters import Script, fold_text

WORDS = """
Керстин Линдквист фото портрет с и в кот Мария クルスティン リンド ア の写真 さん 케르스틴 린드크비스트 사진 씨 에게 가 사람은 사람 한 도널드 트럼프 エマワトソン レザージャケット
玛尔塔 贝尔科娃 的照片 张 قيرستين لندكفست صورة من תמונה של קרסטין la the photo of केर्स्टिन लिंडक्विस्ट की तस्वीर ลินด์ เก
"""
PARTS = [
    *WORDS.split(),
    *[" "] * 12, "·", "・", "  ", ", ", ". ", "\n", "- ", "'", "(", ")", "*", "=", "\u200f", " " * 30, "。", "\ud800", "\U000e0041", "\x00",
]  # fmt: skip
texts = st.one_of(st.lists(st.sampled_from(PARTS), max_size=14).map("".join), st.text(max_size=40))


@cache
def words() -> WordTable:
    return WordTable(pack_words())


def scan_of(text: str) -> Scan:
    return Scan(text, fold(text), words())


class Plain:
    """The rules, word by word."""

    def __init__(self, scan: Scan) -> None:
        self.scan, self.letters = scan, scan.folded.word(0, len(scan.folded.letters))
        self.starts, self.ends, self.at = scan.starts.tolist(), scan.ends.tolist(), scan.folded.at.tolist()
        self.levels = scan.levels.tolist()

    def kind(self, one: int) -> int:
        return int(self.scan.folded.kinds[self.starts[one]]) & (SCRIPT | LOOSE)

    def signs(self, before: int, after: int, allowed: int) -> int:
        between = self.scan.text[self.at[before] + 1 : self.at[after]] if after < len(self.at) else ""
        told = [sign(ord(char)) for char in between]
        return -1 if len(between) > 24 or any(one & SEEN and not one & allowed for one in told) else sum(one & allowed > 0 for one in told)

    def edge(self, at: int) -> bool:
        kind = int(self.scan.folded.kinds[at - 1])
        return bool(self.scan.folded.marks[at]) or bool(kind & LOOSE) or kind & SCRIPT in (Script.HANGUL, Script.KATAKANA)

    def ends_with(self, end: int, phrases: str) -> bool:
        some = {fold_text(phrase).replace(" ", "") for phrase in phrases_of(phrases)}
        return any(self.letters[:end].endswith(phrase) and self.edge(end - len(phrase)) for phrase in some if phrase)

    def cued(self, one: int, last: int) -> bool:
        begin, end = self.starts[one], self.ends[last]
        after = {fold_text(phrase).replace(" ", "") for phrase in phrases_of(CUE_AFTER)} - {""}
        behind = any(self.letters.startswith(phrase, end) and self.edge(end + len(phrase)) for phrase in after)
        if behind and self.signs(end - 1, end, AFTER_NAME) >= 0:
            return True
        if not begin or self.signs(begin - 1, begin, BEFORE_NAME) < 0:
            return False
        word = self.starts[one - 1]
        fillers = {fold_text(filler) for filler in phrases_of(FILLERS)}
        filled = word > 0 and self.letters[word:begin] in fillers
        return self.ends_with(begin, CUE_BEFORE) or (filled and self.ends_with(word, CUE_BEFORE))

    def begins(self, one: int) -> bool:
        before = self.scan.text[: self.at[self.starts[one]]]
        while before and sign(ord(before[-1])) & SPACE:
            before = before[:-1]
        return not before or bool(sign(ord(before[-1])) & OPENING)

    def opens(self, one: int) -> bool:
        size = max(self.ends[number] - self.starts[number] for number in (one, one + 1))
        fit = size <= 16 and max(self.levels[one : one + 2]) < WordTable.level(4.7) and self.letters[self.ends[one] - 1] not in GRAMMAR
        return fit and self.begins(one)

    def loans(self, word: str) -> bool:
        whole = words().zipf(word) * 30 >= (1 if len(word) > 2 else COMMON_LEVEL)
        return whole or any(self.loans(word[:cut]) and self.loans(word[cut:]) for cut in range(2, len(word) - 1))

    def ordinary(self, one: int) -> int:
        word, levels = self.letters[self.starts[one] : self.ends[one]], [self.levels[one]]
        for endings, least in (JOSA, 1), (VERBAL, 2):
            stems = [word[: -len(ending)] for ending in endings if word.endswith(ending) and len(word) - len(ending) >= least]
            levels += [round(words().zipf(stem) * 30) for stem in stems if self.kind(one) & SCRIPT == Script.HANGUL]
        return max(levels)

    def pair(self, one: int) -> bool:
        kind, sizes = self.kind(one), [self.ends[number] - self.starts[number] for number in (one, one + 1)]
        if kind != self.kind(one + 1) or self.scan.latin[one : one + 2].any() or sizes[1] < 2 or (sizes[0] < 2 and kind != Script.HANGUL):
            return False
        edges = self.ends[one] - 1, self.starts[one + 1]
        dotted = self.signs(*edges, DOT) == 1
        if kind == Script.HAN | LOOSE:
            around = self.at[self.starts[one]] - 1, self.at[self.ends[one + 1] - 1] + 1
            return dotted and not any(0 <= at < len(self.scan.text) and sign(ord(self.scan.text[at])) & DOT for at in around)
        if kind == Script.KATAKANA:
            return self.signs(*edges, KANA_GAP) == 1 and (dotted or self.cued(one, one + 1))
        if (kind & LOOSE and kind != Script.UNSPACED | LOOSE) or max(self.levels[one : one + 2]) >= COMMON_LEVEL:
            return False
        if not 0 <= self.signs(*edges, GAP) <= 3:
            return False
        if kind == Script.HANGUL:
            levels = self.ordinary(one), self.ordinary(one + 1)
            if max(levels) >= (WordTable.level(4.7) if min(levels) else COMMON_LEVEL):
                return False
        told = bool(self.scan.capital[one : one + 2].all()) or self.cued(one, one + 1)
        return told or (not self.scan.cased[one] and self.opens(one))

    def together(self, one: int) -> bool:
        script, size = self.kind(one) & SCRIPT, self.ends[one] - self.starts[one]
        if size > 16 or self.levels[one]:
            return False
        if script == Script.KATAKANA:
            loans = self.loans(self.letters[self.starts[one] : self.ends[one]])
            return size >= 5 and not loans and (self.cued(one, one) or self.begins(one))
        return script == Script.HANGUL and size >= 4 and self.cued(one, one) and self.ordinary(one) == 0


@settings(deadline=None)
@given(texts)
def test_as_stated(text: str) -> None:
    scan = scan_of(text)
    plain, neighbours, count = Plain(scan), Neighbours(scan), len(scan.starts)
    assert neighbours.pairs().tolist() == [one for one in range(count - 1) if plain.pair(one)]
    assert neighbours.together().tolist() == [one for one in range(count) if plain.together(one)]
    assert neighbours.ordinary(np.arange(count)).tolist() == [plain.ordinary(one) for one in range(count)]


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        pytest.param("Керстин Линдквист", [0], id="capitals"),
        pytest.param("керстин линдквист", [], id="small letters"),
        pytest.param("портрет керстин линдквист", [1], id="a cue before"),
        pytest.param("玛尔塔·贝尔科娃", [0], id="a dot in Han"),
        pytest.param("玛尔塔·贝尔科娃·张", [], id="a list of words in Han"),
        pytest.param("ケルスティン・リンド", [0], id="a dot in kana"),
        pytest.param("케르스틴 린드크비스트", [0], id="where a text begins"),
        pytest.param("Kerstin Lindqvist", [], id="Latin letters"),
    ],
)
def test_examples(text: str, pairs: list[int]) -> None:
    assert Neighbours(scan_of(text)).pairs().tolist() == pairs
