"""The stand-in speaks the provider's wire format to the provider's own client, and does what it is told."""

import base64
import io
import json
import time
from collections.abc import Iterator
from typing import Any

import httpx2
import openai
import pytest
from PIL import Image

from api.standin import Death, Order, StandIn, running
from api.standin.orders import parse_order
from api.standin.picture import draw


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[StandIn, str]]:
    standin = StandIn()
    with running(standin) as url:
        yield standin, url


@pytest.fixture
def standin(served: tuple[StandIn, str]) -> StandIn:
    served[0].clear()
    return served[0]


@pytest.fixture
def url(standin: StandIn, served: tuple[StandIn, str]) -> str:
    return served[1]


@pytest.fixture
def client(url: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{url}/v1", api_key="sk-any", max_retries=0, timeout=10) as client:
        yield client


def generate(url: str, **fields: Any) -> httpx2.Response:
    return httpx2.post(f"{url}/v1/images/generations", json={"prompt": "a tyre", **fields}, timeout=10)


def opened(b64: str | None) -> tuple[str | None, tuple[int, int]]:
    image = Image.open(io.BytesIO(base64.b64decode(b64 or "", validate=True)))
    return image.format, image.size


def test_generates_as_many_pictures_as_asked_for_in_the_wanted_format_and_size(client: openai.OpenAI) -> None:
    answer = client.images.generate(model="gpt-image-1", prompt="a tyre", n=2, size="1024x1536", output_format="webp")
    assert [opened(item.b64_json) for item in answer.data or []] == [("WEBP", (1024, 1536))] * 2
    assert len({item.b64_json for item in answer.data or []}) == 2


def test_the_same_prompt_gives_the_same_picture_and_another_prompt_another() -> None:
    draw.cache_clear()
    first = draw("a tyre", 64, 64, "png")
    draw.cache_clear()
    assert (draw("a tyre", 64, 64, "png") == first, draw("a nut", 64, 64, "png") == first) == (True, False)


def test_every_answer_says_loudly_that_it_is_a_stand_in(url: str) -> None:
    answers = [generate(url), generate(url, prompt=1), httpx2.get(f"{url}/v1/models"), httpx2.get(f"{url}/v1/nothing")]
    assert [(answer.status_code, answer.headers["x-stand-in"]) for answer in answers] == [(200, "1"), (400, "1"), (200, "1"), (404, "1")]


def test_a_url_is_served_by_the_stand_in_itself(client: openai.OpenAI) -> None:
    data = client.images.generate(model="dall-e-3", prompt="a tyre", response_format="url").data or []
    assert httpx2.get(str(data[0].url)).content == draw("a tyre", 256, 256, "png")


def test_edits_and_variations_take_multipart(client: openai.OpenAI, standin: StandIn) -> None:
    picture = draw("before", 64, 64, "png")
    edited = client.images.edit(model="gpt-image-1", image=[picture, picture], mask=picture, prompt="more lug nuts")
    with pytest.deprecated_call():
        varied = client.images.create_variation(image=picture)
    assert [opened((answer.data or [])[0].b64_json)[0] for answer in (edited, varied)] == ["PNG", "PNG"]
    assert [(seen.method, seen.path, seen.body.count(picture), seen.complete) for seen in standin.seen] == [
        ("POST", b"/v1/images/edits", 3, True),
        ("POST", b"/v1/images/variations", 1, True),
    ]


def test_streams_partial_pictures_then_the_finished_one(client: openai.OpenAI) -> None:
    generated = client.images.generate(model="gpt-image-1", prompt="a tyre", stream=True, partial_images=2)
    edited = client.images.edit(model="gpt-image-1", image=draw("x", 64, 64, "png"), prompt="a tyre", stream=True)
    assert [event.type for event in generated] == ["image_generation.partial_image"] * 2 + ["image_generation.completed"]
    assert [event.type for event in edited] == ["image_edit.completed"]


def test_lists_models(client: openai.OpenAI) -> None:
    assert "gpt-image-1" in [model.id for model in client.models.list()]
    assert client.models.retrieve("stand-in").owned_by == "stand-in"


def test_the_witness_has_the_exact_bytes(url: str) -> None:
    body = b'{"prompt" : "t\\u0079re",  "n":1}'
    httpx2.post(f"{url}/v1/images/generations?a=%2F", content=body, headers={"content-type": "application/json", "x-mark": "a, b"})
    seen = httpx2.get(f"{url}/_standin/seen").json()
    (item,) = seen["items"]
    assert (item["method"], item["path"], item["query"], base64.b64decode(item["body"])) == (
        "POST",
        "/v1/images/generations",
        "a=%2F",
        body,
    )
    assert ["x-mark", "a, b"] in item["headers"]
    assert httpx2.get(f"{url}/_standin/seen?after={item['number']}").json() == {"count": seen["count"], "items": []}


def test_bodies_beyond_the_bound_are_let_go_oldest_first() -> None:
    standin = StandIn(kept_requests=3, kept_body_bytes=100)
    with running(standin) as url:
        for filler in ("a" * 60, "b" * 60, "c" * 60):
            generate(url, user=filler)
    assert [bool(seen.body) for seen in standin.seen] == [False, False, True]


# -- orders

PICTURE = draw("given", 32, 32, "png")


def told(url: str, **order: Any) -> None:
    assert httpx2.post(f"{url}/_standin/next", json=order).status_code == 202


def test_answers_with_a_given_picture_once(url: str) -> None:
    told(url, picture=base64.b64encode(PICTURE).decode(), revised_prompt="a given tyre")
    first, second = generate(url).json()["data"][0], generate(url).json()["data"][0]
    assert first == {"b64_json": base64.b64encode(PICTURE).decode(), "revised_prompt": "a given tyre"}
    assert second["b64_json"] != first["b64_json"]


def test_an_order_can_hold_for_several_requests_or_until_deleted(url: str) -> None:
    told(url, times=2, status=503, error="busy")
    told(url, times=0, status=429, error={"message": "slow down", "code": "rate_limit_exceeded"})
    assert [generate(url).status_code for _ in range(4)] == [503, 503, 429, 429]
    httpx2.delete(f"{url}/_standin/next")
    assert generate(url).status_code == 200


@pytest.mark.parametrize(
    ("order", "status", "body"),
    [
        pytest.param(
            {"error": "no"}, 400, {"error": {"message": "no", "type": "invalid_request_error", "param": None, "code": None}}, id="error"
        ),
        pytest.param({"status": 500, "error": {"message": "m"}}, 500, {"error": {"message": "m"}}, id="error of a status"),
        pytest.param({"body": base64.b64encode(b'{"created":1}').decode()}, 200, {"created": 1}, id="raw body"),
    ],
)
def test_answers_as_told(url: str, order: dict[str, Any], status: int, body: Any) -> None:
    told(url, **order)
    answer = generate(url)
    assert (answer.status_code, answer.json()) == (status, body)


def test_redirects(url: str) -> None:
    told(url, redirect="http://127.0.0.1:1/elsewhere")
    answer = generate(url)
    assert (answer.status_code, answer.headers["location"], answer.content) == (302, "http://127.0.0.1:1/elsewhere", b"")


def test_headers_are_added_and_taken_away(url: str) -> None:
    told(url, headers={"content-type": "", "x-ratelimit-remaining": "3"})
    headers = generate(url).headers
    assert ("content-type" in headers, headers["x-ratelimit-remaining"]) == (False, "3")


def test_base64_can_be_cut_short(url: str) -> None:
    told(url, truncate_base64=True, picture=base64.b64encode(PICTURE).decode())
    assert len(generate(url).json()["data"][0]["b64_json"]) == len(base64.b64encode(PICTURE)) - 7


@pytest.mark.parametrize("death", list(Death))
def test_dies_as_told(url: str, death: Death) -> None:
    told(url, die=death)
    with pytest.raises(httpx2.TransportError):
        generate(url)


def test_a_stream_that_dies_has_sent_what_came_before(url: str) -> None:
    told(url, die="mid-stream", pause_s=0.2)
    received: list[bytes] = []
    ask = {"prompt": "a tyre", "stream": True, "partial_images": 1}
    with httpx2.stream("POST", f"{url}/v1/images/generations", json=ask) as answer, pytest.raises(httpx2.TransportError):
        received.extend(answer.iter_bytes())
    whole = b"".join(received)
    assert (whole.count(b"event: image_generation.partial_image"), whole.count(b"completed")) == (1, 0)


def test_answers_slowly_and_notices_a_client_that_goes_away(url: str, standin: StandIn) -> None:
    standin.next(Order(delay_s=30))
    with pytest.raises(httpx2.TimeoutException):
        httpx2.post(f"{url}/v1/images/generations", json={"prompt": "x"}, timeout=0.2)
    deadline = time.monotonic() + 5
    while not standin.seen[0].disconnected and time.monotonic() < deadline:
        time.sleep(0.01)
    assert standin.seen[0].disconnected


@pytest.mark.parametrize("body", [b"[]", b"{", b'{"nope":1}', b'{"delay_s":"1"}', b'{"picture":"*"}', b'{"die":"happily"}', b'{"body":7}'])
def test_an_order_it_does_not_understand_is_refused(body: bytes, url: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_order(body)
    answer = httpx2.post(f"{url}/_standin/next", content=body)
    assert (answer.status_code, list(json.loads(answer.content))) == (422, ["error"])


# -- conversations


def test_responses_draw_when_the_tool_is_offered(client: openai.OpenAI) -> None:
    tool: Any = {"type": "image_generation", "partial_images": 1}
    answer = client.responses.create(model="gpt-5", input="draw a tyre", tools=[tool])
    streamed = list(client.responses.create(model="gpt-5", input=[{"role": "user", "content": "draw a tyre"}], tools=[tool], stream=True))
    kinds = [item.type for item in answer.output]
    assert (kinds, answer.output_text, opened(getattr(answer.output[0], "result", None))) == (
        ["image_generation_call", "message"],
        "This is the stand-in upstream.",
        ("PNG", (256, 256)),
    )
    assert [event.type for event in streamed if "partial_image" in event.type or event.type.endswith("response.completed")] == [
        "response.image_generation_call.partial_image",
        "response.completed",
    ]


def test_chat_answers_text_and_ordered_pictures(client: openai.OpenAI, standin: StandIn) -> None:
    standin.next(Order(pictures=(PICTURE,)))
    pictured = client.chat.completions.create(model="gpt-5", messages=[{"role": "user", "content": "hello"}])
    streamed = list(client.chat.completions.create(model="gpt-5", messages=[{"role": "user", "content": "hello"}], stream=True))
    extra: Any = pictured.choices[0].message.model_extra
    assert extra["images"][0]["image_url"]["url"] == "data:image/png;base64," + base64.b64encode(PICTURE).decode()
    assert [chunk.choices[0].delta.content for chunk in streamed] == ["This is the stand-in upstream.", None]
