"""How OpenAI's API says no, byte-compatible with what its official clients raise on (CONTRACT.md, Gateway)."""

import orjson

from guard.extract.base import LATER, Refusal, Refused, Reply, reply
from guard.extract.sse import frame
from guard.types import Stage

HELP = "If you think this is a mistake, tell the operator of this gateway the decision id."
_MESSAGES = {
    Refused.REFUSE: "This request was refused by the operator's policy on depicting people.",
    Refused.HOLD: "This request waits for a person to review it. Send the same request again later.",
    Refused.UNSCREENABLE: "This request cannot be screened.",
    Refused.UNAVAILABLE: "The guard cannot answer right now, so nothing was forwarded. Try again.",
    Refused.UNAUTHORIZED: "Incorrect API key provided. This gateway wants one of its own caller keys: `guard keys create --role caller`.",
    Refused.UPSTREAM_INVALID: "The upstream's answer could not be understood.",
    Refused.UPSTREAM_UNREACHABLE: "The upstream could not be reached, or broke off.",
    Refused.UPSTREAM_TIMEOUT: "The upstream did not answer in time.",
    Refused.THROTTLED: "Too many requests of this key were refused. Wait before you send more.",
}
_CODES = {
    Refused.REFUSE: ("image_generation_user_error", "moderation_blocked"),
    Refused.HOLD: ("image_generation_user_error", "review_required"),
    Refused.UNSCREENABLE: ("invalid_request_error", "unscreenable_request"),
    Refused.UNAVAILABLE: ("server_error", "guard_unavailable"),
    Refused.UNAUTHORIZED: ("invalid_request_error", "invalid_api_key"),
    Refused.UPSTREAM_INVALID: ("server_error", "upstream_invalid_response"),
    Refused.UPSTREAM_UNREACHABLE: ("server_error", "upstream_unreachable"),
    Refused.UPSTREAM_TIMEOUT: ("server_error", "upstream_unreachable"),
    Refused.THROTTLED: ("requests", "rate_limit_exceeded"),
}
_STATUS = {
    Refused.REFUSE: 400,
    Refused.HOLD: 400,
    Refused.UNAVAILABLE: 503,
    Refused.UNAUTHORIZED: 401,
    Refused.UPSTREAM_INVALID: 502,
    Refused.UPSTREAM_UNREACHABLE: 502,
    Refused.UPSTREAM_TIMEOUT: 504,
    Refused.THROTTLED: 429,
}


def refusal(refused: Refusal) -> Reply:
    """The whole reply. Only our own outage invites the client to try again by itself."""
    after = [(b"retry-after", str(refused.retry_after_s).encode())] if refused.why in LATER else []
    never = [] if refused.why is Refused.UNAVAILABLE else [(b"x-should-retry", b"false")]
    return reply(status(refused), error_body(refused), *after, *never)


def error_frame(refused: Refusal) -> bytes:
    """One frame of a stream: the `error` object, which the official clients raise on even where no event is named."""
    return frame("error", orjson.dumps(error_body(refused)))


def message(refused: Refusal) -> str:
    """What the caller is told, in words."""
    return refused.message or _MESSAGES[refused.why]


def status(refused: Refusal) -> int:
    """The HTTP status that the official clients map to the right exception and do not retry."""
    return _STATUS.get(refused.why, refused.status)


def error_body(refused: Refusal) -> dict[str, object]:
    """The `error` object. It says what happened and never that a person is registered."""
    kind, code = _CODES[refused.why]
    error: dict[str, object] = {"message": message(refused), "type": kind, "code": code, "param": refused.param}
    if refused.why in (Refused.REFUSE, Refused.HOLD):
        error["param"] = refused.param or ("prompt" if refused.stage is Stage.INPUT else None)
        error["moderation_details"] = {"moderation_stage": refused.stage.value, "categories": [refused.category]}
    if refused.decision_id is not None:
        outcome = "hold" if refused.why is Refused.HOLD else "refuse"
        error["guard"] = {"decision_id": refused.decision_id, "rule": refused.rule or refused.category, "outcome": outcome, "help": HELP}
    return {"error": error}
