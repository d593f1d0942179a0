"""`guard bench`: what the guard costs on this machine, beside the upstream alone, in one run.

Starts `guard serve` on throw-away data with many people registered, and a stub upstream that answers at once; then asks
with 1 and with 32 requests at a time. CPU is that of all the guard's processes (Linux), which a busy machine does not
change much; times of day it does, so compare them only within one run.
"""

import asyncio
import base64
import io
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from guard.evaluate import trial

_PROMPT = "a step-by-step diagram of changing a tyre, numbered, in flat colours, with a short caption under each of the six steps"
_SYLLABLES = (
    "ka",
    "ro",
    "mi",
    "ten",
    "sal",
    "vor",
    "ine",
    "da",
    "lum",
    "bra",
    "he",
    "zo",
    "pri",
    "gal",
    "nes",
    "tu",
    "wy",
    "ost",
    "eph",
    "ani",
)


@dataclass(frozen=True, slots=True)
class Figure:
    """One row: `p50_ms`, `p99_ms` of the wall time, CPU microseconds a request, requests a second, resident megabytes."""

    what: str
    at_once: int
    requests: int
    p50_ms: float
    p99_ms: float
    cpu_us: float | None
    per_s: float
    rss_mb: float | None


def measure(seconds: float, people: int) -> Iterator[Figure]:
    """The figures, as they come."""
    with stub(b'{"created":1,"data":[{"b64_json":"' + _tiny() + b'"}]}') as upstream:
        for at_once in (1, 32):
            yield asyncio.run(_load("upstream alone", upstream, "none", _generation(), at_once, seconds, None))
        with trial.running(upstream_url=f"{upstream}/v1", environment={"GUARD_POLICY": "prompt-only"}) as guard:
            register(guard, people)
            for at_once in (1, 32):
                what = "guard, prompt-only"
                yield asyncio.run(_load(what, guard.url, guard.caller_key(), _generation(), at_once, seconds, guard.process.pid))
        with trial.running(upstream_url=f"{upstream}/v1") as guard:
            yield asyncio.run(
                _load("guard, default, picture out (cached)", guard.url, guard.caller_key(), _generation(), 8, seconds, guard.process.pid)
            )
            first, again = _edits()
            yield asyncio.run(_load("guard, default, new picture in", guard.url, guard.caller_key(), first, 1, seconds, guard.process.pid))
            yield asyncio.run(_load("guard, default, same picture in", guard.url, guard.caller_key(), again, 1, seconds, guard.process.pid))


def _tiny() -> bytes:
    return base64.b64encode(_png(64, 0))


def _png(side_px: int, seed: int) -> bytes:
    """A picture of nothing: a gradient and noise, about 1 MB at 1024 px, another for each seed."""
    rng = np.random.default_rng(seed)
    picture = np.add.outer(np.arange(side_px), np.arange(side_px))[..., None] // 16 + rng.integers(0, 8, (side_px, side_px, 3))
    out = io.BytesIO()
    Image.fromarray(picture.astype(np.uint8)).save(out, "PNG", compress_level=1)
    return out.getvalue()


Request = Callable[[], tuple[str, str, bytes]]
"""Makes one request: path, content type, body."""


def _generation() -> Request:
    body = json.dumps({"model": "gpt-image-1", "prompt": _PROMPT}).encode()
    return lambda: ("/v1/images/generations", "application/json", body)


def _edits() -> tuple[Request, Request]:
    def multipart(picture: bytes) -> tuple[str, str, bytes]:
        parts = [b'name="prompt"\r\n\r\nmake it evening', b'name="image"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n' + picture]
        body = b"".join(b"--bench\r\nContent-Disposition: form-data; " + part + b"\r\n" for part in parts) + b"--bench--\r\n"
        return "/v1/images/edits", "multipart/form-data; boundary=bench", body

    numbers = iter(range(1, 1_000_000))
    same = _png(1024, 0)
    return lambda: multipart(_png(1024, next(numbers))), lambda: multipart(same)


