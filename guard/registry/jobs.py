"""Long pieces of work with progress, such as imports. A job that was running when its process ended shows as failed at the next start."""

from collections.abc import Mapping
from typing import Any

import orjson
from sqlalchemy import Row, insert, select, update

from guard.errors import NotFoundError
from guard.keyring import seal, unseal
from guard.registry.desk import Desk
from guard.registry.tables import JOB
from guard.registry.values import By, Job

_KEY = ("registry", "jobs")
_UNFINISHED = ("pending", "running")


class Jobs(Desk):
    """Keeping track of long work. Progress binds nothing, so it does not change the revision."""

    def create_job(self, kind: str, by: By, total: int | None = None) -> Job:
        """A new job, `pending`."""
        with self._changing("job.create", by, binds=False) as writing:
            job_id = self._new_id("job")
            row = {"id": job_id, "kind": kind, "status": "pending", "total": total, "actor": by.actor, "created_at": writing.at}
            writing.connection.execute(insert(JOB), [row])
            writing.details |= {"job_id": job_id, "kind": kind}
            writing.result = made = Job(job_id, kind, "pending", 0, total, None, by.actor, writing.at, None)
        return made

    def progress_job(self, job_id: str, done: int, total: int | None = None) -> None:
        """How far a job is; it is `running` now."""
        with self._changing("job.progress", By("system"), binds=False) as writing:
            changed: dict[str, Any] = {"status": "running", "done": done} | ({} if total is None else {"total": total})
            writing.connection.execute(update(JOB).where(JOB.c.id == job_id).values(**changed))

    def finish_job(self, job_id: str, report: Mapping[str, Any], *, failed: bool = False) -> None:
        """Ends a job with its report; the report may name people, so it is sealed."""
        with self._changing("job.finish", By("system"), binds=False) as writing:
            key = self.keyring.get_or_create(*_KEY, writing.connection)
            sealed = seal(key, orjson.dumps(dict(report)), f"job:{job_id}".encode())
            changed = {"status": "failed" if failed else "done", "sealed": sealed, "finished_at": writing.at}
            writing.connection.execute(update(JOB).where(JOB.c.id == job_id).values(**changed))

    def get_job(self, job_id: str) -> Job:
        """One job."""
        with self._reading() as connection:
            row = connection.execute(select(JOB).where(JOB.c.id == job_id)).first()
            if row is None:
                raise NotFoundError(f"there is no job {job_id!r}")
            report = None
            if row.sealed is not None:
                report = orjson.loads(unseal(self.keyring.get(*_KEY, connection), row.sealed, f"job:{job_id}".encode()))
        return _job(row, report)

    def fail_unfinished_jobs(self) -> int:
        """At start: whoever was working on them is gone."""
        with self._changing("job.fail", By("system"), binds=False) as writing:
            stale = writing.connection.execute(select(JOB.c.id).where(JOB.c.status.in_(_UNFINISHED))).scalars().all()
        for job_id in stale:
            self.finish_job(
                job_id, {"error": "the process ended before the job did; nothing of it was applied, start it again"}, failed=True
            )
        return len(stale)


def _job(row: Row[Any], report: Mapping[str, Any] | None) -> Job:
    return Job(row.id, row.kind, row.status, row.done, row.total, report, row.actor, row.created_at, row.finished_at)
