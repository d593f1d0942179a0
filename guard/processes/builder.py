"""The registry builder: follows the registry, publishes every change to all workers, confirms five times a second.

A change reaches the workers as a delta. When many have gathered, or somebody was erased, a fresh base is built in a
process of its own (`guard.processes.snapshot`) while deltas go on; the memory of the old base goes when the last
request that uses it ends. A bulk import waits for its snapshot instead of travelling as one huge delta.
"""

import base64
import logging
import os
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from guard.errors import GuardError
from guard.match import records
from guard.match.shared import new_block
from guard.processes import launch, messages, parts
from guard.registry.store import Registry
from guard.registry.values import StatedAlias
from guard.settings import Settings
from guard.types import AliasKind, SubjectRecord

log = logging.getLogger(__name__)

BEAT_S = 0.2
"""A fifth of `guard.state.CONFIRM_S`: four beats may be late before a worker stops."""

REBUILD_AT = 1_000
"""Deltas of this many people are folded into a new base; searching and rebuilding such a delta stays under 100 ms."""

BULK_AT = 5_000
"""More changes than this at once wait for a snapshot."""

KEEP_HOUSE_S = 3600.0
"""Photos past their `destroy_by` go and data keys are wrapped anew within an hour of being due."""

_SEND_TIMEOUT_S = 30.0


@dataclass(eq=False)
class _Worker:
    connection: socket.socket
    has_base: bool = False
    acknowledged: int = 0
    sending: threading.Lock = field(default_factory=threading.Lock)


@dataclass
class _Base:
    descriptor: int
    revision: int
    known: str


