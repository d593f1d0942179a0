"""Which descriptions mean a person now: "the Queen of England" has meant several. Pure; the time comes in as an argument."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime

from guard.types import Alias

# How far a year may stand from the mention that it dates, in code points.
AROUND = 32
_YEAR = r"\(?(1\d{3}|20\d{2})('?s)?\)?(?![\w.]*\d)"
_IN = r"(?:back\s+)?(?:in|of|from|during|around|circa|since|as\s+of|in\s+the|of\s+the|from\s+the|during\s+the|im\s+jahr|im\s+jahre|von|en|de|nel|em|w|v|в|на)"
_AFTER = re.compile(rf"^\s*,?\s*(?:{_IN}\s+{_YEAR}|\({_YEAR})", re.IGNORECASE)
_BEFORE = re.compile(rf"(?<!\w){_IN}\s+{_YEAR}[\s,:]*(?:(?:the|an?)\s+)?$|(?<![\w-]){_YEAR}\s+(?:the\s+)?$", re.IGNORECASE)


def means(aliases: Iterable[Alias], text: str, before: str, after: str, now: datetime) -> bool:
    """Whether one of the aliases that read `text` means its person in the year that stands beside the mention, or else now.

    Args:
        aliases: those of the person.
        text: the alias that was found.
        before: what stands before the mention, `AROUND` code points at most.
        after: what stands after it.
        now: the time of the request.
    """
    begin, end = _dated(before, after) or (now, now)
    return any(alias.text == text and _holds(alias, begin, end) for alias in aliases)


def _holds(alias: Alias, begin: datetime, end: datetime) -> bool:
    return (alias.valid_from is None or alias.valid_from <= end) and (alias.valid_until is None or begin < alias.valid_until)


def _dated(before: str, after: str) -> tuple[datetime, datetime] | None:
    """The first and last moment of the year or decade beside a mention: `in 1990`, `(1990)`, `in the 1990s`."""
    found = _AFTER.search(after) or _BEFORE.search(before)
    if found is None:
        return None
    first, plural = next((year, many) for year, many in zip(found.groups()[::2], found.groups()[1::2], strict=True) if year)
    last = int(first) + (9 if plural and first.endswith("0") else 0)
    return datetime(int(first), 1, 1, tzinfo=UTC), datetime(last, 12, 31, 23, 59, 59, tzinfo=UTC)
