"""Reve: `/v1/image/create`, `/edit` and `/remix`; answers are JSON with base64, or the bare picture where `accept` asks for it.

The paths of v2 are not routed: what its layouts may point at (`ref:"id:..."`) is stored identity.
"""

import orjson

from guard.extract import fields
from guard.extract.base import JSON_TYPE, LATER, Dialect, Refusal, Refused, Reply, Route, reply
from guard.extract.fields import Reader, anything, base64_picture, each, known, number, obj, text
from guard.extract.json_body import answers, or_bare_picture, reads
from guard.extract.openai_refusals import error_body, message, status
from guard.extract.sse import frame

_SETTINGS: dict[str, Reader] = {
    "aspect_ratio": known("auto", pattern=r"\d{1,2}:\d{1,2}"),
    "version": known("latest", "latest-fast", pattern=r"reve-(create|edit|remix)(-fast)?@\d{8}"),
    "test_time_scaling": number,
    "postprocessing": anything,
}
_CREATE = obj({**_SETTINGS, "prompt": text}, required=("prompt",))
_EDIT = obj(
    {**_SETTINGS, "edit_instruction": text, "reference_image": base64_picture, "mask_image": base64_picture},
    required=("edit_instruction", "reference_image"),
)
_REMIX = obj({**_SETTINGS, "prompt": text, "reference_images": each(base64_picture, 8)}, required=("prompt", "reference_images"))
_ANSWER = obj({"image": base64_picture}, other=fields.unknown_in_answer)
_READ_ANSWER = or_bare_picture(answers(_ANSWER, "image", lambda tree: "error_code" in tree or tree.get("content_violation") is True))


def _body(refused: Refusal) -> dict[str, object]:
    violation = refused.why is Refused.REFUSE
    code = "CONTENT_VIOLATION" if violation else str(_code(refused)).upper()
    body: dict[str, object] = {
        "error_code": code,
        "message": message(refused),
        "content_violation": violation,
        "params": {"field": refused.param},
    }
    return {**body, "guard": {"decision_id": refused.decision_id, "outcome": refused.why.value}} if refused.decision_id else body


def _code(refused: Refusal) -> object:
    error = error_body(refused)["error"]
    return error["code"] if isinstance(error, dict) else ""


def refusal(refused: Refusal) -> Reply:
    """The whole reply; the header is the one that the provider's clients look at."""
    marks = [(b"x-reve-content-violation", b"true")] if refused.why is Refused.REFUSE else []
    retry = [(b"retry-after", str(refused.retry_after_s).encode())] if refused.why in LATER else []
    return reply(status(refused), _body(refused), *marks, *retry)


def error_frame(refused: Refusal) -> bytes:
    """For completeness: this provider streams nothing."""
    return frame("error", orjson.dumps(_body(refused)))


def _route(name: str, shape: Reader) -> Route:
    return Route(
        f"image.{name}",
        "POST",
        f"/image/{name}",
        content_types=(JSON_TYPE,),
        read=reads(shape, stream=False),
        answer=_READ_ANSWER,
        shape=shape,
    )


DIALECT = Dialect(
    name="reve",
    routes=(_route("create", _CREATE), _route("edit", _EDIT), _route("remix", _REMIX)),
    refusal=refusal,
    error_frame=error_frame,
    request_headers=frozenset({b"user-agent"}),
    response_headers=frozenset({b"content-type", b"x-reve-request-id", b"x-reve-version", b"x-reve-content-violation", b"retry-after"}),
    response_prefixes=(b"x-ratelimit-", b"x-reve-credits-"),
    accepts=frozenset({b"image/png", b"image/jpeg", b"image/webp", b"application/json"}),
)
