"""From the bytes of a picture file to what is in it, with every byte accounted for (docs/adr/0010-pictures-as-sent.md).

A file that passes is forwarded as it is, so nothing may hide in it: unknown chunks, trailing bytes and second formats are
refused; text in its metadata is screened as text; pictures in its metadata (thumbnails, previews, further views) are
screened as pictures.
"""

import base64
import binascii
import html
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec

from guard.errors import TooLargeError, UnscreenableError
from guard.extract import container_avif, container_gif, container_heif, container_jpeg, container_png, container_webp
from guard.extract.base import Limits
from guard.extract.layout import MOST_METADATA_BYTES, Layout, UnaccountedError, need
from guard.types import Picture, Text

_READERS: dict[str, Callable[[bytes, int], Layout]] = {
    "png": container_png.read,
    "jpeg": container_jpeg.read,
    "webp": container_webp.read,
    "gif": container_gif.read,
    "avif": container_avif.read,
    "heif": container_heif.read,
}
_OTHERS = (
    (b"%PDF", "PDF"), (b"PK\x03\x04", "zip"), (b"II*\0", "TIFF"), (b"MM\0*", "TIFF"), (b"BM", "BMP"), (b"<svg", "SVG"), (b"<?xml", "SVG or XML"),
    (b"8BPS", "PSD"), (b"\0\0\1\0", "icon"), (b"\xff\x0a", "JPEG XL"), (b"\0\0\0\x0cJXL ", "JPEG XL"), (b"\0\0\0\x0cjP  ", "JPEG 2000"),
)  # fmt: skip
_PICTURE_INSIDE = re.compile(rb"\xff\xd8\xff[\xc0-\xfe]|\x89PNG\r\n\x1a\n|RIFF....WEBP|GIF8[79]a", re.DOTALL)
_UTF8_RUN = re.compile(rb"(?:[\x09\x0a\x0d\x20-\x7e]|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}){4,}")
_UTF16_RUN = re.compile(rb"(?:[\x20-\xff]\x00|[\x00-\xff][\x01-\x06\x0e]){4,}")
_BASE64_IN_XMP = re.compile(r"[A-Za-z0-9+/][A-Za-z0-9+/\s]{255,}={0,2}")
_LARGEST_METADATA_TEXT = 400_000
HEIF_IS_READ = find_spec("pi_heif") is not None
"""Whether the face workers have a decoder for it (the extra `heif`)."""

_DEEPEST = 3


@dataclass(frozen=True, slots=True)
class Contents:
    """A picture, the pictures inside its file, and the texts inside its file."""

    picture: Picture
    inner: tuple[Picture, ...] = ()
    texts: tuple[Text, ...] = ()


def sniff(head: bytes) -> str | None:
    """The format that a file's first bytes say, among those that are looked at."""
    if head.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head[:6] in (b"GIF87a", b"GIF89a"):
        return "gif"
    if head[4:8] == b"ftyp":
        return "avif" if head[8:12] in (b"avif", b"avis") else "heif" if head[8:12] in (b"heic", b"heix") else None
    return None


def inspect(data: bytes, where: str, limits: Limits, depth: int = 0) -> Contents:
    """What a picture file holds.

    Raises:
        UnscreenableError: not one of the formats that are read, cut short, or with bytes that are not accounted for.
        TooLargeError: more pixels or frames than `limits` allow, known before anything is decoded.
    """
    found = sniff(data[:16])
    if found == "heif" and not HEIF_IS_READ:
        raise UnscreenableError("This is HEIC, which this gateway does not read; pictures must be PNG, JPEG, WebP, GIF or AVIF.", where)
    if found is None:
        other = next((name for magic, name in _OTHERS if data.startswith(magic)), "heic" if data[4:8] == b"ftyp" else "no picture")
        raise UnscreenableError(f"This is {other}; pictures must be PNG, JPEG, WebP, GIF or AVIF.", where)
    try:
        return _contents(data, found, where, limits, depth)
    except UnaccountedError as error:
        if error.where is not None:
            raise
        raise UnaccountedError(f"{error} Save the picture anew and try again.", where) from error
    except (IndexError, struct.error) as error:  # a length or an offset that points outside of the file
        raise UnaccountedError(f"The {found.upper()} is cut short or contradicts itself.", where) from error


def _contents(data: bytes, found: str, where: str, limits: Limits, depth: int) -> Contents:
    need(depth < _DEEPEST, "The picture has pictures inside pictures inside pictures.")
    layout = _READERS[found](data, 0)
    size = sum(len(blob) for _, blob in layout.metadata) + sum(len(text) for _, text in layout.texts)
    if size > MOST_METADATA_BYTES:
        raise TooLargeError(f"The picture has {size} bytes of metadata; at most {MOST_METADATA_BYTES} are looked at.", where)
    behind = data[layout.end :]
    need(not behind or layout.appended, f"The {found.upper()} has {len(behind)} bytes behind its end.")
    _check_size(layout, where, limits)
    inner: list[Picture] = []
    texts = [Text(f"{where}.{name}", text) for name, text in layout.texts if text]
    for name, blob in layout.pictures:
        _take(blob, f"{where}.{name}", limits, depth, inner, texts)
    for name, blob in layout.metadata:
        _look_into(name, blob, where, limits, depth, inner, texts)
    if behind:
        _appended(behind, where, limits, depth, inner, texts)
    picture = Picture(where, data, found, layout.width, layout.height, layout.frames)
    return Contents(picture, tuple(inner), tuple(texts))


