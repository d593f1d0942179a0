"""A worker's end of the line to the recorder process."""

import asyncio
from collections import deque
from pathlib import Path
from typing import cast

from guard.errors import LogUnavailableError
from guard.record import wire
from guard.record.event import Draft

_WATCH_S = 0.5
_Answer = asyncio.Future[wire.Frame]


class RecorderClient:
    """Records through the recorder process; everything asked in one turn of the event loop travels in one write.

    Connects when first used and again after a break. Belongs to one event loop. What was under way when the line broke
    or the time ran out may or may not be in the log; it is answered with `LogUnavailableError`, so nothing acts on it.

    Args:
        path: of the recorder's unix socket.
        timeout_s: how long an answer may take.
    """

    def __init__(self, path: Path | str, timeout_s: float = 5.0) -> None:
        self._path = str(path)
        self._timeout_s = timeout_s
        self._line: _Line | None = None
        self._connecting = asyncio.Lock()

    async def record(self, draft: Draft) -> str:
        """Returns when the event is durable, with the id of what was recorded (`draft.otherwise`'s when a grant was spent).

        Raises:
            LogUnavailableError: it is not certain to be in the log; nothing may act on it.
        """
        answer = await self._ask(wire.frame(wire.RECORD, wire.dump_draft(draft)))
        return draft.id if answer.kind == wire.DONE else answer.content.decode()

    async def poke(self) -> None:
        """Returns when every event that was queued before is numbered and covered by a checkpoint."""
        await self._ask(wire.frame(wire.POKE))

    async def release(self, use_id: str) -> None:
        """Gives a reserved use of a grant back."""
        await self._ask(wire.frame(wire.RELEASE, use_id.encode()))

    async def close(self) -> None:
        """Hangs up; what is under way fails."""
        if self._line is not None:
            self._line.fail("the line was closed")

    async def _ask(self, message: bytes) -> wire.Frame:
        line = self._line
        if line is None or line.broken:
            line = await self._connect()
        answer = await line.ask(message)
        if answer.kind in (wire.FAILED, wire.REJECTED):
            raise LogUnavailableError(answer.content.decode(errors="replace"))
        return answer

    async def _connect(self) -> "_Line":
        async with self._connecting:
            if self._line is None or self._line.broken:
                loop = asyncio.get_running_loop()
                try:
                    async with asyncio.timeout(self._timeout_s):
                        _, self._line = await loop.create_unix_connection(lambda: _Line(loop, self._timeout_s), self._path)
                except (OSError, TimeoutError) as error:
                    raise LogUnavailableError(f"the recorder does not answer at {self._path}: {error}") from error
            return self._line


class _Line(asyncio.Protocol):
    """One connection: answers come in the order of the questions, so the oldest question is the first to time out."""

    def __init__(self, loop: asyncio.AbstractEventLoop, timeout_s: float) -> None:
        self._loop = loop
        self._timeout_s = timeout_s
        self._out: list[bytes] = []
        self._in = bytearray()
        self._waiting: deque[tuple[float, _Answer]] = deque()
        self._transport: asyncio.Transport | None = None
        self._watch: asyncio.TimerHandle | None = None
        self.broken = False

    def ask(self, message: bytes) -> _Answer:
        """Sends a message at the end of this turn of the loop; the future is its answer."""
        answer: _Answer = self._loop.create_future()
        if not self._out:
            self._loop.call_soon(self._flush)
        self._out.append(message)
        self._waiting.append((self._loop.time(), answer))
        return answer

    def fail(self, reason: str) -> None:
        """Hangs up and fails everything under way."""
        self.broken = True
        if self._watch is not None:
            self._watch.cancel()
        if self._transport is not None:
            self._transport.abort()
        waiting, self._waiting = self._waiting, deque()
        for _, answer in waiting:
            if not answer.done():
                answer.set_exception(LogUnavailableError(reason))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the loop."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one by shape only
        self._watch = self._loop.call_later(_WATCH_S, self._check_time)

    def data_received(self, data: bytes) -> None:
        """Called by the loop."""
        self._in += data
        try:
            answers = wire.take_frames(self._in)
        except wire.WireError as error:
            return self.fail(f"the recorder's answer makes no sense: {error}")
        for frame in answers:
            if not self._waiting:
                return self.fail("the recorder answered what nobody asked")
            _, answer = self._waiting.popleft()
            if not answer.done():
                answer.set_result(frame)

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the loop."""
        self.fail(f"the recorder hung up{f': {exc}' if exc else ''}")

    def _flush(self) -> None:
        out, self._out = self._out, []
        if self._transport is not None and not self.broken:
            self._transport.write(b"".join(out))

    def _check_time(self) -> None:
        if self._waiting and self._loop.time() - self._waiting[0][0] > self._timeout_s:
            return self.fail(f"the recorder did not answer within {self._timeout_s:g} s")
        self._watch = self._loop.call_later(_WATCH_S, self._check_time)
