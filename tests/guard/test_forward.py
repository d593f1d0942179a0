"""What is sent to a provider a second time, and what never; how one that is down is left alone. Over real sockets."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest

from guard.errors import UpstreamTimeoutError, UpstreamUnreachableError
from guard.forward import Upstream, UpstreamLimits, _at

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


class Provider:
    """Does with each connection what `then` says: answers, breaks off, or says nothing."""

    def __init__(self) -> None:
        self.asked: list[bytes] = []
        self.then: list[str] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked.append((await reader.readuntil(b"\r\n\r\n")).partition(b" ")[0])
        what = self.then.pop(0) if self.then else "answer"
        if what == "silence":
            await asyncio.sleep(5)
        writer.write(ANSWER if what == "answer" else b"")
        writer.close()


@asynccontextmanager
async def asked_at(provider: Provider, **limits: float) -> AsyncIterator[Upstream]:
    server = await asyncio.start_server(provider, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    upstream = Upstream(f"http://127.0.0.1:{port}/v1", None, UpstreamLimits(**{"total_s": 1, **limits}))  # type: ignore[arg-type]
    try:
        yield upstream
    finally:
        await upstream.close()
        server.close()


async def ask(upstream: Upstream, method: str) -> bytes:
    async with upstream.exchange(method, "/x", [], b"{}" if method == "POST" else None) as answer:
        return await answer.read()


@pytest.mark.parametrize("retries", [0, 1, 3])
async def test_a_get_that_broke_is_asked_again(retries: int) -> None:
    provider = Provider()
    provider.then = ["break"] * 9
    async with asked_at(provider, retries=retries) as upstream:
        with pytest.raises(UpstreamUnreachableError):
            await ask(upstream, "GET")
    assert provider.asked == [b"GET"] * (1 + retries)


async def test_a_get_that_broke_once_is_answered() -> None:
    provider = Provider()
    provider.then = ["break"]
    async with asked_at(provider) as upstream:
        assert (await ask(upstream, "GET"), len(provider.asked)) == (b"ok", 2)


@pytest.mark.parametrize(
    ("what", "error"), [("break", UpstreamUnreachableError), ("silence", UpstreamTimeoutError)], ids=["broken off", "time-out"]
)
async def test_what_may_have_been_drawn_is_never_asked_for_twice(what: str, error: type[Exception]) -> None:
    provider = Provider()
    provider.then = [what]
    async with asked_at(provider, retries=5) as upstream:
        with pytest.raises(error):
            await ask(upstream, "POST")
    assert provider.asked == [b"POST"]


async def test_a_connection_that_was_never_made_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
    tried: list[str] = []
    request = aiohttp.ClientSession.request

    def counted(self: aiohttp.ClientSession, method: str, where: object, **rest: object) -> object:
        tried.append(method)
        return request(self, method, where, **rest)  # type: ignore[arg-type]

    monkeypatch.setattr(aiohttp.ClientSession, "request", counted)
    upstream = Upstream(url, None, UpstreamLimits(retries=2))
    try:
        with pytest.raises(UpstreamUnreachableError):
            await ask(upstream, "POST")
    finally:
        await upstream.close()
    assert tried == ["POST"] * 3


async def test_a_provider_that_is_down_is_left_alone_until_one_request_finds_it_back() -> None:
    provider = Provider()
    provider.then = ["break"] * 3
    async with asked_at(provider, failures=3, rest_s=0.3, retries=0) as upstream:
        for _ in range(5):
            with pytest.raises(UpstreamUnreachableError):
                await ask(upstream, "POST")
        assert (len(provider.asked), upstream.circuit.is_open) == (3, True)
        await asyncio.sleep(0.35)
        assert (await ask(upstream, "POST"), upstream.circuit.is_open) == (b"ok", False)


@pytest.mark.parametrize(
    ("base", "host", "asked"),
    [
        ("https://api.bfl.ai/v1", "api.us1.bfl.ai", "https://api.us1.bfl.ai/v1"),
        ("https://api.bfl.ai/v1", "", "https://api.bfl.ai/v1"),
        ("http://127.0.0.1:9/v1", "api.us1.bfl.ai", "http://127.0.0.1:9/v1"),
        ("https://proxy.example/bfl/v1", "api.us1.bfl.ai", "https://proxy.example/bfl/v1"),
    ],
    ids=["a region", "no region", "a stand-in", "a proxy of the operator's"],
)
def test_only_hosts_of_the_same_provider_are_asked(base: str, host: str, asked: str) -> None:
    assert _at(base, host) == asked
