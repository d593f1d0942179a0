"""What is held for a person to look at: the description a reviewer reads, and the answer that approval releases."""

import orjson

from guard.errors import UpstreamInvalidError
from guard.extract.base import Answer, Headers, Limits, Route
from guard.extract.sse import Parser
from guard.registry.values import Hold
from guard.types import Caller, Decision

_LENGTH_BYTES = 4


def describe(caller: Caller, decision_id: str, decision: Decision, digest: str, stage: str, kept: bytes | None) -> Hold:
    """The hold as the registry keeps it; names and texts in it are sealed there."""
    return Hold(
        decision_id=decision_id,
        tenant=caller.tenant,
        stage=stage,
        rule=decision.rule,
        request_digest=digest,
        subject_ids=tuple(sorted({hit.subject_id for hit in decision.hits if hit.subject_id})),
        directives=decision.directives,
        registry_revision=decision.registry_revision,
        words={
            "hits": [
                {"subject": hit.subject, "modality": hit.modality, "where": hit.where, "text": hit.text, "score": hit.score}
                for hit in decision.hits
            ]
        },
        kept=kept,
    )


def pack(status: int, headers: Headers, body: bytes) -> bytes:
    """A whole answer in one block."""
    head = orjson.dumps({"status": status, "headers": [[name.decode("latin-1"), value.decode("latin-1")] for name, value in headers]})
    return len(head).to_bytes(_LENGTH_BYTES, "little") + head + body


def unpack(kept: bytes) -> tuple[int, Headers, bytes]:
    """Status, headers and body of a kept answer."""
    end = _LENGTH_BYTES + int.from_bytes(kept[:_LENGTH_BYTES], "little")
    head = orjson.loads(kept[_LENGTH_BYTES:end])
    return head["status"], [(name.encode("latin-1"), value.encode("latin-1")) for name, value in head["headers"]], kept[end:]


def read(route: Route, status: int, headers: Headers, body: bytes, limits: Limits) -> list[Answer]:
    """What a kept answer carries, read again as when it came."""
    content_type = next((value.decode("latin-1") for name, value in headers if name == b"content-type"), "")
    if content_type.startswith("text/event-stream") and route.event is not None:
        parser = Parser(limits.max_event_bytes)
        return [route.event(event, limits) for event in [*parser.feed(body), *parser.end()]]
    if route.answer is None:
        raise UpstreamInvalidError(f"a kept answer to {route.name} cannot be read")
    return [route.answer(status, content_type, body, limits)]
