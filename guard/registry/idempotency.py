"""Answers given once: (key id, route, `Idempotency-Key`) with the body's digest, committed with the effect, for 24 hours."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from guard.errors import ConflictError, GuardError, InvalidInputError
from guard.keyring import Keyring, seal, unseal
from guard.registry.tables import IDEMPOTENCY
from guard.registry.values import Answer, Once

LIFE = timedelta(hours=24)
_COLUMNS = IDEMPOTENCY.c
_SEAL = ("registry", "idempotency")


class ReplayedError(GuardError):
    """Not a failure: the effect happened before, and `answer` is what was said then."""

    def __init__(self, answer: Answer) -> None:
        super().__init__("this Idempotency-Key was answered before")
        self.answer = answer


def check(connection: Connection, keyring: Keyring, once: Once, now: datetime) -> None:
    """Returns when this key is new. Raises ReplayedError with the earlier answer, InvalidInputError for another body under
    the same key, ConflictError while the first is still running or when its subject has been erased since."""
    connection.execute(delete(IDEMPOTENCY).where(_COLUMNS.created_at < now - LIFE))
    found = look_up(connection, keyring, once, now)
    if found is not None:
        raise ReplayedError(found)


def look_up(connection: Connection, keyring: Keyring, once: Once, now: datetime) -> Answer | None:
    """The earlier answer, None for a new key; raises as `check` does."""
    row = connection.execute(
        select(_COLUMNS.digest, _COLUMNS.state, _COLUMNS.status, _COLUMNS.sealed).where(*_same(once), _COLUMNS.created_at >= now - LIFE)
    ).first()
    if row is None:
        return None
    if bytes(row.digest) != once.digest:
        raise InvalidInputError(f"Idempotency-Key {once.name!r} was used for another body; send a new key with a new body")
    if row.state == "running":
        raise ConflictError(f"the first request with Idempotency-Key {once.name!r} is still running; ask again in a moment")
    if row.sealed is None:
        raise ConflictError(f"what Idempotency-Key {once.name!r} made has been erased since")
    return Answer(row.status, unseal(keyring.get(*_SEAL, connection), row.sealed, _place(once)))


def claim(connection: Connection, once: Once, now: datetime) -> None:
    """Marks a key as running, for work longer than one transaction; `store` or `release` ends it."""
    connection.execute(
        insert(IDEMPOTENCY).values(
            key_id=once.key_id, route=once.route, name=once.name, digest=once.digest, state="running", created_at=now
        )
    )


def release(connection: Connection, once: Once) -> None:
    """Forgets a claim whose work failed, so that the caller may try again."""
    connection.execute(delete(IDEMPOTENCY).where(*_same(once), _COLUMNS.state == "running"))


def store(
    connection: Connection, keyring: Keyring, once: Once, answer: tuple[int, bytes], now: datetime, subject_id: str | None = None
) -> None:
    """Keeps the answer, sealed; `erase` takes it away when `subject_id` is erased."""
    status, body = answer
    sealed = seal(keyring.get_or_create(*_SEAL, connection), body, _place(once))
    done = {"state": "done", "status": status, "sealed": sealed, "subject_id": subject_id}
    if connection.execute(update(IDEMPOTENCY).where(*_same(once)).values(**done)).rowcount == 0:
        row = {"key_id": once.key_id, "route": once.route, "name": once.name, "digest": once.digest, "created_at": now, **done}
        connection.execute(insert(IDEMPOTENCY).values(row))


def erase(connection: Connection, subject_id: str) -> None:
    """Drops the stored answers about a subject; the keys stay used."""
    connection.execute(update(IDEMPOTENCY).where(_COLUMNS.subject_id == subject_id).values(sealed=None))


def _same(once: Once) -> tuple[ColumnElement[bool], ...]:
    return (_COLUMNS.key_id == once.key_id, _COLUMNS.route == once.route, _COLUMNS.name == once.name)


def _place(once: Once) -> bytes:
    return f"idempotency:{once.key_id}:{once.route}:{once.name}".encode()
