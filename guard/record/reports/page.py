"""A page that needs nothing but itself: no script, no font, no picture from elsewhere; it prints on A4. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape

_STYLE = """
:root{color-scheme:light;--ink:#1b1f24;--soft:#5b6570;--line:#d5dae0}
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);max-width:62rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.7rem;margin-bottom:.2rem}h2{font-size:1.2rem;margin-top:2rem;border-bottom:1px solid var(--line)}
p.under{color:var(--soft);margin-top:0}table{border-collapse:collapse;width:100%;font-size:.88rem;margin:.8rem 0}
th,td{text-align:left;vertical-align:top;padding:.25rem .5rem;border-bottom:1px solid var(--line);overflow-wrap:anywhere}
th{color:var(--soft);font-weight:600}td.number{text-align:right;font-variant-numeric:tabular-nums}
figure{margin:1rem 0}figcaption{color:var(--soft);font-size:.85rem}svg{max-width:100%;height:auto}
pre{white-space:pre-wrap;overflow-wrap:anywhere;font-size:.78rem;background:#f6f8fa;padding:.6rem}
@media print{body{margin:0;max-width:none;font-size:10pt}h2{break-after:avoid}tr,figure{break-inside:avoid}thead{display:table-header-group}}
@page{size:A4;margin:16mm}
"""


def page(title: str, under: str, sections: Iterable[str]) -> str:
    """The whole document; `title` and `under` are text, the sections are HTML."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="robots" content="noindex">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>"
        f'<h1>{escape(title)}</h1><p class="under">{escape(under)}</p>{"".join(sections)}</body></html>\n'
    )


def section(title: str, *parts: str) -> str:
    """A heading (text) and what is under it (HTML)."""
    return f"<section><h2>{escape(title)}</h2>{''.join(parts)}</section>"


def paragraph(text: str) -> str:
    """Text."""
    return f"<p>{escape(text)}</p>"


def preformatted(text: str) -> str:
    """Text with its line ends."""
    return f"<pre>{escape(text)}</pre>"


def table(columns: Sequence[str], rows: Sequence[Sequence[object]], none: str = "None.") -> str:
    """A table of texts and numbers; `none` is said instead of an empty one."""
    if not rows:
        return paragraph(none)
    head = "".join(f'<th scope="col">{escape(column)}</th>' for column in columns)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def facts(pairs: Mapping[str, object]) -> str:
    """Names and values, one a line; what is empty is left out."""
    rows = [(name, value) for name, value in pairs.items() if value not in (None, "", [], ())]
    body = "".join(f'<tr><th scope="row">{escape(name)}</th>{_cell(value)}</tr>' for name, value in rows)
    return f"<table><tbody>{body}</tbody></table>"


def _cell(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return f'<td class="number">{value:,}</td>'
    if isinstance(value, list | tuple):
        value = ", ".join(map(str, value))
    return f"<td>{escape('' if value is None else str(value))}</td>"
