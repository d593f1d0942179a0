"""WebP (RFC 9649): RIFF chunks, all of them known, the canvas and the frames consistent."""

from struct import Struct

from guard.extract.layout import Layout, need

_HEAD = Struct("<4sI")


def read(data: bytes, start: int = 0) -> Layout:
    """The layout of the WebP that begins at `start`."""
    layout = Layout("webp")
    need(len(data) - start >= 20, "The WebP ends in the middle.")
    end = start + 8 + _HEAD.unpack_from(data, start)[1]
    need(end <= len(data) and (end - start) % 2 == 0, "The WebP ends in the middle.")
    images: list[tuple[int, int]] = []
    frames = 0
    canvas: tuple[int, int] | None = None
    animated = False
    position = start + 12
    while position < end:
        kind, body_start, body_end, position_next = _chunk(data, position, end)
        if kind == b"VP8X":
            need(position == start + 12 and body_end - body_start == 10, "The WebP's extended header is not at its start.")
            animated = bool(data[body_start] & 2)
            canvas = (
                1 + int.from_bytes(data[body_start + 4 : body_start + 7], "little"),
                1 + int.from_bytes(data[body_start + 7 : body_start + 10], "little"),
            )
        elif kind in (b"VP8 ", b"VP8L"):
            images.append(_size(kind, data, body_start, body_end))
        elif kind == b"ANMF":
            need(canvas, "The WebP has frames without a canvas.")
            frames += 1
            _frame(data, body_start, body_end, canvas or (0, 0))
        elif kind == b"EXIF":
            layout.metadata.append(("exif", data[body_start:body_end]))
        elif kind == b"XMP ":
            layout.metadata.append(("xmp", data[body_start:body_end]))
        elif kind == b"C2PA":
            layout.metadata.append(("c2pa", data[body_start:body_end]))
        elif kind == b"ICCP":
            layout.metadata.append(("icc", data[body_start:body_end]))
        elif kind == b"ANIM":
            need(animated and body_end - body_start == 6, "The WebP's animation is announced wrongly.")
        else:
            need(kind == b"ALPH" and canvas and not images, f"The WebP has a chunk {kind!r} that the guard does not know.")
        position = position_next
    need(
        (len(images) == 1 and not frames and not animated) or (not images and frames and animated),
        "The WebP has no image, or two, or frames beside it.",
    )
    if canvas and images:
        need(images[0] == canvas, "The WebP's image has another size than its canvas.")
    layout.width, layout.height = canvas or images[0]
    layout.frames = max(1, frames)
    layout.end = end
    return layout


def _chunk(data: bytes, position: int, end: int) -> tuple[bytes, int, int, int]:
    need(end - position >= 8, "The WebP ends in the middle of a chunk.")
    kind, size = _HEAD.unpack_from(data, position)
    body_end = position + 8 + size
    following = body_end + size % 2
    need(following <= end, "The WebP ends in the middle of a chunk.")
    need(data[body_end:following] in (b"", b"\0"), "The WebP has bytes between its chunks.")
    return kind, position + 8, body_end, following


def _size(kind: bytes, data: bytes, start: int, end: int) -> tuple[int, int]:
    need(end - start >= 10, "The WebP's image data is cut short.")
    if kind == b"VP8L":
        need(data[start] == 0x2F, "The WebP's image data does not start as it must.")
        bits = int.from_bytes(data[start + 1 : start + 5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    need(data[start + 3 : start + 6] == b"\x9d\x01\x2a" and not data[start] & 1, "The WebP's image data does not start with a key frame.")
    width, height = Struct("<HH").unpack_from(data, start + 6)
    return width & 0x3FFF, height & 0x3FFF


def _frame(data: bytes, start: int, end: int, canvas: tuple[int, int]) -> None:
    need(end - start >= 24, "A frame of the WebP is cut short.")
    left, top, width, height = (int.from_bytes(data[start + at : start + at + 3], "little") for at in (0, 3, 6, 9))
    need(left * 2 + width + 1 <= canvas[0] and top * 2 + height + 1 <= canvas[1], "A frame of the WebP lies outside its canvas.")
    position = start + 16
    images = 0
    while position < end:
        kind, body_start, body_end, following = _chunk(data, position, end)
        need(kind in (b"ALPH", b"VP8 ", b"VP8L"), f"A frame of the WebP has a chunk {kind!r} that the guard does not know.")
        if kind != b"ALPH":
            images += 1
            need(_size(kind, data, body_start, body_end) == (width + 1, height + 1), "A frame of the WebP has another size than it says.")
        position = following
    need(images == 1, "A frame of the WebP has no image, or two.")
