"""Nudity in pictures, by a network that the operator brings as an ONNX file; none comes with the guard.

Beside `model.onnx` lies `model.json`, which says what the file is and how to ask it (docs/reference/signals.md). Two kinds of
answers are understood: `classes`, one score a class, and `boxes`, a detector's (4 + classes, n), scores after the box.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydantic import Field

from guard.errors import UnscreenableError
from guard.extract.image_decode import Pixels
from guard.faceworker.onnx_description import Pinned, described
from guard.faceworker.onnx_network import Layout, OnnxNetwork, first_question, prepared

_SETTING = "GUARD_NUDITY_MODEL"


class Description(Pinned):
    """What `model.json` says.

    Attributes:
        side_px: side of the square that the network looks at.
        fit: `stretch` the picture to it, or `pad` it below and to the right with black.
        layout: order of the input's axes.
        mean: what is taken from each of R, G, B in 0..1 ...
        std: ... and what the rest is divided by.
        answer: `classes` or `boxes`.
        nude: numbers of the classes that mean nudity.
        softmax: whether class scores are to be made probabilities first.
    """

    side_px: int = Field(ge=16, le=2048)
    fit: Literal["stretch", "pad"] = "stretch"
    layout: Layout = "nchw"
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)
    answer: Literal["classes", "boxes"] = "classes"
    nude: tuple[int, ...] = Field(min_length=1)
    softmax: bool = False


def describe(model: Path) -> Description:
    """The description beside a model; InvalidInputError says what is wrong."""
    return described(Description, model, _SETTING)


@dataclass(slots=True)
class NudityNetwork:
    """The network, loaded once, on one thread."""

    description: Description
    _network: OnnxNetwork

    @classmethod
    def load(cls, model: Path) -> "NudityNetwork":
        """Load and check it; InvalidInputError where the file is not what its description says."""
        network = cls(describe(model), OnnxNetwork(model, _SETTING))
        with first_question(model, _SETTING):
            network.score(np.zeros((64, 48, 3), np.uint8))
        return network

    def score(self, pixels: Pixels) -> float:
        """How surely RGB pixels show nudity, 0..1; UnscreenableError where the network gives no such number."""
        [answer, *_] = self._network(_prepared(pixels, self.description))
        score = _highest(np.asarray(answer, dtype=np.float64), self.description)
        if not 0 <= score <= 1:
            raise UnscreenableError(f"the nudity network answered {score}")
        return score


def _prepared(pixels: Pixels, description: Description) -> NDArray[np.float32]:
    """The pixels as the network's input, shape (1, 3, side, side) or (1, side, side, 3)."""
    side, picture = description.side_px, Image.fromarray(pixels)
    if description.fit == "stretch":
        square = picture.resize((side, side), Image.Resampling.BILINEAR)
    else:
        scale = side / max(picture.size)
        square = Image.new("RGB", (side, side))
        square.paste(
            picture.resize((max(1, round(picture.width * scale)), max(1, round(picture.height * scale))), Image.Resampling.BILINEAR)
        )
    return prepared(np.asarray(square, np.float32) / 255, description.mean, description.std, description.layout)


def _highest(answer: NDArray[np.float64], description: Description) -> float:
    """The probability of any class of nudity (classes), or of the surest box of one (boxes); NaN for what is no number."""
    if not np.isfinite(answer).all():
        return float("nan")
    nude = list(description.nude)
    if description.answer == "boxes":
        return float(answer.reshape(answer.shape[-2:])[4:][nude].max(initial=0.0))
    scores = answer.reshape(-1)
    if description.softmax:
        scores = np.exp(scores - scores.max())
        scores /= scores.sum()
    return float(scores[nude].sum() if description.softmax else scores[nude].max())
