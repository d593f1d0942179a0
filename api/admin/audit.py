"""The audit event that every admin call owes: with a change in the change's own transaction, else before the answer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from guard.record.event import SYSTEM_TENANT, Draft, make_draft, ordered_id
from guard.record.log import queued
from guard.record.recorder import Recorder
from guard.registry.values import Change
from guard.storage.queue import QueuedEvent
from guard.types import KeyRecord


@dataclass(frozen=True, slots=True)
class Ink:
    """With what events are sealed: the data key of events that no tenant caused, the clock, and randomness."""

    key: bytes
    clock: Callable[[], datetime]
    entropy: Callable[[int], bytes]

    def now_ms(self) -> int:
        """Milliseconds since 1970, with which ids begin."""
        return int(self.clock().timestamp() * 1000)

    def request_id(self) -> str:
        """A new id for a call."""
        return ordered_id("req_", self.now_ms(), self.entropy(16))


class Audit:
    """One call's event. A change takes `events` into its transaction and then says `committed()`; `settle` sees to the rest."""

    def __init__(self, ink: Ink, key: KeyRecord, request_id: str, action: str, method: str, path: str) -> None:
        self._ink = ink
        self._key = key
        self._request_id = request_id
        self._action = action
        self._call = {"method": method, "path": path}
        self._facts: dict[str, object] = {}
        self._committed = False

    def note(self, **facts: object) -> None:
        """Add to what the event says; JSON values, ids rather than names."""
        self._facts |= facts

    def events(self, change: Change) -> Sequence[QueuedEvent]:
        """The event for the transaction of a change; the registry calls this inside it."""
        self.note(change=change.action, **change.details)
        return [queued(self._draft("done", change.subjects, change.revision))]

    def committed(self) -> None:
        """The change and its event are in the database; the recorder may number it."""
        self._committed = True

    async def settle(self, recorder: Recorder, status: int, *, needed: bool) -> None:
        """Record the call unless its change already did, or it owes no event."""
        if self._committed or not needed:
            return
        self.note(status=status)
        await recorder.record(self._draft("done" if status < 400 else "refused", {}, 0))

    def _draft(self, result: str, subjects: Mapping[str, bytes], revision: int) -> Draft:
        body = {"actor": self._key.id, "actor_role": self._key.role.value, "result": result, **self._call, **self._facts}
        return make_draft(
            "admin." + self._action,
            tenant=SYSTEM_TENANT,
            tenant_key=self._ink.key,
            subjects=subjects,
            registry_revision=revision,
            request_id=self._request_id,
            body=body,
            entropy=self._ink.entropy,
            now_ms=self._ink.now_ms(),
        )
