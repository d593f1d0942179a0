"""Text turned upside down, as generators on the web do it: the letters turned, the line read from its end."""

import re

from guard.normalise.reading import Span, View

# Letters whose turned form has a code point of its own, then those that look like a letter of some language.
_TURNED = dict(zip("ɐɔǝɟƃᵷɥᴉɾʞןꞁɯɹʇʌʍʎ∀ⱯꓭƆᗡꓷƎℲ⅁ꓘꞰ⅂ꓶԀᴚꓤꓕ⊥∩ՈɅ⅄", "acefgghijkllmrtvwyaabcddefgkkllprrttuuvy", strict=True))
_PLAIN = dict(zip("bdpqnuMW69ıΛſ", "qpdbunWM96ivj", strict=True))
_TABLE = str.maketrans(_TURNED | _PLAIN)
_SIGN = re.compile(f"[{re.escape(''.join(_TURNED))}]")
_LINE = re.compile(r"[^\n.,;:!?]{4,200}")
_WORD = re.compile(r"\s+|\S+")
# With fewer turned letters a text is phonetic spelling, or a name in the alphabet of its language.
_FEWEST = 2


def flipped(text: str) -> View | None:
    """Lines with turned letters, turned back: read from the end, and word by word."""
    if text.isascii() or len(_SIGN.findall(text)) < _FEWEST:
        return None
    back = text.translate(_TABLE)
    out: list[str] = []
    spans: list[Span] = []
    for line in _LINE.finditer(text):
        if not _SIGN.search(line.group()):
            continue
        for piece in (line, *_WORD.finditer(text, *line.span())):
            begin, end = piece.span()
            out.append(back[begin:end][::-1] + ("\n" if piece is line else ""))
            spans.extend((at, at + 1) for at in reversed(range(begin, end)))
            spans.extend([(begin, end)] if piece is line else [])
        out.append("\n")
        spans.append(line.span())
    return View("upside down", "".join(out), tuple(spans)) if out else None
