"""A provider's event stream on its way to the caller: what carries pictures or text waits until all of it was looked at.

A partial picture shows the person as well as the final one does, so nothing of a picture leaves before the last frame has
been screened; comment keep-alives, which every client ignores, keep the connection alive meanwhile.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from guard.errors import UnavailableError, UnscreenableError, UpstreamError, UpstreamTimeoutError, UpstreamUnreachableError
from guard.extract.base import Answer, Limits, Refusal, Refused
from guard.extract.sse import KEEP_ALIVE, Event, Parser, frame
from guard.settings import PartialImages
from guard.types import Stage

_FRAMES_READY = 2
"""Frames that wait for a slow caller; each may hold a picture."""

Judge = Callable[[Sequence[Answer], UnscreenableError | None], Awaitable[bytes | None]]
"""Decides and records what to do with everything held: None to release it, or the one frame that refuses it."""


class Room:
    """Bytes that the streams of one worker hold back together.

    A stream that finds no room waits, and with it its provider's connection, until others are done. The oldest always goes on, so
    that they do not wait for each other.
    """

    def __init__(self, size_bytes: int = 256_000_000) -> None:
        self._left_bytes = size_bytes
        self._taken: dict[object, int] = {}
        self._waiting: list[asyncio.Future[None]] = []

    async def take(self, stream: object, size_bytes: int) -> None:
        """Return when there is room for more of a stream."""
        self._taken.setdefault(stream, 0)
        while size_bytes > self._left_bytes and next(iter(self._taken)) is not stream:
            turn = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            await turn
        self.give_back(stream, -size_bytes)

    def give_back(self, stream: object, size_bytes: int) -> None:
        """A part of it has left."""
        self._taken[stream] -= size_bytes
        self._left_bytes += size_bytes
        if size_bytes > 0:
            self._wake()

    def leave(self, stream: object) -> None:
        """The stream is over."""
        self._left_bytes += self._taken.pop(stream, 0)
        self._wake()

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, []
        for turn in waiting:
            if not turn.done():
                turn.set_result(None)


@dataclass(frozen=True, slots=True)
class Held:
    """How the events of one stream are read and judged, what keeps it alive, what becomes of partial pictures, and whose room it takes."""

    read: Callable[[Event], Answer]
    judge: Judge
    fetch: Callable[[Sequence[tuple[str, str]]], Awaitable[Mapping[str, bytes]]]
    limits: Limits
    keep_alive: bytes = KEEP_ALIVE
    partials: PartialImages = PartialImages.HOLD
    room: Room = field(default_factory=Room)


async def screened_stream(
    blocks: AsyncIterator[bytes], held: Held, error_frame: Callable[[Refusal], bytes], keepalive_s: float
) -> AsyncGenerator[bytes, None]:
    """The frames for the caller, framing rebuilt.

    Args:
        blocks: the upstream's body as it comes.
        held: how events are read and judged.
        error_frame: the dialect's frame for an error of the upstream in the middle.
        keepalive_s: seconds between keep-alives while nothing else is sent; the first goes out at once.
    """
    frames: asyncio.Queue[bytes | None] = asyncio.Queue(_FRAMES_READY)
    work = asyncio.ensure_future(_Screening(held, frames).run(blocks, error_frame))
    try:
        yield held.keep_alive
        while True:
            try:
                async with asyncio.timeout(keepalive_s):
                    next_frame = await frames.get()
            except TimeoutError:
                yield held.keep_alive
                continue
            if next_frame is None:
                break
            yield next_frame
        await work
    finally:
        work.cancel()


class _Screening:
    """One stream's way: read, hold, judge, release."""

    def __init__(self, held: Held, frames: asyncio.Queue[bytes | None]) -> None:
        self._held = held
        self._frames = frames
        self._waiting: list[tuple[Event, Answer]] = []
        self._released: list[Answer] = []

    async def run(self, blocks: AsyncIterator[bytes], error_frame: Callable[[Refusal], bytes]) -> None:
        """Ends the queue with None whatever happens."""
        try:
            error: UnscreenableError | None = None
            try:
                async for event in self._events(blocks):
                    if not await self._take(event):
                        return
            except UnscreenableError as unscreenable:
                error = unscreenable
            if self._waiting or error is not None:
                await self._judged(error)
        except UpstreamError as broken:
            await self._frames.put(error_frame(upstream_refusal(broken, stage=Stage.OUTPUT)))
        finally:
            self._held.room.leave(self)
            self._frames.put_nowait(None) if not self._frames.full() else await self._frames.put(None)

    async def _take(self, event: Event) -> bool:
        """Pass an event on, or hold it; False when the stream was refused over it."""
        answer = self._held.read(event)
        if answer.partial and self._held.partials is PartialImages.DROP:
            self._held.room.give_back(self, len(event.data))
            return True
        if answer.remote:
            answer = answer.with_fetched(await self._held.fetch(answer.remote), self._held.limits)
        if not (self._waiting or answer.pictures or answer.texts or answer.issued):
            self._held.room.give_back(self, len(event.data))
            await self._frames.put(frame(event.event, answer.release(), event.id))
            return True
        await self._held.room.take(self, sum(len(picture.data) for picture in answer.pictures))
        self._waiting.append((event, answer))
        return not (answer.partial and self._held.partials is PartialImages.SCREEN) or await self._judged(None)

    async def _judged(self, error: UnscreenableError | None) -> bool:
        """Release what waits, if it is allowed together with all that was released before; else its refusal."""
        refusal = await self._held.judge([*self._released, *(answer for _, answer in self._waiting)], error)
        if refusal is not None:
            await self._frames.put(refusal)
            return False
        for event, answer in self._waiting:
            await self._frames.put(frame(event.event, answer.release(), event.id))
        self._released += [answer for _, answer in self._waiting]
        self._waiting.clear()
        return True

    async def _events(self, blocks: AsyncIterator[bytes]) -> AsyncIterator[Event]:
        parser = Parser(self._held.limits.max_event_bytes)
        async for block in blocks:
            await self._held.room.take(self, len(block))
            for event in parser.feed(block):
                yield event
        for event in parser.end():
            yield event


