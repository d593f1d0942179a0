"""Signals from the pixels of pictures, asked of workers in processes of their own.

**`nudity`**: how surely any picture shows nudity, by the operator's own network. **Range**: 0..1. **Cost**: the network's.

**`unread_text`**: how surely there is text in a picture that could not be read. **Range**: 0..1; 0.5 means probably. What could be
read is no signal: it is looked through for names and words as every other text is. **Cost**: 0.3 s of CPU a picture of
1024 px, up to 1.5 s where there is much to read.

Error rates of both: docs/reference/signals.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from guard.signals.sources import Reading, each
from guard.types import Picture, Text


class Sight(Protocol):
    """Looks at one picture; the workers' client."""

    async def look(self, picture: Picture) -> Mapping[str, Any]:
        """What the worker answers."""
        ...


@dataclass(frozen=True, slots=True)
class Nudity:
    """The source `nudity`."""

    sight: Sight

    async def read(self, texts: Sequence[Text], pictures: Sequence[Picture]) -> Reading:
        """The highest score of any picture."""
        return Reading({"nudity": max((float(answer["nudity"]) for answer in await each(self.sight.look, pictures)), default=0.0)})


@dataclass(frozen=True, slots=True)
class TextInImage:
    """The source `text_in_image`."""

    sight: Sight

    async def read(self, texts: Sequence[Text], pictures: Sequence[Picture]) -> Reading:
        """The lines of each view as one text, once one under the other and once in a row: a name may stand on two lines."""
        answers = await each(self.sight.look, pictures)
        unread = max((float(answer["unread"]) for answer in answers), default=0.0)
        written = {
            Text(picture.where, between.join(lines))
            for picture, answer in zip(pictures, answers, strict=True)
            for lines in answer["lines"]
            for between in ("\n", " ")
            if lines
        }
        return Reading({"unread_text": unread}, tuple(sorted(written, key=lambda text: (text.where, text.text))))
