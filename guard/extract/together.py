"""Together: OpenAI's shapes with negative prompts, reference pictures by URL, and LoRAs (which embody people: refused).

Facts from the types of `together` (ImageGenerateParams, ImageFile).
"""

from dataclasses import replace

from guard.extract import openai, openai_chat, openai_images
from guard.extract.base import JSON_TYPE, Route
from guard.extract.fields import data_url, each, known, number, obj, refused, text
from guard.extract.json_body import reads
from guard.extract.openai_images import IMAGE_SETTINGS

_LORAS = refused("LoRAs may embody a person.")
_GENERATIONS = obj(
    {
        **IMAGE_SETTINGS,
        "negative_prompt": text,
        "image_url": data_url,
        "reference_images": each(data_url, openai_images.MOST_IMAGES),
        "image_loras": _LORAS,
        "loras": _LORAS,
        "response_format": known("base64", "url", "b64_json"),
        "output_format": known("jpeg", "png"),
        "disable_safety_checker": number,
        **dict.fromkeys(("steps", "seed", "width", "height", "guidance", "guidance_scale"), number),
    },
    required=("prompt",),
)
ROUTES = (
    Route("images.generations", "POST", "/images/generations", content_types=(JSON_TYPE,), read=reads(_GENERATIONS), answer=openai_images.read_answer, shape=_GENERATIONS),
    *openai_chat.ROUTES,
    *(route for route in openai_images.ROUTES if route.name.startswith("models.")),
)  # fmt: skip
DIALECT = replace(openai.DIALECT, name="together", routes=ROUTES)
