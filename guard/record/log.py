"""The log's writer: numbers events, keeps the tree, reserves grants, signs checkpoints. One writes at a time.

On SQLite the recorder appends directly: an event has its index when it is acknowledged. On PostgreSQL it inserts the
event into `event_queue` (durable, and acknowledged), and an integrator numbers what is there, one at a time over all
replicas. Audit events that the registry queued in its own transactions are numbered on the way, on both.
"""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import orjson
from sqlalchemy import Engine

from guard.record import checkpoint, grants, outside
from guard.record.checkpoint import Signer, Tree
from guard.record.event import Draft
from guard.record.merkle import subtree
from guard.record.numbering import Frontier, Numbering
from guard.record.tiles import StoredTiles
from guard.record.times import rfc3339, utc_now
from guard.record.writer import Cursor, DuplicateError, Writer
from guard.storage.queue import QueuedEvent

__all__ = ["EventLog", "NotRecorded", "Recorded", "queued", "rfc3339", "utc_now"]
_LOG = logging.getLogger(__name__)
_AT_ONCE = 2_000  # queued events a transaction: about 0.1 s, so that whoever waits for the lock does not wait long
_QUEUE_SQL = (
    "INSERT INTO event_queue (id, skeleton, sealed, wrapped_key, labels, reserve, inserted_at) "
    "SELECT *, '[]', %s FROM unnest(%b::text[], %b::bytea[], %b::bytea[], %b::bytea[], %b::text[])"
)
_QUEUE = ("id", "skeleton", "sealed", "wrapped_key", "labels", "reserve", "inserted_at")


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of a draft.

    Args:
        id: what was recorded: the draft's own id, or its `otherwise`'s when a grant was spent.
        index: its place in the log; None while it waits to be numbered.
        time: its time; None likewise.
    """

    id: str
    index: int | None = None
    time: str | None = None


@dataclass(frozen=True, slots=True)
class NotRecorded:
    """A draft that cannot be recorded, whatever the state of the database (its id is taken)."""

    reason: str


def queued(draft: Draft) -> QueuedEvent:
    """The draft as a change's own transaction queues it (`guard.storage.queue.enqueue`)."""
    return QueuedEvent(draft.id, draft.skeleton, draft.sealed, draft.wrapped_key, draft.labels.as_json())


class EventLog:
    """The only writer of the log in its process; any method may be called from any thread.

    Args:
        engine: of `guard.storage.make_engine`, upgraded.
        signer: signs checkpoints, under its name as the origin; without it `checkpoint` only numbers what is queued.
        now: the clock.
        outside_path: a file to which every checkpoint is appended as well; it should lie where the operator alone cannot change it
            (guard/record/outside.py).
        last_path: a file that holds the newest checkpoint alone.
    """

    def __init__(
        self,
        engine: Engine,
        signer: Signer | None = None,
        *,
        now: Callable[[], datetime] = utc_now,
        outside_path: Path | None = None,
        last_path: Path | None = None,
    ) -> None:
        self.engine = engine
        self.direct = engine.dialect.name != "postgresql"
        self._signer, self._now = signer, now
        self._outside = [(path, keep) for path, keep in ((outside_path, outside.append), (last_path, outside.replace)) if path is not None]
        self._orderer, self._queuer = Writer(engine), Writer(engine)
        self._order_lock, self._queue_lock = threading.Lock(), threading.Lock()
        self._known: Frontier | None = None

    def append(self, drafts: Sequence[Draft]) -> list[Recorded | NotRecorded]:
        """Makes the drafts durable in one transaction, in this order; one answer for each.

        Raises:
            LogUnavailableError: none of them was recorded.
        """
        try:
            return list(self._append_directly(drafts) if self.direct else self._append_to_queue(drafts))
        except DuplicateError as error:
            if len(drafts) == 1:
                return [NotRecorded(f"{drafts[0].id} is recorded already: {error}")]
            return [answer for draft in drafts for answer in self.append([draft])]

    def release(self, use_id: str) -> None:
        """Gives a reserved use of a grant back; does nothing when it was given back before."""
        with self._queue_lock, self._queuer.transaction(ordered=False) as cursor:
            grants.release(cursor, use_id)

    def integrate(self) -> int:
        """Numbers everything that is queued; returns how many events that were."""
        total, added = 0, _AT_ONCE
        while added == _AT_ONCE:
            with self._numbering() as (_, numbering):
                added = numbering.add_queued(_AT_ONCE)
            total += added
        return total

    def checkpoint(self) -> str | None:
        """Numbers what is queued and signs the tree; None when the last checkpoint already says as much."""
        self.integrate()
        if self._signer is None:
            return None
        with self._numbering() as (cursor, numbering):
            size = numbering.frontier.size
            if cursor.execute("SELECT 1 FROM checkpoint WHERE size = ?", (size,)).one():
                return None
            tree = Tree(size, subtree(0, size, StoredTiles(lambda sql, values: cursor.execute(sql, values).all())))
            note = checkpoint.sign(tree, self._signer)
            cursor.insert("checkpoint", ("size", "root", "note", "created_at"), [(size, tree.root, note, rfc3339(self._now()))])
        self._publish(note)
        return note

    def close(self) -> None:
        """Lets go of the database."""
        with self._order_lock, self._queue_lock:
            self._orderer.close()
            self._queuer.close()

    @contextmanager
    def _numbering(self) -> Iterator[tuple[Cursor, Numbering]]:
        with self._order_lock:
            with self._orderer.transaction(ordered=True) as cursor:
                numbering = Numbering(cursor, self._known, rfc3339(self._now()))
                yield cursor, numbering
                numbering.finish()
            self._known = numbering.frontier

    def _append_directly(self, drafts: Sequence[Draft]) -> list[Recorded]:
        with self._numbering() as (cursor, numbering):
            numbering.add_queued(_AT_ONCE)
            chosen = [_reserved(cursor, draft, numbering.time) for draft in drafts]
            first = numbering.add(chosen)
        return [Recorded(draft.id, first + i, numbering.time) for i, draft in enumerate(chosen)]

    def _append_to_queue(self, drafts: Sequence[Draft]) -> list[Recorded]:
        now = self._now()
        with self._queue_lock:
            if not any(draft.reserve for draft in drafts):
                self._queuer.run_alone(_QUEUE_SQL, [now, *(list(column) for column in zip(*map(_queue_row, drafts), strict=True))])
                return [Recorded(draft.id) for draft in drafts]
            with self._queuer.transaction(ordered=False) as cursor:
                chosen = [_reserved(cursor, draft, rfc3339(now)) for draft in drafts]
                cursor.insert("event_queue", _QUEUE, [(*_queue_row(draft), "[]", now) for draft in chosen])
        return [Recorded(draft.id) for draft in chosen]

    def _publish(self, note: str) -> None:
        for path, keep in self._outside:
            try:
                keep(path, note)
            except OSError as error:
                _LOG.error("the checkpoint could not be written outside, to %s; the next one will be tried: %s", path, error)


def _queue_row(draft: Draft) -> tuple[str, bytes, bytes, bytes, str]:
    return draft.id, draft.skeleton, draft.sealed, draft.wrapped_key, orjson.dumps(draft.labels.as_json()).decode()


def _reserved(cursor: Cursor, draft: Draft, time: str) -> Draft:
    if not draft.reserve or grants.reserve(cursor, draft.reserve, draft.id, time):
        return draft
    if draft.otherwise is None:
        raise ValueError(f"{draft.id} needs a grant that is spent, and does not say what to record then")
    return _reserved(cursor, draft.otherwise, time)
