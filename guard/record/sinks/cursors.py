"""How far each reader of the log has confirmed, by its name."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, delete, insert, select

from guard.record.tables import SINK_CURSOR
from guard.record.times import rfc3339
from guard.storage.engine import read, write

_C = SINK_CURSOR.c


@dataclass(frozen=True, slots=True)
class Place:
    """How far a sink has come: the next event, and the size of the last checkpoint it has."""

    next_index: int = 0
    checkpoint_size: int = -1


def place(engine: Engine, name: str) -> Place | None:
    """Where this reader is; None before it has confirmed anything."""
    with read(engine) as connection:
        row = connection.execute(select(_C.next_index, _C.checkpoint_size).where(_C.sink == name)).first()
    return None if row is None else Place(row.next_index, row.checkpoint_size)


def confirm(engine: Engine, name: str, reached: Place, at: datetime) -> None:
    """Writes down where it is."""
    row = {"sink": name, "next_index": reached.next_index, "checkpoint_size": reached.checkpoint_size, "updated_at": rfc3339(at)}
    with write(engine) as connection:
        connection.execute(delete(SINK_CURSOR).where(_C.sink == name))
        connection.execute(insert(SINK_CURSOR), [row])