async def _load(what: str, url: str, key: str, request: Request, at_once: int, seconds: float, pid: int | None) -> Figure:
    """Ask for `seconds`, `at_once` at a time."""
    times: list[float] = []
    host, port = url.removeprefix("http://").split(":")
    made = request()

    async def ask(until: float) -> None:
        reader, writer = await asyncio.open_connection(host, int(port))
        while time.monotonic() < until:
            path, content_type, body = request() if at_once == 1 else made
            head = f"POST {path} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {key}\r\ncontent-type: {content_type}\r\ncontent-length: {len(body)}\r\n\r\n"
            began = time.perf_counter()
            writer.write(head.encode() + body)
            await _answer(reader)
            times.append(time.perf_counter() - began)
        writer.close()

    async def everyone(duration: float) -> float:
        began = time.monotonic()
        workers: list[Awaitable[None]] = [ask(began + duration) for _ in range(at_once)]
        await asyncio.gather(*workers)
        return time.monotonic() - began

    await everyone(min(seconds, 1.0))
    times.clear()
    before = cpu_s(pid)
    took = await everyone(seconds)
    after = cpu_s(pid)
    cpu_us = None if before is None or after is None else (after - before) / len(times) * 1e6
    quantiles = statistics.quantiles(times, n=100) if len(times) > 1 else times * 99
    return Figure(what, at_once, len(times), quantiles[49] * 1e3, quantiles[98] * 1e3, cpu_us, len(times) / took, rss_mb(pid))


async def _answer(reader: asyncio.StreamReader) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head[9:12])
    length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
    body = await reader.readexactly(length)
    if status != 200:
        raise RuntimeError(f"answered {status}: {body[:300]!r}")


def names(count: int, seed: int = 7) -> Iterator[str]:
    """Invented names of two words, all different."""
    rng = random.Random(seed)
    seen: set[str] = set()
    while len(seen) < count:
        words = ["".join(rng.choices(_SYLLABLES, k=rng.randint(2, 4))).title() for _ in range(2)]
        name = " ".join(words)
        if name not in seen:
            seen.add(name)
            yield name


def register(guard: trial.Trial, count: int) -> None:
    """Import invented people and wait until every worker knows them."""
    lines = "\n".join(json.dumps({"subject": {"name": name}}) for name in names(count))
    job = guard.made("/imports", content=lines.encode(), headers={"content-type": "application/x-ndjson"}, timeout=300)
    while (state := guard.admin("GET", f"/jobs/{job['job_id']}").json())["status"] not in ("done", "failed"):
        time.sleep(0.2)
    if state["status"] != "done":
        raise RuntimeError(f"the import failed: {state}")


def tree(pid: int) -> list[int]:
    """A process and all below it (Linux)."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found, waiting = [], [pid]
    while waiting:
        found.append(waiting.pop())
        waiting.extend(children.get(found[-1], ()))
    return found


def cpu_s(pid: int | None) -> float | None:
    """CPU seconds of a process and all below it; None where the system does not tell."""
    if pid is None or not Path("/proc/self/stat").exists():
        return None
    total = 0
    for process in tree(pid):
        try:
            fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def rss_mb(pid: int | None) -> float | None:
    """Resident memory of the gateway worker (the largest child that listens), in 1,000,000 bytes."""
    if pid is None or not Path("/proc/self/stat").exists():
        return None
    for process in tree(pid):
        command = Path(f"/proc/{process}/cmdline").read_bytes()
        if b"api.worker" in command:
            pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
            return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
    return None


@contextmanager
def stub(body: bytes) -> Iterator[str]:
    """An upstream that answers every request with this body, in a process of its own; yields its base URL."""
    port = trial.free_port()
    process = subprocess.Popen([sys.executable, "-P", "-m", "guard.evaluate.stub", str(port)], stdin=subprocess.PIPE)
    try:
        assert process.stdin is not None  # noqa: S101 - a pipe was asked for
        process.stdin.write(body)
        process.stdin.close()
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()
