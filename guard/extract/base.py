"""What every dialect is made of: routes, what was read from a request, what was read from an answer, and refusals.

A dialect is one file with a table of `Route`s (each with the functions that read its requests, answers and events) and
two functions that write refusals in the provider's own shape. It knows nothing of sockets, policies or people.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType

import orjson

from guard.errors import UnscreenableError, UpstreamInvalidError
from guard.extract.sse import KEEP_ALIVE, Event
from guard.types import Picture, Stage, Text

JSON_TYPE = "application/json"
MULTIPART_TYPE = "multipart/form-data"
STREAM_TYPE = "text/event-stream"

Headers = list[tuple[bytes, bytes]]
"""Raw header pairs as ASGI has them: names in lower case."""

NO_LINKS: Mapping[str, str] = MappingProxyType({})


class Kind(StrEnum):
    """`screen`: read, decide, record, forward. `pass`: nothing in it can depict a person, forward with the constant path.
    `list`: forward, and let the caller see what is its own. `refuse`: a call that is known and not offered; the notes say why."""

    SCREEN = "screen"
    PASS = "pass"  # noqa: S105 - a verb, not a password
    LIST = "list"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Limits:
    """Caps on what is read, and what the operator lists although it is refused by default.

    `models` are names that embody people, `tools` tool types that reach beyond the request (`web_search`, `mcp` ...).
    `ledger` says that ids of stored state are let through to `Generation.stored`, because the caller of the reader looks
    each of them up; without it they are refused here. `remote` does the same for URLs of pictures and `Generation.remote`.
    """

    max_pixels: int = 50_000_000
    max_frames: int = 64
    max_pictures: int = 64
    max_text_bytes: int = 4_000_000
    max_event_bytes: int = 64_000_000
    models: frozenset[str] = frozenset()
    tools: frozenset[str] = frozenset()
    ledger: bool = False
    remote: bool = False


@dataclass(frozen=True, slots=True)
class Generation:
    """A screened request as it was read: what to look at, and how to write it again.

    `texts` and `pictures` are in the order of the request. `rebuild` gives content type and body from exactly the tree
    that was read. `fields` gives (place, JSON text) of every leaf but pictures, for the request digest (CONTRACT.md, Terms).
    `stored` lists (place, id) of state at the provider that the request points at; what is not in the ledger is refused.
    `remote` lists (place, URL) of pictures that the request only points at; `with_fetched` puts their bytes in place.
    `amend` is `rebuild` with top-level fields set (to a value as text) or left out (None), as a policy's `force` and `strip` ask.
    `owned` lists (place, id) of what must be the caller's own, without a look at what is behind it. `lines` are the requests that
    this one carries to be made later; `serves`, where it is set, is the one use (`batch`) for which others may point at its answer's id.
    """

    route: "Route"
    model: str | None
    texts: tuple[Text, ...]
    pictures: tuple[Picture, ...]
    stream: bool
    n: int
    rebuild: Callable[[], tuple[str, bytes]]
    fields: Callable[[], list[tuple[str, str]]]
    stored: tuple[tuple[str, str], ...] = ()
    amend: "Callable[[Mapping[str, str | None]], tuple[str, bytes]] | None" = None
    remote: tuple[tuple[str, str], ...] = ()
    inline: "Callable[[Mapping[str, bytes]], Generation] | None" = None
    owned: tuple[tuple[str, str], ...] = ()
    lines: "tuple[Generation, ...]" = ()
    serves: str = ""

    def with_fetched(self, fetched: Mapping[str, bytes]) -> "Generation":
        """The same request with the pictures of `remote` in it instead of their URLs."""
        if self.inline is None:
            raise UnscreenableError("A picture cannot be put in place of its URL here.", self.remote[0][0] if self.remote else None)
        return self.inline(fetched)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, or one event of a stream, as it was read.

    `remote` lists (place, URL) of pictures the answer only points at: fetch them and give the bytes to `with_fetched`, or
    treat the answer as unscreenable. `final` is False for an event that a later one repeats or completes (a partial image,
    a piece of text). `linked`, where it is set, writes the answer with the places the client must go to next under a base URL
    (`https://host/prefix`, no slash at the end). `issued` lists ids (and digests of sealed state) that a later request may point at, for the ledger.
    `film` says that the body is a video, whose frames must be looked at before it is released (`with_frames`).
    `partial` says that an event only shows a picture on its way. `listed` are the ids on a page of a list: `only` writes the page with some of them, `more` says that another page follows.
    """

    texts: tuple[Text, ...]
    pictures: tuple[Picture, ...]
    body: bytes
    content_type: str = JSON_TYPE
    remote: tuple[tuple[str, str], ...] = ()
    error: bool = False
    final: bool = True
    issued: tuple[str, ...] = ()
    inline: "Callable[[Mapping[str, bytes], Mapping[str, str], Limits], Answer] | None" = None
    linked: "Callable[[str], Answer] | None" = None
    listed: tuple[str, ...] = ()
    only: "Callable[[Collection[str]], bytes] | None" = None
    more: bool = False
    film: bool = False
    partial: bool = False

    def release(self) -> bytes:
        """The bytes for the caller: the upstream's own, which parsed strictly."""
        if self.remote:
            raise UnscreenableError("The answer points at a picture that was not fetched.", self.remote[0][0])
        if self.linked:
            raise UnscreenableError("The answer sends the client past the gateway.")
        if self.only:
            raise UnscreenableError("The answer lists things of others.")
        if self.film:
            raise UnscreenableError("The answer is a video whose frames were not looked at.")
        return self.body

    def with_frames(self, frames: Iterable[Picture]) -> "Answer":
        """The same answer with the frames of its video to look at."""
        return replace(merged(self, (), frames), film=False)

    def with_fetched(self, fetched: Mapping[str, bytes], limits: Limits, links: Mapping[str, str] = NO_LINKS) -> "Answer":
        """The same answer with the pictures of `remote` looked at: at their places `links` of the gateway, or the pictures in base64."""
        if self.inline is None:
            raise UnscreenableError(
                "A picture of this answer cannot be put in place of its URL.", self.remote[0][0] if self.remote else None
            )
        return self.inline(fetched, links, limits)


