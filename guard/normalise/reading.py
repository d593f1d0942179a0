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


def _spans(text: str) -> tuple[Span, ...]:
    return tuple((index, index + 1) for index in range(len(text)))


def replaced(source: Reading, pattern: re.Pattern[str], read: Callable[[re.Match[str]], str | None], each: bool = False) -> Reading | None:
    """Every match that `read` can read replaced by its reading, with some text around; None when there was none.

    `each`: a reading as long as its match maps letter by letter, otherwise all of it maps to the whole match.
    """
    text = source[0]
    if not pattern.search(text):
        return None
    spans = source[1] or _spans(text)
    out: list[str] = []
    where: list[Span] = []
    done = 0
    last: int | None = None
    for match in pattern.finditer(text):
        reading = read(match)
        if reading is None:
            continue
        begin, end = match.span()
        left = max(done, begin - _AROUND)
        if last is not None and left > last:
            kept = min(last + _AROUND, left)
            out.extend((text[done:kept], "\n"))
            where.extend(spans[done:kept])
            where.append(spans[kept - 1])
            left = max(kept, begin - _AROUND)
        out.extend((text[left:begin], reading))
        where.extend(spans[left:begin])
        if each and len(reading) == end - begin:
            where.extend(spans[begin:end])
        else:
            where.extend([(spans[begin][0], spans[end - 1][1])] * len(reading))
        done = last = end
    if last is None:
        return None
    out.append(text[done : last + _AROUND])
    where.extend(spans[done : last + _AROUND])
    return "".join(out), tuple(where)
