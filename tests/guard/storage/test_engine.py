"""Transactions, pragmas, private files, and migrations that agree with the tables in the code."""

import stat
import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect, select, text
from sqlmodel import SQLModel

import guard.keyring
import guard.record.tables
import guard.registry.tables  # noqa: F401 - all tables must be known
from guard.storage import make_engine, read, upgrade, write
from guard.storage.columns import Json, UtcTime
from guard.storage.queue import EVENT_QUEUE, QueuedEvent, enqueue

NOON = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)


def test_migrations_make_the_tables_that_the_code_has(engine: Engine) -> None:
    def same_type(context: object, inspected: object, meta: object, inspected_type: object, meta_type: object) -> bool | None:
        return False if isinstance(meta_type, Json | UtcTime) else None  # their own types compare as text and time

    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": same_type})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_upgrade_can_be_run_again(engine: Engine) -> None:
    before = sorted(inspect(engine).get_table_names())
    upgrade(engine)
    assert sorted(inspect(engine).get_table_names()) == before


def test_known_images_from_before_their_revision_was_kept_count_as_added_at_the_upgrade(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path / 'guard.db'}")
    upgrade(engine, "0002")
    with write(engine) as connection:
        connection.execute(text("INSERT INTO revision (id, value) VALUES (1, 41)"))
        connection.execute(text("INSERT INTO known_image (id, pdq, bank, actor, created_at) VALUES ('img_1', 'ab', 'registry', '', 0)"))
    upgrade(engine)
    with read(engine) as connection:
        assert connection.execute(text("SELECT id, revision FROM known_image")).all() == [("img_1", 41)]


def test_upgrade_by_many_at_once(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path / 'guard.db'}")
    failures: list[BaseException] = []

    def work() -> None:
        try:
            upgrade(engine)
        except BaseException as exc:
            failures.append(exc)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert "subject" in inspect(engine).get_table_names()


def test_pragmas(sqlite_engine: Engine) -> None:
    with read(sqlite_engine) as connection:
        values = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "secure_delete", "foreign_keys")
        }
    assert values == {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1, "foreign_keys": 1}


def test_the_database_file_is_private(tmp_path: Path) -> None:
    make_engine(f"sqlite:///{tmp_path / 'var' / 'guard.db'}")
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "var", tmp_path / "var" / "guard.db")]
    assert [oct(mode) for mode in modes] == ["0o700", "0o600"]


def test_a_failed_write_leaves_nothing(engine: Engine) -> None:
    event = QueuedEvent("evt_1", b"{}", b"s", b"w")

    def fail() -> None:
        with write(engine) as connection:
            enqueue(connection, [event], NOON)
            raise RuntimeError("too late")

    with pytest.raises(RuntimeError, match="too late"):
        fail()
    with read(engine) as connection:
        assert connection.execute(select(EVENT_QUEUE)).all() == []


def test_what_is_queued_can_be_read(engine: Engine) -> None:
    events = [QueuedEvent("evt_1", b'{"v":1}', b"s", b"w", {"tenant": "acme", "subject_ids": ["sub_1"]}, [{"directive_id": "dir_1"}])]
    with write(engine) as connection:
        assert enqueue(connection, events, NOON) == ["evt_1"]
        assert enqueue(connection, [], NOON) == []
    with read(engine) as connection:
        rows = [tuple(row) for row in connection.execute(select(EVENT_QUEUE))]
    assert rows == [("evt_1", b'{"v":1}', b"s", b"w", {"subject_ids": ["sub_1"], "tenant": "acme"}, [{"directive_id": "dir_1"}], NOON)]


def test_times_come_back_as_utc(engine: Engine) -> None:
    berlin = NOON.astimezone(timezone(timedelta(hours=1)))
    with write(engine) as connection:
        enqueue(connection, [QueuedEvent("evt_1", b"", b"", b"")], berlin)
        (at,) = connection.execute(select(EVENT_QUEUE.c.inserted_at)).one()
    assert (at, at.tzinfo) == (NOON, UTC)


def test_a_time_without_zone_is_refused(engine: Engine) -> None:
    with pytest.raises(Exception, match="no time zone"), write(engine) as connection:
        enqueue(connection, [QueuedEvent("evt_1", b"", b"", b"")], NOON.replace(tzinfo=None))


def test_a_reader_sees_one_state(engine: Engine) -> None:
    with read(engine) as reader:
        assert reader.execute(select(EVENT_QUEUE.c.id)).all() == []
        with write(engine) as writer:
            enqueue(writer, [QueuedEvent("evt_1", b"", b"", b"")], NOON)
        assert reader.execute(select(EVENT_QUEUE.c.id)).all() == []
    with read(engine) as reader:
        assert reader.execute(select(EVENT_QUEUE.c.id)).scalars().all() == ["evt_1"]


def test_a_writer_that_reads_first_does_not_deadlock(engine: Engine) -> None:
    """With a deferred BEGIN on SQLite the second of two reading writers fails at once with "database is locked"."""
    barrier = threading.Barrier(2)
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            barrier.wait()
            with write(engine, lock=1) as connection:
                connection.execute(select(EVENT_QUEUE)).all()
                enqueue(connection, [QueuedEvent(f"evt_{number}", b"", b"", b"")], NOON)
        except BaseException as exc:
            failures.append(exc)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_reader_cannot_write_on_postgresql(postgres_engine: Engine) -> None:
    with pytest.raises(Exception, match="read-only"), read(postgres_engine) as connection:
        connection.execute(text("DELETE FROM event_queue"))
