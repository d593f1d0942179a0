"""Writing rows as JSON Lines, CSV, Parquet or OCSF, a batch at a time."""

import csv
import io
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, assert_never

import orjson

from guard.errors import InvalidInputError
from guard.record import ocsf
from guard.record.rows import COLUMNS, Redaction, Row

_LISTS = ("subject_ids", "hits")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "'")  # OWASP, CSV injection; the quote itself so that it can be undone


class Format(StrEnum):
    """How the rows are written."""

    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"
    OCSF = "ocsf"

    @property
    def member(self) -> str:
        """The file's name in the archive."""
        return f"decisions.{'jsonl' if self is Format.OCSF else self.value}"

    @property
    def packed(self) -> bool:
        """Whether it is compressed by itself: then the archive stores it as it is, and a reader can seek in it."""
        return self is Format.PARQUET


class Sink(Protocol):
    """Where rows go: a file, or what pyarrow takes for one (it asks for `tell`, `flush` and `closed` as well)."""

    def write(self, data: bytes, /) -> int:
        """Adds these bytes."""


class RowWriter(Protocol):
    """Writes rows to the file it was made for."""

    def write(self, rows: Sequence[Row]) -> None:
        """Adds these rows."""

    def close(self) -> None:
        """Writes what is left; does not close the file."""


def row_writer(wanted: Format, file: Sink, redaction: Redaction) -> RowWriter:
    """A writer of this format; InvalidInputError when what it needs is not installed."""
    match wanted:
        case Format.JSONL:
            return _JsonLines(file, ocsf_events=False)
        case Format.OCSF:
            return _JsonLines(file, ocsf_events=True)
        case Format.CSV:
            return _Csv(file, COLUMNS[redaction])
        case Format.PARQUET:
            return _Parquet(file, COLUMNS[redaction])
    assert_never(wanted)


class _JsonLines:
    def __init__(self, file: Sink, *, ocsf_events: bool) -> None:
        self._file = file
        self._ocsf = ocsf_events

    def write(self, rows: Sequence[Row]) -> None:
        shown = map(ocsf.exported, rows) if self._ocsf else rows
        self._file.write(b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in shown))

    def close(self) -> None:
        pass


class _Csv:
    """RFC 4180 with a header, UTF-8 with a byte order mark (spreadsheets want it), no cell that a spreadsheet would run."""

    def __init__(self, file: Sink, columns: Sequence[str]) -> None:
        self._file = file
        self._columns = columns
        file.write(b"\xef\xbb\xbf" + _csv_bytes([columns]))

    def write(self, rows: Sequence[Row]) -> None:
        self._file.write(_csv_bytes([[_cell(column, row[column]) for column in self._columns] for row in rows]))

    def close(self) -> None:
        pass


def _csv_bytes(rows: Sequence[Sequence[object]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _cell(column: str, value: object) -> object:
    if column in _LISTS:
        value = orjson.dumps(value).decode()
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


class _Parquet:
    """One row group a batch, zstd, typed columns; lists of ids stay lists."""

    def __init__(self, file: Sink, columns: Sequence[str]) -> None:
        try:
            import pyarrow as pa
            import pyarrow.parquet as pq
        except ImportError as error:
            raise InvalidInputError("Parquet needs pyarrow: install likeness-guard[parquet]") from error
        special: dict[str, Any] = {
            "index": pa.int64(),
            "registry_revision": pa.int64(),
            "time": pa.timestamp("us", tz="UTC"),
            "subject_ids": pa.list_(pa.string()),
        }
        self._pa = pa
        self._schema = pa.schema([(column, special.get(column, pa.string())) for column in columns])
        self._writer = pq.ParquetWriter(file, self._schema, compression="zstd")

    def write(self, rows: Sequence[Row]) -> None:
        if rows:
            columns = [self._pa.array(_typed(field.name, [row[field.name] for row in rows]), field.type) for field in self._schema]
            self._writer.write_table(self._pa.Table.from_arrays(columns, schema=self._schema))

    def close(self) -> None:
        self._writer.close()


def _typed(column: str, values: list[Any]) -> list[Any]:
    if column == "time":
        return [datetime.fromisoformat(value) for value in values]
    return [orjson.dumps(value).decode() for value in values] if column == "hits" else values
