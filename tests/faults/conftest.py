"""Faults injected for real: killed and stopped processes, full disks, locked databases, dead upstreams."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import psutil
import pytest

from api.standin import StandIn, running
from guard.evaluate import trial
from guard.evaluate.trial import Trial


@pytest.fixture(scope="session")
def upstream() -> Iterator[StandIn]:
    """The provider behind the guards of these tests."""
    standin = StandIn()
    with running(standin):
        yield standin


@pytest.fixture(scope="module")
def guard(upstream: StandIn) -> Iterator[Trial]:
    """A guard whose parts a test may hurt; it must be well again when the test ends."""
    with trial.running(upstream_url=f"{upstream.url}/v1", environment={"GUARD_FACE_TIMEOUT_S": "4"}) as running_guard:
        yield running_guard


class Harm:
    """What a test may do to a guard."""

    def part(self, guard: Trial, module: str) -> psutil.Process:
        """The living child process that runs a module."""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            for child in psutil.Process(guard.process.pid).children(recursive=True):
                with suppress(psutil.Error):
                    if module in child.cmdline():
                        return child
            time.sleep(0.05)
        raise AssertionError(f"no {module} under {guard.process.pid}")

    def kill_everything(self, guard: Trial) -> None:
        """kill -9 of the supervisor and all of its children at once."""
        family = [guard.process.pid, *(child.pid for child in psutil.Process(guard.process.pid).children(recursive=True))]
        for pid in family:
            os.kill(pid, signal.SIGKILL)
        guard.process.wait()

    def eventually(self, true: Callable[[], bool], timeout_s: float = 90.0) -> None:
        """Return when it is true."""
        deadline = time.monotonic() + timeout_s
        while not true():
            assert time.monotonic() < deadline, "it did not become true"
            time.sleep(0.05)


@pytest.fixture(scope="session")
def harm() -> Harm:
    """Faults, injected for real."""
    return Harm()
