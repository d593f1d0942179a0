"""How often the public form may be used. Counted in each worker's memory; a restart forgets."""

from collections import OrderedDict, deque
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address, ip_network

WINDOW_S = 3600.0
PER_ADDRESS = 5
IN_ALL = 100
"""Requests that a worker takes in an hour: few enough that staff can look at each."""

_MOST_ADDRESSES = 10_000
_OF_ONE_LINE = 64
"""Bits of an IPv6 address that one subscriber cannot choose (RFC 6177)."""


class Turnstile:
    """Lets so many through in an hour: of one address, and in all."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._everybody: deque[float] = deque()
        self._addresses: OrderedDict[str, deque[float]] = OrderedDict()

    def admits(self, address: str) -> bool:
        """Whether one more may come in now; if so it is counted."""
        now, line = self._clock(), line_of(address)
        mine = self._addresses.setdefault(line, deque())
        self._addresses.move_to_end(line)
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


def line_of(address: str) -> str:
    """What is counted as one address: an IPv4 address, or all that one subscriber has of IPv6."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return address
    return str(parsed.ipv4_mapped or ip_network((int(parsed), _OF_ONE_LINE), strict=False))
