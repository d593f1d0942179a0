"""A second encoder: a face network that the operator brings as an ONNX file; none comes with the guard.

Faces are
aligned to 112 x 112 as such networks are trained on them (InsightFace's template, which SFace, AuraFace and others share).
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from guard.errors import UnscreenableError
from guard.faceworker.detect import Pixels, Sighting
from guard.faceworker.encode import DlibEncoder, Encoded, Landmarks, quality, turn, unit
from guard.faceworker.onnx_description import describe
from guard.faceworker.onnx_network import OnnxNetwork, first_question, prepared

_SETTING = "GUARD_FACE_ENCODER"

SIDE_PX = 112
BATCH = 8

# Where the eyes lie in the 112-pixel template (insightface, face_align.py): the middle between them, and half their distance.
_MIDDLE = np.array([55.9132, 51.5989])
_HALF_PX = 17.6189

# Where dlib's mean face has its five points (dlib/image_transforms/interpolation.h, get_face_chip_details), in its order.
_DLIB_MEAN = np.array(
    [
        (0.8595674595992, 0.2134981538014),
        (0.6460604764104, 0.2289674387677),
        (0.1205750620789, 0.2137274526848),
        (0.3340850613712, 0.2290642403242),
        (0.4901123135679, 0.6277975316475),
    ]
)


def _template() -> NDArray[np.float64]:
    """Where dlib's five points belong in the 112-pixel face: its mean face, moved so that the eyes' middles are where they should be."""
    eyes = np.array([_DLIB_MEAN[0:2].mean(0), _DLIB_MEAN[2:4].mean(0)])
    half = abs(eyes[0, 0] - eyes[1, 0]) / 2
    placed: NDArray[np.float64] = (_DLIB_MEAN - eyes.mean(0)) * (_HALF_PX / half) + _MIDDLE
    return placed


TEMPLATE = _template()


class OnnxEncoder:
    """The network, loaded once, on one thread.

    Args:
        model: the ONNX file, its description beside it.
        landmarks: finds dlib's five points in a face; dlib's own unless given.

    Raises:
        InvalidInputError: the file is not what its description says, or does not answer so.
    """

    def __init__(self, model: Path, landmarks: Landmarks | None = None) -> None:
        self._description = describe(model)
        self._landmarks = landmarks or DlibEncoder.landmarks()
        self._network = OnnxNetwork(model, _SETTING)
        with first_question(model, _SETTING):
            self._vectors(np.full((1, SIDE_PX, SIDE_PX, 3), 128, np.uint8))

    @property
    def name(self) -> str:
        """As `Encoder`."""
        return self._description.name

    def __call__(self, sightings: Sequence[Sighting]) -> list[Encoded]:
        """As `Encoder`."""
        encoded: list[Encoded] = []
        for start in range(0, len(sightings), BATCH):
            some = sightings[start : start + BATCH]
            points = [self._landmarks(sighting.pixels, sighting.box) for sighting in some]
            chips = np.stack([aligned(sighting.pixels, point) for sighting, point in zip(some, points, strict=True)])
            vectors = self._vectors(chips)
            if self._description.mirrored:
                vectors = vectors + self._vectors(np.ascontiguousarray(chips[:, :, ::-1]))
            encoded += [
                Encoded(vector, quality(chip, sighting, turn(point)))
                for vector, chip, sighting, point in zip(unit(vectors), chips, some, points, strict=True)
            ]
        return encoded

    def _vectors(self, chips: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Unit vectors of aligned faces; UnscreenableError where the network gives something else."""
        answers = [self._network(self._prepared(chip))[0] for chip in chips]
        vectors = np.asarray(answers, np.float32).reshape(len(chips), -1)
        if vectors.shape[1] != self._description.dimensions:
            raise UnscreenableError(f"encoder {self.name} answered {vectors.shape[1]} numbers, not {self._description.dimensions}")
        if not np.isfinite(vectors).all() or not (np.linalg.norm(vectors, axis=1) > 0).all():
            raise UnscreenableError(f"encoder {self.name} answered a vector that is not finite, or zero")
        return unit(vectors)

    def _prepared(self, chip: Pixels) -> NDArray[np.float32]:
        """One face as the network's input, shape (1, 3, 112, 112) or (1, 112, 112, 3)."""
        said = self._description
        return prepared(chip if said.channels == "rgb" else chip[:, :, ::-1], said.mean, said.std, said.layout)


def aligned(pixels: Pixels, points: NDArray[np.float64]) -> Pixels:
    """The face turned, scaled and moved so that its five points (shape (5, 2), dlib's order) come nearest to `TEMPLATE`, 112 x 112."""
    scale_turn, offset = similarity(TEMPLATE, points)
    (a, b), (c, d) = scale_turn
    matrix = (a, b, offset[0], c, d, offset[1])
    face = Image.fromarray(pixels).transform((SIDE_PX, SIDE_PX), Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)
    return np.asarray(face)


def similarity(some: NDArray[np.float64], others: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The turn with scale, shape (2, 2), and the offset that bring `some` points nearest to `others` (least squares; Umeyama 1991)."""
    middle, other_middle = some.mean(0), others.mean(0)
    left, strength, right = np.linalg.svd((others - other_middle).T @ (some - middle))
    proper = np.array([1.0, np.sign(np.linalg.det(left @ right))])
    spread = ((some - middle) ** 2).sum()
    scale_turn = left @ np.diag(proper) @ right * float(strength @ proper) / spread
    return scale_turn, other_middle - scale_turn @ middle
