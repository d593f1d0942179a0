"""What a text says elsewhere what it means: footnotes, and letters or words that it gives a meaning."""

import re

import numpy as np

from guard.normalise.reading import Reading
from guard.normalise.signs import BEFORE_VARIABLE

_NOTE = re.compile(r"(?<=\n)(\[?[*†¹²³⁴⁵]{1,3}\]?|\[\d{1,2}\])[:.]?\s?([^\W\d_][^\s.,;:]{1,30})")
_MARK = re.compile(r"\[?[*†¹²³⁴⁵]{1,3}\]?|\[\d{1,2}\]")
_NOTED = re.compile(r"[^\W\d_][^\s.,;:\[*†¹²³⁴⁵]{1,30}(?=\s?$)")
# A meaning has letters alone; what it is given to is a letter, perhaps with a digit.
_GIVEN = re.compile(
    rf"(?:^|(?<=[{re.escape(BEFORE_VARIABLE)}]))([A-Za-z]\d?)(?:=| = )[\"'“]?([^\W\d_][^\W\d_'’-]{{0,24}}(?: [^\W\d_][^\W\d_'’-]{{0,24}}){{0,2}}?)[\"'”]?(?=[\s,;:.&)]|$)"
)
_TOKEN = re.compile(r"(?<!\w)[A-Za-z][A-Za-z0-9]{0,15}(?!\w)")
_PART = re.compile(r"[A-Za-z]\d?")
_MOST, _WIDEST = 16, 34


def referred(source: Reading) -> Reading | None:
    """Words with the footnote that belongs to them; what follows the last meaning given, with all that have one replaced by it."""
    text = source.text
    out: list[str] = []
    at: list[int] = []
    notes = {match.group(1): match for match in _NOTE.finditer(text)}
    for mark in _MARK.finditer(text) if notes else ():
        note, noted = notes.get(mark.group()), _NOTED.search(text, max(0, mark.start() - _WIDEST), mark.start())
        if note and noted and note.start() != mark.start():
            _add(out, at, "\n", noted.start(), None)
            _add(out, at, noted.group(), noted.start(), 1)
            _add(out, at, " ", noted.start(), None)
            _add(out, at, note.group(2), note.start(2), 1)
    given = list(_GIVEN.finditer(text))[:_MOST]
    if len(given) > 1:
        meanings = {match.group(1): match for match in given}
        done = False
        for token in _TOKEN.finditer(text, given[-1].end()):
            word = token.group()
            parts = [word] if word in meanings else _PART.findall(word) if all(part in meanings for part in _PART.findall(word)) else []
            for part in parts:
                _add(out, at, meanings[part].group(2), meanings[part].start(2), 1)
            if parts or done:
                _add(out, at, " " if parts else "\n", at[-1], None)
            done = bool(parts)
    low = np.array(at, dtype=np.int64)
    return Reading("".join(out), low, low + 1) if out else None


def _add(out: list[str], at: list[int], letters: str, begin: int, step: int | None) -> None:
    """Letters that come one by one from `begin` on (`step` 1), or all from there."""
    out.append(letters)
    at += range(begin, begin + len(letters)) if step else [begin] * len(letters)
