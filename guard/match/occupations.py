"""What a person does tells a mention of them from a word: "the singer Quillonia", "Marrow (potter)". Pure."""

import re
from collections.abc import Iterable
from functools import lru_cache

from guard.types import Strength

# How far from a mention with a capital its occupation may stand, in code points, within one sentence.
_BEFORE, _AFTER = 40, 32


def strength_beside(text: str, span: tuple[int, int], strength: Strength, occupations: Iterable[str]) -> Strength:
    """The strength of a mention in `text`: strong with one of the occupations beside it, else as it was.

    Beside is just before or just after it ("the singer Quillonia", "Quillonia, a singer"); for a mention that begins with a
    capital, or in writing without them, anywhere near in its sentence.
    """
    if strength is Strength.STRONG:
        return strength
    begin, end = span
    before, after = text[max(0, begin - _BEFORE) : begin], text[end : end + _AFTER]
    capital = begin < len(text) and not text[begin].islower()
    for occupation in occupations:
        close_before, close_after, near = _patterns(occupation)
        if close_before.search(before) or close_after.match(after):
            return Strength.STRONG
        sentence = re.split(r"[.!?\n;]", before)[-1], re.split(r"[.!?\n;]", after)[0]
        if capital and any(map(near.search, sentence)):
            return Strength.STRONG
    return strength


@lru_cache(maxsize=4_096)
def _patterns(occupation: str) -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    words = r"\s+".join(map(re.escape, occupation.split()))
    word = rf"(?<![^\W\d_]){words}(?![^\W\d_])" if words else r"(?!)"
    kinds = (rf"{word}[\s,:\"'“«(-]*$", rf"^[\s,:\"'”»(-]*(?:(?:the|a|an|der|die|le|la|el|il|o|a)\s+)?{word}", word)
    close_before, close_after, near = (re.compile(kind, re.IGNORECASE) for kind in kinds)
    return close_before, close_after, near
