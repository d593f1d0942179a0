"""The OpenAI dialect: its routes from one file a family, its refusals, its headers."""

from guard.extract import openai_batches, openai_chat, openai_files, openai_images, openai_responses, openai_videos
from guard.extract.base import Dialect, Kind, Route
from guard.extract.openai_refusals import error_frame, refusal

_STATE = "This call keeps or uses state at the provider that this gateway has not screened."
_OTHER = "This call of the provider is not offered through this gateway."
FAMILIES = {
    **dict.fromkeys(("files", "uploads", "batches", "conversations", "vector_stores", "containers", "videos", "skills"), _STATE),
    **dict.fromkeys(
        (
            "assistants",
            "threads",
            "chatkit",
            "evals",
            "agents",
            "vaults",
            "fine_tuning",
            "realtime",
            "live",
            "webhook_endpoints",
            "organization",
            "projects",
            "audio",
            "completions",
            "content_provenance_checks",
            "decisions",
            "safety",
            "webhook_event_types",
        ),
        _OTHER,
    ),
}
_ID = {"completion_id": r"[A-Za-z0-9_-]{1,128}"}
_REFUSED = (
    Route("models.delete", "DELETE", "/models/{model}", Kind.REFUSE, params=openai_images.MODEL_NAME, notes=_OTHER),
    Route("chat.stored.list", "GET", "/chat/completions", Kind.REFUSE, notes=_STATE),
    Route("chat.stored.retrieve", "GET", "/chat/completions/{completion_id}", Kind.REFUSE, params=_ID, notes=_STATE),
    Route("chat.stored.update", "POST", "/chat/completions/{completion_id}", Kind.REFUSE, params=_ID, notes=_STATE),
    Route("chat.stored.delete", "DELETE", "/chat/completions/{completion_id}", Kind.REFUSE, params=_ID, notes=_STATE),
    Route("chat.stored.messages", "GET", "/chat/completions/{completion_id}/messages", Kind.REFUSE, params=_ID, notes=_STATE),
)

DIALECT = Dialect(
    name="openai",
    routes=(
        *openai_images.ROUTES,
        *openai_responses.ROUTES,
        *openai_chat.ROUTES,
        *openai_files.ROUTES,
        *openai_batches.ROUTES,
        *openai_videos.ROUTES,
        *_REFUSED,
    ),
    refusal=refusal,
    error_frame=error_frame,
    request_headers=frozenset({b"user-agent", b"openai-organization", b"openai-project", b"x-client-request-id"}),
    response_headers=frozenset(
        {
            b"content-type", b"x-request-id", b"openai-processing-ms", b"openai-version", b"openai-organization", b"openai-project",
            b"retry-after", b"retry-after-ms", b"x-should-retry",
        }
    ),
    families=FAMILIES,
    accepts=frozenset({b"application/binary", b"application/octet-stream"}),
)  # fmt: skip
