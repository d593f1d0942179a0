"""An answer beside its request: does it still show the person of the input picture?"""

from dataclasses import replace

import numpy as np

from guard.examine import Examined, in_the_light_of
from guard.match.faces import Box, FaceFound, Quality
from guard.match.faces.scale import bundled
from guard.types import Findings


def face(seed: int) -> FaceFound:
    scale = bundled("dlib-resnet-v1")
    assert scale is not None
    vector = scale.centre / np.linalg.norm(scale.centre) + 0.06 * np.random.default_rng(seed).standard_normal(128)
    return FaceFound("image", 0, Box(0, 0, 9, 9), (vector / np.linalg.norm(vector)).astype(np.float32), Quality(9, 1, 1, 1, 0, 1))


ASKED = Examined(Findings(faces=1), faces=(face(1),))


def test_the_same_face_is_kept_and_another_is_not() -> None:
    same = in_the_light_of(ASKED, Examined(Findings(faces=2), faces=(face(2), face(1)))).findings.signals
    other = in_the_light_of(ASKED, Examined(Findings(faces=1), faces=(face(2),))).findings.signals
    assert (float(same["keeps_person"]) > 0.9, float(other["keeps_person"]) < 0.3) == (True, True)


def test_without_a_face_on_both_sides_nothing_is_said() -> None:
    nobody = Examined()
    assert "keeps_person" not in in_the_light_of(ASKED, nobody).findings.signals
    assert "keeps_person" not in in_the_light_of(nobody, replace(ASKED)).findings.signals
