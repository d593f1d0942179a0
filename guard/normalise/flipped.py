"""Text turned upside down, as generators on the web do it: the letters turned, the line read from its end."""

import re

import numpy as np

from guard.normalise.reading import Reading
from guard.normalise.signs import TURNED_LETTERS

# Letters whose turned form has a code point of its own, then those that look like a letter of some language.
_TURNED = dict(zip(TURNED_LETTERS, "acefgghijkllmrtvwyaabcddefgkkllprrttuuvy", strict=True))
_PLAIN = dict(zip("bdpqnuMW69ıΛſ", "qpdbunWM96ivj", strict=True))
_TABLE = str.maketrans(_TURNED | _PLAIN)
_SIGN = re.compile(f"[{re.escape(''.join(_TURNED))}]")
_LINE = re.compile(r"[^\n.,;:!?]{4,200}")
_WORD = re.compile(r"\s+|\S+")
# With fewer turned letters a text is phonetic spelling, or a name in the alphabet of its language.
_FEWEST = 2


def flipped(source: Reading) -> Reading | None:
    """Lines with turned letters, turned back: read from the end, and word by word."""
    text = source.text
    if len(_SIGN.findall(text)) < _FEWEST:
        return None
    back = text.translate(_TABLE)
    out: list[str] = []
    low: list[int] = []
    high: list[int] = []
    for line in _LINE.finditer(text):
        if not _SIGN.search(line.group()):
            continue
        for piece in (line, *_WORD.finditer(text, *line.span())):
            begin, end = piece.span()
            out.append(back[begin:end][::-1])
            low.extend(range(end - 1, begin - 1, -1))
            high.extend(range(end, begin, -1))
            if piece is line or end == line.end():
                out.append("\n")
                low.append(line.start())
                high.append(line.end())
    return Reading("".join(out), np.array(low, dtype=np.int64), np.array(high, dtype=np.int64)) if out else None
