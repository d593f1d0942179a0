"""Step 7: the upstream client. One session, fixed base URL, no redirects, no compression, nothing infinite.

aiohttp and not httpx2 on this path: 188 us against 1,321 us of CPU a request with 32 at once (docs/adr/0002-http-client.md).
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from guard.circuit import Circuit
from guard.errors import UpstreamError, UpstreamInvalidError, UpstreamTimeoutError, UpstreamUnreachableError

_AHEAD_BYTES = 1 << 20
_AHEAD_OF_A_STREAM_BYTES = 1 << 16
"""What is read ahead on one connection, twice over: a stream may have to wait, and hundreds of them wait together."""


class Auth(StrEnum):
    """How a provider takes its key: as `Authorization: Bearer`, or bare in a header of its own."""

    BEARER = "bearer"
    API_KEY = "api-key"
    X_GOOG_API_KEY = "x-goog-api-key"
    X_KEY = "x-key"
    NONE = "none"

    def header(self, key: str) -> tuple[str, str] | None:
        """The header that carries the key."""
        match self:
            case Auth.BEARER:
                return "Authorization", f"Bearer {key}"
            case Auth.NONE:
                return None
            case _:
                return self.value, key


@dataclass(frozen=True, slots=True)
class UpstreamLimits:
    """Time and size of one exchange, in seconds and bytes, and what is done when there is no answer.

    `retries` is how often a request is sent again after no connection could be made, or, for one that changes nothing (GET),
    after the connection broke before the answer began: never where the provider may have begun to draw. After `failures`
    exchanges in a row without an answer only one request in `rest_s` is sent; 0 means that all are.
    """

    connect_s: float = 5.0
    total_s: float = 300.0
    answer_bytes: int = 256_000_000
    connections: int = 512
    retries: int = 1
    failures: int = 10
    rest_s: float = 10.0


class UpstreamAnswer:
    """An answer whose head has arrived."""

    def __init__(self, response: aiohttp.ClientResponse, limit_bytes: int) -> None:
        self._response = response
        self._limit_bytes = limit_bytes
        self.status = response.status
        self.headers: list[tuple[bytes, bytes]] = [(name.lower(), value) for name, value in response.raw_headers]
        self.content_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()

    async def read(self) -> bytes:
        """The whole body; `UpstreamInvalidError` when truncated or beyond the cap."""
        declared = self._response.content_length
        if declared is not None and declared <= self._limit_bytes:
            with _upstream_errors():
                return await self._response.read()
        blocks = [block async for block in self.stream()]
        return b"".join(blocks)

    async def stream(self) -> AsyncIterator[bytes]:
        """The body as it comes, capped."""
        total = 0
        with _upstream_errors():
            async for block in self._response.content.iter_any():
                total += len(block)
                if total > self._limit_bytes:
                    raise UpstreamInvalidError(f"the upstream's answer is larger than {self._limit_bytes} bytes (GUARD_MAX_ANSWER_MB)")
                yield block


class Upstream:
    """The way to one provider.

    Args:
        base_url: what a route's path is appended to.
        api_key: the operator's key, or None for none.
        limits: caps.
        auth: how the key is sent.
    """

    def __init__(self, base_url: str, api_key: str | None, limits: UpstreamLimits, auth: Auth = Auth.BEARER) -> None:
        self.base_url = base_url.rstrip("/")
        self._api_key = api_key
        self._auth = auth
        self._limits = limits
        self._session: aiohttp.ClientSession | None = None
        self.circuit = Circuit(limits.failures, limits.rest_s, time.monotonic)

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._limits.connections, keepalive_timeout=30),
                auto_decompress=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
                timeout=aiohttp.ClientTimeout(total=self._limits.total_s, sock_connect=self._limits.connect_s),
                skip_auto_headers=("User-Agent", "Accept", "Content-Type"),
            )
            self._session._retry_connection = False  # what is sent again is said in `_ask` alone; aiohttp's own test client sets it too
        return self._session

    @asynccontextmanager
    async def exchange(
        self,
        method: str,
        path: str,
        headers: Iterable[tuple[str, str]],
        body: bytes | None,
        caller_key: str | None = None,
        host: str = "",
    ) -> AsyncIterator[UpstreamAnswer]:
        """Ask once; leaving the context before the end of the answer cancels it upstream.

        Args:
            method: HTTP method.
            path: the matched route's constant path below the base URL, such as `/images/generations`.
            headers: what the route's allow-list let through.
            body: the bytes that were screened, re-serialised.
            caller_key: is sent in place of the configured key (passthrough).
            host: another host of the same provider, asked in place of the base URL's.

        Raises:
            UpstreamUnreachableError, UpstreamTimeoutError, UpstreamInvalidError: before or while answering.
        """
        sent = CIMultiDict(headers)
        sent["Accept-Encoding"] = "identity"
        key = caller_key or self._api_key
        if key and (header := self._auth.header(key)):
            sent[header[0]] = header[1]
        response = await self._ask(method, _url(_at(self.base_url, host) + path), sent, body)
        try:
            if 300 <= response.status < 400:
                raise UpstreamInvalidError(f"the upstream answered with a redirect ({response.status}), which is never followed")
            if response.headers.get("content-encoding", "identity").lower() != "identity":
                raise UpstreamInvalidError("the upstream compressed its answer although it was asked not to")
            yield UpstreamAnswer(response, self._limits.answer_bytes)
        finally:
            if response.content.at_eof():
                response.release()
            else:
                response.close()

    async def _ask(self, method: str, url: URL, headers: CIMultiDict[str], body: bytes | None) -> aiohttp.ClientResponse:
        """The head of the answer, asked for again where that is safe."""
        if (wait_s := self.circuit.wait_s()) > 0:
            raise UpstreamUnreachableError(
                f"the upstream did not answer {self.circuit.in_a_row} times in a row; asked again in {wait_s:.0f} s"
            )
        left = self._limits.retries
        while True:
            try:
                with _upstream_errors():
                    response = await self._open().request(
                        method, url, headers=headers, data=body, allow_redirects=False, read_bufsize=_ahead_bytes(headers)
                    )
            except (UpstreamUnreachableError, UpstreamTimeoutError) as error:
                if left > 0 and _changed_nothing(method, error):
                    left -= 1
                    continue
                self.circuit.failed()
                raise
            self.circuit.answered()
            return response

    async def close(self) -> None:
        """End the session and its connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None


