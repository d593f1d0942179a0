"""The gateway's side of the face workers: one connection a picture, a bounded queue, one retry, a short memory."""

import asyncio
import hashlib
import time
from pathlib import Path
from typing import Any

import orjson

from guard.errors import FacesUnavailableError, UnscreenableError
from guard.faceworker import wire
from guard.faceworker.cache import AnswerCache
from guard.match.faces.found import FacesInPicture
from guard.types import Picture

_PING_TIMEOUT_S = 2.0


class _WorkerGoneError(Exception):
    """The connection ended before the whole answer; `started` tells whether the work had begun."""

    def __init__(self, started: bool) -> None:
        super().__init__()
        self.started = started


class FaceClient:
    """Asks the face workers behind a unix socket. It never decodes a picture and imports no model.

    Args:
        path: the socket that the workers share.
        timeout_s: time for one picture, waiting included.
        queue: pictures under way or waiting at once; one more is turned away at once.
        cache_bytes: room for answers to pictures seen in the last `cache_life_s`; 0 for none.
        cache_life_s: seconds that an answer is kept.
        small_faces: look for small faces in every picture, asked or not.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        timeout_s: float = 30.0,
        queue: int = 32,
        cache_bytes: int = 8_000_000,
        cache_life_s: float = 300.0,
        small_faces: bool = False,
    ) -> None:
        self._path = str(path)
        self._timeout_s = timeout_s
        self._queue = queue
        self._small_faces = small_faces
        self._cache = AnswerCache(cache_bytes, cache_life_s, time.monotonic)
        self._generation = 0
        self._last_answer = float("-inf")
        self.waiting = 0

    async def find(self, picture: Picture, small_faces: bool = False) -> FacesInPicture:
        """Every face in every frame of the picture; with `small_faces` small ones too, whatever that costs.

        Raises:
            FacesUnavailableError: no worker answered, or too many pictures are waiting.
            UnscreenableError: the picture cannot be looked at, or not in the time it has.
        """
        small_faces = small_faces or self._small_faces
        digest = hashlib.sha256(picture.data).digest() + bytes([small_faces])
        known = self._cache.get(digest)
        if known is not None:
            return known.at(picture.where)
        if self.waiting >= self._queue:
            raise FacesUnavailableError(f"{self._queue} pictures are already waiting for the face workers; try again shortly")
        generation = self._generation
        self.waiting += 1
        try:
            answer = await self._ask_twice(wire.Request(picture, small_faces))
        finally:
            self.waiting -= 1
        if generation == self._generation:
            self._cache.put(digest, answer)
        return answer

    def purge(self) -> None:
        """Forget all answers, those under way included: called when a subject is erased."""
        self._generation += 1
        self._cache.purge()

    @property
    def cached_bytes(self) -> int:
        """What the cache holds now."""
        return self._cache.size_bytes

    async def alive(self) -> bool:
        """Whether a worker answers, or answered within one time-out and may just be busy."""
        try:
            async with asyncio.timeout(_PING_TIMEOUT_S):
                await self._ask(wire.Request(None), _Progress())
        except (OSError, TimeoutError, _WorkerGoneError):
            return time.monotonic() - self._last_answer < self._timeout_s
        return True

    async def _ask_twice(self, request: wire.Request) -> FacesInPicture:
        """A worker that died (out of memory, killed, recycled at the wrong moment) is forgiven once."""
        progress = _Progress()
        where = request.picture.where if request.picture else ""
        try:
            async with asyncio.timeout(self._timeout_s):
                try:
                    head, data = await self._ask(request, progress)
                except _WorkerGoneError:
                    head, data = await self._ask(request, progress)
        except _WorkerGoneError as gone:
            if gone.started:
                raise UnscreenableError("the face worker failed twice on this picture", where) from gone
            raise FacesUnavailableError("no face worker took the picture") from gone
        except TimeoutError as late:
            if progress.started:
                raise UnscreenableError(f"the picture could not be examined within {self._timeout_s:g} s", where) from late
            raise FacesUnavailableError(f"no face worker was free within {self._timeout_s:g} s") from late
        except OSError as broken:
            raise FacesUnavailableError(f"the face workers cannot be reached: {broken.strerror or broken}") from broken
        return wire.load_answer(head, data, where)

    async def _ask(self, request: wire.Request, progress: "_Progress") -> tuple[dict[str, Any], bytes]:
        progress.started = False
        reader, writer = await asyncio.open_unix_connection(self._path)
        try:
            writer.write(wire.dump_request(request))
            await writer.drain()
            progress.started = await reader.readexactly(1) == wire.STARTED
            (length,) = wire.LENGTH.unpack(await reader.readexactly(wire.LENGTH.size))
            head: dict[str, Any] = orjson.loads(await reader.readexactly(length))
            data = await reader.readexactly(head["size"])
        except (asyncio.IncompleteReadError, ConnectionError) as gone:
            raise _WorkerGoneError(progress.started) from gone
        finally:
            writer.close()
        self._last_answer = time.monotonic()
        return head, data


class _Progress:
    """How far a request got, readable after a time-out."""

    started = False
