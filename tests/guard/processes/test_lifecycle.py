"""Starts and stops of processes become events, with versions; a busy database delays the event and not the process."""

import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest

from guard.processes import lifecycle, parts
from guard.processes.lifecycle import Lifecycle
from guard.record.query import Decisions, Log
from guard.settings import Settings


@pytest.fixture
def settings(tmp_path: Path, empty_sqlite: Path) -> Settings:
    (tmp_path / "var").mkdir(mode=0o700)
    (tmp_path / "var" / "guard.db").write_bytes(empty_sqlite.read_bytes())
    return Settings(data_dir=tmp_path / "var")


def told(settings: Settings) -> list[dict[str, Any]]:
    engine = parts.open_engine(settings)
    decisions = Decisions(engine, parts.open_keyring(settings, engine))
    found = [decisions.get(entry["event"]["id"]) for entry in Log(engine).entries(0, 10)]
    covered = int(Log(engine).checkpoint().splitlines()[1])
    engine.dispose()
    assert covered == len(found)
    return [{name: event["body"].get(name) for name in ("process", "pid", "status")} | {"kind": event["kind"]} for event in found]


def test_what_began_and_ended_is_in_the_log_under_a_checkpoint(settings: Settings) -> None:
    teller = Lifecycle(settings)
    teller.began("worker-0", 17)
    teller.ended("worker-0", 17, -9)
    teller.close()
    assert told(settings) == [
        {"kind": "process.start", "process": "worker-0", "pid": 17, "status": None},
        {"kind": "process.stop", "process": "worker-0", "pid": 17, "status": -9},
    ]


def test_a_database_that_cannot_be_written_is_tried_again(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifecycle, "_AGAIN_S", 0.05)
    database = sqlite3.connect(settings.data_dir / "guard.db", isolation_level=None)
    teller = Lifecycle(settings)
    while not list(settings.data_dir.glob("master.key")):
        time.sleep(0.01)
    database.execute("ALTER TABLE event_queue RENAME TO elsewhere")
    teller.began("recorder", 18)
    time.sleep(0.2)
    database.execute("ALTER TABLE elsewhere RENAME TO event_queue")
    database.close()
    teller.close()
    assert [event["process"] for event in told(settings)] == ["recorder"]


def test_versions_name_what_decisions_rest_on() -> None:
    found = lifecycle.versions()
    assert {"likeness-guard", "python", "dlib-bin", "cryptography", "sqlite"} <= set(found)
    assert "not installed" not in found.values()
