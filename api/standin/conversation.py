"""`/v1/responses` and `/v1/chat/completions` in their least shapes: a drawn picture, and a line of text.

Responses draws when the tool `image_generation` is offered. Chat answers text, and pictures (as compatible vendors do) only when an
order carries some.
"""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from api.standin import picture
from api.standin.orders import Order
from api.standin.wire import BadAskError, frame, in_base64

SAID = "This is the stand-in upstream."
CHAT = b"/v1/chat/completions"
RESPONSES = b"/v1/responses"


@dataclass(frozen=True, slots=True)
class Talk:
    """What a conversation asks for."""

    model: str
    prompt: str
    draws: bool
    stream: bool
    partial_images: int


def read_talk(body: bytes) -> Talk:
    """The wishes in a body of either route."""
    try:
        fields = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadAskError(f"We could not parse the JSON body of your request: {error}", None) from error
    if not isinstance(fields, dict):
        raise BadAskError("The body is not a JSON object.", None)
    turns = fields.get("input", fields.get("messages"))
    if turns is None:
        raise BadAskError("Missing required parameter.", "input")
    tools = [tool for tool in fields.get("tools") or [] if isinstance(tool, dict) and tool.get("type") == "image_generation"]
    return Talk(
        model=str(fields.get("model", "stand-in")),
        prompt=" ".join(_texts(turns)),
        draws=bool(tools),
        stream=fields.get("stream") is True,
        partial_images=int(tools[0].get("partial_images") or 0) if tools else 0,
    )


def _texts(turns: object) -> Iterator[str]:
    if isinstance(turns, str):
        yield turns
    elif isinstance(turns, list):
        for turn in turns:
            yield from _texts(turn)
    elif isinstance(turns, dict):
        yield from _texts(turns.get("content", turns.get("text")))


def _drawn(talk: Talk, order: Order) -> str:
    data = order.pictures[0] if order.pictures else picture.draw(talk.prompt, picture.DEFAULT_SIDE_PX, picture.DEFAULT_SIDE_PX, "png")
    return in_base64(data, order)


def response(talk: Talk, order: Order, number: int) -> dict[str, Any]:
    """The finished object of `/v1/responses`."""
    output: list[dict[str, Any]] = []
    if talk.draws:
        call = {"id": f"ig_standin_{number}", "type": "image_generation_call", "status": "completed", "result": _drawn(talk, order)}
        output.append({**call, "revised_prompt": order.revised_prompt or talk.prompt})
    content = [{"type": "output_text", "text": SAID, "annotations": [], "logprobs": []}]
    output.append({"id": f"msg_standin_{number}", "type": "message", "status": "completed", "role": "assistant", "content": content})
    return {
        "id": f"resp_standin_{number}",
        "object": "response",
        "created_at": int(time.time()),
        "status": "completed",
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "model": talk.model,
        "output": output,
        "parallel_tool_calls": True,
        "temperature": 1.0,
        "tool_choice": "auto",
        "tools": [{"type": "image_generation"}] if talk.draws else [],
        "top_p": 1.0,
    }


def response_events(talk: Talk, order: Order, number: int) -> Iterator[bytes]:
    """The frames of a streamed response: the whole picture comes in the item and again at the end, as OpenAI sends it."""
    finished = response(talk, order, number)
    begun = {**finished, "status": "in_progress", "output": []}
    for sequence, (event, data) in enumerate(_response_steps(talk, begun, finished)):
        yield frame(event, {"sequence_number": sequence, **data})


def _response_steps(talk: Talk, begun: Mapping[str, Any], finished: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield "response.created", {"response": begun}
    yield "response.in_progress", {"response": begun}
    for index, item in enumerate(finished["output"]):
        where = {"output_index": index}
        if item["type"] == "image_generation_call":
            of_item = {**where, "item_id": item["id"]}
            yield "response.output_item.added", {**where, "item": {**item, "status": "in_progress", "result": None}}
            yield "response.image_generation_call.in_progress", of_item
            yield "response.image_generation_call.generating", of_item
            for partial in range(talk.partial_images):
                carried = {"partial_image_index": partial, "partial_image_b64": item["result"]}
                yield "response.image_generation_call.partial_image", {**of_item, **carried}
            yield "response.image_generation_call.completed", of_item
        else:
            yield "response.output_item.added", {**where, "item": {**item, "status": "in_progress", "content": []}}
            of_part = {**where, "item_id": item["id"], "content_index": 0}
            yield "response.content_part.added", {**of_part, "part": {**item["content"][0], "text": ""}}
            yield "response.output_text.delta", {**of_part, "delta": SAID, "logprobs": []}
            yield "response.output_text.done", {**of_part, "text": SAID, "logprobs": []}
            yield "response.content_part.done", {**of_part, "part": item["content"][0]}
        yield "response.output_item.done", {**where, "item": item}
    yield "response.completed", {"response": finished}


def completion(talk: Talk, order: Order, number: int) -> dict[str, Any]:
    """The object of `/v1/chat/completions`."""
    message: dict[str, Any] = {"role": "assistant", "content": SAID, "refusal": None}
    if order.pictures:
        message["images"] = [{"type": "image_url", "image_url": {"url": f"data:image/png;base64,{_drawn(talk, order)}"}}]
    return {
        "id": f"chatcmpl-standin-{number}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": talk.model,
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 8, "completion_tokens": 8, "total_tokens": 16},
    }


def completion_chunks(talk: Talk, order: Order, number: int) -> Iterator[bytes]:
    """The frames of a streamed completion, ended by `[DONE]`."""
    whole = completion(talk, order, number)
    chunk = {key: whole[key] for key in ("id", "created", "model")} | {"object": "chat.completion.chunk"}
    steps: list[tuple[dict[str, Any], str | None]] = [(whole["choices"][0]["message"], None), ({}, "stop")]
    for delta, finish in steps:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        yield b"data: %b\n\n" % orjson.dumps({**chunk, "choices": [choice]})
    yield b"data: [DONE]\n\n"
