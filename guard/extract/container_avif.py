"""AVIF still pictures (ISO/IEC 23008-12 in ISO/IEC 14496-12): known boxes, known items, all media bytes claimed by an item.

Sequences (`avis`), derived overlays and thumbnails are refused: they are second pictures that not every reader shows.
"""

from dataclasses import dataclass, field
from struct import Struct

from guard.extract.layout import Layout, need

_C2PA = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
_SIZE = Struct(">II")
_META = frozenset({b"hdlr", b"pitm", b"iinf", b"iloc", b"iprp", b"iref", b"idat", b"dinf"})
_PROPERTIES = frozenset(
    {b"ispe", b"pixi", b"av1C", b"colr", b"auxC", b"irot", b"imir", b"clap", b"pasp", b"clli", b"mdcv", b"lsel", b"a1op", b"a1lx"}
)


@dataclass(slots=True)
class _Meta:
    """What the `meta` box says."""

    primary: int = 0
    types: dict[int, bytes] = field(default_factory=dict)
    extents: dict[int, list[tuple[int, int, int]]] = field(default_factory=dict)
    sizes: list[tuple[int, int]] = field(default_factory=list)
    references: list[tuple[bytes, int]] = field(default_factory=list)
    idat: tuple[int, int] = (0, 0)


def read(data: bytes, start: int = 0) -> Layout:
    """The layout of the AVIF that fills `data`."""
    layout = Layout("avif", end=len(data))
    meta: _Meta | None = None
    media: list[tuple[int, int]] = []
    for kind, body, end in _boxes(data, start, len(data)):
        if kind == b"ftyp":
            need(
                body == start + 8 and b"avis" not in (data[body : body + 4], *_brands(data, body, end)), "AVIF sequences are not looked at."
            )
        elif kind == b"meta":
            need(meta is None, "The AVIF describes itself twice.")
            meta = _meta(data, body + 4, end)
        elif kind == b"mdat":
            media.append((body, end))
        elif kind == b"uuid":
            need(data[body : body + 16] == _C2PA, "The AVIF has a box that the guard does not know.")
            layout.metadata.append(("c2pa", data[body + 16 : end]))
        else:
            need(
                kind in (b"free", b"skip") and not data[body:end].strip(b"\0"), f"The AVIF has a box {kind!r} that the guard does not know."
            )
    if meta is None or not meta.sizes:
        need(False, "The AVIF does not describe its picture.")
        return layout
    _check_items(data, meta, media, layout)
    layout.width, layout.height = max(width for width, _ in meta.sizes), max(height for _, height in meta.sizes)
    return layout


def _boxes(data: bytes, position: int, end: int) -> list[tuple[bytes, int, int]]:
    """(type, start of body, end) of the boxes that fill a range."""
    found: list[tuple[bytes, int, int]] = []
    while position < end:
        need(end - position >= 8, "The AVIF ends in the middle of a box.")
        size, _ = _SIZE.unpack_from(data, position)
        kind, body = data[position + 4 : position + 8], position + 8
        if size == 1:
            need(end - position >= 16, "The AVIF ends in the middle of a box.")
            size, body = int.from_bytes(data[body : body + 8]), body + 8
        need(body - position <= size <= end - position, "The AVIF has a box of a wrong size.")
        found.append((kind, body, position + size))
        position += size
    return found


def _brands(data: bytes, body: int, end: int) -> list[bytes]:
    return [data[at : at + 4] for at in range(body + 8, end, 4)]


