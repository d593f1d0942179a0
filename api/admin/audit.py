"""The audit event that every admin call owes: with a change in the change's own transaction, else before the answer."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from anyio import to_thread

from guard.record.event import SYSTEM_TENANT, Draft, make_draft
from guard.record.log import queued
from guard.registry.values import Change
from guard.storage.queue import QueuedEvent
from guard.types import KeyRecord

if TYPE_CHECKING:
    from api.admin.services import AdminServices


class Audit:
    """One call's event. A change takes `events` into its transaction and then says `committed()`; `settle` sees to the rest."""

    def __init__(self, services: "AdminServices", key: KeyRecord, request_id: str, action: str, method: str, path: str) -> None:
        self._services = services
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
        self._services.nudge()

    async def settle(self, status: int, *, needed: bool) -> None:
        """Record the call unless its change already did, or it owes no event."""
        if self._committed or not needed:
            return
        self.note(status=status)
        draft = await to_thread.run_sync(self._draft, "done" if status < 400 else "refused", {}, 0)
        await self._services.recorder.record(draft)

    def _draft(self, result: str, subjects: Mapping[str, bytes], revision: int) -> Draft:
        body = {"key_id": self._key.id, "role": self._key.role.value, "result": result, **self._call, **self._facts}
        return make_draft(
            "admin." + self._action,
            tenant=SYSTEM_TENANT,
            tenant_key=self._services.system_key,
            subjects=subjects,
            registry_revision=revision,
            request_id=self._request_id,
            body=body,
            entropy=self._services.entropy,
        )
