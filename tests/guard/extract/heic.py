"""HEIC files box by box, so that tests can say in them what no camera would. The coding is x265's, by PyAV (the extra `video`)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from struct import pack

import av
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]


def box(kind: bytes, body: bytes) -> bytes:
    return pack(">I", len(body) + 8) + kind + body


def units(pixels: Pixels) -> list[bytes]:
    """The units of one coded picture, parameters first."""
    height, width = pixels.shape[:2]
    coder = av.CodecContext.create("libx265", "w")
    coder.width, coder.height, coder.pix_fmt, coder.time_base = width, height, "yuv420p", Fraction(1, 25)
    coder.options = {"x265-params": "keyint=1:info=0:log-level=none:repeat-headers=1:crf=4:pools=none:frame-threads=1"}
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24").reformat(format="yuv420p")
    stream = b"".join(bytes(packet) for packet in (*coder.encode(frame), *coder.encode(None)))
    return [unit for unit in re.split(rb"\x00\x00\x00?\x01", stream) if unit]


def kind_of(unit: bytes) -> int:
    return unit[0] >> 1 & 63


def configuration(parameters: Sequence[bytes]) -> bytes:
    """`hvcC` of parameter units."""
    sps = next(unit for unit in parameters if kind_of(unit) == 33).replace(b"\0\0\3", b"\0\0")
    arrays = b"".join(pack(">BHH", 0x80 | kind_of(unit), 1, len(unit)) + unit for unit in parameters)
    return b"\1" + sps[3:15] + b"\xf0\0\xfc\xfd\xf8\xf8\0\0\x0f" + bytes([len(parameters)]) + arrays


def sized(*unit: bytes) -> bytes:
    """Units, each after its length."""
    return b"".join(pack(">I", len(one)) + one for one in unit)


@dataclass
class Item:
    """One item of a file; `to` are references (kind, to which items)."""

    kind: bytes
    body: bytes
    properties: list[tuple[bytes, bytes]] = field(default_factory=list)
    to: list[tuple[bytes, list[int]]] = field(default_factory=list)
    hidden: bool = False


def extent(width: int, height: int) -> tuple[bytes, bytes]:
    return b"ispe", bytes(4) + pack(">II", width, height)


def drawn(
    pixels: Pixels, to: Sequence[tuple[bytes, list[int]]] = (), more: Sequence[tuple[bytes, bytes]] = (), hidden: bool = False
) -> Item:
    """A picture as an item."""
    parts = units(pixels)
    parameters = [unit for unit in parts if kind_of(unit) in (32, 33, 34)]
    shown = [unit for unit in parts if kind_of(unit) < 32]
    size = extent(pixels.shape[1], pixels.shape[0])
    return Item(b"hvc1", sized(*shown), [(b"hvcC", configuration(parameters)), size, *more], list(to), hidden)


def grid(rows: int, columns: int, width: int, height: int, tiles: list[int]) -> Item:
    """A grid of items."""
    return Item(b"grid", pack(">BBBBHH", 0, 0, rows - 1, columns - 1, width, height), [extent(width, height)], [(b"dimg", tiles)])


def built(items: Sequence[Item], primary: int = 1, brand: bytes = b"heic", more: bytes = b"") -> bytes:
    """The file of items, numbered from 1; `more` are boxes at the end of `meta`."""
    properties: list[tuple[bytes, bytes]] = []
    for item in items:
        properties += [one for one in item.properties if one not in properties]
    entries = b"".join(box(b"infe", pack(">BBHHH", 2, 0, item.hidden, no, 0) + item.kind + b"\0") for no, item in enumerate(items, 1))
    owned = b"".join(
        pack(">HB", no, len(item.properties)) + bytes(0x80 | (properties.index(one) + 1) for one in item.properties)
        for no, item in enumerate(items, 1)
    )
    references = b"".join(box(kind, pack(f">HH{len(to)}H", no, len(to), *to)) for no, item in enumerate(items, 1) for kind, to in item.to)

    def meta(at: int) -> bytes:
        places = b""
        for no, item in enumerate(items, 1):
            places += pack(">HHHII", no, 0, 1, at, len(item.body))
            at += len(item.body)
        return box(
            b"meta",
            bytes(4)
            + box(b"hdlr", bytes(8) + b"pict" + bytes(13))
            + box(b"pitm", bytes(4) + pack(">H", primary))
            + box(b"iloc", bytes(4) + b"\x44\0" + pack(">H", len(items)) + places)
            + box(b"iinf", bytes(4) + pack(">H", len(items)) + entries)
            + (box(b"iref", bytes(4) + references) if references else b"")
            + box(
                b"iprp",
                box(b"ipco", b"".join(box(kind, body) for kind, body in properties))
                + box(b"ipma", bytes(4) + pack(">I", len(items)) + owned),
            )
            + more,
        )

    head = box(b"ftyp", brand + bytes(4) + b"mif1" + brand)
    return head + meta(len(head) + len(meta(0)) + 8) + box(b"mdat", b"".join(item.body for item in items))


def scene_pixels(seed: int, width: int = 96, height: int = 64) -> Pixels:
    """A picture of soft spots, which the coding hardly changes."""
    random = np.random.default_rng(seed)
    coarse = random.integers(40, 216, (height // 16, width // 16)).astype(np.uint8)
    return np.repeat(np.repeat(np.repeat(coarse[:, :, None], 3, 2), 16, 0), 16, 1)