@dataclass(frozen=True, slots=True)
class Target:
    """A request line that matched a route: where it goes upstream, and the parameters of its path.

    `host` is another host of the same provider, where one of its answers sent the client.
    """

    route: "Route"
    dialect: "Dialect"
    prefix: str
    path: str
    query: str
    params: Mapping[str, str]
    content_type: str
    host: str = ""

    @property
    def path_and_query(self) -> str:
        """What to append to the upstream's base URL; made of constants and checked values only."""
        return f"{self.path}?{self.query}" if self.query else self.path


ReadRequest = Callable[[Target, bytes, Limits], Generation]
ReadAnswer = Callable[[int, str, bytes, Limits], Answer]
ReadEvent = Callable[[Event, Limits], Answer]


@dataclass(frozen=True, slots=True)
class Route:
    """One call of a provider that the guard knows.

    `path` is below the base URL and constant but for `{name}` segments, which `params` holds to a pattern (full match,
    no slash). `query` names the query keys let through. `answer` and `event` are None on `pass` routes, and so is `read`
    unless the path names something kept at the provider, which must be the caller's own. `shape` is
    the reader of the body (`fields.Reader`), from which the reference page of routes is made. `issues` says that answers hand
    out ids or ways that the client needs later, so that they are read even where the policy looks at no answer. `refusal` and
    `error_frame` take the place of the dialect's where the provider refuses this call in another shape. `hosts` is the pattern
    of the provider's other hosts that the query may name as `host`. `unstreamed` is the refusal where a stream comes as one list,
    because the query does not ask for events (`alt=sse`).
    """

    name: str
    method: str
    path: str
    kind: Kind = Kind.SCREEN
    content_types: tuple[str, ...] = ()
    query: frozenset[str] = frozenset()
    params: Mapping[str, str] = field(default_factory=dict)
    read: ReadRequest | None = None
    answer: ReadAnswer | None = None
    event: ReadEvent | None = None
    shape: Callable[..., object] | None = None
    issues: bool = False
    notes: str = ""
    refusal: "Callable[[Refusal], Reply] | None" = None
    error_frame: "Callable[[Refusal], bytes] | None" = None
    hosts: str = ""
    unstreamed: "Callable[[Refusal], Reply] | None" = None


