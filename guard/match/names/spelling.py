"""How likely words of names are written like stretches of a text, many of each at once: `Writing.cost` for arrays."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from string import ascii_lowercase

import numpy as np
import numpy.typing as npt

from guard.match.names.bones import Units, unit_rows
from guard.match.names.writing import LONGEST_PIECE, UNEXPLAINED, writings
from guard.normalise.hashing import Indices

Floats = npt.NDArray[np.float32]
# Pairs of a stretch and a word that are compared in one go (bounds memory).
_AT_ONCE = 4096
# Those that take too much already are put aside when less than this share is left.
_WORTHWHILE = 0.8
# Columns of the table of costs: no letters, and letters that no row has.
_NOTHING, _UNKNOWN = 0, 1
_BASE = 27


@dataclass(frozen=True, slots=True)
class _Costs:
    """Nats: `written` of Latin letters (columns) as a row of the tables, `silent` (scripts, columns) of leaving them out.

    `column` gives the column of one to three letters, each 1 to 26, as digits of a number to the base 27.
    """

    written: Floats
    silent: Floats
    column: npt.NDArray[np.int32]


@cache
def _costs() -> _Costs:
    pieces: dict[str, int] = {"": _NOTHING, "?": _UNKNOWN}
    for letter in ascii_lowercase:
        pieces.setdefault(letter, len(pieces))
    for writing in writings().values():
        for costs in (writing.silent_costs, *writing.costs.values()):
            for piece in costs:
                pieces.setdefault(piece, len(pieces))
    rows = unit_rows()
    written = np.full((max(rows.values()) + 1, len(pieces)), np.inf, dtype=np.float32)
    silent = np.full((len(writings()), len(pieces)), np.inf, dtype=np.float32)
    silent[:, [pieces[letter] for letter in ascii_lowercase]] = UNEXPLAINED
    for script, writing in enumerate(writings().values()):
        for native, costs in writing.costs.items():
            if native in rows:
                written[rows[native], [pieces[piece] for piece in costs]] = list(costs.values())
        silent[script, [pieces[piece] for piece in writing.silent_costs]] = list(writing.silent_costs.values())
    column = np.full(_BASE**LONGEST_PIECE, _UNKNOWN, dtype=np.int32)
    for piece, number in pieces.items():
        if piece.isalpha() and piece.isascii() and len(piece) <= LONGEST_PIECE:
            column[_number(piece)] = number
    return _Costs(written, silent, column)


def _number(piece: str) -> int:
    out = 0
    for letter in piece:
        out = out * _BASE + ord(letter) - 96
    return out


def costs(units: Units, begin: Indices, end: Indices, names: npt.NDArray[np.uint8], most: npt.NDArray[np.float64]) -> Floats:
    """Nats that it takes to write each name as the letters `begin` to `end` of the text; as `Writing.cost` says.

    Args:
        units: the letters of the text, with the sounds of Han.
        begin, end: (n,).
        names: (n, width) the letters of each word of a name in Latin letters, 1 to 26, 0 behind the last.
        most: (n,) what takes more is inf.
    """
    out = np.full(len(begin), np.inf, dtype=np.float32)
    first = units.begin.take(begin)
    sizes = units.begin.take(end) - first
    lengths = (names > 0).sum(axis=1)
    some = (most >= 0.0).nonzero()[0]
    order = some[np.lexsort((lengths[some], -sizes[some]))]
    for at in range(0, len(order), _AT_ONCE):
        some = order[at : at + _AT_ONCE]
        for place, nats in _Batch.of(units, first[some], sizes[some], names[some], lengths[some], most[some]).run(units):
            out[some[place]] = nats
    out[out > most] = np.inf
    return out


def _columns(names: npt.NDArray[np.uint8], width: int) -> list[npt.NDArray[np.int32]]:
    """The columns of the one, two and three letters that begin at each letter of the names, (width, names) each."""
    column = _costs().column
    digits = np.zeros((width + LONGEST_PIECE, len(names)), dtype=np.int32)
    digits[: min(width, names.shape[1])] = names.T[:width]
    number = digits[:width]
    out = [np.where(number > 0, column.take(number), _UNKNOWN)]
    for more in range(1, LONGEST_PIECE):
        following = digits[more : more + width]
        number = np.where((following > 0) & (number > 0), number * _BASE + following, 0)
        out.append(np.where(number > 0, column.take(number), _UNKNOWN))
    return out


@dataclass(slots=True)
class _Batch:
    """Stretches and words that are compared unit by unit, those of most units first, (n,) or (letters, n) each.

    `rows` are the nats after so many letters of the name, for this unit and the next two; `place` is the number in the batch.
    """

    place: Indices
    first: Indices
    sizes: Indices
    lengths: Indices
    most: npt.NDArray[np.float64]
    columns: list[npt.NDArray[np.int32]]
    silent: list[Floats]
    rows: list[Floats]

    @staticmethod
    def of(
        units: Units, first: Indices, sizes: Indices, names: npt.NDArray[np.uint8], lengths: Indices, most: npt.NDArray[np.float64]
    ) -> "_Batch":
        width = int(lengths.max(initial=0)) + 1
        columns = _columns(names, width)
        table = _costs().silent
        script = units.scripts(first) * table.shape[1]
        rows = [np.full((width, len(names)), np.inf, dtype=np.float32) for _ in range(LONGEST_PIECE + 1)]
        rows[0][0] = 0.0
        silent = [table.take(script + column) for column in columns]
        return _Batch(np.arange(len(names)), first, sizes, lengths, most, columns, silent, rows)

    def keep(self, some: Indices | slice) -> None:
        """Go on with some of them only."""
        self.place, self.first, self.sizes, self.lengths = (column[some] for column in (self.place, self.first, self.sizes, self.lengths))
        self.most = self.most[some]
        self.columns = [column[:, some] for column in self.columns]
        self.silent = [column[:, some] for column in self.silent]
        self.rows = [row[:, some] for row in self.rows]

    def run(self, units: Units) -> Iterator[tuple[Indices, Floats]]:
        """(numbers in the batch, nats) of those whose stretch ends, one unit after the other."""
        at = 0
        while len(self.place):
            row = self.rows[0]
            for letter in range(len(row) - 1):
                for size, silent in enumerate(self.silent[: len(row) - 1 - letter], 1):
                    np.minimum(row[letter + size], row[letter] + silent[letter], out=row[letter + size])
            ending = (self.sizes == at).nonzero()[0]
            yield self.place[ending], row[self.lengths[ending], ending]
            self.keep(slice(int((-self.sizes).searchsorted(-at - 1, side="right"))))
            alive = (np.minimum.reduce([row.min(axis=0) for row in self.rows]) <= self.most).nonzero()[0]
            if len(alive) < _WORTHWHILE * len(self.place):
                self.keep(alive)
            self._step(units, at)
            at += 1

    def _step(self, units: Units, at: int) -> None:
        """From the nats at unit `at` to those at the next three."""
        written = _costs().written
        row, count = self.rows[0], len(self.place)
        for size, native in enumerate(units.rows(self.first + at, self.sizes - at), 1):
            some = native.nonzero()[0]
            if not len(some):
                continue
            all_of_them = len(some) == count
            after = self.rows[size] if all_of_them else self.rows[size][:, some]
            here = row if all_of_them else row[:, some]
            base = native.take(some) * written.shape[1]
            np.minimum(after, here + written.take(base + _NOTHING), out=after)
            for more, column in enumerate(self.columns[: len(row) - 1], 1):
                letters = column[:-more] if all_of_them else column[:-more, some]
                np.minimum(after[more:], here[:-more] + written.take(base + letters), out=after[more:])
            if not all_of_them:
                self.rows[size][:, some] = after
        np.minimum(self.rows[1], row + np.float32(UNEXPLAINED), out=self.rows[1])
        self.rows = [*self.rows[1:], np.full_like(row, np.inf)]
