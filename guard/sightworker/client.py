"""The gateway's side of these workers: one connection a picture, a bounded queue, one retry, a short memory."""

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from guard.errors import SignalUnavailableError, UnscreenableError
from guard.faceworker import wire
from guard.types import Picture

_PING_TIMEOUT_S = 2.0
_BUSY_S = 60.0
"""For so long after its last answer a worker that says nothing may just be busy."""

_KEPT = 256
_KEPT_S = 300.0


class SightClient:
    """Asks the workers behind a unix socket.

    Args:
        path: the socket that the workers share.
        queue: pictures under way or waiting at once; one more is turned away at once.
    """

    def __init__(self, path: Path | str, *, queue: int = 32) -> None:
        self._path = str(path)
        self._queue = queue
        self._generation = 0
        self._last_answer = float("-inf")
        self._kept: OrderedDict[bytes, tuple[float, Mapping[str, Any]]] = OrderedDict()
        self.waiting = 0

    async def look(self, picture: Picture) -> Mapping[str, Any]:
        """What the worker answers for this picture.

        Raises:
            SignalUnavailableError: no worker answered, or too many pictures are waiting.
            UnscreenableError: the picture cannot be looked at, or not in the time it has.
        """
        digest = hashlib.sha256(picture.data).digest()
        known = self._kept.get(digest)
        if known is not None and known[0] > time.monotonic():
            return known[1]
        if self.waiting >= self._queue:
            raise SignalUnavailableError(f"{self._queue} pictures are already waiting")
        generation = self._generation
        self.waiting += 1
        try:
            answer = await self._ask_twice(wire.dump_request(wire.Request(picture)))
        finally:
            self.waiting -= 1
        if "error" in answer:
            raise UnscreenableError(answer["message"], picture.where)
        if generation == self._generation:
            self._keep(digest, answer)
        return answer

    def purge(self) -> None:
        """Forget all answers, those under way included: called when a subject is erased."""
        self._generation += 1
        self._kept.clear()

    async def alive(self) -> bool:
        """Whether a worker answers, or answered lately and may just be busy."""
        try:
            async with asyncio.timeout(_PING_TIMEOUT_S):
                await self._ask(wire.dump_request(wire.Request(None)))
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            return time.monotonic() - self._last_answer < _BUSY_S
        return True

    def _keep(self, digest: bytes, answer: Mapping[str, Any]) -> None:
        now = time.monotonic()
        self._kept.pop(digest, None)
        self._kept[digest] = (now + _KEPT_S, answer)
        while len(self._kept) > _KEPT or next(iter(self._kept.values()))[0] <= now:
            self._kept.popitem(last=False)

    async def _ask_twice(self, message: bytes) -> Mapping[str, Any]:
        """A worker that died is forgiven once."""
        try:
            try:
                return await self._ask(message)
            except (asyncio.IncompleteReadError, ConnectionResetError, BrokenPipeError):
                return await self._ask(message)
        except (asyncio.IncompleteReadError, OSError) as error:
            raise SignalUnavailableError("no worker answered") from error

    async def _ask(self, message: bytes) -> Mapping[str, Any]:
        reader, writer = await asyncio.open_unix_connection(self._path)
        try:
            writer.write(message)
            await writer.drain()
            await reader.readexactly(1)
            (length,) = wire.LENGTH.unpack(await reader.readexactly(wire.LENGTH.size))
            answer: Mapping[str, Any] = orjson.loads(await reader.readexactly(length))
            self._last_answer = time.monotonic()
            return answer
        finally:
            writer.close()
