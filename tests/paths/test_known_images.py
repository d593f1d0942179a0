"""A picture in a bank, through the running gateway: refused as it is, mirrored and turned, on the way in and on the way out."""

import base64
import io
import time
from collections.abc import Callable

import openai
import pytest
from PIL import Image, ImageOps
from skimage.data import astronaut, cat, rocket

from api.standin import StandIn
from api.standin.orders import Order
from guard.evaluate.trial import Trial

PROMPT = "Put a small green lamp on the table"
KNOWN = Image.fromarray(cat())
OTHER = Image.fromarray(rocket())


def png(image: Image.Image) -> bytes:
    held = io.BytesIO()
    image.save(held, "PNG")
    return held.getvalue()


def jpeg(image: Image.Image) -> Image.Image:
    held = io.BytesIO()
    image.resize((image.width // 2, image.height // 2)).save(held, "JPEG", quality=40)
    return Image.open(held)


@pytest.fixture(scope="module", autouse=True)
def _in_the_bank(running_guard: Trial) -> None:
    running_guard.made("/known-images", files={"image": ("known.png", png(KNOWN), "image/png")}, data={"reason": "withdrawn"})


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda image: image, id="as it is"),
        pytest.param(ImageOps.mirror, id="mirrored"),
        pytest.param(ImageOps.flip, id="upside down"),
        pytest.param(lambda image: image.transpose(Image.Transpose.ROTATE_90), id="turned by 90 degrees"),
        pytest.param(jpeg, id="smaller and recompressed"),
    ],
)
def test_it_is_refused_as_an_input(guarded: Trial, upstream: StandIn, change: Callable[[Image.Image], Image.Image]) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        guarded.client("known").images.edit(model="gpt-image-1", image=png(change(KNOWN)), prompt=PROMPT)
    decision = guarded.admin("GET", f"/decisions/{refused.value.response.headers['x-guard-decision']}").json()
    assert (refused.value.code, decision["rule"], decision["subject_ids"], list(upstream.seen)) == (
        "moderation_blocked",
        "known-image",
        [],
        [],
    )


def test_another_picture_passes(guarded: Trial, upstream: StandIn) -> None:
    answer = guarded.client("known").images.edit(model="gpt-image-1", image=png(OTHER), prompt=PROMPT)
    assert (bool(answer.data), len(upstream.seen)) == (True, 1)


def test_the_screen_tells_bank_and_distance(guarded: Trial) -> None:
    body = {"images": [base64.b64encode(png(ImageOps.mirror(KNOWN))).decode()]}
    shown = guarded.made("/screen", json=body)
    (hit,) = shown["hits"]
    assert (shown["outcome"], shown["rule"], shown["category"], hit["modality"], hit["subject_id"], hit["bank"]) == (
        "refuse",
        "known-image",
        "likeness",
        "known_image",
        "",
        "registry",
    )
    assert "turned or mirrored" in hit["view"]
    assert hit["score"] >= hit["threshold"]


def test_a_removed_picture_may_come_back(guarded: Trial) -> None:
    body = {"images": [base64.b64encode(png(OTHER)).decode()]}
    added = guarded.made("/known-images", files={"image": ("other.png", png(OTHER), "image/png")}, data={"bank": "deception"})
    held = guarded.made("/screen", json=body)
    guarded.admin("DELETE", f"/known-images/{added['id']}").raise_for_status()
    assert [(held["outcome"], held["category"]), guarded.made("/screen", json=body)["outcome"]] == [("refuse", "deception"), "allow"]


def test_an_output_refused_once_is_known_when_its_face_no_longer_is(guarded: Trial, upstream: StandIn) -> None:
    portrait = Image.fromarray(astronaut()).crop((96, 0, 352, 256))
    body = {"images": [base64.b64encode(png(portrait)).decode()]}
    subject_id = guarded.made("/opt-outs", json={"subject": {"name": "Wilhelmina Stardust"}})["subject_id"]
    enrolled = guarded.made(f"/subjects/{subject_id}/faces", files={"image": ("photo.png", png(portrait), "image/png")})

    upstream.next(Order(pictures=(png(portrait),)))
    with pytest.raises(openai.BadRequestError):
        guarded.client("known").images.generate(model="gpt-image-1", prompt="somebody who flies to the moon")
    deadline = time.monotonic() + 10
    while not (known := [item for item in guarded.admin("GET", "/known-images").json()["items"] if item["bank"] == "refused-outputs"]):
        assert time.monotonic() < deadline, "it was not remembered"
        time.sleep(0.1)
    assert [item["subject_id"] for item in known] == [subject_id]

    guarded.admin("DELETE", f"/subjects/{subject_id}/faces/{enrolled['items'][0]['id']}").raise_for_status()
    shown = guarded.made("/screen", json=body)
    assert [(hit["modality"], hit["bank"], hit["subject_id"]) for hit in shown["hits"]] == [("known_image", "refused-outputs", subject_id)]
    assert (shown["outcome"], shown["rule"]) == ("refuse", "opt-out")
