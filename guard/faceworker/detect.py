"""Finding faces: dlib's frontal detector on copies of the picture, in several sizes and turns, cheapest first.

The cascade never stops at the first face found (a decoy beside the victim is the obvious trick): every pass runs, and
what the time budget leaves out is named. A face seen in two passes is kept once, as the pass that saw it best.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from guard.match.faces.found import Box

Pixels = NDArray[np.uint8]
"""Shape (height, width, 3), RGB."""

Points = NDArray[np.float64]
"""Five points of a face, shape (5, 2), in pixels: the eye, then the other eye, the tip of the nose, the corners of the mouth; of each
pair the one first that is on the left of an upright face's picture."""

_QUARTERS = (90, 180, 270)
_BETWEEN = (45, 135, 225, 315)
CROP_PX = 240
"""Side of the crop that a face is turned upright in: twice the face, which is then 120 pixels wide; dlib's detector sees 80."""

MIDDLE_OF_CROP = Box(CROP_PX // 4, CROP_PX // 4, CROP_PX * 3 // 4, CROP_PX * 3 // 4)

SAME_FACE_OVERLAP = 0.4
GHOST_SCORE = 0.45
SURE_SCORE = 1.2

LARGEST_SIDE_PX = 4160
"""The longer side of the largest copy, which bounds what a picture can cost: 2.3 s of CPU and 30 MB."""

TILES_SHARE_PX = 160
"""What tiles have in common: twice the face that the detector needs, so that a face on a border is whole in one of them."""


@dataclass(frozen=True, slots=True)
class Pass:
    """One look at the picture: turned by `turn` degrees counter-clockwise, its longer side scaled to `long_side` pixels.

    An optional pass is left out, and named, when the budget is spent; the others must run. With `tile_px` the copy is looked at in
    tiles of that side, which overlap by `TILES_SHARE_PX`: dlib's detector needs none, and in one piece it costs half.
    """

    name: str
    turn: int
    long_side: int
    optional: bool = False
    tile_px: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Sighting:
    """A face in the picture as the pass saw it: `box`, `pixels` and `points` belong to the turned, scaled copy, `place` to the original."""

    place: Box
    box: Box
    pixels: Pixels
    turn: int
    score: float
    points: Points | None = None


class Found(NamedTuple):
    """A face that a detector found, with a score on the detector's own scale, and its five points where the detector has them."""

    box: Box
    score: float
    points: Points | None = None


class Detector(Protocol):
    """Boxes with scores in an RGB picture; a second detector implements this."""

    def __call__(self, pixels: Pixels) -> Sequence[Found]:
        """All faces, upright or nearly so, in pixels of the picture given."""
        ...


class SecondDetector(Detector, Protocol):
    """A detector that runs beside the first one, by a plan of its own."""

    @property
    def leads(self) -> bool:
        """Whether the first one need not look for turned and small faces, because this one finds them."""
        ...

    def plan(self, small_side: int = 0) -> Sequence[Pass]:
        """Its passes; for small faces one over a copy of `small_side` pixels too, where that is more than it looks at anyway."""
        ...


class FrontalDetector:
    """dlib's HOG detector: five views, faces of at least 80 pixels in the picture it is given.

    Args:
        threshold: added to the detector's own; below 0 finds more faces and more that are none (docs/explanation/matching-faces.md).
    """

    def __init__(self, threshold: float = 0.0) -> None:
        import _dlib_pybind11 as dlib

        self._detector: Any = dlib.get_frontal_face_detector()
        self._threshold = threshold

    def __call__(self, pixels: Pixels) -> list[Found]:
        """As `Detector`."""
        boxes, scores, _ = self._detector.run(pixels, 0, self._threshold)
        return [
            Found(Box(box.left(), box.top(), box.right() + 1, box.bottom() + 1), float(score))
            for box, score in zip(boxes, scores, strict=True)
        ]


def passes(width: int, height: int, small_faces: bool = False, led: bool = False) -> tuple[Pass, ...]:
    """The cascade for a picture of this size.

    A face is seen when it is 80 pixels wide in the copy: upright a sixteenth of the longer side, turned an eighth, turned by 45
    degrees (which 15 of 100 faces are not seen without) a third. Small pictures are enlarged, so that a face of 20 px in a picture of 150 px is found. Larger copies come after, as long as the
    budget lasts. Where small faces are asked for, they are as large as `small_side` says (turned ones half), and none is left out. Where a
    second detector leads and nobody asks for small faces, drawn faces are what is left to find: upright, a tenth of the longer side.
    """
    longer = max(width, height)
    upright = min(max(600, longer * 5 // 4), 1280)
    if led and not small_faces:
        return (Pass("upright", 0, min(upright, 800)),)
    turned = min(upright, 640)
    plan = [Pass("upright", 0, upright)]
    plan += [Pass(f"rotated {turn}", turn, turned) for turn in _QUARTERS]
    plan += [Pass(f"rotated {turn}", turn, 240) for turn in _BETWEEN]
    if small_faces:
        side = small_side(width, height)
        plan.append(Pass("upright, larger", 0, side))
        plan += [Pass(f"rotated {turn}, larger", turn, max(1600, side // 2)) for turn in _QUARTERS]
        plan += [Pass(f"rotated {turn}, larger", turn, 640) for turn in _BETWEEN]
    elif longer > upright:
        plan.append(Pass("upright, larger", 0, min(max(longer, 2 * upright), 2560), optional=True))
        plan += [Pass(f"rotated {turn}, larger", turn, min(max(longer, 2 * turned), 1600), optional=True) for turn in _QUARTERS]
        plan += [Pass(f"rotated {turn}, larger", turn, 480, optional=True) for turn in _BETWEEN]
    return tuple(plan)


def small_side(width: int, height: int) -> int:
    """The longer side of the copy in which small faces are looked for: twice the picture's, between 2,560 and 4,160 pixels.

    There a face of a fifty-second of the longer side has the 80 pixels that the detector needs.
    """
    return min(max(2560, 2 * max(width, height)), LARGEST_SIDE_PX)


def sightings(pixels: Pixels, detector: Detector, plan: Sequence[Pass], spent: Callable[[], bool]) -> tuple[list[Sighting], list[str]]:
    """Every face that any pass sees, once, best first; and the names of the passes left out because `spent()` said so."""
    seen: list[Sighting] = []
    skipped: list[str] = []
    for step in plan:
        if step.optional and spent():
            skipped.append(step.name)
            continue
        seen.extend(_one_pass(pixels, detector, step))
    return list(_once_each(seen)), skipped


def _one_pass(pixels: Pixels, detector: Detector, step: Pass) -> Iterator[Sighting]:
    copy = turned(scaled(pixels, step.long_side), step.turn)
    for left, top, tile in _tiles(copy, step.tile_px):
        for box, score, points in detector(tile):
            in_copy = Box(box.left + left, box.top + top, box.right + left, box.bottom + top)
            place = _back(in_copy, copy, step, pixels)
            shown = _clipped(place, pixels)
            if shown.area and step.turn % 90:
                yield Sighting(shown, MIDDLE_OF_CROP, crop(pixels, place, step.turn), step.turn, score)
            elif shown.area:
                yield Sighting(shown, box, tile, step.turn, score, points)


def _tiles(copy: Pixels, side: int) -> Iterator[tuple[int, int, Pixels]]:
    """Left, top and pixels of the tiles that cover a copy, each contiguous; with a side of 0 the copy itself."""
    height, width = copy.shape[:2]
    side = side or max(height, width)
    for top in _starts(height, side):
        for left in _starts(width, side):
            yield left, top, np.ascontiguousarray(copy[top : top + side, left : left + side])


def _starts(length: int, side: int) -> Iterator[int]:
    """Where tiles of one axis begin: the last one ends where the picture does."""
    for start in range(0, max(length - TILES_SHARE_PX, 1), max(side - TILES_SHARE_PX, 1)):
        yield max(0, min(start, length - side))


def _once_each(seen: Sequence[Sighting]) -> Iterator[Sighting]:
    kept: list[Sighting] = []
    for sighting in sorted(seen, key=lambda s: -s.score):
        if not any(sighting.place.overlap(other.place) >= SAME_FACE_OVERLAP or _ghost(sighting, other) for other in kept):
            kept.append(sighting)
            yield sighting


def _ghost(faint: Sighting, sure: Sighting) -> bool:
    """A faint face of another turn that shares most of its place with a face beyond doubt: eyes and mouth, read upside down.

    One press photo of ten has such a ghost, of a score under 0.45; the face itself scores 1.3 and more.
    """
    if faint.turn == sure.turn or faint.score >= GHOST_SCORE or sure.score < SURE_SCORE:
        return False
    one, other = faint.place, sure.place
    across = min(one.right, other.right) - max(one.left, other.left)
    down = min(one.bottom, other.bottom) - max(one.top, other.top)
    return across > 0 and down > 0 and across * down >= 0.4 * min(one.area, other.area)


def scaled(pixels: Pixels, long_side: int) -> Pixels:
    """A copy whose longer side is `long_side`; the same pixels when it already is."""
    height, width = pixels.shape[:2]
    factor = long_side / max(width, height)
    if abs(factor - 1) < 0.02:
        return pixels
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    resample = Image.Resampling.BILINEAR if factor > 1 else Image.Resampling.BOX if factor < 0.5 else Image.Resampling.BILINEAR
    return np.asarray(Image.fromarray(pixels).resize(size, resample))


def turned(pixels: Pixels, degrees: int) -> Pixels:
    """Turned counter-clockwise, contiguous; black where a turn between quarters leaves corners."""
    if degrees % 90:
        return np.asarray(Image.fromarray(pixels).rotate(degrees, Image.Resampling.BILINEAR, expand=True))
    return np.ascontiguousarray(np.rot90(pixels, degrees // 90)) if degrees else pixels


def crop(pixels: Pixels, place: Box, degrees: float) -> Pixels:
    """Twice the box around its middle, turned counter-clockwise, `CROP_PX` square, black outside of the picture."""
    corner = 2**0.5  # so that turning brings no black into the corners
    half = max(place.right - place.left, place.bottom - place.top) * corner
    x, y = (place.left + place.right) / 2, (place.top + place.bottom) / 2
    around = Image.fromarray(pixels).crop((round(x - half), round(y - half), round(x + half), round(y + half)))
    side = round(CROP_PX * corner)
    face = around.resize((side, side), Image.Resampling.BILINEAR).rotate(degrees, Image.Resampling.BILINEAR)
    start = (side - CROP_PX) // 2
    return np.asarray(face.crop((start, start, start + CROP_PX, start + CROP_PX)))


def _back(box: Box, copy: Pixels, step: Pass, pixels: Pixels) -> Box:
    """A box of a turned, scaled copy in the picture itself; of a turn between quarters the upright square around the same middle."""
    (height, width), (full_height, full_width) = copy.shape[:2], pixels.shape[:2]
    left, top, right, bottom = box
    if step.turn % 90:
        cos, sin = np.cos(np.radians(step.turn)), np.sin(np.radians(step.turn))
        scale = (full_width * abs(cos) + full_height * abs(sin)) / width
        x, y = (left + right - width) / 2 * scale, (top + bottom - height) / 2 * scale
        x, y, half = full_width / 2 + x * cos - y * sin, full_height / 2 + x * sin + y * cos, (right - left) / 2 * scale
        return Box(round(x - half), round(y - half), round(x + half), round(y + half))
    if step.turn == 90:
        left, top, right, bottom = height - bottom, left, height - top, right
    elif step.turn == 180:
        left, top, right, bottom = width - right, height - bottom, width - left, height - top
    elif step.turn == 270:
        left, top, right, bottom = top, width - right, bottom, width - left
    upright_width, upright_height = (height, width) if step.turn in (90, 270) else (width, height)
    across, down = full_width / upright_width, full_height / upright_height
    return Box(round(left * across), round(top * down), round(right * across), round(bottom * down))


def _clipped(box: Box, pixels: Pixels) -> Box:
    height, width = pixels.shape[:2]
    return Box(max(0, box.left), max(0, box.top), min(width, box.right), min(height, box.bottom))
