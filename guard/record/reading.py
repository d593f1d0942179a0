"""What every reader of the log needs: labels, subjects, positions in time, the stored tree, and an event as lists show it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, Select, select

from guard.record.event import Labels
from guard.record.tables import EVENT, EVENT_LABEL, EVENT_SUBJECT, TREE_STATE
from guard.record.tiles import StoredTiles
from guard.record.times import rfc3339

Row = dict[str, Any]
EVENT_C, LABEL_C, SUBJECT_C = EVENT.c, EVENT_LABEL.c, EVENT_SUBJECT.c
_LABELS = (LABEL_C.kind, LABEL_C.tenant, LABEL_C.stage, LABEL_C.outcome, LABEL_C.rule, LABEL_C.request_id)


def labelled(*columns: Any) -> Select[Any]:
    """A query of events with their labels."""
    return select(*columns, *_LABELS).join_from(EVENT, EVENT_LABEL, EVENT_C["index"] == LABEL_C["index"])


def stored_tiles(connection: Connection) -> StoredTiles:
    """The tree as this transaction sees it."""
    mark = "%s" if connection.dialect.name == "postgresql" else "?"
    return StoredTiles(lambda sql, values: [tuple(row) for row in connection.exec_driver_sql(sql.replace("?", mark), tuple(values))])


def index_at(connection: Connection, time: str, size: int) -> int:
    """The first index whose time is `time` or later: times never go back, so bisection needs no index on them."""
    low, high = 0, size
    while low < high:
        middle = (low + high) // 2
        if connection.execute(select(EVENT_C.time).where(EVENT_C["index"] == middle)).scalar_one() < time:
            low = middle + 1
        else:
            high = middle
    return low


def among(column: ColumnElement[int], indexes: Sequence[int]) -> ColumnElement[bool]:
    """That a column is one of these indexes, or, where they lie close together, between the first and the last."""
    low, high = min(indexes), max(indexes)
    return column.between(low, high) if high - low < 2 * len(indexes) else column.in_(indexes)


def subjects_of(connection: Connection, indexes: Sequence[int]) -> dict[int, list[str]]:
    """The subject ids of these events, sorted."""
    found: dict[int, list[str]] = {}
    if indexes:
        query = select(SUBJECT_C["index"], SUBJECT_C.subject_id).where(among(SUBJECT_C["index"], indexes))
        for index, subject_id in connection.execute(query.order_by(SUBJECT_C.subject_id)):
            found.setdefault(index, []).append(subject_id)
    return found


def item(leaf: Row, labels: Labels) -> Row:
    """A decision (or other event) as lists show it."""
    return {
        "decision_id": leaf["id"],
        "index": leaf.get("index"),
        "at": leaf["time"],
        "kind": leaf["kind"],
        "tenant": labels.tenant,
        "stage": leaf["stage"],
        "mode": leaf["mode"],
        "outcome": leaf["outcome"],
        "rule": labels.rule,
        "rule_class": leaf["rule_class"],
        "request_id": leaf["request"],
        "subject_ids": list(labels.subject_ids),
        "policy_revision": leaf["policy"],
        "registry_revision": leaf["registry"],
    }


def labels_of(row: Any, subjects: dict[int, list[str]]) -> Labels:
    """The labels of a row of `labelled`."""
    ids = tuple(subjects.get(row["index"], ()))
    return Labels(row["kind"], row["tenant"], ids, row["outcome"], row["stage"], row["rule"], row["request_id"])


def bounds(connection: Connection, from_: datetime | None, to: datetime | None) -> tuple[int, int]:
    """The indexes [first, end) of the events in [from_, to)."""
    size = size_of(connection)
    first = index_at(connection, rfc3339(from_), size) if from_ else 0
    return first, index_at(connection, rfc3339(to), size) if to else size


def size_of(connection: Connection) -> int:
    """How many events are numbered."""
    return int(connection.execute(select(TREE_STATE.c.size)).scalar() or 0)


def queued_labels(found: dict[str, Any]) -> Labels:
    """The labels of a row of `event_queue`."""
    return Labels(**{**found, "subject_ids": tuple(found.get("subject_ids") or ())})


def queued_leaf(row: Any) -> Row:
    """The leaf as far as it is known: without a number, and with the time at which it was queued."""
    return {**orjson.loads(row["skeleton"]), "index": None, "time": rfc3339(row["inserted_at"])}
