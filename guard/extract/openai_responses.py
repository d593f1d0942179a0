"""OpenAI's /responses: every call of it can make a picture, so every text and picture in it is taken out.

Item and tool types that nobody listed are refused and named. State at the provider (earlier responses, conversations,
file ids, sealed reasoning) goes to the ledger, or is refused where there is none. Facts: types of `openai` 3.54.
"""

from dataclasses import replace

from guard.errors import UnscreenableError, UpstreamInvalidError
from guard.extract import fields
from guard.extract.base import JSON_TYPE, Answer, Generation, Kind, Limits, Route, Target
from guard.extract.fields import (
    Reader,
    Reading,
    anything,
    base64_picture,
    data_url,
    described,
    each,
    either,
    known,
    model,
    obj,
    role_name,
    scalar,
    stored,
    tagged,
    text,
    type_name,
)
from guard.extract.json_body import answer_of, error_texts, has_error, parse_answer, read_tree, reads
from guard.extract.json_strict import Json
from guard.extract.kept import reads_own
from guard.extract.openai_images import IMAGE_SETTINGS, refuse_svg
from guard.extract.sse import DONE, Event

_DOCUMENT = fields.refused("Documents cannot be screened; send text or pictures.")
_STATUS = known("in_progress", "completed", "incomplete", "searching", "generating", "failed")


_identifier = known(pattern=r"(?=.*\d)[a-z]{1,8}_[A-Za-z0-9_-]{8,128}")
"""An id as the provider makes them: no model reads it, and it must not part a name that lies across two items."""


def _item_id(value: Json, where: str, reading: Reading) -> Json:
    """An item's id; the provider keeps items, so one that it hands out may be pointed at later."""
    if reading.answer and type(value) is str:
        reading.stored.append((where, value))
    return _identifier(value, where, reading)


_ITEM_BASE: dict[str, Reader] = {
    "type": type_name,
    "id": _item_id,
    "status": _STATUS,
    "call_id": _identifier,
    "name": text,
    "namespace": text,
    "caller": anything,
}

_PARTS: dict[str, Reader] = {
    "input_text": obj({"type": type_name, "text": text, "prompt_cache_breakpoint": anything}),
    "output_text": obj({"type": type_name, "text": text, "annotations": anything, "logprobs": anything}),
    "text": obj({"type": type_name, "text": text}),
    "summary_text": obj({"type": type_name, "text": text}),
    "reasoning_text": obj({"type": type_name, "text": text}),
    "refusal": obj({"type": type_name, "refusal": text}),
    "input_image": obj(
        {
            "type": type_name,
            "image_url": data_url,
            "file_id": stored,
            "detail": known("auto", "low", "high", "original"),
            "prompt_cache_breakpoint": anything,
        }
    ),
    "input_file": obj(
        {
            "type": type_name,
            "filename": text,
            "file_data": _DOCUMENT,
            "file_url": _DOCUMENT,
            "file_id": stored,
            "detail": scalar,
            "prompt_cache_breakpoint": anything,
        }
    ),
}
_PART = tagged(_PARTS)
_CONTENT = either(string=text, list=each(_PART))
_MASK = obj({"image_url": data_url, "file_id": stored})


def _screenshot(value: Json, where: str, reading: Reading) -> Json:
    if not isinstance(value, dict) or set(value) - {"type", "image_url", "file_id"}:
        raise UnscreenableError(f"{where} must be a screenshot.", where)
    return _PARTS["input_image"](value, where, reading)


def _image_call(value: Json, where: str, reading: Reading) -> Json:
    """An earlier picture: its bytes, or its id for the ledger."""
    if isinstance(value, dict) and not value.get("result") and not reading.answer:
        stored(value.get("id"), f"{where}.id", reading)
    return _IMAGE_CALL(value, where, reading)


_IMAGE_CALL = obj(
    {
        **_ITEM_BASE,
        **{name: IMAGE_SETTINGS[name] for name in ("size", "quality", "background", "output_format", "output_compression")},
        "result": base64_picture,
        "revised_prompt": text,
        "action": known("generate", "edit", "auto"),
        "error": anything,
        "svg_usage": anything,
    }
)
described(_image_call, inner={"": _IMAGE_CALL})
described(_screenshot, inner={"": _PARTS["input_image"]})
_IMAGE_TOOL = obj(
    {
        **{name: reader for name, reader in IMAGE_SETTINGS.items() if name not in ("prompt", "user", "stream", "n")},
        "type": type_name,
        "action": known("generate", "edit", "auto"),
        "input_image_mask": _MASK,
        "svg": refuse_svg,
    }
)
_PLAIN_TOOLS = dict.fromkeys(
    ("function", "custom", "namespace", "tool_search", "local_shell", "shell", "apply_patch", "programmatic_tool_calling"), anything
)


