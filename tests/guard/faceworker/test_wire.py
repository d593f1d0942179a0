"""What goes over the socket comes back whole."""

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.errors import FacesUnavailableError, GuardError, TooLargeError, UnscreenableError
from guard.faceworker import wire
from guard.match.faces import Box, FaceFound, FacesInPicture, Quality
from guard.match.known_images import Fingerprint
from guard.types import Picture


def split(message: bytes) -> tuple[dict[str, object], bytes]:
    (length,) = wire.LENGTH.unpack_from(message)
    return orjson.loads(message[4 : 4 + length]), message[4 + length :]


@given(st.text(max_size=20), st.binary(max_size=100), st.integers(1, 9), st.booleans())
def test_a_request(where: str, data: bytes, frames: int, small: bool) -> None:
    request = wire.Request(Picture(where, data, "gif", 10, 20, frames), small_faces=small)
    head, rest = split(wire.dump_request(request))
    assert head["size"] == len(rest)
    assert wire.load_request(head, rest) == request


def test_a_ping() -> None:
    assert wire.load_request(*split(wire.dump_request(wire.Request(None)))) == wire.Request(None)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_an_answer(count: int) -> None:
    quality = Quality(120, 0.1, 100.0, 50.0, 0.1, 1.2)
    faces = [
        FaceFound("image[0]", k, Box(k, 2, 30, 40), np.random.default_rng(k).random(128, np.float32), quality, "rotated 90", "e1")
        for k in range(count)
    ]
    prints = tuple(Fingerprint(k, "alpha", 70, bytes(256)) for k in range(count))
    answer = FacesInPicture(tuple(faces), "e1", 4, 12.5, ("upright, larger",), prints)
    again = wire.load_answer(*split(wire.dump_answer(answer)), "image[0]")
    assert (again.encoder, again.frames, again.cpu_ms, again.skipped) == ("e1", 4, 12.5, ("upright, larger",))
    assert again.fingerprints == prints
    for one, other in zip(again.faces, faces, strict=True):
        assert (one.where, one.frame, one.box, one.quality, one.view, one.encoder) == (
            "image[0]",
            other.frame,
            other.box,
            quality,
            "rotated 90",
            "e1",
        )
        assert np.array_equal(one.vector, other.vector)


@pytest.mark.parametrize(
    "error",
    [UnscreenableError("cut", "mask"), TooLargeError("huge", "image[1]"), FacesUnavailableError("gone")],
    ids=lambda error: type(error).__name__,
)
def test_an_error_is_raised_at_the_other_end(error: GuardError) -> None:
    with pytest.raises(type(error)) as raised:
        wire.load_answer(*split(wire.dump_error(error)), "image[0]")
    assert (type(raised.value), str(raised.value), getattr(raised.value, "where", None)) == (
        type(error),
        str(error),
        getattr(error, "where", None),
    )
