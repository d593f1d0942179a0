"""Short quoted strings that follow each other, read as one: `{"first": "Jane", "last": "Doe"}`, `a = "Jane"; b = "Doe"; draw a + b`."""

import re

from guard.normalise.reading import Span, View

# A quoted word or two that is not the key of a pair; what may stand between two of them; quotes that a text must have.
_VALUE = re.compile(r"[\"'“‘`«]([^\W_][^\"'“”‘’`«»\n]{0,23})[\"'”’`»](?!\s?[:=])")
_WIDEST_GAP = 24
_MOST_WORDS = 2


def quoted(text: str) -> View | None:
    """The values of such strings, runs of them parted by a line; None where no two stand near each other."""
    if sum(map(text.count, "\"'“‘`«")) < 2:
        return None
    out: list[str] = []
    spans: list[Span] = []
    runs = 0
    last: int | None = None
    for match in _VALUE.finditer(text):
        if len(match.group(1).split()) > _MOST_WORDS:
            last = None
            continue
        near = last is not None and match.start() - last <= _WIDEST_GAP
        runs += near
        begin, end = match.span(1)
        out.extend((" " if near else "\n", match.group(1)))
        spans.append((begin, begin + 1))
        spans.extend((at, at + 1) for at in range(begin, end))
        last = match.end()
    return View("quoted parts", "".join(out), tuple(spans)) if runs else None
