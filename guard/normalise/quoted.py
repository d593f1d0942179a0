"""Short quoted strings that follow each other, read as one: `{"first": "Jane", "last": "Doe"}`, `a = "Jane"; b = "Doe"; draw a + b`."""

import re

import numpy as np

from guard.normalise.reading import Reading, Span
from guard.normalise.signs import WIDEST_VALUE

# A quoted word or two that is not the key of a pair; what may stand between two of them; quotes that a text must have.
_VALUE = re.compile(rf"[\"'“‘`«](?: (?=[A-ZÀ-Þ]))?([^\W_][^\"'“”‘’`«»\n]{{0,{WIDEST_VALUE - 3}}})[\"'”’`»](?!\s?[:=])")
_WIDEST_GAP = 24
_MOST_WORDS = 2
# So many may be pieces of words: they are read together as well.
_PIECES = 4


def quoted(source: Reading) -> Reading | None:
    """The values of such strings, runs of them parted by a line; None where no two stand near each other."""
    text = source.text
    runs: list[list[Span]] = [[]]
    for match in _VALUE.finditer(text):
        if runs[-1] and match.start() - runs[-1][-1][1] > _WIDEST_GAP:
            runs.append([])
        if len(match.group(1).split()) <= _MOST_WORDS:
            runs[-1].append(match.span(1))
        else:
            runs.append([])
    out: list[str] = []
    at: list[int] = []
    for run in runs:
        for number, (begin, end) in enumerate(run if len(run) > 1 else ()):
            out += " " if number else "\n", text[begin:end]
            at += begin, *range(begin, end)
        for number, (begin, end) in enumerate(run if len(run) >= _PIECES else ()):
            out += "" if number else "\n", text[begin:end].rstrip()
            at += *(() if number else (begin,)), *range(begin, begin + len(out[-1]))
    low = np.array(at, dtype=np.int64)
    return Reading("".join(out), low, low + 1) if out else None
