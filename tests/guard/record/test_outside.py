"""A database older than what the world remembers is not served from."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from guard.errors import LogUnavailableError
from guard.record import outside
from guard.record.checkpoint import Signer
from guard.record.log import EventLog
from guard.storage import make_engine, write


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return tmp_path / "checkpoints"


@pytest.fixture
def published(engine: Engine, signer: Signer, clock: Any, draft: Any, kept: Path, tmp_path: Path) -> Engine:
    """A log of 300 events with three checkpoints outside; a backup was taken after the first."""
    log = EventLog(engine, signer, now=clock, outside_path=kept)
    for turn in range(3):
        log.append([draft() for _ in range(100)])
        log.checkpoint()
        if turn == 0:
            log.close()
            with engine.connect() as connection:
                connection.exec_driver_sql("ROLLBACK")
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            shutil.copy(tmp_path / "guard.db", tmp_path / "backup.db")
    log.append([draft()])
    log.close()
    return engine


def test_a_log_that_went_on_is_served(published: Engine, signer: Signer, kept: Path) -> None:
    assert outside.newest(kept, [signer.key]).size == 300
    outside.check(published, [signer.key], kept)


def test_a_restored_backup_is_not_served_until_somebody_decides(published: Engine, signer: Signer, kept: Path, tmp_path: Path) -> None:
    restored = make_engine(f"sqlite:///{tmp_path / 'backup.db'}")
    with pytest.raises(LogUnavailableError, match=r"has 100 events, but .* holds a checkpoint of 300.* guard audit accept-restore"):
        outside.check(restored, [signer.key], kept)
    [(path, tree)] = outside.accept(restored, [signer.key], [kept, tmp_path / "not-there"])
    assert (path, tree.size) == (kept, 300)
    assert len(list(tmp_path.glob("checkpoints.until-300-*"))) == 1
    outside.check(restored, [signer.key], kept)
    assert outside.accept(restored, [signer.key], [kept]) == []
    restored.dispose()


def test_a_rewritten_past_is_not_served(published: Engine, signer: Signer, kept: Path) -> None:
    with write(published) as connection:
        connection.execute(text("UPDATE merkle_tile SET hashes = zeroblob(8192) WHERE level = 1"))
    with pytest.raises(LogUnavailableError, match="first 300 events are others"):
        outside.check(published, [signer.key], kept)


def test_a_note_cut_short_by_a_crash_is_passed_over(published: Engine, signer: Signer, kept: Path) -> None:
    kept.write_text(kept.read_text() + "guard.example\n30")
    assert outside.newest(kept, [signer.key]).size == 300


def test_a_strangers_note_is_not_believed(published: Engine, kept: Path) -> None:
    with pytest.raises(LogUnavailableError, match="cannot be believed"):
        outside.check(published, [Signer("guard.example", b"x" * 32).key], kept)
