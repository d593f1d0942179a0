"""The operator's own network: what its file and description must be, and what it says."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from guard.errors import InvalidInputError, UnscreenableError
from guard.sightworker.nudity import NudityNetwork, describe

Make = Callable[..., Path]
RED, HALF, BLUE = (np.full((40, 20, 3), colour, np.uint8) for colour in ((255, 0, 0), (128, 0, 0), (0, 0, 255)))

SCORES = [
    pytest.param({}, RED, 1.0, id="classes"),
    pytest.param({}, HALF, 0.502, id="in between"),
    pytest.param({}, BLUE, 0.0, id="none"),
    pytest.param({"nude": [0, 2]}, BLUE, 1.0, id="any of several classes"),
    pytest.param({"answer": "boxes"}, RED, 1.0, id="boxes"),
    pytest.param({"answer": "boxes"}, BLUE, 0.0, id="boxes of other classes"),
    pytest.param({"fit": "pad"}, RED, 0.5, id="padded with black"),
    pytest.param({"mean": [0, 0.5, 0.5], "std": [2, 1, 1]}, RED, 0.5, id="normalised"),
    pytest.param({"softmax": True}, RED, 0.576, id="probabilities"),
    pytest.param({"softmax": True, "nude": [0, 1, 2]}, BLUE, 1.0, id="probabilities of all classes"),
]


@pytest.mark.parametrize(("described", "pixels", "score"), SCORES)
def test_scores(tiny_network: Make, described: dict[str, object], pixels: np.ndarray, score: float) -> None:
    assert NudityNetwork.load(tiny_network(**described)).score(pixels) == pytest.approx(score, abs=0.001)


def test_a_score_beyond_the_range_is_no_answer(tiny_network: Make) -> None:
    network = NudityNetwork.load(tiny_network(std=[0.5, 1, 1]))
    with pytest.raises(UnscreenableError, match="answered 2"):
        network.score(RED)


WRONG_FILES = [
    pytest.param({"sha256": "0" * 64}, "has SHA-256 ", id="another file"),
    pytest.param({"sha256": "abc"}, "sha256: must match", id="no digest"),
    pytest.param({"nude": []}, "nude: is empty", id="no class"),
    pytest.param({"side_px": 100_000}, "side_px: must be less than or equal to 2048", id="too large a side"),
    pytest.param({"colours": "bgr"}, "colours: is no field", id="an unknown key"),
]


@pytest.mark.parametrize(("described", "message"), WRONG_FILES)
def test_a_description_that_is_wrong_is_said(tiny_network: Make, described: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        describe(tiny_network(**described))


WRONG_NETWORKS = [
    pytest.param({"side_px": 32}, id="another side"),
    pytest.param({"layout": "nhwc"}, id="another order of axes"),
    pytest.param({"nude": [7]}, id="a class that it does not have"),
    pytest.param({"answer": "nothing"}, id="no numbers"),
]


@pytest.mark.parametrize("described", WRONG_NETWORKS)
def test_a_network_that_is_not_what_its_description_says_is_not_loaded(tiny_network: Make, described: dict[str, object]) -> None:
    with pytest.raises(InvalidInputError, match="does not answer as its description says"):
        NudityNetwork.load(tiny_network(**described))


def test_what_is_no_network(tiny_network: Make) -> None:
    path = tiny_network()
    path.write_bytes(b"not a network")
    described = json.loads(path.with_suffix(".json").read_text())
    described["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    path.with_suffix(".json").write_text(json.dumps(described))
    with pytest.raises(InvalidInputError, match="is no ONNX model that can be used"):
        NudityNetwork.load(path)


@pytest.mark.parametrize("gone", [".onnx", ".json"])
def test_a_file_that_is_not_there(tiny_network: Make, gone: str) -> None:
    path = tiny_network()
    path.with_suffix(gone).unlink()
    with pytest.raises(InvalidInputError, match="cannot be read: No such file"):
        NudityNetwork.load(path)
