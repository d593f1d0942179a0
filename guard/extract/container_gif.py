"""GIF (89a): every block known; comments are text, and text that would be drawn by the viewer is refused."""

from struct import Struct

from guard.extract.layout import Layout, need

_SCREEN = Struct("<HHBBB")
_IMAGE = Struct("<HHHHB")
_APPLICATIONS = {
    b"NETSCAPE2.0": "",
    b"ANIMEXTS1.0": "",
    b"XMP DataXMP": "xmp",
    b"ICCRGBG1012": "icc",
    b"C2PA_GIF\x01\x00\x00": "c2pa",
    b"ImageMagick": "tool",
}

_MOST_BLOCKS = 400_000  # of at most 255 bytes; a frame of 100 MB
_LOOPING = frozenset({b"NETSCAPE2.0", b"ANIMEXTS1.0"})


def read(data: bytes, start: int = 0) -> Layout:
    """The layout of the GIF that begins at `start`."""
    layout = Layout("gif", frames=0)
    need(len(data) - start >= 14, "The GIF ends in the middle.")
    layout.width, layout.height, flags, _, _ = _SCREEN.unpack_from(data, start + 6)
    position = start + 13 + _table(flags)
    while True:
        need(position < len(data), "The GIF has no end.")
        kind = data[position]
        if kind == 0x3B:
            break
        if kind == 0x2C:
            need(position + 10 < len(data), "The GIF ends in the middle.")
            left, top, width, height, flags = _IMAGE.unpack_from(data, position + 1)
            need(left + width <= layout.width and top + height <= layout.height, "A frame of the GIF lies outside of it.")
            position = _skip(data, position + 11 + _table(flags))
            layout.frames += 1
        else:
            need(kind == 0x21 and position + 2 < len(data), "The GIF has a block that the guard does not know.")
            position = _extension(data, position, layout)
    need(layout.frames, "The GIF has no image.")
    layout.end = position + 1
    return layout


def _table(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _skip(data: bytes, position: int) -> int:
    """The position behind a chain of sub-blocks."""
    size = len(data)
    blocks = 0
    while position < size:
        length = data[position]
        position += 1 + length
        if not length:
            return position
        blocks += 1
        need(blocks < _MOST_BLOCKS, "The GIF has too many blocks.")
    need(False, "The GIF ends in the middle.")
    return size


def _blocks(data: bytes, position: int) -> tuple[bytes, int]:
    end = _skip(data, position)
    pieces = []
    while data[position]:
        pieces.append(data[position + 1 : position + 1 + data[position]])
        position += 1 + data[position]
    return b"".join(pieces), end


def _extension(data: bytes, position: int, layout: Layout) -> int:
    label = data[position + 1]
    if label == 0xF9:
        need(data[position + 2] == 4, "The GIF has a control block of a wrong size.")
        return _skip(data, position + 2)
    if label == 0xFE:
        comment, end = _blocks(data, position + 2)
        layout.texts.append(("comment", comment.decode("utf-8", "replace")))
        return end
    need(label == 0xFF and data[position + 2] == 11, "The GIF has an extension that the guard does not know.")
    application = data[position + 3 : position + 14]
    need(application in _APPLICATIONS, f"The GIF has an application block {application!r} that the guard does not know.")
    end = _skip(data, position + 14)
    need(application not in _LOOPING or end - position <= 20, "The GIF has a looping block of a wrong size.")
    if name := _APPLICATIONS[application]:
        layout.metadata.append((name, data[position + 14 : end] if name == "xmp" else _blocks(data, position + 14)[0]))
    return end