def _meta(data: bytes, body: int, end: int) -> _Meta:
    meta = _Meta()
    for kind, start, stop in _boxes(data, body, end):
        need(kind in _META, f"The AVIF has a box {kind!r} that the guard does not know.")
        if kind == b"pitm":
            meta.primary = int.from_bytes(data[start + 4 : stop])
        elif kind == b"iinf":
            skip = 6 if data[start] == 0 else 8
            for inner, at, _ in _boxes(data, start + skip, stop):
                need(inner == b"infe" and data[at] in (2, 3), "The AVIF lists its items in an unknown way.")
                wide = 2 if data[at] == 2 else 4
                number = int.from_bytes(data[at + 4 : at + 4 + wide])
                need(number not in meta.types, "The AVIF lists an item twice.")
                meta.types[number] = data[at + 6 + wide : at + 10 + wide]
        elif kind == b"iloc":
            _locations(data, start, stop, meta)
        elif kind == b"iprp":
            for inner, at, to in _boxes(data, start, stop):
                for name, value, value_end in _boxes(data, at, to) if inner == b"ipco" else ():
                    need(name in _PROPERTIES, f"The AVIF has a property {name!r} that the guard does not know.")
                    need(name == b"colr" or value_end - value <= 4096, f"The AVIF has a property {name!r} that is larger than it can be.")
                    if name == b"ispe":
                        width, height = _SIZE.unpack_from(data, value + 4)
                        meta.sizes.append((width, height))
        elif kind == b"iref":
            meta.references += [(inner, at) for inner, at, _ in _boxes(data, start + 4, stop)]
        elif kind == b"idat":
            meta.idat = (start, stop)
    return meta


def _locations(data: bytes, start: int, end: int, meta: _Meta) -> None:
    version = data[start]
    need(version <= 2, "The AVIF places its items in an unknown way.")
    offset_size, length_size = data[start + 4] >> 4, data[start + 4] & 15
    base_size, index_size = data[start + 5] >> 4, (data[start + 5] & 15) if version else 0
    at = start + 6

    def take(size: int) -> int:
        nonlocal at
        need(at + size <= end, "The AVIF's list of places is cut short.")
        at += size
        return int.from_bytes(data[at - size : at])

    for _ in range(take(4 if version == 2 else 2)):
        number = take(4 if version == 2 else 2)
        method = take(2) & 15 if version else 0
        need(take(2) == 0 and method in (0, 1) and number not in meta.extents, "The AVIF places its items in an unknown way.")
        base = take(base_size)
        extents: list[tuple[int, int, int]] = []
        for _ in range(take(2)):
            take(index_size)
            offset = take(offset_size)
            extents.append((method, base + offset, take(length_size)))
        meta.extents[number] = extents


def _check_items(data: bytes, meta: _Meta, media: list[tuple[int, int]], layout: Layout) -> None:
    need(meta.types.get(meta.primary) in (b"av01", b"grid"), "The AVIF's main item is no picture.")
    need(all(kind in (b"auxl", b"cdsc", b"dimg", b"prem") for kind, _ in meta.references), "The AVIF has thumbnails or derived pictures.")
    referring = {int.from_bytes(data[at : at + 2]) for kind, at in meta.references if kind == b"auxl"}
    tiles: set[int] = set()
    for kind, at in meta.references:
        if kind == b"dimg":
            count = int.from_bytes(data[at + 2 : at + 4])
            tiles |= {int.from_bytes(data[at + 4 + 2 * index : at + 6 + 2 * index]) for index in range(count)}
    claimed: list[tuple[int, int]] = []
    for number, kind in meta.types.items():
        need(kind in (b"av01", b"grid", b"Exif", b"mime"), f"The AVIF has an item {kind!r} that the guard does not know.")
        need(kind != b"av01" or number == meta.primary or number in referring or number in tiles, "The AVIF has a second picture.")
        pieces: list[bytes] = []
        for method, offset, length in meta.extents.get(number, []):
            first = offset + (meta.idat[0] if method else 0)
            claimed.append((first, first + length))
            need(first + length <= len(data), "The AVIF ends in the middle.")
            pieces.append(data[first : first + length])
        if kind in (b"Exif", b"mime"):
            layout.metadata.append(("exif" if kind == b"Exif" else "xmp", b"".join(pieces)))
    for start, end in (*media, *((meta.idat,) if meta.idat[1] else ())):
        position = start
        for first, last in sorted(claimed):
            if first <= position < last:
                position = last
        need(position >= end, "The AVIF has media bytes that belong to no item.")
