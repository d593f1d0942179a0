"""A second detector: a network that the operator brings as an ONNX file; none comes with the guard.

Three ways of answering are understood, each as its makers publish it: YuNet (OpenCV Zoo), SCRFD (InsightFace), and plain boxes
with scores, as networks give them that end in a suppression of overlaps. Whatever else comes out is no answer, and the picture is
unscreenable.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from guard.errors import UnscreenableError
from guard.faceworker.detect import SAME_FACE_OVERLAP, Found, Pass, Pixels
from guard.faceworker.onnx_description import Column, DetectorDescription, describe_detector
from guard.faceworker.onnx_network import OnnxNetwork, first_question, prepared
from guard.match.faces.found import Box

Floats = NDArray[np.float64]

_SETTING = "GUARD_FACE_DETECTOR"

MOST_FOUND = 501
"""Faces after which no further one is looked for: more than `look.MAX_FACES` are refused."""


class OnnxDetector:
    """The network, loaded once, on one thread.

    Args:
        model: the ONNX file, its description beside it.

    Raises:
        InvalidInputError: the file is not what its description says, or does not answer so.
    """

    def __init__(self, model: Path) -> None:
        self._said = describe_detector(model)
        self._network = OnnxNetwork(model, _SETTING)
        with first_question(model, _SETTING):
            noise = np.random.default_rng(0).integers(0, 256, (self._said.side_px, self._said.side_px, 3), np.uint8)
            for pixels in (noise, np.zeros_like(noise)):
                self(pixels)

    @property
    def leads(self) -> bool:
        """As `SecondDetector`."""
        return self._said.leads

    def plan(self, small_side: int = 0) -> tuple[Pass, ...]:
        """The passes of this network: the whole picture at every turn, and for small faces a copy of `small_side` pixels in tiles."""
        side = self._said.side_px
        plan = [Pass(f"own detector, {turn}" if turn else "own detector", turn, side, tile_px=side) for turn in self._said.turns]
        if small_side > side:
            plan.append(Pass("own detector, tiles", 0, small_side, tile_px=side))
        return tuple(plan)

    def __call__(self, pixels: Pixels) -> list[Found]:
        """As `Detector`: the picture is scaled to the network's square, what is left of that is black.

        Raises:
            UnscreenableError: the network answered something else than its description says, or a number that is none.
        """
        side = self._said.side_px
        scale = side / max(pixels.shape[:2])
        answers = self._network(self._prepared(pixels, scale))
        boxes, scores, points = _read(self._said, dict(zip(self._network.outputs, answers, strict=True)))
        height, width = pixels.shape[:2]
        return [
            Found(Box(*np.clip(np.rint(boxes[k] / scale), 0, (width, height, width, height)).astype(int).tolist()), float(scores[k]),
                  None if points is None else points[k] / scale)
            for k in _apart(boxes, scores)
        ]  # fmt: skip

    def _prepared(self, pixels: Pixels, scale: float) -> NDArray[np.float32]:
        """The pixels as the network's input, shape (1, 3, side, side) or (1, side, side, 3)."""
        said = self._said
        square = np.zeros((said.side_px, said.side_px, 3), np.uint8)
        if scale != 1:
            size = tuple(max(1, round(length * scale)) for length in (pixels.shape[1], pixels.shape[0]))
            pixels = np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0))
        square[: pixels.shape[0], : pixels.shape[1]] = pixels
        colours = square if said.channels == "rgb" else square[:, :, ::-1]
        return prepared(colours, said.mean, said.std, said.layout)


def _read(said: DetectorDescription, answers: Mapping[str, NDArray[Any]]) -> tuple[Floats, Floats, Floats | None]:
    """Boxes (n, 4) as left, top, right, bottom, scores (n) and points (n, 5, 2), in pixels of the network's square."""
    parts = list(_listed(said, answers) if said.kind == "boxes" else _grids(said, answers))
    boxes, scores = np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])
    points = np.concatenate([part[2] for part in parts]) if said.points else None
    if not np.isfinite(boxes).all() or (points is not None and not np.isfinite(points).all()):
        raise UnscreenableError("the face detector answered a place that is no number")
    return boxes, scores, points


Part = tuple[Floats, Floats, Floats]


