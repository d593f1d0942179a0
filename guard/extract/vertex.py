"""Vertex AI: Imagen's `:predict` and Gemini's `:generateContent` under a project's path, refused as Google errors."""

from dataclasses import replace

import orjson

from guard.extract import fields, gemini
from guard.extract.base import JSON_TYPE, LATER, Refusal, Reply, Route, reply
from guard.extract.fields import anything, base64_picture, each, number, obj, prose, refused, stored, text
from guard.extract.gemini import MODEL, both, error_body, mime
from guard.extract.json_body import answers, events, reads
from guard.extract.openai_refusals import status
from guard.extract.sse import frame

_PICTURE = obj(both({"bytesBase64Encoded": base64_picture, "gcsUri": stored, "mimeType": mime}))
_REFERENCE = obj(
    both(
        {
            "referenceType": text,
            "referenceId": number,
            "referenceImage": _PICTURE,
            **dict.fromkeys(("maskImageConfig", "subjectImageConfig", "styleImageConfig", "controlImageConfig"), anything),
        }
    )
)
_INSTANCE = obj(
    both(
        {
            "prompt": text,
            "negativePrompt": text,
            "image": _PICTURE,
            "mask": obj({"image": _PICTURE}, other=anything),
            "referenceImages": each(_REFERENCE, 16),
        }
    )
)
_PARAMETERS = obj(
    both(
        {
            "negativePrompt": text,
            "storageUri": refused("What is written to a bucket cannot be screened; leave it out and take the answer."),
            "sampleCount": number,
            **dict.fromkeys(
                (
                    "outputOptions",
                    "editConfig",
                    "upscaleConfig",
                    "editMode",
                    "personGeneration",
                    "safetySetting",
                    "aspectRatio",
                    "language",
                ),
                anything,
            ),
        }
    )
)
_PREDICT = obj({"instances": each(_INSTANCE, 16), "parameters": _PARAMETERS, "labels": anything}, required=("instances",))
_PREDICTION = obj(
    {
        "bytesBase64Encoded": base64_picture,
        "gcsUri": fields.answer_url,
        "prompt": prose,
        "raiFilteredReason": text,
        "mimeType": fields.ignored,
        "safetyAttributes": anything,
    },
    other=fields.unknown_in_answer,
)
_PREDICTIONS = obj({"predictions": each(_PREDICTION)}, other=anything)

_BASE = "/projects/{project}/locations/{location}/publishers/google/models/{model}"
_PARAMS = {"project": r"[a-z0-9][a-z0-9-]{0,62}", "location": r"[a-z0-9][a-z0-9-]{0,31}", "model": MODEL}


def _moved(route: Route) -> Route:
    return replace(route, path=route.path.replace("/models/{model}", _BASE), params=_PARAMS)


ROUTES = (
    Route("predict", "POST", f"{_BASE}:predict", content_types=(JSON_TYPE,), params=_PARAMS, read=reads(_PREDICT, stream=False), answer=answers(_PREDICTIONS, "predictions"), shape=_PREDICT),
    _moved(gemini.ROUTES[0]),
    replace(_moved(gemini.ROUTES[1]), event=events(gemini.ANSWER)),
)  # fmt: skip


def refusal(refused_: Refusal) -> Reply:
    """The whole reply, a Google error whatever the call."""
    retry = (b"retry-after", str(refused_.retry_after_s).encode()) if refused_.why in LATER else (b"x-should-retry", b"false")
    return reply(status(refused_), error_body(refused_), retry)


def error_frame(refused_: Refusal) -> bytes:
    """The last event of a stream."""
    return frame("", orjson.dumps(error_body(refused_)))


DIALECT = replace(gemini.DIALECT, name="vertex", routes=ROUTES, refusal=refusal, error_frame=error_frame, families={})
