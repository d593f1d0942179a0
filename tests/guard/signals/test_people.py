"""How many people a prompt asks for."""

import time

import pytest

from guard.signals.gather import gather
from guard.signals.people import CROWD, people_asked
from guard.signals.words import words_of
from guard.types import Text

ASKED = [
    ("three women in a kitchen", 3), ("a group of 5 people", 5), ("two tall smiling men and a girl", 2), ("a young couple on a bench", 2),
    ("four friends and six dancers", 6), ("a crowd at a concert", CROWD), ("12 soldiers", 12), ("dos mujeres jóvenes", 2),
    ("trois hommes âgés", 3), ("zwei junge Frauen", 2), ("três meninas", 3), ("quattro persone", 4), ("drie vrouwen", 3), ("две женщины", 2),
    ("三个人在公园", 3), ("两位女孩", 2), ("３人の女性", 3), ("3명의 사람들", 3), ("a crowd, two men", CROWD),
    ("a woman by the sea", None), ("a two-year-old girl", None), ("two cats and a woman", None), ("a couple of apples", None), ("35mm", None),
    ("one hundred trees", None), ("", None), ("5 years old boy", None), ("35 mm, a person", None), ("first person view", None),
]  # fmt: skip


@pytest.mark.parametrize(("text", "number"), ASKED)
def test_people_asked(text: str, number: int | None) -> None:
    assert people_asked(words_of(text), text) == (None if number is None else float(number))


def test_it_is_a_signal_and_the_larger_number_counts() -> None:
    assert gather([Text("a", "two men"), Text("b", "five men")]) == {"people": 5.0}


@pytest.mark.parametrize("text", ["two " * 50_000, "two big old " * 20_000, "三个" * 50_000, "2" * 100_000])
def test_long_texts_cost_no_more_than_their_length(text: str) -> None:
    started = time.process_time()
    people_asked(words_of(text), text)
    assert time.process_time() - started < 2
