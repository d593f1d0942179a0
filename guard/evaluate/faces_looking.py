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
from guard.faceworker import beside, detect, encode, look, onnx_detector, onnx_encoder, onnx_network, resnet, wire
from guard.faceworker.look import Looker
from guard.faceworker.onnx_description import describe, describe_detector
from guard.faceworker.onnx_detector import OnnxDetector
from guard.faceworker.onnx_encoder import OnnxEncoder
from guard.match.faces import FacesInPicture
from guard.types import Picture

_SEEN_BY = (image_decode, detect, beside, encode, look, onnx_detector, onnx_encoder, onnx_network, resnet)
_TIME_S = 120


@dataclass(frozen=True, slots=True)
class Look:
    """A photo to look at: as its file has it, or after one of `CHANGES`."""

    path: Path
    change: str = ""


@dataclass(frozen=True, slots=True)
class Networks:
    """An operator's own networks (ONNX, the description beside each): an encoder in dlib's place, a detector beside dlib's."""

    encoder: Path | None = None
    detector: Path | None = None


DLIB = Networks()


def look_at(looks: Sequence[Look], keep: Path | None = None, networks: Networks = DLIB) -> Iterator[FacesInPicture]:
    """Every face of each, in order; none where a photo cannot be examined.

    Args:
        looks: what to look at.
        keep: a folder for the answers, made when it is missing.
        networks: the operator's own; dlib's alone without.
    """
    if keep is not None:
        keep.mkdir(mode=0o700, parents=True, exist_ok=True)
    processes = max(1, min(os.cpu_count() or 1, len(looks) // 8))
    with get_context("spawn").Pool(processes, _start, (keep, networks)) as pool:
        for framed in pool.imap(_answer, looks, chunksize=4):
            yield _loaded(framed)


@cache
def _looker() -> Looker:
    encoder, detector = _networks.encoder, _networks.detector
    return Looker(
        max_pixels=100_000_000,
        max_frames=1,
        time_s=_TIME_S,
        second=OnnxDetector(detector) if detector else None,
        encoders=(OnnxEncoder(encoder),) if encoder else (),
    )


@cache
def _code() -> bytes:
    """A digest of the code that looks, and of what the networks are."""
    parts = [Path(str(module.__file__)).read_bytes() for module in _SEEN_BY]
    if _networks.encoder:
        parts.append(describe(_networks.encoder).model_dump_json().encode())
    if _networks.detector:
        parts.append(describe_detector(_networks.detector).model_dump_json().encode())
    return hashlib.sha256(b"".join(parts)).digest()


_keep: Path | None = None
_networks = DLIB


def _start(keep: Path | None, networks: Networks) -> None:
    global _keep, _networks
    _keep, _networks = keep, networks


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
