"""What a container's parser found out about a picture file, before anybody decodes a pixel."""

from dataclasses import dataclass, field

from guard.errors import UnscreenableError


@dataclass(slots=True)
class Layout:
    """A picture file of which every byte is accounted for, up to `end`.

    `metadata` holds (name, bytes) of parts that may carry text or further pictures; `texts` (name, text) of parts that are
    text; `pictures` (name, bytes) of further pictures as files of their own; `appended` says that more pictures are announced behind `end` (MPF).
    """

    format: str
    width: int = 0
    height: int = 0
    frames: int = 1
    end: int = 0
    metadata: list[tuple[str, bytes]] = field(default_factory=list)
    texts: list[tuple[str, str]] = field(default_factory=list)
    pictures: list[tuple[str, bytes]] = field(default_factory=list)
    appended: bool = False


MOST_PIECES = 50_000
"""Chunks or segments of one file. A 20 MB PNG in libpng's 8 kB chunks has 2,500; walking a million costs seconds."""
MOST_METADATA_BYTES = 4_000_000
"""Metadata of one file. Content credentials with thumbnails were seen at 1.3 MB."""


class UnaccountedError(UnscreenableError):
    """Bytes of a picture file that the guard cannot account for."""


def need(condition: object, what: str) -> None:
    """Raise unless the file is as it must be."""
    if not condition:
        raise UnaccountedError(what)
