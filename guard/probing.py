"""Callers who feel their way along the edge: near misses are counted for each key, shown as a signal, and slowed down.

A near miss is a likeness refusal or hold of which no hit was plain: names in disguise, names that only resemble, faces in the
middle band. Plain refusals do not count, so that an application whose users simply ask for protected people is not slowed
down. Counted in each worker's memory: with N workers a caller has up to N times as many, and a restart forgets.
"""

import math
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import replace

from guard.types import Caller, Decision, Findings, Hit, Modality, Outcome, Role, Strength

WINDOW_S = 600.0
FULL = 30
"""Near misses within the window at which the signal `probing` is 1: one every twenty seconds."""

LIMIT = 1_000
_MOST_CALLERS = 10_000
_PLAIN_VIEWS = frozenset({"as written", "inflected", "upright", None})


def near_miss(decision: Decision) -> bool:
    """Whether a decision was about somebody's likeness, and nothing in the request showed them plainly."""
    if decision.outcome is Outcome.ALLOW or decision.category != "likeness":
        return False
    shown = [hit for hit in decision.hits if hit.role in (None, Role.LIKENESS)]
    return bool(shown) and not any(map(_plain, shown))


def _plain(hit: Hit) -> bool:
    return hit.strength is Strength.STRONG and (hit.modality is not Modality.NAME or hit.view in _PLAIN_VIEWS)


class Probing:
    """One worker's count.

    Args:
        limit: near misses within ten minutes after which a key is slowed down; 0 for never.
        clock: seconds that never go back.
    """

    def __init__(self, limit: int = LIMIT, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._clock = clock
        self._callers: OrderedDict[tuple[str, str | None], deque[float]] = OrderedDict()

    def note(self, caller: Caller, decision: Decision) -> None:
        """Count a decision, if it was a near miss."""
        if not near_miss(decision):
            return
        key = (caller.tenant, caller.key_id)
        self._callers.setdefault(key, deque(maxlen=max(FULL, self._limit))).append(self._clock())
        self._callers.move_to_end(key)
        if len(self._callers) > _MOST_CALLERS:
            self._callers.popitem(last=False)

    def level(self, caller: Caller) -> float:
        """The signal, 0 to 1."""
        return min(1.0, len(self._recent(caller)) / FULL)

    def marked(self, caller: Caller, findings: Findings) -> Findings:
        """The findings with the signal `probing`, where there is any."""
        level = self.level(caller)
        return replace(findings, signals={**findings.signals, "probing": level}) if level else findings

    def wait_s(self, caller: Caller) -> int:
        """For how many seconds this caller is to wait; 0 for not at all."""
        times = self._recent(caller)
        if not self._limit or len(times) < self._limit:
            return 0
        return max(1, math.ceil(times[-self._limit] + WINDOW_S - self._clock()))

    def _recent(self, caller: Caller) -> deque[float]:
        times = self._callers.get((caller.tenant, caller.key_id))
        if times is None:
            return deque()
        since = self._clock() - WINDOW_S
        while times and times[0] <= since:
            times.popleft()
        return times
