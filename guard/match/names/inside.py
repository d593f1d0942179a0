"""Names inside longer words that no language has: `portraitofjanedoe`, `#janedoe2024`."""

from collections.abc import Iterator

from guard.match.names.disguise import is_initials
from guard.match.names.part import Found, Parts
from guard.match.names.rows import Row
from guard.match.names.scan import Scan
from guard.match.names.words import COMMON_LEVEL
from guard.types import Strength

# Letters of a name beside ordinary words or digits, beside anything else, and at most.
_SHORTEST, _SHORTEST_AMONG_NOISE, _LONGEST = 8, 11, 24
# Ordinary words shorter than these say nothing about how a word is put together: common ones, others, others by themselves; and where they hide a name.
_COMMON_PIECE, _PIECE, _ONLY_PIECE, _LONG_PIECE = 2, 3, 4, 4


def pieces(scan: Scan, start: int, end: int) -> bool:
    """Whether the letters `start` to `end` are digits, or ordinary words written together."""
    text = scan.folded.word(start, end)
    if not text or text.isdigit():
        return True
    reached, least = {0}, _PIECE if len(text) > _PIECE else _ONLY_PIECE
    for stop in range(1, len(text) + 1):
        froms = (at for at in reached if stop - at >= _COMMON_PIECE or text[at:stop].isdigit() or text[at:stop] == "a")
        if (text[stop - 1].isdigit() and stop - 1 in reached) or any(_piece(scan, start + at, start + stop, least) for at in froms):
            reached.add(stop)
    return len(text) in reached


def _piece(scan: Scan, start: int, end: int, least: int) -> bool:
    return scan.level(start, end) >= (COMMON_LEVEL if end - start < least else 1)


def _across(scan: Scan, start: int, end: int, edge: int) -> bool:
    """Whether the letters are long ordinary words written together, none of which ends at `edge`: Kathedra-len-halle is no Len Halle."""
    reached = [start]
    for stop in range(start + _LONG_PIECE, end + 1):
        if stop != edge and any(scan.level(at, stop) for at in reached if stop - at >= _LONG_PIECE):
            reached.append(stop)
    return edge not in (start, end) and end in reached


def _check(scan: Scan, row: Row, start: int, end: int) -> Found | None:
    words = row.words
    if row.strength is not Strength.STRONG or len(words) < 2 or is_initials(words) or scan.folded.word(start, end) != "".join(words):
        return None
    number = int(scan.starts.searchsorted(start, side="right")) - 1
    begin, stop = int(scan.starts[number]), int(scan.ends[number])
    if end > stop or (start, end) == (begin, stop):
        return None
    if end - start < _SHORTEST_AMONG_NOISE and not (pieces(scan, begin, start) and pieces(scan, end, stop)):
        return None
    if _across(scan, begin, stop, start) or _across(scan, begin, stop, end):
        return None
    return Found(row, start, end, "inside a word", 0.93, plain=False)


def find(scan: Scan, parts: Parts) -> Iterator[Found]:
    """Every name in a long odd word that is not the whole of it."""
    yield from parts.confirmed(scan, scan.inside(parts.exact, parts.heads, _SHORTEST, _LONGEST), _check)
