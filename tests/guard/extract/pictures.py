"""Pictures for the tests: small, drawn, nobody's."""

import io
import zlib
from struct import pack

from PIL import Image


def drawn(fmt: str = "png", size: tuple[int, int] = (24, 16), mode: str = "RGB", **options: object) -> bytes:
    """A picture of noise in a format."""
    image = Image.effect_noise(size, 60)
    picture = image.convert("RGB")
    if mode == "RGBA":
        picture.putalpha(image)
    elif mode != "RGB":
        picture = picture.convert(mode)
    return saved(picture, fmt, **options)


def saved(picture: Image.Image, fmt: str, **options: object) -> bytes:
    """The bytes of a picture."""
    out = io.BytesIO()
    picture.save(out, fmt, **options)  # type: ignore[arg-type]
    return out.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    """A PNG chunk with its right checksum."""
    return pack(">I", len(body)) + kind + body + pack(">I", zlib.crc32(kind + body))


def with_chunk(png: bytes, kind: bytes, body: bytes) -> bytes:
    """The PNG with a chunk more, before its image data."""
    at = png.index(b"IDAT") - 4
    return png[:at] + chunk(kind, body) + png[at:]


def with_segment(jpeg: bytes, marker: int, body: bytes) -> bytes:
    """The JPEG with a segment more, at its start."""
    return jpeg[:2] + bytes([0xFF, marker]) + pack(">H", len(body) + 2) + body + jpeg[2:]


def with_riff(webp: bytes, kind: bytes, body: bytes) -> bytes:
    """The WebP with a chunk more, at its end."""
    grown = webp[8:] + kind + pack("<I", len(body)) + body + b"\0" * (len(body) % 2)
    return b"RIFF" + pack("<I", len(grown)) + grown


def with_box(avif: bytes, kind: bytes, body: bytes) -> bytes:
    """The AVIF with a box more, at its end."""
    return avif + pack(">I", len(body) + 8) + kind + body


def mended(data: bytes) -> bytes:
    """A PNG with right checksums: without them no mutant comes past the first."""
    png, at = bytearray(data), 8
    while data.startswith(b"\x89PNG\r\n\x1a\n") and at + 12 <= len(data):
        end = at + 8 + int.from_bytes(data[at : at + 4])
        if end + 4 > len(data):
            break
        png[end : end + 4] = zlib.crc32(data[at + 4 : end]).to_bytes(4)
        at = end + 4
    return bytes(png)
