"""One import in a process of its own, so that checking 100,000 lines never holds up a request: `python -P -m api.admin.importer`.

Standard input is one line of JSON (`Task`), then the file as it was sent. Standard output is the report as one line of JSON.
Progress goes to the job's row. The process ends with the worker that started it; nothing is applied then.
"""

import os
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

import orjson

from api.admin import alive
from api.admin.audit import Audit, Ink
from guard.processes import parts
from guard.record.event import SYSTEM_TENANT
from guard.registry.store import Registry
from guard.registry.values import By, ImportReport
from guard.types import KeyRecord, KeyRole

_TELL_EVERY_S = 0.5


@dataclass(frozen=True, slots=True)
class Task:
    """What to import, for whom, and how it is audited."""

    job_id: str
    key_id: str
    role: str
    request_id: str
    path: str
    csv: bool
    dry_run: bool


def run(task: Task, content: bytes, registry: Registry, ink: Ink) -> ImportReport:
    """Import the file, or say what is wrong with it."""
    key = KeyRecord(task.key_id, b"", KeyRole(task.role), "")
    audit = Audit(ink, key, task.request_id, "import.apply", "POST", task.path)
    audit.note(job_id=task.job_id)
    by = By(task.key_id, audit.events)
    return registry.import_opt_outs(content, by, dry_run=task.dry_run, csv=task.csv, progress=_telling(registry, task.job_id))


def _telling(registry: Registry, job_id: str) -> Callable[[int, int], None]:
    """Writes progress down, but not so often that it would slow the import."""
    last = 0.0

    def tell(done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last >= _TELL_EVERY_S and done < total // 2:  # the second half runs inside the one transaction
            last = time.monotonic()
            registry.progress_job(job_id, done, total)

    return tell


def main() -> None:
    """Entry of the process."""
    settings = parts.start_process("importer")
    task = Task(**orjson.loads(sys.stdin.buffer.readline()))
    registry = parts.open_registry(settings)
    lock = alive.lock_path(settings.data_dir, task.job_id)
    with alive.hold(lock):
        ink = Ink(registry.keyring.get("tenant", SYSTEM_TENANT), lambda: datetime.now(UTC), os.urandom)
        report = run(task, sys.stdin.buffer.read(), registry, ink)
        sys.stdout.buffer.write(orjson.dumps(asdict(report)))
        sys.stdout.buffer.flush()
        alive.announce(lock)  # from now on the worker that waits has its time to bind


if __name__ == "__main__":
    main()
