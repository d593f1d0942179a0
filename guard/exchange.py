"""What comes into the pipeline and what goes out of it, and the small parts of an answer's head and body."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from guard.decide.policy import Policy
from guard.examine import Examined
from guard.extract.base import Generation, Headers, Target
from guard.forward import UpstreamAnswer
from guard.ledger import Standing
from guard.types import Caller, Decision, Findings, Picture, Stage, Text

EVENT_STREAM = (b"content-type", b"text/event-stream; charset=utf-8")


@dataclass(frozen=True, slots=True)
class Incoming:
    """A caller's request whose key and route are known.

    `caller_key` is set where it goes on to the provider (passthrough). `asked` is what the input stage found, in whose
    light the answer is judged; `obligations` is what the input decision asks of answer and upstream request.
    `standing` is set once the request was allowed: what its answer hands out may be pointed at later.
    """

    target: Target
    headers: Headers
    body: bytes
    caller: Caller
    request_id: str
    purpose: str | None = None
    jurisdiction: str | None = None
    attestation: bool = False
    caller_key: str | None = None
    generation: Generation | None = None
    asked: Examined = field(default_factory=Examined)
    obligations: tuple[str, ...] = ()
    standing: Standing | None = None


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What goes back: a whole body, or blocks as they come."""

    status: int
    headers: Headers
    body: bytes | AsyncGenerator[bytes, None]


@dataclass(frozen=True, slots=True)
class ScreenRequest:
    """A question of the admin API: decide, forward nothing."""

    texts: Sequence[Text]
    pictures: Sequence[Picture]
    caller: Caller
    stage: Stage = Stage.INPUT
    purpose: str | None = None
    jurisdiction: str | None = None
    policy: Policy | None = None


@dataclass(frozen=True, slots=True)
class ScreenResult:
    """The answer: the decision, and everything that was found whatever the first matcher said."""

    decision_id: str
    decision: Decision
    findings: Findings
    timings_ms: Mapping[str, float]


def typed(headers: Headers, content_type: bytes) -> Headers:
    """The headers with this content type and no other."""
    return [*((name, value) for name, value in headers if name != b"content-type"), (b"content-type", content_type)]


def header(answer: UpstreamAnswer, name: bytes) -> str | None:
    """The first header of this name."""
    return next((value.decode("latin-1") for key, value in answer.headers if key == name), None)


def content_type(answer: UpstreamAnswer) -> bytes:
    """What the provider says its answer is."""
    return next((value for key, value in answer.headers if key == b"content-type"), b"application/octet-stream")


async def blocks(answer: UpstreamAnswer, stack: AsyncExitStack) -> AsyncGenerator[bytes, None]:
    """The body as it comes; the end of it, or of the caller, ends the exchange."""
    async with stack:
        async for block in answer.stream():
            yield block


async def closing(frames: AsyncGenerator[bytes, None], stack: AsyncExitStack) -> AsyncGenerator[bytes, None]:
    """The frames; their end, or that of the caller, ends the exchange."""
    async with stack:
        async for frame in frames:
            yield frame
