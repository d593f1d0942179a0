"""How likely words of names are written like stretches of a text, as tables for guard/match/names/heard.pyx: `Writing.cost` for all scripts."""

from dataclasses import dataclass
from functools import cache
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
    A row takes no less than the first of its choices of which the name has all letters; they begin at `choices` (rows), are their `least`
    nats, which rise, and the `letters` that each needs (a is bit 1), none of the last one.
    """

    written: Floats
    silent: Floats
    column: npt.NDArray[np.int32]
    choices: npt.NDArray[np.int32]
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


def _bounds() -> tuple[npt.NDArray[np.int32], Floats, npt.NDArray[np.uint32]]:
    """`Prices.choices`, `Prices.least` and `Prices.letters`. Choice 0 is of the rows that nothing is written as."""
    rows = tables().rows
    choices, rising = np.zeros(max(rows.values()) + 1, dtype=np.int32), [(inf, 0)]
    for writing in writings().values():
        for native, costs in writing.costs.items():
            some = {0: UNEXPLAINED * len(native)}
            for piece, nats in costs.items():
                needed = sum(1 << ord(letter) - 96 for letter in set(piece))
                some[needed] = min(some.get(needed, inf), nats)
            if native in rows:
                choices[rows[native]] = len(rising)
                rising += sorted((nats, needed) for needed, nats in some.items() if nats < some[0] or not needed)
    least, letters = zip(*rising, strict=True)
    return choices, np.array(least, dtype=np.float32), np.array(letters, dtype=np.uint32)


def _number(piece: str) -> int:
    out = 0
    for letter in piece:
        out = out * BASE + ord(letter) - 96
    return out
