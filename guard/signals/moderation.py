"""A moderation service's opinion of texts and pictures, asked through the official client; any compatible endpoint will do.

**Meaning**: `moderation` is the highest score in any category, `moderation_sexual`, `_minors`, `_violence`, `_hate` and
`_self_harm` are the highest of the categories in `CATEGORIES`. **Range**: 0..1. **Cost**: one call for all texts and one for
each picture, in parallel; answers are remembered for five minutes by a keyed digest. **Errors**: the service's own. Prompts
and pictures go to a third party, so nothing is asked unless the operator configures it and a policy needs it.
"""

import asyncio
import base64
import math
import secrets
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from hashlib import blake2b
from typing import Any

from guard.errors import SignalUnavailableError, UnscreenableError
from guard.signals.restraint import Breaker, Budget
from guard.signals.sources import Reading, each
from guard.types import Picture, Text

CATEGORIES = {
    "moderation_sexual": ("sexual",),
    "moderation_minors": ("sexual/minors",),
    "moderation_violence": ("violence", "violence/graphic"),
    "moderation_hate": ("hate", "hate/threatening"),
    "moderation_self_harm": ("self-harm", "self-harm/intent", "self-harm/instructions"),
}
"""Our signals and the categories of `omni-moderation-latest` that each stands for."""

PIECE = 8_000
"""Characters of a text that are judged together; a longer text is judged in pieces that overlap by `OVERLAP`."""

OVERLAP = 200
_GIVE_UP_S = 10.0
_KEPT = 4_096
_KEPT_S = 300.0
_AT_ONCE = 64

Scores = Mapping[str, float]
Ask = Callable[[Any], Awaitable[Scores]]
"""Asks the service one question, the `input` of its API; the highest score of each category."""


class Moderation:
    """Questions that were asked a moment ago are not asked again, a service that fails is left alone for a while.

    A question goes on to its end when nobody waits any more (a policy's time-out), so that its answer is there for the next try.

    Args:
        ask: asks the service.
        per_minute: most calls a minute; 0 for any number.
        clock: seconds that never go back.
    """

    def __init__(self, ask: Ask, per_minute: int = 0, clock: Callable[[], float] = time.monotonic) -> None:
        self._ask = ask
        self._clock = clock
        self._budget = Budget(per_minute, clock)
        self._breaker = Breaker(clock=clock)
        self._key = secrets.token_bytes(32)
        self._asked: OrderedDict[bytes, tuple[float, asyncio.Task[Scores]]] = OrderedDict()
        self._running: set[asyncio.Task[Scores]] = set()

    async def read(self, texts: Sequence[Text], pictures: Sequence[Picture]) -> Reading:
        """The highest scores over all texts and pictures."""
        pieces = [piece for text in texts for piece in _pieces(text.text)]
        of_texts, of_pictures = await asyncio.gather(self._of_texts(pieces), each(self._of_picture, pictures))
        return Reading(_signals([*of_texts, *of_pictures]))

    async def _of_texts(self, pieces: list[str]) -> list[Scores]:
        content = b"texts" + "\0".join(pieces).encode("utf-8", "surrogatepass")
        return [await asyncio.shield(self._once(content, lambda: pieces))] if pieces else []

    async def _of_picture(self, picture: Picture) -> Scores:
        return await asyncio.shield(self._once(b"picture" + picture.data, partial(_in_data_url, picture)))

    def _once(self, content: bytes, question: Callable[[], Any]) -> "asyncio.Task[Scores]":
        """What is under way or was answered a moment ago for the same content, or a new question."""
        digest = blake2b(content, key=self._key).digest()
        known = self._asked.pop(digest, None)
        if known is not None and known[0] > self._clock() and not _failed(known[1]):
            self._asked[digest] = known
            return known[1]
        if len(self._running) >= _AT_ONCE:
            raise SignalUnavailableError(f"{_AT_ONCE} questions to the moderation service are already under way")
        self._budget.spend()
        self._breaker.check()
        task = asyncio.ensure_future(self._answer(question()))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        task.add_done_callback(_failed)
        self._asked[digest] = (self._clock() + _KEPT_S, task)
        while len(self._asked) > _KEPT:
            self._asked.popitem(last=False)
        return task

    async def _answer(self, question: Any) -> Scores:
        try:
            async with asyncio.timeout(_GIVE_UP_S):
                scores = await self._ask(question)
        except UnscreenableError:
            self._breaker.worked()
            raise
        except (SignalUnavailableError, TimeoutError) as error:
            self._breaker.failed()
            raise SignalUnavailableError(str(error) or f"the moderation service gave no answer within {_GIVE_UP_S:g} s") from error
        self._breaker.worked()
        return scores

    async def close(self) -> None:
        """End what is under way."""
        for task in self._running:
            task.cancel()


