"""LangChain's image tool and its DALL-E wrapper; prints what they got. Run by test_other_clients.py in an environment of its own."""

import json
import os

import openai
from langchain_community.utilities.dalle_image_generator import DallEAPIWrapper
from langchain_openai import ChatOpenAI

BASE, KEY, REFUSED = f"{os.environ['BASE_URL']}/v1", os.environ["CALLER_KEY"], os.environ["REFUSED_PROMPT"]
model = ChatOpenAI(model="gpt-5", api_key=KEY, base_url=BASE, use_responses_api=True)
drawing = model.bind_tools([{"type": "image_generation", "quality": "low"}])
wrapper = DallEAPIWrapper(api_key=KEY, base_url=BASE, model="dall-e-3")


def refused(call):
    try:
        return call(REFUSED)
    except openai.BadRequestError as error:
        return [error.status_code, error.code]


told = {
    "tool": [block["base64"] for block in drawing.invoke("draw a round tyre").content_blocks if block["type"] == "image"],
    "wrapper": wrapper.run("a round tyre"),
    "refused tool": refused(drawing.invoke),
    "refused wrapper": refused(wrapper.run),
}
print(json.dumps(told))
