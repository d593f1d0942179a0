"""Azure OpenAI: OpenAI's bodies under deployment paths and under `/openai/v1`, refused in Azure's words.

Azure's refusal has the code `content_policy_violation` and an `inner_error` (SURFACE.md, section 2).
"""

from dataclasses import replace

import orjson

from guard.extract import openai, openai_chat, openai_images, openai_refusals, openai_responses
from guard.extract.base import Kind, Refusal, Refused, Reply, Route, reply
from guard.extract.sse import frame

_DEPLOYMENT = {"model": r"[A-Za-z0-9][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*"}
_VERSION = frozenset({"api-version"})
_BY_DEPLOYMENT = ("images.generations", "images.edits", "chat.completions", "embeddings")


def _moved(route: Route, base: str, name: str) -> Route:
    params = {**route.params, **_DEPLOYMENT} if "{model}" in base else route.params
    return replace(route, name=f"{name}.{route.name}", path=base + route.path, query=route.query | _VERSION, params=params)


_ALL = (*openai_images.ROUTES, *openai_responses.ROUTES, *openai_chat.ROUTES)
ROUTES = (
    *(_moved(route, "/openai/deployments/{model}", "deployments") for route in _ALL if route.name in _BY_DEPLOYMENT),
    *(_moved(route, "/openai/v1", "v1") for route in _ALL if route.kind is Kind.SCREEN or route.name.startswith("models.")),
    *(_moved(route, "/openai", "dated") for route in _ALL if route.name.startswith(("responses.", "models."))),
)


def _body(refused: Refusal) -> dict[str, object]:
    body = openai_refusals.error_body(refused)
    error = body["error"]
    if refused.why is Refused.REFUSE and isinstance(error, dict):
        filtered = {refused.category: {"filtered": True, "severity": "high"}}
        error |= {
            "code": "content_policy_violation",
            "inner_error": {"code": "ResponsibleAIPolicyViolation", "content_filter_results": filtered},
        }
    return body


def refusal(refused: Refusal) -> Reply:
    """The whole reply, in Azure's shape."""
    headers = [header for header in openai_refusals.refusal(refused).headers if header[0] != b"content-type"]
    return reply(openai_refusals.status(refused), _body(refused), *headers)


def error_frame(refused: Refusal) -> bytes:
    """One frame of a stream with the same error."""
    return frame("error", orjson.dumps(_body(refused)))


DIALECT = replace(
    openai.DIALECT,
    name="azure",
    routes=ROUTES,
    refusal=refusal,
    error_frame=error_frame,
    response_headers=openai.DIALECT.response_headers | {b"apim-request-id", b"x-ms-region"},
    families={},
)
