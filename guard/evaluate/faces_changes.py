"""What a caller may do to a photo before sending it."""

import io
from collections.abc import Callable, Mapping

from PIL import Image, ImageFilter, ImageOps

_SMOOTH = Image.Resampling.BICUBIC


def _saved(image: Image.Image, quality: int = 95) -> bytes:
    held = io.BytesIO()
    image.save(held, "JPEG", quality=quality)
    return held.getvalue()


def _face_of_64(image: Image.Image) -> Image.Image:
    """Photos of the usual crop show the head at about half their width, so 64 pixels of face are 128 of photo."""
    return image.resize((128, round(128 * image.height / image.width)), Image.Resampling.LANCZOS)


def _on_a_page(image: Image.Image) -> Image.Image:
    page = Image.new("RGB", (1024, 1024), (200, 205, 210))
    page.paste(image.resize((300, 300), _SMOOTH), (620, 90))
    return page


AS_IT_IS = "as it is"
CHANGES: Mapping[str, Callable[[Image.Image], bytes]] = {
    AS_IT_IS: lambda image: _saved(image),
    "turned by 90 degrees": lambda image: _saved(image.transpose(Image.Transpose.ROTATE_90)),
    "turned by 180 degrees": lambda image: _saved(image.transpose(Image.Transpose.ROTATE_180)),
    "turned by 45 degrees": lambda image: _saved(image.rotate(45, _SMOOTH, expand=True)),
    "mirrored": lambda image: _saved(ImageOps.mirror(image)),
    "grey": lambda image: _saved(image.convert("L").convert("RGB")),
    "JPEG quality 20": lambda image: _saved(image, 20),
    "JPEG quality 20 at 400 px": lambda image: _saved(image.resize((400, round(400 * image.height / image.width)), _SMOOTH), 20),
    "face of 64 px": lambda image: _saved(_face_of_64(image)),
    "300 px in a page of 1024": lambda image: _saved(_on_a_page(image)),
    "dark": lambda image: _saved(image.point(lambda value: round(value * 0.3))),
    "blurred, radius 2": lambda image: _saved(image.filter(ImageFilter.GaussianBlur(2))),
    "blurred, radius 4": lambda image: _saved(image.filter(ImageFilter.GaussianBlur(4))),
    "bar over the eyes": lambda image: _saved(_barred(image)),
}

HARDLY = frozenset(
    {"turned by 90 degrees", "turned by 180 degrees", "mirrored", "grey", "JPEG quality 20", "JPEG quality 20 at 400 px", "face of 64 px"}
)
"""Ways in which a picture is sent every day; a search must bear them."""


def _barred(image: Image.Image) -> Image.Image:
    copy = image.copy()
    width, height = copy.size
    copy.paste((0, 0, 0), (round(0.2 * width), round(0.36 * height), round(0.8 * width), round(0.5 * height)))
    return copy


def changed(photo: bytes, change: Callable[[Image.Image], bytes]) -> bytes:
    """The photo, as it is shown, with one of `CHANGES` done to it."""
    with Image.open(io.BytesIO(photo)) as opened:
        return change(ImageOps.exif_transpose(opened).convert("RGB"))
