"""AVIF still pictures: known boxes, known items, all media bytes claimed by an item.

Sequences (`avis`), derived overlays and thumbnails are refused: they are second pictures that not every reader shows.
"""

from guard.extract.item_file import COMMON_PROPERTIES, Meta, need_all_claimed, outline, pieces, referred
from guard.extract.layout import Layout, need

_PROPERTIES = COMMON_PROPERTIES | {b"av1C", b"clap", b"lsel", b"a1op", b"a1lx"}

_ALPHA = frozenset({b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha", b"urn:mpeg:hevc:2015:auxid:1"})


def read(data: bytes, start: int = 0) -> Layout:
    """The layout of the AVIF that fills `data`."""
    layout = Layout("avif", end=len(data))
    meta, media = outline(data, start, layout, frozenset({b"avis"}), _PROPERTIES)
    need(meta.types.get(meta.primary) in (b"av01", b"grid"), "The AVIF's main item is no picture.")
    need(
        all(kind in (b"auxl", b"cdsc", b"dimg", b"prem") for kind, _, _ in meta.references), "The AVIF has thumbnails or derived pictures."
    )
    _check_items(data, meta, media, layout)
    return layout


def _check_items(data: bytes, meta: Meta, media: list[tuple[int, int]], layout: Layout) -> None:
    alphas = [number for kind, number, to in meta.references if kind == b"auxl" and to == (meta.primary,)]
    shown = {meta.primary, *alphas}
    need(len(alphas) == sum(kind == b"auxl" for kind, _, _ in meta.references) <= 1, "The AVIF has auxiliary pictures.")
    need(all(_is_alpha(meta, number) for number in alphas), "The AVIF has an auxiliary picture that is not its alpha.")
    need(
        all(number in shown and meta.types.get(number) == b"grid" for kind, number, _ in meta.references if kind == b"dimg"),
        "The AVIF has derived pictures.",
    )
    tiles = set(referred(meta, b"dimg"))
    claimed: list[tuple[int, int]] = []
    for number, kind in meta.types.items():
        need(kind in (b"av01", b"grid", b"Exif", b"mime"), f"The AVIF has an item {kind!r} that the guard does not know.")
        need(number in shown or (number in tiles and kind == b"av01") or kind in (b"Exif", b"mime"), "The AVIF has a second picture.")
        item = pieces(data, meta, number, claimed)
        if kind in (b"Exif", b"mime"):
            layout.metadata.append(("exif" if kind == b"Exif" else "xmp", item))
    need_all_claimed(claimed, media, meta)


def _is_alpha(meta: Meta, number: int) -> bool:
    """Whether an auxiliary picture is transparency, which decoders apply; what else there is (depth) none shows and none was looked at."""
    return any(body[4:].split(b"\0")[0] in _ALPHA for body in meta.of(number, b"auxC"))
