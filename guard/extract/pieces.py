"""A stream delivers a text in pieces, and a name, a picture or a link can lie across two of them: put them together first."""

from collections.abc import Sequence

from guard.errors import UnscreenableError
from guard.extract.base import Answer, Limits
from guard.extract.fields import Reading, prose
from guard.types import Picture, Text

_PIECES = frozenset({"delta", "content", "text", "reasoning", "reasoning_content", "refusal", "arguments"})


def gather(answers: Sequence[Answer], limits: Limits) -> tuple[tuple[Text, ...], tuple[Picture, ...]]:
    """Everything that the events of one stream, or the one answer, carry: texts and pictures in order, pieces put together.

    Raises:
        UnscreenableError: the text that the pieces make holds a picture that cannot be read, or points at one.
    """
    texts: list[Text] = []
    pictures: list[Picture] = []
    pieces: dict[str, list[str]] = {}
    for answer in answers:
        pictures += answer.pictures
        for text in answer.texts:
            if not answer.final and text.where.rpartition(".")[2] in _PIECES:
                pieces.setdefault(text.where, []).append(text.text)
            else:
                texts.append(text)
    reading = Reading(limits, answer=True)
    for where, parts in pieces.items():
        prose("".join(parts), where, reading)
    if reading.remote:
        raise UnscreenableError("The answer points at a picture from within its text.", reading.remote[0][0])
    return (*texts, *reading.texts), (*pictures, *reading.pictures)
