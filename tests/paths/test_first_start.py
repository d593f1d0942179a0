"""`guard serve` as `make run` starts it: nothing configured, so the stand-in draws, and one administrator key is shown once."""

import os
import re
import subprocess
import sys
from pathlib import Path

import httpx2

from guard.evaluate import trial
from guard.evaluate.trial import Trial


def started_and_stopped(directory: Path, port: int) -> tuple[str, httpx2.Response | None]:
    """What one start printed, and the answer to a picture asked for with a caller key made with the printed key."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GUARD_") and k != "OPENAI_API_KEY"} | {"GUARD_PORT": str(port)}
    log = directory / trial.LOG
    with log.open("wb") as written:
        command = [sys.executable, "-P", "-m", "guard.cli", "serve"]
        process = subprocess.Popen(command, cwd=directory, env=environment, stdout=written, stderr=subprocess.DEVNULL)
    try:
        with httpx2.Client(timeout=30) as http:
            guard = Trial(f"http://127.0.0.1:{port}", "", directory / "var", directory, process, http)
            trial.wait_ready(guard)
            (guard.admin_key, *_) = [*keys_in(log.read_text()), ""]
            answer = None
            if guard.admin_key:
                headers = {"authorization": f"Bearer {guard.caller_key()}"}
                answer = http.post(f"{guard.url}/v1/images/generations", json={"prompt": "a tyre"}, headers=headers)
    finally:
        trial.stop(process)
    return log.read_text(), answer


def keys_in(printed: str) -> list[str]:
    """Lines that are one long word."""
    return [line for line in printed.splitlines() if re.fullmatch(r"\S{20,}", line)]


def test_the_first_start_prints_one_administrator_key_and_says_stand_in(tmp_path: Path) -> None:
    port = trial.free_port()
    first, answer = started_and_stopped(tmp_path, port)
    second, _ = started_and_stopped(tmp_path, port)
    assert answer is not None
    assert (answer.status_code, len(answer.json()["data"])) == (200, 1)
    assert ([len(keys_in(printed)) for printed in (first, second)], "stand-in" in first, f"http://127.0.0.1:{port}" in first) == (
        [1, 0],
        True,
        True,
    )
    assert oct((tmp_path / "var").stat().st_mode & 0o777) == "0o700"
