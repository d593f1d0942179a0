"""Gemini's Interactions API: `POST /interactions` and the calls on one interaction. Facts from the types of `google-genai` 3.4.

Agents, environments and webhooks reach beyond the request or answer past the guard: refused. So are audio, video and documents.
"""

import orjson

from guard.errors import UnscreenableError
from guard.extract import fields
from guard.extract.base import JSON_TYPE, Answer, Generation, Kind, Limits, Refusal, Reply, Route, Target, reply
from guard.extract.fields import (
    Reader,
    Reading,
    anything,
    described,
    each,
    either,
    known,
    obj,
    prose,
    refused,
    scalar,
    sealed,
    stored,
    tagged,
    text,
)  # fmt: skip
from guard.extract.google import mime, packed_picture, retry_header, signature
from guard.extract.json_body import answer_of, answers, error_texts, has_error, parse_answer, read_tree, reads
from guard.extract.json_strict import Json
from guard.extract.openai_refusals import error_body as openai_error
from guard.extract.openai_refusals import message, status
from guard.extract.sse import DONE, Event, frame

_PICTURE = obj({"type": scalar, "data": packed_picture, "mime_type": mime, "uri": stored, "resolution": scalar})
_TEXT = obj({"type": fields.type_name, "text": text, "annotations": anything})
_CONTENT: dict[str, Reader] = {"text": _TEXT, "image": _PICTURE}
_RESULT = either(string=text, list=each(tagged(_CONTENT)), object=anything)
_STEP_TYPE = known("user_input", "model_output", "thought", "function_call", "function_result", "processing_call", "processing_result")
_STEP_BASE: dict[str, Reader] = {"type": _STEP_TYPE, "id": text, "call_id": text, "name": text, "signature": signature}
_STEPS: dict[str, Reader] = {
    "user_input": obj({**_STEP_BASE, "content": each(tagged(_CONTENT))}),
    "model_output": obj({**_STEP_BASE, "content": each(tagged(_CONTENT)), "error": anything}),
    "thought": obj({**_STEP_BASE, "summary": each(tagged(_CONTENT))}),
    "function_call": obj({**_STEP_BASE, "arguments": anything}),
    "function_result": obj({**_STEP_BASE, "result": _RESULT, "is_error": fields.number}),
    "processing_call": obj(_STEP_BASE),
    "processing_result": obj(_STEP_BASE),
}
_SAID = tagged({**_CONTENT, **_STEPS})


def _tool(value: Json, where: str, reading: Reading) -> Json:
    """Functions of the caller's own are text; what reaches elsewhere must be listed by the operator."""
    kind = value.get("type") if isinstance(value, dict) else None
    if kind != "function" and kind not in reading.limits.tools:
        raise UnscreenableError(
            f"{where}: the tool {str(kind)[:64]!r} reaches beyond what can be screened, unless the operator lists it.", where
        )
    return anything(value, where, reading)


def _delivery(value: Json, where: str, reading: Reading) -> Json:
    """Where a picture is delivered: in the answer, or it could not be looked at."""
    if value not in (None, "inline"):
        raise UnscreenableError(f"{where}: only pictures that come in the answer can be screened; ask for inline.", where)
    return value


described(_tool, inner={"<function>": anything})
_FORMAT = obj(
    {
        "type": known("text", "image"),
        "delivery": _delivery,
        "schema": anything,
        **dict.fromkeys(("mime_type", "aspect_ratio", "image_size"), scalar),
    }
)
_BEYOND = refused("Agents and environments reach beyond what can be screened.")
REQUEST = obj(
    {
        "model": fields.model,
        "input": either(string=text, object=_SAID, list=each(_SAID)),
        "system_instruction": text,
        "tools": each(_tool, 512),
        "response_format": either(object=_FORMAT, list=each(_FORMAT)),
        "response_mime_type": scalar,
        "response_modalities": each(scalar),
        "generation_config": anything,
        "safety_settings": anything,
        "labels": anything,
        "service_tier": scalar,
        "store": fields.number,
        "background": fields.number,
        "stream": fields.number,
        "previous_interaction_id": stored,
        "continuation_token": sealed,
        "cached_content": stored,
        **dict.fromkeys(("agent", "agent_config", "environment"), _BEYOND),
        "webhook_config": refused("A webhook would deliver the answer past the guard; poll for it."),
    },
    required=("input",),
)


