"""A network that an operator brings as an ONNX file: how it is opened, asked, and how pixels are prepared for it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from guard.errors import InvalidInputError, UnscreenableError

Layout = Literal["nchw", "nhwc"]
"""Order of the input's axes: the picture's number, channels, height, width, or channels last."""

Channels = float | tuple[float, float, float]


class OnnxNetwork:
    """The network, loaded once, on one thread.

    Args:
        model: the ONNX file; `described` has looked that it is the one meant.
        setting: the setting that names it, for messages.

    Attributes:
        outputs: names of its answers, in their order.

    Raises:
        InvalidInputError: onnxruntime cannot use the file.
    """

    def __init__(self, model: Path, setting: str) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4
        try:
            self._session: Any = onnxruntime.InferenceSession(model.read_bytes(), options, providers=["CPUExecutionProvider"])
            self._input = self._session.get_inputs()[0].name
        except Exception as error:  # onnxruntime's errors share no base but this
            raise InvalidInputError(f"{setting}: {model} is no ONNX model that can be used: {error}") from error
        self.outputs = tuple(output.name for output in self._session.get_outputs())

    def __call__(self, values: NDArray[np.float32]) -> list[NDArray[Any]]:
        """The answers to one input as `prepared` gives it; UnscreenableError where the network fails."""
        try:
            return [np.asarray(answer) for answer in self._session.run(None, {self._input: values})]
        except Exception as error:  # as above
            raise UnscreenableError(f"a network that looks at pictures failed: {error}") from error


@contextmanager
def first_question(model: Path, setting: str) -> Iterator[None]:
    """Around a question asked while loading: whatever goes wrong with its answer, the file is not what its description says."""
    try:
        yield
    except Exception as error:
        raise InvalidInputError(f"{setting}: {model} does not answer as its description says: {error}") from error


def prepared(colours: NDArray[Any], mean: Channels, std: Channels, layout: Layout) -> NDArray[np.float32]:
    """Pixels as a network's input of one picture, shape (1, 3, height, width) or (1, height, width, 3).

    Args:
        colours: shape (height, width, 3), channels in the network's order.
        mean: what is taken from each value, one number or one for each channel ...
        std: ... and what the rest is divided by.
        layout: order of the input's axes.
    """
    values = (np.asarray(colours, np.float32) - np.asarray(mean, np.float32)) / np.asarray(std, np.float32)
    return np.ascontiguousarray(values[None] if layout == "nhwc" else values.transpose(2, 0, 1)[None], np.float32)
