"""One set of models for all tests of this room, and pictures that are always there."""

import io
from collections.abc import Callable

import pytest
from PIL import Image
from skimage.data import astronaut

from guard.faceworker.look import Looker
from guard.types import Picture


@pytest.fixture(scope="session")
def looker() -> Looker:
    return Looker(max_pixels=20_000_000, max_frames=8, time_s=60)


@pytest.fixture(scope="session")
def portrait() -> Image.Image:
    """Eileen Collins (NASA, public domain), head and shoulders, 256 x 256."""
    return Image.fromarray(astronaut()).crop((96, 0, 352, 256))


@pytest.fixture(scope="session")
def encoded() -> Callable[[Image.Image], Picture]:
    """A picture as PNG."""

    def png(image: Image.Image) -> Picture:
        held = io.BytesIO()
        image.save(held, "PNG")
        return Picture("image[0]", held.getvalue(), "png", image.width, image.height)

    return png
