"""What is counted, what is suppressed, and that nothing suppressed can be had back by subtracting."""

from typing import Any

import orjson
import pytest

from guard.record.event import Labels
from guard.record.reports import transparency
from guard.record.reports.events import ReportEvent
from guard.record.reports.evidence import Frame
from guard.record.reports.transparency import Verdict
from guard.record.rows import Content

FRAME = Frame("2026-12-01T00:00:00.000000Z")
SCOPES = {"dir_1": ("all",), "dir_2": ("advertising",), "dir_3": ("nudity", "advertising")}


def decided(
    outcome: str, *, month: str = "2026-11", rule: str | None = "opted-out", directives: tuple[str, ...] = (), mode: str = "enforce"
) -> ReportEvent:
    leaf = {"time": f"{month}-03T12:00:00.000000Z", "outcome": outcome, "mode": mode, "kind": "decision"}
    body = None if outcome == "allow" else bytes(16) + orjson.dumps({"directives": list(directives)})
    return ReportEvent(leaf, Labels("decision", "acme", (), outcome, "input", rule), Content.KEPT, body)


def cell(month: str, rule: str, scope: str, outcome: str, count: int) -> dict[str, Any]:
    return {"month": month, "rule": rule, "scope": scope, "outcome": outcome, "count": count}


def test_counts_by_month_rule_scope_and_outcome() -> None:
    events = [
        *[decided("allow", rule="no-rule-fired")] * 7,
        *[decided("refuse", directives=("dir_1",))] * 5,
        *[decided("refuse", directives=("dir_2", "dir_3"))] * 6,
        *[decided("refuse", month="2026-12", directives=("dir_9",))] * 5,
        *[decided("hold", rule=None)] * 4,
        *[decided("refuse", mode="shadow")] * 8,
    ]
    verdicts = [Verdict("2026-11-05", "approve")] * 3 + [Verdict("2026-11-06", "false_positive")] * 2 + [Verdict("2026-11-07", "match")] * 4
    assert transparency.build(FRAME, events, verdicts, SCOPES) == {
        "type": "transparency",
        "schema_version": 1,
        "made_at": "2026-12-01T00:00:00.000000Z",
        "range": {"from": None, "to": None},
        "checkpoint": None,
        "smallest_count": 5,
        "decisions": [
            cell("2026-11", "no-rule-fired", "none", "allow", 7),
            cell("2026-11", "opted-out", "advertising+nudity", "refuse", 6),
            cell("2026-11", "opted-out", "all", "refuse", 5),
            cell("2026-12", "opted-out", "unknown", "refuse", 5),
        ],
        "suppressed_cells": 1,
        "holds_closed": [{"month": "2026-11", "verdict": "overturned", "count": 5}],
        "suppressed_hold_cells": 1,
        "not_enforced": 8,
    }


@pytest.mark.parametrize("few", range(1, 5))
def test_a_small_count_is_in_no_number_of_the_page(few: int) -> None:
    events = [decided("allow", rule="no-rule-fired")] * 20 + [decided("refuse", rule="rare")] * few
    report = transparency.build(FRAME, events, [], SCOPES)
    page = transparency.html(report)
    assert (len(report["decisions"]), report["suppressed_cells"]) == (1, 1)
    assert "rare" not in page
    assert str(20 + few) not in page.split("</style>")[1].split("All counts")[1]


def test_an_empty_period_is_an_honest_page() -> None:
    page = transparency.html(transparency.build(FRAME, [], [], {}))
    assert page.startswith("<!doctype html>")
    assert page.count("None.") == 3
