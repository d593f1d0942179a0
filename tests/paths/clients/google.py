"""google-genai on the Gemini and Vertex dialects; prints what it got. Run by test_other_clients.py in an environment of its own."""

import base64
import json
import os

from google import genai
from google.genai import errors, types

BASE, KEY, REFUSED = os.environ["BASE_URL"], os.environ["CALLER_KEY"], os.environ["REFUSED_PROMPT"]
PICTURE = types.Part.from_bytes(data=base64.b64decode(os.environ["PICTURE"]), mime_type="image/png")
DRAWER, PAINTER = "gemini-2.5-flash-image", "imagen-4.0"

gemini = genai.Client(api_key=KEY, http_options=types.HttpOptions(base_url=f"{BASE}/gemini"))
vertex = genai.Client(vertexai=True, api_key=KEY, http_options=types.HttpOptions(base_url=f"{BASE}/vertex"))


def drawn(answer):
    return base64.b64encode(answer.candidates[0].content.parts[1].inline_data.data).decode()


def refused(call):
    try:
        return call()
    except errors.APIError as error:
        return [type(error).__name__, error.code, error.status]
    except Exception as error:
        return [type(error).__name__, getattr(error, "status_code", None)]


SHOWN = types.Image(image_bytes=base64.b64decode(os.environ["PICTURE"]), mime_type="image/png")
REFERENCES = [
    types.RawReferenceImage(reference_id=1, reference_image=SHOWN),
    types.MaskReferenceImage(reference_id=2, reference_image=SHOWN, config=types.MaskReferenceConfig(mask_dilation=0.06)),
    types.SubjectReferenceImage(reference_id=3, config=types.SubjectReferenceConfig(subject_description="a tyre"), reference_image=SHOWN),
]
IN_PLACE = types.EditImageConfig(edit_mode="EDIT_MODE_INPAINT_INSERTION", negative_prompt="rust", include_rai_reason=True)
WORN = types.RecontextImageSource(prompt="a tyre", person_image=SHOWN, product_images=[types.ProductImage(product_image=SHOWN)])
CUT = types.SegmentImageSource(prompt="a tyre", image=SHOWN, scribble_image=types.ScribbleImage(image=SHOWN))
made = [
    vertex.models.edit_image(model=PAINTER, prompt="a tyre", reference_images=REFERENCES, config=IN_PLACE).generated_images[0].image,
    vertex.models.upscale_image(model=PAINTER, image=SHOWN, upscale_factor="x2").generated_images[0].image,
    vertex.models.recontext_image(model=PAINTER, source=WORN).generated_images[0].image,
    vertex.models.segment_image(model=PAINTER, source=CUT).generated_masks[0].mask,
]
chat = gemini.chats.create(model=DRAWER)
chat.send_message("a round tyre")
told = {
    "generate": drawn(gemini.models.generate_content(model=DRAWER, contents=["a round tyre", PICTURE])),
    "stream": [chunk.text for chunk in gemini.models.generate_content_stream(model=DRAWER, contents="a round tyre")],
    "chat": chat.send_message("in red").candidates[0].finish_reason.value,
    "interaction": [gemini.interactions.create(model="gemini-3-pro", input="a round tyre").output_image.data],
    "imagen": base64.b64encode(
        vertex.models.generate_images(model=PAINTER, prompt="a round tyre").generated_images[0].image.image_bytes
    ).decode(),
    "made": [base64.b64encode(image.image_bytes).decode() for image in made],
    "vertex": drawn(vertex.models.generate_content(model=DRAWER, contents="a round tyre")),
    "refused": gemini.models.generate_content(model=DRAWER, contents=REFUSED).prompt_feedback.block_reason.value,
    "refused stream": [
        chunk.prompt_feedback.block_reason.value for chunk in gemini.models.generate_content_stream(model=DRAWER, contents=REFUSED)
    ],
    "refused interaction": refused(lambda: gemini.interactions.create(model="gemini-3-pro", input=REFUSED)),
    "refused video": refused(lambda: vertex.models.generate_videos(model="veo-3", prompt="a round tyre")),
    "refused imagen": refused(lambda: vertex.models.generate_images(model=PAINTER, prompt=REFUSED)),
}
print(json.dumps(told))
