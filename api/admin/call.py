"""One call under way: who makes it, what it may touch, and the one way in which it changes anything."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, TypeVar

from anyio import to_thread
from fastapi import Depends
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from api.admin.audit import Audit
from api.admin.services import AdminServices
from api.problems import MALFORMED, ProblemError
from guard.registry.idempotency import ReplayedError
from guard.registry.values import By, Once
from guard.types import KeyRecord

ResultT = TypeVar("ResultT")
_IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{1,255}")


@dataclass(slots=True)
class Call:
    """A call whose key and role were checked."""

    services: AdminServices
    request_id: str
    key: KeyRecord
    audit: Audit
    route: str
    query: str = ""
    body: bytes = b""
    idempotency_key: str | None = None

    async def read(self, look: Callable[[], ResultT]) -> ResultT:
        """What `look` returns, looked up in a thread, since the registry and the record are synchronous."""
        return await to_thread.run_sync(look)

    async def change(self, act: Callable[[By], ResultT], show: Callable[[ResultT], BaseModel | None], status: int = 200) -> Response:
        """Make a change: with its audit event and its idempotent answer in one transaction, and binding before the answer.

        Args:
            act: the registry's method; called in a thread.
            show: the answer's body for a result, None for an empty one; called inside the transaction when the answer is kept.
            status: the HTTP status of success.
        """

        def render(result: ResultT) -> tuple[int, bytes]:
            shown = show(result)
            return status, b"" if shown is None else shown.model_dump_json(by_alias=True).encode()

        try:
            result = await to_thread.run_sync(act, By(self.key.id, self.audit.events, self._once(render)))
        except ReplayedError as earlier:
            await self._bind()  # again: the first attempt may have died between its commit and its answer
            return _response(earlier.answer.status, earlier.answer.body, {"idempotency-replayed": "true"})
        self.audit.committed()
        self.services.nudge()
        await self._bind()
        return _response(*render(result))

    async def _bind(self) -> None:
        await self.services.bind(await to_thread.run_sync(self.services.registry.revision))

    def _once(self, render: Callable[[ResultT], tuple[int, bytes]]) -> Once | None:
        if self.idempotency_key is None:
            return None
        digest = hashlib.sha256(self.query.encode() + b"\n" + self.body).digest()
        return Once(self.key.id, self.route, self.idempotency_key, digest, render)


def idempotency_key(request: Request) -> str | None:
    """The `Idempotency-Key` header, at most one of at most 255 visible ASCII characters."""
    values = request.headers.getlist("idempotency-key")
    if not values:
        return None
    if len(values) > 1 or not _IDEMPOTENCY_KEY.fullmatch(values[0]):
        raise ProblemError(MALFORMED, "Idempotency-Key must be sent once, with 1 to 255 visible ASCII characters.")
    return values[0]


def _response(status: int, body: bytes, headers: dict[str, str] | None = None) -> Response:
    return Response(body, status, headers, media_type="application/json" if body else None)


async def current_call(request: Request) -> Call:
    """The call that `AdminRoute` prepared."""
    call: Call = request.state.call
    return call


CallDep = Annotated[Call, Depends(current_call)]
