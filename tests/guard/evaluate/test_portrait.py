"""Drawn faces: found by the detector that the guard uses, alike to themselves and unlike each other."""

import dlib
import numpy as np

from guard.evaluate.portrait import ADA, BEN, draw, in_a_scene, png


def test_a_drawn_face_is_found_wherever_it_stands() -> None:
    detector = dlib.get_frontal_face_detector()
    found = [len(detector(np.asarray(image), 0)) for image in (draw(ADA), in_a_scene(ADA), draw(BEN), in_a_scene(BEN))]
    assert found == [1, 1, 1, 1]


def test_drawing_is_deterministic_and_people_differ() -> None:
    assert (png(draw(ADA)) == png(draw(ADA)), png(draw(ADA)) == png(draw(BEN))) == (True, False)
