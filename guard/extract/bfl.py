"""Black Forest Labs: a call answers with an id to poll, the poll with a URL of the picture; both stay inside the gateway.

Fine-tunes embody people and webhooks deliver pictures past the guard: both are refused.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlsplit

import orjson

from guard.errors import UnscreenableError, UpstreamInvalidError
from guard.extract import fields
from guard.extract.base import JSON_TYPE, LATER, Answer, Dialect, Generation, Limits, Refusal, Refused, Reply, Route, Target, reply
from guard.extract.elsewhere import pointing
from guard.extract.fields import Reading, anything, each, known, number, obj, picture_text, refused, stored, text
from guard.extract.json_body import answer_of, error_texts, json_generation, parse_answer, read_tree
from guard.extract.json_strict import Json, dump
from guard.extract.openai_refusals import message, status
from guard.extract.sse import frame

_USUAL_HOST = "api.bfl.ai"
_HOSTS = r"([a-z0-9-]+\.){1,3}bfl\.ai"
_PICTURES = (
    "image",
    "mask",
    "image_prompt",
    "control_image",
    "preprocessed_image",
    "input_image",
    *(f"input_image_{number}" for number in range(2, 11)),
)
_SHAPE = obj(
    {
        "prompt": text,
        "negative_prompt": text,
        **dict.fromkeys(_PICTURES, picture_text),
        "input_images": each(picture_text, 10),
        "webhook_url": refused("A webhook would deliver the picture past the guard; poll for it."),
        "webhook_secret": refused("A webhook would deliver the picture past the guard; poll for it."),
        "finetune_id": refused("Fine-tunes may embody a person."),
        "finetune_strength": number,
        "aspect_ratio": known(pattern=r"\d{1,2}:\d{1,2}"),
        "output_format": known("jpeg", "png", "webp"),
        **dict.fromkeys(("width", "height", "seed", "steps", "guidance", "safety_tolerance", "raw", "prompt_upsampling", "image_prompt_strength"), number),
        **dict.fromkeys(("top", "bottom", "left", "right", "transparent_bg"), number),
    }
)  # fmt: skip
_SUBMITTED = obj({"id": fields.ignored, "polling_url": fields.ignored}, other=fields.unknown_in_answer)
_RESULT = obj({"sample": fields.answer_url, "prompt": text}, other=fields.unknown_in_answer)
_POLLED = obj(
    {"id": fields.ignored, "status": fields.ignored, "state": fields.ignored, "result": _RESULT, "details": anything},
    other=fields.unknown_in_answer,
)


def read_submit(target: Target, body: bytes, limits: Limits) -> Generation:
    """POST /{model}."""
    return json_generation(target, body, limits, _SHAPE, stream=False)


def read_poll(target: Target, body: bytes, limits: Limits) -> Generation:
    """GET /get_result?id=: the id is for the ledger, the answer is what is screened."""
    if body or not target.query:
        raise UnscreenableError("A poll has an id and no body.", "id")
    reading = Reading(limits)
    stored(target.query.removeprefix("id="), "id", reading)
    fields_ = [("query", target.query)]
    return Generation(target.route, None, (), (), False, 1, lambda: ("", b""), lambda: fields_, tuple(reading.stored))


def answer_submit(status_: int, content_type: str, body: bytes, limits: Limits) -> Answer:
    """`{id, polling_url}`: the client is sent back to the gateway, never to the URL that the provider named."""
    tree = parse_answer(content_type, body)
    if status_ >= 400:
        return Answer(error_texts(tree, limits), (), body, error=True)
    job = tree.get("id")
    if not isinstance(job, str) or not job.replace("-", "").isalnum():
        raise UpstreamInvalidError("The upstream's answer has no id to poll.")

    host = _regional(tree.get("polling_url"))

    def linked(base: str) -> Answer:
        return replace(answer, body=dump({**tree, "polling_url": f"{base}/get_result?id={job}{host}"}), linked=None)

    answer = replace(answer_of(body, read_tree(tree, limits, _SUBMITTED)), issued=(job,), linked=linked)
    return answer


def _regional(polling_url: Json) -> str:
    """The host that a job must be asked for at, where it is not the usual one: jobs live in the region that took them."""
    host = urlsplit(polling_url).hostname if type(polling_url) is str else None
    return f"&host={host}" if host and host != _USUAL_HOST and re.fullmatch(_HOSTS, host) else ""


def answer_poll(status_: int, content_type: str, body: bytes, limits: Limits) -> Answer:
    """`{id, status, result: {sample}}`: the picture behind `sample` is fetched and looked at."""
    tree = parse_answer(content_type, body)
    if status_ >= 400:
        return Answer(error_texts(tree, limits), (), body, error=True)
    if not tree.keys() & {"status", "state"}:
        raise UpstreamInvalidError("The upstream's answer has no status.")
    return pointing(answer_of(body, read_tree(tree, limits, _POLLED)), tree)


_STATES = {Refused.REFUSE: "Request Moderated", Refused.HOLD: "Pending"}


def _body(refusal_: Refusal) -> dict[str, object]:
    state = "Content Moderated" if refusal_.why is Refused.REFUSE and refusal_.stage == "output" else _STATES.get(refusal_.why, "Error")
    details = {"Moderation Reasons": [refusal_.category]} if refusal_.why is Refused.REFUSE else {}
    return {"id": refusal_.decision_id or "", "status": state, "result": None, "detail": message(refusal_), "details": details}


def refusal(refusal_: Refusal) -> Reply:
    """The whole reply; its `status` is the one that the provider's polling clients stop at."""
    retry = [(b"retry-after", str(refusal_.retry_after_s).encode())] if refusal_.why in LATER else []
    return reply(status(refusal_), _body(refusal_), *retry)


def poll_refusal(refusal_: Refusal) -> Reply:
    """The same for a poll, whose answer is a state: a held picture is pending until somebody has looked at it."""
    return reply(200, _body(refusal_)) if refusal_.why in _STATES else refusal(refusal_)


def error_frame(refusal_: Refusal) -> bytes:
    """For completeness: this provider streams nothing."""
    return frame("error", orjson.dumps(_body(refusal_)))


_MODEL: Mapping[str, str] = {"model": r"flux-[a-z0-9]+(?:[.-][a-z0-9]+)*"}
DIALECT = Dialect(
    name="bfl",
    routes=(
        Route(
            "submit",
            "POST",
            "/{model}",
            content_types=(JSON_TYPE,),
            params=_MODEL,
            read=read_submit,
            answer=answer_submit,
            shape=_SHAPE,
            issues=True,
        ),
        Route(
            "get_result",
            "GET",
            "/get_result",
            query=frozenset({"id", "host"}),
            read=read_poll,
            answer=answer_poll,
            refusal=poll_refusal,
            hosts=_HOSTS,
        ),
    ),
    refusal=refusal,
    error_frame=error_frame,
    request_headers=frozenset({b"user-agent"}),
    response_headers=frozenset({b"content-type", b"x-request-id", b"retry-after"}),
)