def read_stored(target: Target, body: bytes, limits: Limits) -> Generation:
    """A call that names an interaction in its path and has no body."""
    if body not in (b"", b"{}"):
        raise UnscreenableError("This call has no body.", "body")
    reading = Reading(limits)
    named = target.params["interaction_id"]
    stored(named, "interaction_id", reading)
    streams = "stream=true" in target.query.split("&")
    return Generation(target.route, None, (), (), streams, 1, lambda: ("", b""), lambda: [("interaction_id", named)], tuple(reading.stored))


def _piece(value: Json, where: str, reading: Reading) -> Json:
    """A step, a piece of content or a piece of a stream, whose fields have the same names."""
    return _PIECE(value, where, reading)


def _issued(value: Json, where: str, reading: Reading) -> Json:
    """An id that a later request may point at; empty where the provider keeps nothing."""
    return value if value == "" else stored(value, where, reading)


_PIECES = either(string=prose, object=_piece, list=each(_piece))
_PIECE = obj(
    {
        "type": fields.ignored,
        "text": prose,
        "data": packed_picture,
        "uri": fields.answer_url,
        "signature": signature,
        "arguments": anything,
        **dict.fromkeys(("content", "summary", "result"), _PIECES),
        **dict.fromkeys(("mime_type", "resolution", "is_error"), fields.ignored),
    },
    other=fields.unknown_in_answer,
)
_INTERACTION = obj(
    {
        "id": _issued,
        "previous_interaction_id": _issued,
        "continuation_ids": each(_issued),
        "continuation_token": sealed,
        "input": _PIECES,
        "steps": each(_piece),
        "output_text": prose,
        "output_image": _piece,
        **dict.fromkeys(
            ("object", "status", "created", "updated", "usage", "service_tier", "store", "background", "stream"), fields.ignored
        ),
    },
    other=fields.unknown_in_answer,
)
_EVENT = obj(
    {
        "interaction": _INTERACTION,
        "interaction_id": _issued,
        "continuation_token": sealed,
        "step": _piece,
        "delta": _piece,
        **dict.fromkeys(("event_type", "event_id", "index", "status", "usage", "step_usage", "metadata"), fields.ignored),
    },
    other=fields.unknown_in_answer,
)
_FINAL = frozenset({"interaction.completed"})


def read_event(event: Event, limits: Limits) -> Answer:
    """One event of a stream; the data says by itself what it is."""
    if event.data == DONE:
        return Answer((), (), event.data, final=False)
    tree = parse_answer(JSON_TYPE, event.data)
    if tree.get("event_type") == "error" or has_error(tree):
        return Answer(error_texts(tree, limits), (), event.data, error=True)
    return answer_of(event.data, read_tree(tree, limits, _EVENT), final=tree.get("event_type") in _FINAL)


def error_body(refused_: Refusal) -> dict[str, object]:
    """The error that this API's clients raise on: a code in words, a message, and whose decision it was."""
    told = openai_error(refused_)["error"]
    kept = {name: value for name, value in told.items() if name in ("code", "guard", "param")} if isinstance(told, dict) else {}
    return {"error": {**kept, "message": message(refused_)}}


def refusal(refused_: Refusal) -> Reply:
    """The whole reply."""
    return reply(status(refused_), error_body(refused_), retry_header(refused_))


def error_frame(refused_: Refusal) -> bytes:
    """The last event of a stream."""
    return frame("error", orjson.dumps({"event_type": "error", **error_body(refused_)}))


_ANSWER = answers(_INTERACTION, "status")
_ID = {"interaction_id": r"[A-Za-z0-9][A-Za-z0-9_.~-]{0,511}"}


def _on_one(name: str, method: str, path: str, query: frozenset[str] = frozenset(), kind: Kind = Kind.SCREEN) -> Route:
    screened = kind is Kind.SCREEN
    return Route(
        f"interactions.{name}", method, "/interactions/{interaction_id}" + path, kind, params=_ID, query=query, read=read_stored,
        answer=_ANSWER if screened else None, event=read_event if screened and query else None, issues=screened,
        refusal=refusal, error_frame=error_frame,
    )  # fmt: skip


ROUTES = (
    Route(
        "interactions.create", "POST", "/interactions", content_types=(JSON_TYPE,), query=frozenset({"alt"}), read=reads(REQUEST), shape=REQUEST,
        answer=_ANSWER, event=read_event, issues=True, refusal=refusal, error_frame=error_frame,
    ),
    _on_one("get", "GET", "", frozenset({"stream", "last_event_id", "include_input"})),
    _on_one("cancel", "POST", "/cancel"),
    _on_one("delete", "DELETE", "", kind=Kind.PASS),
)  # fmt: skip
