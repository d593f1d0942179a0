"""The conformance kit's descriptions: one worked call of each kind that each dialect knows.

A dialect that is added brings its rows. In a body, an answer and an error, NAME stands wherever a person could be named, PICTURE
wherever a picture in base64 could be, DATA_URL wherever one as a data URL could be: the kit finds the places by itself, and expects
that exactly those are looked at.
"""

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from guard.extract.dialects import USUAL_PREFIXES
from guard.extract.multipart_strict import Part, dump

Body = dict[str, Any]
NAME, PICTURE, DATA_URL = "\0name", "\0picture", "\0data URL"


@dataclass(frozen=True)
class Shape:
    """How a provider says no: what `said` reads from status, headers and body of a refusal, and what that must be."""

    said: Callable[[int, Any, Any], object]
    of_request: object
    of_answer: object
    ends_stream: Callable[[Any], object] | None = None
    """What the last event of a refused stream says; true where it is a refusal."""


@dataclass(frozen=True)
class Call:
    """One call of a dialect: the path below its prefix, what is asked, what is answered, and how a refusal looks.

    `stream` is what is answered as events when `streamed` (another path, fields beside the body's) is asked, `in_pieces` says that its
    texts come in pieces. `form` says that the body is a multipart form; `rewritten` gives the answer that the caller gets where it is
    not the provider's own bytes.
    """

    dialect: str
    path: str
    body: Body
    answer: Body
    shape: Shape
    error: Body
    stream: tuple[Body, ...] = ()
    streamed: tuple[str, Body] | None = None
    in_pieces: bool = False
    form: bool = False
    rewritten: Callable[[Body], Body] | None = None
    tag: str = ""

    @property
    def prefix(self) -> str:
        """Where callers find it."""
        return USUAL_PREFIXES[self.dialect]

    def __str__(self) -> str:
        return f"{self.dialect} {self.tag or self.path.partition('?')[0].rpartition('/')[2]}"


def places(tree: object, *marks: str, where: str = "") -> list[str]:
    """Where a mark stands, in order."""
    return [place for place, leaf in leaves(tree, where) if leaf in marks]


def leaves(tree: object, where: str = "") -> Iterator[tuple[str, object]]:
    """(place, leaf) of everything in a tree."""
    if isinstance(tree, dict):
        for key, item in tree.items():
            yield from leaves(item, f"{where}.{key}" if where else key)
    elif isinstance(tree, list):
        for index, item in enumerate(tree):
            yield from leaves(item, f"{where}[{index}]")
    else:
        yield where, tree


@dataclass(frozen=True)
class Filled:
    """What stands at the marks: `texts` and `pictures` are for all places but those that are named."""

    texts: str
    pictures: bytes
    named: dict[str, str] = field(default_factory=dict)
    drawn: dict[str, bytes] = field(default_factory=dict)

    def __call__(self, tree: Any, where: str = "") -> Any:
        """The tree with everything in place; a form's pictures stay bytes."""
        if isinstance(tree, dict):
            return {key: self(item, f"{where}.{key}" if where else key) for key, item in tree.items()}
        if isinstance(tree, list):
            return [self(item, f"{where}[{index}]") for index, item in enumerate(tree)]
        if tree == NAME:
            return self.named.get(where, self.texts)
        if tree in (PICTURE, DATA_URL):
            packed = base64.b64encode(self.drawn.get(where, self.pictures)).decode()
            return packed if tree == PICTURE else f"data:image/png;base64,{packed}"
        return tree

    def written(self, call: Call, body: Body | None = None) -> tuple[str, bytes]:
        """Content type and bytes of a call's request."""
        if not call.form:
            return "application/json", json.dumps(self(body or call.body)).encode()
        return dump(self._part(name, value) for name, value in (body or call.body).items())

    def _part(self, name: str, value: str) -> Part:
        if value == PICTURE:
            return Part(name, "upload.png", "image/png", self.drawn.get(name, self.pictures))
        return Part(name, None, None, self(value, name).encode())


# -- how the providers say no ------------------------------------------------------------------------------------------------


def _openai(status: int, headers: Any, told: Any) -> object:
    return status, told["error"]["code"], told["error"]["moderation_details"]["moderation_stage"], headers["x-should-retry"]


def _blocked(status: int, headers: Any, told: Any) -> object:
    return status, told.get("promptFeedback", {}).get("blockReason") or told["candidates"][0]["finishReason"]


def _error_frame(event: Any) -> bool:
    return bool(event.get("error"))


