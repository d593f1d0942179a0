"""Gemini's native API: `generateContent`, `streamGenerateContent` (events, or one JSON list) and Imagen's `predict`.

Its JSON is read in both spellings that the provider takes. A refusal of content is an HTTP 200 with `promptFeedback.blockReason`
(request) or a candidate whose `finishReason` says so (answer), as the provider's own clients expect it. Facts from `google-genai` 3.4.
"""

import orjson

from guard.errors import UnscreenableError, UpstreamInvalidError
from guard.extract import fields, gemini_interactions, imagen, pieces
from guard.extract.base import JSON_TYPE, Answer, Dialect, Generation, Kind, Limits, Refusal, Refused, Reply, Route, Target, reply
from guard.extract.fields import Reader, Reading, anything, described, each, known, obj, stored, text
from guard.extract.google import MODEL, both, error_body, error_frame, error_refusal, mime, packed_picture, retry_header, signature
from guard.extract.json_body import Tree, answer_of, answers, check_json, error_texts, events, json_generation, read_tree, reads
from guard.extract.json_strict import Json
from guard.extract.openai_refusals import HELP, message, status
from guard.extract.sse import frame
from guard.types import Stage

BLOB = obj(both({"data": packed_picture, "mimeType": mime, "displayName": text}))
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
    "partMetadata": anything,
    "thoughtSignature": signature,
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
_REQUEST = both(
    {
        "contents": each(CONTENT),
        "systemInstruction": CONTENT,
        "tools": each(_tool, 512),
        "toolConfig": anything,
        "safetySettings": anything,
        "generationConfig": anything,
        "cachedContent": stored,
        "continuationToken": signature,
        "labels": anything,
        "model": fields.model,
    }
)
REQUEST = obj(_REQUEST, required=("contents",))
_COUNTED = obj({**_REQUEST, **both({"generateContentRequest": obj(_REQUEST)})})
_COUNT = obj({"totalTokens": fields.ignored}, other=fields.unknown_in_answer)
_ANSWERED_PART = obj({**_PART_FIELDS, "functionResponse": _FUNCTION_RESPONSE}, other=fields.unknown_in_answer)
_ANSWERED = obj({"role": fields.ignored, "parts": each(_ANSWERED_PART)}, other=fields.unknown_in_answer)
_CANDIDATE = obj(
    {
        "content": _ANSWERED,
        "continuationToken": signature,
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
    """POST models/{model}:streamGenerateContent: events if asked for, else one list of all chunks."""
    asked = target.query.split("&")
    if any(pair.startswith("alt=") and pair not in ("alt=sse", "alt=json") for pair in asked):
        raise UnscreenableError("Answers are read as JSON or as events; ask with ?alt=sse or without `alt`.", "alt")
    return json_generation(target, body, limits, REQUEST, stream="alt=sse" in asked)


def _failed(tree: Tree) -> bool:
    return "error" in tree


ANSWERS = answers(ANSWER, "candidates", "promptFeedback", "usageMetadata", is_error=_failed)


def read_chunks(status_: int, content_type: str, body: bytes, limits: Limits) -> Answer:
    """The chunks of a stream as one JSON list; a name may lie across two of them."""
    tree = check_json(content_type, body)
    if not isinstance(tree, list):
        return ANSWERS(status_, content_type, body, limits)
    chunks = [_chunk(status_, item, body, limits) for item in tree]
    texts, pictures = pieces.gather(chunks, limits)
    issued = tuple(stored_id for chunk in chunks for stored_id in chunk.issued)
    return Answer(texts, pictures, body, error=any(chunk.error for chunk in chunks), issued=issued)


def _chunk(status_: int, item: Json, body: bytes, limits: Limits) -> Answer:
    if not isinstance(item, dict):
        raise UpstreamInvalidError("The upstream's list holds something else than chunks.")
    if status_ >= 400 or _failed(item):
        return Answer(error_texts(item, limits), (), body, error=True)
    return answer_of(body, read_tree(item, limits, ANSWER), final=False)


def _blocked(refused: Refusal) -> dict[str, object]:
    guard = {"decisionId": refused.decision_id, "rule": refused.rule or refused.category, "outcome": refused.why.value, "help": HELP}
    if refused.stage is Stage.INPUT:
        return {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT", "blockReasonMessage": message(refused)}, "guard": guard}
    return {"candidates": [{"index": 0, "finishReason": "IMAGE_PROHIBITED_CONTENT", "finishMessage": message(refused)}], "guard": guard}


def refusal(refused: Refusal) -> Reply:
    """The whole reply: a blocked answer for a refusal or a hold, an error for all else."""
    if refused.why in (Refused.REFUSE, Refused.HOLD):
        return reply(200, _blocked(refused))
    return reply(status(refused), error_body(refused), retry_header(refused))


def list_refusal(refused: Refusal) -> Reply:
    """The same as the list of chunks that a stream without events is."""
    whole = refusal(refused)
    return Reply(whole.status, whole.headers, b"[" + whole.body + b"]")


def blocked_frame(refused: Refusal) -> bytes:
    """The last event of a stream."""
    return frame("", orjson.dumps(_blocked(refused) if refused.why in (Refused.REFUSE, Refused.HOLD) else error_body(refused)))


_ALT = frozenset({"alt"})


def routes(base: str, params: dict[str, str]) -> tuple[Route, ...]:
    """The calls of Gemini and Imagen models below a path that ends with the model."""
    return (
        Route("generateContent", "POST", f"{base}:generateContent", content_types=(JSON_TYPE,), params=params, query=_ALT, read=read_generate, answer=ANSWERS, shape=REQUEST, issues=True, refusal=refusal),
        Route("streamGenerateContent", "POST", f"{base}:streamGenerateContent", content_types=(JSON_TYPE,), params=params, query=_ALT, read=read_stream, answer=read_chunks, event=events(ANSWER, lambda _: False), shape=REQUEST, issues=True, refusal=refusal, error_frame=blocked_frame, unstreamed=list_refusal),
        Route("countTokens", "POST", f"{base}:countTokens", content_types=(JSON_TYPE,), params=params, read=reads(_COUNTED, stream=False), answer=answers(_COUNT, "totalTokens"), shape=_COUNTED),
        *imagen.routes(base, params),
        Route("batchGenerateContent", "POST", f"{base}:batchGenerateContent", Kind.REFUSE, params=params, notes="Batches are answered past the guard; send each request by itself."),
    )  # fmt: skip


_PARAMS = {"model": MODEL}
_STATE = "This call keeps or uses state at the provider that this gateway has not screened."
DIALECT = Dialect(
    name="gemini",
    routes=(
        *routes("/models/{model}", _PARAMS),
        *gemini_interactions.ROUTES,
        Route("models.list", "GET", "/models", Kind.PASS, query=frozenset({"pageSize", "pageToken"})),
        Route("models.get", "GET", "/models/{model}", Kind.PASS, params=_PARAMS),
    ),
    refusal=error_refusal,
    error_frame=error_frame,
    keep_alive=b"\n",  # the provider's Python client takes a comment for an answer
    request_headers=frozenset({b"user-agent", b"x-goog-api-client"}),
    response_headers=frozenset({b"content-type", b"x-request-id", b"server-timing", b"retry-after"}),
    families=dict.fromkeys(
        ("files", "cachedContents", "corpora", "tunedModels", "batches", "fileSearchStores", "operations", "agents", "voices", "webhooks"),
        _STATE,
    ),
)
