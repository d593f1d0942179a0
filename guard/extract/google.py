"""What Google's two image APIs share: field names in two spellings, declared types of pictures, and errors."""

import orjson

from guard.errors import UnscreenableError
from guard.extract import fields
from guard.extract.base import LATER, Refusal, Reply, reply
from guard.extract.fields import Reader, Reading, base64_picture, described, sealed
from guard.extract.json_strict import Json
from guard.extract.openai_refusals import message, status
from guard.extract.sse import frame

_FOR_URLS = str.maketrans("-_", "+/")
MODEL = r"[A-Za-z0-9][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*"

_STATUS_NAMES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}


def both(names: dict[str, Reader]) -> dict[str, Reader]:
    """The fields under their camelCase and their snake_case name; the provider reads either."""
    snake = {"".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name): reader for name, reader in names.items()}
    return {**names, **snake}


def mime(value: Json, where: str, reading: Reading) -> Json:
    """The declared type of a picture; what it really is says `containers`."""
    if value is not None and value not in fields.MIME.values():
        raise UnscreenableError(f"{where} must be one of {', '.join(fields.MIME.values())}.", where)
    return value


def _standard(value: Json) -> Json:
    """Base64 in the standard alphabet: the provider's client writes the one for URLs, its API takes either, nobody may mix them."""
    return value.translate(_FOR_URLS) if type(value) is str and not ("+" in value or "/" in value) else value


def packed_picture(value: Json, where: str, reading: Reading) -> Json:
    """A picture in base64 of either alphabet; it goes on in the standard one."""
    return base64_picture(_standard(value), where, reading)


def signature(value: Json, where: str, reading: Reading) -> Json:
    """Sealed state in base64, which the provider's client takes in one alphabet and gives back in the other."""
    return sealed(_standard(value), where, reading)


described(packed_picture, kind="picture")
described(signature, kind="stored state")


def error_body(refused: Refusal) -> dict[str, object]:
    """Google's `error` object."""
    code = status(refused)
    error: dict[str, object] = {
        "code": code,
        "message": message(refused),
        "status": _STATUS_NAMES.get(code, "INVALID_ARGUMENT" if code < 500 else "INTERNAL"),
    }
    details: list[dict[str, object]] = []
    if refused.param:
        violations = [{"field": refused.param, "description": message(refused)}]
        details.append({"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": violations})
    if refused.decision_id:
        told = {"decisionId": refused.decision_id, "rule": refused.rule or refused.category, "outcome": refused.why.value}
        details.append(
            {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": refused.why.name, "domain": "likeness-guard", "metadata": told}
        )
    if details:
        error["details"] = details
    return {"error": error}


def retry_header(refused: Refusal) -> tuple[bytes, bytes]:
    """When to try again, or not to."""
    return (b"retry-after", str(refused.retry_after_s).encode()) if refused.why in LATER else (b"x-should-retry", b"false")


def error_refusal(refused: Refusal) -> Reply:
    """The whole reply as a Google error."""
    return reply(status(refused), error_body(refused), retry_header(refused))


def error_frame(refused: Refusal) -> bytes:
    """The last event of a stream, as a Google error."""
    return frame("", orjson.dumps(error_body(refused)))
