"""From a sighting to a vector: light."""

import numpy as np
import pytest
from PIL import Image

from guard.faceworker.detect import FrontalDetector, Sighting
from guard.faceworker.encode import DARK, LIT, DlibEncoder, lit


def grey(level: int, bright_share: float = 0.0, bright: int = 255) -> np.ndarray:
    """An aligned face of one value, of which a share is brighter."""
    chip = np.full((150, 150, 3), level, np.uint8)
    chip[: round(150 * bright_share)] = bright
    return chip


@pytest.mark.parametrize(
    ("chip", "wanted"),
    [
        pytest.param(grey(DARK), grey(DARK), id="at the limit"),
        pytest.param(grey(10, 0.02), grey(10, 0.02), id="dark, with a bright part"),
        pytest.param(grey(DARK - 1), grey(LIT), id="just below"),
        pytest.param(grey(20, 0.5, 40), grey(LIT // 2, 0.5, LIT), id="dark and darker"),
        pytest.param(grey(47, 0.005), grey(LIT, 0.005), id="a bright spot is no light, and does not overflow"),
        pytest.param(grey(0), grey(0), id="black"),
    ],
)
def test_only_a_dark_face_is_brightened(chip: np.ndarray, wanted: np.ndarray) -> None:
    assert np.array_equal(lit(chip), wanted)


def test_a_face_in_a_third_of_the_light_is_seen_as_in_the_light(portrait: Image.Image) -> None:
    encoder = DlibEncoder()
    box, score, *_ = FrontalDetector()(np.asarray(portrait))[0]
    pictures = [np.asarray(portrait), np.asarray(portrait.point(lambda value: round(value * 0.3)))]
    light, dark = encoder([Sighting(box, box, pixels, 0, score) for pixels in pictures])
    plain = encoder.raw(encoder.chip(pictures[1], box)[None])[0]
    assert light.vector @ dark.vector > 0.99
    assert light.vector @ dark.vector > light.vector @ (plain / np.linalg.norm(plain))
    assert dark.quality.brightness == pytest.approx(0.3 * light.quality.brightness, rel=0.02)
