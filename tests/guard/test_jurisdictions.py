"""Places: which lie in which, and that what names no place is nowhere an excuse."""

from itertools import product
from string import ascii_uppercase

import pytest

from guard.jurisdictions import all_covered, covers, known, may_touch, stated

COVERS = [
    ("DE", "DE", True), ("de", "DE", True), ("US", "US-CA", True), ("US-CA", "US", False), ("EU", "DE", True), ("EU", "GB", False),
    ("EU", "NO", False), ("EEA", "NO", True), ("EEA", "EU", True), ("EU", "EEA", False), ("*", "JP", True), ("UK", "GB-SCT", True),
    ("EU", "ES-CT", True), ("U", "US", False),
]  # fmt: skip


@pytest.mark.parametrize(("wide", "narrow", "covered"), COVERS)
def test_places(wide: str, narrow: str, covered: bool) -> None:
    assert covers(wide, narrow) is covered


def test_an_unstated_place_may_be_anywhere_and_is_certainly_nowhere() -> None:
    assert (may_touch(("DE",), None), all_covered(("DE",), None)) == (True, False)
    assert (may_touch((), None), all_covered((), None)) == (True, True)
    assert (may_touch(("US-CA",), "US"), all_covered(("US-CA",), "US")) == (True, False)
    assert all_covered(("*",), None)


MEMBERS = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"


@pytest.mark.parametrize("place", MEMBERS.split())
def test_members_of_the_union(place: str) -> None:
    assert covers("EU", place)
    assert covers("EEA", f"{place}-XX")
    assert may_touch((place,), "EU")


PLACES = [
    *[pytest.param("EEA", place, True, id=f"EEA and {place}") for place in ("IS", "LI", "NO", "EU")],
    *[pytest.param("EU", place, False, id=f"EU and {place}") for place in ("IS", "LI", "NO", "EEA", "GB", "?")],
    *[pytest.param(everywhere, "US-CA", True, id=everywhere) for everywhere in ("*", "world", "WORLDWIDE")],
    pytest.param("UK", "GB-SCT", True, id="another name"),
    pytest.param("EL", "GR", True, id="Greece by its other name"),
    pytest.param("EU", "el", True, id="and in the union"),
    pytest.param("US_CA", "us-ca", True, id="another spelling"),
    pytest.param("US", "USA", False, id="no part of it"),
    pytest.param("US-CA", "US", False, id="the wider place"),
    pytest.param("EU", "EU", True, id="itself"),
]


@pytest.mark.parametrize(("wide", "narrow", "wanted"), PLACES)
def test_covers_places(wide: str, narrow: str, wanted: bool) -> None:
    assert covers(wide, narrow) is wanted


KNOWN = [
    *[
        (place, True)
        for place in ("DE", "de", "US-CA", "us_ca", "GB-SCT", "UK", "EL", "UK-SCT", "XK", "ZW", "EU", "eea", "*", "world", " FR ", "ES-1")
    ],
    *[
        (place, False)
        for place in ("", "Norway", "GER", "USA", "XX", "D", "DE-", "DE-ABCD", "DE-A-B", "DE CA", "-DE", "EU-DE", "Ｄｅ", "DE-Ä")
    ],
]


@pytest.mark.parametrize(("place", "is_one"), KNOWN)
def test_what_names_a_place(place: str, is_one: bool) -> None:
    assert known(place) is is_one


def test_a_place_is_stated_by_its_code() -> None:
    assert [stated(place) for place in ("de", "us_ca", "UK", "el", " eu ", "*")] == ["DE", "US-CA", "GB", "GR", "EU", "*"]
    with pytest.raises(ValueError, match=r"^must be an ISO 3166 code such as `DE` or `US-CA`, or `EU`, `EEA` or `\*`$"):
        stated("Norway")


@pytest.mark.parametrize("nowhere", ["Norway", "XX", "NOR", "Outer Space"])
def test_a_denial_binds_where_nobody_can_say_whether_it_does(nowhere: str) -> None:
    """A caller who states a place that no code names, and a directive for one, are both taken to be anywhere; a grant covers neither."""
    assert (may_touch(("NO",), nowhere), may_touch((nowhere,), "NO"), may_touch((nowhere, "DE"), "NO")) == (True, True, True)
    assert (all_covered(("NO",), nowhere), all_covered((nowhere,), "NO")) == (False, False)


def test_there_are_so_many_countries() -> None:
    """The 249 of ISO 3166-1, XK, two other names, and the group that looks like one."""
    assert sum(known(first + second) for first, second in product(ascii_uppercase, repeat=2)) == 249 + 1 + 2 + 1
