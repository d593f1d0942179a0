"""The cascade: every pass runs, boxes come back to the picture as it is shown, budgets are named when spent."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.faceworker.detect import CROP_PX, MIDDLE_OF_CROP, Found, Pass, Pixels, passes, scaled, sightings, turned
from guard.match.faces import Box


class Spot:
    """Finds the one bright rectangle of a dark picture."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, int]] = []

    def __call__(self, pixels: Pixels) -> list[Found]:
        self.asked.append((pixels.shape[1], pixels.shape[0]))
        rows, columns = np.nonzero(pixels[:, :, 0] > 128)
        if len(rows) == 0:
            return []
        return [Found(Box(int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1), 1.0)]


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
    assert detector.asked == [(1280, 960), (480, 640), (640, 480), (480, 640), *[(298, 298)] * 4]


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
            *(f"rotated {turn}, larger" for turn in (45, 135, 225, 315)),
        ]
    )
    assert len(detector.asked) == 8


@pytest.mark.parametrize(
    ("size", "sides"),
    [
        pytest.param((150, 150), [600, 600, 600, 600], id="a thumbnail is enlarged"),
        pytest.param((20_000, 1), [1280, 640, 640, 640, 2560, 1600, 1600, 1600], id="a line"),
        pytest.param((1024, 1024), [1280, 640, 640, 640], id="the usual"),
    ],
)
def test_passes(size: tuple[int, int], sides: list[int]) -> None:
    plan = passes(*size)
    assert [step.long_side for step in plan if step.turn % 90 == 0] == sides
    assert [(step.turn, step.long_side) for step in plan[4:8]] == [(45, 240), (135, 240), (225, 240), (315, 240)]


@pytest.mark.parametrize(
    ("longer", "upright", "turned"), [(300, 2560, 1600), (1024, 2560, 1600), (2000, 4000, 2000), (9000, 4160, 2080)], ids=str
)
def test_small_faces_are_looked_for_when_asked(longer: int, upright: int, turned: int) -> None:
    plan = passes(longer, longer // 2, small_faces=True)
    assert [(step.turn, step.long_side) for step in plan[8:12]] == [(0, upright), (90, turned), (180, turned), (270, turned)]
    assert not any(step.optional for step in plan)


@pytest.mark.parametrize(("size", "side"), [(1024, 800), (300, 600)], ids=str)
def test_where_a_second_detector_leads_one_pass_is_left(size: int, side: int) -> None:
    assert passes(size, size, led=True) == (Pass("upright", 0, side),)
    assert passes(size, size, small_faces=True, led=True) == passes(size, size, small_faces=True)


@pytest.mark.parametrize("turn", [45, 135, 225, 315])
def test_a_face_turned_between_quarters_comes_back_upright_in_a_crop(turn: int) -> None:
    """What the detector saw in the turned copy, at three times the size, from the picture itself."""
    shown = picture(720, 540, Box(300, 200, 420, 320))
    ((place, box, pixels, seen_at, _, _),) = (
        (s.place, s.box, s.pixels, s.turn, s.score, s.points)
        for s in sightings(shown, Spot(), [Pass("between", turn, 240)], lambda: False)[0]
    )
    assert (seen_at, box, pixels.shape) == (turn, MIDDLE_OF_CROP, (CROP_PX, CROP_PX, 3))
    middle = ((place.left + place.right) / 2, (place.top + place.bottom) / 2)
    assert middle == pytest.approx((360, 260), abs=4)
    assert 120 <= place.side <= 120 * 2**0.5 + 9  # the corners of the square stand out in the turned copy
    rows, columns = np.nonzero(pixels[:, :, 0] > 128)
    assert (rows.mean(), columns.mean()) == pytest.approx((120, 120), abs=4)


@given(st.integers(0, 480), st.integers(0, 340), st.sampled_from([0, 90, 180, 270]))
def test_tiles_leave_out_nothing_and_a_face_on_a_border_is_whole_in_one(left: int, top: int, turn: int) -> None:
    box = Box(left, top, left + 120, top + 60)

    class Whole(Spot):
        def __call__(self, pixels: Pixels) -> list[Found]:
            return [face._replace(score=face.box.area) for face in super().__call__(pixels)]

    found, _ = sightings(picture(600, 400, box), Whole(), [Pass("tiles", turn, 600, tile_px=300)], lambda: False)
    assert box in {sighting.place for sighting in found}


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

    def __call__(self, pixels: Pixels) -> list[Found]:
        return [Found(*self.seen.pop(0))]


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
