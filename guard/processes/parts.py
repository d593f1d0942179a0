"""The long-lived parts, made from the settings; every process and the command line make them here and nowhere else.

What only some processes use (the registry, the name engine, the scales of faces, policies) is imported where it is used: the others start without it.
"""

import logging
import os
import time
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Engine

from guard.errors import InvalidInputError
from guard.keyring import Keyring
from guard.keyring.master import load_master_key as master_key
from guard.processes.child import configure_logging, on_terminate, start_process
from guard.record import legal_holds, outside
from guard.record.checkpoint import Signer
from guard.record.event import SYSTEM_TENANT, make_draft
from guard.record.log import EventLog, queued
from guard.record.signing import load_signer
from guard.settings import Settings
from guard.storage import make_engine, upgrade
from guard.storage.queue import QueuedEvent

if TYPE_CHECKING:
    from guard.registry.names import NameRules
    from guard.registry.store import Registry
    from guard.registry.values import Audit, Change

log = logging.getLogger(__name__)


def child_environment(settings: Settings) -> dict[str, str]:
    """The environment of a child: the parent's, with the settings that the parent resolved."""
    environment = dict(os.environ)
    environment["GUARD_DATA_DIR"] = str(settings.data_dir.absolute())
    environment.setdefault("OPENBLAS_NUM_THREADS", "1")  # more threads in each of several processes cost four times the CPU
    environment.setdefault("MALLOC_MMAP_THRESHOLD_", "4000000")  # glibc: what a large body took goes back at once, a fifth less at its peak
    return environment


def check_face_networks(settings: Settings) -> None:
    """Whether the face networks that the settings name are the files that were described; InvalidInputError says what is wrong."""
    if settings.face_encoder is None and settings.face_detector is None:
        return
    from guard.faceworker.onnx_description import describe, describe_detector

    if find_spec("onnxruntime") is None:
        raise InvalidInputError("GUARD_FACE_ENCODER and GUARD_FACE_DETECTOR need onnxruntime: pip install 'likeness-guard[onnx]'")
    if settings.face_encoder is not None:
        describe(settings.face_encoder)
    if settings.face_detector is not None:
        describe_detector(settings.face_detector)


def prepare_matching(settings: Settings) -> None:
    """Keep the word lists in the data directory, and compare faces by the operator's own scales (`scales/*.npz` there) where there are any.

    Every process that searches for names and faces, or builds the arrays for that, calls it first, so that all compare alike.
    """
    from guard.faceworker.onnx_description import describe
    from guard.match.faces.scale import add_scales, bundled
    from guard.match.names.words import keep_in

    keep_in(settings.data_dir)

    folder = settings.data_dir / "scales"
    if folder.is_dir():
        log.info("faces are compared by the scales of %s: %s", folder, ", ".join(add_scales(folder)) or "none there")
    if settings.face_encoder is not None and bundled(name := describe(settings.face_encoder).name) is None:
        raise InvalidInputError(
            f"encoder {name} (GUARD_FACE_ENCODER) has no scale in {folder}, so nobody would be found by it; make one with "
            f"`guard evaluate faces --photos DIR --encoder {settings.face_encoder} --scale {folder / name}.npz`"
        )


def open_engine(settings: Settings, *, migrate: bool = False) -> Engine:
    """The database of the registry and the record."""
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    engine = make_engine(settings.database)
    if migrate:
        upgrade(engine)
    return engine


def open_keyring(settings: Settings, engine: Engine) -> Keyring:
    """The stored data keys under the master key; what a legal hold covers is preserved when one of them is destroyed."""
    keyring = Keyring.open(engine, settings)
    keyring.before_erasing = lambda kind, owner: legal_holds.prepare(engine, keyring, kind, owner)
    keyring.before_destroying = lambda connection, kind, owner: legal_holds.preserve(connection, keyring, kind, owner)
    return keyring


def open_registry(settings: Settings, engine: Engine | None = None, rules: "NameRules | None" = None) -> "Registry":
    """The registry, with the name engine's judgement of aliases (by default made in this process)."""
    from guard.registry.store import Registry

    engine = engine or open_engine(settings)
    return Registry(engine, open_keyring(settings, engine), settings, rules or own_name_rules(settings))


def own_name_rules(settings: Settings) -> "NameRules":
    """The name engine of this process, which keeps its word lists in the data directory; loaded when it is first asked."""
    from guard.registry.names import NameRules

    @cache
    def engine() -> NameRules:
        from guard.match.names.ingest import expand
        from guard.match.names.strength import refusal_reason
        from guard.match.names.words import keep_in
        from guard.normalise.letters import fold_text

        keep_in(settings.data_dir)
        return NameRules(expand, refusal_reason, fold_text)

    return NameRules(
        lambda name, stated: engine().expand(name, stated), lambda text: engine().refusal(text), lambda text: engine().fold(text)
    )


def open_log(settings: Settings, engine: Engine | None = None, *, sign: bool = False) -> EventLog:
    """The record; only the recorder signs checkpoints."""
    engine = engine or open_engine(settings)
    if not sign:
        return EventLog(engine)
    return EventLog(engine, open_signer(settings), outside_path=settings.checkpoint_file, last_path=settings.data_dir / outside.LAST)


def outside_files(settings: Settings) -> list[Path]:
    """Where checkpoints are kept beside the database: the log must extend the last one in each."""
    return [settings.data_dir / outside.LAST, *([settings.checkpoint_file] if settings.checkpoint_file is not None else [])]


def open_signer(settings: Settings) -> Signer:
    """The log's signing key, made at first use."""
    return load_signer(settings.data_dir)


def audit(keyring: Keyring) -> "Audit":
    """Audit events of what is changed without the admin API: at the command line, at start."""
    tenant_key = keyring.get_or_create("tenant", SYSTEM_TENANT)  # now: the events are sealed inside a write transaction

    def events(change: "Change") -> list[QueuedEvent]:
        draft = make_draft(
            f"admin.{change.action}",
            tenant=SYSTEM_TENANT,
            tenant_key=tenant_key,
            entropy=os.urandom,
            body={"actor": change.actor, "result": "done", **change.details},
            subjects=change.subjects,
            registry_revision=change.revision,
            now_ms=time.time_ns() // 1_000_000,
        )
        return [queued(draft)]

    return events


def configured_policy(settings: Settings) -> dict[str, str]:
    """The policy that `GUARD_POLICY` names, as it is sent to the workers."""
    from guard.decide import load

    path = load.bundled().get(settings.policy, Path(settings.policy))
    return {"name": settings.policy, "yaml": path.read_text(encoding="utf-8")}


__all__ = [
    "audit",
    "check_face_networks",
    "child_environment",
    "configure_logging",
    "configured_policy",
    "master_key",
    "on_terminate",
    "open_engine",
    "open_keyring",
    "open_log",
    "open_registry",
    "open_signer",
    "outside_files",
    "prepare_matching",
    "start_process",
]
