"""The cascade: every pass runs, boxes come back to the picture as it is shown, budgets are named when spent."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.faceworker.detect import Pass, Pixels, passes, scaled, sightings, turned
from guard.match.faces import Box


class Spot:
    """Finds the one bright rectangle of a dark picture."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, int]] = []

    def __call__(self, pixels: Pixels) -> list[tuple[Box, float]]:
        self.asked.append((pixels.shape[1], pixels.shape[0]))
        rows, columns = np.nonzero(pixels[:, :, 0] > 128)
        if len(rows) == 0:
            return []
        return [(Box(int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1), 1.0)]


def picture(width: int, height: int, box: Box) -> Pixels:
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[box.top : box.bottom, box.left : box.right] = 255
    return pixels


@given(st.sampled_from([0, 90, 180, 270]), st.integers(0, 60), st.integers(0, 40), st.integers(20, 39), st.integers(20, 39))
def test_a_box_comes_back_from_every_turn(turn: int, left: int, top: int, width: int, height: int) -> None:
    box = Box(left, top, left + width, top + height)
    (sighting,), _ = sightings(picture(100, 80, box), Spot(), [Pass("only", turn, 100)], lambda: False)
    assert sighting.place == box
    assert sighting.turn == turn


def test_a_scaled_turned_box_lies_in_the_picture_as_it_is_shown() -> None:
    box = Box(10, 20, 50, 60)
    (sighting,), _ = sightings(picture(100, 80, box), Spot(), [Pass("only", 270, 200)], lambda: False)
    assert sighting.place.overlap(box) > 0.9
    assert sighting.pixels.shape == (200, 160, 3)


def test_one_face_seen_in_every_pass_is_one_sighting() -> None:
    plan = [Pass("a", 0, 200), Pass("b", 90, 200), Pass("c", 180, 100)]
    found, skipped = sightings(picture(100, 80, Box(10, 20, 50, 60)), Spot(), plan, lambda: False)
    assert (len(found), skipped) == (1, [])


def test_every_pass_runs_after_a_face_was_found() -> None:
    detector = Spot()
    sightings(picture(1024, 768, Box(100, 200, 500, 600)), detector, passes(1024, 768), lambda: False)
    assert detector.asked == [(1280, 960), (480, 640), (640, 480), (480, 640)]


def test_only_optional_passes_are_left_out_when_the_time_is_up() -> None:
    plan = passes(4000, 3000)
    detector = Spot()
    _, skipped = sightings(picture(400, 300, Box(10, 20, 50, 60)), detector, plan, lambda: True)
    assert (
        skipped
        == [step.name for step in plan if step.optional]
        == [
            "upright, larger",
            "rotated 90, larger",
            "rotated 180, larger",
            "rotated 270, larger",
        ]
    )
    assert len(detector.asked) == 4


@pytest.mark.parametrize(
    ("size", "sides"),
    [
        pytest.param((150, 150), [600, 600, 600, 600], id="a thumbnail is enlarged"),
        pytest.param((20_000, 1), [1280, 640, 640, 640, 2560, 1600, 1600, 1600], id="a line"),
        pytest.param((1024, 1024), [1280, 640, 640, 640], id="the usual"),
    ],
)
def test_passes(size: tuple[int, int], sides: list[int]) -> None:
    assert [step.long_side for step in passes(*size)] == sides


def test_small_faces_are_looked_for_when_asked() -> None:
    plan = passes(1024, 1024, small_faces=True)
    assert [step.long_side for step in plan] == [1280, 640, 640, 640, 2560, 1280, 1280, 1280]
    assert not any(step.optional for step in plan)


@pytest.mark.parametrize("size", [(20_000, 1), (1, 20_000), (1, 1)], ids=str)
def test_a_line_or_a_point_is_no_problem(size: tuple[int, int]) -> None:
    assert sightings(picture(*size, Box(0, 0, 0, 0)), Spot(), passes(*size), lambda: False) == ([], [])


def test_nothing_is_copied_without_need() -> None:
    pixels = picture(100, 80, Box(0, 0, 1, 1))
    assert scaled(pixels, 101) is pixels
    assert turned(pixels, 0) is pixels


class Scored:
    """Says in turn what each pass sees."""

    def __init__(self, *seen: tuple[Box, float]) -> None:
        self.seen = list(seen)

    def __call__(self, pixels: Pixels) -> list[tuple[Box, float]]:
        return [self.seen.pop(0)]


@pytest.mark.parametrize(
    ("score", "box", "count"),
    [
        pytest.param(0.3, Box(35, 35, 55, 55), 1, id="a faint face upside down where a sure one is"),
        pytest.param(0.6, Box(35, 35, 55, 55), 2, id="not so faint"),
        pytest.param(0.3, Box(0, 0, 20, 20), 2, id="faint, in a place of its own"),
    ],
)
def test_a_ghost_of_a_face_is_no_face(score: float, box: Box, count: int) -> None:
    sure = Box(30, 30, 70, 70)
    found, _ = sightings(
        np.zeros((100, 100, 3), np.uint8), Scored((sure, 1.5), (box, score)), [Pass("a", 0, 100), Pass("b", 180, 100)], lambda: False
    )
    assert len(found) == count
