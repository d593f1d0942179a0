"""Reading the record: decisions by filter or id, and the log's entries, checkpoints and proofs."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, Engine, Select, and_, select

from guard.errors import InvalidInputError, NotFoundError
from guard.record.bodies import Bodies, DamagedError, ErasedError, Keys, parsed
from guard.record.event import DECISION_KINDS, Labels
from guard.record.merkle import consistency_proof, inclusion_proof, subtree
from guard.record.reading import (
    EVENT_C,
    LABEL_C,
    SUBJECT_C,
    Row,
    bounds,
    item,
    labelled,
    labels_of,
    queued_labels,
    queued_leaf,
    size_of,
    stored_tiles,
    subjects_of,
)
from guard.record.tables import CHECKPOINT, COSIGNATURE, EVENT
from guard.record.tiles import StoredTiles
from guard.storage.engine import read
from guard.storage.queue import EVENT_QUEUE

MAX_PAGE = 1_000
_QUEUE_SHOWN = 1_000


@dataclass(frozen=True, slots=True)
class DecisionFilter:
    """Which decisions are wanted; None means any. `from_` is inclusive, `to` exclusive, both of the leaf's time."""

    from_: datetime | None = None
    to: datetime | None = None
    tenant: str | None = None
    subject_id: str | None = None
    outcome: str | None = None
    rule: str | None = None
    stage: str | None = None
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Some items, and where the next ones begin; None at the end."""

    items: list[Row]
    next_cursor: str | None


class Decisions:
    """Decisions for people to read. An item is a JSON object; `get` adds the leaf and the body, if it is not erased."""

    def __init__(self, engine: Engine, keyring: Keys) -> None:
        self._engine = engine
        self._keyring = keyring

    def list(self, wanted: DecisionFilter, cursor: str | None = None, limit: int = 50) -> Page:
        """Decisions, newest first; those that still wait for their number come with the first page."""
        limit = max(1, min(limit, MAX_PAGE))
        before = _parse_cursor(cursor)
        with read(self._engine) as connection:
            waiting = [] if cursor else _waiting(connection, wanted)[:limit]
            first, end = bounds(connection, wanted.from_, wanted.to)
            end = end if before is None else min(end, before)
            query = _select(wanted, first, end)
            rows = connection.execute(query.order_by(LABEL_C["index"].desc()).limit(limit - len(waiting) + 1)).mappings().all()
            more = len(rows) > limit - len(waiting)
            rows = rows[: limit - len(waiting)]
            subjects = subjects_of(connection, [row["index"] for row in rows])
        items = waiting + [item(orjson.loads(row["leaf"]), labels_of(row, subjects)) for row in rows]
        return Page(items, str(rows[-1]["index"] if rows else end) if more else None)

    def get(self, decision_id: str) -> Row:
        """One event by its id, numbered or not, with `event` (the leaf) and `body` (None and `body_status` when erased).

        Raises:
            NotFoundError: there is none.
        """
        with read(self._engine) as connection:
            row = connection.execute(labelled(EVENT).where(EVENT_C.id == decision_id)).mappings().first()
            if row is not None:
                labels = labels_of(row, subjects_of(connection, [row["index"]]))
                leaf = orjson.loads(row["leaf"])
            else:
                row = connection.execute(select(EVENT_QUEUE).where(EVENT_QUEUE.c.id == decision_id)).mappings().first()
                if row is None:
                    raise NotFoundError(f"there is no decision {decision_id!r}")
                labels = queued_labels(row["labels"])
                leaf = queued_leaf(row)
        found = item(leaf, labels) | {"event": leaf}
        return found | self._body(leaf, row["sealed"], row["wrapped_key"], labels)

    def _body(self, leaf: Row, sealed: bytes | None, wrapped_key: bytes | None, labels: Labels) -> Row:
        try:
            return {
                "body": parsed(Bodies(self._keyring).open(leaf, sealed, wrapped_key, labels.tenant, labels.subject_ids)),
                "body_status": "kept",
            }
        except ErasedError:
            return {"body": None, "body_status": "erased"}
        except DamagedError:
            return {"body": None, "body_status": "damaged"}


class Log:
    """The public log: sizes, entries, checkpoints, proofs. Nothing here can be erased, and nothing here is personal."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def size(self) -> int:
        """How many events are numbered."""
        with read(self._engine) as connection:
            return size_of(connection)

    def entries(self, start: int, end: int) -> list[Row]:
        """`{"index", "event"}` of start..end-1, at most 1,000 of them."""
        if not 0 <= start <= end:
            raise InvalidInputError(f"start {start} and end {end} are not a range")
        with read(self._engine) as connection:
            query = select(EVENT_C["index"], EVENT_C.leaf).where(EVENT_C["index"] >= start, EVENT_C["index"] < min(end, start + MAX_PAGE))
            return [{"index": index, "event": orjson.loads(leaf)} for index, leaf in connection.execute(query.order_by(EVENT_C["index"]))]

    def checkpoint(self) -> str:
        """The newest checkpoint's note, with the cosignatures it has by now; NotFoundError before the first."""
        with read(self._engine) as connection:
            newest = connection.execute(select(CHECKPOINT.c.size, CHECKPOINT.c.note).order_by(CHECKPOINT.c.size.desc()).limit(1)).first()
            if newest is None:
                raise NotFoundError("there is no checkpoint yet; the first comes within seconds of the first event")
            return cosigned(connection, newest.size, newest.note)

    def witnessed(self, size: int) -> str | None:
        """The newest checkpoint of at most `size` events that a witness cosigned, with the cosignatures; None when there is none."""
        with read(self._engine) as connection:
            query = select(CHECKPOINT.c.size, CHECKPOINT.c.note).where(CHECKPOINT.c.size <= size)
            query = query.where(CHECKPOINT.c.size.in_(select(COSIGNATURE.c.size))).order_by(CHECKPOINT.c.size.desc()).limit(1)
            newest = connection.execute(query).first()
            return cosigned(connection, newest.size, newest.note) if newest is not None else None

    def root(self, size: int) -> bytes:
        """The tree's hash when it had `size` leaves."""
        with self._tiles(size) as tiles:
            return subtree(0, size, tiles)

    def inclusion(self, index: int, size: int) -> list[bytes]:
        """The proof that leaf `index` is in the tree of `size`, in RFC 9162 order."""
        if not 0 <= index < size:
            raise InvalidInputError(f"there is no leaf {index} in a tree of {size}")
        with self._tiles(size) as tiles:
            return inclusion_proof(index, size, tiles)

    def consistency(self, old: int, new: int) -> list[bytes]:
        """The proof that the tree of `new` extends the tree of `old`, in RFC 9162 order."""
        if not 0 <= old <= new:
            raise InvalidInputError(f"a tree of {new} cannot extend one of {old}")
        with self._tiles(new) as tiles:
            return consistency_proof(old, new, tiles)

    @contextmanager
    def _tiles(self, size: int) -> Iterator[StoredTiles]:
        with read(self._engine) as connection:
            if size > size_of(connection):
                raise NotFoundError(f"the log has {size_of(connection)} events, not {size}")
            yield stored_tiles(connection)


