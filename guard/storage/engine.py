"""Opening the database (SQLite or PostgreSQL), its two kinds of transaction, and its migrations."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.pool import QueuePool, StaticPool

BUSY_TIMEOUT_MS = 20_000  # an import of 100,000 people holds the write lock for about 5 s
_MIGRATIONS = Path(__file__).parent / "migrations"
_WRITE = "guard_write"

# WAL lets readers go on while one writes; FULL makes a commit durable before it returns (the record promises that);
# secure_delete overwrites what is deleted, because an erased person must not stay in a free page.
_PRAGMAS = (
    f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}",
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA secure_delete=ON",
    "PRAGMA foreign_keys=ON",
    "PRAGMA temp_store=MEMORY",
)


def make_engine(url: str) -> Engine:
    """An engine for `sqlite:///path`, `sqlite://` (memory) or `postgresql+psycopg://...`, with what durability and erasure need.

    Use it through `read` and `write`. The directory of a SQLite file is created with mode 0700, the file with 0600.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(parsed, pool_pre_ping=True, pool_size=5, max_overflow=10)
    in_memory = parsed.database in {None, "", ":memory:"}
    if not in_memory and parsed.database:
        path = Path(parsed.database)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600, exist_ok=True)
    arguments = {"check_same_thread": False, "timeout": BUSY_TIMEOUT_MS / 1000}
    # Kept connections: closing a file's last one would fold its write-ahead log in each time, with an fsync.
    pool: dict[str, Any] = {"poolclass": StaticPool} if in_memory else {"poolclass": QueuePool, "pool_size": 4, "max_overflow": 28}
    engine = create_engine(parsed, connect_args=arguments, **pool)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(raw: Any, _record: object) -> None:
    raw.isolation_level = None  # the driver's own implicit BEGIN would come too late for a writer; _begin_sqlite says it
    for pragma in _PRAGMAS:
        raw.execute(pragma)


def _begin_sqlite(connection: Connection) -> None:
    immediate = connection.get_execution_options().get(_WRITE, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


@contextmanager
def read(engine: Engine) -> Iterator[Connection]:
    """A transaction that sees one state of the database from beginning to end and must not write."""
    with engine.connect() as plain:
        connection = plain
        if engine.dialect.name == "postgresql":
            connection = plain.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with connection.begin():
            yield connection


@contextmanager
def write(engine: Engine, lock: int | None = None) -> Iterator[Connection]:
    """A short transaction that writes; committed at the end of the block, undone by an exception.

    On SQLite it takes the one write lock at once (a reader that turns writer could deadlock). On PostgreSQL, `lock` is
    the number of a transaction-long advisory lock taken first, by which writers of one kind queue behind each other.
    """
    with engine.connect() as plain:
        connection = plain.execution_options(**{_WRITE: True})
        with connection.begin():
            if lock is not None and engine.dialect.name == "postgresql":
                connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (lock,))
            yield connection


def forget_pages(engine: Engine) -> None:
    """SQLite's write-ahead log still holds the pages as they were before an erasure: copy it home and cut it, if nobody is reading.

    PostgreSQL does this in its own time (VACUUM).
    """
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")  # what `_begin_sqlite` began: inside a transaction nothing is cut
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Brings the schema to `revision`. Safe to call from several processes at once: one works, the others wait."""
    from alembic import command  # here, because only the process that migrates needs it, and it takes a quarter of a second
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    with write(engine, lock=MIGRATION_LOCK) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


# Advisory locks of PostgreSQL are plain numbers shared by a whole database, so all of ours are listed here.
MIGRATION_LOCK = 0x4C47_0001
REGISTRY_LOCK = 0x4C47_0002
KEYRING_LOCK = 0x4C47_0003
RECORD_LOCK = 0x4C47_0004
NEW_KEY_LOCK = 0x4C47_0005
