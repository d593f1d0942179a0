"""Videos of answers, taken apart into frames that are looked at as pictures are.

A video decoder is a large piece of C that reads bytes from outside, so each video gets a process of its own (`guard/film_frames.py`)
with little memory, little time and nothing in it worth stealing.
"""

import asyncio
import importlib.util
import sys
from contextlib import suppress
from dataclasses import dataclass

from guard.errors import TooLargeError, UnscreenableError
from guard.types import Picture

_HEAD = 12
"""Bytes before each frame: its length, width and height, four each, big-endian."""
_LONGEST_MESSAGE = 300


@dataclass(frozen=True, slots=True)
class FilmLimits:
    """Caps on one video.

    Args:
        frames: most frames looked at.
        per_s: frames looked at in each second of it, evenly; 0 for every frame.
        total_s: time to take it apart.
        memory_bytes: address space of the process that does it.
        frames_bytes: room for its frames, as JPEG.
    """

    frames: int = 1_000
    per_s: float = 0.0
    total_s: float = 120.0
    memory_bytes: int = 2_000_000_000
    frames_bytes: int = 400_000_000


class Films:
    """Takes videos apart, one at a time."""

    def __init__(self, limits: FilmLimits | None = None) -> None:
        self._limits = limits or FilmLimits()
        self._turn = asyncio.Lock()

    async def frames(self, video: bytes, where: str) -> tuple[Picture, ...]:
        """The frames of a video in order, as pictures.

        Raises:
            UnscreenableError: it cannot be taken apart, or not within the caps, or nothing is installed that could.
        """
        if importlib.util.find_spec("av") is None:
            raise UnscreenableError("Videos cannot be looked at here: the extra `video` is not installed (likeness-guard[video]).", where)
        async with self._turn:
            try:
                async with asyncio.timeout(self._limits.total_s):
                    return await self._taken_apart(video, where)
            except TimeoutError as late:
                raise UnscreenableError(f"The video could not be taken apart within {self._limits.total_s:g} s.", where) from late

    async def _taken_apart(self, video: bytes, where: str) -> tuple[Picture, ...]:
        limits = self._limits
        told = (limits.frames, limits.per_s, limits.memory_bytes, int(limits.total_s) + 1)
        command = (sys.executable, "-P", "-m", "guard.film_frames", *map(str, told))
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, stderr=pipe, env={})
        given, frames_out, said_out = process.stdin, process.stdout, process.stderr
        if given is None or frames_out is None or said_out is None:
            raise RuntimeError("a process without pipes")
        feeding = asyncio.ensure_future(_feed(given, video))
        saying = asyncio.ensure_future(said_out.read())
        try:
            frames = await self._read(frames_out, where)
            await feeding
            if await process.wait() != 0 or not frames:
                said = (await saying).decode("utf-8", "replace").strip().rpartition("\n")[2]
                raise UnscreenableError(f"The video cannot be looked at: {said[:_LONGEST_MESSAGE] or 'it has no frames'}.", where)
            return frames
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            feeding.cancel()
            await saying
            await process.wait()

    async def _read(self, frames: asyncio.StreamReader, where: str) -> tuple[Picture, ...]:
        read: list[Picture] = []
        room = self._limits.frames_bytes
        while True:
            try:
                head = await frames.readexactly(_HEAD)
                size, width, height = (int.from_bytes(head[start : start + 4], "big") for start in (0, 4, 8))
                data = await frames.readexactly(size)
            except asyncio.IncompleteReadError:
                return tuple(read)
            room -= size
            if room < 0 or len(read) == self._limits.frames:
                raise TooLargeError(f"The video has more than {self._limits.frames} frames to look at, or they are too large.", where)
            read.append(Picture(f"{where}.frame[{len(read)}]", data, "jpeg", width, height))


async def _feed(pipe: asyncio.StreamWriter, video: bytes) -> None:
    with suppress(BrokenPipeError, ConnectionResetError):
        pipe.write(video)
        await pipe.drain()
        pipe.close()
        await pipe.wait_closed()
