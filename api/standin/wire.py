"""OpenAI's wire format as the stand-in reads and writes it (shapes from the types of openai 3.54)."""

import base64
import email.parser
import email.policy
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from api.standin import picture
from api.standin.orders import Order

MODELS = ("gpt-image-1", "gpt-image-1-mini", "dall-e-3", "dall-e-2", "stand-in")
IMAGE_ROUTES = {
    b"/v1/images/generations": "image_generation",
    b"/v1/images/edits": "image_edit",
    b"/v1/images/variations": "image_variation",
}
USAGE = {
    "input_tokens": 8,
    "input_tokens_details": {"image_tokens": 0, "text_tokens": 8},
    "output_tokens": 16,
    "total_tokens": 24,
}


@dataclass(frozen=True, slots=True)
class Ask:
    """What a request wants; `family` names the stream's events."""

    family: str
    prompt: str
    n: int
    size: str | None
    output_format: str
    as_url: bool
    stream: bool
    partial_images: int


class BadAskError(Exception):
    """A request the provider would answer 400; `param` names the field."""

    def __init__(self, message: str, param: str | None) -> None:
        super().__init__(message)
        self.param = param


def read_ask(family: str, content_type: str, body: bytes) -> Ask:
    """The wishes in a JSON or multipart body."""
    fields = _multipart_fields(content_type, body) if content_type.lower().startswith("multipart/form-data") else _json_fields(body)
    prompt = fields.get("prompt")
    if family != "image_variation" and not isinstance(prompt, str):
        raise BadAskError("Missing required parameter: 'prompt'.", "prompt")
    output_format = str(fields.get("output_format") or "png")
    return Ask(
        family=family,
        prompt=prompt if isinstance(prompt, str) else "variation",
        n=_whole(fields, "n", 1, 1, 10),
        size=str(fields["size"]) if fields.get("size") else None,
        output_format=output_format if output_format in picture.FORMATS else "png",
        as_url=fields.get("response_format") == "url",
        stream=fields.get("stream") in (True, "true"),
        partial_images=_whole(fields, "partial_images", 0, 0, 3),
    )


def _json_fields(body: bytes) -> Mapping[str, Any]:
    try:
        fields = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadAskError(f"We could not parse the JSON body of your request: {error}", None) from error
    if not isinstance(fields, dict):
        raise BadAskError("The body is not a JSON object.", None)
    return fields


def _multipart_fields(content_type: str, body: bytes) -> Mapping[str, Any]:
    head = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1")
    message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + body)
    if not message.is_multipart():
        raise BadAskError("Could not parse multipart form.", None)
    fields: dict[str, Any] = {}
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        if isinstance(name, str) and part.get_filename() is None:
            payload = part.get_payload(decode=True)
            fields[name] = payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
    return fields


def _whole(fields: Mapping[str, Any], name: str, default: int, least: int, most: int) -> int:
    value = fields.get(name)
    if value is None:
        return default
    try:
        number = int(value)
    except (TypeError, ValueError) as error:
        raise BadAskError(f"Invalid type for '{name}': expected an integer.", name) from error
    if not least <= number <= most:
        raise BadAskError(f"Invalid value for '{name}': expected {least} to {most}, got {number}.", name)
    return number


def pictures(ask: Ask, order: Order) -> list[bytes]:
    """The encoded pictures of the answer."""
    if order.pictures:
        return [order.pictures[i % len(order.pictures)] for i in range(ask.n)]
    width, height = picture.dimensions(ask.size)
    return [picture.draw(ask.prompt, width, height, ask.output_format, i) for i in range(ask.n)]


def in_base64(data: bytes, order: Order) -> str:
    """Base64 of a picture, cut short where the order says so."""
    text = base64.b64encode(data).decode()
    return text[:-7] if order.truncate_base64 else text


def answer(ask: Ask, order: Order, urls: list[str] | None) -> bytes:
    """The JSON answer; `urls` where the pictures are to be fetched instead of carried."""
    carried = (
        [{"url": url} for url in urls] if urls is not None else [{"b64_json": in_base64(data, order)} for data in pictures(ask, order)]
    )
    if order.revised_prompt is not None:
        carried = [{**item, "revised_prompt": order.revised_prompt} for item in carried]
    return orjson.dumps(
        {
            "created": int(time.time()),
            "background": "opaque",
            "data": carried,
            "output_format": ask.output_format,
            "quality": "low",
            "size": ask.size or "1024x1024",
            "usage": USAGE,
        }
    )


def events(ask: Ask, order: Order) -> Iterator[bytes]:
    """The frames of a streamed answer: partial pictures, then the finished one, for each picture asked for."""
    common = {"background": "opaque", "output_format": ask.output_format, "quality": "low", "size": ask.size or "1024x1024"}
    if order.revised_prompt is not None:
        common["revised_prompt"] = order.revised_prompt
    for data in pictures(ask, order):
        carried = {"b64_json": in_base64(data, order), "created_at": int(time.time()), **common}
        for index in range(ask.partial_images):
            yield frame(f"{ask.family}.partial_image", {**carried, "partial_image_index": index})
        yield frame(f"{ask.family}.completed", {**carried, "usage": USAGE})


def frame(event: str, data: Mapping[str, Any]) -> bytes:
    """One server-sent event whose JSON repeats its type, as OpenAI writes it."""
    return b"event: %b\ndata: %b\n\n" % (event.encode(), orjson.dumps({"type": event, **data}))


def error_body(message: str, kind: str = "invalid_request_error", param: str | None = None, code: str | None = None) -> bytes:
    """OpenAI's error object."""
    return orjson.dumps({"error": {"message": message, "type": kind, "param": param, "code": code}})


def model_object(name: str) -> dict[str, Any]:
    """One entry of the list of models."""
    return {"id": name, "object": "model", "created": 1_700_000_000, "owned_by": "stand-in"}
