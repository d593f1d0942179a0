"""A registry with a clock that stands still, on each database, whose audit events can be looked at."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from guard.keyring import Keyring
from guard.registry.store import Registry
from guard.registry.values import By, Change
from guard.settings import Settings
from guard.storage.queue import QueuedEvent

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass
class Clock:
    """Time that passes only when told to."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass
class Auditor:
    """Remembers every change and queues one event for it."""

    changes: list[Change] = field(default_factory=list)

    def __call__(self, change: Change) -> Sequence[QueuedEvent]:
        self.changes.append(change)
        return [QueuedEvent(f"evt_{len(self.changes)}", b"{}", b"", b"")]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def auditor() -> Auditor:
    return Auditor()


@pytest.fixture
def by(auditor: Auditor) -> By:
    return By("key_staff", auditor)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", _env_file=None)


@pytest.fixture
def registry(engine: Engine, settings: Settings, clock: Clock) -> Registry:
    made = Registry(engine, Keyring(engine, bytes(32), settings.data_dir, cache_s=0), settings, clock=clock)
    made.reconcile()
    return made
