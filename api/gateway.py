"""The callers' side: raw ASGI from the socket to the pipeline and back; no framework, no middleware, no rules.

Order of checks (CONTRACT, Terms): key, route, type, size, parse, screen.
"""

import asyncio
import hashlib
import hmac
import logging
import os
import re
import time
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from guard.errors import TooLargeError, UnavailableError, UnscreenableError
from guard.exchange import Incoming, Outgoing
from guard.extract.base import Dialect, Headers, Kind, Refusal, Refused, Route, Target
from guard.extract.routing import Router, body_expected
from guard.mounts import Mount
from guard.pipeline import Pipeline
from guard.record.event import ordered_id
from guard.settings import CallerAuth
from guard.state import Current
from guard.types import Caller, KeyRole, Mode

log = logging.getLogger(__name__)

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Scope = MutableMapping[str, Any]

_KEY_HEADERS = (b"authorization", b"api-key", b"x-api-key", b"x-goog-api-key", b"x-key")
_TEXT_BYTES = 200
_NO = frozenset({"no", "false", "0", "none"})
_TOO_LARGE = 413
_METHODS = frozenset({"GET", "POST", "DELETE", "PUT", "PATCH"})
_ADMINISTRATION = (["organization"], ["projects"])
"""Calls that manage the operator's account at the provider; the operator's key opens them to no caller, in shadow mode neither."""

_CLEAN_PATH = re.compile(r"(/(?!\.+(/|$))[A-Za-z0-9_.:@-]+)+")
_CLEAN_QUERY = re.compile(r"[A-Za-z0-9_.~&=%\[\]-]*")


class _DisconnectedError(Exception):
    """The caller went away while sending."""