def _tool(value: Json, where: str, reading: Reading) -> Json:
    """A tool: functions of the caller's own are text, picture making is read, what reaches elsewhere must be listed."""
    listed = dict.fromkeys(reading.limits.tools, anything)
    if isinstance(value, dict) and value.get("type") == "namespace":
        each(_tool)(value.get("tools"), f"{where}.tools", reading)
    return tagged({**listed, **_PLAIN_TOOLS, "image_generation": _IMAGE_TOOL})(value, where, reading)


described(_tool, inner={f"<{kind}>": reader for kind, reader in (*_PLAIN_TOOLS.items(), ("image_generation", _IMAGE_TOOL))})
_TEXT_ITEM = obj(_ITEM_BASE, other=anything)
_ITEMS: dict[str, Reader] = {
    "message": obj({**_ITEM_BASE, "role": role_name, "content": _CONTENT}),
    "function_call": obj({**_ITEM_BASE, "arguments": text}),
    "custom_tool_call": obj({**_ITEM_BASE, "input": text}),
    "function_call_output": obj({**_ITEM_BASE, "output": _CONTENT}),
    "custom_tool_call_output": obj({**_ITEM_BASE, "output": _CONTENT}),
    "computer_call_output": obj({**_ITEM_BASE, "output": _screenshot, "acknowledged_safety_checks": anything}),
    "image_generation_call": _image_call,
    "item_reference": obj({"type": type_name, "id": stored}),
    "reasoning": obj({**_ITEM_BASE, "summary": each(_PART), "content": each(_PART), "encrypted_content": fields.sealed}),
    "compaction": obj({**_ITEM_BASE, "encrypted_content": fields.sealed, "created_by": text}),
    "additional_tools": obj({**_ITEM_BASE, "role": role_name, "tools": each(_tool)}),
    "tool_search_output": obj({**_ITEM_BASE, "execution": scalar, "tools": each(_tool)}),
    **dict.fromkeys(
        ("tool_search_call", "program", "program_output", "local_shell_call", "local_shell_call_output", "shell_call", "shell_call_output"),
        _TEXT_ITEM,
    ),
    **dict.fromkeys(
        ("apply_patch_call", "apply_patch_call_output", "computer_call", "compaction_trigger", "configuration_update"), _TEXT_ITEM
    ),
}
_REACHING = {
    "web_search_call": "web_search", "file_search_call": "file_search", "code_interpreter_call": "code_interpreter", "mcp_call": "mcp",
    "mcp_list_tools": "mcp", "mcp_approval_request": "mcp", "mcp_approval_response": "mcp",
}  # fmt: skip


def _item(value: Json, where: str, reading: Reading) -> Json:
    listed = {kind: _TEXT_ITEM for kind, tool in _REACHING.items() if tool in reading.limits.tools}
    return tagged({**_ITEMS, **listed}, default="message")(value, where, reading)


described(_item, inner={f"<{kind}>": reader for kind, reader in _ITEMS.items()})


def _background(value: Json, where: str, reading: Reading) -> Json:
    return value if reading.limits.ledger else _NO_BACKGROUND(value, where, reading)


described(_background, kind="stored state")
_NO_BACKGROUND = fields.refused("What runs in the background is stored state.")
_REQUEST = obj(
    {
        "model": model,
        "input": either(string=text, list=each(_item)),
        "instructions": either(string=text, list=each(_item)),
        "tools": each(_tool, 512),
        "tool_choice": anything,
        "metadata": anything,
        "text": anything,
        "reasoning": anything,
        "prompt": obj({"id": stored, "version": text, "variables": obj({}, other=either(string=text, object=_PART))}),
        "previous_response_id": stored,
        "conversation": either(string=stored, object=obj({"id": stored})),
        "background": _background,
        "include": each(scalar),
        "user": text,
        "safety_identifier": text,
        "prompt_cache_key": text,
        "store": scalar,
        "stream": fields.number,
        **dict.fromkeys(("stream_options", "moderation", "context_management", "prompt_cache_options", "image", "background_options", "access_programs"), anything),
    }
)  # fmt: skip


def read_stored(target: Target, body: bytes, limits: Limits) -> Generation:
    """A call that names a stored response in its path and has no body."""
    if body:
        raise UnscreenableError("This call has no body.", "body")
    reading = Reading(limits)
    stored(target.params["response_id"], "response_id", reading)
    return Generation(
        target.route, None, (), (), "stream=true" in target.query.split("&"), 1, lambda: ("", b""), lambda: [("response_id", target.params["response_id"])], tuple(reading.stored)
    )  # fmt: skip


