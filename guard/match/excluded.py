"""Mentions that somebody said do not mean a person (`exclusions`): "the Quillonia flower" is not Quillonia. Pure.

Only the words as they were registered count, in any case and spacing: what is disguised is no exclusion.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

# Characters of white space, more than one between two words, beyond which an exclusion is none.
_SPACE = 200


def excluded(where: str, span: tuple[int, int] | None, exclusions: Iterable[str], texts: Mapping[str, str]) -> bool:
    """Whether a mention lies inside one of the exclusions.

    Args:
        where: the text that it was found in.
        span: where in it, in code points; None for a mention put together from several places, which nothing excludes.
        texts: the texts by their places.
    """
    if span is None or where not in texts:
        return False
    return any(_covers(exclusion, texts[where], *span) for exclusion in exclusions)


def _covers(exclusion: str, text: str, start: int, end: int) -> bool:
    """Whether the exclusion stands around `text[start:end]`, with no more white space than `_SPACE`: looked for there alone, since mentions may be many."""
    reach = len(exclusion) + _SPACE
    stop = end + reach
    found = _pattern(exclusion).finditer(text, max(0, start - reach), stop)
    return any(match.start() <= start and end <= match.end() and (match.end() < stop or stop >= len(text)) for match in found)


@lru_cache(maxsize=4_096)
def _pattern(exclusion: str) -> re.Pattern[str]:
    words = r"\s+".join(map(re.escape, exclusion.split()))
    return re.compile(rf"(?<!\w){words}(?!\w)" if words else r"(?!)", re.IGNORECASE)
