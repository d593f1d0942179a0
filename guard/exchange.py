"""What comes into the pipeline and what goes out of it, and the small parts of an answer's head and body."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime

from guard import obligations
from guard.decide.policy import Policy
from guard.errors import UpstreamInvalidError
from guard.examine import Examined
from guard.extract.base import Answer, Generation, Headers, Limits, Refusal, Refused, Route, Target
from guard.extract.openai_lines import line_of
from guard.forward import UpstreamAnswer
from guard.ledger import Standing
from guard.record.event import GrantUse
from guard.types import Caller, Decision, Findings, Outcome, Picture, Stage, Text

SMALL_ANSWER_BYTES = 8_000_000
"""Answers that nobody looks at are read whole up to this size: one write costs half of many."""

EVENT_STREAM = (b"content-type", b"text/event-stream; charset=utf-8")


@dataclass(slots=True)
class Incoming:
    """A caller's request whose key and route are known; the last five fields are filled in as it goes its way.

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
class Screened:
    """One half of a request, decided and recorded. `blocks` says whether the outcome is acted on."""

    decision_id: str
    decision: Decision
    blocks: bool
    digest: str | None = None
    uses: tuple[GrantUse, ...] = ()
    until: datetime | None = None


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


def as_refusal(screened: Screened, stage: Stage) -> Refusal:
    """What the caller is told when the outcome is acted on; of a batch, which line it was."""
    category = screened.decision.category
    why = Refused.HOLD if screened.decision.outcome is Outcome.HOLD else Refused.REFUSE
    line = next((line for hit in screened.decision.hits if (line := line_of(hit.where))), None)
    return Refusal(why, screened.decision_id, stage, category, category, line)


def head_of(request: Incoming, screened: Screened, headers: Headers) -> Headers:
    """The answer's headers and ours; `x-request-id` is always the id in the record, the provider's goes beside it."""
    theirs = [(b"x-upstream-request-id" if name == b"x-request-id" else name, value) for name, value in headers]
    own = [
        (b"x-request-id", request.request_id.encode()),
        (b"x-guard-decision", screened.decision_id.encode()),
        (b"x-guard-outcome", screened.decision.outcome.encode()),
    ]
    passes = request.obligations + screened.decision.obligations if screened.decision.outcome is Outcome.ALLOW else ()
    return [*theirs, *own, *obligations.headers(passes)]


def typed(headers: Headers, content_type: bytes) -> Headers:
    """The headers with this content type and no other."""
    return [*((name, value) for name, value in headers if name != b"content-type"), (b"content-type", content_type)]


def header(answer: UpstreamAnswer, name: bytes) -> str | None:
    """The first header of this name."""
    return next((value.decode("latin-1") for key, value in answer.headers if key == name), None)


def content_type(answer: UpstreamAnswer) -> bytes:
    """What the provider says its answer is."""
    return next((value for key, value in answer.headers if key == b"content-type"), b"application/octet-stream")


def read_answer(route: Route, answer: UpstreamAnswer, body: bytes, limits: Limits) -> Answer:
    """A whole answer, read as its route says."""
    if route.answer is None:
        raise UpstreamInvalidError(f"an answer to {route.name} cannot be read")
    return route.answer(answer.status, content_type(answer).decode("latin-1"), body, limits)


async def pass_through(answer: UpstreamAnswer, head: Headers, stack: AsyncExitStack) -> Outgoing:
    """An answer that nobody looks at, as the upstream sent it."""
    length = next((int(value) for name, value in answer.headers if name == b"content-length" and value.isdigit()), None)
    if length is not None and length <= SMALL_ANSWER_BYTES:
        return Outgoing(answer.status, head, await answer.read())
    return Outgoing(answer.status, head, blocks(answer, stack.pop_all()))


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
