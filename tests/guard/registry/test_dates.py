"""Days as people state them: what they may mean, and which cannot be."""

from datetime import UTC, date, datetime

import pytest
from pydantic import TypeAdapter, ValidationError

from guard.errors import FieldError, InvalidInputError
from guard.registry.dates import Day, Instant, first_day, last_day, refuse_dates
from guard.registry.values import SubjectData
from guard.types import SubjectKind

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAYS = TypeAdapter(Day)
INSTANTS = TypeAdapter(Instant)


@pytest.mark.parametrize(
    ("stated", "day"),
    [(1970, "1970"), (70, "0070"), ("1970", "1970"), ("1970-05", "1970-05"), (" +1970-05-17T00:00:00Z ", "1970-05-17")],
)
def test_a_day_as_it_is_stated(stated: object, day: str) -> None:
    assert DAYS.validate_python(stated) == day


@pytest.mark.parametrize("stated", ["17.05.1970", "70", "1970-5", "soon", "", True, 1970.5, None, ["1970"], 19700517])
def test_what_is_no_day_is_told_how_one_looks(stated: object) -> None:
    with pytest.raises(ValidationError, match="is no year, month or day such as 1970, 1970-05 or 1970-05-17"):
        DAYS.validate_python(stated)


@pytest.mark.parametrize("stated", ["2026-13-01T00:00:00Z", "9999-12-31T23:59:59-12:00"])
def test_times_that_do_not_exist(stated: str) -> None:
    with pytest.raises(ValidationError, match="is not a time that exists"):
        INSTANTS.validate_python(stated)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("1970", date(1970, 1, 1), date(1970, 12, 31)),
        ("1972-02", date(1972, 2, 1), date(1972, 2, 29)),
        ("1970-05-17", date(1970, 5, 17), date(1970, 5, 17)),
        ("1970-02-30", None, None),
        ("1970-13", None, None),
        ("0000", None, None),
    ],
)
def test_the_days_that_a_text_may_mean(text: str, first: date | None, last: date | None) -> None:
    assert (first_day(text), last_day(text)) == (first, last)


REFUSED = [
    pytest.param({"born": "1970-02-30"}, "born", "is no day that exists", id="no day"),
    pytest.param({"born": "2026-03-03"}, "born", "has not come yet (2026-03-03)", id="not born yet"),
    pytest.param({"born": "2027"}, "born", "has not come yet (2027)", id="not born this year"),
    pytest.param({"died": "2026-03-03"}, "died", "has not come yet (2026-03-03)", id="not dead yet"),
    pytest.param({"died": "1999", "born": "2001"}, "died", "comes before the birth", id="died before the birth"),
]


@pytest.mark.parametrize(("fields", "field", "message"), REFUSED)
def test_days_that_cannot_be(fields: dict[str, str], field: str, message: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        refuse_dates(SubjectData("Ada Example", SubjectKind.DECEASED, **fields), NOW, "/subject")  # type: ignore[arg-type]
    assert (str(caught.value), list(caught.value.errors)) == (f"{field} {message}", [FieldError(f"/subject/{field}", message)])


def test_the_living_have_not_died() -> None:
    with pytest.raises(InvalidInputError, match="goes with kind `deceased`, and this person is stated as `minor`"):
        refuse_dates(SubjectData("Ada Example", SubjectKind.MINOR, died="2001"), NOW)


@pytest.mark.parametrize("fields", [{}, {"born": "2026"}, {"born": "2026-03-02"}, {"born": "1970-05", "died": "1970"}, {"died": "2026-03"}])
def test_days_that_may_be(fields: dict[str, str]) -> None:
    """A day has begun somewhere before it begins at Greenwich, and a year that is not over may be meant."""
    refuse_dates(SubjectData("Ada Example", SubjectKind.DECEASED, **fields), NOW)  # type: ignore[arg-type]
