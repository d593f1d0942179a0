"""The words of a text as the lexicon compares them: folded, with the cheapest disguises undone. Pure.

Undone are: case, width, accents, zero-width characters (the fold's work), letters of look-alike alphabets inside a Latin
word, digits for letters (`nud3`), spelled-out words (`n u d e`, `n.u.d.e`), letters repeated three times or more
(`nuuude`), and words run together in camel case. A text of ASCII alone takes a path of its own.
"""

import re

import numpy as np

from guard.normalise.fold import fold
from guard.normalise.letters import Script

_SCRIPT = 0x0F  # the bits of `Folded.kinds` that hold the script
_ASCII_WORD = re.compile(r"[a-z0-9$@!]+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_REPEATED = re.compile(r"(.)\1{2,}")
_LEET = str.maketrans({"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "$": "s", "@": "a", "!": "i"})
_CYRILLIC = {"а": "a", "е": "e", "о": "o", "р": "p", "с": "c", "у": "y", "х": "x", "и": "i", "к": "k", "м": "m", "т": "t", "н": "h"}
_MORE_CYRILLIC = {"в": "b", "з": "3", "ѕ": "s", "ј": "j", "һ": "h", "ԁ": "d", "ԛ": "q", "ԝ": "w", "п": "n", "г": "r"}
_GREEK = {"α": "a", "ε": "e", "ο": "o", "ρ": "p", "ν": "v", "ι": "i", "κ": "k", "τ": "t", "υ": "u", "η": "n", "ω": "w", "χ": "x"}
_LOOK_ALIKES = str.maketrans(_CYRILLIC | _MORE_CYRILLIC | _GREEK)
_LATIN = re.compile(r"[a-z]")
_OTHER_ALPHABET = re.compile(r"[\u0370-\u052f]")
_DISGUISED = re.compile(r"[0-9$@!]")
_MEASURE = re.compile(r"[0-9]+[a-z]{0,3}|[a-z]{1,2}[0-9]+|[0-9]+x[0-9]+")
RUN = re.compile(r"[\u0e00-\u0eff\u3005-\u3007\u3040-\u30ff\u3400-\u9fff]")
"""Letters of scripts whose words stand without spaces, so that terms are looked for inside of runs."""


def words_of(text: str) -> list[str]:
    """The folded words of a text in order; scripts without spaces come as whole runs."""
    if not text.isascii():
        return _joined([_unleeted(_latin(word)) for word in _folded(text)])
    if _CAMEL.search(text) is not None:
        text = _CAMEL.sub(" ", text)
    lowered = text.lower()
    words = _ASCII_WORD.findall(lowered)
    if _DISGUISED.search(lowered) is not None:
        words = [_unleeted(word) for word in words]
    return _joined(words)


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
    end_before = -2
    for start, end in zip(found.starts.tolist(), found.ends.tolist(), strict=True):
        word = letters[start:end]
        touches = int(found.at[start]) - end_before <= 1
        if touches and out and RUN.match(word) is not None and RUN.match(out[-1][-1]) is not None:
            out[-1] += word
        else:
            out.append(word)
        end_before = int(found.at[end - 1])
    return out


def _unleeted(word: str) -> str:
    """A word with digits or signs among its letters, read as letters. Numbers and measures (`35mm`, `4k`) stay."""
    if word.isalpha() or _MEASURE.fullmatch(word) is not None:
        return word
    word = word.strip("!@")
    return word if word.isalpha() or _LATIN.search(word) is None else word.translate(_LEET)


def _latin(word: str) -> str:
    """A word that mixes Latin with Greek or Cyrillic letters, all in Latin."""
    if _OTHER_ALPHABET.search(word) is None or _LATIN.search(word) is None:
        return word
    return word.translate(_LOOK_ALIKES)


def _joined(words: list[str]) -> list[str]:
    """The words, with three and more single letters in a row put together and letters repeated for show taken out."""
    out: list[str] = []
    letters: list[str] = []
    for word in words:
        if len(word) == 1 and word.isalpha() and word < "\u0e00":
            letters.append(word)
            continue
        if letters:
            out.extend(_spelled(letters))
            letters = []
        out.append(_REPEATED.sub(r"\1", word) if len(word) > 3 and _REPEATED.search(word) is not None else word)
    return out + _spelled(letters)


def _spelled(letters: list[str]) -> list[str]:
    """Single letters in a row as the word they spell, also without an article before it (`a n u d e`)."""
    if len(letters) < 3:
        return letters
    word = "".join(letters)
    return [word, word[1:]]
