"""The report on faces as one HTML page; plots are inline SVG, nothing is loaded from anywhere."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

from guard.evaluate.faces_measure import Band, Rate

_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:62rem;padding:0 1rem;color:#1c2126;background:#fff}
h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2rem}table{border-collapse:collapse;width:100%}
td,th{padding:.25rem .5rem;text-align:right;border-bottom:1px solid #e3e6e8}td:first-child,th:first-child{text-align:left}
.short{color:#a4262c;font-weight:600}.met{color:#1b6e3c}svg{width:100%;height:auto}small{color:#555}
"""
_WIDTH, _HEIGHT, _LEFT, _BOTTOM = 860, 380, 64, 44
_COLOURS = ("#9aa4ab", "#c77d0a", "#5b5fc7", "#1b6e3c", "#a4262c")

Line = tuple[str, Sequence[tuple[float, float]]]


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that was measured; see `page` for the words. `steps` and `det` are empty where the people are too few."""

    people: int
    photos: int
    unseen: int
    rates: Sequence[Rate]
    bands: Sequence[Band]
    searches: Sequence[Rate]
    steps: Sequence[Rate] = ()
    det: Sequence[Line] = ()
    changes: Sequence[Rate] = ()
    groups: Mapping[str, Sequence[Rate]] = field(default_factory=dict)
    photo_ms: float = 0.0
    notes: Sequence[str] = ()


def log_plot(lines: Sequence[Line], across: str, down: str) -> str:
    """Lines on two logarithmic axes, as SVG; points that are not positive are left out."""
    points = [(x, y) for _, line in lines for x, y in line if x > 0 and y > 0]
    if not points:
        return ""
    left, right = math.floor(math.log10(min(x for x, _ in points))), math.ceil(math.log10(max(x for x, _ in points)))
    low, high = math.floor(math.log10(min(y for _, y in points))), math.ceil(math.log10(max(y for _, y in points)))

    def place(x: float, y: float) -> tuple[float, float]:
        over = _LEFT + (math.log10(x) - left) / max(right - left, 1) * (_WIDTH - _LEFT - 20)
        return over, _HEIGHT - _BOTTOM - (math.log10(y) - low) / max(high - low, 1) * (_HEIGHT - _BOTTOM - 20)

    parts = [f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(down)} by {escape(across)}">']
    for decade in range(left, right + 1):
        x, _ = place(10.0**decade, 10.0**low)
        parts.append(f'<line x1="{x:.1f}" y1="20" x2="{x:.1f}" y2="{_HEIGHT - _BOTTOM}" stroke="#e3e6e8"/>')
        parts.append(f'<text x="{x:.1f}" y="{_HEIGHT - _BOTTOM + 16}" font-size="11" text-anchor="middle" fill="#555">1e{decade}</text>')
    for decade in range(low, high + 1):
        _, y = place(10.0**left, 10.0**decade)
        parts.append(f'<line x1="{_LEFT}" y1="{y:.1f}" x2="{_WIDTH - 20}" y2="{y:.1f}" stroke="#e3e6e8"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" font-size="11" text-anchor="end" fill="#555">{10.0**decade:g}</text>')
    for number, (name, line) in enumerate(lines):
        colour = _COLOURS[number % len(_COLOURS)]
        path = " ".join("{:.1f},{:.1f}".format(*place(x, y)) for x, y in line if x > 0 and y > 0)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts.append(
            f'<text x="{_WIDTH - 26}" y="{36 + 16 * number}" font-size="12" text-anchor="end" fill="{colour}">{escape(name)}</text>'
        )
    parts.append(f'<text x="{_WIDTH / 2}" y="{_HEIGHT - 8}" font-size="12" text-anchor="middle">{escape(across)}</text>')
    parts.append(f'<text x="{_LEFT}" y="13" font-size="12">{escape(down)}</text>')
    return "".join([*parts, "</svg>"])


def _rates(rates: "Sequence[Rate]") -> str:
    rows = []
    for rate in rates:
        state = "" if rate.met is None else '<span class="met">met</span>' if rate.met else '<span class="short">short</span>'
        target = "" if rate.target is None else f"&le; {rate.target:.1%}"
        rows.append(
            f"<tr><td>{escape(rate.name)} <small>{escape(rate.note)}</small></td><td>{rate.value:.2%}</td>"
            f"<td>{rate.low:.2%} to {rate.high:.2%}</td><td>{rate.trials:,}</td><td>{target}</td><td>{state}</td></tr>"
        )
    head = "<tr><th></th><th>share</th><th>95 % interval</th><th>n</th><th>target</th><th></th></tr>"
    return f"<table>{head}{''.join(rows)}</table>"


def _strangers(rate: Rate) -> str:
    if rate.note.startswith("extrapolated"):
        return f"{rate.value:.2%} <small>({rate.low:.2%} to {rate.high:.2%}), {escape(rate.note)}</small>"
    if not rate.value:
        return f"none seen <small>(at most {rate.high:.1%})</small>"
    return f"{rate.value:.2%} <small>({rate.low:.2%} to {rate.high:.2%})</small>"


def _bands(bands: "Sequence[Band]") -> str:
    rows = [
        f"<tr><td>{band.enrolled:,} <small>{band.extrapolated}</small></td>"
        f"<td>{band.hold.value:.1%} <small>({band.hold.low:.1%} to {band.hold.high:.1%})</small></td><td>{_strangers(band.strangers_held)}</td>"
        f"<td>{band.refuse.value:.1%} <small>({band.refuse.low:.1%} to {band.refuse.high:.1%})</small></td><td>{_strangers(band.strangers_refused)}</td></tr>"
        for band in bands
    ]
    head = "<tr><th>enrolled</th><th>missed (neither band)</th><th>strangers held or refused</th><th>not refused</th><th>strangers refused</th></tr>"
    return f"<table>{head}{''.join(rows)}</table>"


def page(report: Report) -> str:
    """The whole report as one HTML document."""
    by_size: list[Line] = [
        ("missed: neither held nor refused", [(band.enrolled, band.hold.value) for band in report.bands]),
        ("missed by the refuse band", [(band.enrolled, band.refuse.value) for band in report.bands]),
        ("strangers held or refused", [(band.enrolled, band.strangers_held.value) for band in report.bands]),
    ]
    parts = [
        "<h1>Faces: who is missed and who is taken for somebody else</h1>",
        f"<p>{report.people:,} people, {report.photos:,} photos with a face ({report.unseen} without); templates of three photos, "
        "looked for by one photo. Nobody is scored on a scale or curve that they helped to make. A dlib embedding separates people unevenly: "
        "read the rates of your own groups before you rely on the average.</p>",
        *(f"<p>{escape(note)}</p>" for note in report.notes),
        f"<h2>Against the targets</h2>{_rates(report.rates)}",
        f"<h2>Detection error trade-off (pairs)</h2>{log_plot(report.det, 'false match rate', 'false non-match rate')}",
        f"<h2>By gallery size, at the thresholds in use (strangers are reckoned from pairs)</h2>"
        f"{log_plot(by_size, 'people enrolled', 'share')}{_bands(report.bands)}",
        f"<h2>Strangers held or refused, counted search by search (interval: random galleries)</h2>{_rates(report.searches)}",
    ]
    if report.steps:
        parts.insert(-4, f"<h2>Missed at 1 % false positives among 1,000 enrolled, step by step</h2>{_rates(report.steps)}")
    if report.changes:
        parts.append(f"<h2>What a caller may do to a picture (1,000 enrolled, either band)</h2>{_rates(report.changes)}")
    for title, rates in report.groups.items():
        parts.append(f"<h2>{escape(title)}</h2>{_rates(rates)}")
    parts.append(
        f"<p>CPU for one of these photos: {report.photo_ms:.0f} ms. <code>guard evaluate face-costs</code> has the other costs.</p>"
    )
    return f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Faces: evaluation</title><style>{_STYLE}</style><body>{"".join(parts)}</body></html>'
