"""What the registry builder has published to this process: one revision of everything that the hot path needs.

Readers take `Current.published` once per stage and use only that, so that one revision governs a decision.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from guard.decide.policy import Policy
from guard.errors import RegistryUnavailableError
from guard.match.gallery import Gallery
from guard.types import KeyRecord, Stage

CONFIRM_S = 1.0
"""A worker that has heard nothing for this long might be stalled and miss an opt-out, so it stops (DESIGN.md, Binding)."""

GRACE_S = 3.0
"""How long a request waits for the next confirmation before it is answered 503."""


@dataclass(frozen=True, slots=True)
class Approval:
    """A reviewer's yes to one held request, or to the answer it got: same tenant and digest, until it expires or other directives bind."""

    review_id: str
    tenant: str
    digest: str
    stage: Stage
    expires_at: datetime
    directives: tuple[str, ...] = ()

    def covers(self, directives: Iterable[str], now: datetime) -> bool:
        """Whether it still holds, given the directives that bind now."""
        return now < self.expires_at and set(directives) <= set(self.directives)


@dataclass(frozen=True, slots=True)
class Published:
    """One revision of people, keys, tenants and policy."""

    gallery: Gallery
    policy: Policy
    keys: Mapping[bytes, KeyRecord] = field(default_factory=dict)
    tenants: Mapping[str, bytes] = field(default_factory=dict)
    approvals: Mapping[tuple[str, str, Stage], Approval] = field(default_factory=dict)
    tenants_with_kept_answers: frozenset[str] = frozenset()

    @property
    def revision(self) -> int:
        """The registry revision."""
        return self.gallery.revision


class Current:
    """The newest published state, and when the builder last confirmed that nothing newer exists."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._published: Published | None = None
        self._confirmed_at = float("-inf")

    def publish(self, published: Published) -> None:
        """Swap; requests that began before keep what they took."""
        self._published = published

    def confirm(self, at: float) -> None:
        """The builder says that at this monotonic time everything had been published."""
        self._confirmed_at = max(self._confirmed_at, at)

    @property
    def latest(self) -> Published | None:
        """Whatever is there, confirmed or not: for health pages, never for a decision."""
        return self._published

    @property
    def confirmed(self) -> bool:
        """Whether the newest state is known to be the newest."""
        return self._published is not None and self._clock() - self._confirmed_at < CONFIRM_S

    async def get(self) -> Published:
        """The newest state, confirmed; raises `RegistryUnavailableError` when no confirmation comes."""
        if self.confirmed:
            assert self._published is not None  # noqa: S101 - `confirmed` says so
            return self._published
        give_up = self._clock() + GRACE_S
        while self._clock() < give_up:
            await asyncio.sleep(0.02)
            if self.confirmed and self._published is not None:
                return self._published
        raise RegistryUnavailableError("the registry's revision could not be confirmed")
