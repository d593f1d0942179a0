"""HEIC still pictures (HEVC in ISO/IEC 23008-12), as phones make them: one picture or a grid of tiles, with pictures beside it.

Every picture that some viewer may show is looked at: the main one from the file as it is, each further one (thumbnail, alpha, gain map,
depth) as a file of its own with the same bytes. Second main pictures, sequences, overlays and cropping by a property are refused.
"""

from struct import pack

from guard.extract import hevc
from guard.extract.item_file import COMMON_PROPERTIES, Meta, need_all_claimed, outline, pieces
from guard.extract.layout import Layout, need

_PROPERTIES = COMMON_PROPERTIES | {b"hvcC"}
_SEQUENCES = frozenset({b"hevc", b"hevx", b"heim", b"heis", b"hevm", b"hevs", b"msf1"})
_DRAWN = frozenset({b"hvc1", b"grid"})
_MOST_TILES = 1_000


def read(data: bytes, start: int = 0) -> Layout:
    """The layout of the HEIC that fills `data`."""
    layout = Layout("heif", end=len(data))
    meta, media = outline(data, start, layout, _SEQUENCES, _PROPERTIES)
    need(meta.types.get(meta.primary) in _DRAWN, "The HEIC's main item is no picture.")
    need(all(kind in (b"auxl", b"cdsc", b"dimg", b"thmb") for kind, _, _ in meta.references), "The HEIC has derived pictures.")
    claimed: list[tuple[int, int]] = []
    items = {number: pieces(data, meta, number, claimed) for number in meta.types}
    need_all_claimed(claimed, media, meta)
    sides = {number: kind for kind, number, to in meta.references if kind in (b"auxl", b"thmb") and meta.primary in to}
    grids = {number for number, kind in meta.types.items() if kind == b"grid"}
    need(grids <= {meta.primary, *sides}, "The HEIC has a second picture.")
    tiles = {number: _tiles(meta, number, items[number]) for number in grids}
    used = [tile for number in grids for tile in tiles[number]]
    need(len(set(used)) == len(used) and not set(used) & {meta.primary, *sides}, "The HEIC uses a picture in two places.")
    need(sum(kind == b"dimg" for kind, _, _ in meta.references) == len(grids), "The HEIC has derived pictures.")
    for number, kind in meta.types.items():
        if kind == b"hvc1":
            need(number == meta.primary or number in sides or number in used, "The HEIC has a second picture.")
            layout.metadata += [("sei", message) for message in _check_size(meta, number, items[number])]
        elif kind != b"grid":
            need(kind in (b"Exif", b"mime"), f"The HEIC has an item {kind!r} that the guard does not know.")
            layout.metadata.append(("exif" if kind == b"Exif" else "xmp", items[number]))
    layout.width, layout.height = _extent(meta, meta.primary)
    for number, kind in sides.items():
        name = "thumbnail" if kind == b"thmb" else "auxiliary"
        layout.pictures.append((f"{name}[{number}]", _alone(meta, number, tiles.get(number, ()), items)))
    return layout


def _extent(meta: Meta, number: int) -> tuple[int, int]:
    """What an item says of its width and height (`ispe`)."""
    said = meta.of(number, b"ispe")
    need(len(said) == 1 and len(said[0]) == 12, "The HEIC does not say in one way how large its picture is.")
    return int.from_bytes(said[0][4:8]), int.from_bytes(said[0][8:12])


def _check_size(meta: Meta, number: int, item: bytes) -> list[bytes]:
    """The messages in a coded picture that is as large as it says: what the decoder makes room for is what the limits saw."""
    said = meta.of(number, b"hvcC")
    need(len(said) == 1, "The HEIC does not say in one way how its picture is coded.")
    length_size, size, messages = hevc.configuration(said[0])
    need(size == _extent(meta, number), "The HEIC's picture is of another size than it says.")
    return messages + hevc.one_picture(item, length_size)


def _tiles(meta: Meta, number: int, item: bytes) -> tuple[int, ...]:
    """The tiles of a grid (ISO/IEC 23008-12, 6.6.2.3), all alike, of which less than one tile each way is left over."""
    to = [numbers for kind, source, numbers in meta.references if kind == b"dimg" and source == number]
    need(len(to) == 1 and len(item) in (8, 12) and item[0] == 0, "The HEIC has a grid that the guard does not know.")
    rows, columns, half = item[2] + 1, item[3] + 1, (len(item) - 4) // 2
    need((item[1] & 1) == (half == 4) and rows * columns == len(to[0]) <= _MOST_TILES, "The HEIC has a grid that the guard does not know.")
    width, height = int.from_bytes(item[4 : 4 + half]), int.from_bytes(item[4 + half :])
    sizes = {_extent(meta, tile) for tile in to[0] if meta.types.get(tile) == b"hvc1"}
    need(len(sizes) == 1 and all(meta.types.get(tile) == b"hvc1" for tile in to[0]), "The HEIC has a grid of unlike tiles.")
    ((tile_width, tile_height),) = sizes
    need(
        (width, height) == _extent(meta, number)
        and tile_width * (columns - 1) < width <= tile_width * columns
        and tile_height * (rows - 1) < height <= tile_height * rows,
        "The HEIC has more tiles than it shows.",
    )
    return to[0]


def _alone(meta: Meta, number: int, tiles: tuple[int, ...], items: dict[int, bytes]) -> bytes:
    """A HEIC of one item and its hidden tiles: the same coded bytes and properties, the item as the main picture."""
    members = (number, *tiles)
    body = b"".join(items[member] for member in members)
    entries = b"".join(_box(b"infe", pack(">BBHHH", 2, 0, member != number, member, 0) + meta.types[member] + b"\0") for member in members)
    shown = [(kind, value) for kind, value in meta.properties if kind not in (b"auxC", b"irot", b"imir")]
    places = {index + 1: shown.index(one) + 1 for index, one in enumerate(meta.properties) if one in shown}
    has = {member: [places[index] for index in meta.has.get(member, []) if index in places] for member in members}
    associations = b"".join(
        pack(">HB", member, len(has[member])) + b"".join(pack(">H", index | 0x8000) for index in has[member]) for member in members
    )
    references = _box(b"iref", bytes(4) + _box(b"dimg", pack(f">HH{len(tiles)}H", number, len(tiles), *tiles))) if tiles else b""

    def described(offset: int) -> bytes:
        lengths = [len(items[member]) for member in members]
        starts = [offset + sum(lengths[:k]) for k in range(len(lengths))]
        locations = b"".join(pack(">HHHII", member, 0, 1, at, size) for member, at, size in zip(members, starts, lengths, strict=True))
        return _box(
            b"meta",
            bytes(4)
            + _box(b"hdlr", bytes(8) + b"pict" + bytes(13))
            + _box(b"pitm", bytes(4) + pack(">H", number))
            + _box(b"iloc", bytes(4) + b"\x44\0" + pack(">H", len(members)) + locations)
            + _box(b"iinf", bytes(4) + pack(">H", len(members)) + entries)
            + references
            + _box(
                b"iprp",
                _box(b"ipco", b"".join(_box(kind, value) for kind, value in shown))
                + _box(b"ipma", b"\0\0\0\1" + pack(">I", len(members)) + associations),
            ),
        )

    head = _box(b"ftyp", b"heic\0\0\0\0mif1heic")
    return head + described(len(head) + len(described(0)) + 8) + _box(b"mdat", body)


def _box(kind: bytes, body: bytes) -> bytes:
    return pack(">I", len(body) + 8) + kind + body
