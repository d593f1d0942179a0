"""Finding faces: dlib's frontal detector on copies of the picture, in several sizes and turns, cheapest first.

The cascade never stops at the first face found (a decoy beside the victim is the obvious trick): every pass runs, and
what the time budget leaves out is named. A face seen in two passes is kept once, as the pass that saw it best.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from guard.match.faces.found import Box

Pixels = NDArray[np.uint8]
"""Shape (height, width, 3), RGB."""

SAME_FACE_OVERLAP = 0.4
GHOST_SCORE = 0.45
SURE_SCORE = 1.2


@dataclass(frozen=True, slots=True)
class Pass:
    """One look at the picture: turned by `turn` degrees counter-clockwise, its longer side scaled to `long_side` pixels.

    An optional pass is left out, and named, when the budget is spent; the others must run.
    """

    name: str
    turn: int
    long_side: int
    optional: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Sighting:
    """A face in the picture as the pass saw it: `box` and `pixels` belong to the turned, scaled copy, `place` to the original."""

    place: Box
    box: Box
    pixels: Pixels
    turn: int
    score: float


class Detector(Protocol):
    """Boxes with scores in an RGB picture; a second detector implements this."""

    def __call__(self, pixels: Pixels) -> Sequence[tuple[Box, float]]:
        """All faces, upright or nearly so, in pixels of the picture given."""
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

    def __call__(self, pixels: Pixels) -> list[tuple[Box, float]]:
        """As `Detector`."""
        boxes, scores, _ = self._detector.run(pixels, 0, self._threshold)
        return [
            (Box(box.left(), box.top(), box.right() + 1, box.bottom() + 1), float(score)) for box, score in zip(boxes, scores, strict=True)
        ]


def passes(width: int, height: int, small_faces: bool = False) -> tuple[Pass, ...]:
    """The cascade for a picture of this size.

    A face is seen when it is 80 pixels wide in the copy: upright a sixteenth of the longer side, turned an eighth. Small
    pictures are enlarged, so that a face of 20 px in a picture of 150 px is found. Larger copies come after, as long as the
    budget lasts, or in any case when small faces are asked for.
    """
    longer = max(width, height)
    upright = min(max(600, longer * 5 // 4), 1280)
    turned = min(upright, 640)
    plan = [Pass("upright", 0, upright)]
    plan += [Pass(f"rotated {turn}", turn, turned) for turn in (90, 180, 270)]
    if longer > upright or small_faces:
        plan.append(Pass("upright, larger", 0, min(max(longer, 2 * upright), 2560), optional=not small_faces))
        plan += [
            Pass(f"rotated {turn}, larger", turn, min(max(longer, 2 * turned), 1600), optional=not small_faces) for turn in (90, 180, 270)
        ]
    return tuple(plan)


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
    for box, score in detector(copy):
        place = _back(box, copy.shape[1], copy.shape[0], step.turn, pixels.shape[1], pixels.shape[0])
        if place.area:
            yield Sighting(place, box, copy, step.turn, score)


def _once_each(seen: Sequence[Sighting]) -> Iterator[Sighting]:
    kept: list[Sighting] = []
    for sighting in sorted(seen, key=lambda s: -s.score):
        if not any(_same(sighting, other) or _ghost(sighting, other) for other in kept):
            kept.append(sighting)
            yield sighting


def _same(one: Sighting, other: Sighting) -> bool:
    return one.place.overlap(other.place) >= SAME_FACE_OVERLAP


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
    """Turned counter-clockwise by a multiple of 90 degrees, contiguous."""
    return np.ascontiguousarray(np.rot90(pixels, degrees // 90)) if degrees else pixels


def _back(box: Box, width: int, height: int, turn: int, full_width: int, full_height: int) -> Box:
    """A box of a turned, scaled copy (of `width` x `height`) in the original, clipped to it."""
    left, top, right, bottom = box
    if turn == 90:
        left, top, right, bottom = height - bottom, left, height - top, right
    elif turn == 180:
        left, top, right, bottom = width - right, height - bottom, width - left, height - top
    elif turn == 270:
        left, top, right, bottom = top, width - right, bottom, width - left
    upright_width, upright_height = (height, width) if turn in (90, 270) else (width, height)
    across, down = full_width / upright_width, full_height / upright_height
    return Box(
        max(0, round(left * across)),
        max(0, round(top * down)),
        min(full_width, round(right * across)),
        min(full_height, round(bottom * down)),
    )
