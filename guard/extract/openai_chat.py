"""OpenAI's /chat/completions, as OpenAI and compatible vendors speak it: pictures may go in, and with some vendors come out."""

from guard.errors import UnscreenableError
from guard.extract import fields
from guard.extract.base import JSON_TYPE, Route
from guard.extract.fields import (
    Reading,
    anything,
    data_url,
    described,
    each,
    either,
    known,
    model,
    number,
    obj,
    prose,
    role_name,
    scalar,
    stored,
    tagged,
    text,
    type_name,
)
from guard.extract.json_body import answers, events, reads
from guard.extract.json_strict import Json

_FILE = fields.refused("Documents and sound cannot be screened; send text or pictures.")
_DETAIL = known("auto", "low", "high", "original")
_PART = tagged(
    {
        "text": obj({"type": type_name, "text": text, "prompt_cache_breakpoint": anything}),
        "refusal": obj({"type": type_name, "refusal": text}),
        "image_url": obj(
            {
                "type": type_name,
                "image_url": either(string=data_url, object=obj({"url": data_url, "detail": _DETAIL})),
                "prompt_cache_breakpoint": anything,
            }
        ),
        "input_audio": obj({"type": type_name, "input_audio": _FILE}),
        "file": obj({"type": type_name, "file": _FILE}),
    }
)
_MESSAGE = obj(
    {
        "role": role_name,
        "content": either(string=text, list=each(_PART)),
        "name": text,
        "refusal": text,
        "tool_call_id": text,
        "tool_calls": anything,
        "function_call": anything,
        "audio": obj({"id": stored}),
        "reasoning": text,
        "reasoning_content": text,
    }
)


def _tool(value: Json, where: str, reading: Reading) -> Json:
    return tagged(dict.fromkeys(("function", "custom", *reading.limits.tools), anything))(value, where, reading)


described(_tool, inner={"<function>": anything, "<custom>": anything})


def _search(value: Json, where: str, reading: Reading) -> Json:
    if "web_search" in reading.limits.tools:
        return anything(value, where, reading)
    return fields.refused("Web search reaches beyond what can be screened, unless the operator lists it.")(value, where, reading)


described(_search, kind="refused")
_REQUEST = obj(
    {
        "model": model,
        "messages": each(_MESSAGE),
        "tools": each(_tool, 512),
        "web_search_options": _search,
        "prediction": obj({"type": type_name, "content": either(string=text, list=each(_PART))}),
        "stop": either(string=text, list=each(text)),
        "modalities": each(scalar),
        "stream": number,
        "user": text,
        "safety_identifier": text,
        "prompt_cache_key": text,
        **dict.fromkeys(("temperature", "top_p", "n", "max_tokens", "max_completion_tokens", "seed", "presence_penalty", "frequency_penalty", "logprobs"), number),
        **dict.fromkeys(
            ("metadata", "response_format", "tool_choice", "functions", "function_call", "audio", "logit_bias", "stream_options", "moderation", "prompt_cache_options", "image_config", "reasoning"),
            anything,
        ),
    },
    required=("messages",),
)  # fmt: skip
_PICTURE = obj(
    {
        "type": type_name,
        "index": number,
        "image_url": either(string=fields.answer_url, object=obj({"url": fields.answer_url, "detail": _DETAIL})),
    }
)
_ANSWERED_PART = tagged(
    {
        "text": obj({"type": type_name, "text": prose}),
        "refusal": obj({"type": type_name, "refusal": text}),
        "image_url": _PICTURE,
        "output_image": _PICTURE,
    }
)
_ANSWERED = obj(
    {
        "role": role_name,
        "content": either(string=prose, list=each(_ANSWERED_PART)),
        "images": each(_PICTURE),
        "refusal": text,
        "reasoning": prose,
        "reasoning_content": prose,
        "audio": obj({"id": text, "data": fields.ignored, "expires_at": number, "transcript": text}),
        **dict.fromkeys(("annotations", "tool_calls", "function_call"), anything),
    },
    other=fields.unknown_in_answer,
)
_CHOICE = obj(
    {"message": _ANSWERED, "delta": _ANSWERED, "index": number, "finish_reason": fields.ignored, "logprobs": anything},
    other=fields.unknown_in_answer,
)


def _choices(value: Json, where: str, reading: Reading) -> Json:
    """Each choice under its own number, which in a stream is not its place in the list."""
    if not isinstance(value, list):
        raise UnscreenableError(f"{where} must be a list.", where)
    for place, item in enumerate(value):
        index = item.get("index") if isinstance(item, dict) else None
        _CHOICE(item, f"{where}[{index if type(index) is int else place}]", reading)
    return value


ANSWER = obj(
    {
        "choices": _choices,
        **dict.fromkeys(
            ("id", "object", "created", "usage", "service_tier", "system_fingerprint", "obfuscation", "moderation"), fields.ignored
        ),
    },
    other=fields.unknown_in_answer,
)


read_answer = answers(ANSWER, "choices")
read_event = events(ANSWER, final=lambda _: False)

ROUTES = (
    Route(
        "chat.completions",
        "POST",
        "/chat/completions",
        content_types=(JSON_TYPE,),
        read=reads(_REQUEST),
        answer=read_answer,
        event=read_event,
        shape=_REQUEST,
    ),
)
