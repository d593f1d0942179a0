"""How often the public form may be used. Counted in each worker's memory; a restart forgets."""

from collections import OrderedDict, deque
from collections.abc import Callable

WINDOW_S = 3600.0
PER_ADDRESS = 5
IN_ALL = 100
"""Requests that a worker takes in an hour: few enough that staff can look at each."""

_MOST_ADDRESSES = 10_000


class Turnstile:
    """Lets so many through in an hour: of one address, and in all."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._everybody: deque[float] = deque()
        self._addresses: OrderedDict[str, deque[float]] = OrderedDict()

    def admits(self, address: str) -> bool:
        """Whether one more may come in now; if so it is counted."""
        now = self._clock()
        mine = self._addresses.setdefault(address, deque())
        self._addresses.move_to_end(address)
        while len(self._addresses) > _MOST_ADDRESSES:
            self._addresses.popitem(last=False)
        for turns in (mine, self._everybody):
            while turns and now - turns[0] >= WINDOW_S:
                turns.popleft()
        if len(mine) >= PER_ADDRESS or len(self._everybody) >= IN_ALL:
            return False
        mine.append(now)
        self._everybody.append(now)
        return True
