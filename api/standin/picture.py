"""Placeholder pictures: a plain colour that follows from the prompt, with the prompt written on it. Deterministic."""

import hashlib
import io
import re
import textwrap
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont

DEFAULT_SIDE_PX = 256
MAX_SIDE_PX = 2048
FORMATS = {"png": "PNG", "jpeg": "JPEG", "webp": "WEBP", "gif": "GIF"}
_SIZE = re.compile(r"([1-9]\d{0,4})x([1-9]\d{0,4})")


def dimensions(size: str | None) -> tuple[int, int]:
    """Width and height of a `WxH` size, each at most MAX_SIDE_PX; a small square for `auto` and anything else."""
    found = _SIZE.fullmatch(size or "")
    if found is None:
        return DEFAULT_SIDE_PX, DEFAULT_SIDE_PX
    return min(int(found[1]), MAX_SIDE_PX), min(int(found[2]), MAX_SIDE_PX)


@lru_cache(maxsize=256)
def draw(prompt: str, width: int, height: int, output_format: str, ordinal: int = 0) -> bytes:
    """An encoded picture of the wanted dimensions; `ordinal` tells the pictures of one answer apart."""
    digest = hashlib.sha256(f"{ordinal}:{prompt}".encode(errors="replace")).digest()
    image = Image.new("RGB", (width, height), (160 + digest[0] % 96, 160 + digest[1] % 96, 160 + digest[2] % 96))
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, width - 1, height - 1), outline=(90, 90, 90), width=max(1, width // 128))
    font_px = max(8, width // 20)
    columns = max(8, int(width / (font_px * 0.55)) - 2)
    pen.text((font_px, font_px), "stand-in picture", fill=(90, 90, 90), font=_font(font_px))
    pen.multiline_text((font_px, 3 * font_px), "\n".join(textwrap.wrap(prompt, columns)[:12]), fill=(20, 20, 20), font=_font(font_px))
    written = io.BytesIO()
    image.save(written, FORMATS[output_format])
    return written.getvalue()


@lru_cache(maxsize=16)
def _font(size_px: int) -> ImageFont.ImageFont | ImageFont.FreeTypeFont:
    return ImageFont.load_default(size_px)
