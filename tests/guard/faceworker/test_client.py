"""The gateway's side: bounded, patient once, never guessing. The workers here are stand-ins on a real socket."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import orjson
import pytest

from guard.errors import FacesUnavailableError, TooLargeError, UnscreenableError
from guard.faceworker import FaceClient, wire
from guard.match.faces import Box, FaceFound, FacesInPicture, Quality
from guard.types import Picture

PICTURE = Picture("image[0]", b"a picture" * 1000, "png", 10, 10)
FACE = FaceFound("", 0, Box(1, 2, 3, 4), np.ones(128, np.float32), Quality(2, 0.1, 100.0, 50.0, 0.1, 1.2), encoder="e1")
ANSWER = wire.STARTED + wire.dump_answer(FacesInPicture((FACE,), "e1"))

Behave = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Workers:
    """Answers each connection with the next behaviour; the last one repeats."""

    def __init__(self, *behaviours: Behave) -> None:
        self.behaviours = list(behaviours)
        self.asked = 0
        self.small_faces: list[bool] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        behave = self.behaviours[min(self.asked, len(self.behaviours) - 1)]
        self.asked += 1
        try:
            (length,) = wire.LENGTH.unpack(await reader.readexactly(4))
            head = orjson.loads(await reader.readexactly(length))
            await reader.readexactly(head["size"])
            self.small_faces.append(head.get("small_faces", False))
            await behave(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


def says(message: bytes) -> Behave:
    async def behave(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(message)
        await writer.drain()

    return behave


async def dies(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Killed before it began."""


