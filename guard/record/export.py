"""Exports: one zip that an outsider can check offline with nothing but the log's public key (docs/reference/record.md).

Besides the rows asked for it carries every skeleton of its range (so that a filter cannot hide an event), the hashes that
lead from them to the signed checkpoint, and the tag key of what it was filtered by.
"""

import base64
import hashlib
import os
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import orjson
from sqlalchemy import Engine, select

from guard.errors import FieldError, InvalidInputError, NotFoundError
from guard.record import checkpoint, vault
from guard.record.bodies import SUBJECT, TENANT, Bodies, DamagedError, ErasedError, Keys
from guard.record.checkpoint import NoteError, Signer, stated
from guard.record.event import DECISION_KINDS
from guard.record.formats import Format, row_writer
from guard.record.log import EventLog, rfc3339, utc_now
from guard.record.merkle import TILE, consistency_proof, cover_hashes, subtree
from guard.record.query import Log, cosigned
from guard.record.reading import EVENT_C, LABEL_C, Row, among, index_at, labelled, labels_of, stored_tiles, subjects_of
from guard.record.rows import Content, Redaction, row
from guard.record.tables import CHECKPOINT, EVENT
from guard.storage.engine import read

SCHEMA_VERSION = 1
MAX_LEAF_HASHES = 2_000_000
_BATCH = 2_000
_TILES_AT_ONCE = 64
_CHOICES = {"format": Format, "redaction": Redaction}
_FIELDS = {"format", "redaction", "from", "to", "tenant", "subject_id", "outcome", "stage", "consistent_with"}
_LEVEL = 1  # of deflate: hashes hardly shrink, and level 6 costs four times as long for a tenth less

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """What is wanted; None means any. `from_` is inclusive, `to` exclusive. `consistent_with`: sizes of older checkpoints."""

    format: Format = Format.JSONL
    redaction: Redaction = Redaction.NONE
    from_: datetime | None = None
    to: datetime | None = None
    tenant: str | None = None
    subject_id: str | None = None
    outcome: str | None = None
    stage: str | None = None
    consistent_with: tuple[int, ...] = ()

    @classmethod
    def parse(cls, wanted: Mapping[str, Any]) -> "ExportRequest":
        """From the JSON of `POST /exports`; every fault is named by its JSON pointer.

        `consistent_with` may hold sizes or whole notes; times without a zone are UTC.
        """
        errors: list[FieldError] = [FieldError(f"/{name}", "no such field") for name in wanted if name not in _FIELDS]
        made: dict[str, Any] = {}
        for name, kind in _CHOICES.items():
            try:
                made[name] = kind(wanted.get(name) or next(iter(kind)))
            except ValueError:
                errors.append(FieldError(f"/{name}", f"{wanted[name]!r} is none of {', '.join(kind)}"))
        for name in ("from", "to"):
            try:
                made["from_" if name == "from" else name] = _time(wanted.get(name))
            except (ValueError, TypeError):
                errors.append(FieldError(f"/{name}", f"{wanted[name]!r} is not an RFC 3339 time"))
        for name in ("tenant", "subject_id", "outcome", "stage"):
            value = made[name] = wanted.get(name) or None
            if value is not None and not isinstance(value, str):
                errors.append(FieldError(f"/{name}", f"{value!r} is not a string"))
        for name, choices in (("outcome", ("allow", "hold", "refuse")), ("stage", ("input", "output"))):
            if isinstance(made[name], str) and made[name] not in choices:
                errors.append(FieldError(f"/{name}", f"{made[name]!r} is none of {', '.join(choices)}"))
        try:
            made["consistent_with"] = tuple(_size(known) for known in wanted.get("consistent_with") or ())
        except (ValueError, TypeError) as error:
            errors.append(FieldError("/consistent_with", str(error)))
        if made.get("from_") and made.get("to") and made["from_"] > made["to"]:
            errors.append(FieldError("/from", "is later than `to`"))
        if errors:
            raise InvalidInputError(f"this export cannot be made: {errors[0].pointer} {errors[0].message}", errors)
        return cls(**made)

    def as_json(self) -> Row:
        """As `parse` reads it."""
        return {
            "format": self.format.value,
            "redaction": self.redaction.value,
            "from": rfc3339(self.from_) if self.from_ else None,
            "to": rfc3339(self.to) if self.to else None,
            **self.filter,
            "consistent_with": list(self.consistent_with),
        }

    @property
    def filter(self) -> dict[str, str | None]:
        """The filter as the manifest states it."""
        return {"tenant": self.tenant, "subject_id": self.subject_id, "outcome": self.outcome, "stage": self.stage}


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export came to."""

    rows: int
    events: int
    size_bytes: int
    manifest: Row = field(repr=False)


def run_export(
    engine: Engine,
    keyring: Keys,
    signer: Signer,
    request: ExportRequest,
    path: Path,
    progress: Progress = lambda done, total: None,
    *,
    now: Callable[[], datetime] = utc_now,
) -> Exported:
    """Writes the archive at `path`; while it is under way, and after a failure, nothing is there.

    Args:
        engine: the database.
        keyring: opens bodies.
        signer: the log's key.
        request: what is wanted.
        path: of the zip.
        progress: called with (done, total) events, a few times a second.
        now: the clock.

    Raises:
        NotFoundError: the tenant or subject filtered by is unknown or erased.
        InvalidInputError: the format needs something that is not installed, or an older checkpoint is not this log's.
    """
    log = EventLog(engine, signer, now=now)
    try:
        log.checkpoint()
    finally:
        log.close()
    partial = partial_of(path)
    try:
        descriptor = os.open(partial, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w+b") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as archive:
            exported = _Export(engine, keyring, signer, request, archive, progress, now()).run()
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    return Exported(exported.rows, exported.events, path.stat().st_size, exported.manifest)


def partial_of(path: Path) -> Path:
    """Where an archive is while it is made; a process that was killed may leave it there."""
    return path.with_name(f".{path.name}.partial")


class _Member:
    """A file being written into the archive, counted and hashed on the way."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self.size_bytes = 0
        self.closed = False

    def write(self, data: bytes) -> int:
        self._digest.update(data)
        self.size_bytes += len(data)
        return self._file.write(data)

    def tell(self) -> int:
        return self.size_bytes

    def flush(self) -> None:
        self._file.flush()

    def close(self) -> None:
        """The archive closes it."""

    def described(self, name: str, rows: int) -> Row:
        return {"name": name, "sha256": self._digest.hexdigest(), "row_count": rows, "size_bytes": self.size_bytes}


