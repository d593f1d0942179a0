"""Enrolment: which photo is good enough, and how one template is made of several photos.

This module decides on what the face workers measured; it looks at no pixel, and knows the workers only by the shape of
their answer (`Seen`, `SeenFace`). Limits and where they come from: docs/explanation/matching-faces.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from guard.errors import FieldError, InvalidInputError, UnfitPhotoError

Vector = NDArray[np.float32]
Corners = tuple[int, int, int, int]


class Measured(Protocol):
    """What was measured of a face; `guard.match.faces.Quality` has the scales."""

    @property
    def size_px(self) -> int: ...  # noqa: D102
    @property
    def sharpness(self) -> float: ...  # noqa: D102
    @property
    def brightness(self) -> float: ...  # noqa: D102
    @property
    def contrast(self) -> float: ...  # noqa: D102
    @property
    def turn(self) -> float: ...  # noqa: D102
    @property
    def detection(self) -> float: ...  # noqa: D102


class SeenFace(Protocol):
    """A face in a photo: its box as left, top, right, bottom, its vector of unit length, and its measures."""

    @property
    def box(self) -> Corners: ...  # noqa: D102
    @property
    def vector(self) -> Vector: ...  # noqa: D102
    @property
    def quality(self) -> Measured: ...  # noqa: D102


Face = TypeVar("Face", bound=SeenFace)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a photo must have. Each default is where the miss rate of that photo as a probe begins to climb."""

    size_px: int = 40
    sharpness: float = 0.002
    darkest: float = 35.0
    brightest: float = 225.0
    contrast: float = 14.0
    turn: float = 0.65
    detection: float = 0.0
    rival_detection: float = 0.5
    bystander: float = 0.25


DEFAULT_LIMITS = Limits()


def assess(faces: Sequence[Face], box: Corners | None = None, limits: Limits = DEFAULT_LIMITS, pointer: str = "/image") -> Face:
    """The one face of an enrolment photo, if it is good enough.

    Args:
        faces: every face that was found in the photo.
        box: which of them is meant, in pixels after EXIF orientation; without it there must be one. Faces that are much smaller
            than the largest, or that the detector is hardly sure of, are taken for what stands behind the person.
        limits: what a photo must have.
        pointer: where an error points to.

    Raises:
        UnfitPhotoError: why the photo is no good, with the figures; several reasons are all named.
    """
    face = _named(faces, box, pointer) if box is not None else _only(faces, limits, pointer)
    reasons = list(_flaws(face.quality, limits))
    if reasons:
        raise UnfitPhotoError("the photo is no good: " + "; ".join(reasons), [FieldError(pointer, reason) for reason in reasons])
    return face


def template(vectors: Sequence[Vector]) -> Vector:
    """The template of a person: the mean of the photos' unit-length vectors, brought to unit length again.

    At one false match in 100,000 the mean of three photos misses a third as often as a single photo, and half as
    often as the nearest of the three (docs/explanation/matching-faces.md).

    Raises:
        InvalidInputError: no vector, vectors of different length, not finite, or photos that cancel each other out.
    """
    if not vectors or len({vector.shape for vector in vectors}) != 1 or vectors[0].ndim != 1:
        raise InvalidInputError("a template is made of one or more vectors of one length")
    stacked = np.stack(vectors).astype(np.float64)
    lengths = np.linalg.norm(stacked, axis=1, keepdims=True)
    if not np.isfinite(stacked).all() or not (lengths > 0).all():
        raise InvalidInputError("a face vector must be finite and not zero")
    mean = (stacked / lengths).mean(axis=0)
    length = float(np.linalg.norm(mean))
    if length < 0.1:
        raise InvalidInputError("these photos have nothing in common; they cannot show one person")
    result: Vector = (mean / length).astype(np.float32)
    return result


def _only(faces: Sequence[Face], limits: Limits, pointer: str) -> Face:
    clear = [face for face in faces if face.quality.detection >= limits.detection]
    if not clear:
        _unfit("no face was found in the photo", pointer)
    sure = [face for face in clear if face.quality.detection >= limits.rival_detection] or [max(clear, key=lambda f: f.quality.detection)]
    largest = max(sure, key=lambda face: _area(face.box))
    rivals = [face for face in sure if _area(face.box) >= limits.bystander * _area(largest.box)]
    if len(rivals) > 1:
        boxes = ", ".join(str(list(face.box)) for face in rivals)
        _unfit(f"several faces ({len(rivals)}) in the photo, at {boxes}; name one with `box`", pointer)
    return largest


def _named(faces: Sequence[Face], box: Corners, pointer: str) -> Face:
    nearest = max(faces, key=lambda face: _overlap(face.box, box), default=None)
    if nearest is None or _overlap(nearest.box, box) < 0.2:
        _unfit(f"no face was found in the photo at {list(box)}", pointer)
    return nearest


def _flaws(quality: Measured, limits: Limits) -> list[str]:
    checks = [
        (quality.size_px < limits.size_px, f"too small: the face is {quality.size_px} pixels wide, at least {limits.size_px} are needed"),
        (quality.sharpness < limits.sharpness, f"too blurred: sharpness {quality.sharpness:.4f}, at least {limits.sharpness} is needed"),
        (quality.brightness < limits.darkest, f"too dark: mean grey {quality.brightness:.0f}, at least {limits.darkest:.0f} is needed"),
        (
            quality.brightness > limits.brightest,
            f"too bright: mean grey {quality.brightness:.0f}, at most {limits.brightest:.0f} is usable",
        ),
        (quality.contrast < limits.contrast, f"too little contrast: {quality.contrast:.0f}, at least {limits.contrast:.0f} is needed"),
        (quality.turn > limits.turn, f"turned away: {quality.turn:.2f} eye distances, at most {limits.turn} is usable"),
    ]
    return [reason for failed, reason in checks if failed]


def _unfit(reason: str, pointer: str) -> NoReturn:
    raise UnfitPhotoError(reason, [FieldError(pointer, reason)])


def _area(box: Corners) -> int:
    return max(box[2] - box[0], 0) * max(box[3] - box[1], 0)


def _overlap(one: Corners, other: Corners) -> float:
    """Intersection over union."""
    shared = _area((max(one[0], other[0]), max(one[1], other[1]), min(one[2], other[2]), min(one[3], other[3])))
    whole = _area(one) + _area(other) - shared
    return shared / whole if whole else 0.0
