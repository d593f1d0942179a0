"""`/responses` and its relatives through the whole gateway, with the official client: state is one's own, and screened whenever it comes."""

import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest

from api.standin import Order, StandIn
from api.standin.responses import SEALED
from guard.evaluate import portrait
from guard.evaluate.trial import Trial

NAME = "Cordelia Ravensthorpe"
SCENE = portrait.png(portrait.in_a_scene(portrait.ADA))
DRAWING: Any = [{"type": "image_generation"}]


@pytest.fixture(scope="module", autouse=True)
def _opted_out(running_guard: Trial) -> None:
    subject_id = running_guard.made("/opt-outs", json={"subject": {"name": NAME}})["subject_id"]
    photo = portrait.png(portrait.draw(portrait.ADA))
    running_guard.made(f"/subjects/{subject_id}/faces", files={"image": ("p.png", photo, "image/png")})


@pytest.fixture
def ours(guarded: Trial) -> Iterator[openai.OpenAI]:
    with guarded.client("responses-ours") as client:
        yield client


@pytest.fixture
def theirs(guarded: Trial) -> Iterator[openai.OpenAI]:
    with guarded.client("responses-theirs") as client:
        yield client


def refusal(error: openai.APIStatusError) -> tuple[int, str | None, str | None]:
    return error.status_code, error.code, error.param


def test_a_response_is_made_fetched_built_on_and_deleted(ours: openai.OpenAI, upstream: StandIn) -> None:
    made = ours.responses.create(model="gpt-5", input="a tyre", tools=DRAWING)
    fetched = ours.responses.retrieve(made.id, include=["message.output_text.logprobs", "message.input_image.image_url"])
    assert (fetched, upstream.seen[-1].query) == (
        made,
        b"include[]=message.output_text.logprobs&include[]=message.input_image.image_url",
    )
    assert [item.type for item in ours.responses.input_items.list(made.id, limit=10)] == ["message"]
    assert ours.responses.create(model="gpt-5", input="and a nut", previous_response_id=made.id).status == "completed"
    assert ours.responses.input_tokens.count(input="a tyre").input_tokens > 0
    ours.responses.delete(made.id)
    for gone in (ours.responses.retrieve, ours.responses.delete, ours.responses.cancel):
        with pytest.raises(openai.APIStatusError):
            gone(made.id)


def test_the_beta_client_is_the_same(ours: openai.OpenAI, upstream: StandIn) -> None:
    made = ours.beta.responses.create(model="gpt-5", input="a tyre")
    assert ours.beta.responses.retrieve(made.id).id == made.id
    assert [item.type for item in ours.beta.responses.input_items.list(made.id)] == ["message"]
    assert ours.beta.responses.cancel(made.id).status == "cancelled"
    ours.beta.responses.delete(made.id)
    assert {seen.query for seen in upstream.seen} == {b"beta=true"}


def test_what_runs_in_the_background_is_screened_when_it_is_fetched(ours: openai.OpenAI, upstream: StandIn) -> None:
    upstream.next(Order(pictures=(SCENE,)))
    queued = ours.responses.create(model="gpt-5", input="somebody", tools=DRAWING, background=True)
    assert (queued.status, queued.output) == ("queued", [])
    with pytest.raises(openai.BadRequestError) as whole:
        ours.responses.retrieve(queued.id)
    with pytest.raises(openai.APIError) as streamed:
        list(ours.responses.retrieve(queued.id, stream=True))
    errors: Any = [whole.value, streamed.value]
    assert [error.code for error in errors] == ["moderation_blocked"] * 2
    assert [error.body["moderation_details"]["moderation_stage"] for error in errors] == ["output"] * 2


