"""The whole of `guard serve`, as a user starts it, between the provider's own client and a stand-in upstream.

One guard serves all tests of a session, so a test uses names and tenants of its own and asserts nothing about totals.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.standin import StandIn, running
from guard.evaluate import trial
from guard.evaluate.trial import Trial
from guard.extract.dialects import DIALECTS
from tests.paths import provider as provider_
from tests.paths.people import PERSON, face
from tests.paths.provider import Provider

HOSTILE = 'import pathlib\npathlib.Path(__file__).with_name("imported").touch()\nraise SystemExit("a module of the working directory was imported")\n'


@pytest.fixture(scope="session")
def upstream() -> Iterator[StandIn]:
    """The provider behind the guard: tell it what to do, ask what it saw."""
    standin = StandIn()
    with running(standin):
        yield standin


@pytest.fixture(scope="session")
def hostile_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working directory full of modules that nobody should import."""
    directory = tmp_path_factory.mktemp("hostile")
    for name in ("api", "guard", "orjson", "uvicorn", "sitecustomize"):
        (directory / name).mkdir()
        (directory / name / "__init__.py").write_text(HOSTILE)
    (directory / "numpy.py").write_text(HOSTILE)
    return directory


@pytest.fixture(scope="session")
def running_guard(upstream: StandIn, hostile_directory: Path) -> Iterator[Trial]:
    """One guard for the session; prefer `guarded`, which starts each test with a clean upstream."""
    with trial.running(upstream_url=f"{upstream.url}/v1", cwd=hostile_directory) as guard:
        yield guard


@pytest.fixture(scope="session")
def unseeing_guard(upstream: StandIn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    """One guard for the session that looks at prompts alone, and slows a caller down after three near misses."""
    environment = {"GUARD_PROBING_LIMIT": "3", "GUARD_FACE_WORKERS": "0", "GUARD_POLICY": "prompt-only"}
    with trial.running(upstream_url=f"{upstream.url}/v1", environment=environment, cwd=tmp_path_factory.mktemp("unseeing")) as guard:
        yield guard


@pytest.fixture
def guarded(running_guard: Trial, upstream: StandIn) -> Trial:
    """The session's guard, and an upstream that has no orders and has seen nothing."""
    upstream.clear()
    return running_guard


@pytest.fixture(scope="session")
def running_provider() -> Iterator[Provider]:
    """One provider behind all dialects; prefer `provider`."""
    with provider_.running() as running:
        yield running


@pytest.fixture(scope="session")
def running_guard_of_all(running_provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    """One guard with every dialect mounted; a person is registered with name and face. Prefer `guard`."""
    listed: list[dict[str, object]] = [
        {"name": name, "dialect": name, "base_url": f"{running_provider.url}/{name}", "key_variable": f"KEY_{number}"}
        for number, name in enumerate(DIALECTS)
    ]
    gone = {
        "name": "gone",
        "dialect": "openai",
        "prefix": "/gone/v1",
        "base_url": "http://127.0.0.1:9/v1",
        "models": ["m-1"],
        "failures": 2,
    }
    listed.append({**gone, "rest_s": 60})
    written: Path = tmp_path_factory.mktemp("upstreams") / "upstreams.json"
    written.write_text(json.dumps({"upstreams": listed}))
    policy = written.with_name("kit.yaml")
    policy.write_text("version: 1\nname: kit\nextends: default\npeople: {stay_down: false}\n")  # or one test's pictures refuse another's
    keys = {f"KEY_{number}": f"key-of-{name}" for number, name in enumerate(DIALECTS)}
    with trial.running(
        environment={
            "GUARD_UPSTREAMS": str(written),
            "GUARD_POLICY": str(policy),
            "GUARD_PUBLIC_URL": "https://guard.example",
            "GUARD_REMOTE_IMAGES": "on",
            **keys,
        }
    ) as guard:
        subject = guard.made("/opt-outs", json={"subject": {"name": PERSON}})["subject_id"]
        guard.made(f"/subjects/{subject}/faces", files={"image": ("face.png", face(), "image/png")})
        yield guard


@pytest.fixture
def provider(running_provider: Provider) -> Provider:
    """A provider that was told nothing and has seen nothing."""
    running_provider.clear()
    return running_provider


@pytest.fixture
def guard(running_guard_of_all: Trial, provider: Provider) -> Trial:
    """The guard of all dialects, before a provider that has seen nothing."""
    return running_guard_of_all
