"""The keeping of the record as the command line and the housekeeping do it: who did what becomes an event of the log."""

import os
import time
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Engine

from guard.keyring import Keyring
from guard.record.event import SYSTEM_TENANT, make_draft
from guard.record.legal_holds import Tell
from guard.record.log import queued
from guard.record.times import utc_now
from guard.storage.engine import write
from guard.storage.queue import QueuedEvent, enqueue


def teller(keyring: Keyring, actor: str) -> Tell:
    """Makes audit events `admin.<action>` by this actor.

    They are under the key of no person, since they must outlive whom they are about: their details hold ids and reasons, no names.
    """
    tenant_key = keyring.get_or_create("tenant", SYSTEM_TENANT)  # now: the events are sealed inside a write transaction

    def events(action: str, details: Mapping[str, Any]) -> list[QueuedEvent]:
        body = {"result": "done", **details, "actor": actor}
        now_ms = time.time_ns() // 1_000_000
        return [
            queued(make_draft(f"admin.{action}", tenant=SYSTEM_TENANT, tenant_key=tenant_key, entropy=os.urandom, body=body, now_ms=now_ms))
        ]

    return events


def tell(engine: Engine, keyring: Keyring, actor: str, action: str, details: Mapping[str, Any]) -> None:
    """Queues one such event, of something that changed nothing in the database."""
    events = teller(keyring, actor)(action, details)
    with write(engine) as connection:
        enqueue(connection, events, utc_now())
