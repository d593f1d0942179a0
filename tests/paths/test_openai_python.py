"""The official Python client, unmodified, through the whole gateway."""

import base64
import io
import json
import zipfile
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from typing import Any

import openai
import pytest

from api.standin import Order, StandIn
from api.standin.picture import draw
from guard.evaluate import portrait
from guard.evaluate.trial import Trial

PROMPT = "number each lug nut in this photo"
DRAWN = draw(PROMPT, 256, 256, "png")
PHOTO = portrait.png(portrait.draw(portrait.ADA))
SCENE = portrait.png(portrait.in_a_scene(portrait.ADA))


@pytest.fixture
def client(guarded: Trial) -> Iterator[openai.OpenAI]:
    with guarded.client("python") as client:
        yield client


@pytest.fixture
async def patient(guarded: Trial) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(base_url=f"{guarded.url}/v1", api_key=guarded.caller_key("python"), timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
def opted_out(running_guard: Trial) -> str:
    """Somebody who opted out, by name and face."""
    name = "Perpetua Quillfeather"
    subject_id = running_guard.made("/opt-outs", json={"subject": {"name": name}})["subject_id"]
    running_guard.made(f"/subjects/{subject_id}/faces", files={"image": ("p.png", PHOTO, "image/png")})
    return name


def pictures(answer: openai.types.ImagesResponse) -> list[bytes]:
    return [base64.b64decode(item.b64_json or "") for item in answer.data or []]


def refusal(error: openai.BadRequestError) -> dict[str, Any]:
    """What of a refusal does not differ from one to the next."""
    body: Any = error.body
    fixed = {"guard": {**body["guard"], "decision_id": None, "help": None, "rule": None}, "message": None}
    return {**body, **fixed}


def expected_refusal(stage: str, param: str | None) -> dict[str, Any]:
    return {
        "message": None,
        "type": "image_generation_user_error",
        "code": "moderation_blocked",
        "param": param,
        "moderation_details": {"moderation_stage": stage, "categories": ["likeness"]},
        "guard": {"decision_id": None, "rule": None, "outcome": "refuse", "help": None},
    }


# -- what is allowed arrives as the provider made it


def test_generates(client: openai.OpenAI) -> None:
    answer = client.images.generate(model="gpt-image-1", prompt=PROMPT, n=2)
    assert pictures(answer) == [DRAWN, draw(PROMPT, 256, 256, "png", 1)]


def test_edits_several_pictures_with_a_mask(client: openai.OpenAI, upstream: StandIn) -> None:
    before, mask = draw("before", 64, 64, "png"), draw("mask", 64, 64, "png")
    answer = client.images.edit(model="gpt-image-1", image=[before, io.BytesIO(before)], mask=mask, prompt=PROMPT)
    (seen,) = upstream.seen
    assert (pictures(answer), seen.path, seen.body.count(before), seen.body.count(mask)) == ([DRAWN], b"/v1/images/edits", 2, 1)


def test_edits_in_json(guarded: Trial, upstream: StandIn) -> None:
    image_url = "data:image/png;base64," + base64.b64encode(draw("before", 64, 64, "png")).decode()
    body = {"model": "gpt-image-1", "prompt": PROMPT, "images": [{"image_url": image_url}]}
    headers = {"authorization": f"Bearer {guarded.caller_key('python')}"}
    answer = guarded.http.post(f"{guarded.url}/v1/images/edits", json=body, headers=headers)
    assert (answer.status_code, json.loads(upstream.seen[0].body)) == (200, body)


def test_varies(client: openai.OpenAI) -> None:
    with pytest.deprecated_call():
        answer = client.images.create_variation(image=draw("before", 64, 64, "png"))
    assert pictures(answer) == [draw("variation", 256, 256, "png")]


def test_lists_models(client: openai.OpenAI) -> None:
    assert client.models.retrieve("gpt-image-1") in list(client.models.list())


def test_streams(client: openai.OpenAI) -> None:
    events = list(client.images.generate(model="gpt-image-1", prompt=PROMPT, stream=True, partial_images=2))
    assert [(event.type, base64.b64decode(event.b64_json)) for event in events if event.type == "image_generation.completed"] == [
        ("image_generation.completed", DRAWN)
    ]
    assert {event.type for event in events} <= {"image_generation.partial_image", "image_generation.completed"}


def test_streams_edits(client: openai.OpenAI) -> None:
    stream = client.images.edit(model="gpt-image-1", image=draw("before", 64, 64, "png"), prompt=PROMPT, stream=True)
    assert [event.type for event in stream] == ["image_edit.completed"]


async def test_generates_and_streams_asynchronously(patient: openai.AsyncOpenAI) -> None:
    answer = await patient.images.generate(model="gpt-image-1", prompt=PROMPT)
    stream = await patient.images.generate(model="gpt-image-1", prompt=PROMPT, stream=True)
    assert (pictures(answer), [event.type async for event in stream]) == ([DRAWN], ["image_generation.completed"])


def test_every_answer_names_its_decision(guarded: Trial, client: openai.OpenAI) -> None:
    raw = client.images.with_raw_response.generate(model="gpt-image-1", prompt=PROMPT)
    assert raw.headers["x-upstream-request-id"].startswith("req_standin_")
    decision = guarded.admin("GET", f"/decisions/{raw.headers['x-guard-decision']}").json()
    assert (raw.headers["x-guard-outcome"], bool(raw.headers["x-request-id"])) == ("allow", True)
    assert (decision["tenant"], decision["outcome"], decision["request_id"]) == ("python", "allow", raw.headers["x-request-id"])


def test_the_upstream_gets_its_own_key_and_nothing_of_ours(client: openai.OpenAI, upstream: StandIn) -> None:
    ours = {
        "x-guard-purpose": "news",
        "x-guard-jurisdiction": "DE",
        "x-guard-attestation": "consent on file",
        "x-forwarded-for": "10.0.0.1",
    }
    client.images.generate(model="gpt-image-1", prompt=PROMPT, extra_headers=ours)
    (seen,) = upstream.seen
    assert (seen.header("authorization"), seen.header("accept-encoding")) == ("Bearer sk-upstream", "identity")
    assert [name for name, _ in seen.headers if name.lower().startswith((b"x-guard", b"x-forwarded", b"cookie"))] == []
    assert (seen.path, seen.query, json.loads(seen.body)) == (b"/v1/images/generations", b"", {"model": "gpt-image-1", "prompt": PROMPT})


def test_an_error_of_the_upstream_keeps_its_shape(client: openai.OpenAI, upstream: StandIn) -> None:
    upstream.next(Order(status=429, error={"message": "slow down", "type": "requests", "param": None, "code": "rate_limit_exceeded"}))
    with pytest.raises(openai.RateLimitError) as caught:
        client.with_options(max_retries=0).images.generate(model="gpt-image-1", prompt=PROMPT)
    assert (caught.value.code, caught.value.type) == ("rate_limit_exceeded", "requests")


# -- what is not allowed


def test_a_person_who_opted_out_is_refused_at_once_without_a_retry(client: openai.OpenAI, upstream: StandIn, opted_out: str) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.images.generate(model="gpt-image-1", prompt=f"{opted_out} on a bicycle")
    assert (refusal(caught.value), caught.value.code) == (expected_refusal("input", "prompt"), "moderation_blocked")
    assert (caught.value.response.headers["x-should-retry"], list(upstream.seen)) == ("false", [])


def test_a_stream_is_refused_before_its_head(client: openai.OpenAI, upstream: StandIn, opted_out: str) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.images.generate(model="gpt-image-1", prompt=f"{opted_out} on a bicycle", stream=True)
    assert (caught.value.code, list(upstream.seen)) == ("moderation_blocked", [])


async def test_the_asynchronous_client_is_refused_as_well(patient: openai.AsyncOpenAI, opted_out: str) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        await patient.images.generate(model="gpt-image-1", prompt=f"{opted_out} on a bicycle")
    assert caught.value.code == "moderation_blocked"


@pytest.mark.usefixtures("opted_out")
def test_a_face_in_an_input_picture_is_refused(client: openai.OpenAI, upstream: StandIn) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.images.edit(model="gpt-image-1", image=[draw("before", 64, 64, "png"), SCENE], prompt="make it evening")
    assert (refusal(caught.value)["moderation_details"]["moderation_stage"], caught.value.code) == ("input", "moderation_blocked")
    assert list(upstream.seen) == []


@pytest.mark.usefixtures("opted_out")
def test_a_face_in_an_output_picture_is_refused(client: openai.OpenAI, upstream: StandIn) -> None:
    upstream.next(Order(pictures=(DRAWN, SCENE)))
    with pytest.raises(openai.BadRequestError) as caught:
        client.images.generate(model="gpt-image-1", prompt="somebody on a bicycle", n=2)
    assert (refusal(caught.value)["moderation_details"]["moderation_stage"], caught.value.code) == ("output", "moderation_blocked")
    assert len(upstream.seen) == 1


@pytest.mark.usefixtures("opted_out")
def test_a_face_in_a_streamed_output_is_refused_before_any_picture(client: openai.OpenAI, upstream: StandIn) -> None:
    upstream.next(Order(pictures=(SCENE,)))
    arrived = []
    stream = client.images.generate(model="gpt-image-1", prompt="somebody on a bicycle", stream=True, partial_images=1)
    with pytest.raises(openai.APIError) as caught:
        arrived.extend(stream)
    assert (caught.value.code, arrived) == ("moderation_blocked", [])


@pytest.mark.parametrize("key", ["sk-unknown", ""])
def test_a_wrong_key_is_401(guarded: Trial, upstream: StandIn, key: str) -> None:
    answer = guarded.http.post(
        f"{guarded.url}/v1/images/generations", json={"prompt": PROMPT}, headers={"authorization": f"Bearer {key}".strip()}
    )
    assert (answer.status_code, answer.json()["error"]["code"], list(upstream.seen)) == (401, "invalid_api_key", [])


def test_an_administrator_key_is_told_how_to_make_a_callers(guarded: Trial) -> None:
    with (
        openai.OpenAI(base_url=f"{guarded.url}/v1", api_key=guarded.admin_key) as client,
        pytest.raises(openai.AuthenticationError, match="guard keys create --role caller"),
    ):
        client.images.generate(prompt=PROMPT)


def test_what_cannot_be_screened_is_refused_and_named(client: openai.OpenAI, upstream: StandIn) -> None:
    with pytest.raises(openai.NotFoundError) as unknown_route:
        client.fine_tuning.jobs.list()
    with pytest.raises(openai.BadRequestError) as unknown_field:
        client.images.generate(prompt=PROMPT, extra_body={"reference": {"file_id": "file-1"}})
    with pytest.raises(openai.BadRequestError) as broken_picture:
        client.images.edit(image=b"not a picture", prompt=PROMPT)
    errors = [caught.value for caught in (unknown_route, unknown_field, broken_picture)]
    assert [(error.code, error.param) for error in errors] == [
        ("unscreenable_request", None),
        ("unscreenable_request", "reference"),
        ("unscreenable_request", "image"),
    ]
    assert list(upstream.seen) == []


def test_the_export_lists_each_decision(guarded: Trial, opted_out: str) -> None:
    client = guarded.client("export-tenant")
    for prompt in (PROMPT, f"{opted_out} on a bicycle"):
        with suppress(openai.BadRequestError):
            client.images.generate(prompt=prompt)
    with zipfile.ZipFile(io.BytesIO(guarded.exported(tenant="export-tenant"))) as archive:
        rows = [json.loads(line) for line in archive.read("decisions.jsonl").splitlines()]
    assert [(row["tenant"], row["stage"], row["outcome"], row["prompt"]) for row in rows] == [
        ("export-tenant", "input", "allow", PROMPT),
        ("export-tenant", "output", "allow", None),
        ("export-tenant", "input", "refuse", f"{opted_out} on a bicycle"),
    ]
