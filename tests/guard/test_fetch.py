"""Which addresses a picture may come from."""

import asyncio
import socket

import pytest
from aiohttp.abc import ResolveResult

from guard.errors import UnscreenableError
from guard.fetch import Fetcher, FetchLimits, is_public

PRIVATE = [
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255",
    "::1", "::", "fe80::1", "fc00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::", "64:ff9b:1::1", "::7f00:1", "::10.0.0.1", "fe80::1%eth0",
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
    pytest.param("http://①②⑦.0.0.1/x", id="digits in circles"),
    pytest.param("http://127。0。0。1/x", id="ideographic full stops"),
    pytest.param("http://ⓛocalhost/x", id="a letter in a circle"),
    pytest.param("http://0/x", id="zero"),
    pytest.param("http://127.1/x", id="a short address"),
    pytest.param("http://127.0.0.1./x", id="an address with a dot behind"),
    pytest.param("http://localhost./x", id="a full name for loopback"),
    pytest.param("http://[::ffff:7f00:1]/x", id="mapped loopback in hexadecimal"),
    pytest.param("http://[::127.0.0.1]/x", id="compatible loopback"),
    pytest.param("http://[64:ff9b::7f00:1]/x", id="translated loopback"),
    pytest.param("http://[fe80::1%25lo]/x", id="a zone"),
    pytest.param("http://169.254.169.254/latest/meta-data/", id="a cloud's own service"),
    pytest.param("http://example.com\\@127.0.0.1/x", id="a backslash"),
    pytest.param("http://1.1.1.1 @127.0.0.1/x", id="a space"),
    pytest.param("http://127.0.0.1\t/x", id="a tab"),
    pytest.param("http://%31%32%37.0.0.1/x", id="encoded digits"),
    pytest.param("http://@127.0.0.1/x", id="empty credentials"),
    pytest.param("ftp://example.com/x", id="ftp"),
    pytest.param("data:image/png;base64,AAAA", id="a data URL"),
    pytest.param("//example.com/x", id="no scheme"),
    pytest.param("", id="nothing"),
]


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "::ffff:93.184.216.34"])
def test_public_addresses(address: str) -> None:
    assert is_public(address)


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that a connection to was tried; none is made."""
    addresses: list[str] = []

    async def connect(*, addr_infos: list[tuple[object, ...]], **_: object) -> socket.socket:
        addresses.extend(str(info[4][0]) for info in addr_infos)  # type: ignore[index]
        raise OSError("not today")

    monkeypatch.setattr("aiohttp.connector.aiohappyeyeballs.start_connection", connect)
    return addresses


@pytest.mark.parametrize("url", URLS)
async def test_what_is_never_fetched(url: str, tried: list[str]) -> None:
    fetcher = Fetcher(["http://127.0.0.1:9/v1"], FetchLimits(total_s=3))
    try:
        with pytest.raises(UnscreenableError, match="could not be fetched") as refused:
            await fetcher.fetch("data[0].url", url)
    finally:
        await fetcher.close()
    assert (refused.value.where, tried) == ("data[0].url", [])


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


class Names:
    """A resolver that says what it is told, a thing a time; the last thing for ever."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def resolve(self, host: str, port: int = 0, family: object = None) -> list[ResolveResult]:
        self.asked += 1
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [ResolveResult(hostname=host, host=address, port=port, family=socket.AF_INET, proto=0, flags=0) for address in found]

    async def close(self) -> None:
        return None


async def fetched(names: Names, monkeypatch: pytest.MonkeyPatch, times: int = 1) -> None:
    monkeypatch.setattr("guard.fetch.ThreadedResolver", lambda: names)
    fetcher = Fetcher([], FetchLimits(total_s=3))
    try:
        for _ in range(times):
            with pytest.raises(UnscreenableError, match="could not be fetched"):
                await fetcher.fetch("image", "http://pictures.example/a.png")
    finally:
        await fetcher.close()


async def test_a_name_that_leads_to_private_addresses_is_never_connected_to(monkeypatch: pytest.MonkeyPatch, tried: list[str]) -> None:
    names = Names(["127.0.0.1", "10.0.0.1", "::1"])
    await fetched(names, monkeypatch)
    assert (tried, names.asked) == ([], 1)


async def test_of_public_and_private_addresses_only_the_public_are_connected_to(monkeypatch: pytest.MonkeyPatch, tried: list[str]) -> None:
    await fetched(Names(["127.0.0.1", "93.184.216.34"]), monkeypatch)
    assert set(tried) == {"93.184.216.34"}


async def test_a_name_that_changes_its_mind_gains_nothing(monkeypatch: pytest.MonkeyPatch, tried: list[str]) -> None:
    await fetched(Names(["93.184.216.34"], ["127.0.0.1"]), monkeypatch, times=3)
    assert set(tried) == {"93.184.216.34"}


HEADS = [
    pytest.param(b"302 Found\r\nlocation: http://127.0.0.1/x", b"", id="a redirect"),
    pytest.param(b"301 Moved\r\nlocation: file:///etc/passwd", b"", id="a redirect to a file"),
    pytest.param(b"404 Not Found", b"x", id="no such thing"),
    pytest.param(b"200 OK\r\ncontent-encoding: gzip", b"x", id="packed"),
    pytest.param(b"200 OK\r\ncontent-length: 9", b"x", id="cut short"),
    pytest.param(b"200 OK", bytes(2000), id="without an end"),
]


@pytest.mark.parametrize(("head", "body"), HEADS)
async def test_what_is_no_plain_answer_of_a_decent_size_is_no_picture(head: bytes, body: bytes) -> None:
    asked: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 " + head + b"\r\nconnection: close\r\n\r\n" + body)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    fetcher = Fetcher([url], FetchLimits(size_bytes=1000, total_s=3))
    try:
        with pytest.raises(UnscreenableError) as refused:
            await fetcher.fetch("image", f"{url}/a.png")
    finally:
        await fetcher.close()
        server.close()
    assert (refused.value.where, len(asked)) == ("image", 1)
    assert b"cookie" not in asked[0].lower()
    assert b"authorization" not in asked[0].lower()


async def test_a_host_that_says_nothing_is_waited_for_only_so_long() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(3)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    fetcher = Fetcher([url], FetchLimits(total_s=0.2))
    try:
        with pytest.raises(UnscreenableError, match="could not be fetched"):
            await fetcher.fetch("image", f"{url}/a.png")
    finally:
        await fetcher.close()
        server.close()
