"""Charts as inline SVG, with their numbers as text for those who cannot see them. Pure."""

from collections.abc import Mapping, Sequence
from html import escape

# Told apart by people who see colours differently (Okabe and Ito, 2008), and by lightness in black and white print.
COLOURS = {"allow": "#56b4e9", "hold": "#e69f00", "refuse": "#b0442f"}
_OTHER = ("#0072b2", "#009e73", "#cc79a7", "#999999")
_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP = 720, 240, 48, 34, 24
_ROW = 22


def by_month(title: str, counts: Mapping[str, Mapping[str, int]], series: Sequence[str]) -> str:
    """Stacked columns: month -> name in `series` -> count, in the order of the months."""
    if not counts:
        return ""
    most = max(max(sum(row.values()) for row in counts.values()), 1)
    step = (_WIDTH - _LEFT) / len(counts)
    high = _HEIGHT - _BOTTOM - _TOP
    marks = [
        f'<line x1="{_LEFT}" x2="{_WIDTH}" y1="{_HEIGHT - _BOTTOM}" y2="{_HEIGHT - _BOTTOM}" stroke="#5b6570"/>',
        _text(_LEFT - 6, _TOP + 4, f"{most:,}", "end"),
        _text(_LEFT - 6, _HEIGHT - _BOTTOM, "0", "end"),
    ]
    every = -(-len(counts) // 12)
    for i, (month, row) in enumerate(counts.items()):
        foot = float(_HEIGHT - _BOTTOM)
        for j, name in enumerate(series):
            tall = high * row.get(name, 0) / most
            foot -= tall
            marks.append(
                _bar(_LEFT + i * step + step * 0.15, foot, step * 0.7, tall, colour(name, j), f"{month} {name}: {row.get(name, 0):,}")
            )
        if i % every == 0:
            marks.append(_text(_LEFT + i * step + step / 2, _HEIGHT - _BOTTOM + 16, month))
    return _figure(title, series, counts, _svg(_HEIGHT, title, marks + _legend(series)))


def bars(title: str, counts: Mapping[str, int]) -> str:
    """Horizontal bars, one a name, in the order given."""
    if not counts:
        return ""
    most, left = max(max(counts.values()), 1), 200
    marks = []
    for i, (name, count) in enumerate(counts.items()):
        shown = name if len(name) <= 30 else f"{name[:29]}…"
        width = (_WIDTH - left - 70) * count / most
        marks += [
            _text(left - 8, i * _ROW + 15, shown, "end"),
            _bar(left, i * _ROW + 3, width, _ROW - 7, colour(name, 0), f"{name}: {count:,}"),
            _text(left + width + 6, i * _ROW + 15, f"{count:,}", "start"),
        ]
    return f"<figure>{_svg(len(counts) * _ROW + 6, title, marks)}<figcaption>{escape(title)}</figcaption></figure>"


def colour(name: str, place: int) -> str:
    """An outcome's own colour, or one by its place."""
    return COLOURS.get(name, _OTHER[place % len(_OTHER)])


def _figure(title: str, series: Sequence[str], counts: Mapping[str, Mapping[str, int]], svg: str) -> str:
    said = "; ".join(f"{month}: " + ", ".join(f"{name} {row.get(name, 0):,}" for name in series) for month, row in counts.items())
    return f"<figure>{svg}<figcaption>{escape(title)}. {escape(said)}.</figcaption></figure>"


def _svg(height: float, title: str, marks: Sequence[str]) -> str:
    size = f'viewBox="0 0 {_WIDTH} {height:.0f}" width="{_WIDTH}" height="{height:.0f}"'
    return f'<svg role="img" aria-label="{escape(title)}" {size} font-family="system-ui,sans-serif" font-size="11">{"".join(marks)}</svg>'


def _legend(series: Sequence[str]) -> list[str]:
    marks: list[str] = []
    for i, name in enumerate(series):
        marks += [_bar(_LEFT + i * 110, 4, 10, 10, colour(name, i), name), _text(_LEFT + i * 110 + 15, 13, name, "start")]
    return marks


def _bar(x: float, y: float, width: float, height: float, fill: str, said: str) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{fill}"><title>{escape(said)}</title></rect>'


def _text(x: float, y: float, text: str, anchor: str = "middle") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="#1b1f24">{escape(text)}</text>'
