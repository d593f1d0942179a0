"""xAI: OpenAI's shapes, with edits as JSON only (`image` or `images`, each with a `url`) and a few settings of its own.

A picture of an answer may be base64 or a data URL, both in `b64_json`. Facts from `@ai-sdk/xai` 3 and the provider's REST reference;
its own Python client speaks gRPC, which does not pass here.
"""

from dataclasses import replace

from guard.extract import openai, openai_chat, openai_images
from guard.extract.base import JSON_TYPE, Route
from guard.extract.fields import data_url, each, known, obj, picture_text, stored
from guard.extract.json_body import reads
from guard.extract.openai_images import IMAGE_SETTINGS

_SETTINGS = {
    **IMAGE_SETTINGS,
    "aspect_ratio": known("auto", pattern=r"\d{1,2}(\.\d)?:\d{1,2}(\.\d)?"),
    "resolution": known("1k", "2k"),
}
_PICTURE = obj({"url": data_url, "file_id": stored, "type": known("image_url")})
_GENERATIONS = obj(_SETTINGS, required=("prompt",))
_EDITS = obj({**_SETTINGS, "image": _PICTURE, "images": each(_PICTURE, openai_images.MOST_IMAGES), "mask": _PICTURE}, required=("prompt",))
_READ_ANSWER = openai_images.reads_answer(picture_text)

ROUTES = (
    Route("images.generations", "POST", "/images/generations", content_types=(JSON_TYPE,), read=reads(_GENERATIONS), answer=_READ_ANSWER, shape=_GENERATIONS),
    Route("images.edits", "POST", "/images/edits", content_types=(JSON_TYPE,), read=reads(_EDITS), answer=_READ_ANSWER, shape=_EDITS),
    *openai_chat.ROUTES,
    *(route for route in openai_images.ROUTES if route.name.startswith("models.")),
)  # fmt: skip
DIALECT = replace(openai.DIALECT, name="xai", routes=ROUTES)
