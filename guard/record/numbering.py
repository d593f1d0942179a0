"""Giving events their place: dense indexes, times that never go back, leaves, tiles and side indexes, in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from guard.record.event import Draft, Labels, leaf_bytes
from guard.record.merkle import TILE, leaf_hash
from guard.record.tiles import LEAVES_SQL, add_leaves
from guard.record.writer import Cursor

_EVENT = ("index", "leaf_hash", "id", "time", "leaf", "wrapped_key", "sealed")
_LABEL = ("index", "kind", "tenant", "stage", "outcome", "rule", "request_id")
_SUBJECT = ("subject_id", "index")
_QUEUE_SQL = "SELECT id, skeleton, sealed, wrapped_key, labels FROM event_queue ORDER BY inserted_at, id LIMIT ?"


@dataclass(frozen=True, slots=True)
class Frontier:
    """Where the log ends: its size, and the leaf hashes that no complete tile holds yet."""

    size: int
    pending: tuple[bytes, ...]


class Numbering:
    """The log within one transaction that nobody else numbers in.

    Args:
        cursor: the transaction.
        known: the end of the log as this process last saw it, or None; read again when another process moved it.
        now: the clock's time, as the leaf holds it.
    """

    def __init__(self, cursor: Cursor, known: Frontier | None, now: str) -> None:
        self._cursor = cursor
        row = cursor.execute("SELECT size, last_time FROM tree_state WHERE id = 1").one()
        self._is_new = row is None
        size, last_time = row or (0, "")
        self._before = size
        self.time = max(now, last_time)
        self.frontier = known if known is not None and known.size == size else self._read(size)

    def add(self, events: Sequence[Draft]) -> int:
        """Numbers these events; returns the index of the first."""
        first, time = self.frontier.size, self.time
        rows, labels, subjects, hashes = [], [], [], []
        for index, event in enumerate(events, first):
            leaf = leaf_bytes(event.skeleton, index, time)
            digest = leaf_hash(leaf)
            hashes.append(digest)
            rows.append((index, digest, event.id, time, leaf, event.wrapped_key, event.sealed))
            label = event.labels
            labels.append((index, label.kind, label.tenant, label.stage, label.outcome, label.rule, label.request_id))
            subjects += [(subject_id, index) for subject_id in label.subject_ids]
        self._cursor.insert("event", _EVENT, rows)
        self._cursor.insert("event_label", _LABEL, labels)
        self._cursor.insert("event_subject", _SUBJECT, subjects)
        pending = add_leaves(self._cursor, first, list(self.frontier.pending), hashes)
        self.frontier = Frontier(first + len(hashes), tuple(pending))
        return first

    def add_queued(self, most: int) -> int:
        """Numbers up to that many queued events and takes them off the queue; returns how many."""
        rows = self._cursor.execute(_QUEUE_SQL, (most,)).all()
        if not rows:
            return 0
        ids = [row[0] for row in rows]
        self._cursor.delete("event_queue", "id", ids)
        known = self._cursor.present("event", "id", ids)  # only after a restore that brought the queue back
        fresh = [row for row in rows if row[0] not in known]
        self.add([Draft(row[0], bytes(row[1]), bytes(row[2]), bytes(row[3]), labels_from(row[4])) for row in fresh])
        return len(rows)

    def finish(self) -> None:
        """Writes down how far the log has come; last statement of the transaction."""
        if self._is_new:
            self._cursor.execute("INSERT INTO tree_state (id, size, last_time) VALUES (1, ?, ?)", (self.frontier.size, self.time))
        elif self.frontier.size != self._before:
            self._cursor.execute("UPDATE tree_state SET size = ?, last_time = ? WHERE id = 1", (self.frontier.size, self.time))

    def _read(self, size: int) -> Frontier:
        rows = self._cursor.execute(LEAVES_SQL, (size - size % TILE, size)).all()
        if len(rows) != size % TILE:
            raise ValueError(f"the log is damaged: {len(rows)} events from {size - size % TILE} on, where {size % TILE} belong")
        return Frontier(size, tuple(bytes(row[0]) for row in rows))


def labels_from(text: str) -> Labels:
    """Labels as `event_queue` keeps them."""
    found = orjson.loads(text)
    return Labels(**{**found, "subject_ids": tuple(found.get("subject_ids") or ())})