def _finished(event: Any) -> bool:
    return event["candidates"][0]["finishReason"] == "IMAGE_PROHIBITED_CONTENT"


OPENAI = Shape(_openai, (400, "moderation_blocked", "input", "false"), (400, "moderation_blocked", "output", "false"), _error_frame)
AZURE = Shape(
    _openai, (400, "content_policy_violation", "input", "false"), (400, "content_policy_violation", "output", "false"), _error_frame
)
GEMINI = Shape(_blocked, (200, "PROHIBITED_CONTENT"), (200, "IMAGE_PROHIBITED_CONTENT"), _finished)
GOOGLE = Shape(lambda status, _, told: (status, told["error"]["status"]), (400, "INVALID_ARGUMENT"), (400, "INVALID_ARGUMENT"))
INTERACTION = Shape(
    lambda status, _, told: (status, told["error"]["code"]), (400, "moderation_blocked"), (400, "moderation_blocked"), _error_frame
)
REVE = Shape(
    lambda status, headers, told: (status, headers["x-reve-content-violation"], told["content_violation"]),
    (200, "true", True),
    (200, "true", True),
)
STABILITY = Shape(lambda status, _, told: (status, told["name"]), (403, "content_moderation"), (403, "content_moderation"))
BFL = Shape(lambda status, _, told: (status, told["status"]), (400, "Request Moderated"), (400, "Content Moderated"))

# -- bodies that several dialects share --------------------------------------------------------------------------------------

