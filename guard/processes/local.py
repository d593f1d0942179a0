"""A whole guard within this process, for the command line: the pipeline without a gateway, face workers on demand."""

import os
import socket
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from guard.decide import load
from guard.extract.base import Limits
from guard.faceworker.client import FaceClient
from guard.fetch import Fetcher, FetchLimits
from guard.keyring import Keyring
from guard.match.gallery import Gallery
from guard.metrics import Metrics
from guard.pipeline import Pipeline
from guard.processes import launch, parts, sources
from guard.processes.ledger import RegistryLedger
from guard.processes.reviews import RegistryReviews
from guard.record.recorder import LocalRecorder
from guard.registry.store import Registry
from guard.screening import Screening
from guard.settings import Settings
from guard.signals.gather import gather
from guard.state import Current, Published


class _OwnTenants:
    """Tenants made on the spot, since nobody else shares this process's state."""

    def __init__(self, registry: Registry, current: Current) -> None:
        self._registry = registry
        self._current = current

    async def ensure_tenant(self, tenant: str) -> None:
        """Make it and publish its key."""
        key = self._registry.ensure_tenant(tenant)
        published = self._current.latest
        assert published is not None  # noqa: S101 - set before anything asks
        self._current.publish(Published(published.gallery, published.policy, tenants={**published.tenants, tenant: key}))


@dataclass(slots=True)
class LocalGuard:
    """What a command works with."""

    pipeline: Pipeline
    limits: Limits


@dataclass(frozen=True, slots=True)
class Records:
    """The registry, and the keys of what is recorded beside it."""

    registry: Registry
    keyring: Keyring


def open_records(settings: Settings) -> Records:
    """For commands that read what was recorded."""
    registry = parts.open_registry(settings, parts.open_engine(settings, migrate=True))
    return Records(registry, registry.keyring)


@asynccontextmanager
async def local_guard(settings: Settings, policy: str | None = None) -> AsyncIterator[LocalGuard]:
    """A pipeline on the registry as it is now; face workers run while this is open."""
    parts.check_face_networks(settings)
    parts.prepare_matching(settings)
    engine = parts.open_engine(settings, migrate=True)
    registry = parts.open_registry(settings, engine)
    revision, people, _ = registry.records(since=None)
    current = Current(clock=lambda: 0.0)
    source = {"name": policy or settings.policy} if policy else registry.active_policy()
    chosen = load.parse(source["yaml"], source["name"]) if source and "yaml" in source else load.load(policy or settings.policy)
    current.publish(Published(Gallery.of(people, revision, registry.known_pictures()), chosen, tenants=registry.tenant_keys()))
    current.confirm(0.0)
    recorder = LocalRecorder(parts.open_log(settings, engine))
    limits = Limits(max_pixels=settings.max_image_pixels, max_frames=settings.max_frames)
    with tempfile.TemporaryDirectory(prefix="guard-") as directory:
        path = Path(directory) / "faces.sock"
        workers = [*_start(path, settings, settings.face_workers, "guard.processes.faces")]
        for name, count in sources.workers(settings):
            workers += _start(Path(directory) / f"{name}.sock", settings, count, "guard.processes.sight", name)
        opened = sources.open_sources(settings, Path(directory))
        fetcher, metrics = Fetcher([], FetchLimits()), Metrics()
        try:
            await opened.wait(settings.face_timeout_s)
            yield LocalGuard(
                Pipeline(
                    current=current,
                    recorder=recorder,
                    screening=Screening(
                        FaceClient(path, timeout_s=settings.face_timeout_s, queue=settings.face_queue, small_faces=settings.small_faces),
                        gather,
                        metrics,
                        opened.sources,
                        settings.pending_protects,
                    ),
                    tenants=_OwnTenants(registry, current),
                    reviews=RegistryReviews(registry, parts.audit(registry.keyring)),
                    ledger=RegistryLedger(registry),
                    mounts={},
                    fetcher=fetcher,
                    metrics=metrics,
                    mode=settings.mode,
                    clock=lambda: datetime.now(UTC),
                ),
                limits,
            )
        finally:
            await opened.close()
            await fetcher.close()
            await recorder.close()
            for worker in workers:
                worker.terminate()
                worker.wait()


def _start(path: Path, settings: Settings, count: int, module: str, *arguments: str) -> list[subprocess.Popen[bytes]]:
    """Workers that look at pictures."""
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    with listening:
        listening.bind(str(path))
        listening.listen(settings.face_queue)
        started = launch.command(module, str(listening.fileno()), *arguments)
        environment = {**parts.child_environment(settings), "GUARD_LOG_LEVEL": os.environ.get("GUARD_LOG_LEVEL", "warning")}
        return [
            subprocess.Popen(started, pass_fds=[listening.fileno()], env=environment, stdin=subprocess.DEVNULL, process_group=0)
            for _ in range(max(count, 1))
        ]
