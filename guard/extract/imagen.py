"""Imagen's `:predict`, as Vertex and the Gemini API have it: generate, edit, upscale, recontext and segment, told apart by the model.

Facts from the types of `google-genai` 3.4. Refusals are Google errors.
"""

from guard.extract import fields
from guard.extract.base import JSON_TYPE, Kind, Route
from guard.extract.fields import anything, each, known, number, obj, prose, refused, stored, text
from guard.extract.google import both, error_frame, error_refusal, mime, packed_picture
from guard.extract.json_body import answers, reads

_PICTURE = obj(both({"bytesBase64Encoded": packed_picture, "gcsUri": stored, "mimeType": mime}))
_INNER = obj({"image": _PICTURE}, other=anything)
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
            "mask": _INNER,
            "scribble": _INNER,
            "personImage": _INNER,
            "productImages": each(_INNER, 16),
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
            "aspectRatio": known(pattern=r"\d{1,2}:\d{1,2}"),
            **dict.fromkeys(("outputOptions", "editConfig", "upscaleConfig"), anything),
            **dict.fromkeys(("editMode", "mode", "personGeneration", "safetySetting", "sampleImageSize", "language"), fields.scalar),
            **dict.fromkeys(
                ("addWatermark", "enhancePrompt", "guidanceScale", "seed", "baseSteps", "includeRaiReason", "includeSafetyAttributes"),
                number,
            ),
        }
    )
)
PREDICT = obj({"instances": each(_INSTANCE, 16), "parameters": _PARAMETERS, "labels": anything}, required=("instances",))
_PREDICTION = obj(
    {
        "bytesBase64Encoded": packed_picture,
        "gcsUri": fields.answer_url,
        "prompt": prose,
        "raiFilteredReason": text,
        "mimeType": fields.ignored,
        "safetyAttributes": anything,
        "labels": anything,
    },
    other=fields.unknown_in_answer,
)
# What was filtered is not told unless asked for, so an answer may be empty.
_PREDICTIONS = obj({"predictions": each(_PREDICTION)}, other=anything)


def routes(base: str, params: dict[str, str]) -> tuple[Route, ...]:
    """The calls of image and video models below a path that ends with the model."""
    return (
        Route(
            "predict",
            "POST",
            f"{base}:predict",
            content_types=(JSON_TYPE,),
            params=params,
            read=reads(PREDICT, stream=False),
            answer=answers(_PREDICTIONS),
            shape=PREDICT,
            refusal=error_refusal,
            error_frame=error_frame,
        ),
        Route(
            "predictLongRunning",
            "POST",
            f"{base}:predictLongRunning",
            Kind.REFUSE,
            params=params,
            notes="Videos (Veo) are not screened here.",
        ),
    )
