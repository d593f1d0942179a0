"""The whole log in the database held against itself: every leaf, body, tile and checkpoint. Each fault names its row."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, select

from guard.record import checkpoint
from guard.record.bodies import Bodies, DamagedError, ErasedError, Keys
from guard.record.checkpoint import NoteError, VerifierKey
from guard.record.merkle import HASH_BYTES, TILE, leaf_hash
from guard.record.query import Log
from guard.record.reading import EVENT_C, LABEL_C, SUBJECT_C, size_of
from guard.record.tables import CHECKPOINT, EVENT, EVENT_LABEL, EVENT_SUBJECT
from guard.record.tiles import TILE_SQL, split
from guard.record.verify import Roots
from guard.storage.engine import read

MOST_FAULTS = 100
Progress = Callable[[int, int], None]


@dataclass
class Checked:
    """What was looked at, and what is wrong with it: one line for each fault, at most 100, none in a sound log."""

    events: int = 0
    bodies: int = 0
    erased: int = 0
    checkpoints: int = 0
    faults: list[str] = field(default_factory=list)

    def fault(self, text: str) -> None:
        """Notes a fault."""
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(text)


def check(engine: Engine, keyring: Keys, keys: Sequence[VerifierKey], progress: Progress = lambda done, total: None) -> Checked:
    """Reads the log from its first event to its last; may run beside a guard that serves.

    Args:
        engine: the database.
        keyring: opens bodies.
        keys: the log's verifier keys, retired ones included.
        progress: called with (done, total) events.
    """
    found, roots, bodies, last = Checked(), Roots(), Bodies(keyring), ""
    with read(engine) as connection:
        size = size_of(connection)
        notes = {row.size: row for row in connection.execute(select(CHECKPOINT).where(CHECKPOINT.c.size <= size))}
    for start in range(0, size, TILE):
        end = min(start + TILE, size)
        with read(engine) as connection:
            rows = _rows(connection, start, end)
            tile = _tile(connection, start // TILE) if end - start == TILE else []
        if len(tile) not in (0, TILE) or (end - start == TILE and not tile):
            found.fault(f"merkle_tile 0/{start // TILE}: it holds {len(tile)} hashes where {TILE} belong")
            tile = []
        for index in range(start, end):
            row, known = rows.get(index), tile[index - start] if tile else None
            if row is None:
                found.fault(f"event {index}: its row is missing")
            else:
                last = _check_event(row, known, last, bodies, found)
            roots.add(0, known or (bytes(row["leaf_hash"]) if row is not None else bytes(HASH_BYTES)))
            found.events += 1
            if index + 1 in notes:
                _check_note(notes[index + 1], roots.root(), keys, found)
        progress(end, size)
    _check_inner(engine, size, roots.root(), found)
    return found


def _check_inner(engine: Engine, size: int, root: bytes, found: Checked) -> None:
    """The stored hashes above the leaves are what proofs are made of."""
    try:
        sound = Log(engine).root(size) == root
    except ValueError as error:
        return found.fault(f"merkle_tile: {error}")
    if not sound:
        found.fault("merkle_tile: the hashes above level 0 are not those of the events")
    return None


def _check_event(row: Any, known: bytes | None, last: str, bodies: Bodies, found: Checked) -> str:
    """Checks one row against the hash that the tree has for it, where a tile is complete; returns its time."""
    index, leaf_text = row["index"], bytes(row["leaf"])
    if leaf_hash(leaf_text) != (known or bytes(row["leaf_hash"])):
        found.fault(f"event {index} ({row['id']}): its leaf is not the one that was hashed into the tree")
        return last
    if known not in (None, bytes(row["leaf_hash"])):
        found.fault(f"event {index} ({row['id']}): its stored hash was changed")
    leaf: dict[str, Any] = orjson.loads(leaf_text)
    if (leaf["index"], leaf["id"], leaf["time"]) != (index, row["id"], row["time"]):
        found.fault(f"event {index} ({row['id']}): its leaf is that of event {leaf['index']} ({leaf['id']})")
    if leaf["time"] < last:
        found.fault(f"event {index} ({row['id']}): it is earlier than the one before it")
    try:
        bodies.open(leaf, row["sealed"], row["wrapped_key"], row["tenant"], row["subjects"])
        found.bodies += 1
    except ErasedError:
        found.erased += 1
    except DamagedError as error:
        found.fault(f"event {index}: {error}")
    return str(leaf["time"])


def _check_note(row: Any, root: bytes, keys: Sequence[VerifierKey], found: Checked) -> None:
    found.checkpoints += 1
    try:
        tree = checkpoint.verify(row.note, list(keys))
    except NoteError as error:
        return found.fault(f"checkpoint {row.size}: {error}")
    if (tree.size, tree.root) != (row.size, root):
        found.fault(f"checkpoint {row.size}: the events before it do not lead to the root that it signed")
    return None


def _rows(connection: Connection, start: int, end: int) -> dict[int, dict[str, Any]]:
    within = EVENT_C["index"].between(start, end - 1)
    query = select(EVENT, LABEL_C.tenant).join_from(EVENT, EVENT_LABEL, EVENT_C["index"] == LABEL_C["index"], isouter=True)
    rows = {row["index"]: {**row, "subjects": []} for row in connection.execute(query.where(within)).mappings()}
    for index, subject_id in connection.execute(
        select(SUBJECT_C["index"], SUBJECT_C.subject_id).select_from(EVENT_SUBJECT).where(SUBJECT_C["index"].between(start, end - 1))
    ):
        if index in rows:
            rows[index]["subjects"].append(subject_id)
    return rows


def _tile(connection: Connection, number: int) -> list[bytes]:
    mark = "%s" if connection.dialect.name == "postgresql" else "?"
    found = connection.exec_driver_sql(TILE_SQL.replace("?", mark), (0, number)).first()
    return split(bytes(found[0])) if found is not None else []
