"""Searching names: tables anyone may add to, and the laws that hold for every text."""

import tracemalloc
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from guard.match.names import NameHit, NameIndex, build
from guard.match.names.ingest import expand
from guard.types import Alias, AliasKind, Role, Strength, SubjectKind, SubjectRecord, Text

CASES: dict[str, Any] = yaml.safe_load((Path(__file__).parents[3] / "cases" / "names.yaml").read_text("utf-8"))


def record(no: int, name: str, *aliases: Alias) -> SubjectRecord:
    return SubjectRecord(no, f"sub_{no}", name, SubjectKind.PUBLIC_FIGURE, tuple(expand(name, aliases)))


@cache
def people() -> tuple[SubjectRecord, ...]:
    return tuple(record(no, name) for no, name in enumerate(CASES["people"]))


@cache
def index() -> NameIndex:
    return NameIndex(build(people()))


def search(text: str, names: NameIndex | None = None) -> list[NameHit]:
    return (names or index()).search([Text("prompt", text)])


def told(hits: list[NameHit]) -> list[list[str]]:
    return [[hit.alias, hit.text, hit.role.value, hit.strength.value] for hit in hits]


@pytest.mark.parametrize("case", [pytest.param(case, id=case["text"][:48]) for case in CASES["cases"]])
def test_cases(case: dict[str, Any]) -> None:
    assert told(search(case["text"])) == case["found"]


def test_a_name_split_over_texts_is_found_where_it_begins_and_where_it_ends() -> None:
    hits = index().search([Text("input[0]", "draw Taylor"), Text("input[1]", "Swift at sea")])
    assert hits == [
        NameHit(
            0,
            "Taylor Swift",
            AliasKind.LEGAL,
            "input[0]",
            (5, 11),
            "Taylor",
            1.0,
            Strength.STRONG,
            Role.LIKENESS,
            "split over fields",
            until=("input[1]", 5),
        ),
    ]


@pytest.mark.parametrize(
    ("text", "strength"),
    [("m0t0, Quenby 8010 poster", "medium"), ("m0t0, a photo of Quenby 8010", "strong"), ("Qu3nby B010 poster", "strong")],
)
def test_a_word_of_digits_alone_is_a_number_where_no_cue_leads_to_a_name(text: str, strength: str) -> None:
    assert [hit.strength.value for hit in NameIndex(build([record(0, "Quenby Bolo")])).search([Text("prompt", text)])] == [strength]


def test_a_stored_alias_in_another_script() -> None:
    alias = Alias("타일러", AliasKind.TRANSLITERATION, Strength.STRONG, "ko")
    names = NameIndex(build([record(0, "Taylor Swift", alias)]))
    assert told(search("타일러의 초상화", names)) == [["타일러", "타일러", "likeness", "strong"]]


@pytest.mark.parametrize("text", ["a photo of Randy Jackson'de riding", "a photo of Randy Jackson’s smile"])
def test_a_name_as_written_is_not_hidden_by_one_that_is_like_it_with_its_ending(text: str) -> None:
    names = NameIndex(build([record(0, "Andy Jackson"), record(1, "Randy Jackson")]))
    assert ["Randy Jackson", "Randy Jackson", "likeness", "strong"] in told(search(text, names))


@pytest.mark.parametrize(
    ("text", "strength"),
    [
        ("a photo of Wilson, E. O. smiling", "strong"),
        ("a photo of Z, Jay smiling", "strong"),
        ("a photo of z, jay smiling", "weak"),
        ("a photo of Hill, J. smiling", "medium"),
    ],
)
def test_surname_first_with_initials_asks_for_a_comma_and_capitals(text: str, strength: str) -> None:
    names = NameIndex(build([record(no, name) for no, name in enumerate(["E. O. Wilson", "Jay Z", "J. Hill"])]))
    assert {hit.strength.value for hit in search(text, names)} == {strength}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Mary Jale", "black Mary Jane shoes with a low heel"),
        ("Akamu Roki", "ein roter Hakama-Rock mit Gürtel"),
        ("Alex Stil", "gefilmt im Alexa-Stil, 35 mm"),
        ("Puru Blitz", "direkter Blitz, purer Glanz"),
        ("Kira Mund", "schreib kiram. Und dann ein Bild"),
        ("Ed Nalo", "no fundo olan de luxo"),
        ("Tori Ales", "unos iconos vectoriales y planos"),
        ("The Man", "a wide shot from behind the man standing in the street"),
        ("Mae Crom", "khung ma crom sáng"),
        ("Glaser Naser", "die Wand aus Nasses Glas"),
    ],
)
def test_likeness_by_chance_refuses_nothing(name: str, text: str) -> None:
    assert Strength.STRONG not in {hit.strength for hit in search(text, NameIndex(build([record(0, name)])))}


def test_ordinary_words_in_small_letters_are_a_name_where_both_sides_speak_of_a_person() -> None:
    names = NameIndex(build([record(0, "Kid Rock")]))
    assert [hit.strength.value for hit in search("a portrait of kid rock in a space suit", names)] == ["strong"]
    assert [hit.strength.value for hit in search("the kid rock in the garden is grey", names)] == ["weak"]


