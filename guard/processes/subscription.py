"""The worker's end of the publication: a thread that receives snapshots and deltas, swaps them in and acknowledges.

A thread and not a task, so that a busy event loop cannot delay an opt-out, and a blocking socket, which can carry the
snapshot's file descriptor.
"""

import asyncio
import base64
import itertools
import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import datetime
from pathlib import Path
from typing import Any

from guard.decide import load
from guard.decide.policy import Policy
from guard.errors import RegistryUnavailableError
from guard.match import records
from guard.match.gallery import Gallery
from guard.match.shared import unpack
from guard.normalise.letters import fold_text
from guard.processes import messages
from guard.registry.names import NameRules
from guard.registry.values import StatedAlias
from guard.state import Approval, Current, Published
from guard.types import Alias, AliasKind, KeyRecord, KeyRole, KnownPicture, Stage, Strength

log = logging.getLogger(__name__)

_RETRY_S = 0.1
_ASK_TIMEOUT_S = 120.0


class Subscription:
    """Keeps `current` up to date from the builder's socket; `on_erased` is called (in its thread) when people are gone."""

    def __init__(self, path: Path, current: Current, on_erased: Callable[[], None] = lambda: None) -> None:
        self._path = path
        self._on_erased = on_erased
        self._current = current
        self._connection: socket.socket | None = None
        self._sending = threading.Lock()
        self._waiting: dict[int, Future[dict[str, Any]]] = {}
        self._numbers = itertools.count(1)
        self._gallery: Gallery | None = None
        self._policies: dict[str, Policy] = {}
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="subscription", daemon=True)

    def start(self) -> None:
        """Connect and follow, until `stop`."""
        self._thread.start()

    def stop(self) -> None:
        """Close the connection and end the thread."""
        self._stopped.set()
        if self._connection is not None:
            self._connection.close()

    async def bind(self, revision: int) -> None:
        """Return when every worker on this machine has acknowledged the registry revision.

        Raises:
            RegistryUnavailableError: the builder is away or a worker did not answer in time.
        """
        await asyncio.to_thread(self._ask, {"type": "bind", "revision": revision})

    async def ensure_tenant(self, tenant: str) -> None:
        """Return when the tenant exists and its key is known to every worker."""
        await asyncio.to_thread(self._ask, {"type": "tenant", "name": tenant})

    @property
    def name_rules(self) -> NameRules:
        """The name engine's judgement, asked of the builder, so that its word lists are in one process and not in each worker."""
        return NameRules(self._expand, self._refusal, fold_text)

    def _expand(self, name: str, aliases: Sequence[StatedAlias]) -> list[Alias]:
        stated = [[alias.text, alias.kind, alias.lang, alias.valid_from, alias.valid_until] for alias in aliases]
        answer = self._ask({"type": "expand", "name": name, "aliases": stated})
        return [
            Alias(text, AliasKind(kind), Strength(strength), lang, *map(records.time_of, dates))
            for text, kind, strength, lang, *dates in answer["aliases"]
        ]

    def _refusal(self, text: str) -> str | None:
        reason: str | None = self._ask({"type": "refusal", "text": text})["reason"]
        return reason

    def _ask(self, message: dict[str, Any]) -> dict[str, Any]:
        """Ask the builder and wait; call it in a thread."""
        number = next(self._numbers)
        answer = self._waiting[number] = Future()
        try:
            self._send({**message, "number": number})
            return answer.result(_ASK_TIMEOUT_S)
        except (OSError, TimeoutError) as error:
            raise RegistryUnavailableError("the registry builder did not answer") from error
        finally:
            self._waiting.pop(number, None)

    def _send(self, message: dict[str, Any]) -> None:
        with self._sending:
            if self._connection is None:
                raise ConnectionResetError("not connected to the registry builder")
            messages.send(self._connection, message)

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
                    connection.connect(str(self._path))
                    self._connection = connection
                    self._follow(connection)
            except (OSError, RegistryUnavailableError) as error:
                if not self._stopped.is_set():
                    log.warning("registry builder: %s", error)
            except Exception:
                log.exception("what the registry builder sent could not be used; asking for everything anew")
                self._gallery = None
            finally:
                self._connection = None
                self._fail_waiting()
            self._stopped.wait(_RETRY_S)

    def _fail_waiting(self) -> None:
        for answer in list(self._waiting.values()):
            if not answer.done():
                answer.set_exception(RegistryUnavailableError("the registry builder went away"))

    def _follow(self, connection: socket.socket) -> None:
        self._send({"type": "hello", "revision": None if self._gallery is None else self._gallery.revision})
        while True:
            message, descriptor = messages.receive(connection)
            match message["type"]:
                case "beat":
                    self._current.confirm(message["at"])
                case "publish":
                    self._publish(message, descriptor)
                    self._send({"type": "ack", "sequence": message["sequence"]})
                case "done":
                    if answer := self._waiting.get(message["number"]):
                        answer.set_result(message)

    def _publish(self, message: dict[str, Any], descriptor: int | None) -> None:
        started = time.perf_counter()
        if descriptor is not None:
            try:
                gallery = Gallery(unpack(descriptor), message["base_revision"])
            finally:
                os.close(descriptor)
        elif self._gallery is None:
            raise ConnectionResetError("a delta came before any snapshot")
        else:
            gallery = self._gallery
        upserts = [records.loads(encoded.encode()) for encoded in message["upserts"]]
        known = None if message["known"] is None else [KnownPicture(*row) for row in message["known"]]
        gallery = gallery.apply(upserts, message["removed"], message["revision"], known)
        self._gallery = gallery
        approvals = [_approval(raw) for raw in message["approvals"]]
        self._current.publish(
            Published(
                gallery=gallery,
                policy=self._policy(message["policy"]),
                keys={base64.b64decode(key["digest"]): _key(key) for key in message["keys"]},
                tenants={name: base64.b64decode(key) for name, key in message["tenants"].items()},
                approvals={(a.tenant, a.digest, a.stage): a for a in approvals},
                tenants_with_kept_answers=frozenset(a.tenant for a in approvals if a.stage is Stage.OUTPUT),
            )
        )
        if message["removed"]:
            self._on_erased()
        log.debug("revision %d published in %.1f ms", message["revision"], (time.perf_counter() - started) * 1e3)

    def _policy(self, source: dict[str, str]) -> Policy:
        text = source["yaml"]
        if text not in self._policies:
            self._policies = {text: load.parse(text, source["name"])}
        return self._policies[text]


def _key(raw: dict[str, str]) -> KeyRecord:
    return KeyRecord(raw["id"], base64.b64decode(raw["digest"]), KeyRole(raw["role"]), raw["tenant"], raw["name"])


def _approval(raw: dict[str, Any]) -> Approval:
    return Approval(
        raw["review_id"],
        raw["tenant"],
        raw["digest"],
        Stage(raw["stage"]),
        datetime.fromisoformat(raw["expires_at"]),
        tuple(raw["directives"]),
    )
