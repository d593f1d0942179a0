"""What all parts of the registry share: one kind of transaction, the revision, ids, and a person's sealed words."""

import base64
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, insert, select, update
from sqlalchemy.exc import OperationalError

from guard.errors import NotFoundError, RegistryUnavailableError
from guard.keyring import Keyring, seal, unseal
from guard.registry import idempotency
from guard.registry.names import PLAIN_RULES, NameRules
from guard.registry.tables import REVISION, SUBJECT
from guard.registry.values import By, Change
from guard.settings import Settings
from guard.storage.engine import REGISTRY_LOCK, read, write
from guard.storage.queue import enqueue

ID_BYTES = 15  # 120 random bits, 24 characters of base 32


def utc_now() -> datetime:
    """The clock of a registry that was given no other."""
    return datetime.now(UTC)


@dataclass(slots=True)
class Writing:
    """One change under way. `subjects` and `details` go into its audit event, `result` is what the caller gets.

    `channels` are the open ways for notices.
    """

    connection: Connection
    action: str
    by: By
    at: datetime
    revision: int
    subjects: dict[str, bytes] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)
    result: Any = None
    event_ids: list[str] | None = None
    channels: tuple[str, ...] = ()

    def announce(self) -> list[str]:
        """Queues the audit event, once; a receipt that names it calls this before the end."""
        if self.event_ids is None:
            change = Change(self.action, self.by.actor, self.at, self.revision, dict(self.subjects), dict(self.details))
            events = self.by.audit(change) if self.by.audit else ()
            self.event_ids = enqueue(self.connection, events, self.at)
        return self.event_ids


@dataclass(frozen=True, slots=True)
class Person:
    """A living subject's row and data key, as the parts of the registry pass it among themselves."""

    no: int
    id: str
    kind: str
    sealed: bytes
    key: bytes
    created_at: datetime
    updated_at: datetime


class Desk:
    """The base of every part of `Registry`.

    Args:
        engine: the database, upgraded.
        keyring: where data keys come from.
        settings: whether pending opt-outs protect, whether staff's are active at once.
        rules: the name engine's judgement of aliases.
        clock: aware UTC now.
        entropy: random bytes for ids and access keys.
    """

    def __init__(
        self,
        engine: Engine,
        keyring: Keyring,
        settings: Settings,
        rules: NameRules = PLAIN_RULES,
        *,
        clock: Callable[[], datetime] = utc_now,
        entropy: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self.engine = engine
        self.keyring = keyring
        self.settings = settings
        self.rules = rules
        self._clock = clock
        self._entropy = entropy

    def revision(self) -> int:
        """The number of the newest change."""
        with self._reading() as connection:
            return current_revision(connection)

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        try:
            with read(self.engine) as connection:
                yield connection
        except OperationalError as exc:
            raise RegistryUnavailableError(f"the registry cannot be read: {exc.orig}") from exc

    @contextmanager
    def _changing(self, action: str, by: By, *, binds: bool = True) -> Iterator[Writing]:
        """One transaction: the revision goes up (if the change `binds`), the audit event and the idempotent answer go in, or nothing does."""
        try:
            with write(self.engine, lock=REGISTRY_LOCK) as connection:
                at = self._clock()
                if by.once is not None:
                    idempotency.check(connection, self.keyring, by.once, at)
                revision = _next_revision(connection) if binds else current_revision(connection)
                writing = Writing(connection, action, by, at, revision, channels=self.settings.notice_channels)
                yield writing
                writing.announce()
                if by.once is not None:
                    subject_id = next(iter(writing.subjects), None)
                    idempotency.store(connection, self.keyring, by.once, by.once.render(writing.result), at, subject_id)
        except OperationalError as exc:
            raise RegistryUnavailableError(f"the registry cannot be written: {exc.orig}") from exc

    def _new_id(self, prefix: str) -> str:
        return f"{prefix}_{base64.b32encode(self._entropy(ID_BYTES)).decode().lower()}"

    def _person(self, connection: Connection, subject_id: str) -> Person:
        """The living subject of this id, or NotFoundError."""
        row = connection.execute(
            select(SUBJECT.c.no, SUBJECT.c.kind, SUBJECT.c.sealed, SUBJECT.c.created_at, SUBJECT.c.updated_at).where(
                SUBJECT.c.id == subject_id, SUBJECT.c.erased_at.is_(None)
            )
        ).first()
        if row is None:
            raise NotFoundError(f"there is no subject {subject_id!r}")
        return Person(
            row.no, subject_id, row.kind, row.sealed, self.keyring.get("subject", subject_id, connection), row.created_at, row.updated_at
        )

    def _touch(self, writing: Writing, person: Person) -> None:
        """The gallery must change for this person, and the audit event concerns them."""
        writing.subjects[person.id] = person.key
        writing.connection.execute(
            update(SUBJECT).where(SUBJECT.c.no == person.no).values(revision=writing.revision, updated_at=writing.at)
        )


def current_revision(connection: Connection) -> int:
    """The revision as this transaction sees it; 0 before the first change."""
    return connection.execute(select(REVISION.c.value)).scalar() or 0


def _next_revision(connection: Connection) -> int:
    changed = connection.execute(update(REVISION).values(value=REVISION.c.value + 1))
    if changed.rowcount == 0:
        connection.execute(insert(REVISION).values(id=1, value=1))
    return current_revision(connection)


def seal_words(key: bytes, place: str, words: Mapping[str, Any]) -> bytes:
    """A JSON object sealed for one place (`case_file:case_...`), where alone it opens."""
    return seal(key, orjson.dumps(words), place.encode())


def open_words(key: bytes, place: str, sealed: bytes | None) -> dict[str, Any]:
    """What `seal_words` sealed; nothing sealed gives nothing."""
    if sealed is None:
        return {}
    words: dict[str, Any] = orjson.loads(unseal(key, sealed, place.encode()))
    return words
