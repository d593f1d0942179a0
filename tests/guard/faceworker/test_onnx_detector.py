"""A detector that the operator brings: the file that was described and no other, its answers read as its makers mean them, and checked."""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from guard.errors import InvalidInputError, UnscreenableError
from guard.faceworker.detect import Found, Pass
from guard.faceworker.encoders import second_detector
from guard.faceworker.look import Looker
from guard.faceworker.onnx_detector import OnnxDetector
from guard.match.faces.found import Box
from guard.settings import Settings
from guard.types import Picture
from tests.guard.faceworker.networks import LISTED, SIDE, Answers, listed, told

POINTS = [[20.0, 30.0], [40.0, 30.0], [30.0, 38.0], [23.0, 45.0], [37.0, 45.0]]
MakeDetector = Callable[..., Path]


@pytest.fixture(scope="session")
def detector_network(tmp_path_factory: pytest.TempPathFactory) -> MakeDetector:
    """`networks.told`, each in a folder of its own."""
    return lambda *told_what, **described: told(tmp_path_factory.mktemp("detector"), *told_what, **described)


BLANK = np.zeros((SIDE, SIDE, 3), np.uint8)


def grids(numbers: int, strides: tuple[int, ...] = (8, 16, 32), anchors: int = 1) -> dict[int, np.ndarray]:
    return {stride: np.zeros((1, (SIDE // stride) ** 2 * anchors, numbers)) for stride in strides}


def plain(found: list[Found]) -> list[tuple[Box, float, list[list[float]] | None]]:
    return [(face.box, round(face.score, 4), None if face.points is None else face.points.round(3).tolist()) for face in found]


def test_yunet_is_read_as_opencv_reads_it(detector_network: MakeDetector) -> None:
    """A face in the cell (2, 1) of the grid of 16: its middle, the logarithm of its size and its points are in steps from the cell's corner."""
    cls, obj, bbox, kps = grids(1), grids(1), grids(4), grids(10)
    cell = 1 * (SIDE // 16) + 2
    cls[16][0, cell], obj[16][0, cell] = 0.9, 0.4
    bbox[16][0, cell] = [-0.125, 1.25, math.log(1.5), math.log(2)]
    kps[16][0, cell] = ((np.array(POINTS) - (32, 16)) / 16).reshape(-1)
    parts = {"cls": cls, "obj": obj, "bbox": bbox, "kps": kps}
    answers = {f"{name}_{stride}": grid for name, by_stride in parts.items() for stride, grid in by_stride.items()}
    detector = OnnxDetector(detector_network(answers, kind="yunet", channels="bgr"))
    assert plain(detector(BLANK)) == [(Box(18, 20, 42, 52), 0.6, POINTS)]


def test_scrfd_is_read_as_insightface_reads_it(detector_network: MakeDetector) -> None:
    """The second of two anchors in the cell (3, 2) of the grid of 8: distances from the cell's corner, in steps."""
    scores, boxes, points = grids(1, anchors=2), grids(4, anchors=2), grids(10, anchors=2)
    row = (2 * (SIDE // 8) + 3) * 2 + 1
    scores[8][0, row] = 0.75
    boxes[8][0, row] = [1, 0.5, 2, 3]
    points[8][0, row] = ((np.array(POINTS) - (24, 16)) / 8).reshape(-1)
    parts = {"s": scores, "b": boxes, "p": points}
    answers = {f"{name}{stride}": grid[0] for name, by_stride in parts.items() for stride, grid in by_stride.items()}
    names = {key: [f"{key[0]}{stride}" for stride in (8, 16, 32)] for key in ("scores", "boxes", "points")}
    detector = OnnxDetector(detector_network(answers, kind="scrfd", mean=127.5, std=128, **names))
    assert plain(detector(BLANK)) == [(Box(16, 12, 40, 40), 0.75, POINTS)]


BOX = Box(10, 20, 42, 60)
FORMS = [
    pytest.param([10, 20, 42, 60], {}, id="corners"),
    pytest.param([10, 20, 32, 40], {"form": "corner_size"}, id="a corner and the size"),
    pytest.param([26, 40, 32, 40], {"form": "centre_size"}, id="the middle and the size"),
    pytest.param([10 / 64, 20 / 64, 42 / 64, 60 / 64], {"unit": "share"}, id="shares of the side"),
]


@pytest.mark.parametrize(("box", "described"), FORMS)
def test_boxes_are_read_as_described(detector_network: MakeDetector, box: list[float], described: dict[str, object]) -> None:
    detector = OnnxDetector(detector_network(listed((box, 0.8)), **LISTED, **described))
    assert plain(detector(BLANK)) == [(BOX, 0.8, None)]


def test_boxes_scores_and_points_may_be_columns_of_one_table(detector_network: MakeDetector) -> None:
    row = [*BOX, 0.8, 0, *(number for point in POINTS for number in (*point, 1))]
    described = {"boxes": [["table", 0]], "scores": [["table", 4]], "points": [["table", 6]], "point_step": 3}
    detector = OnnxDetector(detector_network({"table": [[row, [0] * 21]]}, kind="boxes", **described))
    assert plain(detector(BLANK)) == [(BOX, 0.8, POINTS)]


def test_places_come_back_in_pixels_of_the_picture(detector_network: MakeDetector) -> None:
    detector = OnnxDetector(detector_network(listed(([10, 10, 30, 40], 0.8), ([40, 20, 99, 99], 0.7)), **LISTED))
    wide = np.zeros((SIDE * 5, SIDE * 10, 3), np.uint8)
    assert [face.box for face in detector(wide)] == [Box(100, 100, 300, 320), Box(400, 200, 640, 320)]


def test_of_boxes_that_overlap_the_best_is_kept_and_what_is_unlikely_is_left_out(detector_network: MakeDetector) -> None:
    answers = listed(([10, 10, 30, 30], 0.6), ([11, 10, 31, 30], 0.9), ([40, 40, 60, 60], 0.7), ([0, 40, 20, 60], 0.4))
    detector = OnnxDetector(detector_network(answers, **LISTED))
    assert plain(detector(BLANK)) == [(Box(11, 10, 31, 30), 0.9, None), (Box(40, 40, 60, 60), 0.7, None)]
    assert [face.score for face in OnnxDetector(detector_network(answers, **LISTED, least_score=0.8))(BLANK)] == [pytest.approx(0.9)]


INPUTS = [
    pytest.param({"mean": -51, "std": 510}, (51, 0, 0), 0.2, id="one number for all"),
    pytest.param({"mean": [-51, 1, 2], "std": [510, 3, 4]}, (51, 0, 0), 0.2, id="one for each"),
    pytest.param({"std": 255, "channels": "bgr"}, (0, 0, 51), 0.2, id="blue first"),
    pytest.param({"std": 255}, (51, 0, 0), 0.2, id="red first"),
]


@pytest.mark.parametrize(("described", "colour", "score"), INPUTS)
def test_the_network_is_asked_as_described(
    detector_network: MakeDetector, described: dict[str, object], colour: tuple[int, int, int], score: float
) -> None:
    """This one's score is the mean of its first channel."""
    detector = OnnxDetector(detector_network(listed(([10, 20, 42, 60], 0.0)), seeing="scores", **LISTED, least_score=0.01, **described))
    assert plain(detector(np.full((SIDE, SIDE, 3), colour, np.uint8))) == [(BOX, score, None)]


def test_the_plan_has_every_turn_and_tiles_for_small_faces(detector_network: MakeDetector) -> None:
    network = OnnxDetector(detector_network(listed(([10, 20, 42, 60], 0.8)), **LISTED, turns=[0, 180]))
    whole = (Pass("own detector", 0, SIDE, tile_px=SIDE), Pass("own detector, 180", 180, SIDE, tile_px=SIDE))
    assert network.plan() == whole
    assert network.plan(2560) == (*whole, Pass("own detector, tiles", 0, 2560, tile_px=SIDE))


GOOD = listed(([10, 20, 42, 60], 0.8))
WRONG = [
    pytest.param(GOOD, {"sha256": "0" * 64}, "has SHA-256", id="another file"),
    pytest.param(GOOD, {"scores": ["confidence"]}, "no output 'confidence'; it has boxes, scores", id="an output that is not there"),
    pytest.param(GOOD, {"kind": "scrfd"}, "must name 3 outputs, not 1", id="too few outputs"),
    pytest.param(GOOD, {"boxes": [["boxes", 1]]}, "shape", id="a column too far"),
    pytest.param(GOOD, {"side_px": 65, "strides": [8]}, "no multiple", id="a side that is no multiple"),
    pytest.param(GOOD, {"weights": "x"}, "weights", id="a key that nobody knows"),
    pytest.param(GOOD, {"std": [1, 1, 0]}, "`std` is 0", id="a division by zero"),
    pytest.param(listed(([10, 20, 42, 60], 3.2)), {}, "scores outside 0..1", id="logarithms of odds"),
    pytest.param(listed(([10, 20, 42, 60], math.nan)), {}, "scores outside 0..1", id="scores that are no numbers"),
    pytest.param(listed(([10, 20, math.inf, 60], 0.8)), {}, "a place that is no number", id="an endless box"),
    pytest.param({"boxes": [[1, 2, 3, 4], [1, 2, 3, 4]], "scores": [0.8]}, {}, "shape", id="more boxes than scores"),
]


@pytest.mark.parametrize(("answers", "described", "says"), WRONG)
def test_a_network_that_is_not_as_described_is_refused(
    detector_network: MakeDetector, answers: Answers, described: dict[str, object], says: str
) -> None:
    with pytest.raises(InvalidInputError, match=says):
        OnnxDetector(detector_network(answers, **{**LISTED, **described}))


def test_a_grid_of_another_size_is_refused(detector_network: MakeDetector) -> None:
    answers = {name: np.zeros((1, 65, width)) for name, width in (("s", 1), ("b", 4))}
    with pytest.raises(InvalidInputError, match="65 scores for a grid of 8 x 8"):
        OnnxDetector(detector_network(answers, kind="scrfd", strides=[8], scores=["s"], boxes=["b"]))


def test_a_score_that_becomes_no_number_later_on_refuses_the_picture(detector_network: MakeDetector) -> None:
    answers = listed(([10, 20, 42, 60], 0.0))
    detector = OnnxDetector(detector_network(answers, seeing="scores", rooted=True, std=255, **LISTED))
    detector._said = detector._said.model_copy(update={"mean": 200.0})
    with pytest.raises(UnscreenableError, match="scores outside"):
        detector(BLANK)


def test_the_setting_puts_it_beside_the_first(
    detector_network: MakeDetector, encoded: Callable[[Image.Image], Picture], portrait: Image.Image
) -> None:
    """A face that nobody else sees: the network's word counts."""
    second = second_detector(Settings(face_detector=detector_network(listed(([2, 2, 12, 12], 0.9)), **LISTED, turns=[0])))
    seen = Looker(max_pixels=10**6, max_frames=1, time_s=60, second=second).look(encoded(portrait))
    assert sorted(face.box for face in seen.faces)[0] == Box(8, 8, 48, 48)
    assert len(seen.faces) == 2
    assert second_detector(Settings()) is None
