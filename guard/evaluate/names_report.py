"""One HTML page of an evaluation, plots inline, nothing loaded from anywhere."""

from html import escape

from guard.evaluate.names_rates import Rate, Report

_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;color:#1c2126;background:#fff}
h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2rem}table{border-collapse:collapse;width:100%}td,th{padding:.25rem .5rem;text-align:right;border-bottom:1px solid #e3e6e8}
td:first-child,th:first-child{text-align:left}.short{color:#a4262c;font-weight:600}.met{color:#1b6e3c}svg{width:100%;height:auto}code{white-space:pre-wrap;overflow-wrap:anywhere}
"""
_ROW, _LEFT, _WIDTH = 22, 230, 860


def _plot(rates: list[Rate]) -> str:
    """Shares with their intervals and targets as one SVG picture."""
    scale = _WIDTH - _LEFT - 60
    parts = [f'<svg viewBox="0 0 {_WIDTH} {len(rates) * _ROW + 24}" role="img" aria-label="share found by class">']
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        x = _LEFT + tick * scale
        parts.append(f'<line x1="{x:.1f}" y1="0" x2="{x:.1f}" y2="{len(rates) * _ROW}" stroke="#e3e6e8"/>')
        parts.append(f'<text x="{x:.1f}" y="{len(rates) * _ROW + 16}" font-size="11" text-anchor="middle" fill="#555">{tick:.0%}</text>')
    for row, rate in enumerate(rates):
        y = row * _ROW + _ROW / 2
        low, high = rate.interval
        colour = "#1b6e3c" if rate.met else "#a4262c"
        parts.append(f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" font-size="12" text-anchor="end" fill="#1c2126">{escape(rate.name)}</text>')
        parts.append(
            f'<line x1="{_LEFT + low * scale:.1f}" x2="{_LEFT + high * scale:.1f}" y1="{y}" y2="{y}" stroke="{colour}" stroke-width="3"/>'
        )
        parts.append(f'<circle cx="{_LEFT + rate.value * scale:.1f}" cy="{y}" r="4.5" fill="{colour}"/>')
        if rate.target:
            x = _LEFT + rate.target * scale
            parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{y - 8}" y2="{y + 8}" stroke="#1c2126" stroke-dasharray="3 2"/>')
        parts.append(f'<text x="{_WIDTH - 50}" y="{y + 4:.1f}" font-size="12" fill="#1c2126">{rate.value:.1%}</text>')
    return "".join([*parts, "</svg>"])


def _table(rates: list[Rate]) -> str:
    rows = []
    for rate in rates:
        low, high = rate.interval
        target = f"{'&le;' if rate.at_most else '&ge;'} {rate.target:.1%}" if rate.target else ""
        state = "" if not rate.target else '<span class="met">met</span>' if rate.met else '<span class="short">short</span>'
        rows.append(
            f"<tr><td>{escape(rate.name)}</td><td>{rate.value:.2%}</td><td>{low:.1%} to {high:.1%}</td><td>{rate.trials}</td><td>{target}</td><td>{state}</td></tr>"
        )
    return (
        "<table><tr><th>class</th><th>share</th><th>95 % interval</th><th>n</th><th>target</th><th></th></tr>" + "".join(rows) + "</table>"
    )


def _list(title: str, lines: list[str]) -> str:
    if not lines:
        return ""
    return (
        f"<details><summary>{escape(title)}</summary><ul>"
        + "".join(f"<li><code>{escape(line)}</code></li>" for line in lines)
        + "</ul></details>"
    )


def page(report: Report) -> str:
    """The whole report as one HTML document."""
    groups: dict[str, list[Rate]] = {}
    for rate in report.rates:
        groups.setdefault(rate.group, []).append(rate)
    body = [
        f"<h1>Names: what is found and what is refused by mistake</h1><p>{report.registered:,} people registered, {report.aliases:,} aliases.</p>"
    ]
    for group, rates in groups.items():
        body.append(f"<h2>{escape(group.capitalize())}</h2>{_plot(rates) if not rates[0].at_most else ''}{_table(rates)}")
        body.extend(_list(f"Examples missed: {rate.name}", list(rate.misses)) for rate in rates)
    refused = [f"{item['alias']} ({item['view']}): ... {item['around']} ..." for item in report.refused_prompts[:200]]
    body.append(_list("Prompts refused by mistake", refused))
    latency = "".join(f"<tr><td>{escape(name)}</td><td>{value} ms</td></tr>" for name, value in report.latency_ms.items())
    body.append(f"<h2>Speed and size</h2><table>{latency}<tr><td>build</td><td>{report.build_s} s</td></tr>")
    body.append(
        f"<tr><td>memory an alias</td><td>{report.bytes_per_alias} bytes</td></tr><tr><td>peak of this run</td><td>{report.peak_mb} MB</td></tr></table>"
    )
    return f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Names: evaluation</title><style>{_STYLE}</style><body>{"".join(body)}</body></html>'
