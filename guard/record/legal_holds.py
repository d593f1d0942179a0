"""Legal holds: what must be kept although retention or an erasure would take it.

A hold names a person, a tenant, a period, or several of these; it covers the events that fit all of them, those to come
included. While it stands, no retention prunes their bodies. When somebody it covers is erased, the key that goes is taken out
of the way first: the record keys of the covered events are wrapped anew, by a key of the hold's own. So an erasure destroys
name, templates and all else in the registry as ever, and the covered bodies stay readable until the hold is released.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, Engine, Select, and_, bindparam, delete, false, insert, or_, select, update

from guard.errors import ConflictError, InvalidInputError, NotFoundError
from guard.keyring import Keyring, seal, unseal
from guard.record import vault
from guard.record.bodies import HOLD, SUBJECT, TENANT, Bodies, DamagedError, ErasedError
from guard.record.event import Labels, ordered_id
from guard.record.reading import EVENT_C, LABEL_C, SUBJECT_C, index_at, labelled, labels_of, size_of, subjects_of
from guard.record.tables import EVENT, EVENT_SUBJECT, HELD_BODY, LEGAL_HOLD, RETENTION_MARK
from guard.record.times import rfc3339, utc_now
from guard.storage import forget_pages, read, write
from guard.storage.queue import QueuedEvent, enqueue

Tell = Callable[[str, Mapping[str, Any]], Sequence[QueuedEvent]]
"""Makes the audit event of an action with these details; it is queued in the action's own transaction."""

_AT_ONCE = 1_000
_C, _HELD = LEGAL_HOLD.c, HELD_BODY.c


