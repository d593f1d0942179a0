"""How long a case may take. Pure; the shortest clock that applies counts."""

from calendar import monthrange
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum


class Clock(StrEnum):
    """Time to an answer, shortest first."""

    HOURS_2 = "2h"
    HOURS_3 = "3h"
    HOURS_48 = "48h"
    MONTH_1 = "1mo"


class Escalation(StrEnum):
    """How urgent an open case is; a closed one is `none`."""

    NONE = "none"
    DUE_SOON = "due_soon"
    OVERDUE = "overdue"


INTIMATE = frozenset({"intimate_imagery", "impersonation"})
DATA_RIGHTS = frozenset({"access", "erasure", "rectification", "objection"})
ORDERING = frozenset({"regulator", "court"})
_HOURS = {Clock.HOURS_2: 2, Clock.HOURS_3: 3, Clock.HOURS_48: 48}
SOON = 0.25
"""The part of its time that is left when a case becomes `due_soon`."""


def clock_of(kind: str, role: str, jurisdictions: Sequence[str] = ()) -> Clock:
    """The clock of a case.

    India, IT Rules as of February 2026: 2 hours for intimate imagery and impersonation, 3 hours for orders. TAKE IT DOWN Act:
    48 hours from a valid request. GDPR, Art. 12(3): one month for the rights of Art. 15 to 22.
    """
    if kind in INTIMATE and any(place == "IN" or place.startswith("IN-") for place in jurisdictions):
        return Clock.HOURS_2
    if role in ORDERING:
        return Clock.HOURS_3
    return Clock.MONTH_1 if kind in DATA_RIGHTS else Clock.HOURS_48


def due(clock: Clock, since: datetime) -> datetime:
    """When the time is over; a month ends on the same day of the next one, or on its last (Regulation 1182/71, Art. 3)."""
    if clock is not Clock.MONTH_1:
        return since + timedelta(hours=_HOURS[clock])
    year, month = (since.year + 1, 1) if since.month == 12 else (since.year, since.month + 1)
    return since.replace(year=year, month=month, day=min(since.day, monthrange(year, month)[1]))


def escalation(since: datetime, due_at: datetime | None, now: datetime) -> Escalation:
    """How urgent a case is that has been open `since` then."""
    if due_at is None:
        return Escalation.NONE
    if now >= due_at:
        return Escalation.OVERDUE
    return Escalation.DUE_SOON if due_at - now <= (due_at - since) * SOON else Escalation.NONE
