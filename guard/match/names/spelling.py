"""How likely words of names are written like stretches of a text, as tables for guard/match/names/heard.pyx: `Writing.cost` for all scripts."""

from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from itertools import product
from math import inf
from string import ascii_lowercase

import numpy as np
import numpy.typing as npt

from guard.match.names.bones import tables
from guard.match.names.writing import LONGEST_PIECE, UNEXPLAINED, writings

Floats = npt.NDArray[np.float32]
# Columns of the table of costs: no letters, and letters that no row has.
NOTHING, _UNKNOWN = 0, 1
# Letters are digits of a number to this base, a is 1.
BASE = 27


@dataclass(frozen=True, slots=True)
class Prices:
    """Nats: `written` of Latin letters (columns) as a row of `bones.Tables`, `silent` (scripts, columns) of leaving them out.

    `column` gives the column of one to three letters, each 1 to 26, as digits of a number to the base 27.
    A unit takes no less than the first of its `least` (units, choices), which rise, of which the name has all `letters` (a is bit 1).
    """

    written: Floats
    silent: Floats
    column: npt.NDArray[np.int32]
    least: Floats
    letters: npt.NDArray[np.uint32]


@cache
def prices() -> Prices:
    """Made at the first call: some thousandths of a second."""
    pieces: dict[str, int] = {"": NOTHING, "?": _UNKNOWN}
    for letter in ascii_lowercase:
        pieces.setdefault(letter, len(pieces))
    for writing in writings().values():
        for costs in (writing.silent_costs, *writing.costs.values()):
            for piece in costs:
                pieces.setdefault(piece, len(pieces))
    rows = tables().rows
    written = np.full((max(rows.values()) + 1, len(pieces)), np.inf, dtype=np.float32)
    silent = np.full((len(writings()), len(pieces)), np.inf, dtype=np.float32)
    silent[:, [pieces[letter] for letter in ascii_lowercase]] = UNEXPLAINED
    for script, writing in enumerate(writings().values()):
        for native, costs in writing.costs.items():
            if native in rows:
                written[rows[native], [pieces[piece] for piece in costs]] = list(costs.values())
        silent[script, [pieces[piece] for piece in writing.silent_costs]] = list(writing.silent_costs.values())
    column = np.full(BASE**LONGEST_PIECE, _UNKNOWN, dtype=np.int32)
    for piece, number in pieces.items():
        if piece.isalpha() and piece.isascii() and len(piece) <= LONGEST_PIECE:
            column[_number(piece)] = number
    return Prices(written, silent, column, *_bounds())


def _bounds() -> tuple[Floats, npt.NDArray[np.uint32]]:
    """`Prices.least` and `Prices.letters`: of each unit the cheapest row that it may be part of, an equal share of it."""
    units = tables().rows
    shares: dict[str, dict[int, float]] = defaultdict(lambda: {0: UNEXPLAINED})
    for writing in writings().values():
        for native, costs in writing.costs.items():
            for letter, (piece, nats) in product(set(native), costs.items()):
                needed = sum(1 << ord(one) - 96 for one in set(piece))
                shares[letter][needed] = min(shares[letter].get(needed, inf), nats / len(native))
    rising = {letter: sorted((nats, needed) for needed, nats in some.items() if nats <= some[0]) for letter, some in shares.items()}
    least = np.full((len(tables().most), max(map(len, rising.values()))), UNEXPLAINED, dtype=np.float32)
    letters = np.zeros(least.shape, dtype=np.uint32)
    for letter, choices in rising.items():
        if letter in units:
            least[units[letter], : len(choices)], letters[units[letter], : len(choices)] = zip(*choices, strict=True)
    return least, letters


def _number(piece: str) -> int:
    out = 0
    for letter in piece:
        out = out * BASE + ord(letter) - 96
    return out
