"""Asking workers, real ones and some that misbehave."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from guard.errors import SignalUnavailableError, UnscreenableError
from guard.faceworker import wire
from guard.sightworker import SightClient
from guard.types import Picture


def picture(*frames: tuple[int, int, int], side: int = 20, kind: str = "png") -> Picture:
    images = [Image.new("RGB", (side, side), "white") for _ in frames]
    for image, colour in zip(images, frames, strict=True):
        image.paste(colour, (0, 0, side, side - 1))
    out = BytesIO()
    images[0].save(out, kind, **({"save_all": True, "append_images": images[1:]} if len(frames) > 1 else {}))
    return Picture("image", out.getvalue(), kind, side, side, len(frames))


RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


@dataclass
class Pool:
    """A listening socket and the means to start workers on it."""

    path: Path
    listening: socket.socket
    environment: dict[str, str]
    children: list[subprocess.Popen[bytes]]

    def start(self) -> subprocess.Popen[bytes]:
        descriptor = self.listening.fileno()
        command = [sys.executable, "-P", "-m", "guard.processes.sight", str(descriptor), "nudity"]
        child = subprocess.Popen(command, pass_fds=[descriptor], env=self.environment)
        self.children.append(child)
        return child


@pytest.fixture
def pool(tmp_path: Path, tiny_network: Callable[..., Path]) -> Iterator[Pool]:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "s.sock"))
        listening.listen(64)
        environment = {**os.environ, "GUARD_NUDITY_MODEL": str(tiny_network()), "GUARD_MAX_IMAGE_MP": "1", "GUARD_DATA_DIR": str(tmp_path)}
        pool = Pool(tmp_path / "s.sock", listening, environment, [])
        yield pool
        for child in pool.children:
            child.kill()
            child.wait()


async def test_a_worker_answers_says_what_it_cannot_look_at_and_is_replaced(pool: Pool) -> None:
    first = pool.start()
    client = SightClient(pool.path)
    while not await client.alive():
        assert first.poll() is None
    assert (await client.look(picture(RED)))["nudity"] == pytest.approx(0.95, abs=0.06)
    assert (await client.look(picture(BLUE, RED, GREEN, kind="gif")))["nudity"] == pytest.approx(0.95, abs=0.06)
    assert (await client.look(picture(BLUE)))["nudity"] < 0.1
    with pytest.raises(UnscreenableError, match="cannot be decoded"):
        await client.look(Picture("image", b"\x89PNG\r\n\x1a\n no more", "png", 5, 5))
    with pytest.raises(UnscreenableError, match="are more than can be looked at"):
        await client.look(Picture("image", b"large", "png", 5000, 5000))
    first.send_signal(signal.SIGKILL)
    first.wait()
    second = pool.start()
    assert (await client.look(picture(RED, side=21)))["nudity"] > 0.8
    second.terminate()
    assert second.wait(10) == 0


def test_a_worker_without_its_network_says_so(tmp_path: Path) -> None:
    environment = {**os.environ, "GUARD_NUDITY_MODEL": str(tmp_path / "gone.onnx"), "GUARD_DATA_DIR": str(tmp_path)}
    with socket.socket(socket.AF_UNIX) as listening:
        command = [sys.executable, "-P", "-m", "guard.processes.sight", str(listening.fileno()), "nudity"]
        ended = subprocess.run(command, pass_fds=[listening.fileno()], env=environment, capture_output=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert b"gone.json cannot be read" in ended.stderr


class Server:
    """Answers every connection with the same bytes, after a while, and counts."""

    def __init__(self, answer: bytes = b"", wait_s: float = 0.0) -> None:
        self.answer, self.wait_s, self.asked = answer, wait_s, 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked += 1
        await asyncio.sleep(self.wait_s)
        writer.write(self.answer)
        writer.close()


FINE = wire.STARTED + wire.framed({"nudity": 0.5})


async def serving(path: Path, server: Server) -> asyncio.Server:
    return await asyncio.start_unix_server(server, str(path))


async def test_the_same_picture_is_asked_about_once_until_forgotten(tmp_path: Path) -> None:
    server, client = Server(FINE), SightClient(tmp_path / "s")
    async with await serving(tmp_path / "s", server):
        for _ in range(3):
            assert await client.look(picture(RED)) == {"nudity": 0.5}
        assert server.asked == 1
        client.purge()
        await client.look(picture(RED))
        assert server.asked == 2


async def test_an_answer_under_way_at_a_purge_is_not_kept(tmp_path: Path) -> None:
    server, client = Server(FINE, 0.2), SightClient(tmp_path / "s")
    async with await serving(tmp_path / "s", server):
        asked = asyncio.ensure_future(client.look(picture(RED)))
        await asyncio.sleep(0.05)
        client.purge()
        await asked
        await client.look(picture(RED))
        assert server.asked == 2


@pytest.mark.parametrize("answer", [b"", wire.STARTED, FINE[:-3]], ids=["nothing", "a beginning", "half"])
async def test_a_worker_that_dies_is_forgiven_once(tmp_path: Path, answer: bytes) -> None:
    server = Server(answer)
    async with await serving(tmp_path / "s", server):
        with pytest.raises(SignalUnavailableError):
            await SightClient(tmp_path / "s").look(picture(RED))
    assert server.asked == 2


async def test_nobody_there(tmp_path: Path) -> None:
    client = SightClient(tmp_path / "s")
    with pytest.raises(SignalUnavailableError):
        await client.look(picture(RED))
    assert not await client.alive()


async def test_a_worker_that_answered_lately_may_be_busy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("guard.sightworker.client._PING_TIMEOUT_S", 0.05)
    server, client = Server(FINE), SightClient(tmp_path / "s")
    async with await serving(tmp_path / "s", server):
        await client.look(picture(RED))
        server.wait_s = 0.3
        assert await client.alive()
        monkeypatch.setattr("guard.sightworker.client._BUSY_S", 0.0)
        assert not await client.alive()


async def test_too_many_pictures_are_turned_away(tmp_path: Path) -> None:
    async with await serving(tmp_path / "s", Server(FINE, 0.3)):
        client = SightClient(tmp_path / "s", queue=2)
        looks = [client.look(picture(RED, side=side)) for side in (10, 11, 12)]
        answers = await asyncio.gather(*looks, return_exceptions=True)
    assert [isinstance(answer, SignalUnavailableError) for answer in answers] == [False, False, True]


async def test_what_is_kept_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("guard.sightworker.client._KEPT", 3)
    client = SightClient(tmp_path / "s")
    async with await serving(tmp_path / "s", Server(FINE)):
        for number in range(8):
            await client.look(Picture("image", bytes([number]), "png", 1, 1))
    assert len(client._kept) == 3
