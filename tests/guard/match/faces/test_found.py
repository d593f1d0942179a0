"""Boxes and quality figures."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.match.faces import Box, Quality

boxes = st.tuples(st.integers(0, 50), st.integers(0, 50), st.integers(1, 50), st.integers(1, 50)).map(
    lambda b: Box(b[0], b[1], b[0] + b[2], b[1] + b[3])
)


@given(boxes, boxes)
def test_overlap_is_symmetric_and_1_only_for_the_same_box(one: Box, other: Box) -> None:
    assert one.overlap(other) == other.overlap(one)
    assert (one.overlap(other) == 1) == (one == other)


def test_boxes_that_touch_do_not_overlap() -> None:
    assert Box(0, 0, 10, 10).overlap(Box(10, 0, 20, 10)) == 0


@pytest.mark.parametrize(
    ("changed", "score"),
    [
        pytest.param({}, 1.0, id="a good photo"),
        pytest.param({"size_px": 50}, 0.5, id="small"),
        pytest.param({"sharpness": 0.01}, 0.25, id="blurred"),
        pytest.param({"brightness": 240.0}, 0.25, id="too bright"),
        pytest.param({"contrast": 10.0}, 0.25, id="flat"),
        pytest.param({"turn": 0.5}, 0.4, id="turned away"),
        pytest.param({"turn": 2.0}, 0.0, id="nothing to go by"),
    ],
)
def test_the_worst_measure_is_the_quality(changed: dict[str, float], score: float) -> None:
    good = {"size_px": 150, "sharpness": 0.1, "brightness": 120.0, "contrast": 50.0, "turn": 0.0, "detection": 1.0}
    assert Quality(**{**good, **changed}).score == score  # type: ignore[arg-type]
