"""What is held for a person to look at: the description a reviewer reads, and the answer that approval releases."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate, islice
from typing import Any

import orjson

from guard.errors import UpstreamInvalidError
from guard.extract.base import Answer, Headers, Limits, Route
from guard.extract.sse import Parser
from guard.registry.values import Hold
from guard.types import Caller, Decision, Picture

_LENGTH_BYTES = 4
MOST_PICTURES = 16
"""Pictures of one hold that a reviewer is shown."""


def describe(
    caller: Caller,
    decision_id: str,
    decision: Decision,
    digest: str,
    stage: str,
    kept: bytes | None,
    texts: Sequence[Mapping[str, str]] = (),
) -> Hold:
    """The hold as the registry keeps it; names and texts in it are sealed there. `texts` are those that the policy lets be kept."""
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
            "texts": list(texts),
            "hits": [
                {
                    "subject_id": hit.subject_id,
                    "subject": hit.subject,
                    "modality": hit.modality,
                    "where": hit.where,
                    "text": hit.text,
                    "span": hit.span,
                    "score": hit.score,
                    "threshold": hit.threshold,
                    "strength": hit.strength,
                }
                for hit in decision.hits
            ],
        },
        kept=kept,
    )


def pack(status: int, headers: Headers, body: bytes, pictures: Iterable[Picture] = ()) -> bytes:
    """A whole answer in one block, with its pictures for the reviewer."""
    shown = [picture.data for picture in islice(pictures, MOST_PICTURES)]
    head = orjson.dumps(
        {
            "status": status,
            "headers": [[name.decode("latin-1"), value.decode("latin-1")] for name, value in headers],
            "body": len(body),
            "pictures": [len(data) for data in shown],
        }
    )
    return b"".join([len(head).to_bytes(_LENGTH_BYTES, "little"), head, body, *shown])


def pack_pictures(pictures: Sequence[Picture]) -> bytes | None:
    """The pictures of a held request; None where it has none."""
    return pack(0, [], b"", pictures) if pictures else None


def unpack(kept: bytes) -> tuple[int, Headers, bytes]:
    """Status, headers and body of a kept answer."""
    head, end = _head(kept)
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in head["headers"]]
    return head["status"], headers, kept[end : end + head["body"]]


def pictures_in(kept: bytes) -> list[bytes]:
    """The pictures that a reviewer is shown."""
    head, end = _head(kept)
    begins = accumulate([end + head["body"], *head["pictures"]])
    return [kept[begin : begin + size] for begin, size in zip(begins, head["pictures"], strict=False)]


def _head(kept: bytes) -> tuple[dict[str, Any], int]:
    """The description in front of a block, and where it ends."""
    end = _LENGTH_BYTES + int.from_bytes(kept[:_LENGTH_BYTES], "little")
    head: dict[str, Any] = orjson.loads(kept[_LENGTH_BYTES:end])
    return head, end


def read(route: Route, status: int, headers: Headers, body: bytes, limits: Limits) -> list[Answer]:
    """What a kept answer carries, read again as when it came."""
    content_type = next((value.decode("latin-1") for name, value in headers if name == b"content-type"), "")
    if content_type.startswith("text/event-stream") and route.event is not None:
        parser = Parser(limits.max_event_bytes)
        return [route.event(event, limits) for event in [*parser.feed(body), *parser.end()]]
    if route.answer is None:
        raise UpstreamInvalidError(f"a kept answer to {route.name} cannot be read")
    return [route.answer(status, content_type, body, limits)]
