"""The stand-in as a plain ASGI application.

POST   /_standin/next    queue an order (orders.py) for the next provider request
GET    /_standin/seen    every provider request as it arrived, oldest first; `?after=N` only those numbered above N
DELETE /_standin/next    forget all orders
DELETE /_standin/seen    forget what was seen
GET    /_standin/files/* pictures that were answered as `url`
"""

import asyncio
import hashlib
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from contextlib import suppress
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs

import orjson

from api.standin import conversation, moderation, wire
from api.standin.keeping import Keeping, Kept
from api.standin.orders import Death, Order, Seen, parse_order
from api.standin.responses import Responses

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

KEPT_FILES = 256


class StandIn:
    """One stand-in with its own orders and its own witness.

    Args:
        order: how to treat requests that no queued order is for.
        kept_requests: how many requests the witness remembers.
        kept_body_bytes: how many bytes of bodies it remembers; the oldest bodies go first.

    Attributes:
        url: where `running` serves it, without a path.
    """

    def __init__(self, order: Order | None = None, *, kept_requests: int = 10_000, kept_body_bytes: int = 128_000_000) -> None:
        self.usual = order or Order()
        self.orders: deque[Order] = deque()
        self.seen: deque[Seen] = deque(maxlen=kept_requests)
        self.count = 0
        self.url = ""
        self.keeping = Keeping()
        self.responses = Responses()
        self._kept_body_bytes = kept_body_bytes
        self._body_bytes = 0
        self._with_body: deque[Seen] = deque()
        self._files: OrderedDict[str, bytes] = OrderedDict()

    def next(self, order: Order) -> None:
        """Queue an order, from the thread of a test as well."""
        self.orders.append(order)

    def clear(self) -> None:
        """Forget orders, what was seen and what is kept."""
        self.orders.clear()
        self.keeping.clear()
        self.responses.kept.clear()
        self._forget()

    def _forget(self) -> None:
        self.seen.clear()
        self._with_body.clear()
        self._body_bytes = 0

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        if scope["type"] != "http":
            return
        path: bytes = scope.get("raw_path") or scope["path"].encode()
        if path.startswith(b"/_standin/"):
            await self._control(scope, path, receive, send)
            return
        seen = self._witness(scope, path)
        seen.body, seen.complete = await _read(receive)
        self._keep_body(seen)
        order = self._order()
        with suppress(_Gone):
            await _wait(order.delay_s, seen, receive)
            await self._answer(order, seen, scope, receive, send)

    # -- what it remembers

    def _witness(self, scope: MutableMapping[str, Any], path: bytes) -> Seen:
        self.count += 1
        seen = Seen(
            self.count, scope["method"], path, scope.get("query_string", b""), tuple((bytes(k), bytes(v)) for k, v in scope["headers"])
        )
        self.seen.append(seen)
        return seen

    def _keep_body(self, seen: Seen) -> None:
        self._body_bytes += len(seen.body)
        self._with_body.append(seen)
        while self._body_bytes > self._kept_body_bytes or len(self._with_body) > (self.seen.maxlen or 1):
            oldest = self._with_body.popleft()
            self._body_bytes -= len(oldest.body)
            oldest.body = b""

    def _order(self) -> Order:
        if not self.orders:
            return self.usual
        order = self.orders[0]
        if order.times == 1:
            self.orders.popleft()
        elif order.times > 1:
            self.orders[0] = replace(order, times=order.times - 1)
        return order

    # -- answering as the provider

    async def _answer(self, order: Order, seen: Seen, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if order.die is Death.BEFORE:
            _cut(send)
        if order.redirect is not None:
            await _send(send, seen, order, 302 if order.status == 200 else order.status, [b""], headers={"location": order.redirect})
        elif order.body is not None:
            await self._send_body(order, seen, order.status, order.body, receive, send, order.content_type)
        elif order.error is not None:
            body = wire.error_body(order.error) if isinstance(order.error, str) else orjson.dumps({"error": order.error})
            await self._send_body(order, seen, 400 if order.status == 200 else order.status, body, receive, send)
        else:
            await self._provide(order, seen, scope, receive, send)

    async def _provide(self, order: Order, seen: Seen, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        family = wire.IMAGE_ROUTES.get(seen.path)
        if family is not None and seen.method == "POST":
            try:
                ask = wire.read_ask(family, seen.header("content-type") or "", seen.body)
            except wire.BadAskError as error:
                await self._send_body(order, seen, 400, wire.error_body(str(error), param=error.param), receive, send)
                return
            if ask.stream and family != "image_variation":
                await self._stream(order, seen, wire.events(ask, order), receive, send)
                return
            urls = self._urls(ask, order, scope) if ask.as_url or order.url is not None else None
            await self._send_body(order, seen, order.status, wire.answer(ask, order, urls), receive, send)
        elif seen.method == "POST" and seen.path in (conversation.CHAT, conversation.RESPONSES):
            await self._converse(order, seen, receive, send)
        elif said := self.responses.answer(seen.method, seen.path.decode("latin-1"), seen.asked, seen.body):
            await self._send_body(order, seen, said[0], said[2], receive, send, said[1])
        elif kept := self._kept(order, seen):
            await self._send_body(
                order, seen, kept.status, kept.body, receive, send, "application/json" if kept.shown else kept.content_type
            )
        elif seen.method == "POST" and seen.path == moderation.PATH:
            try:
                status, body = order.status, moderation.answer(seen.body, seen.number)
            except wire.BadAskError as error:
                status, body = 400, wire.error_body(str(error), param=error.param)
            await self._send_body(order, seen, status, body, receive, send)
        elif seen.method == "GET" and seen.path == b"/v1/models":
            listed = {"object": "list", "data": [wire.model_object(name) for name in wire.MODELS]}
            await self._send_body(order, seen, 200, orjson.dumps(listed), receive, send)
        elif seen.method == "GET" and seen.path.startswith(b"/v1/models/"):
            name = seen.path.removeprefix(b"/v1/models/").decode("latin-1")
            known = name in wire.MODELS
            body = (
                orjson.dumps(wire.model_object(name))
                if known
                else wire.error_body(f"The model '{name}' does not exist", code="model_not_found")
            )
            await self._send_body(order, seen, 200 if known else 404, body, receive, send)
        else:
            where = f"{seen.method} {seen.path.decode('latin-1')}"
            await self._send_body(order, seen, 404, wire.error_body(f"Invalid URL ({where})", code="unknown_url"), receive, send)

    def _kept(self, order: Order, seen: Seen) -> Kept | None:
        content_type = seen.header("content-type") or "application/json"
        return self.keeping.answer(seen.method, seen.path.decode("latin-1"), seen.asked, content_type, seen.body, order)

    async def _converse(self, order: Order, seen: Seen, receive: Receive, send: Send) -> None:
        try:
            talk = conversation.read_talk(seen.body)
        except wire.BadAskError as error:
            await self._send_body(order, seen, 400, wire.error_body(str(error), param=error.param), receive, send)
            return
        chat = seen.path == conversation.CHAT
        whole = conversation.completion(talk, order, seen.number) if chat else self.responses.keep(seen.body, talk, order, seen.number)
        if talk.stream:
            frames = (conversation.completion_chunks if chat else conversation.response_events)(talk, order, seen.number)
            await self._stream(order, seen, frames, receive, send)
        else:
            await self._send_body(order, seen, order.status, orjson.dumps(whole), receive, send)

    def _urls(self, ask: wire.Ask, order: Order, scope: MutableMapping[str, Any]) -> list[str]:
        if order.url is not None:
            return [order.url] * ask.n
        host, port = scope.get("server") or ("127.0.0.1", 80)
        urls = []
        for data in wire.pictures(ask, order):
            name = f"{hashlib.sha256(data).hexdigest()[:32]}.{ask.output_format}"
            self._files[name] = data
            urls.append(f"http://{host}:{port}/_standin/files/{name}")
        while len(self._files) > KEPT_FILES:
            self._files.popitem(last=False)
        return urls

    async def _send_body(
        self, order: Order, seen: Seen, status: int, body: bytes, receive: Receive, send: Send, content_type: str = "application/json"
    ) -> None:
        if order.die is None and not order.pause_s:
            await _send(send, seen, order, status, [body], content_type)
            return
        await _start(send, seen, order, status, content_type, len(body))
        await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
        await _wait(order.pause_s, seen, receive)
        if order.die is not None:
            _cut(send)
        await send({"type": "http.response.body", "body": body[len(body) // 2 :]})

    async def _stream(self, order: Order, seen: Seen, frames: Iterable[bytes], receive: Receive, send: Send) -> None:
        await _start(send, seen, order, order.status, "text/event-stream; charset=utf-8", None)
        held = list(frames)
        for number, frame in enumerate(held):
            last = number == len(held) - 1
            if order.die is Death.MID_BODY and last:
                await send({"type": "http.response.body", "body": frame[: len(frame) // 2], "more_body": True})
            if order.die is not None and last:
                await _wait(order.pause_s, seen, receive)
                _cut(send)
            if number:
                await _wait(order.pause_s, seen, receive)
            await send({"type": "http.response.body", "body": frame, "more_body": not last})

    # -- being told and being asked

    async def _control(self, scope: MutableMapping[str, Any], path: bytes, receive: Receive, send: Send) -> None:
        body, _ = await _read(receive)
        match scope["method"], path:
            case "POST", b"/_standin/next":
                try:
                    self.next(parse_order(body))
                except ValueError as error:
                    await _send(send, None, Order(), 422, [wire.error_body(str(error))])
                else:
                    await _send(send, None, Order(), 202, [orjson.dumps({"queued": len(self.orders)})])
            case "GET", b"/_standin/seen":
                after = int(parse_qs(scope.get("query_string", b"").decode("latin-1")).get("after", ["0"])[0])
                items = [seen.as_json() for seen in self.seen if seen.number > after]
                await _send(send, None, Order(), 200, [orjson.dumps({"count": self.count, "items": items})])
            case "DELETE", b"/_standin/seen":
                self._forget()
                await _send(send, None, Order(), 204, [b""])
            case "DELETE", b"/_standin/next":
                self.orders.clear()
                await _send(send, None, Order(), 204, [b""])
            case "GET", _ if (name := path.removeprefix(b"/_standin/files/").decode("latin-1")) in self._files:
                await _send(send, None, Order(), 200, [self._files[name]], f"image/{name.rpartition('.')[2]}")
            case _:
                await _send(send, None, Order(), 404, [wire.error_body("no such control", code="unknown_url")])


class _Gone(Exception):
    """The client went away while the stand-in waited."""


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def _read(receive: Receive) -> tuple[bytes, bool]:
    """The whole body, and whether it came to its end."""
    chunks: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b"".join(chunks), False
        chunks.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(chunks), True


async def _wait(seconds: float, seen: Seen, receive: Receive) -> None:
    """Wait, unless the client goes away first; the witness is told."""
    if seconds <= 0:
        return
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while (await receive())["type"] != "http.disconnect":
                pass
        seen.disconnected = True
        raise _Gone


async def _start(send: Send, seen: Seen | None, order: Order, status: int, content_type: str, length: int | None) -> None:
    headers = {"content-type": content_type, "x-stand-in": "1"}
    if length is not None:
        headers["content-length"] = str(length)
    if seen is not None:
        headers |= {"x-request-id": f"req_standin_{seen.number}", "openai-processing-ms": "1", "openai-version": "2020-10-01"}
    headers |= {name.lower(): value for name, value in order.headers.items()}
    listed = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items() if value]
    await send({"type": "http.response.start", "status": status, "headers": listed})


async def _send(
    send: Send,
    seen: Seen | None,
    order: Order,
    status: int,
    chunks: list[bytes],
    content_type: str = "application/json",
    headers: MutableMapping[str, str] | None = None,
) -> None:
    body = b"".join(chunks)
    await _start(send, seen, _with_headers(order, headers or {}), status, content_type, len(body))
    await send({"type": "http.response.body", "body": body})


def _with_headers(order: Order, headers: MutableMapping[str, str]) -> Order:
    return Order(headers={**headers, **order.headers}) if headers else order


def _cut(send: Send) -> None:
    """Break the connection with a reset, as a provider that dies does.

    ASGI has no word for this: uvicorn's `send` belongs to the cycle that owns the transport. Elsewhere (an in-process
    client) the exception alone is what the client gets.
    """
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is not None:
        transport.abort()
        raise _Gone
    raise ConnectionResetError("the stand-in was told to die")


app = StandIn(kept_requests=1_000, kept_body_bytes=32_000_000)