IMAGES: Body = {"created": 1, "data": [{"b64_json": PICTURE, "revised_prompt": NAME}], "usage": {"total_tokens": 3}}
IMAGE_EVENTS: tuple[Body, ...] = (
    {"type": "image_generation.partial_image", "partial_image_index": 0, "b64_json": PICTURE},
    {"type": "image_generation.completed", "b64_json": PICTURE, "revised_prompt": NAME},
)
CHAT: Body = {"messages": [{"role": "system", "content": NAME}, {"role": "user", "content": [{"type": "text", "text": NAME}, {"type": "image_url", "image_url": {"url": DATA_URL}}]}], "metadata": {"a": NAME}}  # fmt: skip
CHATTED: Body = {"id": "chatcmpl-1", "choices": [{"index": 0, "message": {"role": "assistant", "content": NAME, "images": [{"image_url": {"url": DATA_URL}}]}}]}  # fmt: skip
CHAT_EVENTS: tuple[Body, ...] = (
    {"id": "chatcmpl-1", "choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]},
    {"id": "chatcmpl-1", "choices": [{"index": 0, "delta": {"content": NAME}}]},
)
RESPOND: Body = {
    "instructions": NAME,
    "input": [{"role": "user", "content": [{"type": "input_text", "text": NAME}, {"type": "input_image", "image_url": DATA_URL}]}],
    "tools": [{"type": "image_generation", "input_image_mask": {"image_url": DATA_URL}}],
}
RESPONDED: Body = {
    "id": "resp_a",
    "object": "response",
    "output": [{"type": "image_generation_call", "id": "ig_a", "result": PICTURE, "revised_prompt": NAME}],
}
RESPONSE_EVENTS: tuple[Body, ...] = (
    {"type": "response.created", "response": {"id": "resp_b", "output": []}},
    {"type": "response.image_generation_call.partial_image", "item_id": "ig_b", "partial_image_b64": PICTURE},
    {"type": "response.completed", "response": {"id": "resp_b", "output": [{"type": "image_generation_call", "id": "ig_b", "result": PICTURE, "revised_prompt": NAME}]}},
)  # fmt: skip
OPENAI_ERROR: Body = {"error": {"message": NAME, "type": "image_generation_user_error", "code": "moderation_blocked", "param": None}}
GOOGLE_ERROR: Body = {"error": {"code": 400, "message": NAME, "status": "INVALID_ARGUMENT"}}
CONTENTS: Body = {
    "contents": [
        {"role": "user", "parts": [{"text": NAME}, {"inlineData": {"mimeType": "image/png", "data": PICTURE, "displayName": NAME}}]}
    ],
    "systemInstruction": {"parts": [{"text": NAME}]},
    "tools": [{"functionDeclarations": [{"name": "paint", "description": NAME}]}],
    "generationConfig": {"stopSequences": [NAME], "temperature": 1.0},
    "labels": {"a": NAME},
}
SNAKES: Body = {
    "contents": [
        {"parts": [{"inline_data": {"mime_type": "image/png", "data": PICTURE}}, {"text": NAME}]},
        {"parts": [{"functionResponse": {"name": "f", "response": {"x": NAME}, "parts": [{"inlineData": {"data": PICTURE}}]}}]},
    ],
    "system_instruction": {"parts": [{"text": NAME}]},
}
CANDIDATES: Body = {
    "candidates": [{"content": {"role": "model", "parts": [{"text": NAME}, {"inlineData": {"mimeType": "image/png", "data": PICTURE}}]}, "finishReason": "STOP", "index": 0}],
    "usageMetadata": {"totalTokenCount": 3},
}  # fmt: skip
CHUNKS: tuple[Body, ...] = (
    {"candidates": [{"content": {"parts": [{"inlineData": {"mimeType": "image/png", "data": PICTURE}}]}}]},
    {"candidates": [{"content": {"parts": [{"text": NAME}]}, "finishReason": "STOP"}], "usageMetadata": {"totalTokenCount": 3}},
)
INTERACT: Body = {
    "model": "gemini-3-pro-image-preview",
    "system_instruction": NAME,
    "input": [
        {"type": "user_input", "content": [{"type": "text", "text": NAME}, {"type": "image", "mime_type": "image/png", "data": PICTURE}]},
        {"type": "function_result", "call_id": "c1", "result": [{"type": "image", "data": PICTURE}]},
    ],
    "tools": [{"type": "function", "name": "paint", "description": NAME}],
    "response_format": {"type": "image", "delivery": "inline", "aspect_ratio": "1:1"},
    "labels": {"a": NAME},
}
INTERACTED: Body = {
    "id": "v1_a",
    "status": "completed",
    "steps": [
        {"type": "model_output", "content": [{"type": "text", "text": NAME}, {"type": "image", "mime_type": "image/png", "data": PICTURE}]}
    ],
}
STEPS: tuple[Body, ...] = (
    {"event_type": "interaction.created", "interaction": {"id": "v1_b", "status": "in_progress"}},
    {"event_type": "step.delta", "index": 0, "delta": {"type": "image", "mime_type": "image/png", "data": PICTURE}},
    {"event_type": "step.delta", "index": 1, "delta": {"type": "text", "text": NAME}},
    {"event_type": "interaction.completed", "interaction": {"id": "v1_b", "status": "completed"}},
)
PREDICT: Body = {
    "instances": [
        {
            "prompt": NAME,
            "image": {"bytesBase64Encoded": PICTURE, "mimeType": "image/png"},
            "mask": {"image": {"bytesBase64Encoded": PICTURE}},
            "scribble": {"image": {"bytesBase64Encoded": PICTURE}},
            "personImage": {"image": {"bytesBase64Encoded": PICTURE}},
            "productImages": [{"image": {"bytesBase64Encoded": PICTURE}}],
            "referenceImages": [{"referenceType": "REFERENCE_TYPE_SUBJECT", "referenceId": 1, "referenceImage": {"bytesBase64Encoded": PICTURE}, "subjectImageConfig": {"subjectDescription": NAME}}],
        }
    ],
    "parameters": {"sampleCount": 1, "negativePrompt": NAME, "upscaleConfig": {"upscaleFactor": "x2"}},
    "labels": {"a": NAME},
}  # fmt: skip
PREDICTED: Body = {"predictions": [{"bytesBase64Encoded": PICTURE, "mimeType": "image/png", "prompt": NAME, "raiFilteredReason": NAME}]}
LAYOUT: Body = {
    "prompt": NAME,
    "normalized_edit_instruction": NAME,
    "regions": [
        {
            "label": NAME,
            "prompt": NAME,
            "parent": NAME,
            "bbox": {"x0": 0.1, "y0": 0.0, "x1": 1.0, "y1": 1.0},
            "region_type": "face",
            "image_index": 0,
        }
    ],
}
REFERENCES = [{"image": {"data": PICTURE}, "prompt": NAME, "layout": LAYOUT}]
REVE_ANSWER: Body = {
    "image": PICTURE,
    "version": "latest",
    "content_violation": False,
    "request_id": "r-1",
    "credits_used": 18,
    "layout": LAYOUT,
}
LAID_OUT: Body = {"layout": LAYOUT, "version": "latest", "content_violation": False}
REVE_ERROR: Body = {"error_code": "INVALID", "message": NAME, "params": {"field": NAME}}
STABLE: Body = {"image": PICTURE, "finish_reason": "SUCCESS", "seed": 1}
STABILITY_ERROR: Body = {"id": "x", "name": "bad_request", "errors": [NAME]}

DEPLOYED = "/openai/deployments/painter"
MODEL = "/models/gemini-2.5-flash-image"
VERTEX = "/projects/p-1/locations/us-central1/publishers/google"


def _polled(answer: Body) -> Body:
    return answer | {"polling_url": f"https://guard.example/bfl/v1/get_result?id={answer['id']}"}


_GENERATIONS = Call(
    "openai",
    "/images/generations",
    {"prompt": NAME, "user": NAME, "novelty": NAME, "n": 1},
    IMAGES,
    OPENAI,
    OPENAI_ERROR,
    IMAGE_EVENTS,
    ("", {"stream": True}),
)
_EDITS = Call(
    "openai",
    "/images/edits",
    {"prompt": NAME, "images": [{"image_url": DATA_URL}, {"image_url": DATA_URL}], "mask": {"image_url": DATA_URL}},
    IMAGES,
    OPENAI,
    OPENAI_ERROR,
)
_FORM = Call(
    "openai",
    "/images/edits",
    {"prompt": NAME, "user": NAME, "image": PICTURE, "mask": PICTURE},
    IMAGES,
    OPENAI,
    OPENAI_ERROR,
    form=True,
    tag="edits as a form",
)
_CHAT = Call(
    "openai", "/chat/completions", CHAT, CHATTED, OPENAI, OPENAI_ERROR, CHAT_EVENTS, ("", {"stream": True}), in_pieces=True, tag="chat"
)
_RESPONSES = Call("openai", "/responses", RESPOND, RESPONDED, OPENAI, OPENAI_ERROR, RESPONSE_EVENTS, ("", {"stream": True}))
_AZURE_ERROR: Body = {
    "error": {
        "code": "content_policy_violation",
        "message": "no",
        "inner_error": {"code": "ResponsibleAIPolicyViolation", "revised_prompt": NAME},
    }
}
_SPOKEN = (f"{MODEL}:streamGenerateContent?alt=sse", {})

CALLS = (
    _GENERATIONS,
    _EDITS,
    _FORM,
    Call("openai", "/images/variations", {"image": PICTURE, "user": NAME}, IMAGES, OPENAI, OPENAI_ERROR, form=True),
    _CHAT,
    _RESPONSES,
    *(
        replace(call, dialect="azure", path=f"{base}{call.path}?api-version=2025-04-01-preview", shape=AZURE, error=_AZURE_ERROR, tag=f"{tag} {call.tag or call.path}")
        for base, tag, calls in ((DEPLOYED, "by deployment", (_GENERATIONS, _EDITS, _FORM, _CHAT)), ("/openai/v1", "v1", (_GENERATIONS, _FORM, _RESPONSES)), ("/openai", "dated", (_RESPONSES,)))
        for call in calls
    ),
    Call("gemini", f"{MODEL}:generateContent", CONTENTS, CANDIDATES, GEMINI, GOOGLE_ERROR, CHUNKS, _SPOKEN, in_pieces=True),
    Call("gemini", f"{MODEL}:generateContent", SNAKES, CANDIDATES, GEMINI, GOOGLE_ERROR, tag="in snake case"),
    Call("gemini", "/models/imagen-4.0:predict", PREDICT, PREDICTED, GOOGLE, GOOGLE_ERROR),
    Call("gemini", "/interactions", {"model": "gemini-3-pro", "input": NAME}, INTERACTED, INTERACTION, GOOGLE_ERROR, tag="interactions of one text"),
    Call("gemini", "/interactions", {"model": "gemini-3-pro", "input": {"type": "text", "text": NAME}}, INTERACTED, INTERACTION, GOOGLE_ERROR, tag="interactions of one piece"),
    Call("openai", "/responses", {"input": NAME, "prompt_cache_key": NAME, "metadata": {"a": NAME}}, RESPONDED, OPENAI, OPENAI_ERROR, tag="responses of one text"),
    Call("gemini", f"{MODEL}:countTokens", {"generateContentRequest": CONTENTS}, {"totalTokens": 3, "note": NAME}, GOOGLE, GOOGLE_ERROR),
    Call("gemini", "/interactions", INTERACT, INTERACTED, INTERACTION, {"error": {"code": "bad", "message": NAME}}, STEPS, ("", {"stream": True}), in_pieces=True),
    Call("vertex", f"{VERTEX}{MODEL}:generateContent", CONTENTS, CANDIDATES, GEMINI, GOOGLE_ERROR, CHUNKS, (VERTEX + _SPOKEN[0], {}), in_pieces=True),
    Call("vertex", f"{VERTEX}/models/imagen-4.0:predict", PREDICT, PREDICTED, GOOGLE, GOOGLE_ERROR),
    Call("vertex", "/publishers/google/models/imagen-4.0:predict", PREDICT, PREDICTED, GOOGLE, GOOGLE_ERROR, tag="predict without a project"),
    Call("xai", "/images/generations", {"prompt": NAME, "aspect_ratio": "19.5:9", "resolution": "2k"}, {"data": [{"b64_json": DATA_URL, "revised_prompt": NAME, "respect_moderation": True}]}, OPENAI, {"code": "x", "error": NAME}),
    Call("xai", "/images/edits", {"prompt": NAME, "image": {"url": DATA_URL, "type": "image_url"}}, IMAGES, OPENAI, OPENAI_ERROR),
    Call("xai", "/images/edits", {"prompt": NAME, "images": [{"url": DATA_URL}, {"url": DATA_URL}]}, IMAGES, OPENAI, OPENAI_ERROR, tag="edits of several"),
    replace(_CHAT, dialect="xai"),
    Call("together", "/images/generations", {"prompt": NAME, "negative_prompt": NAME, "image_url": DATA_URL, "reference_images": [DATA_URL], "steps": 4}, {"id": "t-1", "object": "list", "data": [{"index": 0, "type": "b64_json", "b64_json": PICTURE}], "note": NAME}, OPENAI, OPENAI_ERROR),
    replace(_CHAT, dialect="together"),
    Call("reve", "/image/create", {"prompt": NAME, "aspect_ratio": "3:2", "version": "latest", "postprocessing": [{"process": "effect", "effect_name": NAME, "effect_parameters": {"a": NAME}}]}, REVE_ANSWER, REVE, REVE_ERROR),
    Call("reve", "/image/edit", {"edit_instruction": NAME, "reference_image": PICTURE, "mask_image": PICTURE}, REVE_ANSWER, REVE, REVE_ERROR),
    Call("reve", "/image/remix", {"prompt": NAME, "reference_images": [PICTURE, PICTURE]}, REVE_ANSWER, REVE, REVE_ERROR),
    Call("reve-v2", "/image/create", {"prompt": NAME, "references": [{"data": PICTURE}], "aspect_ratio": "21:9"}, REVE_ANSWER, REVE, REVE_ERROR),
    Call("reve-v2", "/image/extract_layout", {"image": {"data": PICTURE}, "prompt": NAME}, LAID_OUT, REVE, REVE_ERROR),
    Call("reve-v2", "/image/create_layout", {"prompt": NAME, "references": REFERENCES, "commands": [{"op": "add", "label": NAME, "description": NAME, "new_description": NAME, "at": {"x": 0.5, "y": 0.25}}]}, LAID_OUT, REVE, REVE_ERROR),
    Call("reve-v2", "/image/render_layout", {"layout": LAYOUT, "references": REFERENCES}, REVE_ANSWER, REVE, REVE_ERROR),
    Call("reve-v2", "/image/reconcile_layouts", {"original_layout": LAYOUT, "edited_layout": LAYOUT}, LAID_OUT, REVE, REVE_ERROR),
    Call("stability", "/stable-image/generate/core", {"prompt": NAME, "negative_prompt": NAME, "seed": "1"}, STABLE, STABILITY, STABILITY_ERROR, form=True),
    Call("stability", "/stable-image/generate/sd3", {"prompt": NAME, "image": PICTURE, "strength": "0.50", "mode": "image-to-image"}, STABLE, STABILITY, STABILITY_ERROR, form=True),
    Call("stability", "/stable-image/edit/search-and-replace", {"prompt": NAME, "search_prompt": NAME, "image": PICTURE}, STABLE, STABILITY, STABILITY_ERROR, form=True),
    Call("stability", "/stable-image/control/style-transfer", {"init_image": PICTURE, "style_image": PICTURE, "prompt": NAME}, STABLE, STABILITY, STABILITY_ERROR, form=True),
    Call("bfl", "/flux-kontext-pro", {"prompt": NAME, "input_image": PICTURE, "input_image_10": DATA_URL, "seed": 1}, {"id": "job-1", "polling_url": "https://api.bfl.ai/v1/get_result?id=job-1", "note": NAME}, BFL, {"detail": NAME}, rewritten=_polled),
)  # fmt: skip
