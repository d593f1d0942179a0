"""A video becomes its frames, all of them, in a process that may not take much."""

import io

import numpy as np
import pytest
from PIL import Image

from guard.errors import UnscreenableError
from guard.film import FilmLimits, Films
from tests.guard.films import clip

COLOURS = [(250, 0, 0), (0, 250, 0), (0, 0, 250), (250, 250, 0), (0, 0, 0), (250, 250, 250)]
VIDEO = clip([Image.new("RGB", (64, 48), colour) for colour in COLOURS])
NOISE = clip([Image.fromarray(np.random.default_rng(n).integers(0, 255, (64, 64, 3), dtype=np.uint8)) for n in range(12)])


def colour(jpeg: bytes) -> tuple[int, ...]:
    with Image.open(io.BytesIO(jpeg)) as image:
        return tuple(round(channel / 250) * 250 for channel in image.getpixel((32, 24)))  # type: ignore[union-attr]


async def test_every_frame_in_order() -> None:
    frames = await Films().frames(VIDEO, "content")
    assert [(colour(frame.data), frame.where, frame.format, frame.width, frame.height) for frame in frames] == [
        (each, f"content.frame[{n}]", "jpeg", 64, 48) for n, each in enumerate(COLOURS)
    ]


async def test_some_frames_of_each_second() -> None:
    frames = await Films(FilmLimits(per_s=2)).frames(VIDEO, "content")
    assert [colour(frame.data) for frame in frames] == COLOURS[::2]


HURT = NOISE[: len(NOISE) // 2] + bytes(2_000) + NOISE[len(NOISE) // 2 + 2_000 :]
BAD = [
    pytest.param(b"", FilmLimits(), "cannot be looked at", id="nothing"),
    pytest.param(b"no video" * 100, FilmLimits(), "Invalid data", id="garbage"),
    pytest.param(NOISE[: len(NOISE) // 2], FilmLimits(), "cannot be looked at", id="cut short"),
    pytest.param(HURT, FilmLimits(), "cannot be looked at", id="damaged inside"),
    pytest.param(VIDEO, FilmLimits(frames=5), "more than 5 frames", id="too many frames"),
    pytest.param(VIDEO, FilmLimits(frames_bytes=2_000), "too large", id="too large frames"),
    pytest.param(VIDEO, FilmLimits(total_s=0.01), "within 0.01 s", id="too slow"),
    pytest.param(VIDEO, FilmLimits(memory_bytes=1_000_000), "cannot be looked at", id="too much memory"),
]


@pytest.mark.parametrize(("video", "limits", "why"), BAD)
async def test_what_cannot_be_taken_apart_is_refused(video: bytes, limits: FilmLimits, why: str) -> None:
    with pytest.raises(UnscreenableError, match=why) as refused:
        await Films(limits).frames(video, "content")
    assert refused.value.where == "content"


async def test_without_the_extra_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UnscreenableError, match=r"likeness-guard\[video\]"):
        await Films().frames(VIDEO, "content")
