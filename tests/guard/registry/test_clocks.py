"""Clocks of cases: which one applies, when it ends, how urgent that makes a case."""

from datetime import UTC, datetime, timedelta

import pytest

from guard.registry.clocks import Clock, Escalation, clock_of, due, escalation
from guard.registry.store import Registry
from guard.registry.values import By, CaseData, Requester
from tests.guard.registry.conftest import NOON
from tests.guard.registry.conftest import Clock as Hand

CLOCKS = [
    pytest.param("opt_out", "self", (), Clock.HOURS_48, id="a request"),
    pytest.param("opt_out", "court", (), Clock.HOURS_3, id="an order"),
    pytest.param("erasure", "self", (), Clock.MONTH_1, id="a data subject's right"),
    pytest.param("erasure", "regulator", (), Clock.HOURS_3, id="the shorter one counts"),
    pytest.param("intimate_imagery", "self", ("US",), Clock.HOURS_48, id="intimate imagery"),
    pytest.param("intimate_imagery", "court", ("DE", "IN"), Clock.HOURS_2, id="intimate imagery in India"),
    pytest.param("impersonation", "self", ("IN-KA",), Clock.HOURS_2, id="in a part of India"),
    pytest.param("impersonation", "self", ("INT",), Clock.HOURS_48, id="another place that begins so"),
]


@pytest.mark.parametrize(("kind", "role", "places", "clock"), CLOCKS)
def test_the_clock_of_a_case(kind: str, role: str, places: tuple[str, ...], clock: Clock) -> None:
    assert clock_of(kind, role, places) is clock


ENDS = [
    pytest.param(Clock.HOURS_2, datetime(2026, 3, 1, 23, tzinfo=UTC), datetime(2026, 3, 2, 1, tzinfo=UTC), id="two hours"),
    pytest.param(Clock.MONTH_1, datetime(2026, 3, 15, tzinfo=UTC), datetime(2026, 4, 15, tzinfo=UTC), id="the same day"),
    pytest.param(Clock.MONTH_1, datetime(2027, 1, 31, 9, tzinfo=UTC), datetime(2027, 2, 28, 9, tzinfo=UTC), id="no such day"),
    pytest.param(Clock.MONTH_1, datetime(2026, 12, 31, tzinfo=UTC), datetime(2027, 1, 31, tzinfo=UTC), id="over the year's end"),
]


@pytest.mark.parametrize(("clock", "since", "end"), ENDS)
def test_when_the_time_is_over(clock: Clock, since: datetime, end: datetime) -> None:
    assert due(clock, since) == end


HOUR = timedelta(hours=1)
URGENCY = [
    pytest.param(NOON + 36 * HOUR - timedelta(seconds=1), Escalation.NONE, id="more than a quarter left"),
    pytest.param(NOON + 36 * HOUR, Escalation.DUE_SOON, id="a quarter left"),
    pytest.param(NOON + 48 * HOUR, Escalation.OVERDUE, id="over"),
]


@pytest.mark.parametrize(("now", "urgency"), URGENCY)
def test_how_urgent_a_case_is(registry: Registry, by: By, clock: Hand, now: datetime, urgency: Escalation) -> None:
    made = registry.create_case(CaseData("abuse_report"), by)
    clock.now = now
    shown = registry.get_case(made.id)
    assert (shown.escalation, shown.clock, shown.due_at) == (urgency, Clock.HOURS_48, NOON + 48 * HOUR)
    assert [case.id for case in registry.list_cases(overdue=True).items] == ([made.id] if urgency is Escalation.OVERDUE else [])


def test_a_closed_case_is_not_urgent() -> None:
    assert escalation(NOON, None, NOON + 900 * HOUR) is Escalation.NONE


def test_the_clock_starts_anew_with_an_open_step_and_keeps_its_length(registry: Registry, by: By, clock: Hand) -> None:
    made = registry.create_case(CaseData("access", requester=Requester("self"), jurisdictions=("DE",)), by)
    clock.advance(days=20)
    moved = registry.transition_case(made.id, "verifying", "", by)
    assert (moved.due_at, moved.escalation) == (datetime(2026, 4, 21, 12, tzinfo=UTC), Escalation.NONE)
