"""Real worker processes behind one socket: killed, recycled, told to end, asked by clients that go away."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psutil
import pytest
from PIL import Image

from guard.errors import UnscreenableError
from guard.faceworker import FaceClient, wire
from guard.types import Picture

CHILD = """
import socket, sys
from guard.faceworker import worker
from guard.settings import Settings
worker.PICTURES_PER_LIFE = int(sys.argv[2])
worker.serve(socket.socket(fileno=int(sys.argv[1])), Settings(face_timeout_s=120))
"""


@dataclass
class Pool:
    """A listening socket and the means to start workers on it."""

    path: str
    listening: socket.socket
    children: list[subprocess.Popen[bytes]]

    def start(self, pictures: int = 1000) -> subprocess.Popen[bytes]:
        descriptor = self.listening.fileno()
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(descriptor), str(pictures)],
            pass_fds=[descriptor],
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        )
        self.children.append(child)
        return child


@pytest.fixture
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pool]:
    path = str(tmp_path_factory.mktemp("s") / "faces.sock")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path)
        listening.listen(64)
        pool = Pool(path, listening, [])
        yield pool
        for child in pool.children:
            child.kill()
            child.wait()


Encoded = Callable[[Image.Image], Picture]


async def is_up(client: FaceClient) -> bool:
    """Within the time that a loaded machine needs to load the models."""
    for _ in range(10):
        if await client.alive():
            return True
    return False


async def test_a_worker_answers_recycles_itself_and_another_goes_on(pool: Pool, encoded: Encoded, portrait: Image.Image) -> None:
    client = FaceClient(pool.path, cache_bytes=0)
    first = pool.start(pictures=1)
    assert await is_up(client)
    assert len((await client.find(encoded(portrait))).faces) == 1
    assert first.wait(10) == 0
    second = pool.start()
    assert len((await client.find(encoded(portrait))).faces) == 1
    assert psutil.Process(second.pid).memory_info().rss < 350_000_000
    with pytest.raises(UnscreenableError):
        await client.find(Picture("image[0]", b"\x89PNG\r\n\x1a\n no more", "png", 5, 5))
    second.terminate()
    assert second.wait(10) == 0


async def test_killed_in_the_middle_the_picture_is_given_to_another(pool: Pool, encoded: Encoded, portrait: Image.Image) -> None:
    victim = pool.start()
    client = FaceClient(pool.path, cache_bytes=0, timeout_s=120)
    assert await is_up(client)
    asked = asyncio.ensure_future(client.find(encoded(portrait.resize((1600, 1600)))))
    await asyncio.sleep(0.3)
    victim.send_signal(signal.SIGKILL)
    pool.start()
    assert len((await asked).faces) >= 1


async def test_a_client_that_has_gone_costs_nothing(pool: Pool, encoded: Encoded, portrait: Image.Image) -> None:
    """Twenty requests whose clients hung up while the worker was busy are done with at once."""
    child = pool.start()
    client = FaceClient(pool.path, cache_bytes=0)
    assert await is_up(client)
    message = wire.dump_request(wire.Request(encoded(portrait.resize((300, 300)))))
    busy = asyncio.ensure_future(client.find(encoded(portrait)))
    await asyncio.sleep(0.05)
    for _ in range(20):
        with socket.socket(socket.AF_UNIX) as impatient:
            impatient.connect(pool.path)
            impatient.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                impatient.send(message)
    await busy
    used = psutil.Process(child.pid).cpu_times().user
    assert await is_up(client)
    assert psutil.Process(child.pid).cpu_times().user - used < 0.5


def traces(child: subprocess.Popen[bytes], needles: list[bytes]) -> list[int]:
    """How often each of these bytes stands in the writable memory of a process."""
    found = [0] * len(needles)
    with open(f"/proc/{child.pid}/maps") as maps, open(f"/proc/{child.pid}/mem", "rb", 0) as memory:
        for line in maps:
            span, rights, *_ = line.split()
            if "w" not in rights:
                continue
            start, end = (int(part, 16) for part in span.split("-"))
            memory.seek(start)
            with contextlib.suppress(OSError):
                held = memory.read(end - start)
                found = [count + held.count(needle) for count, needle in zip(found, needles, strict=True)]
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
async def test_a_worker_at_rest_has_forgotten_the_picture(pool: Pool, encoded: Encoded, portrait: Image.Image) -> None:
    child = pool.start()
    client = FaceClient(pool.path, cache_bytes=0)
    assert await is_up(client)
    picture = encoded(portrait)
    needles = [picture.data[1000:1064], portrait.tobytes()[90_000:90_064], portrait.tobytes()[120_000:120_064]]
    asked = asyncio.ensure_future(client.find(picture))
    while not any(traces(child, needles)) and not asked.done():
        await asyncio.sleep(0.01)
    await asked
    deadline = asyncio.get_running_loop().time() + 10
    while any(left := traces(child, needles)) and asyncio.get_running_loop().time() < deadline:
        await asyncio.sleep(0.2)
    assert left == [0, 0, 0]


@pytest.mark.parametrize("garbage", [b"", b"\xff\xff\xff\xff", b"\x00\x00\x00\x02{}", b"\x00\x00\x00\x03abc"], ids=repr)
async def test_garbage_does_not_end_a_worker(pool: Pool, garbage: bytes) -> None:
    child = pool.start()
    with socket.socket(socket.AF_UNIX) as rude:
        rude.connect(pool.path)
        rude.send(garbage)
    assert await is_up(FaceClient(pool.path))
    assert child.poll() is None
