"""Asking a moderation service, over a real socket where the wire matters."""

import asyncio
from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from api.standin import Order, StandIn, running
from guard.errors import SignalUnavailableError, UnscreenableError
from guard.signals.moderation import PIECE, Moderation, Scores, highest, openai_moderation
from guard.signals.sources import Reading
from guard.types import Picture, Text

PICTURE = Picture("image", b"not really a picture", "png", 1, 1)


@pytest.fixture(scope="module")
def service() -> Iterator[StandIn]:
    """A moderation service of one's own."""
    standin = StandIn()
    with running(standin):
        yield standin


@pytest.fixture
def moderation(service: StandIn) -> Moderation:
    """A new client of it."""
    service.clear()
    return Moderation(openai_moderation(f"{service.url}/v1", "sk-mine", "omni-moderation-latest"))


def text(*words: str) -> list[Text]:
    return [Text(f"texts[{index}]", word) for index, word in enumerate(words)]


READINGS = [
    pytest.param(text("a fox"), [], {"moderation": 0.0001}, id="nothing said"),
    pytest.param(text("sexual"), [], {"moderation": 0.97, "moderation_sexual": 0.97}, id="one category"),
    pytest.param(text("a fox", "sexual/minors"), [], {"moderation_minors": 0.97}, id="any of several texts"),
    pytest.param(text("violence/graphic, hate"), [PICTURE], {"moderation_violence": 0.97, "moderation_hate": 0.97}, id="several"),
    pytest.param(text("illicit"), [], {"moderation": 0.97, "moderation_violence": 0.0001}, id="a category of no signal of its own"),
    pytest.param(text("fox " * PIECE + "self-harm/intent"), [], {"moderation_self_harm": 0.97}, id="at the end of a long text"),
]


@pytest.mark.parametrize(("texts", "pictures", "expected"), READINGS)
async def test_readings(moderation: Moderation, texts: list[Text], pictures: list[Picture], expected: dict[str, float]) -> None:
    signals = (await moderation.read(texts, pictures)).signals
    assert {name: signals[name] for name in expected} == expected
    assert signals["moderation"] == max(signals.values())


async def test_what_is_asked_on_the_wire(moderation: Moderation, service: StandIn) -> None:
    await moderation.read(text("a fox", "  ", "a hare"), [PICTURE])
    asked = sorted((orjson.loads(seen.body) for seen in service.seen), key=str)
    assert asked == [
        {"model": "omni-moderation-latest", "input": ["a fox", "a hare"]},
        {
            "model": "omni-moderation-latest",
            "input": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,bm90IHJlYWxseSBhIHBpY3R1cmU="}}],
        },
    ]
    assert {seen.header("authorization") for seen in service.seen} == {"Bearer sk-mine"}


async def test_nothing_to_look_at_asks_nothing(moderation: Moderation, service: StandIn) -> None:
    assert await moderation.read(text(" ", ""), []) == Reading()
    assert not service.seen


FAILURES = [
    pytest.param(Order(status=500, error="broken"), id="500"),
    pytest.param(Order(status=429, error="slow down"), id="429"),
    pytest.param(Order(status=401, error="no"), id="401"),
    pytest.param(Order(redirect="https://elsewhere.example/"), id="a redirect"),
    pytest.param(Order(body=b"<html>", content_type="text/html"), id="a page"),
    pytest.param(Order(body=b"{}"), id="another shape"),
    pytest.param(Order(body=b'{"results":[]}'), id="no results"),
    pytest.param(Order(body=b'{"results":[{"category_scores":{"sexual":0.1}},{"category_scores":{"sexual":0.1}}]}'), id="too many results"),
    pytest.param(Order(body=b'{"results":[{"category_scores":{}}]}'), id="no scores"),
    pytest.param(Order(body=b'{"results":[{"category_scores":{"sexual":1.5}}]}'), id="a score beyond the range"),
    pytest.param(Order(body=b'{"results":[{"category_scores":{"sexual":NaN}}]}'), id="a score that is no number"),
    pytest.param(Order(body=b'{"results":[{"category_scores":{"sexual":"high"}}]}'), id="a word for a score"),
]


