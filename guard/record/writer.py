"""One database connection that only the log writes with, kept open, spoken to in the driver's own terms.

The ORM's and even Core's cost per row would be most of the recorder's work (docs/adr/0052-recorder.md), so the few statements
of the hot path go straight to the driver: `executemany` (SQLite), `COPY` or one statement that commits itself (PostgreSQL).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from sqlalchemy import Engine

from guard.errors import LogUnavailableError
from guard.storage.engine import RECORD_LOCK

_BUSY_TIMEOUT_MS = 3_000  # below the client's 5 s, so that a locked database is answered and not timed out
_WAL_PAGES = 8_000  # 32 MB before pages are copied home: eight times as many commits share each copy of a hot index page


class DuplicateError(Exception):
    """A row with this key is there already."""


class Cursor:
    """The driver's cursor with one spelling of placeholders (`?`) and one way to insert many rows."""

    def __init__(self, raw: Any, postgres: bool) -> None:
        self._raw = raw
        self._postgres = postgres

    def execute(self, sql: str, values: Sequence[object] = ()) -> "Cursor":
        """Runs one statement."""
        self._raw.execute(_spelled(sql, self._postgres), values)
        return self

    def one(self) -> Any:
        """The next row, or None."""
        return self._raw.fetchone()

    def all(self) -> list[Any]:
        """The rows that are left."""
        return list(self._raw.fetchall())

    @property
    def changed(self) -> int:
        """How many rows the last statement changed."""
        return int(self._raw.rowcount)

    def insert(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Inserts many rows as fast as the driver can."""
        if not rows:
            return
        names = ",".join(f'"{column}"' for column in columns)
        if self._postgres:
            with self._raw.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            marks = ",".join("?" * len(columns))
            self._raw.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)  # noqa: S608 (our own names)

    def present(self, table: str, column: str, values: Sequence[str]) -> set[str]:
        """Those of the values that the column holds."""
        if self._postgres:
            self._raw.execute(f'SELECT "{column}" FROM {table} WHERE "{column}" = ANY(%s)', (list(values),))  # noqa: S608
        else:
            marks = ",".join("?" * len(values))
            self._raw.execute(f'SELECT "{column}" FROM {table} WHERE "{column}" IN ({marks})', values)  # noqa: S608
        return {row[0] for row in self._raw.fetchall()}

    def delete(self, table: str, column: str, values: Sequence[object]) -> None:
        """Deletes the rows with these values."""
        if self._postgres:
            self._raw.execute(f'DELETE FROM {table} WHERE "{column}" = ANY(%s)', (list(values),))  # noqa: S608
        else:
            self._raw.executemany(f'DELETE FROM {table} WHERE "{column}" = ?', [(value,) for value in values])  # noqa: S608


@lru_cache(maxsize=256)
def _spelled(sql: str, postgres: bool) -> str:
    return sql.replace("?", "%s") if postgres else sql


class Writer:
    """Transactions that write the log; any failure of the database is a `LogUnavailableError`, after which it starts afresh."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.postgres = engine.dialect.name == "postgresql"
        driver = engine.dialect.loaded_dbapi
        self._error: type[Exception] = driver.Error
        self._duplicate: type[Exception] = driver.IntegrityError
        self._connection: Any = None

    @contextmanager
    def transaction(self, *, ordered: bool) -> Iterator[Cursor]:
        """One durable transaction.

        Args:
            ordered: whether it numbers events; on PostgreSQL such transactions wait for each other, over all replicas.

        Raises:
            DuplicateError: a row with such a key is there already; nothing was written.
            LogUnavailableError: the database could not do it; nothing was written (or, rarely, the answer was lost).
        """
        with self._or_afresh():
            raw = self._open()
            cursor = raw.cursor()
            self._begin(cursor, ordered)
            yield Cursor(cursor, self.postgres)
            raw.execute("COMMIT") if not self.postgres else raw.commit()
            cursor.close()

    def run_alone(self, sql: str, values: Sequence[object]) -> None:
        """PostgreSQL: one statement, in the driver's spelling, that commits itself: one round trip where a transaction takes four.

        Raises as `transaction` does.
        """
        with self._or_afresh():
            raw = self._open()
            raw.autocommit = True
            try:
                raw.execute(sql, values)
            finally:
                raw.autocommit = False

    @contextmanager
    def _or_afresh(self) -> Iterator[None]:
        try:
            yield
        except self._duplicate as error:
            self.close()
            raise DuplicateError(str(error)) from error
        except self._error as error:
            self.close()
            raise LogUnavailableError(f"the log cannot be written: {error}") from error
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Lets go of the connection, undoing what was not committed; the next transaction opens another."""
        pooled, self._connection = self._connection, None
        if pooled is None:
            return
        try:
            pooled.rollback()
            pooled.close()
        except self._error:
            pooled.invalidate()

    def _open(self) -> Any:
        if self._connection is None:
            self._connection = self._engine.raw_connection()
            if not self.postgres:
                for pragma in (f"PRAGMA busy_timeout={_BUSY_TIMEOUT_MS}", f"PRAGMA wal_autocheckpoint={_WAL_PAGES}"):
                    self._connection.driver_connection.execute(pragma)
        return self._connection.driver_connection

    def _begin(self, cursor: Any, ordered: bool) -> None:
        if not self.postgres:
            cursor.execute("BEGIN IMMEDIATE")
        elif ordered:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", (RECORD_LOCK,))
