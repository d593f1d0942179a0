"""The events that reports are made of, read from the log."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Engine, select

from guard.record.bodies import SUBJECT, TENANT, Bodies, DamagedError, ErasedError, Keys, parsed
from guard.record.event import Labels
from guard.record.reading import EVENT_C, LABEL_C, SUBJECT_C, bounds, labelled, labels_of, subjects_of
from guard.record.rows import Content
from guard.record.vault import SALT_BYTES
from guard.storage.engine import read

_BATCH = 1_000


@dataclass(frozen=True, slots=True)
class Period:
    """From `begins` (inclusive) to `ends` (exclusive), of the leaf's time; None is open."""

    begins: datetime | None = None
    ends: datetime | None = None


@dataclass(frozen=True, slots=True)
class ReportEvent:
    """One event with what can still be read of it.

    Args:
        leaf: as the log holds it.
        labels: its side columns.
        content: what became of the body.
        salted: salt || body where it is kept.
    """

    leaf: dict[str, Any]
    labels: Labels
    content: Content
    salted: bytes | None = None

    @property
    def body(self) -> dict[str, Any]:
        """The body; empty where it is gone."""
        return {} if self.salted is None else parsed(self.salted)

    @property
    def salt(self) -> str | None:
        """The salt of the commitment, hex."""
        return None if self.salted is None else self.salted[:SALT_BYTES].hex()

    @property
    def body_text(self) -> str | None:
        """The body's exact bytes as text: SHA-256(salt || text) is the leaf's commitment."""
        return None if self.salted is None else self.salted[SALT_BYTES:].decode()


def about(engine: Engine, keyring: Keys, subject_id: str, period: Period) -> Iterator[ReportEvent]:
    """Every event that concerns a person, decisions and audit events alike, oldest first."""
    return _events(engine, keyring, period, LABEL_C["index"].in_(select(SUBJECT_C["index"]).where(SUBJECT_C.subject_id == subject_id)))


def decisions(engine: Engine, keyring: Keys, period: Period) -> Iterator[ReportEvent]:
    """Every decision on a request, oldest first; opens only the bodies of what was not allowed, since counting needs no others."""
    return _events(engine, keyring, period, LABEL_C.kind == "decision", opened=("hold", "refuse"))


def _events(engine: Engine, keyring: Keys, period: Period, condition: Any, opened: Sequence[str] | None = None) -> Iterator[ReportEvent]:
    bodies = Bodies(keyring)
    with read(engine) as connection:
        first, end = bounds(connection, period.begins, period.ends)
    while first < end:
        with read(engine) as connection:
            query = labelled(EVENT_C["index"], EVENT_C.leaf, EVENT_C.sealed, EVENT_C.wrapped_key).where(
                condition, LABEL_C["index"] >= first, LABEL_C["index"] < end
            )
            rows = connection.execute(query.order_by(LABEL_C["index"]).limit(_BATCH)).mappings().all()
            subjects = subjects_of(connection, [row["index"] for row in rows])
        bodies.preload(TENANT, {row["tenant"] for row in rows if row["tenant"]})
        bodies.preload(SUBJECT, {one for ids in subjects.values() for one in ids})
        for row in rows:
            yield _event(bodies, row, labels_of(row, subjects), opened)
        first = int(rows[-1]["index"]) + 1 if len(rows) == _BATCH else end


def _event(bodies: Bodies, row: Any, labels: Labels, opened: Sequence[str] | None) -> ReportEvent:
    leaf = orjson.loads(row["leaf"])
    if opened is not None and labels.outcome not in opened:
        return ReportEvent(leaf, labels, Content.WITHHELD)
    try:
        return ReportEvent(
            leaf, labels, Content.KEPT, bodies.open(leaf, row["sealed"], row["wrapped_key"], labels.tenant, labels.subject_ids)
        )
    except ErasedError:
        return ReportEvent(leaf, labels, Content.ERASED)
    except DamagedError:
        return ReportEvent(leaf, labels, Content.DAMAGED)
