"""Answers for pictures seen a moment ago. It holds strangers' biometrics, so it is small, short-lived and purged on erasure."""

from collections import OrderedDict
from collections.abc import Callable

from guard.match.faces.found import FacesInPicture

_OVERHEAD_BYTES = 512


class AnswerCache:
    """Least recently used answers by picture digest, within a number of bytes and of seconds.

    Args:
        max_bytes: room for vectors and their descriptions; 0 keeps nothing.
        life_s: seconds from the moment an answer was stored (use does not prolong it).
        now: a monotonic clock in seconds.
    """

    def __init__(self, max_bytes: int, life_s: float, now: Callable[[], float]) -> None:
        self._max_bytes = max_bytes
        self._life_s = life_s
        self._now = now
        self._held: OrderedDict[bytes, tuple[float, int, FacesInPicture]] = OrderedDict()
        self.size_bytes = 0

    def get(self, digest: bytes) -> FacesInPicture | None:
        """The answer, unless it is gone or too old."""
        self._expire()
        held = self._held.get(digest)
        if held is None:
            return None
        if held[0] <= self._now():
            self._drop(digest)
            return None
        self._held.move_to_end(digest)
        return held[2]

    def put(self, digest: bytes, answer: FacesInPicture) -> None:
        """Keep an answer, dropping the least recently used ones to make room; one too big for the room is not kept."""
        cost = _OVERHEAD_BYTES + sum(_OVERHEAD_BYTES + face.vector.nbytes for face in answer.faces)
        cost += sum(_OVERHEAD_BYTES + len(seen.hashes) for seen in answer.fingerprints)
        self._drop(digest)
        if cost > self._max_bytes:
            return
        while self.size_bytes + cost > self._max_bytes:
            self._drop(next(iter(self._held)))
        self._held[digest] = (self._now() + self._life_s, cost, answer)
        self.size_bytes += cost

    def purge(self) -> None:
        """Forget everything."""
        self._held.clear()
        self.size_bytes = 0

    def __len__(self) -> int:
        return len(self._held)

    def _drop(self, digest: bytes) -> None:
        held = self._held.pop(digest, None)
        if held is not None:
            self.size_bytes -= held[1]

    def _expire(self) -> None:
        """Let go of what is too old even if nobody asks for it again."""
        now = self._now()
        for digest in [digest for digest, held in self._held.items() if held[0] <= now]:
            self._drop(digest)