def cosigned(connection: Connection, size: int, note: str) -> str:
    """A note with a line for each witness that cosigned it."""
    query = select(COSIGNATURE.c.line).where(COSIGNATURE.c.size == size).order_by(COSIGNATURE.c.witness)
    return note + "".join(connection.execute(query).scalars())


def _select(wanted: DecisionFilter, first: int, end: int) -> Select[Any]:
    # By the label's own index throughout: with the event's, SQLite sorts all of a tenant's rows before it takes the first.
    query = labelled(EVENT_C["index"], EVENT_C.leaf)
    conditions: list[ColumnElement[bool]] = [LABEL_C.kind.in_(DECISION_KINDS), LABEL_C["index"] >= first, LABEL_C["index"] < end]
    for column, value in (
        (LABEL_C.tenant, wanted.tenant),
        (LABEL_C.outcome, wanted.outcome),
        (LABEL_C.rule, wanted.rule),
        (LABEL_C.stage, wanted.stage),
        (LABEL_C.request_id, wanted.request_id),
    ):
        if value is not None:
            conditions.append(column == value)
    if wanted.subject_id is not None:
        conditions.append(LABEL_C["index"].in_(select(SUBJECT_C["index"]).where(SUBJECT_C.subject_id == wanted.subject_id)))
    return query.where(and_(*conditions))


def _parse_cursor(cursor: str | None) -> int | None:
    if not cursor:
        return None
    if not (cursor.isascii() and cursor.isdigit()):
        raise InvalidInputError(f"{cursor!r} is not a cursor of this list")
    return int(cursor)


def _waiting(connection: Connection, wanted: DecisionFilter) -> list[Row]:
    """Decisions that are durable and not numbered yet, newest first."""
    query = select(EVENT_QUEUE).order_by(EVENT_QUEUE.c.inserted_at.desc(), EVENT_QUEUE.c.id.desc()).limit(_QUEUE_SHOWN)
    found = []
    for row in connection.execute(query).mappings():
        labels, at = queued_labels(row["labels"]), row["inserted_at"]
        wants = (
            (wanted.tenant, labels.tenant),
            (wanted.outcome, labels.outcome),
            (wanted.rule, labels.rule),
            (wanted.stage, labels.stage),
            (wanted.request_id, labels.request_id),
        )
        if (
            labels.kind in DECISION_KINDS
            and all(want is None or want == has for want, has in wants)
            and (wanted.subject_id is None or wanted.subject_id in labels.subject_ids)
            and (wanted.from_ is None or wanted.from_ <= at)
            and (wanted.to is None or at < wanted.to)
        ):
            found.append(item(queued_leaf(row), labels))
    return found
