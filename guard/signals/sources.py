"""Signals that take their time: every source that is wanted is asked at once, and none is waited for longer than the policy says."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from guard.errors import SignalUnavailableError, UnscreenableError
from guard.types import NOT_CONFIGURED, Picture, Text

log = logging.getLogger(__name__)

LOOK_AT_TEXTS = frozenset({"moderation"})
"""Sources that have something to say about a request without pictures."""

ALWAYS = frozenset({"nudity", "text_in_image"})
"""Asked wherever they are configured: the floor and people's directives depend on what they find."""

_USUAL_S = 10.0


@dataclass(frozen=True, slots=True)
class Reading:
    """What one source found: signals, and text that it read in pictures (`where` is the picture's)."""

    signals: Mapping[str, float] = field(default_factory=dict)
    texts: tuple[Text, ...] = ()


AT_ONCE = 8
"""Pictures of one request that a source is asked about at once: the frames of a video must not fill its queue."""

AnswerT = TypeVar("AnswerT")


async def each(ask: Callable[[Picture], Awaitable[AnswerT]], pictures: Sequence[Picture]) -> list[AnswerT]:
    """The answers for all pictures, `AT_ONCE` under way at a time."""
    room = asyncio.Semaphore(AT_ONCE)

    async def one(picture: Picture) -> AnswerT:
        async with room:
            return await ask(picture)

    return await asyncio.gather(*map(one, pictures))


class Source(Protocol):
    """Anything that takes its time to find signals."""

    async def read(self, texts: Sequence[Text], pictures: Sequence[Picture]) -> Reading:
        """What it finds in all of them together; raises `SignalUnavailableError` when it cannot say."""
        ...


@dataclass(frozen=True, slots=True)
class Answers:
    """What came back in time, and why the rest did not, by source."""

    readings: tuple[Reading, ...] = ()
    missed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sources:
    """The sources of this installation by name (`guard.decide.sources.SOURCES`)."""

    offered: Mapping[str, Source] = field(default_factory=dict)
    _told: set[str] = field(default_factory=set, compare=False)

    def wanted(self, asked: Mapping[str, float], *, pictures: bool) -> dict[str, float]:
        """Seconds to wait for each source that is to be asked; `asked` are those of the policy."""
        if not (asked or (pictures and self.offered)):
            return {}
        wanted = {name: _USUAL_S for name in self.offered if name in ALWAYS} | dict(asked)
        return wanted if pictures else {name: seconds for name, seconds in wanted.items() if name in LOOK_AT_TEXTS}

    async def ask(self, wanted: Mapping[str, float], texts: Sequence[Text], pictures: Sequence[Picture]) -> Answers:
        """All of them at once."""
        readings: list[Reading] = []
        missed: dict[str, str] = {}

        async def one(name: str, seconds: float) -> None:
            source = self.offered.get(name)
            if source is None:
                self._tell(name)
                missed[name] = NOT_CONFIGURED
                return
            try:
                async with asyncio.timeout(seconds):
                    readings.append(await source.read(texts, pictures))
            except TimeoutError:
                missed[name] = f"no answer within {seconds:g} s"
            except (SignalUnavailableError, UnscreenableError) as error:
                missed[name] = str(error)

        async with asyncio.TaskGroup() as group:
            for name, seconds in wanted.items():
                group.create_task(one(name, seconds))
        return Answers(tuple(readings), missed)

    def _tell(self, name: str) -> None:
        """Say once that the policy asks a source that is not there: it may be why everything is refused."""
        if name not in self._told:
            self._told.add(name)
            log.warning("the policy asks the source %s, which is not configured here; see `missing` in docs/reference/policies.md", name)
