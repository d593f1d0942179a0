"""A network as a file: what cannot be opened, and what fails when it is asked, is an error that the callers know."""

from pathlib import Path

import numpy as np
import pytest

from guard.errors import InvalidInputError, UnscreenableError
from guard.faceworker.onnx_network import Layout, OnnxNetwork, first_question, prepared
from tests.guard.faceworker import networks


def test_what_is_no_model_names_the_setting(tmp_path: Path) -> None:
    model = tmp_path / "model.onnx"
    model.write_bytes(b"not a network")
    with pytest.raises(InvalidInputError, match=r"^GUARD_X: .*/model\.onnx is no ONNX model that can be used: "):
        OnnxNetwork(model, "GUARD_X")


def test_answers_come_in_the_order_of_the_outputs(tmp_path: Path) -> None:
    network = OnnxNetwork(networks.told(tmp_path, {"b": [[1, 2]], "a": [3]}), "GUARD_X")
    answers = network(np.zeros((1, 3, networks.SIDE, networks.SIDE), np.float32))
    assert (network.outputs, [answer.tolist() for answer in answers]) == (("b", "a"), [[[1, 2]], [3]])


def test_a_network_that_fails_leaves_the_picture_unscreenable(tmp_path: Path) -> None:
    network = OnnxNetwork(networks.told(tmp_path, {"a": [3]}), "GUARD_X")
    with pytest.raises(UnscreenableError, match="a network that looks at pictures failed"):
        network(np.zeros((1, 3, 5, 5), np.float32))


@pytest.mark.parametrize("wrong", [IndexError("list index"), UnscreenableError("a score of 2"), ValueError("no shape")])
def test_whatever_goes_wrong_with_the_first_question_is_the_files_fault(wrong: Exception) -> None:
    says = f"^GUARD_X: m.onnx does not answer as its description says: {wrong}$"
    with pytest.raises(InvalidInputError, match=says), first_question(Path("m.onnx"), "GUARD_X"):
        raise wrong


@pytest.mark.parametrize(("layout", "shape"), [("nchw", (1, 3, 4, 2)), ("nhwc", (1, 4, 2, 3))])
def test_pixels_are_normalised_and_have_the_axes_of_the_network(layout: Layout, shape: tuple[int, ...]) -> None:
    colours = np.arange(24, dtype=np.uint8).reshape(4, 2, 3)
    values = prepared(colours, (0, 1, 2), 2, layout)
    assert (values.shape, values.dtype, values.flags.c_contiguous) == (shape, np.float32, True)
    assert (values[0] if layout == "nhwc" else values[0].transpose(1, 2, 0)).tolist() == ((colours - [0.0, 1.0, 2.0]) / 2).tolist()
