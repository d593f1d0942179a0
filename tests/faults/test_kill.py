"""kill -9 of the whole gateway under load, many times: what the upstream saw was on disk before it saw it."""

import concurrent.futures
import io
import json
import os
import random
import threading
import time
import zipfile
from pathlib import Path
from typing import Any

import httpx2

from api.standin import StandIn
from guard.evaluate import trial

ROUNDS = int(os.environ.get("GUARD_TEST_KILLS", "4"))


def load(url: str, key: str, ended: threading.Event, thread: int) -> None:
    with httpx2.Client(trust_env=False, timeout=10) as http:
        number = 0
        while not ended.is_set():
            number += 1
            try:
                body = {"prompt": f"a teapot, marker {thread}x{number}x{time.monotonic_ns()}"}
                http.post(f"{url}/v1/images/generations", headers={"authorization": f"Bearer {key}"}, json=body)
            except httpx2.HTTPError:
                return


def test_every_request_the_upstream_saw_has_a_decision(upstream: StandIn, harm: Any, tmp_path: Path) -> None:
    upstream.clear()
    environment = {"GUARD_POLICY": "prompt-only", "GUARD_BOOTSTRAP_ADMIN_KEY": "admin-of-the-kill-test"}
    for seed in range(ROUNDS):
        with trial.running(tmp_path, upstream_url=f"{upstream.url}/v1", environment=environment) as guard:
            key, ended = guard.caller_key(), threading.Event()
            with concurrent.futures.ThreadPoolExecutor(8) as threads:
                loads = [threads.submit(load, guard.url, key, ended, thread) for thread in range(8)]
                time.sleep(random.Random(seed).uniform(0.3, 1.5))
                harm.kill_everything(guard)
                ended.set()
                concurrent.futures.wait(loads)
    seen = {json.loads(request.body)["prompt"] for request in upstream.seen}
    assert len(seen) > ROUNDS
    with trial.running(tmp_path, upstream_url=f"{upstream.url}/v1", environment=environment) as guard:
        with zipfile.ZipFile(io.BytesIO(guard.exported())) as archive:
            rows = [json.loads(line) for line in archive.read("decisions.jsonl").splitlines()]
        recorded = {row["prompt"] for row in rows if row["outcome"] == "allow"}
    assert seen - recorded == set()
