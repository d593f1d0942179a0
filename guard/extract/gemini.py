"""Gemini's native API: `generateContent` and `streamGenerateContent?alt=sse`, in both spellings that its JSON reader takes.

A refusal is an HTTP 200 with `promptFeedback.blockReason` (request) or a candidate whose `finishReason` says so (answer),
as the provider's own clients expect it.
"""

import orjson

from guard.errors import UnscreenableError
from guard.extract import fields
from guard.extract.base import JSON_TYPE, LATER, Dialect, Generation, Kind, Limits, Refusal, Refused, Reply, Route, Target, reply
from guard.extract.fields import Reader, Reading, anything, base64_picture, described, each, known, obj, sealed, stored, text
from guard.extract.json_body import answers, events, json_generation
from guard.extract.json_strict import Json
from guard.extract.openai_refusals import HELP, message, status
from guard.extract.sse import frame
from guard.types import Stage


def both(names: dict[str, Reader]) -> dict[str, Reader]:
    """The fields under their camelCase and their snake_case name; the provider reads either."""
    snake = {"".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name): reader for name, reader in names.items()}
    return {**names, **snake}


def mime(value: Json, where: str, reading: Reading) -> Json:
    """The declared type of a picture; what it really is says `containers`."""
    if value is not None and value not in fields.MIME.values():
        raise UnscreenableError(f"{where} must be one of {', '.join(fields.MIME.values())}.", where)
    return value


BLOB = obj(both({"data": base64_picture, "mimeType": mime, "displayName": text}))
_FILE = obj(both({"fileUri": stored, "mimeType": text, "displayName": text}))
_PART_FIELDS: dict[str, Reader] = {
    "text": text,
    "inlineData": BLOB,
    "fileData": _FILE,
    "functionCall": anything,
    "executableCode": anything,
    "codeExecutionResult": anything,
    "videoMetadata": anything,
    "mediaResolution": anything,
    "thoughtSignature": sealed,
    "thought": fields.number,
}
_INNER_PART = obj(both({"inlineData": BLOB, "fileData": _FILE}))
_FUNCTION_RESPONSE = obj(
    both({"id": text, "name": text, "response": anything, "parts": each(_INNER_PART), "scheduling": text, "willContinue": fields.number})
)
PART = obj(both({**_PART_FIELDS, "functionResponse": _FUNCTION_RESPONSE}))
CONTENT = obj({"role": known("user", "model", "function", "system"), "parts": each(PART)})


def _tool(value: Json, where: str, reading: Reading) -> Json:
    """Functions of the caller's own are text; what reaches elsewhere must be listed by the operator."""
    if isinstance(value, dict):
        for name in value:
            if name not in ("functionDeclarations", "function_declarations") and name not in reading.limits.tools:
                raise UnscreenableError(
                    f"{where}: the tool {name[:64]!r} reaches beyond what can be screened, unless the operator lists it.", f"{where}.{name}"
                )
    return anything(value, where, reading)


described(_tool, inner={".functionDeclarations": anything})
REQUEST = obj(
    both(
        {
            "contents": each(CONTENT),
            "systemInstruction": CONTENT,
            "tools": each(_tool, 512),
            "toolConfig": anything,
            "safetySettings": anything,
            "generationConfig": anything,
            "cachedContent": stored,
            "labels": anything,
            "model": fields.model,
        }
    ),
    required=("contents",),
)
_ANSWERED_PART = obj({**_PART_FIELDS, "functionResponse": _FUNCTION_RESPONSE}, other=fields.unknown_in_answer)
_ANSWERED = obj({"role": fields.ignored, "parts": each(_ANSWERED_PART)}, other=fields.unknown_in_answer)
_CANDIDATE = obj(
    {
        "content": _ANSWERED,
        **dict.fromkeys(("citationMetadata", "groundingMetadata", "urlContextMetadata", "finishMessage"), anything),
        **dict.fromkeys(("finishReason", "safetyRatings", "index", "tokenCount", "avgLogprobs", "logprobsResult"), fields.ignored),
    },
    other=fields.unknown_in_answer,
)
ANSWER = obj(
    {
        "candidates": each(_CANDIDATE),
        "promptFeedback": anything,
        **dict.fromkeys(("usageMetadata", "modelVersion", "responseId", "createTime", "modelStatus"), fields.ignored),
    },
    other=fields.unknown_in_answer,
)


def read_generate(target: Target, body: bytes, limits: Limits) -> Generation:
    """POST models/{model}:generateContent."""
    return json_generation(target, body, limits, REQUEST, stream=False)


def read_stream(target: Target, body: bytes, limits: Limits) -> Generation:
    """POST models/{model}:streamGenerateContent, as events only."""
    if "alt=sse" not in target.query.split("&"):
        raise UnscreenableError("Streams are read as events only; ask with ?alt=sse.", "alt")
    return json_generation(target, body, limits, REQUEST, stream=True)


_STATUS_NAMES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}


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


def _blocked(refused: Refusal) -> dict[str, object]:
    guard = {"decisionId": refused.decision_id, "rule": refused.rule or refused.category, "outcome": refused.why.value, "help": HELP}
    if refused.stage is Stage.INPUT:
        return {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT", "blockReasonMessage": message(refused)}, "guard": guard}
    return {"candidates": [{"index": 0, "finishReason": "IMAGE_PROHIBITED_CONTENT", "finishMessage": message(refused)}], "guard": guard}


def refusal(refused: Refusal) -> Reply:
    """The whole reply: a blocked answer for a refusal or a hold, an error for all else."""
    if refused.why in (Refused.REFUSE, Refused.HOLD):
        return reply(200, _blocked(refused))
    retry = [(b"retry-after", str(refused.retry_after_s).encode())] if refused.why in LATER else []
    return reply(status(refused), error_body(refused), *retry)


def error_frame(refused: Refusal) -> bytes:
    """The last event of a stream."""
    return frame("", orjson.dumps(_blocked(refused) if refused.why in (Refused.REFUSE, Refused.HOLD) else error_body(refused)))


MODEL = r"[A-Za-z0-9][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*"
ANSWERS = answers(ANSWER, "usageMetadata", lambda tree: "error" in tree)
_PARAMS = {"model": MODEL}
ROUTES = (
    Route("generateContent", "POST", "/models/{model}:generateContent", content_types=(JSON_TYPE,), params=_PARAMS, read=read_generate, answer=ANSWERS, shape=REQUEST),
    Route("streamGenerateContent", "POST", "/models/{model}:streamGenerateContent", content_types=(JSON_TYPE,), params=_PARAMS, query=frozenset({"alt"}), read=read_stream, answer=ANSWERS, event=events(ANSWER), shape=REQUEST),
    Route("models.list", "GET", "/models", Kind.PASS, query=frozenset({"pageSize", "pageToken"})),
    Route("models.get", "GET", "/models/{model}", Kind.PASS, params=_PARAMS),
)  # fmt: skip
_STATE = "This call keeps or uses state at the provider that this gateway has not screened."
DIALECT = Dialect(
    name="gemini",
    routes=ROUTES,
    refusal=refusal,
    error_frame=error_frame,
    request_headers=frozenset({b"user-agent", b"x-goog-api-client"}),
    response_headers=frozenset({b"content-type", b"x-request-id", b"server-timing", b"retry-after"}),
    families=dict.fromkeys(
        ("files", "cachedContents", "interactions", "corpora", "tunedModels", "batches", "fileSearchStores", "operations"), _STATE
    ),
)
