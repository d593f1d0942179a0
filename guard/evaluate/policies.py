"""`guard evaluate policies`: how long a replay of many decisions takes, and how soon an activation binds while requests come in.

Replay runs as the command line runs it, on a database filled for the purpose; activation on a guard of four workers, each
request on a connection of its own, so that every worker gets some.
"""

import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2

from guard.evaluate import trial
from guard.evaluate.faces_costs import Cost
from guard.evaluate.record_rates import SIGNER
from guard.evaluate.trial import Trial
from guard.keyring import Keyring
from guard.record.event import Draft, make_draft, ordered_id
from guard.record.log import EventLog
from guard.registry.store import Registry
from guard.settings import Settings
from guard.storage import make_engine, upgrade

WORKERS = 4
CALLERS = 4
TENANT = "bench"
_BATCH = 1_000
_ACTIVATIONS = ("strict", "permissive", "newsroom", "advertising", "prompt-only")
_HIT = {"modality": "name", "where": "prompt", "score": 0.93, "threshold": 0.85, "strength": "strong", "role": "likeness", "span": [10, 25]}
_HIT_EVERY = 20


def measured(decisions: int) -> Iterator[Cost]:
    """Replay of so many decisions, then activation."""
    with tempfile.TemporaryDirectory() as directory:
        settings = Settings(_env_file=None, data_dir=Path(directory) / "data")
        fill(settings, decisions)
        wall_s, cpu_s = replay(settings, decisions)
    limit = 20 * decisions / 100_000
    yield Cost(f"replay of {decisions:,} decisions", wall_s, "s", limit)
    yield Cost("CPU of it", cpu_s, "s", limit)
    slowest_s, dropped = activation()
    yield Cost(f"slowest activation on {WORKERS} workers", slowest_s, "s", 1.0)
    yield Cost("requests dropped meanwhile", float(dropped), "requests", 0.0)


def fill(settings: Settings, decisions: int) -> None:
    """A log of decisions, each twentieth about a registered person."""
    settings.data_dir.mkdir(mode=0o700, exist_ok=True)
    engine = make_engine(settings.database)
    upgrade(engine)
    key = Registry(engine, Keyring.open(engine, settings), settings).ensure_tenant(TENANT)
    log = EventLog(engine, SIGNER)
    for start in range(0, decisions, _BATCH):
        log.append([_draft(number, key) for number in range(start, min(start + _BATCH, decisions))])
    log.close()
    engine.dispose()


def _draft(number: int, key: bytes) -> Draft:
    hit = number % _HIT_EVERY == 0
    now_ms = int(time.time() * 1000)
    return make_draft(
        "decision",
        stage="input",
        mode="enforce",
        outcome="refuse" if hit else "allow",
        rule="known-image" if hit else "no-rule-fired",
        policy_revision="default",
        registry_revision=1,
        tenant=TENANT,
        tenant_key=key,
        subjects=None,
        request_id=ordered_id("req_", now_ms, os.urandom(16)),
        body={
            "texts": [{"where": "prompt", "text": "a watercolour of a lighthouse on a cliff at dawn, waves below, gulls " * 4}],
            "route": "images.generations",
            "model": "gpt-image-1",
            "faces": 0,
            "hits": [{**_HIT, "modality": "known_image", "subject_id": "", "role": None, "bank": "registry"}] if hit else [],
            "signals": {"style": "drawn", "sexual": 0.0},
        },
        entropy=os.urandom,
        now_ms=now_ms,
    )


def replay(settings: Settings, decisions: int) -> tuple[float, float]:
    """Wall and CPU seconds of `guard policy replay`."""
    command = [sys.executable, "-P", "-m", "guard.cli", "policy", "replay", "strict", "--json", "--limit", str(decisions)]
    environment = {**os.environ, "GUARD_DATA_DIR": str(settings.data_dir)}
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, env=environment, cwd=settings.data_dir, capture_output=True, check=False)
    wall_s, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in {0, 1} or f'"decisions": {decisions}' not in done.stdout.decode():
        raise RuntimeError(f"the replay failed: {done.stderr.decode()[-500:]}")
    return wall_s, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def activation() -> tuple[float, int]:
    """The slowest of some activations in seconds, and how many requests got no answer of the guard meanwhile."""
    with trial.running(environment={"GUARD_WORKERS": str(WORKERS)}) as guard, _requests(guard) as dropped:
        times = []
        for name in _ACTIVATIONS:
            begun = time.perf_counter()
            guard.made(f"/policies/{name}/activate", json={})
            times.append(time.perf_counter() - begun)
    return max(times), len(dropped)


@contextmanager
def _requests(guard: Trial) -> Iterator[list[str]]:
    """Callers that ask without pause; what is yielded fills with the requests that were not answered with a picture or a refusal."""
    stop, dropped = threading.Event(), list[str]()
    headers = {"authorization": f"Bearer {guard.caller_key()}", "connection": "close"}

    def ask() -> None:
        while not stop.is_set():
            try:
                url = f"{guard.url}/v1/images/generations"
                answer = httpx2.post(url, headers=headers, json={"prompt": "a teapot"}, timeout=30, trust_env=False)
            except httpx2.HTTPError as error:
                dropped.append(type(error).__name__)
            else:
                if answer.status_code not in {200, 400}:
                    dropped.append(str(answer.status_code))

    callers = [threading.Thread(target=ask) for _ in range(CALLERS)]
    for caller in callers:
        caller.start()
    try:
        yield dropped
    finally:
        stop.set()
        for caller in callers:
            caller.join()
