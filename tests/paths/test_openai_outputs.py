"""What comes out of the images routes besides one PNG: animations, other formats, and what cannot be looked at."""

import base64
import io
from collections.abc import Iterator

import openai
import pytest
from PIL import Image

from api.standin import Order, StandIn
from guard.evaluate import portrait
from guard.evaluate.trial import Trial

SCENE = portrait.in_a_scene(portrait.ADA).convert("RGB")
EMPTY = Image.new("RGB", SCENE.size, (90, 120, 150))
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><text>a tyre</text></svg>'


@pytest.fixture(scope="module", autouse=True)
def _opted_out(running_guard: Trial) -> None:
    subject_id = running_guard.made("/opt-outs", json={"subject": {"name": "Eudora Pennyfeather"}})["subject_id"]
    photo = portrait.png(portrait.draw(portrait.ADA))
    running_guard.made(f"/subjects/{subject_id}/faces", files={"image": ("p.png", photo, "image/png")})


@pytest.fixture
def client(guarded: Trial) -> Iterator[openai.OpenAI]:
    with guarded.client("outputs") as client:
        yield client


def animated(kind: str, *frames: Image.Image) -> bytes:
    out = io.BytesIO()
    turned = [frame.rotate(number) for number, frame in enumerate(frames)]  # writers leave out a frame that is like the one before
    turned[0].save(out, kind, save_all=True, append_images=turned[1:], duration=100)
    return out.getvalue()


def made(client: openai.OpenAI) -> bytes:
    answer = client.images.generate(prompt="a tyre turns", output_format="gif", extra_body={"frame_count": 3, "frame_duration_ms": 100})
    assert answer.data
    return base64.b64decode(answer.data[0].b64_json or "")


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_every_frame_of_an_animation_is_looked_at(client: openai.OpenAI, upstream: StandIn, kind: str) -> None:
    harmless = animated(kind, EMPTY, EMPTY, EMPTY)
    upstream.next(Order(pictures=(harmless,)))
    assert made(client) == harmless
    upstream.next(Order(pictures=(animated(kind, EMPTY, SCENE, EMPTY),)))
    with pytest.raises(openai.BadRequestError) as refused:
        made(client)
    assert refused.value.code == "moderation_blocked"


def test_too_many_frames_are_refused(client: openai.OpenAI, upstream: StandIn) -> None:
    upstream.next(Order(pictures=(animated("GIF", *(Image.new("RGB", (32, 32), (number, 0, 0)) for number in range(70))),)))
    with pytest.raises(openai.APIStatusError) as refused:
        made(client)
    assert (refused.value.status_code, refused.value.code, refused.value.param) == (413, "unscreenable_request", "data[0].b64_json")


def test_svg_is_neither_asked_for_nor_released(client: openai.OpenAI, upstream: StandIn) -> None:
    for asked, place in (({"output_format": "svg"}, "output_format"), ({"svg": {"model": "gpt-5"}}, "svg")):
        with pytest.raises(openai.BadRequestError) as refused:
            client.images.generate(prompt="a tyre", extra_body=asked)
        assert (refused.value.code, refused.value.param) == ("unscreenable_request", place)
    assert list(upstream.seen) == []
    upstream.next(Order(pictures=(SVG,)))
    with pytest.raises(openai.BadRequestError) as sent:
        client.images.generate(prompt="a tyre")
    assert (sent.value.code, sent.value.param) == ("unscreenable_request", "data[0].b64_json")
