"""Whether a provider answers at all, learned from the requests themselves: nobody waits for one that has not for a while."""

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Circuit:
    """Open after `failures` exchanges in a row came to nothing; then one request in `rest_s` seconds tries again.

    Args:
        failures: how many in a row; 0 means never.
        rest_s: seconds between two tries while it is open.
        clock: monotonic seconds.
    """

    failures: int
    rest_s: float
    clock: Callable[[], float]
    in_a_row: int = 0
    _next_try: float = field(default=float("-inf"))

    @property
    def is_open(self) -> bool:
        """Whether the provider counts as down."""
        return 0 < self.failures <= self.in_a_row

    def wait_s(self) -> float:
        """Seconds until somebody may ask, 0 for now; whoever asks while it is open is the only one for `rest_s`."""
        if not self.is_open:
            return 0.0
        left_s = self._next_try - self.clock()
        if left_s <= 0:
            self._next_try = self.clock() + self.rest_s
        return max(0.0, left_s)

    def answered(self) -> None:
        """There was an answer, whatever it said."""
        self.in_a_row = 0

    def failed(self) -> None:
        """There was none: no connection, or none in time."""
        self.in_a_row += 1
        if self.in_a_row == self.failures:
            self._next_try = self.clock() + self.rest_s
