"""Restraint towards a service that somebody pays for: a budget of calls, and a breaker that leaves a failing one alone."""

import time
from collections.abc import Callable

from guard.errors import SignalUnavailableError

FAILURES = 5
"""Failures in a row that open the breaker."""

OPEN_S = 30.0


class Budget:
    """Calls a minute, replenished evenly; a whole minute's worth may be spent at once.

    Args:
        per_minute: 0 for any number.
        clock: seconds that never go back.
    """

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._left = float(per_minute)
        self._at = clock()

    def spend(self) -> None:
        """One call; raises `SignalUnavailableError` when there is none left."""
        if not self._per_minute:
            return
        now = self._clock()
        self._left = min(self._per_minute, self._left + (now - self._at) * self._per_minute / 60)
        self._at = now
        if self._left < 1:
            raise SignalUnavailableError(f"the budget of {self._per_minute} calls a minute is spent")
        self._left -= 1


class Breaker:
    """Open for a while after several failures in a row; then one call at a time tries whether the service is back.

    Args:
        failures: how many in a row.
        open_s: how long nothing is asked.
        clock: seconds that never go back.
    """

    def __init__(self, failures: int = FAILURES, open_s: float = OPEN_S, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = failures
        self._open_s = open_s
        self._clock = clock
        self._failures = 0
        self._until = float("-inf")

    def check(self) -> None:
        """Raises `SignalUnavailableError` while it is open."""
        if self._failures < self._most:
            return
        now = self._clock()
        if now < self._until:
            raise SignalUnavailableError(
                f"the service failed {self._failures} times in a row and is left alone for {self._until - now:.0f} s"
            )
        self._until = now + self._open_s  # whoever asks next finds it open until this try has ended

    def failed(self) -> None:
        """A call failed."""
        self._failures += 1
        if self._failures >= self._most:
            self._until = self._clock() + self._open_s

    def worked(self) -> None:
        """A call was answered."""
        self._failures = 0
