"""From a picture's bytes to the pixels that somebody may see, in every way in which readers differ.

Sizes and frames were checked by `containers` before anything is decoded here. Runs in the face workers.
"""

import io
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile, ImageOps

from guard.errors import UnscreenableError
from guard.types import Picture

Pixels = NDArray[np.uint8]
_ORIENTATION = 0x0112
# What Pillow and the libraries below it were seen to raise on mangled files, or say in their source that they raise.
_DECODER_ERRORS = (
    OSError, SyntaxError, ValueError, EOFError, RuntimeError, IndexError, KeyError, TypeError, OverflowError, struct.error, zlib.error,
    Image.DecompressionBombError,
)  # fmt: skip
_SIXTEEN_BITS = frozenset({"I", "I;16", "I;16B", "I;16L", "I;16N"})


@dataclass(frozen=True, slots=True)
class Frame:
    """One way to see one frame: `pixels` has shape (height, width, 3), RGB, C-contiguous.

    `view` is `as shown`, or what is different: `without alpha`, `alpha`, `clipped`, each maybe with ` as stored` (EXIF
    orientation not applied).
    """

    index: int
    view: str
    pixels: Pixels


def frames(picture: Picture) -> Iterator[Frame]:
    """Every frame of a picture in every view that shows something; views without any contrast are left out.

    Transparent pictures are shown on white, with their colours alone, and as their alpha channel alone; turned ones as
    shown and as stored; 16-bit grey scaled and clipped.

    Raises:
        UnscreenableError: the pixels cannot be decoded, wholly and as the container promised.
    """
    if ImageFile.LOAD_TRUNCATED_IMAGES:
        raise RuntimeError("something in this process switched on Pillow's LOAD_TRUNCATED_IMAGES; cut pictures would pass")
    if picture.format == "heif":
        _open_heif()
    try:
        with Image.open(io.BytesIO(picture.data), formats=[picture.format.upper()]) as image:
            _check(image, picture)
            for index in range(picture.frames):
                if picture.frames > 1:
                    image.seek(index)
                image.load()
                yield from _views(image, index)
    except _DECODER_ERRORS as error:
        raise UnscreenableError(f"The picture cannot be decoded: {error}.", picture.where) from error


@cache
def _open_heif() -> None:
    """Teach Pillow to read HEIC, main pictures alone (further ones come as pictures of their own), on one thread."""
    try:
        import pi_heif
    except ImportError as missing:
        raise UnscreenableError("HEIC is not read here: the extra `heif` is not installed.") from missing
    pi_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False, decode_threads=1)


def _check(image: Image.Image, picture: Picture) -> None:
    turned = (picture.height, picture.width)  # these turn by a property of the file, which Pillow applies
    if image.size != (picture.width, picture.height) and not (picture.format in ("avif", "heif") and image.size == turned):
        raise UnscreenableError(f"The picture decodes to {image.size}, which is not what its header says.", picture.where)
    count = getattr(image, "n_frames", 1)
    if picture.format != "jpeg" and count != picture.frames:  # further pictures of a JPEG (MPF) were taken out as pictures of their own
        raise UnscreenableError(f"The picture decodes to {count} frames and holds {picture.frames}.", picture.where)


def _views(image: Image.Image, index: int) -> Iterator[Frame]:
    turned = image.getexif().get(_ORIENTATION, 1) not in (0, 1)
    for name, flat in _flat(image):
        if _is_plain(flat):
            continue
        if turned:
            upright = ImageOps.exif_transpose(_with_orientation(flat, image))
            yield Frame(index, name, np.ascontiguousarray(np.asarray(upright, dtype=np.uint8)))
        yield Frame(index, f"{name} as stored" if turned else name, np.ascontiguousarray(np.asarray(flat, dtype=np.uint8)))


def _is_plain(flat: Image.Image) -> bool:
    return all(isinstance(extreme, tuple) and extreme[0] == extreme[1] for extreme in flat.getextrema())


def _with_orientation(flat: Image.Image, image: Image.Image) -> Image.Image:
    exif = Image.Exif()
    exif[_ORIENTATION] = image.getexif()[_ORIENTATION]
    copy = flat.copy()
    copy.info = {"exif": exif.tobytes()}
    return copy


def _flat(image: Image.Image) -> Iterator[tuple[str, Image.Image]]:
    """(view, RGB image) of one decoded frame."""
    if image.mode in _SIXTEEN_BITS:
        values = np.asarray(image).astype(np.int64)
        yield "as shown", _grey(np.clip(values // 257, 0, 255))
        if values.max(initial=0) > 255 and values.min(initial=0) < 255:
            yield "clipped", _grey(np.clip(values, 0, 255))
        elif values.max(initial=0) <= 255:
            yield "clipped", _grey(values)
        return
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        full = image.convert("RGBA")
        alpha = full.getchannel("A")
        colours = full.convert("RGB")
        if alpha.getextrema() == (255, 255):
            yield "as shown", colours
            return
        white = Image.new("RGB", full.size, "white")
        white.paste(colours, mask=alpha)
        yield "as shown", white
        yield "without alpha", colours
        yield "alpha", alpha.convert("RGB")
        return
    yield "as shown", image if image.mode == "RGB" else image.convert("RGB")


def _grey(values: NDArray[np.int64]) -> Image.Image:
    return Image.fromarray(values.astype(np.uint8)).convert("RGB")
