"""A description means who it meant in the year beside it, or else who it means now."""

from datetime import UTC, datetime

import pytest

from guard.match.gallery import Gallery
from guard.match.names.ingest import expand
from guard.match.records import dumps, loads
from guard.types import Alias, AliasKind, Strength, SubjectKind, SubjectRecord, Text


def day(year: int) -> datetime:
    return datetime(year, 9, 8, tzinfo=UTC)


def office(text: str, begin: int | None, end: int | None) -> Alias:
    return Alias(text, AliasKind.DESCRIPTOR, Strength.STRONG, None, day(begin) if begin else None, day(end) if end else None)


def person(no: int, name: str, *offices: Alias) -> SubjectRecord:
    return SubjectRecord(no, f"sub_{no}", name, SubjectKind.PUBLIC_FIGURE, tuple(expand(name, offices)))


OLD = person(1, "Ottilie Quillfeather", office("the Queen of Norway", 1952, 2022))
NEW = person(2, "Berthe Marrowbank", office("the Queen of Norway", 2022, None))
TWICE = person(3, "Anselm Okonjo", office("the president of Cuba", 2001, 2005), office("the president of Cuba", 2020, 2024))
NAMED = person(4, "Keir Halloway", office("President Keir Halloway", 2001, 2005))

CASES = [
    ("a photo of the Queen of Norway on a horse", 2026, [2]),
    ("a photo of the Queen of Norway on a horse", 2000, [1]),
    ("a photo of the Queen of Norway in 1990", 2026, [1]),
    ("Norway's queen (1990), laughing", 2026, [1]),
    ("In 1990, the queen of Norway at sea", 2026, [1]),
    ("the Queen of Norway in the 2020s", 2026, [1, 2]),
    ("the Queen of Norway in 1860", 2026, []),
    ("the Queen of Norway in front of 1990 balloons", 2026, [2]),
    ("a portrait of the president of Cuba", 2003, [3]),
    ("a portrait of the president of Cuba", 2010, []),
    ("a portrait of Cuba's president", 2021, [3]),
    ("a portrait of President Keir Halloway", 2026, [4]),
]


@pytest.mark.parametrize(("text", "year", "whom"), CASES)
def test_whom_a_description_means(text: str, year: int, whom: list[int]) -> None:
    gallery = Gallery.of([OLD, NEW]).apply([TWICE, NAMED], [], 1)
    found = gallery.find_names([Text("prompt", text)], now=datetime(year, 12, 1, tzinfo=UTC))
    assert sorted({who.no for _, who in found}) == whom


def test_everything_counts_where_nobody_says_when_now_is() -> None:
    found = Gallery.of([OLD, NEW]).find_names([Text("prompt", "the Queen of Norway")])
    assert sorted({who.no for _, who in found}) == [1, 2]


def test_dates_survive_the_way_to_the_workers() -> None:
    assert loads(dumps(TWICE)) == TWICE