def _grids(said: DetectorDescription, answers: Mapping[str, NDArray[Any]]) -> Iterator[Part]:
    """The faces of each grid (YuNet, SCRFD): every cell speaks of what lies around its corner, in steps of the grid."""
    for k, stride in enumerate(said.strides):
        cells = said.side_px // stride
        scores = _probabilities(said, _columns(answers, said.scores[k], 1)[:, 0])
        rows = len(scores)
        if rows == 0 or rows % cells**2:
            raise UnscreenableError(f"the face detector answered {rows} scores for a grid of {cells} x {cells}")
        if said.kind == "yunet":
            scores = np.sqrt(scores * _probabilities(said, _columns(answers, said.objects[k], 1, rows)[:, 0]))
        likely = np.flatnonzero(scores >= said.least_score)
        at = likely // (rows // cells**2)
        corner = np.stack([at % cells, at // cells], axis=1) * float(stride)
        box = _columns(answers, said.boxes[k], 4, rows)[likely] * (1.0 if said.kind == "yunet" else stride)
        if said.kind == "yunet":
            middle, half = corner + box[:, :2] * stride, np.exp(np.minimum(box[:, 2:], 700)) * stride / 2
            box = np.concatenate([middle - half, middle + half], axis=1)
        else:
            box = np.concatenate([corner - box[:, :2], corner + box[:, 2:]], axis=1)
        points = _points(said, answers, k, rows)[likely] * stride + corner[:, None]
        yield box, scores[likely], points


def _listed(said: DetectorDescription, answers: Mapping[str, NDArray[Any]]) -> Iterator[Part]:
    """The faces of a list of boxes."""
    scores = _probabilities(said, _columns(answers, said.scores[0], 1)[:, 0])
    likely = np.flatnonzero(scores >= said.least_score)
    unit = said.side_px if said.unit == "share" else 1
    box = _columns(answers, said.boxes[0], 4, len(scores))[likely] * unit
    if said.form == "centre_size":
        box = np.concatenate([box[:, :2] - box[:, 2:] / 2, box[:, :2] + box[:, 2:] / 2], axis=1)
    elif said.form == "corner_size":
        box = np.concatenate([box[:, :2], box[:, :2] + box[:, 2:]], axis=1)
    yield box, scores[likely], _points(said, answers, 0, len(scores))[likely] * unit


def _points(said: DetectorDescription, answers: Mapping[str, NDArray[Any]], k: int, rows: int) -> Floats:
    if not said.points:
        return np.zeros((rows, 5, 2))
    return _columns(answers, said.points[k], 5 * said.point_step, rows).reshape(rows, 5, said.point_step)[:, :, :2]


def _columns(answers: Mapping[str, NDArray[Any]], column: Column, count: int, rows: int | None = None) -> Floats:
    """Columns of an answer whose axes of length 1 were left out, shape (rows, count)."""
    name, first = (column, 0) if isinstance(column, str) else column
    if name not in answers:
        raise UnscreenableError(f"the face detector has no output {name!r}; it has {', '.join(answers)}")
    answer = answers[name]
    table = answer.reshape(-1, answer.shape[-1]) if answer.ndim > 1 else answer.reshape(-1, 1)
    if count == 1 and isinstance(column, str) and answer.ndim > 1 and answer.shape[-1] != 1:
        table = answer.reshape(-1, 1)  # scores as (1, n)
    if table.shape[1] < first + count or (rows is not None and len(table) != rows):
        raise UnscreenableError(f"the face detector's output {name!r} has shape {answer.shape}, which is not what its description says")
    return table[:, first : first + count].astype(np.float64)


def _probabilities(said: DetectorDescription, scores: Floats) -> Floats:
    """Scores that are what they must be: NaN or a logarithm of odds compared with a threshold would find nobody, and nobody would notice."""
    if not np.isfinite(scores).all() or scores.min(initial=0) < -0.001 or scores.max(initial=0) > 1.001:
        raise UnscreenableError("the face detector answered scores outside 0..1")
    return np.clip(scores, 0, 1)


def _apart(boxes: Floats, scores: Floats) -> Sequence[int]:
    """The best of all boxes that overlap, best first, at most `MOST_FOUND`."""
    order = np.argsort(-scores, kind="stable")
    areas = np.prod(np.maximum(boxes[:, 2:] - boxes[:, :2], 0), axis=1)
    order = order[areas[order] > 0]
    kept: list[int] = []
    while len(order) and len(kept) < MOST_FOUND:
        best, order = int(order[0]), order[1:]
        kept.append(best)
        across = np.minimum(boxes[order, 2], boxes[best, 2]) - np.maximum(boxes[order, 0], boxes[best, 0])
        down = np.minimum(boxes[order, 3], boxes[best, 3]) - np.maximum(boxes[order, 1], boxes[best, 1])
        shared = np.maximum(across, 0) * np.maximum(down, 0)
        order = order[shared <= SAME_FACE_OVERLAP * (areas[order] + areas[best] - shared)]
    return kept
