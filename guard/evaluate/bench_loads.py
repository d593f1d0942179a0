"""`guard bench --loads`: what large bodies and many streams cost one gateway worker, each figure with the most it may be.

Memory and CPU are those of the worker process (Linux); pictures are decoded and searched for faces in other processes.
"""

import asyncio
import base64
import io
import json
import os
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from guard.evaluate import bench, trial
from guard.evaluate.faces_costs import Cost
from guard.evaluate.trial import Trial

_BODY_BYTES = 20_000_000
_STREAMS = 200
_HELD_STREAMS = 100
_HELD_MB = 64
_CONNECTION_MB = 0.2
"""What the HTTP client reads ahead on the connection of a stream, whoever waits (guard/forward.py)."""


def loads() -> Iterator[Cost]:
    """The figures, as they come."""
    answer = b'{"created":1,"data":[{"b64_json":"' + base64.b64encode(_picture(64)) + b'"}]}'
    patient = {"GUARD_FACE_TIMEOUT_S": "120"}
    with bench.stub(answer) as upstream, trial.running(upstream_url=f"{upstream}/v1", environment=patient) as guard:
        for encoding, (content_type, body) in {"JSON": _json_edit(), "multipart": _form_edit()}.items():
            yield from _edit(guard, f"an edit of 20 MB as {encoding}", content_type, body)
    yield from asyncio.run(_streams())


def _picture(side_px: int) -> bytes:
    """Noise, which no format makes smaller: three bytes a pixel."""
    noise = np.random.default_rng(side_px).integers(0, 256, (side_px, side_px, 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(noise).save(out, "PNG", compress_level=0)
    return out.getvalue()


def _json_edit() -> tuple[str, bytes]:
    url = "data:image/png;base64," + base64.b64encode(_picture(int((_BODY_BYTES * 0.75 / 3) ** 0.5))).decode()
    return "application/json", json.dumps({"prompt": "evening", "images": [{"image_url": url}]}).encode()


def _form_edit() -> tuple[str, bytes]:
    head = b'--b\r\nContent-Disposition: form-data; name="prompt"\r\n\r\nevening\r\n--b\r\nContent-Disposition: form-data; name="image"; '
    picture = _picture(int((_BODY_BYTES / 3) ** 0.5) - 1)
    return "multipart/form-data; boundary=b", head + b'filename="a.png"\r\nContent-Type: image/png\r\n\r\n' + picture + b"\r\n--b--\r\n"


def _edit(guard: Trial, name: str, content_type: str, body: bytes) -> Iterator[Cost]:
    """Memory as a multiple of the body, and CPU."""
    worker = _worker(guard)
    headers = {"authorization": f"Bearer {guard.caller_key()}", "content-type": content_type}
    _forget_peak(worker)
    before, cpu_before = _memory(worker, "VmRSS"), _cpu_s(worker)
    answer = guard.http.post(f"{guard.url}/v1/images/edits", content=body, headers=headers, timeout=300)
    if answer.status_code != 200:
        raise RuntimeError(f"answered {answer.status_code}: {answer.text[:300]}")
    yield Cost(f"{name}: memory", (_memory(worker, "VmHWM") - before) / len(body), "times its size", 4)
    yield Cost(f"{name}: CPU", _cpu_s(worker) - cpu_before, "s", 0.3)


async def _streams() -> list[Cost]:
    upstream = _Upstream(events=[_event(_picture(64))])
    found: list[Cost] = []
    async with _served(upstream) as url:
        with trial.running(upstream_url=f"{url}/v1", environment={"GUARD_MAX_ANSWER_MB": "64"}) as guard:
            key, worker = guard.caller_key(), _worker(guard)
            upstream.go.set()
            firsts = [await _first_keep_alive(guard, key, upstream) for _ in range(20)]
            found.append(
                Cost("first keep-alive after the provider has the request, median of 20", statistics.median(firsts) * 1e3, "ms", 100)
            )
            upstream.go.clear()
            upstream.came.clear()
            asking = [asyncio.ensure_future(_ask(guard, key)) for _ in range(_STREAMS)]
            await upstream.has(_STREAMS)
            found.append(Cost(f"{_STREAMS} streams that wait for a picture: memory", _memory(worker, "VmRSS") / 1e6, "MB", 300))
            upstream.go.set()
            await _all_whole(asking)
    large = _Upstream(events=[_event(_picture(1_000), partial=True), _event(_picture(1_000))])
    large.go.set()
    async with _served(large) as url:
        with trial.running(upstream_url=f"{url}/v1", environment={"GUARD_HELD_MB": str(_HELD_MB)}) as guard:
            key, worker = guard.caller_key(), _worker(guard)
            await _all_whole([_ask(guard, key)])
            _forget_peak(worker)
            before = _memory(worker, "VmRSS")
            await _all_whole([asyncio.ensure_future(_ask(guard, key)) for _ in range(_HELD_STREAMS)])
            grown = (_memory(worker, "VmHWM") - before) / 1e6
            sent = _HELD_STREAMS * sum(map(len, large.events)) / 1e6
            found.append(
                Cost(
                    f"{_HELD_STREAMS} streams with {sent:.0f} MB of pictures, {_HELD_MB} MB of room: memory",
                    grown,
                    "MB",
                    3 * _HELD_MB + _CONNECTION_MB * _HELD_STREAMS,
                )
            )
    return found


def _event(picture: bytes, *, partial: bool = False) -> bytes:
    kind = "image_generation.partial_image" if partial else "image_generation.completed"
    return f"event: {kind}\ndata: {json.dumps({'type': kind, 'b64_json': base64.b64encode(picture).decode()})}\n\n".encode()


@dataclass(slots=True)
class _Upstream:
    """A provider that begins each stream at once and goes on with it when it is told."""

    events: list[bytes]
    go: asyncio.Event = field(default_factory=asyncio.Event)
    came: list[float] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]))
        self.came.append(time.perf_counter())
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n")
        await self.go.wait()
        for event in self.events:
            writer.write(event)
            await writer.drain()
        writer.close()

    async def has(self, streams: int) -> None:
        """Return when that many have come, and what they make the guard do is done."""
        while len(self.came) < streams:
            await asyncio.sleep(0.05)
        await asyncio.sleep(1)