def _changed_nothing(method: str, error: UpstreamError) -> bool:
    """Whether the provider cannot have begun to do what it was asked for."""
    if isinstance(error, UpstreamTimeoutError):
        return False
    return method == "GET" or isinstance(error.__cause__, aiohttp.ClientConnectorError)


def _at(base_url: str, host: str) -> str:
    """The base URL at another host, if that belongs to the same provider."""
    own = base_url.split("/")[2]
    return base_url.replace(own, host, 1) if host and host.split(".")[-2:] == own.split(".")[-2:] else base_url


def _ahead_bytes(headers: CIMultiDict[str]) -> int:
    return _AHEAD_OF_A_STREAM_BYTES if headers.get("accept") == "text/event-stream" else _AHEAD_BYTES


@lru_cache(256)
def _url(text: str) -> URL:
    """The URL as it stands: nothing in it is quoted anew, so what was checked is what is asked."""
    return URL(text, encoded=True)


class _upstream_errors:  # noqa: N801 - used as a context manager, like contextlib.suppress
    """aiohttp's errors as ours."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if error is None:
            return
        match error:
            case asyncio.TimeoutError():
                raise UpstreamTimeoutError("the upstream did not answer in time") from error
            case aiohttp.ClientPayloadError() | aiohttp.http_exceptions.HttpProcessingError():
                raise UpstreamInvalidError("the upstream's answer broke off") from error
            case aiohttp.ClientResponseError():
                raise UpstreamInvalidError("the upstream's answer is not HTTP") from error
            case aiohttp.ClientError() | OSError():
                raise UpstreamUnreachableError("the upstream cannot be reached") from error
