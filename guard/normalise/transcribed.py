"""Words of other alphabets in Latin letters, letter by letter: of those that `writings.txt` does not know, and of one word beside a Latin one."""

import re

from guard.normalise.reading import Reading
from guard.normalise.transcription import BESIDE, TRANSCRIPTION

_WORD = re.compile(f"[{''.join(TRANSCRIPTION)}]+")
_OTHER = "[Ѐ-ЯΑ-Ω][а-ѓά-ώ]+"
_BESIDE_LATIN = re.compile(rf"(?<![^\W_]){_OTHER}(?= [A-Z][a-z]+(?![^\W_]))|(?<=[a-z] ){_OTHER}(?![^\W_])")
_GREEK = (("ντ", "d"), ("μπ", "b"), ("γκ", "g"), ("ου", "u"), ("τζ", "j"), ("τσ", "ch"))


def _latin(match: re.Match[str]) -> str:
    word = match.group().lower()
    for pair, latin in _GREEK:
        word = word.replace(pair, latin)
    return "".join(TRANSCRIPTION.get(char) or BESIDE.get(char, char) for char in word).capitalize()


def transcribed(source: Reading) -> Reading | None:
    """`Том Hanks`, `ჰენკსი`: with capitals as names have them, since some alphabets have none."""
    beside = source.replaced(_BESIDE_LATIN, _latin) or source
    found = beside.replaced(_WORD, _latin) or beside
    return found if found is not source else None
