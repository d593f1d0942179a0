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
    runs: list[list[Span]] = [[]]
    for match in _VALUE.finditer(text):
        if runs[-1] and match.start() - runs[-1][-1][1] > _WIDEST_GAP:
            runs.append([])
        if len(match.group(1).split()) <= _MOST_WORDS:
            runs[-1].append(match.span(1))
        else:
            runs.append([])
    out: list[str] = []
    spans: list[Span] = []
    for run in runs:
        for number, (begin, end) in enumerate(run if len(run) > 1 else ()):
            out.extend((" " if number else "\n", text[begin:end]))
            spans.append((begin, begin + 1))
            spans.extend((at, at + 1) for at in range(begin, end))
    return View("quoted parts", "".join(out), tuple(spans)) if out else None
