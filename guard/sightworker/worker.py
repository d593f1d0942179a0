"""What one of these workers does with a picture, and its start."""

import socket
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from guard.errors import InvalidInputError
from guard.extract.image_decode import Pixels
from guard.faceworker import wire
from guard.faceworker.worker import limit_memory, work
from guard.settings import Settings
from guard.sightworker.views import Waits, different_views
from guard.types import Picture

ADDRESS_SPACE_BYTES = 4_000_000_000
GROWN_BYTES = 800_000_000
"""The networks for text rest at 270 to 390 MB and reach 650 MB on a page of print."""

Read = Callable[[Iterable[Pixels]], dict[str, Any]]
"""What one picture says, from its different views."""


def read_text(settings: Settings) -> Read:
    """Lines of every view, and how surely text stands in any of them that was not read."""
    from guard.sightworker.text import TextReader

    reader = TextReader()
    reader.read(np.full((64, 256, 3), 255, np.uint8))

    def read(views: Iterable[Pixels]) -> dict[str, Any]:
        written = [reader.read(pixels) for pixels in views]
        return {"lines": [list(one.lines) for one in written], "unread": max((one.unread for one in written), default=0.0)}

    return read


def see_nudity(settings: Settings) -> Read:
    """The highest score of any view."""
    from guard.sightworker.nudity import NudityNetwork

    if settings.nudity_model is None:
        raise InvalidInputError("GUARD_NUDITY_MODEL is not set")
    network = NudityNetwork.load(settings.nudity_model)
    return lambda views: {"nudity": max((network.score(pixels) for pixels in views), default=0.0)}


KINDS: dict[str, Callable[[Settings], Read]] = {"text_in_image": read_text, "nudity": see_nudity}


def serve(listening_socket: socket.socket, settings: Settings, source: str) -> None:
    """Look at pictures for one source until told to end."""
    limit_memory(ADDRESS_SPACE_BYTES)
    read = KINDS[source](settings)

    def look(picture: Picture, nobody_waits: Waits, _small: bool) -> bytes:
        return wire.framed(read(different_views(picture, settings, nobody_waits)))

    work(listening_socket, settings, look, GROWN_BYTES)
