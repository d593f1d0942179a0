"""Exports asked for: their rows, and the finished archives, which are kept for a day or until somebody is erased."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Row, insert, select, update

from api.admin import alive
from guard.errors import NotFoundError
from guard.record.export import Exported, ExportRequest, partial_of
from guard.record.log import rfc3339
from guard.record.tables import EXPORT_JOB
from guard.registry.desk import Desk
from guard.registry.values import By
from guard.storage.engine import write

KEPT = timedelta(hours=24)  # an archive may hold prompts and names in the clear, so it is not kept longer than it takes to fetch it
GRACE_S = 15.0  # from the 202 until the exporter holds its lock
_C = EXPORT_JOB.c


@dataclass(frozen=True, slots=True)
class Export:
    """One export. `status` is `pending running ready failed`; `path` is there when ready."""

    id: str
    status: str
    request: Mapping[str, Any]
    created_at: str
    finished_at: str | None
    rows: int
    total: int
    size_bytes: int | None
    path: Path | None
    error: str | None


class ExportJobs(Desk):
    """The rows of exports. An export changes nothing that binds, so the revision stays."""

    @property
    def directory(self) -> Path:
        """Where finished archives lie, mode 0700."""
        return self.settings.data_dir / "exports"

    def create(self, request: ExportRequest, by: By) -> Export:
        """A new export, `pending`, with its audit event."""
        with self._changing("export.create", by, binds=False) as writing:
            export_id = self._new_id("exp")
            row = {
                "id": export_id,
                "status": "pending",
                "request": orjson.dumps(request.as_json()).decode(),
                "actor": by.actor,
                "created_at": rfc3339(writing.at),
                "rows": 0,
                "total": 0,
            }
            writing.connection.execute(insert(EXPORT_JOB), [row])
            writing.details |= {"export_id": export_id, "request": request.as_json()}
            writing.result = _export(writing.connection.execute(select(EXPORT_JOB).where(_C.id == export_id)).one())
        alive.announce(self.lock(export_id))
        made: Export = writing.result
        return made

    def _archive(self, export_id: str) -> Path:
        return self.directory / f"{export_id}.zip"

    def lock(self, export_id: str) -> Path:
        """Held by the process that makes this export."""
        return alive.lock_path(self.settings.data_dir, export_id)

    def get(self, export_id: str) -> Export:
        """One export; one whose process has died is `failed` from now on, and one that is too old has lost its archive."""
        found = self._row(export_id)
        now = self._clock()
        if found.status in {"pending", "running"} and alive.died(self.lock(export_id), GRACE_S, now.timestamp()):
            self.fail(export_id, "the process that made it ended; ask for it again")
            return self._row(export_id)
        if found.status == "ready" and found.finished_at is not None and datetime.fromisoformat(found.finished_at) < now - KEPT:
            self._discard(found, f"archives are kept for {KEPT // timedelta(hours=1)} hours; ask for it again")
            return self._row(export_id)
        return found

    def newest(self, limit: int) -> list[Export]:
        """The newest exports, newest first."""
        with self._reading() as connection:
            query = select(EXPORT_JOB).order_by(_C.created_at.desc(), _C.id.desc()).limit(limit)
            return [_export(row) for row in connection.execute(query)]

    def progress(self, export_id: str, rows: int, total: int) -> None:
        """How many events of how many were looked at; it is `running` now."""
        self._set(export_id, status="running", rows=rows, total=total)

    def finish(self, export_id: str, exported: Exported, path: Path) -> None:
        """The archive is complete; it goes at once if it was called off meanwhile."""
        kept = self._set(
            export_id,
            status="ready",
            rows=exported.rows,
            total=exported.events,
            size_bytes=exported.size_bytes,
            path=str(path),
            finished_at=rfc3339(self._clock()),
        )
        if not kept:
            path.unlink(missing_ok=True)
        alive.settle(self.lock(export_id))

    def fail(self, export_id: str, reason: str) -> None:
        """It will not be made; nothing of it stays."""
        partial_of(self._archive(export_id)).unlink(missing_ok=True)
        self._set(export_id, status="failed", error=reason, path=None, finished_at=rfc3339(self._clock()))
        alive.settle(self.lock(export_id))

    def discard_old(self) -> None:
        """Remove the archives whose time has passed, and what a process that was killed left of one."""
        with self._reading() as connection:
            kept = [row.id for row in connection.execute(select(_C.id).where(_C.status != "failed"))]
        for export_id in kept:
            self.get(export_id)

    def discard_all(self, reason: str) -> None:
        """Remove every archive, and call off those under way: somebody was erased, and might be in one."""
        with self._reading() as connection:
            kept = [_export(row) for row in connection.execute(select(EXPORT_JOB).where(_C.status != "failed"))]
        for export in kept:
            self._discard(export, reason)

    def _discard(self, export: Export, reason: str) -> None:
        if export.path is not None:
            export.path.unlink(missing_ok=True)
        self._set(export.id, status="failed", error=reason, path=None)

    def _row(self, export_id: str) -> Export:
        with self._reading() as connection:
            row = connection.execute(select(EXPORT_JOB).where(_C.id == export_id)).first()
        if row is None:
            raise NotFoundError(f"there is no export {export_id!r}")
        return _export(row)

    def _set(self, export_id: str, **values: Any) -> bool:
        """Changes a row, unless it has failed: that is final. Whether it did."""
        with write(self.engine) as connection:
            return connection.execute(update(EXPORT_JOB).where(_C.id == export_id, _C.status != "failed").values(**values)).rowcount == 1


def _export(row: Row[Any]) -> Export:
    path = Path(row.path) if row.path else None
    return Export(
        row.id, row.status, orjson.loads(row.request), row.created_at, row.finished_at, row.rows, row.total, row.size_bytes, path, row.error
    )
