"""One gateway worker: `python -P -m api.worker FD...`; serves the root app on sockets that the supervisor listens on."""

import asyncio
import gc
import hmac
import logging
import socket
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api.admin.app import create_admin_app
from api.admin.services import AdminServices
from api.app import App
from api.gateway import Gateway
from guard.errors import LogUnavailableError
from guard.extract.routing import Router
from guard.faceworker.client import FaceClient
from guard.fetch import Fetcher, FetchLimits
from guard.film import FilmLimits, Films
from guard.metrics import FLUSH_S, Metrics
from guard.pipeline import Pipeline
from guard.probing import Probing
from guard.processes import parts, providers, sources
from guard.processes.ledger import RegistryLedger
from guard.processes.reviews import RegistryReviews
from guard.processes.subscription import Subscription
from guard.record.recorder import RecorderClient
from guard.registry.values import By
from guard.screening import Screening
from guard.settings import Settings
from guard.signals.gather import gather
from guard.state import Current
from guard.staydown import StayDown
from guard.stream import Room
from guard.types import Channel, Text

log = logging.getLogger(__name__)

_HEAD_TIMEOUT_S = 30.0
_IMAGE_S = 15.0  # a caller waits for it before anything is asked
_GC_AT = 20_000
_SWEEP_S = 60.0


