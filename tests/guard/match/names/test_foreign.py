"""Names in another script: found wherever they stand in a flood of other words, in time that grows with the length of the text alone."""

import time
from functools import cache
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guard.match.names import NameIndex, build
from guard.match.names.ingest import expand
from guard.types import Strength, SubjectKind, SubjectRecord, Text

PEOPLE = ["Kerstin Lindqvist", "Marta Belkova", "Wojciech Brzozowski", "Anselm Okonjo", "Siti Rahmawati", "Taylor Swift"]
# Letters and what stands between words of a flood, how a name stands in it, and how it is written.
FLOODS = {
    "Cyrillic": ("абвгдежзиклмнопрстуфхцчш", " ", "{}", "Керстин Линдквист"),
    "Greek": ("αβγδεζηθικλμνξοπρστυφχω", " ", "{}", "Κίρστιν Λίντκβιστ"),
    "Hebrew": ("אבגדהוזחטיכלמנסעפצקרשת", " ", "תמונה של {} ", "קרסטין לינדקוויסט"),
    "Devanagari": ("कखगचजटडतदनपबमरलवसह", " ", "{} की तस्वीर", "केर्स्टिन लिंडक्विस्ट"),
    "kana": ("アイウカキクサシスタテトナニマミラリル", "・", "\n{}\n", "ケルスティン・リンドクヴィスト"),
    "Hangul": ("가나다라마바사아자차카타파하건넌", " ", "{} 사진", "케르스틴 린드크비스트"),
    "Han": ("一丁七万三上下不与丑专世丘丙业东丝", "，", "\n{}\n", "玛尔塔·贝尔科娃"),
}


@cache
def index() -> NameIndex:
    names = enumerate(PEOPLE)
    return NameIndex(build([SubjectRecord(no, f"sub_{no}", name, SubjectKind.PUBLIC_FIGURE, tuple(expand(name))) for no, name in names]))


def flood(script: str, rng: Random, words: int) -> list[str]:
    return ["".join(rng.choice(FLOODS[script][0]) for _ in range(rng.randint(3, 7))).title() for _ in range(words)]


@settings(max_examples=35, deadline=None)
@given(st.sampled_from(sorted(FLOODS)), st.randoms(use_true_random=False), st.floats(0.0, 1.0), st.integers(0, 2500))
def test_a_name_is_found_anywhere_in_a_flood(script: str, rng: Random, where: float, words: int) -> None:
    _, between, carrier, name = FLOODS[script]
    junk = flood(script, rng, words)
    place = int(where * len(junk))
    text = f"{between.join(junk[:place])} {carrier.format(name)} {between.join(junk[place:])}"
    assert name in [hit.text for hit in index().search([Text("prompt", text)]) if hit.strength is Strength.STRONG]


@pytest.mark.parametrize("script", sorted(FLOODS))
def test_ten_thousand_characters_take_little_time(script: str) -> None:
    text = Text("prompt", FLOODS[script][1].join(flood(script, Random(3), 2500))[:10_000])
    index().search([Text("prompt", FLOODS[script][3])])
    spent = []
    for _ in range(3):
        began = time.process_time()
        index().search([text])
        spent.append(time.process_time() - began)
    assert min(spent) < 0.2