@asynccontextmanager
async def _served(upstream: _Upstream) -> AsyncIterator[str]:
    server = await asyncio.start_server(upstream.serve, "127.0.0.1", 0, backlog=1024, limit=1 << 20)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def _opened(guard: Trial, key: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    host, port = guard.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    body = b'{"prompt":"a tyre","stream":true,"partial_images":1}'
    head = f"POST /v1/images/generations HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {key}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
    writer.write(head.encode() + body)
    return reader, writer


async def _first_keep_alive(guard: Trial, key: str, upstream: _Upstream) -> float:
    """Seconds from the provider's having the request to the caller's having the first byte of a body."""
    reader, writer = await _opened(guard, key)
    await reader.readuntil(b"\r\n\r\n")
    await reader.readuntil(b": keep-alive")
    arrived = time.perf_counter()
    await reader.read()
    writer.close()
    return arrived - upstream.came[-1]


async def _ask(guard: Trial, key: str) -> bytes:
    """The whole of one stream."""
    reader, writer = await _opened(guard, key)
    received = await reader.read(-1)
    writer.close()
    return received


async def _all_whole(asking: Sequence[Awaitable[bytes]]) -> None:
    for received in await asyncio.gather(*asking):
        if b"image_generation.completed" not in received:
            raise RuntimeError(f"a stream was not answered: {received[:300]!r}")


def _worker(guard: Trial) -> int:
    """The process id of the one gateway worker."""
    return next(pid for pid in bench.tree(guard.process.pid) if b"api.worker" in Path(f"/proc/{pid}/cmdline").read_bytes())


def _memory(pid: int, line: str) -> int:
    """Bytes: `VmRSS` now, `VmHWM` at its highest."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition(f"{line}:")[2].split()[0]) * 1024


def _forget_peak(pid: int) -> None:
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def _cpu_s(pid: int) -> float:
    spent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(spent[11]) + int(spent[12])) / os.sysconf("SC_CLK_TCK")
