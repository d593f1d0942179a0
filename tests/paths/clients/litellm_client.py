"""LiteLLM as a caller of several dialects; prints what it got. Run by test_other_clients.py in an environment of its own."""

import base64
import io
import json
import os

import litellm

BASE, KEY, REFUSED = os.environ["BASE_URL"], os.environ["CALLER_KEY"], os.environ["REFUSED_PROMPT"]
PICTURE = base64.b64decode(os.environ["PICTURE"])
litellm.suppress_debug_info = True


def draw(model, prefix, prompt="a round tyre", **more):
    return litellm.image_generation(model=model, prompt=prompt, api_base=BASE + prefix, api_key=KEY, **more).data[0]


def refused(model, prefix, **more):
    try:
        return draw(model, prefix, REFUSED, **more)
    except litellm.exceptions.APIError as error:
        return [type(error).__name__, error.status_code]
    except litellm.exceptions.BadRequestError as error:
        return [type(error).__name__, error.status_code]


edited = litellm.image_edit(
    model="openai/gpt-image-1", image=io.BytesIO(PICTURE), prompt="a round tyre", api_base=f"{BASE}/v1", api_key=KEY
)
told = {
    "openai": draw("openai/gpt-image-1", "/v1").b64_json,
    "edit": edited.data[0].b64_json,
    "azure": draw("azure/painter", "/azure", api_version="2025-04-01-preview").b64_json,
    "gemini": draw("gemini/gemini-2.5-flash-image", "/gemini/v1beta").b64_json,
    "xai": draw("xai/grok-2-image", "/xai/v1").b64_json,
    "stability": draw("stability/stable-image-core", "/stability").b64_json,
    "refused": refused("openai/gpt-image-1", "/v1"),
    "refused by azure": refused("azure/painter", "/azure", api_version="2025-04-01-preview"),
}
print(json.dumps(told))
