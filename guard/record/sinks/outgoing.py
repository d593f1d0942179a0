"""What a sink is sent: rows as exports have them, read from the log by index."""

from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Engine, select

from guard.record import ocsf
from guard.record.bodies import SUBJECT, TENANT, Bodies, DamagedError, ErasedError, Keys
from guard.record.checkpoint import stated
from guard.record.reading import EVENT_C, LABEL_C, labelled, labels_of, subjects_of
from guard.record.rows import Content, Redaction, row
from guard.record.sinks.config import Format
from guard.record.tables import CHECKPOINT
from guard.storage.engine import read

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One event on its way out. `document` is what the receiver stores; the rest is for envelopes."""

    index: int
    id: str
    time: str
    kind: str
    outcome: str | None
    document: Document


@dataclass(frozen=True, slots=True)
class OutgoingCheckpoint:
    """A signed note on its way out."""

    size: int
    time: str
    note: str


def events(engine: Engine, keyring: Keys, start: int, most: int, content: Redaction, format_: Format) -> list[Outgoing]:
    """Up to `most` numbered events from `start` on. Bodies are opened anew each time, so that an erasure is seen at once."""
    bodies = Bodies(keyring)
    with read(engine) as connection:
        query = labelled(EVENT_C["index"], EVENT_C.leaf, EVENT_C.sealed, EVENT_C.wrapped_key).where(LABEL_C["index"] >= start)
        rows = connection.execute(query.order_by(LABEL_C["index"]).limit(most)).mappings().all()
        subjects = subjects_of(connection, [found["index"] for found in rows])
    if content is not Redaction.STRICT:
        bodies.preload(TENANT, {found["tenant"] for found in rows if found["tenant"]})
        bodies.preload(SUBJECT, {one for ids in subjects.values() for one in ids})
    return [_outgoing(bodies, found, subjects, content, format_) for found in rows]


def newest_checkpoint(engine: Engine, above: int) -> OutgoingCheckpoint | None:
    """The newest checkpoint, if it is of a larger tree than `above`."""
    with read(engine) as connection:
        columns = (CHECKPOINT.c.size, CHECKPOINT.c.created_at, CHECKPOINT.c.note)
        newest = connection.execute(select(*columns).order_by(CHECKPOINT.c.size.desc()).limit(1)).first()
    if newest is None or newest.size <= above:
        return None
    return OutgoingCheckpoint(stated(newest.note).size, newest.created_at, newest.note)


def _outgoing(bodies: Bodies, found: Any, subjects: dict[int, list[str]], content: Redaction, format_: Format) -> Outgoing:
    leaf, labels = orjson.loads(found["leaf"]), labels_of(found, subjects)
    salted, state = None, Content.WITHHELD
    if content is not Redaction.STRICT:
        try:
            salted, state = bodies.open(leaf, found["sealed"], found["wrapped_key"], labels.tenant, labels.subject_ids), Content.KEPT
        except ErasedError:
            state = Content.ERASED
        except DamagedError:
            state = Content.DAMAGED
    document = row(leaf, labels, salted, state, content)
    return Outgoing(
        leaf["index"], leaf["id"], leaf["time"], leaf["kind"], leaf["outcome"], ocsf.event(document) if format_ is Format.OCSF else document
    )
