"""Step 7: the upstream client. One session, fixed base URL, no redirects, no compression, nothing infinite.

aiohttp and not httpx2 on this path: 188 us against 1,321 us of CPU a request with 32 at once (docs/adr/0002-http-client.md).
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from guard.errors import UpstreamInvalidError, UpstreamTimeoutError, UpstreamUnreachableError

_BLOCK_BYTES = 1 << 16


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
    """Time and size of one exchange; seconds and bytes."""

    connect_s: float = 5.0
    total_s: float = 300.0
    answer_bytes: int = 256_000_000
    connections: int = 512


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

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._limits.connections, keepalive_timeout=30),
                auto_decompress=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
                timeout=aiohttp.ClientTimeout(total=self._limits.total_s, sock_connect=self._limits.connect_s),
                skip_auto_headers=("User-Agent", "Accept", "Content-Type"),
                read_bufsize=1 << 20,
            )
        return self._session

    @asynccontextmanager
    async def exchange(
        self,
        method: str,
        path: str,
        headers: Iterable[tuple[str, str]],
        body: bytes | None,
        caller_key: str | None = None,
    ) -> AsyncIterator[UpstreamAnswer]:
        """Ask once; leaving the context before the end of the answer cancels it upstream.

        Args:
            method: HTTP method.
            path: the matched route's constant path below the base URL, such as `/images/generations`.
            headers: what the route's allow-list let through.
            body: the bytes that were screened, re-serialised.
            caller_key: is sent in place of the configured key (passthrough).

        Raises:
            UpstreamUnreachableError, UpstreamTimeoutError, UpstreamInvalidError: before or while answering.
        """
        sent = CIMultiDict(headers)
        sent["Accept-Encoding"] = "identity"
        key = caller_key or self._api_key
        if key and (header := self._auth.header(key)):
            sent[header[0]] = header[1]
        with _upstream_errors():
            response = await self._open().request(method, _url(self.base_url + path), headers=sent, data=body, allow_redirects=False)
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

    async def close(self) -> None:
        """End the session and its connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None


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
