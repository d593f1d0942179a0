"""Which addresses a picture may come from."""

import asyncio

import pytest
from aiohttp.abc import ResolveResult

from guard.errors import UnscreenableError
from guard.fetch import Fetcher, FetchLimits, is_public

PRIVATE = [
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255",
    "::1", "::", "fe80::1", "fc00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::", "64:ff9b:1::1", "fe80::1%eth0",
]  # fmt: skip
URLS = [
    pytest.param("http://127.0.0.1/x", id="loopback"),
    pytest.param("http://2130706433/x", id="decimal address"),
    pytest.param("http://0x7f.1/x", id="hexadecimal address"),
    pytest.param("http://0177.0.0.1/x", id="octal address"),
    pytest.param("http://[::1]/x", id="IPv6 loopback"),
    pytest.param("http://[::ffff:127.0.0.1]/x", id="mapped loopback"),
    pytest.param("http://localhost/x", id="a name for loopback"),
    pytest.param("http://user:pw@example.com/x", id="credentials"),
    pytest.param("http://example.com:8080/x", id="odd port"),
    pytest.param("https://example.com:80/x", id="the other scheme's port"),
    pytest.param("file:///etc/passwd", id="file"),
    pytest.param("gopher://example.com/", id="unknown scheme"),
    pytest.param("http:///x", id="no host"),
    pytest.param("http://[::1/x", id="broken"),
    pytest.param("http://name.invalid/x", id="no such name"),
]


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "::ffff:93.184.216.34"])
def test_public_addresses(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("url", URLS)
async def test_what_is_never_fetched(url: str) -> None:
    fetcher = Fetcher(["http://127.0.0.1:9/v1"], FetchLimits(total_s=3))
    try:
        with pytest.raises(UnscreenableError, match="could not be fetched") as refused:
            await fetcher.fetch("data[0].url", url)
    finally:
        await fetcher.close()
    assert refused.value.where == "data[0].url"


@pytest.mark.parametrize(
    ("host", "listed"),
    [
        ("cdn.example.com", True),
        ("CDN.example.com.", True),
        ("example.com", False),
        ("x.cdn.example.com", False),
        ("a.pictures.example", True),
        ("a.b.pictures.example", True),
        ("pictures.example", False),
        ("evilpictures.example", False),
    ],
)
async def test_only_listed_hosts_are_asked(host: str, listed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    async def resolve(self: object, name: str, port: int = 0, family: object = None) -> list[ResolveResult]:
        asked.append(name)
        raise OSError

    monkeypatch.setattr("guard.fetch._PublicOnly.resolve", resolve)
    fetcher = Fetcher([], FetchLimits(total_s=3), frozenset({"cdn.example.com", "*.pictures.example"}))
    try:
        with pytest.raises(UnscreenableError, match="could not be fetched"):
            await fetcher.fetch("image.url", f"https://{host}/a.png")
    finally:
        await fetcher.close()
    assert bool(asked) == listed


async def test_what_is_fetched_together_is_capped_together_and_each_upstream_opens_only_its_own_address() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 600\r\nconnection: close\r\n\r\n" + bytes(600))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    fetcher = Fetcher([url], FetchLimits(size_bytes=1000, all_bytes=1000, total_s=3))
    try:
        assert await fetcher.fetch_all([("a", f"{url}/1")]) == {"a": bytes(600)}
        with pytest.raises(UnscreenableError, match="too large together"):
            await fetcher.fetch_all([("a", f"{url}/1"), ("b", f"{url}/2")])
        assert await fetcher.fetch_all([("a", f"{url}/1")], f"{url}/v1") == {"a": bytes(600)}
        with pytest.raises(UnscreenableError, match="could not be fetched"):  # another provider names this one's private address
            await fetcher.fetch_all([("a", f"{url}/1")], "https://provider.example/v1")
    finally:
        await fetcher.close()
        server.close()