class Builder:
    """One per machine. Not pure at all: database in, sockets out."""

    def __init__(self, registry: Registry, listening: socket.socket, settings: Settings) -> None:
        self._registry = registry
        self._listening = listening
        self._settings = settings
        self._workers: list[_Worker] = []
        self._base: _Base | None = None
        self._revision = registry.revision()
        self._known = registry.known_state()
        self._sequence = 0
        self._delta = 0
        self._bulk_revision: int | None = None
        self._building = False
        self._stale = True
        self._lock = threading.RLock()
        self._acknowledged = threading.Condition(self._lock)
        self._keep_house_at = time.monotonic() + KEEP_HOUSE_S / 60
        self._wake = threading.Event()
        self._stopped = threading.Event()

    def run(self) -> None:
        """Follow the registry until `stop`; the first snapshot is built meanwhile.

        A worker that has a gallery already (this process was restarted) needs no snapshot: it gets what changed since.
        """
        threading.Thread(target=self._accept, daemon=True).start()
        while not self._stopped.is_set():
            asked_at = time.monotonic()
            try:
                self._refresh()
            except Exception:
                log.exception("the registry cannot be read; workers stop answering until it can")
            else:
                self._beat(asked_at)
            if asked_at >= self._keep_house_at:
                self._keep_house_at = asked_at + KEEP_HOUSE_S
                threading.Thread(target=self._keep_house, daemon=True).start()
            self._wake.wait(BEAT_S)
            self._wake.clear()

    def stop(self) -> None:
        """End `run` soon."""
        self._stopped.set()
        self._wake.set()

    # -- following the registry ------------------------------------------------------------------------------------

    def _refresh(self) -> None:
        with self._lock:
            revision = self._registry.revision()
            if revision != self._revision:
                changes = self._registry.change_count(self._revision)
                if changes > BULK_AT:
                    log.info("%d changes at once: building a snapshot", changes)
                    self._bulk_revision, self._revision, self._stale = revision, revision, True
                else:
                    revision, upserts, removed = self._registry.records(since=self._revision)
                    self._revision = revision
                    self._delta += len(upserts) + len(removed)
                    self._stale = self._stale or bool(removed) or self._delta > REBUILD_AT
                    known, self._known = self._known, self._registry.known_state()
                    self._publish(upserts, removed, known=known)
            if self._stale and not self._building:
                self._building, self._stale = True, False
                threading.Thread(target=self._rebuild, daemon=True).start()

    def _rebuild(self) -> None:
        try:
            base = self._build()
        except (OSError, GuardError, subprocess.SubprocessError):
            log.exception("the snapshot could not be built; trying again")
            time.sleep(1)
            with self._lock:
                self._building, self._stale = False, True
            return
        with self._lock:
            self._building = False
            self._take(base)

    def _take(self, base: _Base) -> None:
        with self._lock:
            old, self._base = self._base, base
            if self._bulk_revision is not None and base.revision >= self._bulk_revision:
                self._bulk_revision = None
            revision, upserts, removed = self._registry.records(since=base.revision)
            self._revision = max(self._revision, revision)
            self._delta = len(upserts) + len(removed)
            self._known = self._registry.known_state()
            self._publish(upserts, removed, base, base.known)
            if old is not None:
                os.close(old.descriptor)

    def _build(self) -> _Base:
        descriptor = new_block()
        started = time.monotonic()
        command = launch.command("guard.processes.snapshot", str(descriptor))
        done = subprocess.run(
            command, pass_fds=[descriptor], env=parts.child_environment(self._settings), stdout=subprocess.PIPE, check=True
        )
        printed, known = done.stdout.decode().split()
        revision = int(printed)
        log.info("snapshot at revision %d: %d bytes in %.1f s", revision, os.fstat(descriptor).st_size, time.monotonic() - started)
        return _Base(descriptor, revision, known)

    def _keep_house(self) -> None:
        command = launch.command("guard.processes.housekeeping")
        done = subprocess.run(command, env=parts.child_environment(self._settings), check=False)
        if done.returncode:
            log.error("housekeeping ended with status %d; it is tried again in an hour", done.returncode)

    # -- the workers ------------------------------------------------------------------------------------------------

    def _accept(self) -> None:
        while not self._stopped.is_set():
            connection, _ = self._listening.accept()
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _timeval(_SEND_TIMEOUT_S))
            threading.Thread(target=self._listen, args=(_Worker(connection),), daemon=True).start()

    def _listen(self, worker: _Worker) -> None:
        try:
            hello, _ = messages.receive(worker.connection)
            self._welcome(worker, hello["revision"])
            while True:
                message, _ = messages.receive(worker.connection)
                if message["type"] == "ack":
                    with self._acknowledged:
                        worker.acknowledged = message["sequence"]
                        self._acknowledged.notify_all()
                else:
                    threading.Thread(target=self._answer, args=(worker, message), daemon=True).start()
        except OSError:
            self._drop(worker)

    def _welcome(self, worker: _Worker, revision: int | None) -> None:
        """Bring a worker up to date: from the revision it has, else from the base, else when the first base is built."""
        with self._lock:
            if (base := None if revision is not None else self._base) is not None:
                revision = base.revision
            if revision is not None:
                newest, upserts, removed = self._registry.records(since=revision)
                worker.has_base = True
                message = self._message(newest, upserts, removed, base, None if base is None else base.known)
                self._send(worker, message, None if base is None else base.descriptor)
            self._workers.append(worker)

    def _answer(self, worker: _Worker, asked: dict[str, Any]) -> None:
        """One question of a worker; a question that cannot be answered closes its connection, which fails what it waits for."""
        try:
            match asked["type"]:
                case "bind":
                    self._bind(asked["revision"])
                    answer: dict[str, Any] = {}
                case "tenant":
                    self._registry.ensure_tenant(asked["name"])
                    self._bind(self._registry.revision())
                    answer = {}
                case "expand":
                    stated = [
                        StatedAlias(text, AliasKind(kind), lang, *map(records.time_of, dates))
                        for text, kind, lang, *dates in asked["aliases"]
                    ]
                    expanded = self._registry.rules.expand(asked["name"], stated)
                    answer = {"aliases": [[a.text, a.kind, a.strength, a.lang, a.valid_from, a.valid_until] for a in expanded]}
                case "refusal":
                    answer = {"reason": self._registry.rules.refusal(asked["text"])}
                case other:
                    log.error("a worker asked %r", other)
                    return self._drop(worker)
        except Exception:
            log.exception("a worker's question could not be answered")
            self._drop(worker)
        else:
            self._send(worker, {"type": "done", "number": asked["number"], **answer})

    def _bind(self, revision: int) -> None:
        """Return when everything up to `revision` is published and every worker has said so."""
        with self._acknowledged:
            while self._revision < revision or self._waits_for_bulk(revision):
                self._refresh()
                if self._waits_for_bulk(revision):
                    self._acknowledged.wait(0.05)
            sequence = self._sequence
            self._acknowledged.wait_for(lambda: all(w.acknowledged >= sequence for w in self._workers if w.has_base))

    def _waits_for_bulk(self, revision: int) -> bool:
        return self._bulk_revision is not None and revision >= self._bulk_revision

    def _publish(self, upserts: list[SubjectRecord], removed: list[int], base: _Base | None = None, known: str | None = None) -> None:
        """To every worker. `known` is the state of known pictures that all who get this have, or get with the base."""
        self._sequence += 1
        message = self._message(self._revision, upserts, removed, base, known)
        for worker in list(self._workers):
            if base is not None or worker.has_base:
                worker.has_base = True
                self._send(worker, message, None if base is None else base.descriptor)

    def _message(
        self, revision: int, upserts: list[SubjectRecord], removed: list[int], base: _Base | None, known: str | None
    ) -> dict[str, Any]:
        newest = self._registry.known_state()
        policy = self._registry.active_policy() or parts.configured_policy(self._settings)
        return {
            "type": "publish",
            "sequence": self._sequence,
            "revision": revision,
            "base_revision": None if base is None else base.revision,
            "upserts": [records.dumps(record).decode() for record in upserts],
            "removed": removed,
            "known": None if known == newest else [[k.id, k.pdq, k.bank, k.subject_no] for k in self._registry.known_pictures()],
            "keys": [
                {"id": k.id, "digest": base64.b64encode(k.digest).decode(), "role": k.role, "tenant": k.tenant, "name": k.name}
                for k in self._registry.keys()  # noqa: SIM118 - not a mapping
            ],
            "tenants": {name: base64.b64encode(key).decode() for name, key in self._registry.tenant_keys().items()},
            "policy": policy,
            "approvals": self._registry.approvals(),
        }

    def _beat(self, at: float) -> None:
        for worker in list(self._workers):
            if worker.has_base:
                self._send(worker, {"type": "beat", "at": at})

    def _send(self, worker: _Worker, message: dict[str, Any], descriptor: int | None = None) -> None:
        try:
            with worker.sending:
                messages.send(worker.connection, message, descriptor)
        except OSError:
            self._drop(worker)

    def _drop(self, worker: _Worker) -> None:
        with self._acknowledged:
            if worker in self._workers:
                self._workers.remove(worker)
                worker.connection.close()
            self._acknowledged.notify_all()


def _timeval(seconds: float) -> bytes:
    whole = int(seconds)
    return whole.to_bytes(8, "little") + int((seconds - whole) * 1e6).to_bytes(8, "little")


def main() -> None:
    """Entry of the process: `python -P -m guard.processes.builder FD`."""
    settings = parts.start_process("builder")
    listening = socket.socket(fileno=int(sys.argv[1]))
    builder = Builder(parts.open_registry(settings), listening, settings)
    parts.on_terminate(builder.stop)
    builder.run()


if __name__ == "__main__":
    main()
