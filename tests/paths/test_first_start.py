"""`guard serve` as `make run` starts it: nothing configured, so the stand-in draws, and one administrator key is shown once."""

import os
import re
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


def announced(printed: Path) -> str:
    """What it says at its start, as soon as that is complete."""
    deadline = time.monotonic() + trial.READY_S
    while "\n  mode " not in printed.read_text() and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.2)  # the key, where there is one, follows in the same breath
    return printed.read_text()


def keys_in(text: str) -> list[str]:
    """Lines that are one long word."""
    return [line for line in text.splitlines() if re.fullmatch(r"\S{20,}", line)]


def test_the_first_start_prints_one_administrator_key_and_says_stand_in(tmp_path: Path) -> None:
    port = trial.free_port()
    with started(tmp_path, port) as (process, printed), httpx2.Client(timeout=30) as http:
        first = announced(printed)
        guard = Trial(f"http://127.0.0.1:{port}", *keys_in(first), tmp_path / "var", tmp_path, process, http)
        trial.wait_ready(guard)
        answer = guard.client().images.generate(prompt="a tyre")
    with started(tmp_path, port) as (_, printed):
        second = announced(printed)
    assert ("stand-in" in first, f"http://127.0.0.1:{port}" in first, len(answer.data or [])) == (True, True, 1)
    assert ([len(keys_in(text)) for text in (first, second)], "stand-in" in second) == ([1, 0], True)
    assert oct((tmp_path / "var").stat().st_mode & 0o777) == "0o700"
