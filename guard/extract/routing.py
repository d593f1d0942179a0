"""From a raw request line and raw headers to a route, with no decoding that another reader might do differently.

A path matches byte for byte or not at all: no percent-decoding, no dot segments, no doubled slashes, no case folding.
What goes upstream is the route's own constant path. The query is rebuilt from the keys that the route allows.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from guard.errors import UnscreenableError
from guard.extract.base import Dialect, Headers, Kind, Route, Target

_QUERY_VALUE = re.compile(r"[A-Za-z0-9._~-]{0,256}")
_LIST_KEY = re.compile(r"%5B%5D$", re.IGNORECASE)
"""How clients write the end of a key that may come more than once."""
_SINGLE = frozenset(
    {b"content-type", b"content-length", b"transfer-encoding", b"content-encoding", b"authorization", b"host", b"idempotency-key",
     b"x-guard-purpose", b"x-guard-jurisdiction", b"x-guard-attestation", b"api-key", b"x-api-key", b"x-goog-api-key", b"x-key"}
)  # fmt: skip
_BODY = frozenset({"POST", "PUT", "PATCH"})
_MEDIA_TYPE = re.compile(r"([a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+)[ \t]*(;.*)?", re.IGNORECASE | re.DOTALL)
_JSON_PARAMETERS = re.compile(r"(;[ \t]*(charset[ \t]*=[ \t]*\"?utf-8\"?)?[ \t]*)?", re.IGNORECASE)

Mounts = Mapping[str, Dialect]
"""Path prefix (`/v1`) to the dialect spoken under it."""


class Router:
    """All routes of all mounted dialects; built once, then only read."""

    def __init__(self, mounts: Mounts) -> None:
        self._mounts = sorted(mounts.items(), key=lambda mount: -len(mount[0]))
        self._constant: dict[bytes, dict[str, tuple[str, Dialect, Route]]] = {}
        self._patterns: list[tuple[re.Pattern[str], str, Dialect, Route]] = []
        for prefix, dialect in self._mounts:
            for route in dialect.routes:
                spoken = dialect.speaking(route)
                if "{" in route.path:
                    self._patterns.append((_pattern(prefix, route), prefix, spoken, route))
                else:
                    self._constant.setdefault((prefix + route.path).encode(), {})[route.method] = (prefix, spoken, route)

    def dialect(self, raw_path: bytes) -> Dialect | None:
        """Whose refusals a path gets: the dialect mounted there, whether or not it knows the path."""
        for prefix, dialect in self._mounts:
            if raw_path.startswith(prefix.encode() + b"/") or raw_path == prefix.encode():
                return dialect
        return None

    def match(self, method: str, raw_path: bytes, query: bytes, headers: Headers) -> Target:
        """The route of a request, with its headers checked.

        Args:
            raw_path: the path as it stood in the request line, without the query.
            query: the raw query without `?`.

        Raises:
            UnscreenableError: status 404 (no such route), 405, 415 (type or encoding), 426 (WebSocket), 400 (headers or
                query that two readers may read differently).
        """
        _check_headers(headers)
        prefix, dialect, route, params = self._find(method, raw_path)
        if route.kind is Kind.REFUSE:
            raise UnscreenableError(route.notes, None, 404)
        content_type = _content_type(route, method, headers)
        path = route.path.format_map(params) if params else route.path
        asked = _query(route, query)
        host = _host(route, asked.pop("host", [""])[0]) if route.hosts else ""
        if route.unstreamed is not None and asked.get("alt") != ["sse"]:
            dialect = replace(dialect, refusal=route.unstreamed)
        rest = "&".join(f"{key}={value}" for key, values in asked.items() for value in values)
        return Target(route, dialect, prefix, path, rest, params, content_type, host)

    def _find(self, method: str, raw_path: bytes) -> tuple[str, Dialect, Route, dict[str, str]]:
        methods = self._constant.get(raw_path)
        if methods is not None and method in methods:
            return (*methods[method], {})
        allowed = set(methods or ())
        text = raw_path.decode("ascii", "replace")
        for pattern, prefix, dialect, route in self._patterns:
            if found := pattern.fullmatch(text):
                if route.method == method:
                    return prefix, dialect, route, found.groupdict()
                allowed.add(route.method)
        if allowed:
            raise UnscreenableError(f"The method {method[:16]} is not allowed here; allowed: {', '.join(sorted(allowed))}.", None, 405)
        raise UnscreenableError(self._unknown(text), None, 404)

    def _unknown(self, path: str) -> str:
        for prefix, dialect in self._mounts:
            if path.startswith(prefix + "/"):
                family = path[len(prefix) + 1 :].partition("/")[0]
                if reason := dialect.families.get(family):
                    return reason
        return "The guard does not know this route, and it forwards nothing that it cannot screen."


def _pattern(prefix: str, route: Route) -> re.Pattern[str]:
    pieces = re.split(r"\{(\w+)\}", route.path)
    body = "".join(f"(?P<{piece}>{route.params[piece]})" if index % 2 else re.escape(piece) for index, piece in enumerate(pieces))
    return re.compile(re.escape(prefix) + body)


def _check_headers(headers: Sequence[tuple[bytes, bytes]]) -> None:
    seen: dict[bytes, bytes] = {}
    for raw_name, value in headers:
        name = raw_name.lower()
        if name in _SINGLE:
            if name in seen:
                raise UnscreenableError(f"The header {name.decode()} is given more than once.", name.decode())
            seen[name] = value
        elif name == b"upgrade" and value.strip().lower() not in (b"h2c", b""):
            raise UnscreenableError("WebSocket and other upgrades cannot be screened; use HTTP.", None, 426)
    if b"content-length" in seen and b"transfer-encoding" in seen:
        raise UnscreenableError("Content-Length together with Transfer-Encoding is ambiguous.", "transfer-encoding")
    if seen.get(b"transfer-encoding", b"chunked").strip().lower() != b"chunked":
        raise UnscreenableError("The only Transfer-Encoding understood is chunked.", "transfer-encoding")
    if seen.get(b"content-encoding", b"identity").strip().lower() != b"identity":
        raise UnscreenableError("Compressed bodies are not read; send the body without Content-Encoding.", "content-encoding", 415)


def _content_type(route: Route, method: str, headers: Headers) -> str:
    given = next((value for name, value in headers if name.lower() == b"content-type"), None)
    if method not in _BODY or not route.content_types:
        return ""
    if given is None:
        raise UnscreenableError(f"A Content-Type is needed: {' or '.join(route.content_types)}.", "content-type", 415)
    found = _MEDIA_TYPE.fullmatch(given.decode("latin-1").strip())
    media_type = found.group(1).lower() if found else ""
    if found is None or media_type not in route.content_types:
        raise UnscreenableError(f"The Content-Type must be {' or '.join(route.content_types)}.", "content-type", 415)
    if media_type == "application/json" and not _JSON_PARAMETERS.fullmatch(found.group(2) or ""):
        raise UnscreenableError("JSON is read as UTF-8 only.", "content-type", 415)
    return found.group(0)


def _query(route: Route, query: bytes) -> dict[str, list[str]]:
    kept: dict[str, list[str]] = {}
    for pair in query.decode("latin-1").split("&") if query else ():
        key, _, value = pair.partition("=")
        key = _LIST_KEY.sub("[]", key)
        if key not in route.query:
            raise UnscreenableError("This query parameter is not known here, and what is not known is not forwarded.", key[:64] or "query")
        if (key in kept and not key.endswith("[]")) or not _QUERY_VALUE.fullmatch(value):
            raise UnscreenableError("This query parameter is given twice or has characters that are not allowed.", key)
        kept.setdefault(key, []).append(value)
    return kept


def _host(route: Route, host: str) -> str:
    if host and not re.fullmatch(route.hosts, host):
        raise UnscreenableError("This is no host of the provider.", "host")
    return host


def body_expected(route: Route) -> bool:
    """Whether a request of this route has a body at all; others must come without one."""
    return route.kind is Kind.SCREEN or bool(route.content_types)
