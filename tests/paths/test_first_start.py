"""`guard serve` as `make run` starts it: nothing configured, so the stand-in draws, and one administrator key is shown once."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2

from guard.evaluate import trial
from guard.evaluate.trial import Trial


@contextmanager
def started(directory: Path, port: int) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """`guard serve` with nothing but a port, and the file of what it prints."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GUARD_") and k != "OPENAI_API_KEY"} | {"GUARD_PORT": str(port)}
    printed = directory / trial.LOG
    with printed.open("wb") as written:
        command = [sys.executable, "-P", "-m", "guard.cli", "serve"]
        process = subprocess.Popen(command, cwd=directory, env=environment, stdout=written, stderr=subprocess.DEVNULL)
    try:
        yield process, printed
    finally:
        trial.stop(process)


def keys_in(text: str) -> list[str]:
    """Lines that are one long word."""
    return [line for line in text.splitlines() if re.fullmatch(r"\S{20,}", line)]


def test_the_first_start_prints_one_administrator_key_and_says_stand_in(tmp_path: Path) -> None:
    port = trial.free_port()
    with started(tmp_path, port) as (process, printed), httpx2.Client(timeout=30) as http:
        guard = Trial(f"http://127.0.0.1:{port}", "", tmp_path / "var", tmp_path, process, http)
        trial.wait_ready(guard)
        first = printed.read_text()
        (guard.admin_key,) = keys_in(first)
        answer = guard.client().images.generate(prompt="a tyre")
    with started(tmp_path, port) as (process, printed):
        deadline = time.monotonic() + trial.READY_S
        while "\n  mode " not in printed.read_text() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
    second = printed.read_text()
    assert ("stand-in" in first, f"http://127.0.0.1:{port}" in first, len(answer.data or [])) == (True, True, 1)
    assert (keys_in(second), "stand-in" in second) == ([], True)
    assert oct((tmp_path / "var").stat().st_mode & 0o777) == "0o700"


def test_ctrl_c_in_a_terminal_ends_it_without_a_traceback(tmp_path: Path) -> None:
    """A terminal sends the signal to every process that the command started."""
    port = trial.free_port()
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GUARD_") and k != "OPENAI_API_KEY"} | {"GUARD_PORT": str(port)}
    with (tmp_path / trial.LOG).open("wb") as written, httpx2.Client(timeout=30) as http:
        command = [sys.executable, "-P", "-m", "guard.cli", "serve"]
        process = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=written, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            trial.wait_ready(Trial(f"http://127.0.0.1:{port}", "", tmp_path / "var", tmp_path, process, http))
            os.killpg(process.pid, signal.SIGINT)
            status = process.wait(trial.READY_S)
        finally:
            trial.stop(process)
    assert (status, "Traceback" in (tmp_path / trial.LOG).read_text()) == (0, False)
