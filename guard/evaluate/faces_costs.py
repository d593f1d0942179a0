"""What the face search costs on this machine: CPU of a search and of a picture, memory of a gallery that processes share and of a worker."""

import asyncio
import io
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.reduction import DupFd
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from guard.evaluate.portrait import ADA, draw
from guard.faceworker import FaceClient
from guard.faceworker.encode import ENCODER
from guard.match.faces import FaceGallery
from guard.match.faces.found import Box, FaceFound, Quality
from guard.match.faces.gallery import hits
from guard.match.shared import new_block, pack, unpack
from guard.types import Picture

SHARING = 4
LARGEST = 1_000_000
PICTURES = 20
START_TIMEOUT_S = 60.0
_START = get_context("spawn")


@dataclass(frozen=True, slots=True)
class Cost:
    """One figure and the most that it is meant to be."""

    name: str
    value: float
    unit: str
    limit: float

    @property
    def met(self) -> bool:
        """Whether it is within its limit."""
        return self.value <= self.limit


def costs() -> Iterator[Cost]:
    """Every figure, as soon as it is known."""
    for size, limit in ((100_000, 5.0), (LARGEST, 50.0)):
        yield Cost(f"exact search among {size:,} templates, CPU", search_ms(gallery_of(size)), "ms", limit)
    yield Cost(f"gallery of {LARGEST:,} templates, searched by {SHARING} processes, all together", shared_mb(LARGEST), "MB", 700)
    yield from _worker_costs()


def gallery_of(size: int) -> dict[str, NDArray[Any]]:
    """A gallery of random vectors, as `guard.match.faces.build` lays it out."""
    random = np.random.default_rng(0)
    vectors = random.standard_normal((size, 128), np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    columns: dict[str, NDArray[Any]] = {
        "vectors": vectors,
        "slopes": np.full(size, 8, np.float32),
        "offsets": np.full(size, 2, np.float32),
        "nos": np.arange(size),
        "ids": np.full(size, b"tpl_0123456789abcdefghijklmn"),
    }
    return {f"faces.{ENCODER}.{name}": column for name, column in columns.items()}


def search_ms(arrays: Mapping[str, NDArray[Any]]) -> float:
    """Least CPU time of five searches."""
    gallery, probe = FaceGallery(arrays), _probe()
    hits([probe], gallery)
    return min(_timed(gallery, probe) for _ in range(5))


def shared_mb(size: int) -> float:
    """What a gallery in shared memory adds to `SHARING` processes that map and search it (proportional set size)."""
    block = new_block()
    pack(gallery_of(size), block)
    pipes = [_START.Pipe() for _ in range(SHARING)]
    children = [_START.Process(target=_search, args=(DupFd(block), child)) for _, child in pipes]
    for process in children:
        process.start()
    before, after = _told(pipes, None), 0
    for order in ("search", "measure"):
        after = _told(pipes, order)
    for process in children:
        process.join()
    os.close(block)
    return (after - before) / 1e6


def _told(pipes: Sequence[tuple[Connection, Connection]], order: str | None) -> int:
    """Give every process an order, if there is one, and add up what they answer."""
    for mine, _ in pipes:
        if order is not None:
            mine.send(order)
    return sum(int(mine.recv()) for mine, _ in pipes)


def _search(block: Any, pipe: Connection) -> None:
    """One of the processes: its memory before, and when everybody has searched."""
    hits([_probe()], FaceGallery(gallery_of(100)))
    pipe.send(_own_bytes())
    pipe.recv()
    gallery = FaceGallery(unpack(block.detach()))
    hits([_probe()], gallery)
    pipe.send(0)
    pipe.recv()
    pipe.send(_own_bytes())


def _own_bytes() -> int:
    """Proportional set size of this process: shared pages count in parts."""
    rollup = Path("/proc/self/smaps_rollup").read_text("ascii")
    return next(int(line.split()[1]) * 1024 for line in rollup.splitlines() if line.startswith("Pss:"))


def _worker_costs() -> Iterator[Cost]:
    with _worker() as (client, process):
        yield Cost("face worker, CPU from start to its first answer", _cpu_s(process), "s", 3)
        asked, answered_ms, again_ms = _pictures(), [], []
        for picture in asked:
            seen = asyncio.run(client.find(picture))
            answered_ms.append(seen.cpu_ms)
            began = time.process_time()
            asyncio.run(client.find(picture))
            again_ms.append((time.process_time() - began) * 1e3)
        yield Cost("one picture of 1,024 pixels with one face, CPU", median(answered_ms), "ms", 420)
        yield Cost("the same again, from memory, CPU", median(again_ms), "ms", 3)
        yield Cost(f"face worker after {len(asked)} pictures, resident", _resident_bytes(process) / 1e6, "MB", 350)


@contextmanager
def _worker() -> Iterator[tuple[FaceClient, subprocess.Popen[bytes]]]:
    """A face worker that has answered, and a client."""
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as listening:
        path = Path(folder) / "faces.sock"
        listening.bind(str(path))
        listening.listen()
        began = time.monotonic()
        command = [sys.executable, "-P", "-m", "guard.processes.faces", str(listening.fileno())]
        process = subprocess.Popen(command, pass_fds=[listening.fileno()])
        client = FaceClient(path)
        while not asyncio.run(client.alive()):
            if time.monotonic() - began > START_TIMEOUT_S or process.poll() is not None:
                raise TimeoutError("the face worker did not start")
        try:
            yield client, process
        finally:
            process.terminate()
            process.wait()


def _pictures() -> Sequence[Picture]:
    """Pictures of 1,024 pixels, no two alike, with a drawn face each."""
    made, face = [], draw(ADA, 400)
    for place in range(PICTURES):
        scene = Image.new("RGB", (1024, 1024), (90, 130, 90 + place))
        scene.paste(face, (300 + place, 200))
        held = io.BytesIO()
        scene.save(held, "JPEG", quality=90)
        made.append(Picture("image", held.getvalue(), "jpeg", 1024, 1024))
    return made


def _cpu_s(process: subprocess.Popen[bytes]) -> float:
    """CPU time of another process so far."""
    fields = Path(f"/proc/{process.pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _resident_bytes(process: subprocess.Popen[bytes]) -> int:
    pages = int(Path(f"/proc/{process.pid}/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGESIZE")


def _probe() -> FaceFound:
    vector = np.random.default_rng(1).standard_normal(128).astype(np.float32)
    return FaceFound("", 0, Box(0, 0, 1, 1), vector / np.linalg.norm(vector), Quality(1, 1, 1, 1, 0, 1))


def _timed(gallery: FaceGallery, probe: FaceFound) -> float:
    began = time.thread_time()
    hits([probe], gallery)
    return (time.thread_time() - began) * 1e3