@dataclass(frozen=True, slots=True)
class Scope:
    """What a hold covers; None means every. `begins` is inclusive, `ends` exclusive, both of the leaf's time."""

    subject_id: str | None = None
    tenant: str | None = None
    begins: datetime | None = None
    ends: datetime | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold as it is shown; `reason` is None once it was released (the record's events keep it)."""

    id: str
    subject_id: str | None
    tenant: str | None
    begins: str | None
    ends: str | None
    reason: str | None
    actor: str
    created_at: str
    released_at: str | None


def add(engine: Engine, keyring: Keyring, scope: Scope, reason: str, actor: str, tell: Tell, now: Callable[[], datetime] = utc_now) -> Hold:
    """Begins a hold.

    Raises:
        InvalidInputError: no reason, nothing that it covers, or a period that ends before it begins.
        NotFoundError: the person or tenant has no key, so nothing of theirs can be kept any more.
    """
    if not reason.strip():
        raise InvalidInputError("a hold needs a reason: a case number, an order, who asked")
    if scope == Scope():
        raise InvalidInputError("a hold must name a subject, a tenant or a period")
    if scope.begins and scope.ends and scope.begins >= scope.ends:
        raise InvalidInputError(f"the period ends ({rfc3339(scope.ends)}) before it begins ({rfc3339(scope.begins)})")
    at = now()
    hold_id = ordered_id("hold_", int(at.timestamp() * 1000), os.urandom(16))
    hold = Hold(
        id=hold_id,
        subject_id=scope.subject_id,
        tenant=scope.tenant,
        begins=rfc3339(scope.begins) if scope.begins else None,
        ends=rfc3339(scope.ends) if scope.ends else None,
        reason=reason,
        actor=actor,
        created_at=rfc3339(at),
        released_at=None,
    )
    row = {name: value for name, value in asdict(hold).items() if name not in {"reason", "released_at"}}
    with write(engine) as connection:
        for kind, owner in ((SUBJECT, scope.subject_id), (TENANT, scope.tenant)):
            if owner is not None and owner not in keyring.get_many(kind, [owner], connection):
                raise NotFoundError(f"there is no {kind} {owner!r}, or it was erased: nothing of theirs can be kept any more")
        key = keyring.create(HOLD, hold_id, connection)
        connection.execute(insert(LEGAL_HOLD), [{**row, "sealed": seal(key, reason.encode(), hold_id.encode()), "released_at": None}])
        enqueue(connection, tell("hold.add", {**row, "hold_id": hold_id, "reason": reason}), at)
    return hold


def holds(engine: Engine, keyring: Keyring, *, released: bool = False) -> list[Hold]:
    """The holds that stand, oldest first; with `released` those that ended as well."""
    with read(engine) as connection:
        query = select(LEGAL_HOLD).order_by(_C.created_at, _C.id)
        rows = connection.execute(query if released else query.where(_C.released_at.is_(None))).mappings().all()
        keys = keyring.get_many(HOLD, [row["id"] for row in rows], connection)
    return [_shown(row, keys.get(row["id"])) for row in rows]


def release(
    engine: Engine, keyring: Keyring, hold_id: str, reason: str, actor: str, tell: Tell, now: Callable[[], datetime] = utc_now
) -> int:
    """Ends a hold and carries out what it put off; returns how many bodies went with it.

    Bodies that another hold covers go over to that one; of those whose keys all live the wrapping becomes the ordinary one again;
    the others, of people erased meanwhile, go now. Cut short, it is repeated.

    Raises:
        NotFoundError: there is no such hold.
        ConflictError: it was released before.
    """
    if not reason.strip():
        raise InvalidInputError("a release needs a reason")
    at = now()
    with read(engine) as connection:
        row = connection.execute(select(_C.released_at).where(_C.id == hold_id)).first()
    if row is None:
        raise NotFoundError(f"there is no hold {hold_id!r}")
    if row.released_at is not None and not keyring.get_many(HOLD, [hold_id]):
        raise ConflictError(f"hold {hold_id!r} was released at {row.released_at}")
    with write(engine) as connection:
        # From here on it covers nothing; pruning begins anew, since its marks have passed what it kept.
        connection.execute(update(LEGAL_HOLD).where(_C.id == hold_id).values(released_at=rfc3339(at)))
        connection.execute(delete(RETENTION_MARK))
    gone = 0
    after: int | None = -1
    while after is not None:
        after, some = _let_go(engine, keyring, hold_id, after)
        gone += some
    with write(engine) as connection:
        enqueue(connection, tell("hold.release", {"hold_id": hold_id, "reason": reason, "actor": actor, "bodies_erased": gone}), at)
        connection.execute(update(LEGAL_HOLD).where(_C.id == hold_id).values(sealed=None))
        keyring.destroy(HOLD, hold_id, connection)
    forget_pages(engine)
    return gone


def covered(connection: Connection) -> ColumnElement[bool]:
    """Whether a row of `event_label` is under a hold that stands."""
    return or_(false(), *(condition for _, condition in _standing(connection)))


def prepare(engine: Engine, keyring: Keyring, kind: str, owner: str) -> int:
    """Before the transaction that destroys a person's or tenant's key: gives the covered events of theirs to their hold, a
    transaction for each thousand, so that nobody else waits long; returns how many.

    What is given opens by the hold's key as well as it did before, so nothing is lost if the key is not destroyed after all.
    """
    kept = 0
    with read(engine) as connection:
        standing = [hold_id for hold_id, _ in _standing(connection)] if kind in {SUBJECT, TENANT} else []
    for hold_id in standing:
        after: int | None = -1
        while after is not None:
            with write(engine) as connection:
                condition = dict(_standing(connection)).get(hold_id, false())  # it may have been released meanwhile
                given, after = _give_some(connection, keyring, hold_id, and_(condition, _of(kind, owner)), after)
            kept += given
    return kept


def preserve(connection: Connection, keyring: Keyring, kind: str, owner: str) -> int:
    """In the transaction that destroys the key: the same for what came since `prepare`, so that no event is numbered in between.

    About 70 us an event.
    """
    kept = 0
    for hold_id, condition in _standing(connection) if kind in {SUBJECT, TENANT} else ():
        after: int | None = -1
        while after is not None:
            given, after = _give_some(connection, keyring, hold_id, and_(condition, _of(kind, owner)), after)
            kept += given
    return kept


def _of(kind: str, owner: str) -> ColumnElement[bool]:
    return LABEL_C.tenant == owner if kind == TENANT else LABEL_C["index"].in_(_indexes_of(owner))


def _give_some(
    connection: Connection, keyring: Keyring, hold_id: str, condition: ColumnElement[bool], after: int
) -> tuple[int, int | None]:
    """Gives some events from above `after` to a hold: how many, and the last index looked at (None at the end)."""
    rows, labels, last = _some(connection, and_(condition, ~EVENT_C["index"].in_(select(_HELD["index"]))), after)
    if not rows:
        return 0, None
    key = keyring.get_many(HOLD, [hold_id], connection)[hold_id]
    return _give(connection, Bodies(_Within(keyring, connection)), rows, labels, hold_id, key), last


class _Within:
    """The keyring inside an open transaction."""

    def __init__(self, keyring: Keyring, connection: Connection) -> None:
        self._keyring, self._connection = keyring, connection

    def get_many(self, kind: str, owners: Any) -> Mapping[str, bytes]:
        """As the keyring's."""
        return self._keyring.get_many(kind, owners, self._connection)


def _give(connection: Connection, bodies: Bodies, rows: Sequence[Any], labels: Mapping[int, Labels], hold_id: str, hold_key: bytes) -> int:
    """Wraps these events' record keys by the hold's key; how many, since what cannot be opened any more is passed over."""
    given = []
    for row in rows:
        leaf, found = orjson.loads(row["leaf"]), labels[row["index"]]
        try:
            record_key = bodies.record_key(leaf, bytes(row["wrapped_key"]), found.tenant, found.subject_ids)
        except (ErasedError, DamagedError):
            continue
        wrapped = vault.hold(record_key, hold_key, hold_id, leaf["id"], bytes.fromhex(leaf["nonce"]))
        given.append({"at": row["index"], "key": wrapped, "index": row["index"], "hold_id": hold_id})
    if given:
        connection.execute(update(EVENT).where(EVENT_C["index"] == bindparam("at")).values(wrapped_key=bindparam("key")), given)
        connection.execute(delete(HELD_BODY).where(_HELD["index"].in_([one["at"] for one in given])))
        connection.execute(insert(HELD_BODY), [{"index": one["index"], "hold_id": hold_id} for one in given])
    return len(given)


def _let_go(engine: Engine, keyring: Keyring, hold_id: str, after: int) -> tuple[int | None, int]:
    """Some of the bodies that a released hold kept: the last index looked at (None at the end), and how many were erased."""
    with write(engine) as connection:
        bodies = Bodies(_Within(keyring, connection))
        mine = LABEL_C["index"].in_(select(_HELD["index"]).where(_HELD.hold_id == hold_id))
        rows, labels, last = _some(connection, mine, after)
        left = {row["index"]: row for row in rows}
        for other, where in _standing(connection):
            theirs = set(connection.execute(labelled(EVENT_C["index"]).where(LABEL_C["index"].in_(list(left)), where)).scalars())
            key = keyring.get_many(HOLD, [other], connection)[other]
            _give(connection, bodies, [left.pop(index) for index in theirs], labels, other, key)
        return last, _return(connection, bodies, list(left.values()), labels)


def _return(connection: Connection, bodies: Bodies, rows: Sequence[Any], labels: Mapping[int, Labels]) -> int:
    """Wraps these events' record keys by their own people's keys again, and erases the bodies where one of those is gone; how many."""
    gone: list[int] = []
    for row in rows:
        index, found, leaf = row["index"], labels[row["index"]], orjson.loads(row["leaf"])
        owners = [(TENANT, str(found.tenant)), *((SUBJECT, subject_id) for subject_id in sorted(found.subject_ids))]
        keys = [bodies.key(kind, owner) for kind, owner in owners]
        living = [key for key in keys if key is not None]
        if len(living) < len(keys):
            gone.append(index)
            erased = [owner for (kind, owner), key in zip(owners, keys, strict=True) if key is None and kind == SUBJECT]
            connection.execute(delete(EVENT_SUBJECT).where(SUBJECT_C["index"] == index, SUBJECT_C.subject_id.in_(erased)))
            continue
        record_key = bodies.record_key(leaf, bytes(row["wrapped_key"]), found.tenant, found.subject_ids)
        wrapped = vault.wrap(record_key, living, leaf["id"], bytes.fromhex(leaf["nonce"]))
        connection.execute(update(EVENT).where(EVENT_C["index"] == index).values(wrapped_key=wrapped))
    connection.execute(update(EVENT).where(EVENT_C["index"].in_(gone)).values(sealed=None, wrapped_key=None))
    connection.execute(delete(HELD_BODY).where(_HELD["index"].in_([row["index"] for row in rows])))
    return len(gone)


def _some(connection: Connection, condition: ColumnElement[bool], after: int) -> tuple[Sequence[Any], dict[int, Labels], int | None]:
    """Some events with a body that fit the condition, from above `after`; their labels; the last index, None at the end."""
    query = labelled(EVENT_C["index"], EVENT_C.leaf, EVENT_C.wrapped_key).where(
        LABEL_C["index"] > after, EVENT_C.wrapped_key.is_not(None), condition
    )
    rows = connection.execute(query.order_by(LABEL_C["index"]).limit(_AT_ONCE)).mappings().all()
    subjects = subjects_of(connection, [row["index"] for row in rows])
    labels = {row["index"]: labels_of(row, subjects) for row in rows}
    return rows, labels, int(rows[-1]["index"]) if len(rows) == _AT_ONCE else None


def _standing(connection: Connection) -> list[tuple[str, ColumnElement[bool]]]:
    """Each hold that stands, oldest first, with the events it covers."""
    rows = connection.execute(select(LEGAL_HOLD).where(_C.released_at.is_(None)).order_by(_C.created_at, _C.id)).mappings().all()
    size = size_of(connection) if rows else 0
    found = []
    for row in rows:
        conditions: list[ColumnElement[bool]] = []
        if row["subject_id"] is not None:
            conditions.append(LABEL_C["index"].in_(_indexes_of(row["subject_id"])))
        if row["tenant"] is not None:
            conditions.append(LABEL_C.tenant == row["tenant"])
        if row["begins"] is not None:
            conditions.append(LABEL_C["index"] >= index_at(connection, row["begins"], size))
        if row["ends"] is not None:
            conditions.append(LABEL_C["index"] < index_at(connection, row["ends"], size))
        found.append((str(row["id"]), and_(*conditions)))
    return found


def _indexes_of(subject_id: str) -> Select[Any]:
    return select(SUBJECT_C["index"]).where(SUBJECT_C.subject_id == subject_id)


def _shown(row: Any, key: bytes | None) -> Hold:
    reason = unseal(key, row["sealed"], row["id"].encode()).decode() if key is not None and row["sealed"] is not None else None
    return Hold(**{**{name: value for name, value in row.items() if name != "sealed"}, "reason": reason})
