"""Held requests in the registry's database, reached from an event loop."""

import asyncio

from guard.registry.store import Registry
from guard.registry.values import Audit, By, Hold


class RegistryReviews:
    """What the pipeline needs of the registry when it holds something; each call runs in a thread."""

    def __init__(self, registry: Registry, audit: Audit) -> None:
        self._registry = registry
        self._by = By("gateway", audit)

    async def open(self, hold: Hold) -> None:
        """Keep a held request for a reviewer."""
        await asyncio.to_thread(self._registry.open_review, hold, self._by)

    async def kept(self, review_id: str) -> bytes | None:
        """The answer that was held; None when it has been erased."""
        return await asyncio.to_thread(self._registry.kept, review_id)
