"""Two detectors side by side: what the second one finds and the first one did not, each face turned upright for the encoder."""

from collections.abc import Callable, Sequence

import numpy as np

from guard.faceworker.detect import CROP_PX, MIDDLE_OF_CROP, Detector, Pixels, Sighting, crop
from guard.match.faces.found import Box

SAME_PLACE = 0.3
"""Overlap from which two detectors mean the same face: one's box ends at the brows, the other's at the hair, so it is less than within one."""

SAME_TURN = 35
"""Degrees by which a face may be turned and dlib's detector still reads it as well as upright."""

_ANGLES = tuple(range(0, 360, 45))


def beside(
    pixels: Pixels, first: Sequence[Sighting], second: Sequence[Sighting], frontal: Detector, check: Callable[[], None] = lambda: None
) -> list[Sighting]:
    """What both detectors saw of a picture, each face once.

    The second one's faces are turned upright. One that both saw is the first one's; but where that saw it at another turn than the
    five points say, it is kept as `frontal` sees it best. `check` is called before each face and may raise: a crowd takes seconds.
    """
    kept = list(first)
    for sighting in second:
        there = [known for known in kept if sighting.place.overlap(known.place) >= SAME_PLACE]
        if any(_same_turn(sighting, known) for known in there):
            continue
        check()
        upright = _upright(pixels, sighting, frontal)
        if all(upright.score > known.score for known in there):
            kept = [known for known in kept if known not in there] + [upright]
    return kept


def _same_turn(sighting: Sighting, known: Sighting) -> bool:
    return sighting.points is None or abs((_angle(sighting) - known.turn + 180) % 360 - 180) <= SAME_TURN


def _angle(sighting: Sighting) -> float:
    """By how many degrees the picture must be turned counter-clockwise for the eyes to be level and above the mouth."""
    if sighting.points is None:
        return sighting.turn
    across, down = sighting.points[1] - sighting.points[0]
    return float(sighting.turn + np.degrees(np.arctan2(down, across)))


def _upright(pixels: Pixels, sighting: Sighting, frontal: Detector) -> Sighting:
    """The face in a crop of its own, turned by its points, or as `frontal` sees it best of eight angles.

    The box is `frontal`'s, for which the landmarks were trained, where that sees the face; else the second detector's.
    """
    angles = _ANGLES if sighting.points is None else (_angle(sighting),)
    best: tuple[float, Box, Pixels, float] | None = None
    for angle in angles:
        upright = crop(pixels, sighting.place, angle)
        for box, score, _ in frontal(upright):
            if _in_the_middle(box) and (best is None or score > best[0]):
                best = score, box, upright, angle
    if best is None:
        angle = _angle(sighting)
        best = sighting.score, MIDDLE_OF_CROP, crop(pixels, sighting.place, angle), angle
    score, box, upright, angle = best
    return Sighting(sighting.place, box, upright, round(angle / 45) * 45 % 360, score)


def _in_the_middle(box: Box) -> bool:
    """Whether a box of the crop is of the face in question: holds the middle, and is at least half as large as that face."""
    middle = CROP_PX // 2
    return box.left < middle < box.right and box.top < middle < box.bottom and box.right - box.left >= CROP_PX // 4
