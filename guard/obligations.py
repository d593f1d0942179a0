"""What a decision asks of the answer and of the request that goes upstream. Pure: text in, text out.

Obligations come from a policy's rules and from the terms of a person's grant (docs/reference/policies.md, Obligations).
"""

import re
from collections.abc import Iterable, Mapping

_OURS = frozenset({"strip", "force", "notify", "human_review"})
"""What the guard does itself; the caller has no part in it."""

_TOKEN = re.compile(r"[a-z*][a-z0-9_.*/-]{0,63}")
_ESCAPED = re.compile(r'["\\]')
_LONGEST_TEXT = 1_000

Changes = Mapping[str, str | None]
"""Top-level fields of a request to write anew: their value as text, None to leave one out."""


def changes(obligations: Iterable[str]) -> dict[str, str | None]:
    """What `strip:FIELD` and `force:FIELD=VALUE` ask for; where both name a field, it is forced."""
    wanted: dict[str, str | None] = {}
    for obligation in sorted(obligations, reverse=True):  # `strip` before `force`
        kind, _, rest = obligation.partition(":")
        if kind == "strip":
            wanted[rest] = None
        elif kind == "force":
            field, _, value = rest.partition("=")
            wanted[field] = value
    return wanted


def headers(obligations: Iterable[str]) -> list[tuple[bytes, bytes]]:
    """`x-guard-obligations` for whoever uses the answer: a list (RFC 9651), such as `disclosure;text="Made with AI", label`.

    No header where nothing is asked of the caller. Text beyond ASCII is a display string (RFC 9651, section 3.3.8).
    """
    items = [_item(*obligation.partition(":")) for obligation in sorted(set(obligations)) if obligation.partition(":")[0] not in _OURS]
    return [(b"x-guard-obligations", ", ".join(items).encode())] if items else []


def _item(kind: str, _: str, text: str) -> str:
    if not _TOKEN.fullmatch(kind):
        kind, text = "terms", f"{kind}:{text}" if text else kind
    return f"{kind};text={_string(text[:_LONGEST_TEXT])}" if text else kind


def _string(text: str) -> str:
    if text.isascii() and text.isprintable():
        return '"' + _ESCAPED.sub(lambda found: "\\" + found[0], text) + '"'
    return '%"' + "".join(chr(b) if 0x20 <= b < 0x7F and b not in b'%"' else f"%{b:02x}" for b in text.encode()) + '"'
