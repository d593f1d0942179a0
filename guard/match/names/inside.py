"""Names inside longer words that no language has: `portraitofjanedoe`, `#janedoe2024`."""

import numpy as np

from guard.match.names.disguise import is_initials
from guard.match.names.part import Found, Questions, RunStarts
from guard.match.names.rows import Row
from guard.match.names.scan import LONGEST_WORD, Scan
from guard.normalise.letters import fold_text
from guard.types import Strength

# Letters of a name beside ordinary words or digits, beside anything else, and at most; letters of a word that is looked into.
_SHORTEST, _SHORTEST_AMONG_NOISE, _LONGEST = 8, 11, 24

_SIZES = np.arange(_SHORTEST, _LONGEST + 1)
# Ordinary words shorter than this say nothing about how a word is put together.
_PIECE, _LONG_PIECE = 2, 4


def pieces(scan: Scan, start: int, end: int) -> bool:
    """Whether the letters `start` to `end` are digits, or ordinary words written together."""
    text = scan.folded.word(start, end)
    if not text or text.isdigit():
        return True
    sums = scan.sums
    reached = {0}
    for stop in range(1, len(text) + 1):
        froms = np.array([at for at in reached if stop - at >= _PIECE or text[at:stop].isdigit() or text[at:stop] == "a"], dtype=np.int64)
        if (text[stop - 1].isdigit() and stop - 1 in reached) or (
            len(froms) and scan.words.levels(sums.of(start + froms, np.full(len(froms), start + stop))).any()
        ):
            reached.add(stop)
    return len(text) in reached


def _across(scan: Scan, start: int, end: int, edge: int) -> bool:
    """Whether the letters are long ordinary words written together, none of which ends at `edge`: Kathedra-len-halle is no Len Halle."""
    reached = np.array([start])
    for stop in range(start + _LONG_PIECE, end + 1):
        froms = reached[stop - reached >= _LONG_PIECE]
        if stop != edge and len(froms) and scan.words.levels(scan.sums.of(froms, np.full(len(froms), stop))).any():
            reached = np.append(reached, stop)
    return edge not in (start, end) and end in reached


def _check(scan: Scan, row: Row, start: int, end: int) -> Found | None:
    words = fold_text(row.text).split()
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


def ask(scan: Scan, questions: Questions) -> None:
    """Put down every stretch of a long odd word that is not the whole of it."""
    long = scan.sizes > _SHORTEST
    if not np.count_nonzero(long):
        return
    words = (long & scan.odd & (scan.sizes <= LONGEST_WORD)).nonzero()[0]
    if not len(words):
        return
    starts, amount = scan.starts.take(words), scan.sizes.take(words) - (_SHORTEST - 1)
    begin = np.arange(int(amount.sum())) + (starts - amount.cumsum() + amount).repeat(amount)
    end = begin[:, None] + _SIZES
    keys = (scan.sums.up.take(end, mode="clip") - scan.sums.up.take(begin)[:, None]) * scan.sums.down.take(begin)[:, None]
    questions.put(keys.reshape(-1), RunStarts(begin, len(_SIZES)), end.reshape(-1), _check)