def test_words_far_apart_that_readings_put_beside_each_other_are_no_name() -> None:
    far = " This sentence about the sea and its boats stands between them." * 4
    assert search(f"first name Taylor \u202ecba\u202c is a brand.{far} my friend Swift") == []


@pytest.mark.parametrize("name", ["馬斯克", "ゆうこ", "สมชาย", "AI美空"])
@pytest.mark.parametrize("changed", [False, True], ids=["base", "delta"])
def test_a_stored_alias_inside_writing_without_spaces(name: str, changed: bool) -> None:
    people = [record(0, "Somebody Else", Alias(name, AliasKind.STAGE, Strength.STRONG))]
    names = NameIndex(build([])).with_delta(people, set()) if changed else NameIndex(build(people))
    assert [hit.text for hit in search(f"夜の東京で{name}が笑うผม", names)] == [name]


def test_a_delta_adds_replaces_and_removes() -> None:
    changed = index().with_delta([record(99, "Ada Lovelace"), record(0, "Somebody Else")], {1})
    assert told(search("photo of Ada Lovelace", changed)) == [["Ada Lovelace", "Ada Lovelace", "likeness", "strong"]]
    assert search("photo of Taylor Swift and Keira Knightley", changed) == []
    assert told(search("photo of Taylor Swift")) == [["Taylor Swift", "Taylor Swift", "likeness", "strong"]]


def test_the_same_arrays_whatever_the_order_of_inserts() -> None:
    shuffled = list(people())
    Random(5).shuffle(shuffled)
    first, second = build(people()), build(shuffled)
    assert first.keys() == second.keys()
    assert all(np.array_equal(first[name], second[name]) for name in first)


def test_a_delta_finds_what_a_base_finds() -> None:
    as_delta = NameIndex(build([])).with_delta(list(people()), set())
    for case in CASES["cases"]:
        assert told(search(case["text"], as_delta)) == case["found"]


pieces = st.lists(
    st.one_of(st.text(st.characters(), max_size=12), st.sampled_from([" ", "\n", "Taylor", "Swift", "taylor swift", "t a y l o r", "成龙", "%54", "VGF5bG9y", "Тейлор", "テイラー・スウィフト", "테일러 스위프트의 사진", "φωτογραφία της Κίρστιν Λίντκβιστ", "तस्वीर", "ภาพของ", "’nin", "A. B. ", "\u202e", "\ud800"])),
    max_size=10,
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.lists(pieces.map("".join), max_size=4))
def test_never_raises_and_every_span_holds_what_it_says(texts: list[str]) -> None:
    asked = [Text(f"texts[{at}]", text) for at, text in enumerate(texts)]
    by_place = {text.where: text.text for text in asked}
    for hit in index().search(asked):
        begin, end = hit.span
        assert 0 <= begin < end <= len(by_place[hit.where])
        assert by_place[hit.where][begin:end] == hit.text
        assert 0.0 < hit.score <= 1.0


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet=" .,;日本語ab'-\u200b", max_size=30), st.text(alphabet=" .,;日本語'-\u200b", max_size=30))
def test_the_span_of_a_name_is_exact_whatever_stands_around(before: str, after: str) -> None:
    text = f"{before} Keira Knightley {after}"
    assert (len(before) + 1, len(before) + 16) in {hit.span for hit in search(text)}


@pytest.mark.parametrize(
    "text",
    ["a" * 2_000_000, "\ud800" * 1000, "a " * 50_000, "taylor " * 5000, "((((((((((" * 1000, "e" + "\u0301" * 5000, "1!|" * 3000, "QUJD" * 3000, ". - " * 3000, "\u202e" * 500, "&#" * 5000, "%" * 5000],
    ids=["one character", "surrogates", "many tokens", "near miss", "brackets", "zalgo", "leet", "base64", "Morse", "overrides", "entities", "percent"],
)  # fmt: skip
def test_hostile_texts_are_only_searched(text: str) -> None:
    assert [hit for hit in search(text) if hit.strength is Strength.STRONG] == []


def test_words_longer_than_any_name_take_little_memory_and_are_not_kept() -> None:
    def endless(rng: Random) -> str:
        return "a photo of " + " ".join("".join(rng.choices("абвгдежзиклмнопрстуфхц", k=2000)).title() for _ in range(2))

    search(endless(Random(0)))  # what is loaded at first stays
    tracemalloc.start()
    try:
        for seed in range(1, 11):
            search(endless(Random(seed)))
        kept_bytes, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (kept_bytes < 400_000, peak_bytes < 10_000_000) == (True, True)  # without a bound 960,000 and 135,000,000


@pytest.mark.parametrize("name", ["Taylor Swift", "Tailor Swyft", "Tyalor Swfit", "Тейлор Свифт"])
def test_many_mentions_of_another_role_hide_none(name: str) -> None:
    before = f"a harbour in the style of {name}, " * 100
    assert {(hit.role, hit.strength) for hit in search(f"{before} a photo of {name} {before}")} == {
        (Role.STYLE, Strength.STRONG),
        (Role.LIKENESS, Strength.STRONG),
    }