def openai_moderation(base_url: str, api_key: str, model: str) -> Ask:
    """The service behind the official client; it neither retries nor follows redirects."""
    import openai  # here, so that only who asks a service pays for the import (0.5 s, 40 MB)

    http_client = openai.DefaultAsyncHttpxClient(follow_redirects=False)
    client = openai.AsyncOpenAI(base_url=base_url, api_key=api_key, timeout=_GIVE_UP_S, max_retries=0, http_client=http_client)
    client.organization = client.project = None  # of the key, not of whatever OPENAI_ORG_ID says here

    async def ask(question: Any) -> Scores:
        try:
            answer = await client.moderations.create(model=model, input=question)
            results = [result.category_scores.model_dump(by_alias=True, warnings=False) for result in answer.results]
            if len(results) != len(question):
                raise SignalUnavailableError(f"the moderation service answered {len(results)} of {len(question)} questions")
        except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
            raise UnscreenableError(f"the moderation service does not judge this: {error.message}") from error
        except openai.APIError as error:
            raise SignalUnavailableError(f"the moderation service: {error.message}") from error
        except (AttributeError, TypeError, ValueError) as error:
            raise SignalUnavailableError("the moderation service gave an answer of another shape") from error
        return highest(results)

    return ask


def highest(results: Sequence[Mapping[str, Any]]) -> Scores:
    """The highest score of each category; raises `SignalUnavailableError` for what is no score."""
    scores: dict[str, float] = {}
    for result in results:
        for category, score in result.items():
            if score is None:
                continue  # a category that does not apply to pictures
            if isinstance(score, bool) or not isinstance(score, (int, float)) or not (math.isfinite(score) and 0 <= score <= 1):
                raise SignalUnavailableError(f"the moderation service scored {category!r} with {score!r}")
            scores[category] = max(scores.get(category, 0.0), float(score))
    if not scores:
        raise SignalUnavailableError("the moderation service gave no scores")
    return scores


def _signals(answers: Sequence[Scores]) -> dict[str, float]:
    """Our signals; what scores 0 is left out."""
    scores = highest(answers) if answers else {}
    signals = {name: max((scores.get(category, 0.0) for category in ours), default=0.0) for name, ours in CATEGORIES.items()}
    signals["moderation"] = max(scores.values(), default=0.0)
    return {name: value for name, value in signals.items() if value}


def _pieces(text: str) -> list[str]:
    """The text in pieces that overlap, so that nothing is cut in two; none of a blank one."""
    if not text.strip():
        return []
    return [text[at : at + PIECE] for at in range(0, max(1, len(text) - OVERLAP), PIECE - OVERLAP)]


def _in_data_url(picture: Picture) -> list[dict[str, object]]:
    url = f"data:image/{picture.format};base64,{base64.b64encode(picture.data).decode()}"
    return [{"type": "image_url", "image_url": {"url": url}}]


def _failed(task: "asyncio.Task[Scores]") -> bool:
    """Whether a question has ended without an answer; looking also tells asyncio that somebody knows."""
    return task.done() and (task.cancelled() or task.exception() is not None)
