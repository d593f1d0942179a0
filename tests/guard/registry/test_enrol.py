"""Which photo is good enough, why not, and what one template is made of."""

from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from guard.errors import FieldError, InvalidInputError, UnfitPhotoError
from guard.registry import enrol


@dataclass(frozen=True)
class Measures:
    size_px: int = 120
    sharpness: float = 0.1
    brightness: float = 120.0
    contrast: float = 50.0
    turn: float = 0.1
    detection: float = 1.0


@dataclass(frozen=True)
class Face:
    box: tuple[int, int, int, int] = (10, 10, 110, 110)
    quality: Measures = field(default_factory=Measures)
    vector: NDArray[np.float32] = field(default_factory=lambda: np.eye(128, dtype=np.float32)[0], compare=False)


def test_one_good_face() -> None:
    assert enrol.assess([Face()]) == Face()


def test_a_small_face_in_the_background_is_no_second_person() -> None:
    assert enrol.assess([Face((300, 10, 330, 40)), Face()]) == Face()


def test_what_hardly_looks_like_a_face_is_no_second_person_however_large() -> None:
    """dlib sees faint upside-down faces in one photo of ten."""
    assert enrol.assess([Face((0, 0, 400, 400), Measures(detection=0.3)), Face()]) == Face()


def test_one_face_that_hardly_looks_like_one_is_still_the_only_one() -> None:
    faint = Face(quality=Measures(detection=0.2))
    assert enrol.assess([faint]) == faint


def test_a_box_names_one_of_several() -> None:
    other = Face((200, 10, 300, 110))
    assert enrol.assess([Face(), other], box=(205, 5, 310, 100)) == other


UNFIT = [
    pytest.param([], None, "no face was found in the photo", id="no face"),
    pytest.param([Face(quality=Measures(detection=-0.5))], None, "no face was found in the photo", id="hardly a face"),
    pytest.param(
        [Face(), Face((200, 10, 300, 110))],
        None,
        "several faces (2) in the photo, at [10, 10, 110, 110], [200, 10, 300, 110]; name one with `box`",
        id="two people",
    ),
    pytest.param([Face()], (500, 500, 600, 600), "no face was found in the photo at [500, 500, 600, 600]", id="the box names nobody"),
    pytest.param(
        [Face(quality=Measures(size_px=30))],
        None,
        "the photo is no good: too small: the face is 30 pixels wide, at least 40 are needed",
        id="too small",
    ),
    pytest.param(
        [Face(quality=Measures(sharpness=0.001))],
        None,
        "the photo is no good: too blurred: sharpness 0.0010, at least 0.002 is needed",
        id="too blurred",
    ),
    pytest.param(
        [Face(quality=Measures(brightness=12, contrast=8))],
        None,
        "the photo is no good: too dark: mean grey 12, at least 35 is needed; too little contrast: 8, at least 14 is needed",
        id="every reason is named",
    ),
    pytest.param(
        [Face(quality=Measures(brightness=250))],
        None,
        "the photo is no good: too bright: mean grey 250, at most 225 is usable",
        id="too bright",
    ),
    pytest.param(
        [Face(quality=Measures(turn=0.9))],
        None,
        "the photo is no good: turned away: 0.90 eye distances, at most 0.65 is usable",
        id="a profile",
    ),
]


@pytest.mark.parametrize(("faces", "box", "message"), UNFIT)
def test_an_unfit_photo_says_why(faces: list[Face], box: tuple[int, int, int, int] | None, message: str) -> None:
    with pytest.raises(UnfitPhotoError) as refused:
        enrol.assess(faces, box, pointer="/image/1")
    assert str(refused.value) == message
    assert {error.pointer for error in refused.value.errors} == {"/image/1"}


def test_the_reasons_are_separate_errors() -> None:
    with pytest.raises(UnfitPhotoError) as refused:
        enrol.assess([Face(quality=Measures(size_px=20, turn=0.7))])
    assert refused.value.errors == (
        FieldError("/image", "too small: the face is 20 pixels wide, at least 40 are needed"),
        FieldError("/image", "turned away: 0.70 eye distances, at most 0.65 is usable"),
    )


vectors_ = st.lists(st.floats(-1, 1, width=32), min_size=8, max_size=8).map(lambda v: np.array(v, np.float32) + np.float32(2))


@given(st.lists(vectors_, min_size=1, max_size=5))
def test_a_template_is_of_unit_length_and_knows_no_order(vectors: list[NDArray[np.float32]]) -> None:
    made = enrol.template(vectors)
    assert made.dtype == np.float32
    assert float(np.linalg.norm(made)) == pytest.approx(1, abs=1e-6)
    assert enrol.template(vectors[::-1]) == pytest.approx(made, abs=1e-6)


def test_a_longer_vector_does_not_weigh_more() -> None:
    one, two = np.array([3, 0], np.float32), np.array([0, 1], np.float32)
    assert enrol.template([one, two]) == pytest.approx(np.array([0.5**0.5, 0.5**0.5]), abs=1e-6)


@pytest.mark.parametrize(
    "vectors",
    [
        pytest.param([], id="none"),
        pytest.param([np.ones(3, np.float32), np.ones(4, np.float32)], id="two lengths"),
        pytest.param([np.array([np.nan, 1], np.float32)], id="not a number"),
        pytest.param([np.zeros(4, np.float32)], id="zero"),
        pytest.param([np.ones(4, np.float32), -np.ones(4, np.float32)], id="nothing in common"),
    ],
)
def test_what_makes_no_template(vectors: list[NDArray[np.float32]]) -> None:
    with pytest.raises(InvalidInputError):
        enrol.template(vectors)