@pytest.mark.parametrize("order", FAILURES)
async def test_what_is_no_answer(moderation: Moderation, service: StandIn, order: Order) -> None:
    service.next(order)
    with pytest.raises(SignalUnavailableError):
        await moderation.read(text("a fox"), [])
    assert len(service.seen) == 1, "asked once"


async def test_an_input_that_the_service_does_not_judge_is_not_the_services_failure(moderation: Moderation, service: StandIn) -> None:
    for _ in range(10):
        service.next(Order(status=400, error="too large"))
        with pytest.raises(UnscreenableError, match="too large"):
            await moderation.read(text("a fox"), [])
    assert (await moderation.read(text("a fox"), [])).signals


async def test_a_service_that_is_not_there() -> None:
    with pytest.raises(SignalUnavailableError):
        await Moderation(openai_moderation("http://127.0.0.1:1/v1", "k", "m")).read(text("a fox"), [])


class Stub:
    """Answers as told, and counts."""

    def __init__(self) -> None:
        self.asked, self.answer, self.wait_s = 0, {"sexual": 0.5}, 0.0
        self.error: Exception | None = None

    async def __call__(self, question: Any) -> Scores:
        self.asked += 1
        await asyncio.sleep(self.wait_s)
        if self.error is not None:
            raise self.error
        return self.answer


async def test_the_same_question_is_asked_once_in_five_minutes() -> None:
    stub, now = Stub(), [0.0]
    moderation = Moderation(stub, clock=lambda: now[0])
    both = await asyncio.gather(moderation.read(text("a"), [PICTURE]), moderation.read(text("a"), [PICTURE]))
    assert (both[0], stub.asked) == (both[1], 2)
    now[0] = 299.0
    await moderation.read(text("a"), [])
    assert stub.asked == 2
    now[0] = 301.0
    await moderation.read(text("a"), [])
    assert stub.asked == 3


async def test_a_failure_is_not_remembered() -> None:
    stub = Stub()
    moderation = Moderation(stub)
    stub.error = SignalUnavailableError("down")
    with pytest.raises(SignalUnavailableError):
        await moderation.read(text("a"), [])
    stub.error = None
    assert (await moderation.read(text("a"), [])).signals == {"moderation": 0.5, "moderation_sexual": 0.5}


async def test_an_answer_that_nobody_waited_for_is_there_for_the_next_try() -> None:
    stub = Stub()
    stub.wait_s = 0.1
    moderation = Moderation(stub)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await moderation.read(text("a"), [])
    assert (await moderation.read(text("a"), [])).signals["moderation"] == 0.5
    assert stub.asked == 1


async def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("guard.signals.moderation._KEPT", 10)
    moderation = Moderation(Stub())
    for number in range(50):
        await moderation.read(text(f"fox {number}"), [])
    assert len(moderation._asked) == 10


async def test_the_budget_ends() -> None:
    stub, now = Stub(), [0.0]
    moderation = Moderation(stub, per_minute=2, clock=lambda: now[0])
    await moderation.read(text("a"), [])
    await moderation.read(text("b"), [])
    await moderation.read(text("a"), [])
    with pytest.raises(SignalUnavailableError, match="the budget of 2 calls a minute is spent"):
        await moderation.read(text("c"), [])
    now[0] = 30.0
    await moderation.read(text("c"), [])


async def test_a_service_that_fails_is_left_alone_and_tried_again() -> None:
    stub, now = Stub(), [0.0]
    moderation = Moderation(stub, clock=lambda: now[0])
    stub.error = SignalUnavailableError("down")
    for number in range(20):
        with pytest.raises(SignalUnavailableError):
            await moderation.read(text(f"fox {number}"), [])
    assert stub.asked == 5
    now[0] = 31.0
    for number in range(3):
        with pytest.raises(SignalUnavailableError):
            await moderation.read(text(f"hare {number}"), [])
    assert stub.asked == 6
    now[0], stub.error = 62.0, None
    await moderation.read(text("a"), [])
    await moderation.read(text("b"), [])
    assert stub.asked == 8


def test_highest() -> None:
    assert highest([{"a": 0.1, "b": None}, {"a": 0.3, "c": 0}]) == {"a": 0.3, "c": 0.0}
