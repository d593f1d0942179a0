"""Every different sight that a picture gives, within the time that one picture has."""

import hashlib
import time
from collections.abc import Callable, Iterator

from guard.errors import SignalUnavailableError, TooLargeError, UnscreenableError
from guard.extract.image_decode import Pixels, frames
from guard.settings import Settings
from guard.types import Picture

Waits = Callable[[], bool]
"""Whether nobody waits for the answer any more."""


def different_views(picture: Picture, settings: Settings, nobody_waits: Waits) -> Iterator[Pixels]:
    """RGB pixels of each distinct frame, with and without its transparency; EXIF orientation applied.

    Raises:
        UnscreenableError: it cannot be decoded, or not be looked at in `face_timeout_s`.
        TooLargeError: more pixels or frames than the settings allow.
        SignalUnavailableError: nobody waits any more.
    """
    if picture.frames > settings.max_frames or picture.width * picture.height * picture.frames > settings.max_image_pixels:
        raise TooLargeError(
            f"{picture.width} x {picture.height} pixels in {picture.frames} frames are more than can be looked at", picture.where
        )
    until = time.monotonic() + settings.face_timeout_s
    known: set[bytes] = set()
    for frame in frames(picture):
        digest = hashlib.blake2b(frame.pixels.data, digest_size=16).digest()
        if digest in known or frame.view.endswith("as stored"):
            continue
        known.add(digest)
        if nobody_waits():
            raise SignalUnavailableError("the client has gone")
        if time.monotonic() > until:
            raise UnscreenableError(f"the picture could not be looked at within {settings.face_timeout_s:g} s", picture.where)
        yield frame.pixels
