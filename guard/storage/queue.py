"""Audit events that wait to be numbered: written in the transaction of the change they tell of, taken by the recorder.

The registry and the record are siblings that do not know each other; this table is where they meet. A row is complete
but for its index and time: the recorder (`guard.record`) moves it into the log and deletes it, in order of `inserted_at, id`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, LargeBinary, Table, Text, insert
from sqlmodel import Field, SQLModel

from guard.storage.columns import Json, UtcTime


@dataclass(frozen=True, slots=True)
class QueuedEvent:
    """An event as it is queued.

    Args:
        id: the event's random id, `dec_...` or `evt_...`.
        skeleton: canonical JSON of the leaf, without `index` and `time`.
        sealed: the encrypted vault body.
        wrapped_key: the body's key, wrapped by the tenant's and the subjects' keys.
        labels: plain columns of the erasable side index (`tenant`, `subject_ids`, `outcome` ...).
        reserve: uses of grants to reserve when the event is numbered.
    """

    id: str
    skeleton: bytes
    sealed: bytes
    wrapped_key: bytes
    labels: Mapping[str, Any] = field(default_factory=dict)
    reserve: Sequence[Mapping[str, Any]] = ()


class EventQueueRow(SQLModel, table=True):
    """One waiting event; columns as in `QueuedEvent`."""

    __tablename__ = "event_queue"

    id: str = Field(sa_column=Column(Text, primary_key=True))
    skeleton: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    wrapped_key: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    labels: Any = Field(default=None, sa_column=Column(Json, nullable=False))
    reserve: Any = Field(default=None, sa_column=Column(Json, nullable=False))
    inserted_at: datetime = Field(sa_column=Column(UtcTime, nullable=False, index=True))


EVENT_QUEUE: Table = SQLModel.metadata.tables["event_queue"]


def enqueue(connection: Connection, events: Iterable[QueuedEvent], now: datetime) -> list[str]:
    """Adds events to the queue in the caller's transaction; returns their ids."""
    rows = [
        {
            "id": e.id,
            "skeleton": e.skeleton,
            "sealed": e.sealed,
            "wrapped_key": e.wrapped_key,
            "labels": dict(e.labels),
            "reserve": [dict(use) for use in e.reserve],
            "inserted_at": now,
        }
        for e in events
    ]
    if rows:
        connection.execute(insert(EVENT_QUEUE), rows)
    return [str(row["id"]) for row in rows]
