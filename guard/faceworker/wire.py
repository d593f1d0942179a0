"""The messages between a gateway worker and a face worker, on a unix socket, one request a connection.

Request: head length (4 bytes big-endian), head (JSON), the picture's bytes. Answer: one byte when the work begins, then
head length, head (JSON), the vectors (little-endian float32, one row a face). Both ends are the same release.
"""

import struct
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import orjson

from guard.errors import FacesUnavailableError, GuardError, TooLargeError, UnscreenableError
from guard.match.faces.found import Box, FaceFound, FacesInPicture, Quality
from guard.match.known_images import Fingerprint
from guard.types import Picture

STARTED = b"\x01"
LENGTH = struct.Struct(">I")
MAX_HEAD_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Request:
    """A picture to look at; without one the worker only says that it is there. `small_faces` asks for every pass."""

    picture: Picture | None
    small_faces: bool = False


def dump_request(request: Request) -> bytes:
    """Head and picture, in one piece."""
    picture = request.picture
    if picture is None:
        return framed({"op": "ping", "size": 0})
    head = {
        "op": "find",
        "where": picture.where,
        "format": picture.format,
        "width": picture.width,
        "height": picture.height,
        "frames": picture.frames,
        "small_faces": request.small_faces,
        "size": len(picture.data),
    }
    return framed(head) + picture.data


def load_request(head: dict[str, Any], data: bytes) -> Request:
    """The inverse, once head and data have been read."""
    if head["op"] == "ping":
        return Request(None)
    return Request(Picture(head["where"], data, head["format"], head["width"], head["height"], head["frames"]), head["small_faces"])


def dump_answer(answer: FacesInPicture) -> bytes:
    """Head and vectors."""
    head = {
        "encoder": answer.encoder,
        "frames": answer.frames,
        "cpu_ms": answer.cpu_ms,
        "skipped": answer.skipped,
        "fingerprints": [[f.frame, f.view, f.quality, f.hashes.hex()] for f in answer.fingerprints],
        "faces": [
            {"frame": f.frame, "box": list(f.box), "quality": asdict(f.quality), "view": f.view, "encoder": f.encoder, "d": len(f.vector)}
            for f in answer.faces
        ],
    }
    vectors = [np.asarray(face.vector, dtype="<f4").tobytes() for face in answer.faces]
    return framed({**head, "size": sum(map(len, vectors))}) + b"".join(vectors)


def dump_error(error: GuardError) -> bytes:
    """An error in place of an answer."""
    kind = "too_large" if isinstance(error, TooLargeError) else "unscreenable" if isinstance(error, UnscreenableError) else "unavailable"
    return framed({"error": kind, "message": str(error), "where": getattr(error, "where", None), "size": 0})


def load_answer(head: dict[str, Any], data: bytes, where: str) -> FacesInPicture:
    """The answer, or the error it carries, raised."""
    if "error" in head:
        raise _ERRORS[head["error"]](head["message"], head["where"] or where)
    vectors = np.frombuffer(data, dtype="<f4").astype(np.float32)
    ends = np.cumsum([face["d"] for face in head["faces"]])
    found = [
        FaceFound(
            where,
            face["frame"],
            Box(*face["box"]),
            vectors[end - face["d"] : end],
            Quality(**face["quality"]),
            face["view"],
            face["encoder"],
        )
        for face, end in zip(head["faces"], ends.tolist(), strict=True)
    ]
    seen = tuple(Fingerprint(frame, view, quality, bytes.fromhex(hashes)) for frame, view, quality, hashes in head["fingerprints"])
    return FacesInPicture(tuple(found), head["encoder"], head["frames"], head["cpu_ms"], tuple(head["skipped"]), seen)


def _unavailable(message: str, _where: str | None) -> GuardError:
    return FacesUnavailableError(message)


_ERRORS: dict[str, Callable[[str, str | None], GuardError]] = {
    "too_large": TooLargeError,
    "unscreenable": UnscreenableError,
    "unavailable": _unavailable,
}


def framed(head: dict[str, Any]) -> bytes:
    """A head as it travels."""
    encoded = orjson.dumps(head)
    return LENGTH.pack(len(encoded)) + encoded
