"""Mentions that somebody said do not mean a person (`exclusions`): "the Quillonia flower" is not Quillonia. Pure.

Only the words as they were registered count, in any case and spacing: what is disguised is no exclusion.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache


def excluded(where: str, span: tuple[int, int] | None, exclusions: Iterable[str], texts: Mapping[str, str]) -> bool:
    """Whether a mention lies inside one of the exclusions.

    Args:
        where: the text that it was found in.
        span: where in it, in code points; None for a mention put together from several places, which nothing excludes.
        texts: the texts by their places.
    """
    if span is None or where not in texts:
        return False
    return any(
        match.start() <= span[0] and span[1] <= match.end()
        for exclusion in exclusions
        for match in _pattern(exclusion).finditer(texts[where])
    )


@lru_cache(maxsize=4_096)
def _pattern(exclusion: str) -> re.Pattern[str]:
    words = r"\s+".join(map(re.escape, exclusion.split()))
    return re.compile(rf"(?<!\w){words}(?!\w)" if words else r"(?!)", re.IGNORECASE)
