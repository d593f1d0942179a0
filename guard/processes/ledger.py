"""The ledger in the registry's database, reached from an event loop."""

import asyncio
from collections.abc import Mapping, Sequence

from guard.registry.ledger import Turn
from guard.registry.store import Registry


class RegistryLedger:
    """What the pipeline needs of the registry where requests point at stored state; each call runs in a thread."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    async def find(self, tenant: str, ids: Sequence[str]) -> Mapping[str, Turn]:
        """What is behind each id that the tenant was given."""
        return await asyncio.to_thread(self._registry.find_turns, tenant, ids)

    async def keep(self, tenant: str, ids: Sequence[str], turn: Turn) -> None:
        """Return when it is committed."""
        await asyncio.to_thread(self._registry.keep_turn, tenant, ids, turn)

    async def own(self, tenant: str, ids: Sequence[str]) -> frozenset[str]:
        """Those of the ids that the tenant was given."""
        return await asyncio.to_thread(self._registry.own_ids, tenant, ids)

    async def forget(self, tenant: str, ids: Sequence[str]) -> None:
        """Return when it is committed."""
        await asyncio.to_thread(self._registry.forget_ids, tenant, ids)
