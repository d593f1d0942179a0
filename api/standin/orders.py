"""What the stand-in is told to do next, and what it remembers of what it was asked."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qs

import orjson


class Death(StrEnum):
    """Where the connection is cut."""

    BEFORE = "before"
    MID_BODY = "mid-body"
    MID_STREAM = "mid-stream"


@dataclass(frozen=True, slots=True)
class Order:
    """How to treat the next request; every field left out means "as usual".

    Attributes:
        times: how many requests this holds for; 0 means every one until the orders are deleted.
        pictures: encoded pictures to answer with, repeated when more are asked for.
        delay_s: wait before the head of the answer.
        pause_s: wait between the chunks of the answer (halves of a body, events of a stream).
        status: status of the answer.
        error: the object under `error`, or a message; answers status 400 unless `status` says otherwise.
        headers: more headers, or others in place of the usual ones; an empty value takes a header away.
        body: these very bytes are the answer, with `content_type`; for garbage and broken streams.
        redirect: answer 302 to this place.
        die: cut the connection before any byte, after half of the body, or between two events of a stream.
        truncate_base64: leave the last 7 characters of every `b64_json` out.
        url: put this in `url` instead of a place where the picture is.
        revised_prompt: put this beside every picture.
    """

    times: int = 1
    pictures: tuple[bytes, ...] = ()
    delay_s: float = 0.0
    pause_s: float = 0.0
    status: int = 200
    error: Mapping[str, Any] | str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    content_type: str = "application/json"
    redirect: str | None = None
    die: Death | None = None
    truncate_base64: bool = False
    url: str | None = None
    revised_prompt: str | None = None


_KINDS: dict[str, type | tuple[type, ...]] = {
    "times": int,
    "delay_s": (int, float),
    "pause_s": (int, float),
    "status": int,
    "error": (dict, str),
    "headers": dict,
    "content_type": str,
    "redirect": str,
    "truncate_base64": bool,
    "url": str,
    "revised_prompt": str,
}


def parse_order(body: bytes) -> Order:
    """The order in a JSON object: the fields of `Order`; `picture` (one or a list) and `body` in base64.

    Raises:
        ValueError: not such an object; the message names the field.
    """
    given = orjson.loads(body or b"{}")
    if not isinstance(given, dict):
        raise ValueError("an order is a JSON object")  # noqa: TRY004 - one error for all that can be wrong with outside data
    fields: dict[str, Any] = {}
    for name, value in given.items():
        if name == "picture":
            fields["pictures"] = tuple(_base64(name, item) for item in (value if isinstance(value, list) else [value]))
        elif name == "body":
            fields["body"] = _base64(name, value)
        elif name == "die":
            fields["die"] = Death(value)
        elif name in _KINDS and isinstance(value, _KINDS[name]):
            fields[name] = value
        else:
            raise ValueError(f"unknown field or wrong kind of value: {name!r}")
    return Order(**fields)


def _base64(name: str, value: object) -> bytes:
    if not isinstance(value, str):
        raise ValueError(f"{name!r} is base64 text")  # noqa: TRY004 - as above
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error as error:
        raise ValueError(f"{name!r} is not base64: {error}") from error


@dataclass(slots=True)
class Seen:
    """One request as it arrived: exact path, query, headers in order, and body (b"" once it was let go for room)."""

    number: int
    method: str
    path: bytes
    query: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes = b""
    complete: bool = False
    disconnected: bool = False

    def header(self, name: str) -> str | None:
        """The first value of a header, or None."""
        wanted = name.lower().encode()
        return next((value.decode("latin-1") for key, value in self.headers if key.lower() == wanted), None)

    @property
    def asked(self) -> dict[str, str]:
        """The query, the last value of each key."""
        return {key: values[-1] for key, values in parse_qs(self.query.decode("latin-1")).items()}

    def as_json(self) -> dict[str, Any]:
        """The form of `GET /_standin/seen`."""
        return {
            "number": self.number,
            "method": self.method,
            "path": self.path.decode("latin-1"),
            "query": self.query.decode("latin-1"),
            "headers": [[key.decode("latin-1"), value.decode("latin-1")] for key, value in self.headers],
            "body": base64.b64encode(self.body).decode(),
            "complete": self.complete,
            "disconnected": self.disconnected,
        }
