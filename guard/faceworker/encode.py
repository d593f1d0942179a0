"""From a sighting to a vector: align by five landmarks, look at the face in several crops and mirrored, average, make it unit length."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from guard.faceworker import models
from guard.faceworker.detect import Pixels, Sighting
from guard.faceworker.resnet import CHIP, FaceNetwork
from guard.match.faces.found import Box, Quality, Vector

BATCH = 8
MANY_FACES = 16

BRIGHTEST = 99
"""Percentile of an aligned face's values (all three colours) that says how bright it is."""

DARK = 100
"""Of 0..255: below it a face is dark. All 1,323 faces in the tuning photos lie at 108 or above, at a third of the light at 77 or below."""

LIT = 235
"""To what a dark face's brightest values are multiplied."""

ENCODER = "dlib-resnet-v1"
"""Name and version stored with every vector: dlib's network of 2017, as `face_recognition_models` 0.3.0 ships it."""


@dataclass(frozen=True, slots=True, eq=False)
class Encoded:
    """A face as numbers, with what its quality was measured on."""

    vector: Vector
    quality: Quality


class Encoder(Protocol):
    """What makes vectors of faces; a second encoder implements this (docs/explanation/matching-faces.md)."""

    @property
    def name(self) -> str:
        """Name and version, stored with each vector; vectors of two names are never compared."""
        ...

    def __call__(self, sightings: Sequence[Sighting]) -> list[Encoded]:
        """One vector for each sighting, in order."""
        ...


Landmarks = Callable[[Pixels, Box], NDArray[np.float64]]
"""Finds five points in a face: shape (5, 2), in pixels: the outer and inner corner of one eye, of the other, the base of the nose."""


class DlibEncoder:
    """dlib's 128 numbers, each face seen in the crops that `CROPS` lists, mirrored too."""

    CROPS = (0.25,)
    """Margin around the aligned face as a share of its size; 0.25 is what dlib's network was trained on."""

    def __init__(self) -> None:
        import _dlib_pybind11 as dlib

        self._dlib: Any = dlib
        self._landmarks: Any = dlib.shape_predictor(str(models.path(models.LANDMARKS)))
        self._network = FaceNetwork(models.path(models.RESNET))

    @staticmethod
    def landmarks() -> Landmarks:
        """dlib's five points, for another encoder."""
        import _dlib_pybind11 as dlib

        find: Any = dlib.shape_predictor(str(models.path(models.LANDMARKS)))
        return lambda pixels, box: _points(find(pixels, dlib.rectangle(box.left, box.top, box.right - 1, box.bottom - 1)))

    @property
    def name(self) -> str:
        """As `Encoder`."""
        return ENCODER

    def __call__(self, sightings: Sequence[Sighting]) -> list[Encoded]:
        """As `Encoder`; in a crowd each face is looked at once only, to bound the time."""
        crops = self.CROPS if len(sightings) <= MANY_FACES else self.CROPS[:1]
        encoded: list[Encoded] = []
        for start in range(0, len(sightings), BATCH):
            encoded.extend(self._batch(sightings[start : start + BATCH], crops, mirrored=len(sightings) <= MANY_FACES))
        return encoded

    def chip(self, pixels: Pixels, box: Box, margin: float = 0.25) -> Pixels:
        """The face in the box, upright and centred by its landmarks, 150 x 150."""
        return self._chip(pixels, self._marks(pixels, box), margin)

    def raw(self, chips: NDArray[np.uint8]) -> NDArray[np.float32]:
        """What `face_recognition.face_encodings` gives for aligned faces: one look, not of unit length. Shape (n, 128)."""
        return self._network(chips)

    def _batch(self, sightings: Sequence[Sighting], crops: Sequence[float], *, mirrored: bool) -> list[Encoded]:
        marks = [self._marks(sighting.pixels, sighting.box) for sighting in sightings]
        first: list[Pixels] = []
        total = np.zeros((len(sightings), 128), np.float32)
        for margin in crops:
            chips = [self._chip(sighting.pixels, mark, margin) for sighting, mark in zip(sightings, marks, strict=True)]
            first = first or chips
            stack = np.stack([lit(chip) for chip in chips])
            total += unit(self._network(stack))
            if mirrored:
                total += unit(self._network(np.ascontiguousarray(stack[:, :, ::-1])))
        return [
            Encoded(vector, quality(chip, sighting, turn(_points(mark))))
            for vector, chip, sighting, mark in zip(unit(total), first, sightings, marks, strict=True)
        ]

    def _marks(self, pixels: Pixels, box: Box) -> Any:
        rectangle = self._dlib.rectangle(box.left, box.top, box.right - 1, box.bottom - 1)
        return self._landmarks(pixels, rectangle)

    def _chip(self, pixels: Pixels, marks: Any, margin: float) -> Pixels:
        chip: Pixels = self._dlib.get_face_chip(pixels, marks, CHIP, margin)
        return chip


def lit(chip: Pixels) -> Pixels:
    """An aligned face as bright as dlib's network is used to: one whose brightest parts are dark is multiplied up, any other stays as it is.

    Measured at a third of the light (docs/explanation/matching-faces.md); none of the tuning photos is so dark that it is changed.
    """
    brightest = float(np.percentile(chip, BRIGHTEST))
    if brightest >= DARK:
        return chip
    result: Pixels = np.clip(chip * np.float32(LIT / max(brightest, 1.0)), 0, 255).astype(np.uint8)
    return result


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows divided by their length."""
    result: NDArray[np.float32] = vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), np.float32(1e-12))
    return result


def quality(chip: Pixels, sighting: Sighting, nose_turn: float) -> Quality:
    """The measures of one aligned face; see `Quality` for their scales."""
    grey = chip.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
    laplacian = grey[1:-1, :-2] + grey[1:-1, 2:] + grey[:-2, 1:-1] + grey[2:, 1:-1] - 4 * grey[1:-1, 1:-1]
    spread = float(grey.std())
    return Quality(
        size_px=sighting.place.side,
        sharpness=round(float(laplacian.var()) / max(spread * spread, 1.0), 4),
        brightness=round(float(grey.mean()), 1),
        contrast=round(spread, 1),
        turn=round(nose_turn, 3),
        detection=round(sighting.score, 3),
    )


def turn(points: NDArray[np.float64]) -> float:
    """How far the nose lies from the middle between the eyes, along the line of the eyes, in eye distances.

    Args:
        points: shape (5, 2): the right eye's outer and inner corner, the left eye's, the base of the nose, in dlib's order.
    """
    one, two, nose = points[0:2].mean(0), points[2:4].mean(0), points[4]
    line = two - one
    distance = float(line @ line)
    return abs(float((nose - (one + two) / 2) @ line) / distance) if distance > 0 else 1.0


def _points(marks: Any) -> NDArray[np.float64]:
    return np.array([(point.x, point.y) for point in marks.parts()], np.float64)
