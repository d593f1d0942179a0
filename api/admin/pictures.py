"""Pictures in JSON bodies: base64 or data URLs, read strictly, every byte accounted for."""

import re
from collections.abc import Sequence

from guard.extract.base import Limits
from guard.extract.fields import Reading, decode_base64
from guard.settings import Settings

_DATA_URL = re.compile(r"data:image/[a-z0-9.+-]{1,32};base64,", re.IGNORECASE)


def limits_of(settings: Settings) -> Limits:
    """The caps on one picture that the settings give."""
    return Limits(max_pixels=settings.max_image_pixels, max_frames=settings.max_frames)


def read_pictures(encoded: Sequence[str], name: str, limits: Limits) -> Reading:
    """The pictures of a list, in order, with the texts and pictures that lie inside their files.

    Raises:
        UnscreenableError: one that is no strict base64, or no picture; it names the place.
    """
    reading = Reading(limits)
    for i, text in enumerate(encoded):
        where = f"{name}[{i}]"
        found = _DATA_URL.match(text)
        reading.picture(where, decode_base64(text[found.end() :] if found else text, where))
    return reading
