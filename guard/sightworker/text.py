"""Text in pictures, read by PP-OCR (`rapidocr`, the extra `ocr`), with caps on what is read.

Reading costs by the length of the lines, so the lines of the largest letters are read until `READ_WIDTH_PX` is used up
(a page of small print took 5 s and 650 MB whole); what is left over counts as found and not read, as does what was read
unsurely: Cyrillic, Greek, Korean and Arabic are located and not read, with scores up to 0.85 where Latin has 0.96 and more.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from guard.extract.image_decode import Pixels

READ_SCORE = 0.9
"""From here on a line counts as read (the gap between scripts that the network knows and those it does not)."""

GUESS_SCORE = 0.5
"""From here on what was read is looked through for names, though it counts as not read."""

READ_WIDTH_PX = 16_000
"""All lines read together, at the 48 px of height that the network looks at: about 1 s."""

MIRRORED_WIDTH_PX = 4_000
"""Lines that were read unsurely are read mirrored too, within this width."""

LONGEST_PX = 3_200
_HEIGHT_PX = 48
_AT_ONCE = 6
_SIDE_PX = 736
_LEAST_PX = 8


@dataclass(frozen=True, slots=True)
class Written:
    """The text of one view, a line each in reading order, and how surely text stands there that was not read (0..1)."""

    lines: tuple[str, ...] = ()
    unread: float = 0.0


class TextReader:
    """The networks, loaded once, on one thread."""

    def __init__(self) -> None:
        from rapidocr import RapidOCR
        from rapidocr.ch_ppocr_rec import TextRecInput

        threads = {f"EngineConfig.onnxruntime.{kind}_op_num_threads": 1 for kind in ("intra", "inter")}
        engine: Any = RapidOCR(params={"Global.log_level": "critical", "Det.limit_type": "max", "Det.limit_side_len": _SIDE_PX, **threads})
        self._locate: Any = engine._load_det_model()
        self._turn: Any = engine._load_cls_model()
        self._recognise: Any = engine._load_rec_model()
        self._crops: Any = engine.crop_text_regions
        self._input: Any = TextRecInput

    def read(self, pixels: Pixels) -> Written:
        """What is written in RGB pixels."""
        pixels = _at_least(pixels, 32)
        found = self._locate(pixels[..., ::-1])
        if found.boxes is None:
            return Written()
        crops = self._crops(pixels[..., ::-1], found.boxes)
        places = [place for place, crop in enumerate(crops) if min(crop.shape[:2]) >= _LEAST_PX]
        lines: dict[int, tuple[str, float]] = {}
        upright: dict[int, Any] = {}
        for batch in _batches(places, crops, READ_WIDTH_PX):
            upright.update(zip(batch, self._turn([crops[place] for place in batch]).img_list, strict=True))
            lines.update(zip(batch, self._texts([upright[place] for place in batch]), strict=True))
        unsure = [place for place, (_, score) in lines.items() if score < READ_SCORE]
        for batch in _batches(unsure, crops, MIRRORED_WIDTH_PX):
            mirrored = self._texts([np.ascontiguousarray(upright[place][:, ::-1]) for place in batch])
            lines.update((place, other) for place, other in zip(batch, mirrored, strict=True) if other[1] > lines[place][1])
        unread = [float(found.scores[place]) for place in places if lines.get(place, ("", 0.0))[1] < READ_SCORE]
        guesses = tuple(lines[place][0] for place in sorted(lines) if lines[place][1] >= GUESS_SCORE)
        return Written(guesses, max(0.0, 2 * max(unread, default=0.0) - 1))

    def _texts(self, crops: list[Any]) -> Iterable[tuple[str, float]]:
        """Text and score of each; of a script that it does not know the network reads nothing, and that surely."""
        answer = self._recognise(self._input(img=crops, return_word_box=False))
        return [
            (text, float(score) if any(map(str.isalnum, text)) else 0.0) for text, score in zip(answer.txts, answer.scores, strict=True)
        ]


def _batches(places: list[int], crops: list[Any], left: int) -> Iterator[list[int]]:
    """The lines of the largest letters within this width, each together with others of like length (a batch is as wide as its widest)."""
    chosen = []
    for place in sorted(places, key=lambda place: -crops[place].shape[0]):
        width = _width(crops[place])
        if width <= min(left, LONGEST_PX):
            left -= width
            chosen.append(place)
    chosen.sort(key=lambda place: _width(crops[place]))
    yield from (chosen[at : at + _AT_ONCE] for at in range(0, len(chosen), _AT_ONCE))


def _width(crop: Any) -> int:
    height, width = crop.shape[:2]
    return max(_HEIGHT_PX, round(int(width) / int(height) * _HEIGHT_PX))


def _at_least(pixels: Pixels, side: int) -> Pixels:
    """The network cannot look at less than one of its cells."""
    down, right = max(0, side - pixels.shape[0]), max(0, side - pixels.shape[1])
    return np.pad(pixels, ((0, down), (0, right), (0, 0)), mode="edge") if down or right else pixels
