"""The audit event that every admin call owes: with a change in the change's own transaction, else before the answer."""

from collections.abc import Callable, Mapping, Sequence

from guard.record.event import SYSTEM_TENANT, Draft, make_draft
from guard.record.log import queued
from guard.record.recorder import Recorder
from guard.registry.values import Change
from guard.storage.queue import QueuedEvent
from guard.types import KeyRecord


class Audit:
    """One call's event. A change takes `events` into its transaction and then says `committed()`; `settle` sees to the rest."""

    def __init__(
        self, system_key: bytes, key: KeyRecord, request_id: str, action: str, method: str, path: str, entropy: Callable[[int], bytes]
    ) -> None:
        self._system_key = system_key
        self._entropy = entropy
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
            tenant_key=self._system_key,
            subjects=subjects,
            registry_revision=revision,
            request_id=self._request_id,
            body=body,
            entropy=self._entropy,
        )
