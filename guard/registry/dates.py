"""Times and days as people state them, at the admin API and in imports."""

import re
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, StringConstraints, ValidationError, ValidatorFunctionWrapHandler, WrapValidator

from guard.errors import FieldError, InvalidInputError
from guard.registry.values import SubjectData
from guard.types import SubjectKind

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def _instant(value: object) -> object:
    """RFC 3339 with an offset, as UTC; a number or a time without an offset means different things to different people."""
    if value is None or isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not _RFC3339.fullmatch(value):
        raise ValueError("is not an RFC 3339 time with an offset, such as 2026-01-31T00:00:00Z")
    try:
        return datetime.fromisoformat(value.upper().replace("Z", "+00:00")).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"is not a time that exists: {error}") from error


def _day(value: Any, check: ValidatorFunctionWrapHandler) -> object:
    """A year, month or day; a number is a year, and a time of day after the date (as Wikidata writes it) is dropped."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = f"{value:04d}"
    try:
        return check(re.sub(r"[Tt].*$", "", value.strip().removeprefix("+")) if isinstance(value, str) else value)
    except ValidationError as error:
        raise ValueError("is no year, month or day such as 1970, 1970-05 or 1970-05-17") from error


Instant = Annotated[datetime, BeforeValidator(_instant)]
Day = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$"), WrapValidator(_day)]


def first_day(text: str) -> date | None:
    """The first day that a year, month or day may mean; None where there is no such day."""
    return _possible(text, last=False)


def last_day(text: str) -> date | None:
    """The last day that a year, month or day may mean; None where there is no such day."""
    return _possible(text, last=True)


def _possible(text: str, *, last: bool) -> date | None:
    year, month, day = (*map(int, text.split("-")), 0, 0)[:3]
    try:
        month = month or (12 if last else 1)
        return date(year, month, day or (monthrange(year, month)[1] if last else 1))
    except ValueError:
        return None


def refuse_dates(stated: SubjectData, now: datetime, pointer: str = "") -> None:
    """Raises InvalidInputError for a birth or a death that cannot be; `pointer` is where the subject stands.

    That is a day that does not exist or has not come (anywhere on earth), a death before the birth, and one of somebody who is not `deceased`.
    """
    for name, text in (("born", stated.born), ("died", stated.died)):
        if text is None:
            continue
        first, last = first_day(text), last_day(text)
        if first is None or last is None:
            message = "is no day that exists"
        elif first > now.date() + timedelta(days=1):
            message = f"has not come yet ({text})"
        elif name == "died" and last.isoformat() < (stated.born or ""):  # text order is time order, and a year comes before its days
            message = "comes before the birth"
        elif name == "died" and stated.kind is not SubjectKind.DECEASED:
            message = f"goes with kind `deceased`, and this person is stated as `{stated.kind.value}`"
        else:
            continue
        raise InvalidInputError(f"{name} {message}", [FieldError(f"{pointer}/{name}", message)])
