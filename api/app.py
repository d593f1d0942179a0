"""The one application: a split on the raw path before anything decodes it.

Gateway prefixes go to plain ASGI, health and metrics are answered here, all else is the admin API and the console.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

import orjson
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from api.gateway import Gateway, Receive, Scope, Send

Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]
Check = Callable[[], Awaitable[bool]]


@dataclass(slots=True)
class App:
    """The root ASGI callable of one worker.

    Args:
        gateway: serves everything below `prefixes`.
        admin: serves everything else.
        prefixes: raw path prefixes of the mounted dialects, such as `/v1`.
        checks: name to a check of what readiness means.
        before_scrape: makes this worker's metrics current.
        admin_port: where admin and console are served alone, or None for everywhere.
    """

    gateway: Gateway
    admin: Asgi
    prefixes: Sequence[bytes]
    checks: Mapping[str, Check]
    before_scrape: Callable[[], None]
    admin_port: int | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return
        raw_path: bytes = scope["raw_path"]
        on_admin_port = self.admin_port is not None and scope["server"][1] == self.admin_port
        if raw_path == b"/healthz":
            await _answer(send, 200, b'{"status":"ok"}')
        elif raw_path == b"/readyz":
            await self._ready(send)
        elif not on_admin_port and self._is_gateway(raw_path):
            await self.gateway(scope, receive, send)
        elif self.admin_port is not None and not on_admin_port and not _is_public(raw_path):
            await _answer(send, 404, b'{"type":"about:blank","title":"Not Found","status":404}', b"application/problem+json")
        elif raw_path == b"/metrics":
            self.before_scrape()
            await _answer(send, 200, _metrics(), CONTENT_TYPE_LATEST.encode())
        else:
            await self.admin(scope, receive, send)

    def _is_gateway(self, raw_path: bytes) -> bool:
        return any(raw_path.startswith(prefix) and raw_path[len(prefix) : len(prefix) + 1] in (b"/", b"") for prefix in self.prefixes)

    async def _ready(self, send: Send) -> None:
        results = {name: await check() for name, check in self.checks.items()}
        ready = all(results.values())
        body = {"status": "ready" if ready else "not ready", "checks": results}
        await _answer(send, 200 if ready else 503, orjson.dumps(body))


def _is_public(raw_path: bytes) -> bool:
    """The public form, where it is switched on, is served beside the gateway too."""
    return raw_path == b"/opt-out" or raw_path.startswith(b"/opt-out/")


def _metrics() -> bytes:
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)


async def _answer(send: Send, status: int, body: bytes, content_type: bytes = b"application/json") -> None:
    headers = [(b"content-type", content_type), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
