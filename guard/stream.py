"""A provider's event stream on its way to the caller: what carries pictures or text waits until all of it was looked at.

A partial picture shows the person as well as the final one does, so nothing of a picture leaves before the last frame has
been screened; comment keep-alives, which every client ignores, keep the connection alive meanwhile.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from guard.errors import UnavailableError, UnscreenableError, UpstreamError, UpstreamTimeoutError, UpstreamUnreachableError
from guard.extract.base import Answer, Limits, Refusal, Refused
from guard.extract.sse import KEEP_ALIVE, Event, Parser, frame
from guard.types import Stage

Judge = Callable[[Sequence[Answer], UnscreenableError | None], Awaitable[bytes | None]]
"""Decides and records what to do with everything held: None to release it, or the one frame that refuses it."""


@dataclass(frozen=True, slots=True)
class Held:
    """How the events of one stream are read and judged."""

    read: Callable[[Event], Answer]
    judge: Judge
    fetch: Callable[[Sequence[tuple[str, str]]], Awaitable[Mapping[str, bytes]]]
    limits: Limits
    keep_alive: bytes = KEEP_ALIVE


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
    frames: asyncio.Queue[bytes | None] = asyncio.Queue(16)
    work = asyncio.ensure_future(_work(blocks, held, error_frame, frames))
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


async def _work(
    blocks: AsyncIterator[bytes], held: Held, error_frame: Callable[[Refusal], bytes], frames: asyncio.Queue[bytes | None]
) -> None:
    """Read, hold, judge, release; ends the queue with None whatever happens."""
    try:
        waiting: list[tuple[Event, Answer]] = []
        error: UnscreenableError | None = None
        try:
            async for event in _events(blocks, held.limits):
                answer = held.read(event)
                if answer.remote:
                    answer = answer.with_fetched(await held.fetch(answer.remote), held.limits)
                if waiting or answer.pictures or answer.texts or answer.issued:
                    waiting.append((event, answer))
                else:
                    await frames.put(frame(event.event, answer.release(), event.id))
        except UnscreenableError as unscreenable:
            error = unscreenable
        if waiting or error is not None:
            refusal = await held.judge([answer for _, answer in waiting], error)
            if refusal is not None:
                await frames.put(refusal)
                return
        for event, answer in waiting:
            await frames.put(frame(event.event, answer.release(), event.id))
    except UpstreamError as broken:
        await frames.put(error_frame(upstream_refusal(broken, stage=Stage.OUTPUT)))
    finally:
        frames.put_nowait(None) if not frames.full() else await frames.put(None)


async def _events(blocks: AsyncIterator[bytes], limits: Limits) -> AsyncIterator[Event]:
    parser = Parser(limits.max_event_bytes)
    async for block in blocks:
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