class _Export:
    """One export under way."""

    def __init__(
        self,
        engine: Engine,
        keyring: Keys,
        signer: Signer,
        request: ExportRequest,
        archive: zipfile.ZipFile,
        progress: Progress,
        at: datetime,
    ) -> None:
        self._engine, self._signer, self._request, self._archive, self._progress, self._at = engine, signer, request, archive, progress, at
        self._bodies = Bodies(keyring)
        self._tag_keys = {
            kind: self._bodies.required_tag_key(kind, owner)
            for kind, owner in ((TENANT, request.tenant), (SUBJECT, request.subject_id))
            if owner is not None
        }
        with read(engine) as connection:
            newest = connection.execute(select(CHECKPOINT.c.size, CHECKPOINT.c.note).order_by(CHECKPOINT.c.size.desc()).limit(1)).one()
            self._size, self._note = newest.size, cosigned(connection, newest.size, newest.note)
            self._first = index_at(connection, rfc3339(request.from_), self._size) if request.from_ else 0
            self._end = max(self._first, index_at(connection, rfc3339(request.to), self._size) if request.to else self._size)
        self._witnessed = Log(engine).witnessed(self._size)
        # One neighbour on each side shows that the range begins and ends where it says.
        self._shown = max(0, self._first - 1), min(self._size, self._end + 1)
        self._done = 0

    def run(self) -> Exported:
        """Writes every member."""
        self._progress(0, self._end - self._first)
        files = [self._rows(), self._skeletons()]
        if self._size <= MAX_LEAF_HASHES:
            files.append(self._leaf_hashes())
        manifest = orjson.dumps(self._manifest(files), option=orjson.OPT_INDENT_2)
        self._archive.writestr("manifest.json", manifest)
        self._archive.writestr("manifest.json.sig", base64.b64encode(self._signer.sign(manifest)) + b"\n")
        return Exported(files[0]["row_count"], self._end - self._first, 0, orjson.loads(manifest))

    def _manifest(self, files: Sequence[Row]) -> Row:
        request = self._request
        return {
            "schema_version": SCHEMA_VERSION,
            "created_at": rfc3339(self._at),
            "format": request.format.value,
            "redaction": request.redaction.value,
            "range": {
                "from": rfc3339(request.from_) if request.from_ else None,
                "to": rfc3339(request.to) if request.to else None,
                "first_index": self._first,
                "end_index": self._end,
            },
            "filter": request.filter,
            "filter_tag_keys": {kind: key.hex() for kind, key in self._tag_keys.items()},
            "checkpoint": self._note,
            "witnessed": self._witnessed,
            "key_id": self._signer.key.id,
            "verifier_key": str(self._signer.key),
            "proofs": self._proofs(),
            "files": list(files),
        }

    def _proofs(self) -> Row:
        low, high = self._shown
        with read(self._engine) as connection:
            tiles = stored_tiles(connection)
            for size in self._request.consistent_with:
                if size > self._size:
                    raise InvalidInputError(f"consistent_with: the log has {self._size} events, not {size}")
            known = {*self._request.consistent_with, *([stated(self._witnessed).size] if self._witnessed is not None else [])}
            return {
                "before": _base64(cover_hashes(0, low, tiles)),
                "after": _base64(cover_hashes(high, self._size, tiles)),
                "consistency": [
                    {
                        "size": size,
                        "root": base64.b64encode(subtree(0, size, tiles)).decode(),
                        "proof": _base64(consistency_proof(size, self._size, tiles)),
                    }
                    for size in sorted(known)
                ],
            }

    def _rows(self) -> Row:
        name, written = self._request.format.member, 0
        with self._open(name, stored=self._request.format.packed) as file:
            member = _Member(file)
            writer = row_writer(self._request.format, member, self._request.redaction)
            for batch in self._batches():
                rows = self._opened(batch)
                writer.write(rows)
                written += len(rows)
            writer.close()
        return member.described(name, written)

    def _batches(self) -> Iterator[list[Row]]:
        """The leaves of the range that the filter lets through."""
        for start in range(self._first, self._end, _BATCH):
            end = min(start + _BATCH, self._end)
            leaves = [orjson.loads(leaf) for leaf in self._leaves(start, end)]
            yield [leaf for leaf in leaves if self._wanted(leaf)]
            self._progress(end - self._first, self._end - self._first)

    def _wanted(self, leaf: Row) -> bool:
        request, nonce = self._request, bytes.fromhex(leaf["nonce"])
        if request.outcome is not None and (leaf["outcome"] != request.outcome or leaf["kind"] not in DECISION_KINDS):
            return False
        if request.stage is not None and leaf["stage"] != request.stage:
            return False
        if request.tenant is not None and vault.tag_with(self._tag_keys[TENANT], nonce) != leaf["tenant_tag"]:
            return False
        return request.subject_id is None or vault.tag_with(self._tag_keys[SUBJECT], nonce) in leaf["subject_tags"]

    def _opened(self, leaves: Sequence[Row]) -> list[Row]:
        if not leaves:
            return []
        indexes = [leaf["index"] for leaf in leaves]
        redaction = self._request.redaction
        with read(self._engine) as connection:
            columns = (EVENT_C.sealed, EVENT_C.wrapped_key) if redaction is not Redaction.STRICT else ()
            query = labelled(EVENT_C["index"], *columns).where(among(LABEL_C["index"], indexes))
            known = {found["index"]: found for found in connection.execute(query).mappings()}
            subjects = subjects_of(connection, indexes)
        self._bodies.preload(TENANT, {found["tenant"] for found in known.values() if found["tenant"]})
        self._bodies.preload(SUBJECT, {subject_id for ids in subjects.values() for subject_id in ids})
        return [self._row(leaf, known[leaf["index"]], subjects) for leaf in leaves]

    def _row(self, leaf: Row, found: Any, subjects: dict[int, list[str]]) -> Row:
        redaction, labels = self._request.redaction, labels_of(found, subjects)
        if redaction is Redaction.STRICT:
            return row(leaf, labels, None, Content.WITHHELD, redaction)
        try:
            salted = self._bodies.open(leaf, found["sealed"], found["wrapped_key"], labels.tenant, labels.subject_ids)
            return row(leaf, labels, salted, Content.KEPT, redaction)
        except ErasedError:
            return row(leaf, labels, None, Content.ERASED, redaction)
        except DamagedError:
            return row(leaf, labels, None, Content.DAMAGED, redaction)

    def _skeletons(self) -> Row:
        low, high = self._shown
        with self._open("skeletons.jsonl") as file:
            member = _Member(file)
            for start in range(low, high, _BATCH):
                member.write(b"".join(leaf + b"\n" for leaf in self._leaves(start, min(start + _BATCH, high))))
        return member.described("skeletons.jsonl", high - low)

    def _leaf_hashes(self) -> Row:
        """All leaf hashes of the tree, 32 bytes each: with them any older checkpoint can be compared offline."""
        with self._open("leaf_hashes.bin", stored=True) as file:
            member = _Member(file)
            for start in range(0, self._size, _TILES_AT_ONCE * TILE):
                with read(self._engine) as connection:
                    tiles = stored_tiles(connection)
                    for tile in range(start // TILE, min(start // TILE + _TILES_AT_ONCE, -(-self._size // TILE))):
                        member.write(b"".join(tiles(0, tile)[: self._size - tile * TILE]))
        return member.described("leaf_hashes.bin", self._size)

    def _open(self, name: str, *, stored: bool = False) -> IO[bytes]:
        if not stored:
            return self._archive.open(name, "w", force_zip64=True)
        info = zipfile.ZipInfo(name, self._at.timetuple()[:6])
        info.compress_type = zipfile.ZIP_STORED
        return self._archive.open(info, "w", force_zip64=True)

    def _leaves(self, start: int, end: int) -> list[bytes]:
        with read(self._engine) as connection:
            query = select(EVENT.c.leaf).where(EVENT_C["index"] >= start, EVENT_C["index"] < end).order_by(EVENT_C["index"])
            return [bytes(leaf) for leaf in connection.execute(query).scalars().all()]


def _base64(hashes: Sequence[bytes]) -> list[str]:
    return [base64.b64encode(known).decode() for known in hashes]


def _time(value: object) -> datetime | None:
    if value is None or value == "":
        return None
    time = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time


def _size(known: object) -> int:
    if isinstance(known, int) and not isinstance(known, bool) and known >= 0:
        return known
    if isinstance(known, str):
        try:
            return checkpoint.stated(known).size
        except NoteError as error:
            raise ValueError(f"{known[:40]!r} is no checkpoint: {error}") from error
    raise ValueError(f"{known!r} is neither a size nor a checkpoint's note")


__all__ = ["ExportRequest", "Exported", "Format", "NotFoundError", "Redaction", "run_export"]
