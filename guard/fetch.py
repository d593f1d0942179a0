"""Pictures that a request or an answer only points at: fetched once by the guard, screened, and sent on as bytes.

A URL is parsed once, by the reader that connects (another one takes `①②⑦.0.0.1` for a name). The address that was checked is the
address that is connected to (the resolver's answer is filtered, so a second look-up cannot change it). Only public addresses, and
the upstream's own host and port; no redirects, no credentials, no proxies.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from guard.errors import UnscreenableError

_SCHEMES = {"http": 80, "https": 443}
Origin = tuple[str, str, int]
"""Scheme, host and port."""

_TRANSLATED = (ipaddress.IPv6Network("::/96"), ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/48"))
"""IPv4-compatible (RFC 4291) and NAT64 (RFC 6052, RFC 8215): behind them lies any IPv4 address, private ones included."""


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """Caps on one fetch, and on the bytes of all that are fetched together; bytes and seconds."""

    size_bytes: int = 64_000_000
    all_bytes: int = 256_000_000
    total_s: float = 30.0


class _PublicOnly(AbstractResolver):
    """Resolves as the system does and keeps only public addresses."""

    def __init__(self) -> None:
        self._system = ThreadedResolver()

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET) -> list[ResolveResult]:
        """Raises OSError when no public address is left, as for a name that does not exist."""
        found = await self._system.resolve(host, port, family)
        public = [result for result in found if is_public(result["host"])]
        if not public:
            raise OSError(None, "the name has no public address")
        return public

    async def close(self) -> None:
        """Nothing is held."""
        await self._system.close()


def is_public(address: str) -> bool:
    """Whether an IP address is one that anybody on the internet may ask; mapped and translated forms are unwrapped."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if any(ip in network for network in _TRANSLATED):
            return False
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast


class Fetcher:
    """Fetches pictures by URL.

    Args:
        upstream_urls: base URLs of the configured upstreams; their own scheme, host and port are trusted as they are.
        limits: caps.
        hosts: when given, the only hosts that are asked; `*.example.com` is every host below it.
    """

    def __init__(self, upstream_urls: Sequence[str], limits: FetchLimits, hosts: frozenset[str] | None = None) -> None:
        self._hosts = hosts
        self._trusted = {_origin(URL(url)) for url in upstream_urls}
        self._limits = limits
        self._sessions: dict[bool, aiohttp.ClientSession] = {}

    async def fetch_all(self, remote: Sequence[tuple[str, str]], upstream_url: str | None = None) -> dict[str, bytes]:
        """Place to bytes for every (place, URL); raises `UnscreenableError` naming the place that failed.

        `upstream_url` is the base URL of the upstream that names them: one provider's word opens no other's private address.
        """
        trusted = self._trusted if upstream_url is None else self._trusted & {_origin(URL(upstream_url))}
        budget = _Budget(self._limits.all_bytes)
        fetched = await asyncio.gather(*(self.fetch(where, url, trusted, budget) for where, url in remote))
        return {where: data for (where, _), data in zip(remote, fetched, strict=True)}

    async def fetch(self, where: str, url: str, origins: AbstractSet[Origin] | None = None, budget: "_Budget | None" = None) -> bytes:
        """The bytes behind a URL; `origins` are trusted as they are, by default those of all upstreams."""
        try:
            parsed = _parsed(url)
            trusted = _origin(parsed) in (self._trusted if origins is None else origins)
            self._check(parsed, trusted)
            async with self._session(trusted).get(parsed, allow_redirects=False, headers={"Accept-Encoding": "identity"}) as answer:
                if answer.status != 200 or answer.headers.get("content-encoding", "identity") != "identity":
                    raise UnscreenableError(f"The picture could not be fetched (status {answer.status}).", where)
                blocks: list[bytes] = []
                size = 0
                async for block in answer.content.iter_any():
                    size += len(block)
                    if size > self._limits.size_bytes:
                        raise UnscreenableError(f"The picture is larger than {self._limits.size_bytes} bytes.", where)
                    if budget is not None:
                        budget.spend(len(block), where)
                    blocks.append(block)
                return b"".join(blocks)
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            raise UnscreenableError("The picture could not be fetched.", where) from error

    def _check(self, url: URL, trusted: bool) -> None:
        host = url.raw_host
        if url.raw_user is not None or url.raw_password is not None or not host:
            raise ValueError("a URL with credentials or without a host")
        if trusted:
            return
        if url.scheme not in _SCHEMES or url.port != _SCHEMES[url.scheme]:
            raise ValueError("only http and https on their own ports")
        if self._hosts is not None and not _listed(host, self._hosts):
            raise ValueError("not a host that is listed")
        if _is_address(host) and not is_public(host):
            raise ValueError("not a public address")

    def _session(self, trusted: bool) -> aiohttp.ClientSession:
        if trusted not in self._sessions:
            connector = aiohttp.TCPConnector(resolver=None if trusted else _PublicOnly(), limit=32)
            self._sessions[trusted] = aiohttp.ClientSession(
                connector=connector,
                auto_decompress=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
                timeout=aiohttp.ClientTimeout(total=self._limits.total_s, sock_connect=5),
            )
        return self._sessions[trusted]

    async def close(self) -> None:
        """End all sessions."""
        for session in self._sessions.values():
            await session.close()


class _Budget:
    """Bytes that several fetches share."""

    def __init__(self, left_bytes: int) -> None:
        self._left_bytes = left_bytes

    def spend(self, size_bytes: int, where: str) -> None:
        """Take some; raises when there is none left."""
        self._left_bytes -= size_bytes
        if self._left_bytes < 0:
            raise UnscreenableError("The pictures behind URLs are too large together.", where)


def _listed(host: str, hosts: frozenset[str]) -> bool:
    """Whether a host is listed itself or lies below a `*.` that is; the dot at the end of a full name does not count."""
    labels = host.lower().removesuffix(".").split(".")
    return ".".join(labels) in hosts or any(f"*.{'.'.join(labels[n:])}" in hosts for n in range(1, len(labels)))


def _is_address(host: str) -> bool:
    """Whether a host is an IP address in any of the forms that a system resolver accepts (decimal, octal, hex)."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        try:
            socket.inet_aton(host)
        except OSError:
            return False
        raise ValueError("an IP address in an unusual form") from None
    return True


def _parsed(url: str) -> URL:
    """The URL as it stands; what two readers may read differently is none."""
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise ValueError("a URL with characters that do not belong into one")
    return URL(url, encoded=True)


def _origin(url: URL) -> Origin:
    return url.scheme, (url.raw_host or "").lower(), url.port or 0
