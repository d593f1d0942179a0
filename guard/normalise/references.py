"""What a text says elsewhere what it means: footnotes, and letters or words that it gives a meaning."""

import re

import numpy as np

from guard.normalise.reading import Reading, room
from guard.normalise.signs import BEFORE_VARIABLE

_NOTE = re.compile(r"(?<=\n)(\[?[*†¹²³⁴⁵]{1,3}\]?|\[\d{1,2}\])[:.]?\s?([^\W\d_][^\s.,;:]{1,30})")
_MARK = re.compile(r"\[?[*†¹²³⁴⁵]{1,3}\]?|\[\d{1,2}\]")
_NOTED = re.compile(r"[^\W\d_][^\s.,;:\[*†¹²³⁴⁵]{1,30}(?=\s?$)")
# A meaning has letters alone; what it is given to is a letter, perhaps with a digit. Else a word that may consist of such.
_GIVEN = re.compile(
    rf"(?:^|(?<=[{re.escape(BEFORE_VARIABLE)}]))([A-Za-z]\d?)(?:=| = )[\"'“]?([^\W\d_][^\W\d_'’-]{{0,24}})[\"'”]?(?=[\s,;:.&)]|$)"
    r"|(?<!\w)([A-Za-z][A-Za-z0-9]{0,15})(?!\w)"
)
_PART = re.compile(r"[A-Za-z]\d?")
_WIDEST = 34


def referred(source: Reading) -> Reading | None:
    """Words with the footnotes that belong to them; and what follows meanings that are given, with all that have one replaced by it."""
    text = source.text
    out: list[str] = []
    at: list[int] = []
    _noted(text, out, at)
    _meant(text, out, at)
    low = np.array(at, dtype=np.int64)
    return Reading("".join(out), low, low + 1) if out else None


def _noted(text: str, out: list[str], at: list[int]) -> None:
    notes: dict[str, list[re.Match[str]]] = {}
    for match in _NOTE.finditer(text):
        notes.setdefault(match.group(1), []).append(match)
    begins = {note.start() for found in notes.values() for note in found}
    for mark in _MARK.finditer(text) if notes else ():
        noted = _NOTED.search(text, max(0, mark.start() - _WIDEST), mark.start())
        if noted is None or mark.start() in begins:
            continue
        for note in notes.get(mark.group(), ()):
            if len(at) > room(text):
                return
            _add(out, at, "\n", noted.start(), None)
            _add(out, at, noted.group(), noted.start(), 1)
            _add(out, at, " ", noted.start(), None)
            _add(out, at, note.group(2), note.start(2), 1)


def _meant(text: str, out: list[str], at: list[int]) -> None:
    meanings: dict[str, re.Match[str]] = {}
    last = ""
    for match in _GIVEN.finditer(text):
        variable, word = match.group(1, 3)
        if variable:
            meanings[variable] = match
        elif len(meanings) > 1 and word != last:
            parts = [word] if word in meanings else _PART.findall(word)
            known = all(part in meanings for part in parts)
            if len(at) > room(text):
                return
            for part in parts if known else ():
                _add(out, at, meanings[part].group(2), meanings[part].start(2), 1)
            if known or last:
                _add(out, at, " " if known else "\n", at[-1], None)
            last = word if known else ""


def _add(out: list[str], at: list[int], letters: str, begin: int, step: int | None) -> None:
    """Letters that come one by one from `begin` on (`step` 1), or all from there."""
    out.append(letters)
    at += range(begin, begin + len(letters)) if step else [begin] * len(letters)