class Refused(StrEnum):
    """Why a caller does not get what they asked for; each dialect writes each in its provider's shape."""

    REFUSE = "refuse"
    HOLD = "hold"
    UNSCREENABLE = "unscreenable"
    UNAVAILABLE = "unavailable"
    UNAUTHORIZED = "unauthorized"
    UPSTREAM_INVALID = "upstream_invalid"
    UPSTREAM_UNREACHABLE = "upstream_unreachable"
    UPSTREAM_TIMEOUT = "upstream_timeout"
    THROTTLED = "throttled"


LATER = frozenset({Refused.UNAVAILABLE, Refused.THROTTLED})
"""After these the client may try again, once `Refusal.retry_after_s` is over."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal before it has a shape. `category` and `rule` are the public classes, never names of people or rules."""

    why: Refused
    decision_id: str | None = None
    stage: Stage = Stage.INPUT
    category: str = "likeness"
    rule: str = ""
    param: str | None = None
    message: str | None = None
    status: int = 400
    retry_after_s: int = 1

    @classmethod
    def unscreenable(cls, error: UnscreenableError, decision_id: str | None = None, stage: Stage = Stage.INPUT) -> "Refusal":
        """The refusal that an UnscreenableError becomes."""
        return cls(Refused.UNSCREENABLE, decision_id, stage, "unscreenable", "unscreenable", error.where, str(error), error.status)


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer of the guard's own. The gateway adds `x-request-id`, `x-guard-decision` and `x-guard-outcome`."""

    status: int
    headers: Headers
    body: bytes


@dataclass(frozen=True, slots=True)
class Dialect:
    """A provider's way to talk: its routes, its refusals, and which headers travel.

    `refusal` writes a whole reply, `error_frame` one frame of a stream that the provider's clients raise on. `families`
    maps the first path segments of calls that exist and are refused to the reason shown. `accepts` are values of `accept`
    that the dialect can read the answers of, besides JSON and streams. `keep_alive` is what its clients skip in a stream.
    """

    name: str
    routes: tuple[Route, ...]
    refusal: Callable[[Refusal], Reply]
    error_frame: Callable[[Refusal], bytes]
    request_headers: frozenset[bytes] = frozenset()
    response_headers: frozenset[bytes] = frozenset()
    response_prefixes: tuple[bytes, ...] = (b"x-ratelimit-",)
    families: Mapping[str, str] = field(default_factory=dict)
    accepts: frozenset[bytes] = frozenset()
    keep_alive: bytes = KEEP_ALIVE

    def speaking(self, route: Route) -> "Dialect":
        """The dialect with the refusals of one of its calls."""
        if route.refusal is None and route.error_frame is None:
            return self
        return replace(self, refusal=route.refusal or self.refusal, error_frame=route.error_frame or self.error_frame)

    def forwarded(self, headers: Headers, stream: bool) -> Headers:
        """The request headers that go upstream; the caller of this adds host, length, content type and its own credentials."""
        kept = [(name, value) for name, value in headers if name in self.request_headers]
        wanted = next((value for name, value in headers if name == b"accept" and value in self.accepts), None)
        accept = wanted or (STREAM_TYPE if stream else JSON_TYPE).encode()
        return [*kept, (b"accept", accept), (b"accept-encoding", b"identity")]

    def returned(self, headers: Iterable[tuple[bytes, bytes]], *, refused: bool = False) -> Headers:
        """The upstream's headers that go to the caller. A refusal never tells the client to try again."""
        pairs = [(name.lower(), value) for name, value in headers]
        kept = [(name, value) for name, value in pairs if name in self.response_headers or name.startswith(self.response_prefixes)]
        return [(name, value) for name, value in kept if not (refused and name == b"x-should-retry")]


def reply(status: int, body: object, *headers: tuple[bytes, bytes]) -> Reply:
    """A JSON reply."""
    return Reply(status, [(b"content-type", b"application/json"), *headers], orjson.dumps(body))


def check_media_type(content_type: str, *wanted: str) -> None:
    """Refuse an answer of another type than the dialect gives."""
    bare = content_type.partition(";")[0].strip().lower()
    if bare not in wanted:
        raise UpstreamInvalidError(f"The upstream answered with the type {bare[:64] or 'none'!r} instead of {' or '.join(wanted)}.")


def merged(answer: Answer, texts: Iterable[Text], pictures: Iterable[Picture]) -> Answer:
    """The answer with more to look at."""
    return replace(answer, texts=(*answer.texts, *texts), pictures=(*answer.pictures, *pictures))
