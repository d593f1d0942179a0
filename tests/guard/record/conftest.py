"""A log on throw-away storage, with keys held in memory and a clock that the test moves."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from guard.record.checkpoint import Signer
from guard.record.event import Draft, make_draft
from guard.record.log import EventLog

SIGNER = Signer("guard.example", bytes(range(32)))


class MemoryKeys:
    """The keyring's reading half: makes a key when first asked for, until it is destroyed."""

    def __init__(self) -> None:
        self.keys: dict[tuple[str, str], bytes] = {}
        self.destroyed: set[tuple[str, str]] = set()

    def key(self, kind: str, owner: str) -> bytes:
        return self.keys.setdefault((kind, owner), os.urandom(32))

    def get_many(self, kind: str, owners: Iterable[str]) -> Mapping[str, bytes]:
        return {owner: self.keys[kind, owner] for owner in owners if (kind, owner) in self.keys}

    def destroy(self, kind: str, owner: str) -> None:
        del self.keys[kind, owner]


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 22, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def move(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def keys() -> MemoryKeys:
    return MemoryKeys()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def draft(keys: MemoryKeys) -> Callable[..., Draft]:
    def make(prompt: str = "a dog", *, kind: str = "decision", tenant: str = "acme", subjects: Iterable[str] = (), **more: Any) -> Draft:
        given: dict[str, Any] = {"outcome": "allow", "stage": "input", "rule": "no-rule-fired", "mode": "enforce"}
        if kind != "decision":
            given = {}
        return make_draft(
            kind,
            tenant=tenant,
            tenant_key=keys.key("tenant", tenant),
            subjects={subject_id: keys.key("subject", subject_id) for subject_id in subjects},
            body={"texts": [{"where": "prompt", "text": prompt}], "route": "images.generations", "model": "gpt-image-1"},
            entropy=os.urandom,
            **(given | more),
        )

    return make


@pytest.fixture
def engine(sqlite_engine: Engine) -> Engine:
    """SQLite; what is different on PostgreSQL is in test_record_postgres.py."""
    return sqlite_engine


@pytest.fixture
def log(engine: Engine, clock: Clock) -> Iterator[EventLog]:
    log = EventLog(engine, SIGNER, now=clock)
    yield log
    log.close()


@pytest.fixture
def signer() -> Signer:
    return SIGNER
