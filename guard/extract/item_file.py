"""Pictures in ISO base media files (ISO/IEC 14496-12, items of ISO/IEC 23008-12): the boxes and items that AVIF and HEIC have in common."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from struct import Struct

from guard.extract.layout import Layout, need

C2PA = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
_SIZE = Struct(">II")
_META = frozenset({b"hdlr", b"pitm", b"iinf", b"iloc", b"iprp", b"iref", b"idat", b"dinf"})
_LARGE = frozenset({b"colr", b"hvcC"})
COMMON_PROPERTIES = frozenset({b"ispe", b"pixi", b"colr", b"auxC", b"irot", b"imir", b"pasp", b"clli", b"mdcv"})


@dataclass(slots=True)
class Meta:
    """What the `meta` box says.

    `types` and `extents` (method, offset, length) are by item; `properties` are kind and body in their order, and `has` which of them
    (from 1) an item has; `references` are kind, from which item, to which.
    """

    primary: int = 0
    types: dict[int, bytes] = field(default_factory=dict)
    extents: dict[int, list[tuple[int, int, int]]] = field(default_factory=dict)
    properties: list[tuple[bytes, bytes]] = field(default_factory=list)
    has: dict[int, list[int]] = field(default_factory=dict)
    sizes: list[tuple[int, int]] = field(default_factory=list)
    references: list[tuple[bytes, int, tuple[int, ...]]] = field(default_factory=list)
    idat: tuple[int, int] = (0, 0)

    def of(self, number: int, kind: bytes) -> list[bytes]:
        """The properties of a kind that an item has."""
        mine = [self.properties[index - 1] for index in self.has.get(number, []) if 0 < index <= len(self.properties)]
        return [body for name, body in mine if name == kind]


def outline(
    data: bytes, start: int, layout: Layout, unwanted: frozenset[bytes], allowed: frozenset[bytes]
) -> tuple[Meta, list[tuple[int, int]]]:
    """The description of a file that fills `data`, and the ranges of its media; content credentials go into the layout."""
    meta: Meta | None = None
    media: list[tuple[int, int]] = []
    name = layout.format.upper()
    for kind, body, end in boxes(data, start, len(data)):
        if kind == b"ftyp":
            need(
                body == start + 8 and not unwanted & {data[body : body + 4], *_brands(data, body, end)},
                f"{name} sequences are not looked at.",
            )
        elif kind == b"meta":
            need(meta is None, f"The {name} describes itself twice.")
            meta = described(data, body + 4, end, allowed)
        elif kind == b"mdat":
            media.append((body, end))
        elif kind == b"uuid":
            need(data[body : body + 16] == C2PA, f"The {name} has a box that the guard does not know.")
            layout.metadata.append(("c2pa", data[body + 16 : end]))
        else:
            need(
                kind in (b"free", b"skip") and not data[body:end].strip(b"\0"),
                f"The {name} has a box {kind!r} that the guard does not know.",
            )
    need(meta is not None and meta.sizes, f"The {name} does not describe its picture.")
    assert meta is not None  # noqa: S101 - said in the line above
    layout.width, layout.height = max(width for width, _ in meta.sizes), max(height for _, height in meta.sizes)
    return meta, media


def boxes(data: bytes, position: int, end: int) -> list[tuple[bytes, int, int]]:
    """(type, start of body, end) of the boxes that fill a range."""
    found: list[tuple[bytes, int, int]] = []
    while position < end:
        need(end - position >= 8, "The picture's file ends in the middle of a box.")
        size, _ = _SIZE.unpack_from(data, position)
        kind, body = data[position + 4 : position + 8], position + 8
        if size == 1:
            need(end - position >= 16, "The picture's file ends in the middle of a box.")
            size, body = int.from_bytes(data[body : body + 8]), body + 8
        need(body - position <= size <= end - position, "The picture's file has a box of a wrong size.")
        found.append((kind, body, position + size))
        position += size
    return found


def _brands(data: bytes, body: int, end: int) -> list[bytes]:
    return [data[at : at + 4] for at in range(body + 8, end, 4)]


def described(data: bytes, body: int, end: int, allowed: frozenset[bytes]) -> Meta:
    """What a `meta` box says, whose properties must be among those `allowed`.

    Raises:
        UnaccountedError: it says something that the guard does not know, or one thing twice: readers differ in which they believe.
    """
    meta = Meta()
    known: set[bytes] = set()
    for kind, start, stop in boxes(data, body, end):
        need(kind in _META and kind not in known, f"The picture's file has a box {kind!r} that the guard does not know, or has it twice.")
        known.add(kind)
        if kind == b"pitm":
            meta.primary = int.from_bytes(data[start + 4 : stop])
        elif kind == b"iinf":
            skip = 6 if data[start] == 0 else 8
            for inner, at, _ in boxes(data, start + skip, stop):
                need(inner == b"infe" and data[at] in (2, 3), "The picture's file lists its items in an unknown way.")
                wide = 2 if data[at] == 2 else 4
                number = int.from_bytes(data[at + 4 : at + 4 + wide])
                need(number not in meta.types, "The picture's file lists an item twice.")
                meta.types[number] = data[at + 6 + wide : at + 10 + wide]
        elif kind == b"iloc":
            _locations(data, start, stop, meta)
        elif kind == b"iprp":
            for inner, at, to in boxes(data, start, stop):
                if inner == b"ipma":
                    _associations(data, at, to, meta)
                for name, value, value_end in boxes(data, at, to) if inner == b"ipco" else ():
                    need(name in allowed, f"The picture's file has a property {name!r} that the guard does not know.")
                    need(
                        name in _LARGE or value_end - value <= 4096,
                        f"The picture's file has a property {name!r} that is larger than it can be.",
                    )
                    meta.properties.append((name, data[value:value_end]))
                    if name == b"ispe":
                        width, height = _SIZE.unpack_from(data, value + 4)
                        meta.sizes.append((width, height))
        elif kind == b"iref":
            need(data[start] == 0, "The picture's file refers to its items in an unknown way.")
            for inner, at, to in boxes(data, start + 4, stop):
                numbers = [int.from_bytes(data[place : place + 2]) for place in (at, *range(at + 4, to, 2))]
                need(
                    to - at == 2 + 2 * len(numbers) and int.from_bytes(data[at + 2 : at + 4]) == len(numbers) - 1,
                    "The picture's file refers to its items in an unknown way.",
                )
                meta.references.append((inner, numbers[0], tuple(numbers[1:])))
        elif kind == b"idat":
            meta.idat = (start, stop)
    return meta


def _locations(data: bytes, start: int, end: int, meta: Meta) -> None:
    version = data[start]
    need(version <= 2, "The picture's file places its items in an unknown way.")
    offset_size, length_size = data[start + 4] >> 4, data[start + 4] & 15
    base_size, index_size = data[start + 5] >> 4, (data[start + 5] & 15) if version else 0
    at = start + 6

    def take(size: int) -> int:
        nonlocal at
        need(at + size <= end, "The picture's list of places is cut short.")
        at += size
        return int.from_bytes(data[at - size : at])

    for _ in range(take(4 if version == 2 else 2)):
        number = take(4 if version == 2 else 2)
        method = take(2) & 15 if version else 0
        need(take(2) == 0 and method in (0, 1) and number not in meta.extents, "The picture's file places its items in an unknown way.")
        base = take(base_size)
        extents: list[tuple[int, int, int]] = []
        for _ in range(take(2)):
            take(index_size)
            offset = take(offset_size)
            extents.append((method, base + offset, take(length_size)))
        meta.extents[number] = extents


def _associations(data: bytes, start: int, end: int, meta: Meta) -> None:
    """Which properties each item has (`ipma`)."""
    wide, large = data[start], data[start + 3] & 1
    need(wide <= 1, "The picture's file gives properties to its items in an unknown way.")
    at, number_size = start + 8, 4 if wide else 2
    for _ in range(int.from_bytes(data[start + 4 : start + 8])):
        number, count = int.from_bytes(data[at : at + number_size]), data[at + number_size]
        at += number_size + 1
        size = 2 if large else 1
        need(at + count * size <= end and number not in meta.has, "The picture's file gives properties to its items in an unknown way.")
        mask = 0x7FFF if large else 0x7F
        meta.has[number] = [int.from_bytes(data[place : place + size]) & mask for place in range(at, at + count * size, size)]
        at += count * size


def pieces(data: bytes, meta: Meta, number: int, claimed: list[tuple[int, int]]) -> bytes:
    """The bytes of an item; where they lie is added to what is `claimed`."""
    found: list[bytes] = []
    for method, offset, length in meta.extents.get(number, []):
        first = offset + (meta.idat[0] if method else 0)
        claimed.append((first, first + length))
        need(first + length <= len(data), "The picture's file ends in the middle.")
        found.append(data[first : first + length])
    return b"".join(found)


def need_all_claimed(claimed: Iterable[tuple[int, int]], media: Iterable[tuple[int, int]], meta: Meta) -> None:
    """Raise unless every media byte belongs to an item."""
    in_order = sorted(claimed)
    for start, end in (*media, *((meta.idat,) if meta.idat[1] else ())):
        position = start
        for first, last in in_order:
            if first <= position < last:
                position = last
        need(position >= end, "The picture's file has media bytes that belong to no item.")


def referred(meta: Meta, kind: bytes) -> Iterator[int]:
    """Items that references of a kind point at."""
    for found, _, numbers in meta.references:
        if found == kind:
            yield from numbers
