"""The words of a text as the lexicon compares them: folded, with the cheapest disguises undone. Pure.

Undone are: case, width, accents, zero-width characters (the fold's work), letters of look-alike alphabets inside a Latin
word, digits for letters (`nud3`), spelled-out words (`n u d e`, `n.u.d.e`), letters repeated three times or more
(`nuuude`), and words run together in camel case. A text of ASCII alone takes a path of its own. What a word is read as is
remembered: nearly all words of a prompt were in the one before.
"""

import re
from collections.abc import Callable
from typing import Generic, TypeVar

import numpy as np

from guard.normalise.fold import fold
from guard.normalise.letters import Script

_SCRIPT = 0x0F  # the bits of `Folded.kinds` that hold the script
_ASCII_WORD = re.compile(r"[a-z0-9$@!]+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_DRAWN_OUT = re.compile(r"([^\W\d_])\1{2,}")
_REPEATED = re.compile(r"(.)\1{2,}")
_THREE_LETTERS = re.compile(r"(?<![^ ])[^ ] [^ ] [^ ](?![^ ])")
_LEET = str.maketrans({"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "$": "s", "@": "a", "!": "i"})
_CYRILLIC = {"а": "a", "е": "e", "о": "o", "р": "p", "с": "c", "у": "y", "х": "x", "и": "i", "к": "k", "м": "m", "т": "t", "н": "h"}
_MORE_CYRILLIC = {"в": "b", "з": "3", "ѕ": "s", "ј": "j", "һ": "h", "ԁ": "d", "ԛ": "q", "ԝ": "w", "п": "n", "г": "r"}
_GREEK = {"α": "a", "ε": "e", "ο": "o", "ρ": "p", "ν": "v", "ι": "i", "κ": "k", "τ": "t", "υ": "u", "η": "n", "ω": "w", "χ": "x"}
_LOOK_ALIKES = str.maketrans(_CYRILLIC | _MORE_CYRILLIC | _GREEK)
_LATIN = re.compile(r"[a-z]")
_OTHER_ALPHABET = re.compile(r"[\u0370-\u052f]")
_MEASURE = re.compile(r"[0-9]+[a-z]{0,3}|[a-z]{1,2}[0-9]+|[0-9]+x[0-9]+")
RUN = re.compile(r"[\u0e00-\u0eff\u3005-\u3007\u3040-\u30ff\u3400-\u9fff]")
FIRST_OF_RUNS = "\u0e00"
"""Letters of scripts whose words stand without spaces, so that terms are looked for inside of runs."""
_MOST_REMEMBERED = 20_000
_LONGEST_REMEMBERED = 32
ValueT = TypeVar("ValueT")


class Remembered(dict[str, ValueT], Generic[ValueT]):
    """What a function gave for the words seen lately; all is forgotten when there are too many, long ones are never kept."""

    def __init__(self, compute: Callable[[str], ValueT]) -> None:
        super().__init__()
        self._compute = compute

    def __missing__(self, word: str) -> ValueT:
        value = self._compute(word)
        if len(word) <= _LONGEST_REMEMBERED:
            if len(self) >= _MOST_REMEMBERED:
                self.clear()
            self[word] = value
        return value


def words_of(text: str) -> list[str]:
    """The folded words of a text in order; scripts without spaces come as whole runs.

    What may be read in two ways follows again: what looks like a measure (`5ex`), letters drawn out, as two (`kiiillled`), and
    camel case, taken apart (`NudeFigure`, `NuDe`).
    """
    words = _words(text.lower())
    if _CAMEL.search(text) is not None:
        pieces = text.split()
        humps = [index for index, piece in enumerate(pieces) if _CAMEL.search(piece) is not None]
        near = {index + step for index in humps for step in (-1, 0, 1)}
        apart = " ".join(piece for index, piece in enumerate(pieces) if index in near)
        words += ["", *_words(_CAMEL.sub(" ", apart).lower())]
    return words


def _words(text: str) -> list[str]:
    """The words of a text in lower case."""
    found = _ASCII_WORD.findall(text) if text.isascii() else _folded(text)
    words = list(map(_PLAIN.__getitem__, found))
    if _THREE_LETTERS.search(" ".join(words)) is not None:
        words = _joined(words)
    others = [other for other in map(_OTHERWISE.__getitem__, found) if other]
    return [*words, "", *others] if others else words


def _folded(text: str) -> list[str]:
    """Folded words; neighbours of a script without spaces are put together (Japanese changes script inside of words).

    Hiragana, which the fold writes as katakana, is written as hiragana again: it shows where a word of katakana ends.
    """
    found = fold(text)
    points = found.letters
    hiragana = (found.kinds & _SCRIPT) == Script.HIRAGANA
    if hiragana.any():
        points = np.where(hiragana & (points >= 0x30A1) & (points <= 0x30F6), points - 0x60, points).astype(np.uint32)
    letters = points.tobytes().decode("utf-32-le", "replace")
    out: list[str] = []
    places, end_before, run_before = found.at.tolist(), -2, False
    for start, end in zip(found.starts.tolist(), found.ends.tolist(), strict=True):
        word = letters[start:end]
        run = word[0] >= FIRST_OF_RUNS and RUN.match(word) is not None
        if run and run_before and places[start] - end_before <= 1:
            out[-1] += word
        else:
            out.append(word)
        end_before, run_before = places[end - 1], run
    return out


def _plain(word: str) -> str:
    """One word as it is compared."""
    word = _latin(word)
    return _undrawn(word if word.isalpha() else _unleeted(word))


def _otherwise(word: str) -> str:
    """How else a word may be read; empty where in no other way."""
    if _MEASURE.fullmatch(word) is not None:
        return "" if word.isdigit() or len(word) < 3 else word.translate(_LEET)
    return "" if _DRAWN_OUT.search(word) is None else _unleeted(_latin(_DRAWN_OUT.sub(r"\1\1", word)))


_PLAIN, _OTHERWISE = Remembered(_plain), Remembered(_otherwise)


def _undrawn(word: str) -> str:
    return _REPEATED.sub(r"\1", word) if len(word) > 3 else word


def _unleeted(word: str) -> str:
    """A word with digits or signs among its letters, read as letters. Numbers and measures (`35mm`, `4k`) stay."""
    if _MEASURE.fullmatch(word) is not None:
        return word
    word = word.strip("!@")
    return word if word.isalpha() or _LATIN.search(word) is None else word.translate(_LEET)


def _latin(word: str) -> str:
    """A word that mixes Latin with Greek or Cyrillic letters, all in Latin."""
    if _OTHER_ALPHABET.search(word) is None or _LATIN.search(word) is None:
        return word
    return word.translate(_LOOK_ALIKES)


def _joined(words: list[str]) -> list[str]:
    """The words, with three and more single letters in a row put together."""
    out: list[str] = []
    letters: list[str] = []
    for word in words:
        if len(word) == 1 and word.isalpha() and word < "\u0e00":
            letters.append(word)
            continue
        if letters:
            out.extend(_spelled(letters))
            letters = []
        out.append(word)
    return out + _spelled(letters)


def _spelled(letters: list[str]) -> list[str]:
    """Single letters in a row as the word they spell, also without an article before it (`a n u d e`)."""
    if len(letters) < 3:
        return letters
    word = _undrawn("".join(letters))
    return [word, word[1:]]
