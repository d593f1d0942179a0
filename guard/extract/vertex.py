"""Vertex AI: the calls of Gemini and Imagen models under a project's path, or without one where the key says whose it is."""

from dataclasses import replace

from guard.extract import gemini
from guard.extract.google import MODEL

_MODELS = "/publishers/google/models/{model}"
_PROJECT = {"project": r"[a-z0-9][a-z0-9-]{0,62}", "location": r"[a-z0-9][a-z0-9-]{0,31}"}

DIALECT = replace(
    gemini.DIALECT,
    name="vertex",
    routes=(
        *gemini.routes("/projects/{project}/locations/{location}" + _MODELS, {**_PROJECT, "model": MODEL}),
        *gemini.routes(_MODELS, {"model": MODEL}),
    ),
    families={},
)
