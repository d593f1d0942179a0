"""The views of a picture in which a face may be seen: each frame as stored, and where it is transparent also as it looks on white."""

import io
from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageOps, ImageSequence

from guard.errors import TooLargeError, UnscreenableError
from guard.faceworker.detect import Pixels
from guard.types import Picture


def seen_as(picture: Picture, *, max_pixels: int, max_frames: int) -> Iterator[tuple[int, str, Pixels]]:
    """Frame number, `""` or `on white`, and RGB pixels, after EXIF orientation.

    Raises:
        UnscreenableError: the bytes cannot be decoded to the end.
        TooLargeError: more frames or pixels than allowed.
    """
    try:
        with Image.open(io.BytesIO(picture.data), formats=(picture.format.upper(),)) as opened:
            frames = getattr(opened, "n_frames", 1)
            if frames > max_frames:
                raise TooLargeError(f"{frames} frames; at most {max_frames} can be examined", picture.where)
            if opened.width * opened.height * frames > max_pixels:
                raise TooLargeError(
                    f"{opened.width} x {opened.height} pixels in {frames} frames; at most {max_pixels} can be examined", picture.where
                )
            for number, frame in enumerate(ImageSequence.Iterator(opened)):
                upright = ImageOps.exif_transpose(frame)
                if upright.has_transparency_data:
                    rgba = np.asarray(upright.convert("RGBA"))
                    yield number, "", np.ascontiguousarray(rgba[:, :, :3])
                    yield number, "on white", _on_white(rgba)
                else:
                    yield number, "", np.asarray(upright.convert("RGB"))
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as broken:
        raise UnscreenableError(f"the picture cannot be decoded: {broken}", picture.where) from broken


def _on_white(rgba: np.ndarray[tuple[int, int, int], np.dtype[np.uint8]]) -> Pixels:
    alpha = rgba[:, :, 3:].astype(np.uint16)
    mixed = (rgba[:, :, :3] * alpha + 255 * (255 - alpha)) // 255
    return np.ascontiguousarray(mixed.astype(np.uint8))
