"""Two detectors side by side: what only the second sees is turned upright for the encoder, what both see counts once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import pytest
from PIL import Image

from guard.errors import UnscreenableError
from guard.faceworker.beside import beside
from guard.faceworker.detect import CROP_PX, MIDDLE_OF_CROP, Found, FrontalDetector, Pass, Pixels, Points, Sighting
from guard.faceworker.encode import DlibEncoder
from guard.faceworker.look import Looker
from guard.match.faces import FacesInPicture
from guard.match.faces.found import Box
from guard.types import Picture

SAME_PERSON = 0.94
FACE = Box(68, 62, 172, 178)
EYES = np.array([[98.0, 105.0], [142.0, 105.0], [120.0, 130.0], [100.0, 150.0], [140.0, 150.0]])
"""The face of the portrait, and about where its five points are."""


@dataclass
class Told:
    """A detector that sees what it is told, in the whole picture."""

    found: Sequence[Found]
    asked: list[int] = field(default_factory=list)
    leads: bool = False

    def plan(self, small_side: int = 0) -> Sequence[Pass]:
        self.asked.append(small_side)
        return [Pass("own", 0, 700)]

    def __call__(self, pixels: Pixels) -> Sequence[Found]:
        return self.found


@dataclass
class Nobody(Told):
    """A first detector that sees no face in the passes and sees them in crops, which are all of one size."""

    def __call__(self, pixels: Pixels) -> Sequence[Found]:
        return frontal()(pixels) if pixels.shape[:2] == (CROP_PX, CROP_PX) else []


def tilted(portrait: Image.Image, degrees: float) -> tuple[Image.Image, Box, Points]:
    """The portrait on a page of 700 pixels, turned clockwise around its middle, with the face's box and points."""
    page = Image.new("RGB", (700, 700), (150, 150, 150))
    page.paste(portrait, (222, 222))
    middle = np.array([350.0, 350.0])
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    points = (EYES + 222 - middle) @ turn.T + middle
    x, y = (np.array([(FACE.left + FACE.right) / 2, (FACE.top + FACE.bottom) / 2]) + 222 - middle) @ turn.T + middle
    half = FACE.side / 2 * (abs(np.cos(angle)) + abs(np.sin(angle)))
    box = Box(*(round(float(at)) for at in (x - half, y - half, x + half, y + half)))
    return page.rotate(-degrees, Image.Resampling.BICUBIC, fillcolor=(150, 150, 150)), box, points


@cache
def frontal() -> FrontalDetector:
    return FrontalDetector()


@cache
def encoder() -> DlibEncoder:
    return DlibEncoder()


def looker(first: object, second: object = None) -> Looker:
    return Looker(max_pixels=10**7, max_frames=1, time_s=60, detector=first, second=second, encoders=[encoder()])  # type: ignore[arg-type]


def cosine(one: FacesInPicture, other: FacesInPicture) -> float:
    return max(float(a.vector @ b.vector) for a in one.faces for b in other.faces)


@pytest.fixture(scope="module")
def upright(encoded: Callable[[Image.Image], Picture], portrait: Image.Image) -> FacesInPicture:
    return looker(frontal()).look(encoded(portrait))


@pytest.mark.parametrize("with_points", [True, False], ids=["with its points", "at the best of eight angles"])
@pytest.mark.parametrize("degrees", [45, -60, 170])
def test_a_face_that_only_the_second_sees_is_turned_upright(
    encoded: Callable[[Image.Image], Picture], portrait: Image.Image, upright: FacesInPicture, degrees: int, with_points: bool
) -> None:
    page, box, points = tilted(portrait, degrees)
    seen = looker(Nobody([]), Told([Found(box, 0.8, points if with_points else None)])).look(encoded(page))
    (face,) = seen.faces
    assert (face.box, cosine(upright, seen) > SAME_PERSON) == (box, True)
    assert face.view == {45: "rotated 45", -60: "rotated 315", 170: "rotated 180"}[degrees]


def test_a_face_that_both_see_counts_once(encoded: Callable[[Image.Image], Picture], portrait: Image.Image) -> None:
    page, box, points = tilted(portrait, 0)
    both = looker(frontal(), Told([Found(box, 0.9, points)])).look(encoded(page))
    (alone,) = looker(frontal()).look(encoded(page)).faces
    assert [(face.box, face.view, face.vector.tolist()) for face in both.faces] == [(alone.box, "upright", alone.vector.tolist())]


def test_what_no_first_detector_knows_is_a_face_all_the_same() -> None:
    """Fail closed: the second one's word is enough."""
    grey = np.full((400, 400, 3), 90, np.uint8)
    place = Box(100, 120, 200, 240)
    (kept,) = beside(grey, [], [Sighting(place, place, grey, 0, 0.7)], frontal())
    assert (kept.place, kept.box, kept.pixels.shape, kept.turn, kept.score) == (place, MIDDLE_OF_CROP, (CROP_PX, CROP_PX, 3), 0, 0.7)


@pytest.mark.parametrize(
    ("score", "turn"), [pytest.param(9.0, 90, id="seen better there"), pytest.param(-1.0, 45, id="seen better upright")]
)
def test_of_two_turns_of_one_face_the_one_that_is_seen_best_is_kept(portrait: Image.Image, score: float, turn: int) -> None:
    page, box, points = tilted(portrait, 45)
    pixels = np.asarray(page)
    known = Sighting(box, box, pixels, 90, score)
    (kept,) = beside(pixels, [known], [Sighting(box, box, pixels, 0, 0.8, points)], frontal())
    assert kept.turn == turn


def test_small_faces_are_asked_for_in_a_copy_of_their_own(encoded: Callable[[Image.Image], Picture], portrait: Image.Image) -> None:
    second = Told([])
    for small in (False, True):
        looker(Nobody([]), second).look(encoded(portrait), small_faces=small)
    assert second.asked == [0, 2560]


def test_a_crowd_that_only_the_second_sees_has_the_time_of_its_picture_and_no_more(
    encoded: Callable[[Image.Image], Picture], portrait: Image.Image
) -> None:
    crowd = [Found(Box(20 * column, 20 * row, 20 * column + 9, 20 * row + 9), 0.9) for column in range(34) for row in range(30)]
    with pytest.raises(UnscreenableError, match="more than 500 faces"):
        looker(Nobody([]), Told(crowd[:501])).look(encoded(portrait))
    slow = Looker(max_pixels=10**7, max_frames=1, time_s=0.5, detector=Nobody([]), second=Told(crowd[:400]), encoders=[encoder()])
    with pytest.raises(UnscreenableError, match=r"within 0.5 s"):
        slow.look(encoded(portrait))


def test_a_second_detector_that_fails_refuses_the_picture(encoded: Callable[[Image.Image], Picture], portrait: Image.Image) -> None:
    class Broken(Told):
        def __call__(self, pixels: Pixels) -> Sequence[Found]:
            raise UnscreenableError("the face detector failed")

    with pytest.raises(UnscreenableError, match="face detector failed"):
        looker(frontal(), Broken([])).look(encoded(portrait))
