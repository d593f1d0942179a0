"""Events of processes: which began, with what versions, and how each ended. The supervisor tells them.

They are written by a thread, through the queue that audit events take: a database that is busy holds up no restart.
"""

import logging
import os
import platform
import queue
import sqlite3
import ssl
import threading
import time
from importlib.metadata import PackageNotFoundError, version

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from guard.errors import LogUnavailableError
from guard.processes import parts
from guard.record.event import SYSTEM_TENANT, Draft, make_draft
from guard.record.log import queued
from guard.record.times import utc_now
from guard.settings import Settings
from guard.storage.engine import write
from guard.storage.queue import enqueue

log = logging.getLogger(__name__)

_NAMED = ("likeness-guard", "dlib-bin", "face-recognition-models", "numpy", "pillow", "cel-expr-python", "cryptography", "sqlalchemy")
_PATIENCE_S = 5.0
_AGAIN_S = 1.0


def versions() -> dict[str, str]:
    """Of the guard and of what its decisions and its record rest on."""
    found = {"python": platform.python_version(), "openssl": ssl.OPENSSL_VERSION, "sqlite": sqlite3.sqlite_version}
    for name in _NAMED:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


class Lifecycle:
    """Tells the record of the processes of one `guard serve`.

    Args:
        settings: where the database is.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._versions = versions()
        self._told: queue.SimpleQueue[tuple[str, dict[str, object]] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write_all, name="lifecycle", daemon=True)
        self._thread.start()

    def began(self, process: str, pid: int) -> None:
        """A process was started."""
        self._told.put(("process.start", {"process": process, "pid": pid, "versions": self._versions}))

    def ended(self, process: str, pid: int, status: int) -> None:
        """A process has ended; a negative status is the signal that ended it."""
        self._told.put(("process.stop", {"process": process, "pid": pid, "status": status}))

    def close(self) -> None:
        """Writes what was told, and a checkpoint over it; the recorder must have ended."""
        self._told.put(None)
        self._thread.join(_PATIENCE_S)

    def _write_all(self) -> None:
        engine = parts.open_engine(self._settings)
        tenant_key = parts.open_keyring(self._settings, engine).get_or_create("tenant", SYSTEM_TENANT)
        while (told := self._told.get()) is not None:
            self._write(engine, _draft(*told, tenant_key))
        record = parts.open_log(self._settings, engine, sign=True)
        try:
            record.checkpoint()
        except LogUnavailableError as error:
            log.warning("the last events have no checkpoint yet; the next start makes one: %s", error)
        record.close()
        engine.dispose()

    def _write(self, engine: Engine, draft: Draft) -> None:
        while True:
            try:
                with write(engine) as connection:
                    enqueue(connection, [queued(draft)], utc_now())
            except SQLAlchemyError as error:
                log.warning("the start or stop of a process is not recorded yet, trying again in %g s: %s", _AGAIN_S, error)
                time.sleep(_AGAIN_S)
            else:
                return


def _draft(kind: str, body: dict[str, object], tenant_key: bytes) -> Draft:
    now_ms = time.time_ns() // 1_000_000
    return make_draft(kind, tenant=SYSTEM_TENANT, tenant_key=tenant_key, entropy=os.urandom, body=body, now_ms=now_ms)