def upstream_refusal(error: UpstreamError, decision_id: str | None = None, stage: Stage = Stage.INPUT) -> Refusal:
    """The provider's failure as the dialect will put it: 502, or 504 for a time-out."""
    match error:
        case UpstreamTimeoutError():
            return Refusal(Refused.UPSTREAM_TIMEOUT, decision_id, stage, message=str(error), status=504)
        case UpstreamUnreachableError():
            return Refusal(Refused.UPSTREAM_UNREACHABLE, decision_id, stage, message=str(error), status=502)
        case _:
            return Refusal(Refused.UPSTREAM_INVALID, decision_id, stage, message=str(error), status=502)


async def noted_stream(
    blocks: AsyncIterator[bytes], read: Callable[[Event], Answer], note: Callable[[Sequence[Answer]], Awaitable[None]], limits: Limits
) -> AsyncGenerator[bytes, None]:
    """The blocks as they come, where nobody looks at the answer: an id in it is noted before the end of its event leaves.

    A stream that cannot be read goes on unread; its ids are then good for nothing.
    """
    parser: Parser | None = Parser(limits.max_event_bytes)
    known: set[str] = set()
    async for block in blocks:
        if parser is not None:
            try:
                answers = [read(event) for event in parser.feed(block)]
                if any(answer.issued and (answer.final or not known.issuperset(answer.issued)) for answer in answers):
                    await note(answers)
                    known.update(stored_id for answer in answers for stored_id in answer.issued)
            except (UnscreenableError, UpstreamError, UnavailableError):
                parser = None
        yield block
