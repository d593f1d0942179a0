"""A guard with every slow source of signals: what is written in pictures, nudity by a network, a moderation service."""

import base64
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from PIL import Image, ImageDraw, ImageFont

from api.standin import Order, StandIn, running
from guard.evaluate import trial
from guard.evaluate.trial import Trial

POLICY = """
version: 1
name: watched
extends: default
sources:
  moderation: {timeout_s: 5, unavailable: hold}
  text_in_image: {timeout_s: 30}
  nudity: {timeout_s: 30}
rules:
  - {name: moderated, effect: refuse, category: violence, if: {signals: {moderation_violence: 0.5}}}
  - {name: nude, effect: refuse, category: sexual, if: {signals: {nudity: 0.9}}}
"""


@pytest.fixture(scope="module")
def service() -> Iterator[StandIn]:
    """The moderation service."""
    standin = StandIn()
    with running(standin):
        yield standin


@pytest.fixture(scope="module")
def watched(
    upstream: StandIn, service: StandIn, tiny_network: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Trial]:
    """A guard that asks all of them."""
    policy = tmp_path_factory.mktemp("policy") / "watched.yaml"
    policy.write_text(POLICY)
    environment = {
        "GUARD_POLICY": str(policy),
        "GUARD_TEXT_WORKERS": "1",
        "GUARD_NUDITY_MODEL": str(tiny_network()),
        "GUARD_MODERATION_URL": f"{service.url}/v1",
        "GUARD_MODERATION_API_KEY": "sk-moderation",
    }
    with trial.running(upstream_url=f"{upstream.url}/v1", environment=environment) as guard:
        guard.made("/opt-outs", json={"subject": {"name": "Ottoline Varga-Brisk"}})
        yield guard


@pytest.fixture(autouse=True)
def _clean(upstream: StandIn, service: StandIn) -> Iterator[None]:
    upstream.clear()
    upstream.usual = Order(pictures=(png("an answer"),))
    service.clear()
    yield
    upstream.usual = Order()


def png(text: str = "", colour: tuple[int, int, int] = (40, 170, 170)) -> bytes:
    image = Image.new("RGB", (640, 240), colour)
    ImageDraw.Draw(image).text((30, 90), text, fill=(10, 10, 20), font=ImageFont.load_default(44))
    held = io.BytesIO()
    image.save(held, "PNG")
    return held.getvalue()


def edit(guard: Trial, picture: bytes, prompt: str = "put it in a frame") -> Any:
    return guard.client().with_options(max_retries=0).images.edit(model="gpt-image-1", image=picture, prompt=prompt)


def refused(guard: Trial, picture: bytes, prompt: str = "put it in a frame") -> dict[str, Any]:
    with pytest.raises(openai.BadRequestError) as error:
        edit(guard, picture, prompt)
    found: dict[str, Any] = guard.admin("GET", f"/decisions/{error.value.response.headers['x-guard-decision']}").json()
    return {**found, **found["body"]}


def test_a_name_written_in_an_input_picture(watched: Trial, upstream: StandIn) -> None:
    decision = refused(watched, png("Ottoline Varga-Brisk"))
    assert (decision["rule"], decision["stage"], list(upstream.seen)) == ("opt-out", "input", [])
    hits = [(hit["modality"], hit["role"], hit["where"], hit["span"]) for hit in decision["hits"] if hit["text"] == "Ottoline Varga-Brisk"]
    assert hits == [("text_in_image", "likeness", "image", None)]


def test_the_guard_is_ready_when_its_eyes_are(watched: Trial) -> None:
    assert watched.http.get(f"{watched.url}/readyz").json()["checks"]["sources"] is True


def test_a_name_written_in_an_output_picture(watched: Trial, upstream: StandIn) -> None:
    upstream.next(Order(pictures=(png("Ottoline Varga-Brisk"),)))
    decision = refused(watched, png("a quiet harbour"))
    assert (decision["rule"], decision["stage"]) == ("opt-out", "output")


def test_other_words_in_pictures_pass(watched: Trial) -> None:
    assert edit(watched, png("a quiet harbour")).data


def test_nudity_in_an_input_picture(watched: Trial, upstream: StandIn) -> None:
    decision = refused(watched, png("red", (255, 0, 0)))
    assert (decision["rule"], decision["signals"]["nudity"], list(upstream.seen)) == ("nude", pytest.approx(1.0, abs=0.1), [])


def test_what_the_moderation_service_says(watched: Trial, service: StandIn) -> None:
    decision = refused(watched, png(), "violence/graphic")
    assert (decision["rule"], decision["signals"]["moderation_violence"]) == ("moderated", 0.97)
    assert {seen.header("authorization") for seen in service.seen} == {"Bearer sk-moderation"}


def test_a_moderation_service_that_fails_holds_as_the_policy_says(watched: Trial, service: StandIn) -> None:
    service.next(Order(status=500, error="broken", times=2))
    decision = refused(watched, png("another picture"), "a prompt that nobody judged before")
    assert (decision["outcome"], decision["rule"]) == ("hold", "signal-unavailable")
    assert "moderation" in decision["not_examined"]


def test_what_the_text_refuses_is_sent_to_no_service(watched: Trial, service: StandIn) -> None:
    assert refused(watched, png(), "A portrait of Ottoline Varga-Brisk")["rule"] == "opt-out"
    assert not service.seen


def test_screen_tells_what_was_found(watched: Trial) -> None:
    picture = "data:image/png;base64," + base64.b64encode(png("Ottoline Varga-Brisk", (255, 0, 0))).decode()
    found = watched.admin("POST", "/screen", json={"prompt": "violence", "images": [picture]}).json()
    assert {hit["modality"] for hit in found["hits"]} == {"text_in_image"}
    assert found["signals"]["nudity"] > 0.5
    assert found["signals"]["moderation_violence"] == 0.97
