"""One part of the guard dies or is stuck: the documented error, nothing forwarded unrecorded, and well again afterwards."""

import itertools
import resource
import signal
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest

from api.standin import StandIn
from guard.evaluate import portrait
from guard.evaluate.trial import Trial

SIDES = itertools.count(300)


def generate(guard: Trial, prompt: str = "a teapot", timeout_s: float = 60.0) -> httpx2.Response:
    headers = {"authorization": f"Bearer {guard.caller_key()}"}
    return guard.http.post(f"{guard.url}/v1/images/generations", headers=headers, json={"prompt": prompt}, timeout=timeout_s)


def edit(guard: Trial) -> httpx2.Response:
    headers = {"authorization": f"Bearer {guard.caller_key()}"}
    photo = portrait.png(portrait.draw(portrait.ADA, next(SIDES)))  # a new one each time: an answer from the cache needs no worker
    files = {"image": ("a.png", photo, "image/png")}
    return guard.http.post(f"{guard.url}/v1/images/edits", headers=headers, data={"prompt": "evening"}, files=files)


def unavailable(answer: httpx2.Response) -> bool:
    return (answer.status_code, answer.json()["error"]["code"], "retry-after" in answer.headers) == (503, "guard_unavailable", True)


@pytest.mark.parametrize("module", ["guard.processes.recorder", "guard.processes.builder", "guard.processes.faces", "api.worker"])
def test_a_killed_part_comes_back(guard: Trial, harm: Any, module: str) -> None:
    harm.part(guard, module).kill()

    def well() -> bool:
        try:
            return edit(guard).status_code == 200
        except httpx2.TransportError:
            return False

    harm.eventually(well)


def test_a_full_disk_forwards_nothing_and_heals(guard: Trial, harm: Any, upstream: StandIn) -> None:
    recorder = harm.part(guard, "guard.processes.recorder")
    size = (guard.data_dir / "guard.db-wal").stat().st_size
    upstream.clear()
    _, hard = resource.prlimit(recorder.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(recorder.pid, resource.RLIMIT_FSIZE, (size, hard))
    try:
        assert unavailable(generate(guard))
        assert list(upstream.seen) == []
    finally:
        resource.prlimit(recorder.pid, resource.RLIMIT_FSIZE, (hard, hard))
    harm.eventually(lambda: generate(guard).status_code == 200)


def test_a_locked_database_forwards_nothing_and_heals(guard: Trial, harm: Any, upstream: StandIn) -> None:
    upstream.clear()
    locked = sqlite3.connect(guard.data_dir / "guard.db", isolation_level=None)
    locked.execute("BEGIN IMMEDIATE")
    try:
        assert unavailable(generate(guard))
        assert list(upstream.seen) == []
    finally:
        locked.execute("ROLLBACK")
        locked.close()
    harm.eventually(lambda: generate(guard).status_code == 200)


def test_a_stalled_builder_stops_the_gateway_instead_of_missing_opt_outs(guard: Trial, harm: Any, upstream: StandIn) -> None:
    builder = harm.part(guard, "guard.processes.builder")
    upstream.clear()
    builder.send_signal(signal.SIGSTOP)
    try:
        time.sleep(1.5)
        assert unavailable(generate(guard))
        assert list(upstream.seen) == []
    finally:
        builder.send_signal(signal.SIGCONT)
    harm.eventually(lambda: generate(guard).status_code == 200)


def test_no_face_worker_means_no_picture_passes(guard: Trial, harm: Any, upstream: StandIn) -> None:
    faces = harm.part(guard, "guard.processes.faces")
    upstream.clear()
    faces.send_signal(signal.SIGSTOP)
    try:
        refused = httpx2.post(
            f"{guard.url}/v1/images/generations",
            headers={"authorization": f"Bearer {guard.caller_key()}"},
            json={"prompt": "a photo of nobody"},
            timeout=90,
            trust_env=False,
        )
        assert refused.status_code in (400, 503)
    finally:
        faces.send_signal(signal.SIGCONT)
    harm.eventually(lambda: edit(guard).status_code == 200)


def test_a_face_worker_killed_in_the_middle_of_a_picture_costs_that_request_at_most(guard: Trial, harm: Any) -> None:
    harm.eventually(lambda: edit(guard).status_code == 200)
    worker = harm.part(guard, "guard.processes.faces")
    idle = sum(worker.cpu_times()[:2])
    with ThreadPoolExecutor(1) as one:
        asked = one.submit(edit, guard)
        harm.eventually(lambda: sum(worker.cpu_times()[:2]) > idle + 0.05 or asked.done())
        assert not asked.done()
        worker.kill()
        answer = asked.result()
    assert answer.status_code in (200, 400) or unavailable(answer)
    harm.eventually(lambda: edit(guard).status_code == 200)
