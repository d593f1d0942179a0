"""A guard to try things on: `guard serve` and a stand-in upstream on free ports, with throw-away data.

The demo, the benchmark and the tests of whole paths start their gateway here, exactly as a user does.
"""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import openai

from guard.match.names.wordlists import FILE

READY_S = 180.0
"""Longest wait for readiness: a cold start on a busy two-core machine took 20 s, and more than 90 s with a dozen other programs on it."""

STOP_S = 40.0
EXPORT_S = 30.0
_POLL_S = 0.05
LOG = "guard.log"


class TrialError(RuntimeError):
    """The guard under trial did not start; the message carries the end of its log."""


@dataclass(slots=True)
class Trial:
    """A running guard: where it is, its first administrator key, and its process; `home` is a directory to be wiped."""

    url: str
    admin_key: str
    data_dir: Path
    home: Path
    process: subprocess.Popen[bytes]
    http: httpx2.Client
    _callers: dict[str, str] = field(default_factory=dict)

    def admin(self, method: str, path: str, **request: Any) -> httpx2.Response:
        """One call of the admin API with the administrator key; `path` begins after `/admin/v1`."""
        headers = {"authorization": f"Bearer {self.admin_key}", **request.pop("headers", {})}
        return self.http.request(method, f"{self.url}/admin/v1{path}", headers=headers, **request)

    def made(self, path: str, **request: Any) -> dict[str, Any]:
        """What a POST to the admin API made; raises where it made nothing."""
        answer = self.admin("POST", path, **request)
        if answer.status_code not in (200, 201, 202):
            raise RuntimeError(f"POST {path} answered {answer.status_code}: {answer.text}")
        made: dict[str, Any] = answer.json()
        return made

    def caller_key(self, tenant: str = "default") -> str:
        """A key for applications of this tenant; the same one each time."""
        if tenant not in self._callers:
            self._callers[tenant] = self.made("/keys", json={"role": "caller", "tenant": tenant, "name": "trial"})["key"]
        return self._callers[tenant]

    def exported(self, **wanted: str) -> bytes:
        """The archive of an export; `wanted` are fields of `POST /exports`."""
        export_id = self.made("/exports", json={"format": "jsonl", **wanted})["export_id"]
        deadline = time.monotonic() + EXPORT_S
        while (status := self.admin("GET", f"/exports/{export_id}").json()["status"]) != "ready":
            if status == "failed" or time.monotonic() > deadline:
                raise RuntimeError(f"the export is {status}")
            time.sleep(_POLL_S)
        return self.admin("GET", f"/exports/{export_id}/download").raise_for_status().content

    def client(self, tenant: str = "default", **options: Any) -> openai.OpenAI:
        """The official client, pointed at the guard; its retries are the client's own default."""
        return openai.OpenAI(base_url=f"{self.url}/v1", api_key=self.caller_key(tenant), **{"timeout": 60, **options})


def free_port() -> int:
    """A loopback port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(
    data_dir: Path | None = None, *, upstream_url: str | None = None, environment: Mapping[str, str] | None = None, cwd: Path | None = None
) -> Iterator[Trial]:
    """A ready guard, ended and (unless `data_dir` is given) wiped when the block ends.

    Args:
        data_dir: where the data lies; a new temporary directory when None.
        upstream_url: the provider, with `/v1`; None means the stand-in that `guard serve` brings.
        environment: more settings; they win over those made here.
        cwd: working directory of the process.

    Raises:
        TrialError: it did not become ready.
    """
    home = Path(tempfile.mkdtemp(prefix="likeness-guard-"))
    data = data_dir or home / "data"
    _lend_word_lists(data)
    url = f"http://127.0.0.1:{free_port()}"
    admin_key = f"admin-{secrets.token_urlsafe(24)}"
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("GUARD_") and name != "OPENAI_API_KEY"}
    settings = {
        "GUARD_DATA_DIR": str(data),
        "GUARD_PORT": url.rpartition(":")[2],
        "GUARD_BOOTSTRAP_ADMIN_KEY": admin_key,
        **({"GUARD_UPSTREAM_URL": upstream_url, "GUARD_UPSTREAM_API_KEY": "sk-upstream"} if upstream_url else {}),
        **(environment or {}),
    }
    with (home / LOG).open("wb") as written:
        command = [sys.executable, "-P", "-m", "guard.cli", "serve"]
        process = subprocess.Popen(command, env={**inherited, **settings}, cwd=cwd or home, stdout=written, stderr=subprocess.STDOUT)
    try:
        with httpx2.Client(timeout=60, trust_env=False) as http:
            trial = Trial(url, settings["GUARD_BOOTSTRAP_ADMIN_KEY"], data, home, process, http)
            wait_ready(trial)
            yield trial
    finally:
        stop(process)
        _keep_word_lists(data)
        shutil.rmtree(home, ignore_errors=True)


_word_lists: bytes | None = None


def _keep_word_lists(data: Path) -> None:
    """For the next guard of this process: to make them takes 2 s, and they are the same for all of one release."""
    global _word_lists
    if _word_lists is None and (data / FILE).exists():
        _word_lists = (data / FILE).read_bytes()


def _lend_word_lists(data: Path) -> None:
    if _word_lists is not None and not (data / FILE).exists():
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        (data / FILE).write_bytes(_word_lists)


def wait_ready(trial: Trial, timeout_s: float = READY_S) -> None:
    """Return when `/readyz` answers 200; raise `TrialError` when the process ends or the time is over."""
    deadline = time.monotonic() + timeout_s
    said = "no answer"
    while time.monotonic() < deadline and trial.process.poll() is None:
        try:
            answer = trial.http.get(f"{trial.url}/readyz", timeout=5)
        except httpx2.TransportError as error:
            said = str(error)
        else:
            if answer.status_code == 200:
                return
            said = answer.text
        time.sleep(_POLL_S)
    lines = (trial.home / LOG).read_text(errors="replace").splitlines()[-30:]
    raise TrialError("\n".join([f"not ready at {trial.url} (exit status {trial.process.poll()}): {said}", *lines]))


def stop(process: subprocess.Popen[bytes]) -> int:
    """End it as an operator does; its exit status."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
    return process.wait()


@contextmanager
def stand_in() -> Iterator[str]:
    """A stand-in upstream in a process of its own; yields its base URL without `/v1`."""
    url = f"http://127.0.0.1:{free_port()}"
    command = [sys.executable, "-P", "-m", "api.standin", "--port", url.rpartition(":")[2]]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        _wait_answer(url)
        yield url
    finally:
        stop(process)


def _wait_answer(url: str) -> None:
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline:
        try:
            httpx2.get(f"{url}/v1/models", timeout=1, trust_env=False)
        except httpx2.TransportError:
            time.sleep(_POLL_S)
        else:
            return
    raise TrialError(f"no stand-in answers at {url}")
