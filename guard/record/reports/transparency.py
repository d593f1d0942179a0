"""The transparency report: how often the guard decided what, for publishing. Pure.

Small counts are suppressed, or a person could be picked out of them: a cell (month, rule, scope, outcome) under `SMALLEST` is not
given, and every sum is made of the cells that are, so that no subtraction brings a suppressed one back.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from guard.record.reports import charts, page
from guard.record.reports.events import ReportEvent
from guard.record.reports.evidence import OUTCOMES, SCHEMA_VERSION, Frame

SMALLEST = 5
_OVERTURNED = ("approve", "false_positive")
Cells = dict[tuple[str, ...], int]


@dataclass(frozen=True, slots=True)
class Verdict:
    """One hold that a person closed: when (RFC 3339), and how (`match`, `false_positive`, `approve`)."""

    at: str
    verdict: str


def build(frame: Frame, events: Iterable[ReportEvent], verdicts: Sequence[Verdict], scopes: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """The machine form. `events` are decisions; `scopes` says what each directive is about, by its id."""
    decided: Cells = {}
    shadow = 0
    for event in events:
        if event.leaf["mode"] != "enforce":
            shadow += 1
            continue
        key = (event.leaf["time"][:7], event.labels.rule or "unknown", _scope(event, scopes), str(event.leaf["outcome"]))
        decided[key] = decided.get(key, 0) + 1
    closed: Cells = {}
    for one in verdicts:
        judged = (one.at[:7], "overturned" if one.verdict in _OVERTURNED else "upheld")
        closed[judged] = closed.get(judged, 0) + 1
    shown, hidden = _suppress(decided)
    held, held_hidden = _suppress(closed)
    return {
        "type": "transparency",
        "schema_version": SCHEMA_VERSION,
        "made_at": frame.made_at,
        "range": {"from": frame.begins, "to": frame.ends},
        "checkpoint": frame.checkpoint,
        "smallest_count": SMALLEST,
        "decisions": [dict(zip(("month", "rule", "scope", "outcome"), key, strict=True), count=count) for key, count in shown.items()],
        "suppressed_cells": hidden,
        "holds_closed": [dict(zip(("month", "verdict"), key, strict=True), count=count) for key, count in held.items()],
        "suppressed_hold_cells": held_hidden,
        "not_enforced": shadow if shadow >= SMALLEST else None,
    }


def html(report: Mapping[str, Any]) -> str:
    """The page for the public."""
    cells = report["decisions"]
    not_allowed = [cell for cell in cells if cell["outcome"] != "allow"]
    months = _sums(cells, lambda cell: cell["month"])
    held = _sums(report["holds_closed"], lambda cell: cell["month"], "verdict")
    return page.page(
        "Transparency report",
        f"{report['range']['from'] or 'The beginning'} to {report['range']['to'] or 'now'}; made {report['made_at']}.",
        [
            page.section(
                "Decisions by month",
                page.paragraph(
                    "A decision is made about a request, and another about the picture it made. "
                    f"Counts under {report['smallest_count']} are left out, and sums are of the counts shown: "
                    f"{report['suppressed_cells']} combinations of month, rule, scope and outcome are missing."
                ),
                charts.by_month("Decisions by month and outcome", months, OUTCOMES),
                page.table(["month", *OUTCOMES], [[month, *(row.get(o, 0) for o in OUTCOMES)] for month, row in months.items()]),
            ),
            page.section("Refused or held, by rule", charts.bars("Refused or held, by rule", _totals(not_allowed, "rule"))),
            page.section(
                "Refused or held, by scope", charts.bars("Refused or held, by scope of what people asked", _totals(not_allowed, "scope"))
            ),
            page.section(
                "Holds that a person closed",
                charts.by_month("Holds closed by month", held, ("upheld", "overturned")),
                page.table(["month", "verdict", "count"], [[c["month"], c["verdict"], c["count"]] for c in report["holds_closed"]]),
            ),
            page.section(
                "All counts",
                page.table(
                    ["month", "rule", "scope", "outcome", "count"],
                    [[c[k] for k in ("month", "rule", "scope", "outcome", "count")] for c in cells],
                ),
            ),
        ],
    )


def _scope(event: ReportEvent, scopes: Mapping[str, Sequence[str]]) -> str:
    """What the directives behind a decision are about, as one word, so that each decision is counted once."""
    if event.leaf["outcome"] == "allow":
        return "none"
    if event.salted is None:
        return "erased"
    named = sorted({scope for directive in event.body.get("directives") or [] for scope in scopes.get(directive, ("unknown",))})
    return "+".join(named) or "none"


def _suppress(cells: Cells) -> tuple[Cells, int]:
    shown = {key: count for key, count in sorted(cells.items()) if count >= SMALLEST}
    return shown, len(cells) - len(shown)


def _sums(cells: Sequence[Mapping[str, Any]], by: Callable[[Mapping[str, Any]], str], name: str = "outcome") -> dict[str, dict[str, int]]:
    sums: dict[str, dict[str, int]] = {}
    for cell in cells:
        row = sums.setdefault(by(cell), {})
        row[cell[name]] = row.get(cell[name], 0) + cell["count"]
    return sums


def _totals(cells: Sequence[Mapping[str, Any]], name: str) -> dict[str, int]:
    totals: dict[str, int] = {}
    for cell in cells:
        totals[cell[name]] = totals.get(cell[name], 0) + cell["count"]
    return dict(sorted(totals.items(), key=lambda pair: (-pair[1], pair[0])))
