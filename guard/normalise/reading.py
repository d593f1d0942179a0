"""A reading of a text, with the way back from each of its characters to the original."""

import re
from collections.abc import Callable
from dataclasses import dataclass

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class View:
    """A reading of a text: `spans[i]` are the code points of the original that `text[i]` was read from."""

    name: str
    text: str
    spans: tuple[Span, ...]

    def span(self, start: int, end: int) -> Span:
        """The code points of the original behind `text[start:end]`."""
        inside = self.spans[start:end]
        return min(low for low, _ in inside), max(high for _, high in inside)


# A text and where each of its characters comes from; an empty tuple where it is the original itself.
Reading = tuple[str, tuple[Span, ...]]
# Code points kept around what a view changed: room for the rest of a name.
_AROUND = 48


def replaced(source: Reading, pattern: re.Pattern[str], read: Callable[[re.Match[str]], str | None], each: bool = False) -> Reading | None:
    """The text with every match that `read` can read replaced by its reading; None when there was none.

    `each`: a reading as long as its match maps letter by letter, otherwise all of it maps to the whole match.
    """
    text = source[0]
    if not pattern.search(text):
        return None
    spans = source[1] or tuple((index, index + 1) for index in range(len(text)))
    out: list[str] = []
    where: list[Span] = []
    done = 0
    for match in pattern.finditer(text):
        reading = read(match)
        if reading is None:
            continue
        begin, end = match.span()
        out.extend((text[done:begin], reading))
        where.extend(spans[done:begin])
        if each and len(reading) == end - begin:
            where.extend(spans[begin:end])
        else:
            where.extend([(spans[begin][0], spans[end - 1][1])] * len(reading))
        done = end
    if not out:
        return None
    out.append(text[done:])
    where.extend(spans[done:])
    return "".join(out), tuple(where)


def view(name: str, original: str, reading: Reading) -> View:
    """What a reading changed in the original, with some of the text around each change."""
    text, spans = reading
    pieces: list[tuple[int, int]] = []
    following = 0
    for index, (low, high) in enumerate(spans):
        if low != following or high - low != 1 or text[index] != original[low]:
            begin, end = max(0, index - _AROUND), index + 1 + _AROUND
            if pieces and begin <= pieces[-1][1]:
                pieces[-1] = pieces[-1][0], end
            else:
                pieces.append((begin, end))
        following = high
    out: list[str] = []
    where: list[Span] = []
    for begin, end in pieces:
        if out:
            out.append("\n")
            where.append(where[-1])
        out.append(text[begin:end])
        where.extend(spans[begin:end])
    return View(name, "".join(out), tuple(where))
