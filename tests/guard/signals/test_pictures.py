"""Signals and texts from what workers see in pictures."""

from collections.abc import Mapping
from typing import Any

from guard.signals.pictures import Nudity, TextInImage
from guard.signals.sources import Reading
from guard.types import Picture, Text


class Seen:
    """Answers by the place of the picture."""

    def __init__(self, **answers: Mapping[str, Any]) -> None:
        self.answers = answers

    async def look(self, picture: Picture) -> Mapping[str, Any]:
        return self.answers[picture.where]


PICTURES = [Picture(where, b"", "png", 1, 1) for where in ("a", "b")]


async def test_the_nudest_picture_counts() -> None:
    seen = Seen(a={"nudity": 0.1}, b={"nudity": 0.9})
    assert await Nudity(seen).read((), PICTURES) == Reading({"nudity": 0.9})


async def test_lines_are_read_one_under_the_other_and_in_a_row() -> None:
    seen = Seen(a={"lines": [["ADA", "QUILL"], ["ADA", "QUILL"]], "unread": 0.2}, b={"lines": [["one"], []], "unread": 0.7})
    assert await TextInImage(seen).read((), PICTURES) == Reading(
        {"unread_text": 0.7}, (Text("a", "ADA\nQUILL"), Text("a", "ADA QUILL"), Text("b", "one"))
    )


async def test_nothing_written() -> None:
    assert await TextInImage(Seen(a={"lines": [[]], "unread": 0.0})).read((), PICTURES[:1]) == Reading({"unread_text": 0.0})
