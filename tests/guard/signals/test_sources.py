"""Slow sources are asked at once, and none is waited for longer than it has."""

import asyncio
import time
from collections.abc import Sequence

import pytest

from guard.decide import sources
from guard.decide.sources import SOURCES
from guard.errors import SignalUnavailableError, UnscreenableError
from guard.signals.sources import ALWAYS, AT_ONCE, LOOK_AT_TEXTS, Answers, Reading, Sources, each
from guard.types import NOT_CONFIGURED, Picture, Text

TEXTS = (Text("prompt", "a fox"),)


class Slow:
    """Answers after a while, or fails."""

    def __init__(self, wait_s: float = 0.0, error: Exception | None = None) -> None:
        self.wait_s, self.error, self.ended = wait_s, error, False

    async def read(self, texts: Sequence[Text], pictures: Sequence[Picture]) -> Reading:
        try:
            await asyncio.sleep(self.wait_s)
        finally:
            self.ended = True
        if self.error is not None:
            raise self.error
        return Reading({"nudity": self.wait_s})


WANTED = [
    pytest.param({}, {"moderation": 3.0}, False, {"moderation": 3.0}, id="asked by the policy"),
    pytest.param({}, {"nudity": 3.0}, False, {}, id="nothing to look at"),
    pytest.param({}, {"nudity": 3.0}, True, {"nudity": 3.0}, id="asked though nobody offers it"),
    pytest.param({"nudity": Slow(), "moderation": Slow()}, {}, True, {"nudity": 10.0}, id="always where it is offered"),
    pytest.param({"nudity": Slow()}, {"nudity": 1.0}, True, {"nudity": 1.0}, id="for as long as the policy says"),
    pytest.param({"nudity": Slow()}, {}, False, {}, id="not without pictures"),
    pytest.param({}, {}, True, {}, id="none"),
]


@pytest.mark.parametrize(("offered", "asked", "pictures", "wanted"), WANTED)
def test_which_sources_are_wanted(offered: dict[str, Slow], asked: dict[str, float], pictures: bool, wanted: dict[str, float]) -> None:
    assert Sources(offered).wanted(asked, pictures=pictures) == wanted


async def test_sources_are_asked_at_once() -> None:
    started = time.monotonic()
    answers = await Sources({name: Slow(0.2) for name in "abcde"}).ask(dict.fromkeys("abcde", 5.0), TEXTS, ())
    assert answers == Answers((Reading({"nudity": 0.2}),) * 5, {})
    assert time.monotonic() - started < 0.8


async def test_why_there_was_no_answer() -> None:
    late = Slow(30)
    offered = {"late": late, "down": Slow(0, SignalUnavailableError("down")), "odd": Slow(0, UnscreenableError("a strange picture"))}
    wanted = {"late": 0.05, "down": 1.0, "odd": 1.0, "absent": 1.0}
    missed = {"late": "no answer within 0.05 s", "down": "down", "odd": "a strange picture", "absent": NOT_CONFIGURED}
    assert await Sources(offered).ask(wanted, TEXTS, ()) == Answers((), missed)
    assert late.ended


async def test_a_source_that_is_not_there_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    nobody = Sources()
    for _ in range(3):
        await nobody.ask({"nudity": 1.0}, TEXTS, ())
    assert [record.getMessage().split(",")[0] for record in caplog.records] == ["the policy asks the source nudity"]


async def test_a_fault_of_ours_is_no_answer_of_any_kind() -> None:
    with pytest.raises(ExceptionGroup):
        await Sources({"broken": Slow(0, ZeroDivisionError())}).ask({"broken": 1.0}, TEXTS, ())


async def test_who_no_longer_waits_ends_the_asking() -> None:
    slow = Slow(30)
    asking = asyncio.ensure_future(Sources({"slow": slow}).ask({"slow": 60.0}, TEXTS, ()))
    await asyncio.sleep(0.05)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert slow.ended


async def test_pictures_are_looked_at_a_few_at_a_time() -> None:
    at_once, most = 0, 0

    async def ask(picture: Picture) -> str:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0.001)
        at_once -= 1
        return picture.where

    pictures = [Picture(str(number), b"", "png", 1, 1) for number in range(50)]
    assert await each(ask, pictures) == [str(number) for number in range(50)]
    assert most == AT_ONCE


def test_the_names_are_those_that_policies_know() -> None:
    assert (set(SOURCES), LOOK_AT_TEXTS) == (LOOK_AT_TEXTS | ALWAYS, sources.LOOK_AT_TEXTS)