def _output_item(value: Json, where: str, reading: Reading) -> Json:
    """An item of an answer: kinds that carry pictures or state are read, in all others no picture may be."""
    kind = value.get("type") if isinstance(value, dict) else None
    reader = _ITEMS.get(kind) if isinstance(kind, str) else None
    return (reader or _TEXT_ITEM)(value, where, reading)


def _answered_tool(value: Json, where: str, reading: Reading) -> Json:
    """A tool of the request, told again."""
    is_image_tool = isinstance(value, dict) and value.get("type") == "image_generation"
    return (_IMAGE_TOOL if is_image_tool else anything)(value, where, reading)


RESPONSE = obj(
    {
        "id": stored,
        "output": each(_output_item),
        "instructions": either(string=text, list=each(_output_item)),
        "tools": each(_answered_tool),
        "previous_response_id": stored,
        "conversation": anything,
        "prompt": anything,
        **dict.fromkeys(("object", "status", "created_at", "completed_at", "usage", "temperature", "top_p", "service_tier", "truncation"), fields.ignored),
    },
    other=anything,
)  # fmt: skip
_LIST = obj({"data": each(_output_item)}, other=anything)
_EVENTS: dict[str, Reader] = {
    "item": _output_item,
    "response": RESPONSE,
    "partial_image_b64": base64_picture,
    "part": _PART,
    "delta": text,
    "text": text,
    **{name: IMAGE_SETTINGS[name] for name in ("size", "quality", "background", "output_format")},
    **dict.fromkeys(
        ("type", "sequence_number", "output_index", "content_index", "partial_image_index", "obfuscation", "logprobs"), fields.ignored
    ),
}
_EVENT = obj(_EVENTS, other=anything)


def read_answer(status: int, content_type: str, body: bytes, limits: Limits) -> Answer:
    """A response, a list of its input items, or an error."""
    tree = parse_answer(content_type, body)
    if status >= 400 or (has_error(tree) and not tree.keys() & {"output", "data"}):
        return Answer(error_texts(tree, limits), (), body, error=True)
    if not isinstance(tree.get("output", tree.get("data", [])), list):
        raise UpstreamInvalidError("The upstream's answer has no list of items.")
    return answer_of(body, read_tree(tree, limits, _LIST if tree.get("object") == "list" else RESPONSE))


def read_event(event: Event, limits: Limits) -> Answer:
    """One event of a stream; the whole picture comes again in `output_item.done` and in `response.completed`."""
    if event.data == DONE:
        return Answer((), (), event.data, final=False)
    tree = parse_answer(JSON_TYPE, event.data)
    kind = tree.get("type")
    if kind == "error" or (tree.get("error") is not None and "response" not in tree):
        return Answer(error_texts(tree, limits), (), event.data, error=True)
    if not isinstance(kind, str) or not kind.startswith("response."):
        raise UpstreamInvalidError("The stream has an event that is none of /responses.")
    final = not kind.endswith((".delta", ".partial_image", ".added", ".created", ".in_progress", ".queued"))
    return replace(answer_of(event.data, read_tree(tree, limits, _EVENT), final=final), partial=kind.endswith(".partial_image"))


_ID = {"response_id": r"[A-Za-z0-9_-]{1,128}"}
_BETA = frozenset({"beta"})
_own = reads_own("response_id")
ROUTES = (
    Route("responses.create", "POST", "/responses", content_types=(JSON_TYPE,), query=_BETA, read=reads(_REQUEST), shape=_REQUEST, answer=read_answer, event=read_event, issues=True),
    Route("responses.compact", "POST", "/responses/compact", content_types=(JSON_TYPE,), query=_BETA, read=reads(_REQUEST), shape=_REQUEST, answer=read_answer, issues=True),
    Route("responses.input_tokens", "POST", "/responses/input_tokens", content_types=(JSON_TYPE,), query=_BETA, read=reads(_REQUEST), shape=_REQUEST, answer=read_answer),
    Route("responses.retrieve", "GET", "/responses/{response_id}", params=_ID, query=_BETA | {"stream", "starting_after", "include[]", "include_obfuscation"}, read=read_stored, answer=read_answer, event=read_event, issues=True),
    Route("responses.cancel", "POST", "/responses/{response_id}/cancel", params=_ID, query=_BETA, read=_own, answer=read_answer),
    Route("responses.input_items", "GET", "/responses/{response_id}/input_items", params=_ID, query=_BETA | {"after", "limit", "order", "include[]"}, read=read_stored, answer=read_answer),
    Route("responses.delete", "DELETE", "/responses/{response_id}", Kind.PASS, params=_ID, query=_BETA, read=_own),
)  # fmt: skip
