"""Reading what is written in pictures, with the networks that the extra `ocr` brings."""

import time

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from guard.sightworker.text import TextReader, Written


@pytest.fixture(scope="module")
def reader() -> TextReader:
    return TextReader()


def picture(*lines: str, size: int = 40, box: tuple[int, int] = (800, 400)) -> np.ndarray:
    image = Image.new("RGB", box, (230, 230, 225))
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(size)
    for number, line in enumerate(lines):
        draw.text((40, 40 + number * size * 1.6), line, fill=(20, 20, 30), font=font)
    return np.asarray(image)


STRAIGHT = picture("Ada Quillfeather")
READ = [
    pytest.param(STRAIGHT, ("Ada Quillfeather",), id="one line"),
    pytest.param(picture("ADA", "QUILLFEATHER"), ("ADA", "QUILLFEATHER"), id="one under the other"),
    pytest.param(STRAIGHT[::-1, ::-1], ("Ada Quillfeather",), id="upside down"),
    pytest.param(np.rot90(STRAIGHT), ("Ada Quillfeather",), id="turned"),
    pytest.param(STRAIGHT[:, ::-1], ("Ada Quillfeather",), id="mirrored"),
    pytest.param(255 - STRAIGHT, ("Ada Quillfeather",), id="light on dark"),
    pytest.param(picture(), (), id="nothing"),
    pytest.param(np.zeros((1, 1, 3), np.uint8), (), id="a single pixel"),
    pytest.param(np.zeros((1, 2000, 3), np.uint8), (), id="a thread"),
]


@pytest.mark.parametrize(("pixels", "lines"), READ)
def test_what_is_read(reader: TextReader, pixels: np.ndarray, lines: tuple[str, ...]) -> None:
    assert reader.read(np.ascontiguousarray(pixels)) == Written(lines, 0.0)


def test_a_page_of_print_is_read_in_part_and_the_rest_is_told(reader: TextReader) -> None:
    page = picture(*(f"the quick brown fox number {n} jumps over the lazy dog again" for n in range(30)), size=16, box=(800, 860))
    started = time.process_time()
    written = reader.read(page)
    assert 0 < len(written.lines) < 30
    assert written.unread >= 0.5
    assert time.process_time() - started < 6, "2 s on an idle core"


def test_the_largest_letters_are_read_first(reader: TextReader) -> None:
    page = picture(*["filling of small print that goes on and on to the very end of it"] * 25, size=15, box=(800, 700)).copy()
    page[:200] = picture("Ada Quillfeather", size=60, box=(800, 200))
    assert "Ada Quillfeather" in reader.read(page).lines


class Answers:
    """Answers of a network, instead of its looking."""

    def __init__(self, *answers: tuple[str, float]) -> None:
        self.txts, self.scores = zip(*answers, strict=True)


UNSURE = [
    pytest.param(Answers(("Ada", 0.95)), Answers(("bdA", 0.2)), ("Ada",), 0.0, id="read"),
    pytest.param(Answers(("Ada", 0.89)), Answers(("bdA", 0.2)), ("Ada",), 0.6, id="looked through, and told"),
    pytest.param(Answers(("Ada", 0.49)), Answers(("bdA", 0.2)), (), 0.6, id="told alone"),
    pytest.param(Answers(("bdA", 0.6)), Answers(("Ada", 0.99)), ("Ada",), 0.0, id="read mirrored"),
    pytest.param(Answers(("  ", 0.99)), Answers(("-", 0.99)), (), 0.6, id="surely nothing is not read"),
    pytest.param(Answers(("", float("nan"))), Answers(("", float("nan"))), (), 0.6, id="no number is not read"),
]


@pytest.mark.parametrize(("upright", "mirrored", "lines", "unread"), UNSURE)
def test_what_counts_as_read(
    reader: TextReader, monkeypatch: pytest.MonkeyPatch, upright: Answers, mirrored: Answers, lines: tuple[str, ...], unread: float
) -> None:
    answers = [upright, mirrored]
    monkeypatch.setattr(reader, "_recognise", lambda _: answers.pop(0))
    written = reader.read(STRAIGHT)
    assert written.lines == lines
    assert written.unread == pytest.approx(unread, abs=0.15)
