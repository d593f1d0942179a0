"""How fast this machine records: `python -m guard.evaluate.record_rates [--url URL] [--seconds 3]`.

A recorder process of its own on a database of its own, and this process as the gateway worker: events made, sealed, sent
over the local socket and acknowledged when durable. CPU is given for both sides; the disk's own time is in the latency.
"""

import argparse
import asyncio
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import uvloop

from guard.record.event import make_draft, ordered_id
from guard.record.recorder import RecorderClient
from guard.storage import make_engine, upgrade

_RECORDER = """
import socket, sys
from guard.record.checkpoint import Signer
from guard.record.log import EventLog
from guard.record.recorder import serve
from guard.storage import make_engine
serve(socket.socket(fileno=int(sys.argv[1])), EventLog(make_engine(sys.argv[2]), Signer("bench", bytes(32))))
"""
_PROMPT = "a watercolour of a lighthouse on a cliff at dawn, waves below, gulls, soft light, " * 4  # about 300 characters, as in FACTS
_KEY = bytes(32)


@dataclass(frozen=True, slots=True)
class RecordRate:
    """Recording with so many requests waiting at once. CPU times are per event, of this worker and of the recorder."""

    waiting: int
    events_per_s: float
    p50_ms: float
    p99_ms: float
    worker_cpu_us: float
    recorder_cpu_us: float


def measure(url: str, waiting: int, seconds: float) -> RecordRate:
    """Records for some seconds into the (empty, upgraded) database at `url`."""
    with tempfile.TemporaryDirectory() as directory, socket.socket(socket.AF_UNIX) as listener:
        path = Path(directory) / "recorder.sock"
        listener.bind(str(path))
        listener.listen()
        command = [sys.executable, "-P", "-c", _RECORDER, str(listener.fileno()), url]
        process = subprocess.Popen(command, pass_fds=[listener.fileno()])  # noqa: S603 (our own interpreter)
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
            now_ms = int(time.time() * 1000)
            draft = make_draft(
                "decision",
                stage="input",
                mode="enforce",
                outcome="allow",
                rule="no-rule-fired",
                policy_revision="prompt-only@0123456789ab",
                registry_revision=100_000,
                tenant="bench",
                tenant_key=_KEY,
                request_id=ordered_id("req_", now_ms, os.urandom(16)),
                body={"texts": [{"where": "prompt", "text": _PROMPT}], "route": "images.generations", "model": "gpt-image-1", "hits": []},
                entropy=os.urandom,
                now_ms=now_ms,
            )
            await client.record(draft)
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


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="How fast this machine records.")
    parser.add_argument("--url", help="an empty database; a SQLite file in the working directory, removed afterwards, unless given")
    parser.add_argument("--seconds", type=float, default=3.0)
    given = parser.parse_args()
    print(f"{'waiting':>7} {'events/s':>9} {'p50 ms':>7} {'p99 ms':>7} {'worker CPU us':>14} {'recorder CPU us':>16}")
    for waiting in (1, 32, 128):
        with tempfile.TemporaryDirectory(dir=".") as directory:
            url = given.url or f"sqlite:///{directory}/bench.db"
            engine = make_engine(url)
            upgrade(engine)
            engine.dispose()
            rate = measure(url, waiting, given.seconds)
        print(
            f"{rate.waiting:>7} {rate.events_per_s:>9.0f} {rate.p50_ms:>7.2f} {rate.p99_ms:>7.2f} "
            f"{rate.worker_cpu_us:>14.1f} {rate.recorder_cpu_us:>16.1f}"
        )


if __name__ == "__main__":
    main()
