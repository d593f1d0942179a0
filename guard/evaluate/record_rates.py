"""How fast this machine records while requests wait for it.

A recorder process of its own on a database of its own, and this process as the gateway worker: events made, sealed, sent
over the local socket and acknowledged when durable. CPU is given for both sides; the disk's own time is in the latency.
"""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import uvloop

from guard.record.checkpoint import Signer
from guard.record.event import Draft, make_draft, ordered_id
from guard.record.recorder import RecorderClient

_RECORDER = """
import socket, sys
from guard.record.checkpoint import Signer
from guard.record.log import EventLog
from guard.record.recorder import serve
from guard.storage import make_engine
serve(socket.socket(fileno=int(sys.argv[1])), EventLog(make_engine(sys.argv[2]), Signer("bench", bytes(32))))
"""
SIGNER = Signer("bench", bytes(32))
_PROMPT = "a watercolour of a lighthouse on a cliff at dawn, waves below, gulls, soft light, " * 4  # about 300 characters, as in FACTS
_HIT = {"subject_id": "sub_bench", "modality": "name", "where": "prompt", "score": 930_000, "threshold": 850_000, "role": "likeness"}
_HIT_EVERY = 20
TENANT_KEY = bytes(32)


def made_draft(number: int) -> Draft:
    """A decision on a prompt as a gateway worker seals it; each twentieth refuses a person."""
    now_ms = int(time.time() * 1000)
    hit = number % _HIT_EVERY == 0
    return make_draft(
        "decision",
        stage="input",
        mode="enforce",
        outcome="refuse" if hit else "allow",
        rule="opted-out" if hit else "no-rule-fired",
        policy_revision="prompt-only@0123456789ab",
        registry_revision=100_000,
        tenant="bench",
        tenant_key=TENANT_KEY,
        subjects={"sub_bench": TENANT_KEY} if hit else None,
        request_id=ordered_id("req_", now_ms, os.urandom(16)),
        body={
            "texts": [{"where": "prompt", "text": _PROMPT}],
            "route": "images.generations",
            "model": "gpt-image-1",
            "hits": [_HIT] if hit else [],
        },
        entropy=os.urandom,
        now_ms=now_ms,
    )


@dataclass(frozen=True, slots=True)
class RecordRate:
    """Recording with so many requests waiting at once. CPU times are per event, of this worker and of the recorder."""

    waiting: int
    events_per_s: float
    p50_ms: float
    p99_ms: float
    worker_cpu_us: float
    recorder_cpu_us: float


class BenchKeys:
    """One key for everybody: what a body's key is wrapped by does not change what unwrapping costs."""

    def get_many(self, kind: str, owners: Iterable[str]) -> Mapping[str, bytes]:
        """The data keys there are, by owner."""
        return dict.fromkeys(owners, TENANT_KEY)


def start_recorder(listener: socket.socket, url: str) -> subprocess.Popen[bytes]:
    """A recorder process on a listening socket."""
    command = [sys.executable, "-P", "-c", _RECORDER, str(listener.fileno()), url]
    return subprocess.Popen(command, pass_fds=[listener.fileno()])


def measure(url: str, waiting: int, seconds: float) -> RecordRate:
    """Records for some seconds into the (empty, upgraded) database at `url`."""
    with tempfile.TemporaryDirectory() as directory, socket.socket(socket.AF_UNIX) as listener:
        path = Path(directory) / "recorder.sock"
        listener.bind(str(path))
        listener.listen()
        process = start_recorder(listener, url)
        asyncio.run(_load(path, 1, 0.1))
        idle = _cpu_s(process.pid)
        latencies, cpu_s, wall_s = uvloop.run(_load(path, waiting, seconds))
        recorder_s = _cpu_s(process.pid) - idle
        process.send_signal(signal.SIGTERM)
        process.wait()
    latencies.sort()
    count = len(latencies)
    return RecordRate(
        waiting,
        count / wall_s,
        latencies[count // 2] * 1e3,
        latencies[count * 99 // 100] * 1e3,
        cpu_s / count * 1e6,
        recorder_s / count * 1e6,
    )


async def _load(path: Path, waiting: int, seconds: float) -> tuple[list[float], float, float]:
    client = RecorderClient(path, timeout_s=30)
    await client.poke()
    latencies: list[float] = []
    start, cpu = time.perf_counter(), time.process_time()

    async def one() -> None:
        while (begun := time.perf_counter()) - start < seconds:
            await client.record(made_draft(len(latencies)))
            latencies.append(time.perf_counter() - begun)

    await asyncio.gather(*(one() for _ in range(waiting)))
    used = time.process_time() - cpu
    wall = time.perf_counter() - start
    await client.close()
    return latencies, used, wall


def _cpu_s(pid: int) -> float:
    """User and system time of a process so far (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