class _Protocol(HttpToolsProtocol):
    """uvicorn's protocol with a time-out on the request head, which it lacks (a client that sends one byte a minute)."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.loop.call_later(_HEAD_TIMEOUT_S, self._close_if_silent)

    def _close_if_silent(self) -> None:
        if self.cycle is None and not self.transport.is_closing():
            self.transport.close()


class Worker:
    """The parts of one worker, in the order in which they start and stop."""

    def __init__(self, settings: Settings) -> None:
        if settings.runtime_dir is None:
            raise SystemExit("a gateway worker is started by `guard serve`")
        self.settings = settings
        parts.prepare_matching(settings)
        runtime: Path = settings.runtime_dir
        self.current = Current()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.subscription = Subscription(runtime / "builder.sock", self.current, self._forget_faces)
        self.recorder = RecorderClient(runtime / "recorder.sock")
        self.faces = FaceClient(
            runtime / "faces.sock", timeout_s=settings.face_timeout_s, queue=settings.face_queue, small_faces=settings.small_faces
        )
        self.sources = sources.open_sources(settings, runtime)
        self.mounts = providers.mounts(settings)
        self.fetcher = Fetcher([mount.upstream.base_url for mount in self.mounts.values()], FetchLimits(settings.max_answer_bytes))
        image_limits = FetchLimits(settings.max_body_bytes, settings.max_body_bytes, _IMAGE_S)
        self.images = Fetcher([], image_limits, settings.remote_hosts)  # no upstream is trusted here: callers write these URLs
        self.links = providers.links(settings)
        self.metrics = Metrics()
        self.engine = parts.open_engine(settings)
        self.registry = parts.open_registry(settings, self.engine, self.subscription.name_rules)
        self.stay_down = StayDown(self._remember_refused)
        self.pipeline = Pipeline(
            current=self.current,
            recorder=self.recorder,
            screening=Screening(self.faces, gather, self.metrics, self.sources.sources, settings.pending_protects),
            tenants=self.subscription,
            reviews=RegistryReviews(self.registry, parts.audit(self.registry.keyring)),
            ledger=RegistryLedger(self.registry),
            mounts=self.mounts,
            images=self.images,
            partials=settings.partial_images,
            room=Room(int(settings.held_mb * 1_000_000)),
            films=Films(FilmLimits(settings.max_video_frames, settings.video_frames_per_s)),
            links=self.links,
            fetcher=self.fetcher,
            metrics=self.metrics,
            mode=settings.mode,
            clock=lambda: datetime.now(UTC),
            probing=Probing(settings.probing_limit),
            keepalive_s=settings.keepalive_s,
            stay_down=self.stay_down,
        )

    def app(self) -> App:
        """The root ASGI callable."""
        settings = self.settings
        gateway = Gateway(
            pipeline=self.pipeline,
            router=Router({prefix: mount.dialect for prefix, mount in self.mounts.items()}),
            current=self.current,
            caller_auth=settings.caller_auth,
            max_body_bytes=settings.max_body_bytes,
            body_timeout_s=settings.body_timeout_s,
            tenant_secret=hmac.digest(parts.master_key(settings), b"likeness-guard/passthrough-tenant/v1", "sha256"),
        )
        services = AdminServices(
            settings=settings,
            registry=self.registry,
            keyring=self.registry.keyring,
            recorder=self.recorder,
            signer=parts.open_signer(settings),
            current=self.current,
            screen=self.pipeline.screen,
            bind=self.subscription.bind,
            faces=self.faces,
        )
        checks = {"registry": self._registry_ready, "log": self._log_ready, "faces": self._faces_ready}
        if self.sources.sights:
            checks["sources"] = self.sources.alive
        return App(
            gateway,
            create_admin_app(services),
            [prefix.encode() for prefix in self.mounts],
            checks,
            self._flush_metrics,
            self._upstreams_down,
            self.pipeline.linked_picture,
            settings.admin_port,
        )

    def _remember_refused(self, hashes: Sequence[str], subject_id: str) -> None:
        self.registry.remember_refused(hashes, subject_id, By("gateway", parts.audit(self.registry.keyring)))

    def _forget_faces(self) -> None:
        """Somebody was erased: no answer that was cached before may be used."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self.faces.purge)
            self._loop.call_soon_threadsafe(self.sources.purge)

    def _flush_metrics(self) -> None:
        published = self.current.latest
        people, revision = (len(published.gallery), published.revision) if published else (0, 0)
        self.metrics.flush(faces_waiting=self.faces.waiting, people=people, revision=revision, upstreams_down=self._upstreams_down())

    def _upstreams_down(self) -> dict[str, bool]:
        """Provider to whether it does not answer, under any of its prefixes."""
        down = {mount.name for mount in self.mounts.values() if mount.upstream.circuit.is_open}
        return {mount.name: mount.name in down for mount in self.mounts.values()}

    async def _sweep_links(self) -> None:
        while self.links is not None:
            await asyncio.to_thread(self.links.sweep)
            await asyncio.sleep(_SWEEP_S)

    async def _flush_often(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_S)
            self._flush_metrics()

    async def _registry_ready(self) -> bool:
        return self.current.confirmed

    async def _log_ready(self) -> bool:
        try:
            await self.recorder.poke()
        except LogUnavailableError:
            return False
        return True

    async def _faces_ready(self) -> bool:
        published = self.current.latest
        if published is None:
            return False
        looks = published.policy.examines(Channel.INPUT_IMAGE) or published.policy.examines(Channel.OUTPUT_IMAGE)
        return not looks or await self.faces.alive()

    async def serve(self, sockets: list[socket.socket]) -> None:
        """Until SIGTERM; then drain."""
        self._loop = asyncio.get_running_loop()
        self.subscription.start()
        config = uvicorn.Config(
            self.app(),
            loop="uvloop",
            http=_Protocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=int(self.settings.shutdown_s),
        )
        gather([Text("prompt", "the first request does not wait for the word lists")])
        gc.collect()
        gc.freeze()  # what is loaded by now lives as long as the process; looking through it again and again costs a tenth of the CPU
        gc.set_threshold(_GC_AT)
        flushing = asyncio.gather(self._flush_often(), self._sweep_links())
        try:
            await uvicorn.Server(config).serve(sockets=sockets)
        finally:
            flushing.cancel()
            self.subscription.stop()
            for mount in self.mounts.values():
                await mount.upstream.close()
            await self.fetcher.close()
            await self.images.close()
            await self.sources.close()
            await self.stay_down.close()
            await self.recorder.close()
            self.engine.dispose()


def main() -> None:
    """Entry of the process."""
    settings = parts.start_process("worker")
    sockets = [socket.socket(fileno=int(descriptor)) for descriptor in sys.argv[1:]]
    import uvloop

    uvloop.run(Worker(settings).serve(sockets))


if __name__ == "__main__":
    main()
