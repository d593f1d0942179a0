"""Reve's and Together's own clients; prints what they got. Run by test_other_clients.py in an environment of its own."""

import base64
import json
import os

import together
from reve._client import ReveClient
from reve.exceptions import ReveContentViolationError
from reve.v1 import image as v1
from reve.v2 import image as v2

BASE, KEY, REFUSED = os.environ["BASE_URL"], os.environ["CALLER_KEY"], os.environ["REFUSED_PROMPT"]
PICTURE = base64.b64decode(os.environ["PICTURE"])
reve = ReveClient(api_token=KEY, api_url=f"{BASE}/reve")
vendor = together.Together(api_key=KEY, base_url=f"{BASE}/together")


def packed(answer):
    return base64.b64encode(answer.image_bytes).decode()


def refused(call):
    try:
        return call()
    except ReveContentViolationError as error:
        return type(error).__name__
    except together.BadRequestError as error:
        return [type(error).__name__, error.status_code, error.body["error"]["code"]]


told = {
    "reve": packed(v1.create("a round tyre", client=reve)),
    "reve v2": packed(v2.create("a round tyre", references=[PICTURE], client=reve)),
    "layout": v2.create_layout("a round tyre", client=reve).layout.regions[0].label,
    "together": vendor.images.generate(model="m", prompt="a round tyre").data[0].url,
    "refused by reve": refused(lambda: v1.create(REFUSED, client=reve)),
    "refused by reve v2": refused(lambda: v2.create_layout(REFUSED, client=reve)),
    "refused by together": refused(lambda: vendor.images.generate(model="m", prompt=REFUSED)),
}
print(json.dumps(told))
