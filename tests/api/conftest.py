"""A whole guard without a gateway: real registry, record and matchers on a throw-away SQLite database, the admin API over ASGI."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest

from api.admin.app import create_admin_app
from api.admin.services import AdminServices
from guard.decide import load
from guard.examine import Faces
from guard.faceworker.client import FaceClient
from guard.fetch import Fetcher, FetchLimits
from guard.keyring import Keyring
from guard.match.gallery import Gallery
from guard.metrics import Metrics
from guard.pipeline import Pipeline
from guard.processes.ledger import RegistryLedger
from guard.record.bodies import Bodies, DamagedError, ErasedError, parsed
from guard.record.checkpoint import Signer
from guard.record.log import EventLog
from guard.record.reading import EVENT_C, labelled, labels_of, subjects_of
from guard.record.recorder import LocalRecorder
from guard.registry.store import Registry
from guard.registry.values import By, Hold
from guard.screening import Screening
from guard.settings import Settings
from guard.state import Current, Published
from guard.storage import make_engine, upgrade
from guard.types import KeyRole

BY = By("test")
SEED = bytes(range(32))


@lru_cache
def nobody() -> Gallery:
    """An empty base, made once: its tables of words cost 0.7 s."""
    return Gallery.of([])


@dataclass
class World:
    """The guard under test, and clients of each role."""

    settings: Settings
    registry: Registry
    keyring: Keyring
    log: EventLog
    recorder: LocalRecorder
    current: Current
    services: AdminServices
    client: Callable[[str], httpx2.AsyncClient]
    keys: dict[str, str]

    def publish(self) -> None:
        """What the builder does, here and now."""
        revision, people, _ = self.registry.records(since=None)
        active = self.registry.active_policy()
        policy = load.parse(active["yaml"], active["name"]) if active else load.load(self.settings.policy)
        keys = {key.digest: key for key in list(self.registry.keys())}
        self.current.publish(Published(nobody().apply(people, [], revision), policy, keys, self.registry.tenant_keys()))
        self.current.confirm(0.0)

    async def bind(self, revision: int) -> None:
        """Publish, and see that what is bound is what was asked for."""
        await asyncio.to_thread(self.publish)
        assert self.current.latest is not None
        assert self.current.latest.revision >= revision

    async def ensure_tenant(self, tenant: str) -> None:
        """As the subscription does."""
        await asyncio.to_thread(self.registry.ensure_tenant, tenant)
        await asyncio.to_thread(self.publish)

    async def open(self, hold: Hold) -> None:
        """As the worker does."""
        await asyncio.to_thread(self.registry.open_review, hold, BY)

    async def kept(self, review_id: str) -> bytes | None:
        """As the worker does."""
        return await asyncio.to_thread(self.registry.kept, review_id)

    async def events(self) -> list[dict[str, Any]]:
        """Kind and vault body of every event so far, oldest first."""
        await self.recorder.poke()
        return await asyncio.to_thread(read_events, self)


def read_events(world: World) -> list[dict[str, Any]]:
    """Open every body that can be opened."""
    bodies = Bodies(world.keyring)
    with world.registry.engine.connect() as connection:
        query = labelled(EVENT_C["index"], EVENT_C.leaf, EVENT_C.sealed, EVENT_C.wrapped_key).order_by(EVENT_C["index"])
        rows = connection.execute(query).mappings().all()
        subjects = subjects_of(connection, [row["index"] for row in rows])
    found = []
    for row in rows:
        leaf, labels = orjson.loads(row["leaf"]), labels_of(row, subjects)
        try:
            body = parsed(bodies.open(leaf, row["sealed"], row["wrapped_key"], labels.tenant, labels.subject_ids))
        except (ErasedError, DamagedError):
            body = {}
        found.append({"kind": leaf["kind"], **body})
    return found


@pytest.fixture(scope="session")
def blank(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A data directory as it is after the first start, with one key of every role; copied for each test."""
    settings = Settings(_env_file=None, data_dir=tmp_path_factory.mktemp("blank") / "var")  # type: ignore[call-arg]
    engine = make_engine(settings.database)
    upgrade(engine)
    registry = Registry(engine, Keyring.open(engine, settings), settings)
    keys = {role.value: registry.create_key(role, "acme", f"a {role.value}", BY).key for role in KeyRole}
    engine.dispose()
    return settings.data_dir, keys


@pytest.fixture
def world_of() -> Callable[..., AsyncIterator[World]]:
    """Makes worlds with other eyes or settings."""
    return make_world


@pytest.fixture
async def world(tmp_path: Path, blank: tuple[Path, dict[str, str]]) -> AsyncIterator[World]:
    """A guard with one key of every role and nobody to look at pictures."""
    async for made in make_world(tmp_path, blank, FaceClient(tmp_path / "nobody.sock")):
        yield made


async def make_world(tmp_path: Path, blank: tuple[Path, dict[str, str]], faces: Faces, **changes: Any) -> AsyncIterator[World]:
    """A guard on a copy of `blank`."""
    data_dir, keys = blank
    shutil.copytree(data_dir, tmp_path / "var")
    settings = Settings(_env_file=None, data_dir=tmp_path / "var", **changes)  # type: ignore[call-arg]
    engine = make_engine(settings.database)
    keyring = Keyring.open(engine, settings)
    registry = Registry(engine, keyring, settings)
    signer = Signer("likeness-guard.test", SEED)
    log = EventLog(engine, signer=signer)
    recorder = LocalRecorder(log)
    current = Current(clock=lambda: 0.0)
    fetcher = Fetcher([], FetchLimits())
    clients: list[httpx2.AsyncClient] = []

    def client(role: str) -> httpx2.AsyncClient:
        headers = {"authorization": f"Bearer {keys[role]}"} if role else {}
        made = httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://guard.test", headers=headers)
        clients.append(made)
        return made

    world = World(settings, registry, keyring, log, recorder, current, None, client, keys)  # type: ignore[arg-type]
    metrics = Metrics()
    pipeline = Pipeline(
        current=current,
        recorder=recorder,
        screening=Screening(faces, lambda texts: {}, metrics),
        tenants=world,
        ledger=RegistryLedger(registry),
        mounts={},
        fetcher=fetcher,
        metrics=metrics,
        mode=settings.mode,
        clock=lambda: datetime.now(UTC),
        reviews=world,
    )
    world.services = AdminServices(
        settings=settings,
        registry=registry,
        keyring=keyring,
        recorder=recorder,
        signer=signer,
        current=current,
        screen=pipeline.screen,
        bind=world.bind,
        faces=faces,  # type: ignore[arg-type]
    )
    app = create_admin_app(world.services)
    world.publish()
    yield world
    for made in clients:
        await made.aclose()
    await fetcher.close()
    await recorder.close()
    engine.dispose()
