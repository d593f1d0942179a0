"""A text with its other readings behind it, as one text: searching all at once costs little more than searching one."""

from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate

from guard.normalise.fold import Folded, fold
from guard.normalise.reading import View
from guard.normalise.views import views

# Code points of a reading, None for the original.
Piece = tuple[View | None, int, int]
# Parts words and sentences, and what leads to a name from the name.
_BETWEEN = "\n|\n"


@dataclass(frozen=True, slots=True)
class Sheet:
    """`text` is the original and each of `readings`, of which number i begins at `begins[i]`; the last of `begins` is behind the end."""

    text: str
    folded: Folded
    readings: tuple[View, ...]
    begins: tuple[int, ...]

    @classmethod
    def of(cls, original: str) -> "Sheet":
        """The original and the readings that it calls for."""
        folded = fold(original)
        readings = tuple(views(original, folded)) if len(folded.letters) > 1 else ()
        pieces = [original, *(view.text for view in readings)]
        text = _BETWEEN.join(pieces)
        begins = tuple(accumulate(len(piece) + len(_BETWEEN) for piece in pieces))
        return cls(text, fold(text) if readings else folded, readings, begins)

    @property
    def leet(self) -> int | None:
        """Where a reading of leet begins, which is the last one; None without."""
        return self.begins[-2] if self.readings and self.readings[-1].name == "leet" else None

    def piece(self, low: int, high: int) -> Piece | None:
        """The reading (None: the original) that holds these code points, and where it does; None when no one holds them all, or it only put them together."""
        number = bisect_right(self.begins, low)
        if high > self.begins[number] - len(_BETWEEN):
            return None
        if not number:
            return None, low, high
        begin, reading = self.begins[number - 1], self.readings[number - 1]
        return None if reading.parted(low - begin, high - begin) else (reading, low - begin, high - begin)
