"""What the kind of a person decides where a request leaves it open. Pure; what was stated is never changed."""

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from guard.errors import FieldError, InvalidInputError
from guard.registry.dates import last_day
from guard.registry.values import DirectiveData
from guard.types import Effect, SubjectKind

MAJORITY_YEARS = 18
"""UN Convention on the Rights of the Child, Art. 1."""


class Default(StrEnum):
    """What holds of a field that nobody stated."""

    EVERYTHING = "everything"
    NONE = "none"
    NO_END = "no_end"
    POST_MORTEM_TERM = "post_mortem_term"


def comes_of_age(born: str | None) -> datetime | None:
    """When somebody is certainly of age; None where their birth date is not known."""
    day = last_day(born) if born else None
    return None if day is None else _anniversary(day, MAJORITY_YEARS)


def end_of(kind: SubjectKind, died: str | None, years: int, now: datetime) -> datetime | None:
    """When a protection ends of which nobody said so: `years` (0: never) after the day on which a deceased person died, else never.

    Raises InvalidInputError where that has passed.
    """
    day = last_day(died) if kind is SubjectKind.DECEASED and died and years else None
    end = None if day is None else _anniversary(day + timedelta(days=1), years)
    if end is not None and end <= now:
        message = (
            f"is not stated, and the post-mortem term of {years} years ended {end:%Y-%m-%d}; state it (null for no end) to protect them"
        )
        raise InvalidInputError(f"expires_at {message}", [FieldError("/expires_at", message)])
    return end


def fill(data: DirectiveData, kind: SubjectKind, died: str | None, years: int, now: datetime) -> tuple[DirectiveData, dict[str, str]]:
    """A denial with the defaults of this kind of person, and which they are by field. Raises as `end_of` does."""
    if data.effect is not Effect.DENY:
        return data, {}
    taken: dict[str, str] = {}
    if "scopes" not in data.stated and data.scopes == ("all",):
        taken["scopes"] = Default.EVERYTHING.value
    if "exemptions" not in data.stated and not data.exemptions:
        taken["exemptions"] = Default.NONE.value
    if "expires_at" not in data.stated and data.expires_at is None:
        data = replace(data, expires_at=end_of(kind, died, years, now))
        taken["expires_at"] = name_of(data.expires_at)
    return data, taken


def name_of(end: datetime | None) -> str:
    """The name of a default end."""
    return (Default.NO_END if end is None else Default.POST_MORTEM_TERM).value


def warnings(data: DirectiveData, kind: SubjectKind, born: str | None, died: str | None, taken: Mapping[str, str]) -> tuple[str, ...]:
    """What whoever registers this should look at."""
    of_age = comes_of_age(born)
    if kind is SubjectKind.MINOR and data.effect is Effect.DENY and data.expires_at and of_age and data.expires_at < of_age:
        return (f"this ends at {data.expires_at.isoformat()}, before this person is certainly of age ({of_age:%Y-%m-%d})",)
    if kind is SubjectKind.DECEASED and not died and "expires_at" in taken:
        return ("this has no end: the date of death is not known; give `died`, or state `expires_at`",)
    return ()


def _anniversary(day: date, years: int) -> datetime | None:
    """The begin of that day, UTC, so many years later; 1 March for 29 February. None beyond the calendar."""
    year = day.year + years
    if year > datetime.max.year:
        return None
    if (day.month, day.day) == (2, 29) and monthrange(year, 2)[1] < 29:
        return datetime(year, 3, 1, tzinfo=UTC)
    return datetime(year, day.month, day.day, tzinfo=UTC)
