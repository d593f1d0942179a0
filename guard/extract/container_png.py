"""PNG (third edition, APNG included): every chunk known, in place and with its checksum right."""

import zlib
from itertools import count
from struct import Struct

from guard.extract.layout import MOST_PIECES, Layout, need

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_XMP = b"XML:com.adobe.xmp\0"
_LARGEST_TEXT = 1_000_000
_UINT32 = Struct(">I")
_HEAD = Struct(">I4s")
_SIZE = Struct(">II")
_ONCE = frozenset({b"IHDR", b"PLTE", b"IEND", b"acTL", b"iCCP", b"eXIf", b"caBX"})
_HARMLESS = frozenset(
    {b"PLTE", b"tRNS", b"cHRM", b"gAMA", b"sBIT", b"sRGB", b"bKGD", b"hIST", b"pHYs", b"sPLT", b"tIME", b"cICP", b"mDCV", b"cLLI", b"mDCv", b"cLLi",
     b"oFFs", b"sCAL", b"sTER", b"vpAg", b"iDOT", b"orNT"}
)  # fmt: skip


def read(data: bytes, start: int = 0) -> Layout:
    """The layout of the PNG that begins at `start`."""
    layout = Layout("png")
    position = start + 8
    seen: set[bytes] = set()
    announced, controls, default_is_frame, in_data, after_data = 0, 0, False, False, False
    view = memoryview(data)
    for piece in count():
        need(piece < MOST_PIECES, "The PNG has too many chunks.")
        need(len(data) - position >= 12, "The PNG ends in the middle.")
        size, kind = _HEAD.unpack_from(data, position)
        body_end = position + 8 + size
        need(body_end + 4 <= len(data), "The PNG ends in the middle.")
        need(zlib.crc32(view[position + 4 : body_end]) == _UINT32.unpack_from(data, body_end)[0], "A PNG chunk has a wrong checksum.")
        need((kind == b"IHDR") == (not seen), "The PNG does not start with its header.")
        need(kind not in seen or kind not in _ONCE, f"The PNG chunk {kind!r} comes twice.")
        need(not (kind == b"IDAT" and after_data), "The PNG's image data is in two places.")
        after_data = after_data or (in_data and kind != b"IDAT")
        in_data = kind == b"IDAT"
        seen.add(kind)
        body = data[position + 8 : body_end] if kind not in (b"IDAT", b"fdAT") else b""
        position = body_end + 4
        if kind == b"IHDR":
            need(size == 13, "The PNG's header has a wrong size.")
            layout.width, layout.height = _SIZE.unpack_from(body)
        elif kind == b"IEND":
            need(size == 0, "The PNG's end carries data.")
            break
        elif kind == b"acTL":
            need(size == 8 and b"IDAT" not in seen, "The PNG's animation is announced wrongly.")
            announced = _UINT32.unpack_from(body)[0]
        elif kind == b"fcTL":
            need(size == 26 and b"acTL" in seen, "The PNG has frames that are not announced.")
            width, height, left, top = Struct(">IIII").unpack_from(body, 4)
            need(left + width <= layout.width and top + height <= layout.height, "A frame of the PNG lies outside of it.")
            controls += 1
            default_is_frame = default_is_frame or b"IDAT" not in seen
        elif kind == b"fdAT":
            need(controls > 1 or not default_is_frame, "The PNG has frame data without a frame.")
            need(b"acTL" in seen and controls, "The PNG has frames that are not announced.")
        elif kind in (b"tEXt", b"zTXt", b"iTXt"):
            if body.startswith(_XMP):
                layout.metadata.append(("xmp", _text(kind, body).encode("utf-8", "replace")))
            else:
                layout.texts.append((kind.decode(), _text(kind, body)))
        elif kind in (b"eXIf", b"caBX"):
            layout.metadata.append(("exif" if kind == b"eXIf" else "c2pa", body))
        elif kind == b"iCCP":
            layout.metadata.append(("icc", body))
        else:
            need(kind in _HARMLESS or kind == b"IDAT", f"The PNG has a chunk {kind!r} that the guard does not know.")
            need(size <= 4096 or kind in (b"IDAT", b"PLTE"), f"The PNG chunk {kind!r} is larger than it can be.")
    need(b"IDAT" in seen, "The PNG has no image data.")
    need(announced == controls, "The PNG has another number of frames than it announces.")
    layout.frames = max(1, controls + (0 if default_is_frame or not controls else 1))
    layout.end = position
    return layout


def _text(kind: bytes, body: bytes) -> str:
    keyword, nul, rest = body.partition(b"\0")
    need(nul and 0 < len(keyword) < 80, "A PNG text chunk has no keyword.")
    if kind == b"tEXt":
        return f"{keyword.decode('latin-1')}: {rest.decode('latin-1')}"
    if kind == b"zTXt":
        need(rest[:1] == b"\0", "A PNG text chunk is compressed in an unknown way.")
        return f"{keyword.decode('latin-1')}: {_inflate(rest[1:]).decode('latin-1')}"
    need(len(rest) >= 2 and rest[0] in (0, 1) and rest[1] == 0, "A PNG text chunk is compressed in an unknown way.")
    language, first, tail = rest[2:].partition(b"\0")
    translated, second, text = tail.partition(b"\0")
    need(first and second, "A PNG text chunk is cut short.")
    content = _inflate(text) if rest[0] else text
    return "\n".join(part.decode("utf-8", "replace") for part in (keyword, language, translated, content) if part)


def _inflate(data: bytes) -> bytes:
    engine = zlib.decompressobj()
    try:
        text = engine.decompress(data, _LARGEST_TEXT)
    except zlib.error:
        text = b""
    need(engine.eof and not engine.unused_data, f"A PNG text chunk is broken or longer than {_LARGEST_TEXT} bytes.")
    return text
