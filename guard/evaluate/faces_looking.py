"""Many photos through the code of the face workers: as many processes as cores, and a folder that keeps the answers.

What is kept are vectors of people, so only a folder that the operator names holds them, for nobody else to read; an answer is used
again only for the same photo, the same change and the same code.
"""

import hashlib
import io
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import orjson
from PIL import Image

from guard.errors import UnscreenableError
from guard.evaluate.faces_changes import CHANGES, changed
from guard.extract import image_decode
from guard.faceworker import detect, encode, look, onnx_encoder, resnet, wire
from guard.faceworker.look import Looker
from guard.faceworker.onnx_description import describe
from guard.faceworker.onnx_encoder import OnnxEncoder
from guard.match.faces import FacesInPicture
from guard.types import Picture

_SEEN_BY = (image_decode, detect, encode, look, onnx_encoder, resnet)
_TIME_S = 120


@dataclass(frozen=True, slots=True)
class Look:
    """A photo to look at: as its file has it, or after one of `CHANGES`."""

    path: Path
    change: str = ""


def look_at(looks: Sequence[Look], keep: Path | None = None, model: Path | None = None) -> Iterator[FacesInPicture]:
    """Every face of each, in order; none where a photo cannot be examined.

    Args:
        looks: what to look at.
        keep: a folder for the answers, made when it is missing.
        model: an encoder of the operator's own (ONNX, its description beside it); dlib's without it.
    """
    if keep is not None:
        keep.mkdir(mode=0o700, parents=True, exist_ok=True)
    processes = max(1, min(os.cpu_count() or 1, len(looks) // 8))
    with get_context("spawn").Pool(processes, _start, (keep, model)) as pool:
        for framed in pool.imap(_answer, looks, chunksize=4):
            yield _loaded(framed)


@cache
def _looker() -> Looker:
    return Looker(max_pixels=100_000_000, max_frames=1, time_s=_TIME_S, encoders=(OnnxEncoder(_model),) if _model else ())


@cache
def _code() -> bytes:
    """A digest of the code that looks, and of what the encoder is."""
    code = b"".join(Path(str(module.__file__)).read_bytes() for module in _SEEN_BY)
    return hashlib.sha256(code + (describe(_model).model_dump_json().encode() if _model else b"")).digest()


_keep: Path | None = None
_model: Path | None = None


def _start(keep: Path | None, model: Path | None) -> None:
    global _keep, _model
    _keep, _model = keep, model


def _answer(task: Look) -> bytes:
    """The answer as the face workers send it, from the folder if it is there."""
    photo = task.path.read_bytes()
    name = hashlib.sha256(_code() + hashlib.sha256(photo).digest() + task.change.encode()).hexdigest()
    kept = _keep / name if _keep is not None else None
    if kept is not None and kept.is_file():
        return kept.read_bytes()
    framed = wire.dump_answer(_seen(photo, task.change, str(task.path)))
    if kept is not None:
        part = kept.with_suffix(f".{os.getpid()}")
        part.touch(mode=0o600)
        part.write_bytes(framed)
        part.replace(kept)
    return framed


def _seen(photo: bytes, change: str, where: str) -> FacesInPicture:
    try:
        pixels = changed(photo, CHANGES[change]) if change else photo
        with Image.open(io.BytesIO(pixels)) as opened:
            picture = Picture(where, pixels, (opened.format or "").lower(), opened.width, opened.height)
        return _looker().look(picture)
    except (UnscreenableError, OSError):
        return FacesInPicture((), encode.ENCODER)


def _loaded(framed: bytes) -> FacesInPicture:
    (length,) = wire.LENGTH.unpack_from(framed)
    end = wire.LENGTH.size + length
    return wire.load_answer(orjson.loads(framed[wire.LENGTH.size : end]), framed[end:], "")
