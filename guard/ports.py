"""What the pipeline needs of the rest of the program, each as small as its use; `guard/processes` has what does it."""

from typing import Protocol

from guard.registry.values import Hold


class Tenants(Protocol):
    """Makes a tenant that was never seen before known to every worker."""

    async def ensure_tenant(self, tenant: str) -> None:
        """Return when its key is published."""
        ...


class Reviews(Protocol):
    """Where held requests wait for a person."""

    async def open(self, hold: Hold) -> None:
        """Keep it for a reviewer."""
        ...

    async def kept(self, review_id: str) -> bytes | None:
        """The answer that was held, for release after approval; None when it has been erased."""
        ...