def test_a_stream_goes_on_after_any_event(ours: openai.OpenAI, upstream: StandIn) -> None:
    queued = ours.responses.create(model="gpt-5", input="a tyre", tools=DRAWING, background=True)
    events = list(ours.responses.retrieve(queued.id, stream=True, starting_after=3))
    assert (events[0].sequence_number, events[-1].type) == (4, "response.completed")
    assert upstream.seen[-1].query == b"starting_after=3&stream=true"
    finished: Any = events[-1]
    assert ours.responses.create(model="gpt-5", input="and a nut", previous_response_id=finished.response.id).status == "completed"


def test_a_compacted_conversation_is_built_on_by_its_own_tenant_only(ours: openai.OpenAI, theirs: openai.OpenAI) -> None:
    compacted = ours.responses.compact(model="gpt-5", input="draw Cordelia")
    (item,) = [each.to_dict() for each in compacted.output]
    assert item["encrypted_content"] == SEALED
    with pytest.raises(openai.BadRequestError) as split:
        ours.responses.create(model="gpt-5", input=[item, {"role": "user", "content": "Ravensthorpe"}])  # type: ignore[list-item]
    with pytest.raises(openai.BadRequestError) as others:
        theirs.responses.create(model="gpt-5", input=[item])  # type: ignore[list-item]
    assert split.value.code == "moderation_blocked"
    assert refusal(others.value) == (400, "unscreenable_request", "input[0].encrypted_content")


def test_nobody_else_reaches_a_response(ours: openai.OpenAI, theirs: openai.OpenAI, upstream: StandIn) -> None:
    made = ours.responses.create(model="gpt-5", input="a tyre", tools=DRAWING)
    asked = len(upstream.seen)
    picture = next(item for item in made.output if item.type == "image_generation_call")
    attempts = [
        lambda: theirs.responses.retrieve(made.id),
        lambda: list(theirs.responses.input_items.list(made.id)),
        lambda: theirs.responses.create(input="a nut", previous_response_id=made.id),
        lambda: theirs.responses.create(input=[{"type": "item_reference", "id": picture.id}]),
        lambda: theirs.responses.create(input=[{"type": "image_generation_call", "id": picture.id, "status": "completed", "result": None}]),
        lambda: theirs.responses.create(input="a nut", conversation="conv_1"),
        lambda: theirs.responses.create(prompt={"id": "pmpt_1"}),
    ]
    for attempt in attempts:
        with pytest.raises(openai.BadRequestError) as refused:
            attempt()
        assert refused.value.code == "unscreenable_request"
    for missing in (theirs.responses.cancel, theirs.responses.delete):
        with pytest.raises(openai.NotFoundError):
            missing(made.id)
    assert len(upstream.seen) == asked
    assert ours.responses.create(input=[{"type": "item_reference", "id": picture.id}, {"role": "user", "content": "bigger"}]).status


def test_a_websocket_is_not_opened(guarded: Trial) -> None:
    upgrade = {
        "connection": "upgrade",
        "upgrade": "websocket",
        "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
        "sec-websocket-version": "13",
    }
    answer = guarded.http.get(
        f"{guarded.url}/v1/responses", headers={**upgrade, "authorization": f"Bearer {guarded.caller_key('responses-ours')}"}
    )
    assert (answer.status_code, json.loads(answer.content)["error"]["code"]) == (426, "unscreenable_request")


def test_a_streamed_turn_is_built_on_where_nobody_looks_at_answers(unseeing_guard: Trial) -> None:
    unseeing_guard.made("/opt-outs", json={"subject": {"name": NAME}})
    with unseeing_guard.client("streams") as client:
        with client.responses.create(model="gpt-5", input="draw Cordelia", tools=DRAWING, stream=True) as stream:
            first: Any = next(iter(stream))
            assert (first.type, client.responses.retrieve(first.response.id).id) == ("response.created", first.response.id)
            finished: Any = list(stream)[-1]
        assert client.responses.create(input="and a nut", previous_response_id=finished.response.id).status == "completed"
        with pytest.raises(openai.BadRequestError) as split:
            client.responses.create(input="Ravensthorpe", previous_response_id=finished.response.id)
        assert split.value.code == "moderation_blocked"
