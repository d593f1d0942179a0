"""The whole of `guard serve`, as a user starts it, between the provider's own client and a stand-in upstream.

One guard serves all tests of a session, so a test uses names and tenants of its own and asserts nothing about totals.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from api.standin import StandIn, running
from guard.evaluate import trial
from guard.evaluate.trial import Trial

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


@pytest.fixture
def guarded(running_guard: Trial, upstream: StandIn) -> Trial:
    """The session's guard, and an upstream that has no orders and has seen nothing."""
    upstream.clear()
    return running_guard