@dataclass(slots=True)
class Gateway:
    """One worker's gateway."""

    pipeline: Pipeline
    router: Router
    current: Current
    caller_auth: CallerAuth
    max_body_bytes: int
    body_timeout_s: float
    tenant_secret: bytes
    _mounts: list[tuple[bytes, Mount]] = field(init=False)

    def __post_init__(self) -> None:
        self._mounts = [(prefix.encode(), mount) for prefix, mount in self.pipeline.mounts.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; every outcome, our own outage included, is in the dialect's shape."""
        raw_path: bytes = scope["raw_path"]
        mount = self._mount(raw_path)
        request_id = ordered_id("req_", time.time_ns() // 1_000_000, os.urandom(16))
        watch = _Watch()
        metrics = self.pipeline.metrics
        metrics.requests += 1
        try:
            answer = await self._guarded_answer(scope, receive, mount, request_id, watch)
            metrics.answered(answer.status)
            await _respond(answer, send)
        except _DisconnectedError:
            return
        except asyncio.CancelledError:
            if not watch.gone:
                raise
        finally:
            metrics.requests -= 1
            watch.stop()

    def _mount(self, raw_path: bytes) -> Mount:
        """What is mounted where a path leads; the app lets no other path through."""
        for prefix, mount in self._mounts:
            if raw_path.startswith(prefix) and raw_path[len(prefix) : len(prefix) + 1] in (b"/", b""):
                return mount
        raise UnavailableError("a path without a mount came to the gateway")

    async def _guarded_answer(self, scope: Scope, receive: Receive, mount: Mount, request_id: str, watch: "_Watch") -> Outgoing:
        dialect = mount.dialect
        try:
            return await self._answer(scope, receive, mount, request_id, watch)
        except UnavailableError as error:
            log.warning("503: %s", error, extra={"fields": {"request_id": request_id}})
            return _own(dialect, Refusal(Refused.UNAVAILABLE, retry_after_s=error.retry_after_s, status=503), request_id)
        except _DisconnectedError:
            raise
        except Exception:
            log.exception("a request could not be handled", extra={"fields": {"request_id": request_id}})
            return _own(dialect, Refusal(Refused.UNAVAILABLE, status=503), request_id)

    async def _answer(self, scope: Scope, receive: Receive, mount: Mount, request_id: str, watch: "_Watch") -> Outgoing:
        dialect, headers = mount.dialect, scope["headers"]
        bearer = _bearer(headers)
        caller = await self._caller(bearer)
        if isinstance(caller, str):
            return _own(dialect, Refusal(Refused.UNAUTHORIZED, message=caller, status=401), request_id)
        target, body, error = None, b"", None
        try:
            target = self.router.match(scope["method"], scope["raw_path"], scope["query_string"], headers)
            body = await self._body(headers, receive)
            _check_body(target, body)
        except UnscreenableError as unscreenable:
            error = unscreenable
            if self.pipeline.mode is Mode.SHADOW and not body and error.status != _TOO_LARGE:
                body = await self._body(headers, receive)
        incoming = Incoming(
            target=target or nowhere(mount, scope, headers),
            headers=headers,
            body=body,
            caller=caller,
            request_id=request_id,
            purpose=_text(headers, b"x-guard-purpose"),
            jurisdiction=_text(headers, b"x-guard-jurisdiction"),
            attestation=(_text(headers, b"x-guard-attestation") or "no").lower() not in _NO,
            caller_key=bearer if self.caller_auth is CallerAuth.PASSTHROUGH else None,
        )
        del body
        watch.start(receive)
        if error is not None:
            return await self.pipeline.refuse_unscreenable(incoming, error)
        return await self.pipeline.handle(incoming)

    async def _caller(self, bearer: str | None) -> Caller | str:
        """Who asks, or why they may not."""
        match self.caller_auth:
            case CallerAuth.OPEN:
                return Caller("default")
            case CallerAuth.PASSTHROUGH:
                if bearer is None:
                    return "No API key was sent; it goes on to the provider."
                tenant = hmac.digest(self.tenant_secret, bearer.encode(), "sha256").hex()[:32]
                return Caller("pass-" + tenant)
            case CallerAuth.KEY:
                if bearer is None:
                    return "No API key was sent. Send a caller key of the guard as `Authorization: Bearer ...`."
                published = await self.current.get()
                key = published.keys.get(hashlib.sha256(bearer.encode()).digest())
                if key is None:
                    return "Incorrect API key. Make a caller key with: guard keys create --role caller --tenant default"
                if key.role is not KeyRole.CALLER:
                    return f"This is a key of role {key.role}; make a caller key with: guard keys create --role caller --tenant default"
                return Caller(key.tenant, key.id)

    async def _body(self, headers: Headers, receive: Receive) -> bytes:
        """The whole body, capped in size and time."""
        declared = next((value for name, value in headers if name == b"content-length"), b"0")
        if not declared.isdigit() or int(declared[:20]) > self.max_body_bytes:
            raise self._too_large()
        try:
            async with asyncio.timeout(self.body_timeout_s):
                body = await self._read(receive)
        except TimeoutError as error:
            raise UnscreenableError(f"The body did not arrive within {self.body_timeout_s:g} s.") from error
        return body

    async def _read(self, receive: Receive) -> bytes:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _DisconnectedError
        first: bytes = message.get("body", b"")
        if not message.get("more_body"):
            if len(first) > self.max_body_bytes:
                raise self._too_large()
            return first
        body = bytearray(first)
        while message.get("more_body"):
            message = await receive()
            if message["type"] == "http.disconnect":
                raise _DisconnectedError
            body += message.get("body", b"")
            if len(body) > self.max_body_bytes:
                raise self._too_large()
        return bytes(body)

    def _too_large(self) -> TooLargeError:
        return TooLargeError(f"The body is larger than {self.max_body_bytes} bytes (GUARD_MAX_BODY_MB).")


class _Watch:
    """Cancels the request's task, and with it the upstream call, when the caller goes away."""

    def __init__(self) -> None:
        self.gone = False
        self._task: asyncio.Task[None] | None = None

    def start(self, receive: Receive) -> None:
        """Call once the body has been read: from then on the only message is the caller's leaving."""
        self._task = asyncio.create_task(self._run(receive, asyncio.current_task()))

    async def _run(self, receive: Receive, request: "asyncio.Task[Any] | None") -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self.gone = True
        if request is not None:
            request.cancel()

    def stop(self) -> None:
        """The request is over."""
        if self._task is not None:
            self._task.cancel()


async def _respond(answer: Outgoing, send: Send) -> None:
    if isinstance(answer.body, bytes):
        head = [*answer.headers, (b"content-length", b"%d" % len(answer.body))]
        await send({"type": "http.response.start", "status": answer.status, "headers": head})
        await send({"type": "http.response.body", "body": answer.body})
        return
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    async with aclosing(answer.body) as blocks:
        async for block in blocks:
            await send({"type": "http.response.body", "body": block, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


def _check_body(target: Target, body: bytes) -> None:
    if body and not body_expected(target.route):
        raise UnscreenableError("A body is not expected here.")


def nowhere(mount: Mount, scope: Scope, headers: Headers) -> Target:
    """The target of a request that matched no route; its path is set only where shadow mode may pass it on as it is."""
    raw_path, query = scope["raw_path"].decode("latin-1"), scope["query_string"].decode("latin-1")
    rest = raw_path.removeprefix(mount.prefix)
    administration = rest.split("/")[1:2] in _ADMINISTRATION
    clean = _CLEAN_PATH.fullmatch(rest) and _CLEAN_QUERY.fullmatch(query) and not administration
    route = Route("unknown", scope["method"] if scope["method"] in _METHODS else "POST", "/", Kind.PASS)
    content_type = next((value.decode("latin-1") for name, value in headers if name == b"content-type"), "")
    return Target(route, mount.dialect, mount.prefix, rest if clean else "", query if clean else "", {}, content_type)


def _own(dialect: Dialect, refusal: Refusal, request_id: str) -> Outgoing:
    reply = dialect.refusal(refusal)
    return Outgoing(reply.status, [*reply.headers, (b"x-request-id", request_id.encode())], reply.body)


def _bearer(headers: Headers) -> str | None:
    """The caller's key from the one header that carries it; None where there is none or more than one."""
    found = [(name, value) for name, value in headers if name in _KEY_HEADERS]
    if len(found) != 1:
        return None
    name, value = found[0]
    text = value.decode("latin-1").strip()
    if name == b"authorization":
        scheme, _, text = text.partition(" ")
        if scheme.lower() != "bearer":
            return None
    return text.strip() or None


def _text(headers: Headers, name: bytes) -> str | None:
    value = next((value for key, value in headers if key == name), None)
    return None if value is None else value.decode("latin-1").strip()[:_TEXT_BYTES] or None
