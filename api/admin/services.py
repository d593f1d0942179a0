"""What the admin API works with: made once by `api.worker` and given to `create_admin_app`."""

import asyncio
import base64
import contextlib
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Protocol

from api.admin.audit import Ink
from guard.errors import LogUnavailableError
from guard.exchange import ScreenRequest, ScreenResult
from guard.keyring import Keyring
from guard.match.faces import FacesInPicture
from guard.record.checkpoint import Signer
from guard.record.event import SYSTEM_TENANT
from guard.record.recorder import Recorder
from guard.registry.store import Registry
from guard.settings import Settings
from guard.state import Current
from guard.types import Picture


class FaceFinder(Protocol):
    """The face workers, for enrolment."""

    async def find(self, picture: Picture, small_faces: bool = False) -> FacesInPicture:
        """Every face in the picture."""
        ...

    def purge(self) -> None:
        """Forget what was found before."""
        ...


_nudging: set[asyncio.Task[None]] = set()
"""Tasks under way; the event loop itself would forget them."""


def utc_now() -> datetime:
    """The time of day, aware."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class AdminServices:
    """Everything an endpoint may touch.

    Args:
        settings: the settings in force.
        registry: people, keys, reviews and jobs.
        keyring: data keys, for reading the record and sealing audit events.
        recorder: the way into the log.
        signer: the log's key; it signs receipts too.
        current: what the builder has published to this worker.
        screen: decides without forwarding; takes the question and a request id.
        bind: returns when every local worker has acknowledged a registry revision.
        faces: the face workers.
        clock: the time.
        entropy: random bytes.
    """

    settings: Settings
    registry: Registry
    keyring: Keyring
    recorder: Recorder
    signer: Signer
    current: Current
    screen: Callable[[ScreenRequest, str], Awaitable[ScreenResult]]
    bind: Callable[[int], Awaitable[None]]
    faces: FaceFinder
    clock: Callable[[], datetime] = utc_now
    entropy: Callable[[int], bytes] = os.urandom

    @cached_property
    def ink(self) -> Ink:
        """With what audit events are sealed; looked up once, since that happens inside a transaction."""
        return Ink(self.keyring.get_or_create("tenant", SYSTEM_TENANT), self.clock, self.entropy)

    def nudge(self) -> None:
        """Have the recorder number what is queued, without waiting; it would come to it within seconds by itself."""
        task = asyncio.create_task(self._poke())
        _nudging.add(task)
        task.add_done_callback(_nudging.discard)

    async def _poke(self) -> None:
        with contextlib.suppress(LogUnavailableError):
            await self.recorder.poke()

    def sign(self, message: bytes) -> str:
        """The signature of a receipt: the key's id, a space, and base64 of 64 bytes of Ed25519 (RFC 8032)."""
        return f"{self.signer.key.id} {base64.b64encode(self.signer.sign(message)).decode()}"