def _check_size(layout: Layout, where: str, limits: Limits) -> None:
    if not layout.width or not layout.height:
        raise UnaccountedError("The picture has no width or no height.", where)
    if layout.frames > limits.max_frames:
        raise TooLargeError(f"The picture has {layout.frames} frames; at most {limits.max_frames} are looked at.", where)
    if layout.width * layout.height * layout.frames > limits.max_pixels:
        raise TooLargeError(
            f"The picture has {layout.width} x {layout.height} pixels in {layout.frames} frames; at most {limits.max_pixels} pixels are looked at.",
            where,
        )


def _look_into(name: str, blob: bytes, where: str, limits: Limits, depth: int, inner: list[Picture], texts: list[Text]) -> None:
    """Screen what a piece of metadata carries: pictures in it as pictures, readable runs as one text."""
    kept: list[bytes] = []
    position = 0
    for start in _pictures_inside(blob):
        if start < position:
            continue
        end = _end_of_picture(blob, start, where)
        _take(blob[start:end], f"{where}.{name}", limits, depth, inner, texts)
        kept.append(blob[position:start])
        position = end
    kept.append(blob[position:])
    if name != "icc":
        rest = b"\n".join(kept)
        text = _readable(rest, name)
        if name == "xmp":
            text = _xmp_pictures(text, where, limits, depth, inner, texts)
        if len(text) > _LARGEST_METADATA_TEXT:
            raise TooLargeError(f"The {name} metadata holds more than {_LARGEST_METADATA_TEXT} characters of text.", where)
        if text:
            texts.append(Text(f"{where}.{name}", text))


def _pictures_inside(blob: bytes) -> list[int]:
    """Where pictures begin. Four bytes look like a JPEG once in 70 MB of noise, so its first segment must be followed by another."""
    starts: list[int] = []
    for found in _PICTURE_INSIDE.finditer(blob):
        start = found.start()
        following = start + 4 + int.from_bytes(blob[start + 4 : start + 6])
        if not found.group().startswith(b"\xff\xd8") or blob[following : following + 1] == b"\xff":
            starts.append(start)
    return starts


def _end_of_picture(blob: bytes, start: int, where: str) -> int:
    found = sniff(blob[start : start + 16])
    try:
        return _READERS[found or "jpeg"](blob, start).end
    except UnaccountedError as error:
        raise UnaccountedError(f"There is a broken picture in the metadata. {error}", where) from error


def _readable(blob: bytes, name: str) -> str:
    runs = [run.decode("utf-8", "replace") for run in _UTF8_RUN.findall(blob)]
    if name != "xmp":
        runs += [run.decode("utf-16-le", "replace") for run in _UTF16_RUN.findall(blob)]
    return html.unescape("\n".join(runs)) if name == "xmp" else "\n".join(runs)


def _xmp_pictures(text: str, where: str, limits: Limits, depth: int, inner: list[Picture], texts: list[Text]) -> str:
    """XMP without the base64 pictures in it (thumbnails of editors, depth maps of phones), which are screened."""

    def take(run: re.Match[str]) -> str:
        packed = re.sub(r"\s", "", run.group())
        try:
            data = base64.b64decode(packed[: len(packed) // 4 * 4] if "=" not in packed else packed, validate=True)
        except (binascii.Error, ValueError):
            return run.group()
        if sniff(data[:16]) is None:
            need(len(packed) < 4096, "The XMP metadata holds packed bytes that are no picture.")
            return run.group()
        _take(data[: _end_of_picture(data, 0, where)], f"{where}.xmp", limits, depth, inner, texts)
        return ""

    return _BASE64_IN_XMP.sub(take, text)


def _take(data: bytes, where: str, limits: Limits, depth: int, inner: list[Picture], texts: list[Text]) -> None:
    """Screen a picture that lies inside of another one's file."""
    if len(inner) >= limits.max_pictures:
        raise TooLargeError(f"The picture's file holds more than {limits.max_pictures} further pictures.", where)
    contents = inspect(data, where, limits, depth + 1)
    inner += (contents.picture, *contents.inner)
    texts += contents.texts


def _appended(behind: bytes, where: str, limits: Limits, depth: int, inner: list[Picture], texts: list[Text]) -> None:
    """Pictures that an MPF index announces behind the first one: whole JPEGs with nothing but zeros between."""
    position = 0
    while position < len(behind):
        if behind[position : position + 3] == b"\xff\xd8\xff":
            end = _end_of_picture(behind, position, where)
            _take(behind[position:end], f"{where}.mpf[{len(inner)}]", limits, depth, inner, texts)
            position = end
        else:
            start = behind.find(b"\xff\xd8\xff", position)
            gap = behind[position : start if start >= 0 else len(behind)]
            need(not gap.strip(b"\0"), f"The JPEG has {len(gap)} bytes behind its end.")
            position += len(gap)
