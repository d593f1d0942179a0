"""Faces against faces: nearest pair, on the scale of a search; vectors of two encoders are never compared."""

import numpy as np

from guard.match.faces import Box, FaceFound, Quality, alike
from guard.match.faces.scale import bundled

ENCODER = "dlib-resnet-v1"


def face(seed: int, encoder: str = ENCODER, blur: float = 0.0) -> FaceFound:
    scale = bundled(ENCODER)
    assert scale is not None
    vector = scale.centre / np.linalg.norm(scale.centre) + 0.06 * np.random.default_rng(seed).standard_normal(128)
    vector = vector + blur * np.random.default_rng(99).standard_normal(128)
    unit = (vector / np.linalg.norm(vector)).astype(np.float32)
    return FaceFound("image", 0, Box(0, 0, 9, 9), unit, Quality(9, 1, 1, 1, 0, 1), encoder=encoder)


def test_one_face_twice_is_as_like_as_can_be() -> None:
    assert alike([face(1)], [face(1)]) > 0.9


def test_the_nearest_pair_counts() -> None:
    assert alike([face(1), face(2)], [face(3), face(2, blur=0.01)]) == alike([face(2)], [face(2, blur=0.01)]) > 0.5


def test_strangers_are_not_alike() -> None:
    assert max(alike([face(one)], [face(other)]) for one, other in ((1, 2), (3, 4), (5, 6))) < 0.3


def test_what_cannot_be_compared_is_not_alike() -> None:
    assert [alike([face(1)], [face(1, "other-v1")]), alike([face(1, "other-v1")], [face(1, "other-v1")]), alike([], [face(1)])] == [0, 0, 0]
