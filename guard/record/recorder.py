"""How the rest of the guard records: `await recorder.record(draft)` returns when the event is durable."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from guard.errors import LogUnavailableError
from guard.record.client import RecorderClient
from guard.record.event import Draft
from guard.record.log import EventLog, NotRecorded, Recorded
from guard.record.server import RecorderServer, serve

__all__ = ["LocalRecorder", "Recorder", "RecorderClient", "RecorderServer", "serve"]


class Recorder(Protocol):
    """Something that records."""

    async def record(self, draft: Draft) -> str:
        """Returns when the event is durable, with the id of what was recorded (`draft.otherwise`'s when a grant was spent).

        Raises:
            LogUnavailableError: it is not certain to be in the log; nothing may act on it.
        """

    async def poke(self) -> None:
        """Returns when every event that was queued before is numbered and covered by a checkpoint."""

    async def release(self, use_id: str) -> None:
        """Gives a reserved use of a grant back."""


class LocalRecorder:
    """A recorder within this process, for the command line and tests; commits whatever gathered while the last commit ran."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="recorder")
        self._waiting: list[tuple[Draft, asyncio.Future[Recorded | NotRecorded]]] = []
        self._running: asyncio.Task[None] | None = None

    async def record(self, draft: Draft) -> str:
        """As `Recorder.record`."""
        answer: asyncio.Future[Recorded | NotRecorded] = asyncio.get_running_loop().create_future()
        self._waiting.append((draft, answer))
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._commit_all())
        result = await answer
        if isinstance(result, NotRecorded):
            raise LogUnavailableError(result.reason)
        return result.id

    async def poke(self) -> None:
        """As `Recorder.poke`."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._log.checkpoint)

    async def release(self, use_id: str) -> None:
        """As `Recorder.release`."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._log.release, use_id)

    async def close(self) -> None:
        """Makes a last checkpoint and lets go."""
        await self.poke()
        self._thread.shutdown()
        self._log.close()

    async def _commit_all(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            batch, self._waiting = self._waiting, []
            try:
                results = await loop.run_in_executor(self._thread, self._log.append, [draft for draft, _ in batch])
            except (LogUnavailableError, ValueError) as error:
                for _, answer in batch:
                    if not answer.done():
                        answer.set_exception(LogUnavailableError(str(error)))
                continue
            for (_, answer), result in zip(batch, results, strict=True):
                if not answer.done():
                    answer.set_result(result)
