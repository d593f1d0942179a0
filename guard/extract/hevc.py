"""What must be known of an HEVC picture before anybody decodes it: its size, that it is one picture, and what else its bytes hold.

ITU-T H.265: 7.3.1 (units), 7.3.2.2 (sequence parameters); ISO/IEC 14496-15, 8.3.3.1 (`hvcC`).
"""

from guard.extract.layout import need

_PARAMETERS = frozenset({32, 33, 34})
_SEI = frozenset({39, 40})
_PICTURE = frozenset({16, 17, 18, 19, 20, 21})
"""Units of pictures that need no other (IRAP)."""

_MOST_CROPPED_PX = 64
"""The largest coding block: what a coded picture may be larger than what it shows."""


class _Bits:
    """Bits of a unit, from its most significant on; past the end there are zeros."""

    def __init__(self, unit: bytes) -> None:
        self._value = int.from_bytes(unit)
        self._left = 8 * len(unit)

    def take(self, count: int) -> int:
        """The next bits as a number."""
        self._left -= count
        need(self._left >= 0, "The HEVC parameters are cut short.")
        return self._value >> self._left & ((1 << count) - 1)

    def golomb(self) -> int:
        """The next number in exponential Golomb code (9.2)."""
        zeros = 0
        while not self.take(1):
            zeros += 1
            need(zeros <= 32, "The HEVC parameters are no parameters.")
        return (1 << zeros) - 1 + self.take(zeros)


def configuration(body: bytes) -> tuple[int, tuple[int, int], list[bytes]]:
    """From `hvcC`: the bytes of a unit's length, the width and height that are shown, and the messages (SEI) in it."""
    sizes: list[tuple[int, int]] = []
    messages: list[bytes] = []
    at = 23
    for _ in range(body[22]):
        kind, count = body[at] & 63, int.from_bytes(body[at + 1 : at + 3])
        need(kind in _PARAMETERS | _SEI, "The HEIC has parameters that the guard does not know.")
        at += 3
        for _ in range(count):
            length = int.from_bytes(body[at : at + 2])
            unit = body[at + 2 : at + 2 + length]
            need(len(unit) == length > 2 and unit[0] >> 1 & 63 == kind, "The HEIC's parameters are cut short.")
            at += 2 + length
            if kind == 33:
                sizes.append(_size(unit))
            elif kind in _SEI:
                messages.append(unit)
    need(at == len(body) and len(sizes) == 1, "The HEIC does not say in one way how large its picture is.")
    return (body[21] & 3) + 1, sizes[0], messages


def one_picture(item: bytes, length_size: int) -> list[bytes]:
    """The messages (SEI) beside the one picture that an item is; everything else in it is that picture.

    Parameters within the item are refused: decoders take them, and they might say another size than `hvcC` does.
    """
    at, pictures = 0, 0
    messages: list[bytes] = []
    while at < len(item):
        length = int.from_bytes(item[at : at + length_size])
        unit = item[at + length_size : at + length_size + length]
        need(len(unit) == length > 2, "The HEIC's picture is cut short.")
        at += length_size + length
        kind = unit[0] >> 1 & 63
        need(kind in _PICTURE or kind in _SEI, "The HEIC has something in its picture that the guard does not know.")
        if kind in _SEI:
            messages.append(unit)
        else:
            pictures += unit[2] >> 7  # first_slice_segment_in_pic_flag
    need(pictures == 1, "The HEIC has several pictures in one.")
    return messages


def _size(unit: bytes) -> tuple[int, int]:
    """Width and height that a sequence parameter set shows (7.3.2.2.1)."""
    bits = _Bits(unit[2:].replace(b"\0\0\3", b"\0\0"))
    bits.take(4)
    layers = bits.take(3)
    bits.take(1)
    bits.take(96)  # profile, tier and level
    present = [(bits.take(1), bits.take(1)) for _ in range(layers)]
    bits.take(2 * (8 - layers) if layers else 0)
    for profile, level in present:
        bits.take(88 * profile + 8 * level)
    bits.golomb()
    chroma = bits.golomb()
    need(chroma <= 3, "The HEVC parameters are no parameters.")
    if chroma == 3:
        bits.take(1)
    width, height = bits.golomb(), bits.golomb()
    left, right, top, bottom = (bits.golomb() for _ in range(4)) if bits.take(1) else (0, 0, 0, 0)
    across, down = (left + right) * (2 if chroma in (1, 2) else 1), (top + bottom) * (2 if chroma == 1 else 1)
    need(max(across, down) < _MOST_CROPPED_PX, "The HEIC has more of a picture than it shows.")
    return width - across, height - down
