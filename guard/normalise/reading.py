"""A reading of a text, with the way back from each of its characters to the original."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np

from guard.normalise.fold import Positions
from guard.normalise.spans import changes, composed, parted, spliced

Span = tuple[int, int]
# Code points kept around what a reading changed, with the words that they end in: room for the rest of a name.
_AROUND = 48
# Characters of what is put together from pieces of a text, beside as many as it has.
_ROOM = 1024


def room(text: str) -> int:
    """Characters that a reading may have which is put together from pieces of `text`."""
    return _ROOM + len(text)


@dataclass(frozen=True, slots=True)
class Reading:
    """A reading of another text: character i was read from its code points `low[i]` to `high[i]` (exclusive).

    What parts stretches that do not follow each other was read from nothing: there they are the same.
    """

    text: str
    low: Positions
    high: Positions

    @classmethod
    def of(cls, text: str) -> Self:
        """The text as it is."""
        edges = np.arange(len(text) + 1)
        return cls(text, edges[:-1], edges[1:])

    def span(self, start: int, end: int) -> Span:
        """The code points behind `text[start:end]`."""
        return int(self.low[start:end].min()), int(self.high[start:end].max())

    def parted(self, start: int, end: int) -> bool:
        """Whether something between `start` and `end` was read from nothing."""
        return bool((self.low[start:end] == self.high[start:end]).any())

    def on(self, base: "Reading") -> "Reading":
        """This reading of the text of `base` as one of what that was read from."""
        return Reading(self.text, *composed(self.low, self.high, base.low, base.high))

    def beside(self, other: "Reading") -> "Reading":
        """This reading and another one in the next line."""
        if not self.text or not other.text:
            return self if self.text else other
        low, high = (np.concatenate([mine, [0], more]) for mine, more in ((self.low, other.low), (self.high, other.high)))
        return Reading(f"{self.text}\n{other.text}", low, high)

    def parts(self, ranges: list[Span]) -> "Reading":
        """Some stretches of it, each in a line."""
        return Reading(*parted(self.text, self.low, self.high, ranges))

    def replaced(self, pattern: re.Pattern[str], read: Callable[[re.Match[str]], str | None], each: bool = False) -> "Reading | None":
        """This reading with every match that `read` can read replaced by what it gives; None when there was none.

        `each`: what is as long as its match comes from it letter by letter, otherwise all of it from the whole match.
        """
        out: list[str] = []
        cuts: list[int] = []
        done = 0
        for match in pattern.finditer(self.text):
            reading = read(match)
            if reading is not None:
                begin, end = match.span()
                out += self.text[done:begin], reading
                cuts += begin, end, len(reading)
                done = end
        if not cuts:
            return None
        low, high = spliced(self.low, self.high, np.array(cuts, dtype=np.int64).reshape(-1, 3), each)
        return Reading("".join([*out, self.text[done:]]), low, high)


@dataclass(frozen=True, slots=True)
class View(Reading):
    """A reading that is searched, by name."""

    name: str


def change(base: Reading, found: Reading) -> tuple[Reading, list[Span]]:
    """What `found`, a reading of the text of `base`, changed, with some of the text around; and the stretches of `base` that it changed."""
    shown, lost = changes(base.text, found.text, found.low, found.high, _AROUND)
    return found.on(base).parts(shown), lost
