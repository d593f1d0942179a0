"""The one application: a split on the raw path before anything decodes it.

Gateway prefixes go to plain ASGI, health and metrics are answered here, all else is the admin API and the console.
"""

import os
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

import orjson
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from api.gateway import Gateway, Receive, Scope, Send
from guard.errors import UnavailableError
from guard.links import PATH, Kept
from guard.record.event import ordered_id

Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]
Check = Callable[[], Awaitable[bool]]
Picture = Callable[[str, str], Awaitable[Kept | None]]


@dataclass(slots=True)
class App:
    """The root ASGI callable of one worker.

    Args:
        gateway: serves everything below `prefixes`.
        admin: serves everything else.
        prefixes: raw path prefixes of the mounted dialects, such as `/v1`.
        checks: name to a check of what readiness means.
        before_scrape: makes this worker's metrics current.
        upstreams_down: provider to whether it does not answer; told, but none makes a gateway unready.
        picture: what the last segment of a link of our own leads to, for a request of this id.
        admin_port: where admin and console are served alone, or None for everywhere.
    """

    gateway: Gateway
    admin: Asgi
    prefixes: Sequence[bytes]
    checks: Mapping[str, Check]
    before_scrape: Callable[[], None]
    upstreams_down: Callable[[], Mapping[str, bool]] = dict
    picture: Picture | None = None
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
        elif self.picture is not None and not on_admin_port and raw_path.startswith(PATH.encode()):
            await _show(self.picture, scope["method"], raw_path[len(PATH) :].decode("latin-1"), send)
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
        upstreams = {name: "down" if down else "ok" for name, down in self.upstreams_down().items()}
        body = {"status": "ready" if ready else "not ready", "checks": results, "upstreams": upstreams}
        await _answer(send, 200 if ready else 503, orjson.dumps(body))


def _is_public(raw_path: bytes) -> bool:
    """The public form, where it is switched on, is served beside the gateway too."""
    return raw_path == b"/opt-out" or raw_path.startswith(b"/opt-out/")


async def _show(picture: Picture, method: str, name: str, send: Send) -> None:
    """A picture behind a link, to whoever has the link; what is over, never was or may no longer be shown is the same 404."""
    request_id = ordered_id("req_", time.time_ns() // 1_000_000, os.urandom(16))
    try:
        found = await picture(name, request_id) if method in ("GET", "HEAD") else None
    except UnavailableError:
        await _answer(send, 503, b'{"type":"about:blank","title":"Service Unavailable","status":503}', b"application/problem+json")
        return
    if found is None:
        await _answer(send, 404, b'{"type":"about:blank","title":"Not Found","status":404}', b"application/problem+json")
        return
    headers = [
        (b"content-type", found.media_type.encode()),
        (b"content-length", b"%d" % len(found.picture)),
        (b"cache-control", b"private, no-cache"),
        (b"x-content-type-options", b"nosniff"),
        (b"content-security-policy", b"default-src 'none'; sandbox"),
        (b"referrer-policy", b"no-referrer"),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": found.picture if method == "GET" else b""})


def _metrics() -> bytes:
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)


async def _answer(send: Send, status: int, body: bytes, content_type: bytes = b"application/json") -> None:
    headers = [(b"content-type", content_type), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