async def hangs(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Never answers; ends when the client goes."""
    await reader.read()


async def starts_and_hangs(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(wire.STARTED)
    await reader.read()


@asynccontextmanager
async def running(folder: Path, workers: Workers) -> AsyncIterator[str]:
    path = str(folder / "faces.sock")
    server = await asyncio.start_unix_server(workers, path)
    try:
        yield path
    finally:
        server.close()


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("s")


async def test_an_answer_bears_the_name_of_the_place_that_asked(folder: Path) -> None:
    async with running(folder, Workers(says(ANSWER))) as path:
        seen = await FaceClient(path).find(PICTURE)
    assert [(face.where, face.box, face.encoder) for face in seen.faces] == [("image[0]", Box(1, 2, 3, 4), "e1")]


async def test_the_same_picture_is_looked_at_once_wherever_it_is(folder: Path) -> None:
    workers = Workers(says(ANSWER))
    async with running(folder, workers) as path:
        client = FaceClient(path)
        await client.find(PICTURE)
        again = await client.find(Picture("mask", PICTURE.data, "png", 10, 10))
    assert (workers.asked, again.faces[0].where) == (1, "mask")


async def test_an_operator_may_have_every_pass_run(folder: Path) -> None:
    workers = Workers(says(ANSWER))
    async with running(folder, workers) as path:
        await FaceClient(path).find(PICTURE)
        await FaceClient(path, small_faces=True).find(PICTURE)
    assert workers.small_faces == [False, True]


async def test_an_answer_without_small_faces_is_none_for_who_asks_for_them(folder: Path) -> None:
    workers = Workers(says(ANSWER))
    async with running(folder, workers) as path:
        client = FaceClient(path)
        for small_faces in (False, True, True, False):
            await client.find(PICTURE, small_faces)
    assert workers.small_faces == [False, True]


async def test_after_a_purge_it_is_looked_at_again(folder: Path) -> None:
    workers = Workers(says(ANSWER))
    async with running(folder, workers) as path:
        client = FaceClient(path)
        await client.find(PICTURE)
        client.purge()
        assert client.cached_bytes == 0
        await client.find(PICTURE)
    assert workers.asked == 2


async def test_an_answer_under_way_at_a_purge_is_not_kept(folder: Path) -> None:
    go = asyncio.Event()

    async def waits(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await go.wait()
        writer.write(ANSWER)

    async with running(folder, Workers(waits)) as path:
        client = FaceClient(path)
        asked = asyncio.ensure_future(client.find(PICTURE))
        await asyncio.sleep(0.05)
        client.purge()
        go.set()
        await asked
        assert client.cached_bytes == 0


async def test_a_dead_worker_is_forgiven_once(folder: Path) -> None:
    workers = Workers(dies, says(ANSWER))
    async with running(folder, workers) as path:
        assert len((await FaceClient(path).find(PICTURE)).faces) == 1
    assert workers.asked == 2


OUTAGES = [
    pytest.param(Workers(dies), FacesUnavailableError, "no face worker took the picture", id="no worker lives"),
    pytest.param(Workers(says(wire.STARTED)), UnscreenableError, "failed twice", id="the picture kills every worker"),
    pytest.param(Workers(says(ANSWER[:-5])), UnscreenableError, "failed twice", id="half an answer is none"),
    pytest.param(Workers(hangs), FacesUnavailableError, "no face worker was free within 0.3 s", id="nobody is free"),
    pytest.param(Workers(starts_and_hangs), UnscreenableError, "could not be examined within 0.3 s", id="the picture takes too long"),
]


@pytest.mark.parametrize(("workers", "error", "message"), OUTAGES)
async def test_what_cannot_be_answered_is_never_an_empty_answer(
    folder: Path, workers: Workers, error: type[Exception], message: str
) -> None:
    async with running(folder, workers) as path:
        client = FaceClient(path, timeout_s=0.3)
        with pytest.raises(error, match=message):
            await client.find(PICTURE)
    assert client.waiting == 0


async def test_an_error_of_the_worker_is_raised_and_not_asked_again(folder: Path) -> None:
    workers = Workers(says(wire.STARTED + wire.dump_error(TooLargeError("9 frames", "image[0]"))))
    async with running(folder, workers) as path:
        with pytest.raises(TooLargeError, match="9 frames"):
            await FaceClient(path).find(PICTURE)
    assert workers.asked == 1


async def test_nobody_listens(folder: Path) -> None:
    client = FaceClient(folder / "nothing.sock")
    with pytest.raises(FacesUnavailableError, match="cannot be reached"):
        await client.find(PICTURE)
    assert not await client.alive()


async def test_one_more_than_the_queue_holds_is_turned_away_at_once(folder: Path) -> None:
    async with running(folder, Workers(hangs)) as path:
        client = FaceClient(path, queue=2, timeout_s=5)
        waiting = [asyncio.ensure_future(client.find(Picture("x", bytes([k]), "png", 1, 1))) for k in range(2)]
        await asyncio.sleep(0.05)
        with pytest.raises(FacesUnavailableError, match="2 pictures are already waiting"):
            await client.find(PICTURE)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        assert client.waiting == 0


async def test_a_cancelled_request_hangs_up(folder: Path) -> None:
    gone = asyncio.Event()

    async def watches(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()
        gone.set()

    async with running(folder, Workers(watches)) as path:
        asked = asyncio.ensure_future(FaceClient(path).find(PICTURE))
        await asyncio.sleep(0.05)
        asked.cancel()
        async with asyncio.timeout(2):
            await gone.wait()


async def test_alive_when_a_worker_answers(folder: Path) -> None:
    async with running(folder, Workers(says(wire.STARTED + wire.LENGTH.pack(10) + b'{"size":0}'))) as path:
        assert await FaceClient(path).alive()


def test_the_gateway_loads_no_model_and_no_decoder() -> None:
    """A worker's memory is for requests: client and gallery need numpy only."""
    script = (
        "import sys; from guard.faceworker import FaceClient, serve; from guard.match.faces import FaceGallery;"
        "print([m for m in ('_dlib_pybind11', 'dlib', 'PIL', 'scipy', 'onnxruntime') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout.strip() == "[]"
