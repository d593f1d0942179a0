"""A provider that answers nonsense, breaks off or never ends: a refusal or a 502 in the dialect's shape, recorded, and never a hang."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import httpx2
import openai
import pytest

from api.standin import Death, Order, StandIn
from api.standin.picture import draw
from guard.evaluate import trial
from guard.evaluate.trial import Trial

PICTURE = base64.b64encode(draw("a tyre", 32, 32, "png")).decode()
STREAM = "text/event-stream"
SOON_S = 20.0


@pytest.fixture(scope="module")
def impatient(upstream: StandIn) -> Iterator[Trial]:
    """A guard that waits two seconds for its provider and takes two million bytes of it."""
    settings = {"GUARD_UPSTREAM_TIMEOUT_S": "2", "GUARD_MAX_ANSWER_MB": "2"}
    with trial.running(upstream_url=f"{upstream.url}/v1", environment=settings) as guard:
        yield guard


@pytest.fixture
def guard(impatient: Trial, upstream: StandIn) -> Trial:
    upstream.clear()
    return impatient


def asked(guard: Trial, path: str = "/images/generations", **body: Any) -> httpx2.Response:
    headers = {"authorization": f"Bearer {guard.caller_key('bad-upstream')}"}
    return guard.http.post(f"{guard.url}/v1{path}", json={"prompt": "a tyre", **body}, headers=headers, timeout=SOON_S)


def answered(data: Any) -> bytes:
    return json.dumps({"created": 1, "data": data}).encode()


INVALID, UNREACHABLE, UNSCREENABLE = "upstream_invalid_response", "upstream_unreachable", "unscreenable_request"
WHOLE = [
    pytest.param(Order(body=b"<html>busy</html>", content_type="text/html"), 502, INVALID, id="HTML"),
    pytest.param(Order(body=b"<html>busy</html>"), 502, INVALID, id="HTML that says it is JSON"),
    pytest.param(Order(body=b""), 502, INVALID, id="nothing"),
    pytest.param(Order(body=b'{"created":1,"data":['), 502, INVALID, id="half of a JSON text"),
    pytest.param(Order(body=b'{"data":[],"data":[]}'), 502, INVALID, id="a key twice"),
    pytest.param(Order(body=answered([]).decode().encode("utf-16")), 502, INVALID, id="UTF-16"),
    pytest.param(Order(body=b"[]"), 502, INVALID, id="a list"),
    pytest.param(Order(body=b"{}"), 502, INVALID, id="an object without data"),
    pytest.param(Order(body=answered([]), content_type="text/plain"), 502, INVALID, id="another type"),
    pytest.param(Order(body=answered([]), content_type=STREAM), 502, INVALID, id="JSON that says it is a stream"),
    pytest.param(Order(body=answered([{"b64_json": PICTURE[:-7]}])), 400, UNSCREENABLE, id="truncated base64"),
    pytest.param(Order(body=answered([{"b64_json": PICTURE[:40]}])), 400, UNSCREENABLE, id="a truncated picture"),
    pytest.param(Order(body=answered([{"b64_json": base64.b64encode(b"no picture").decode()}])), 400, UNSCREENABLE, id="no picture"),
    pytest.param(Order(body=answered([{"b64_json": 7}])), 400, UNSCREENABLE, id="a number for a picture"),
    pytest.param(Order(body=answered([{"url": "http://127.0.0.1:1/a.png"}])), 400, UNSCREENABLE, id="a URL of nobody's"),
    pytest.param(Order(redirect="https://example.org/"), 502, INVALID, id="a redirect"),
    pytest.param(Order(status=304, body=b""), 502, INVALID, id="304"),
    pytest.param(Order(headers={"content-encoding": "gzip"}), 502, INVALID, id="compressed"),
    pytest.param(Order(die=Death.BEFORE), 502, UNREACHABLE, id="cut before the head"),
    pytest.param(Order(die=Death.MID_BODY), 502, INVALID, id="cut inside the body"),
    pytest.param(Order(delay_s=30), 504, UNREACHABLE, id="no head"),
    pytest.param(Order(pause_s=30), 504, UNREACHABLE, id="half a body and then nothing"),
    pytest.param(Order(body=b" " * 3_000_000), 502, INVALID, id="too much"),
]


@pytest.mark.parametrize(("order", "status", "code"), WHOLE)
def test_a_whole_answer(guard: Trial, upstream: StandIn, order: Order, status: int, code: str) -> None:
    upstream.next(order)
    answer = asked(guard)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], answer.headers["x-should-retry"]) == (status, code, "false")
    assert guard.admin("GET", f"/decisions/{answer.headers['x-guard-decision']}").json()["tenant"] == "bad-upstream"
    assert len(upstream.seen) == 1


def test_an_error_in_an_answer_of_200_is_handed_on_as_it_is(guard: Trial, upstream: StandIn) -> None:
    body = {"error": {"message": "busy", "type": "server_error", "code": "overloaded", "param": None}}
    upstream.next(Order(body=json.dumps(body).encode()))
    answer = asked(guard)
    assert (answer.status_code, answer.json()) == (200, body)


def event(**data: Any) -> bytes:
    return f"data: {json.dumps(data)}\n\n".encode()


DONE = event(type="image_generation.completed", b64_json=PICTURE)
STREAMS = [
    pytest.param(Order(body=b"data: nonsense\n\n", content_type=STREAM), INVALID, id="an event that is no JSON"),
    pytest.param(Order(body=b"data: [1]\n\n", content_type=STREAM), INVALID, id="an event that is a list"),
    pytest.param(Order(body=b"prompt: x\n\n", content_type=STREAM), INVALID, id="a field that no stream has"),
    pytest.param(Order(body=b"event: Jane Roe is here\ndata: {}\n\n", content_type=STREAM), INVALID, id="an event's name that is a sentence"),
    pytest.param(Order(body=b"\xef\xbb\xbfdata: {}\n\n", content_type=STREAM), INVALID, id="a byte order mark"),
    pytest.param(Order(body=event(type="image_generation.completed", b64_json=PICTURE[:-7]), content_type=STREAM), UNSCREENABLE, id="truncated base64"),
    pytest.param(Order(body=DONE[:-40], content_type=STREAM), INVALID, id="cut inside an event"),
    pytest.param(Order(body=b": x\n" * 800_000, content_type=STREAM), INVALID, id="too much"),
    pytest.param(Order(die=Death.MID_STREAM), INVALID, id="cut between events"),
    pytest.param(Order(pause_s=30), UNREACHABLE, id="one event and then nothing"),
]  # fmt: skip


@pytest.mark.parametrize(("order", "code"), STREAMS)
def test_a_stream(guard: Trial, upstream: StandIn, order: Order, code: str) -> None:
    upstream.next(order)
    answer = asked(guard, stream=True, partial_images=1)
    lines = [line for line in answer.text.split("\n\n") if line and not line.startswith(":")]
    assert answer.status_code == 200
    assert PICTURE not in answer.text
    data = [json.loads(line.partition("data: ")[2]) for line in lines]
    assert [one["error"]["code"] for one in data] == [code]


def test_an_endless_stream_ends_when_its_time_is_over(guard: Trial, upstream: StandIn) -> None:
    upstream.next(Order(body=b": waiting\n\n" * 20, content_type=STREAM, pause_s=30))
    with guard.client("bad-upstream", timeout=SOON_S, max_retries=0) as client, pytest.raises(openai.APIError) as caught:
        list(client.images.generate(prompt="a tyre", stream=True))
    assert caught.value.code == UNREACHABLE


def test_responses_and_chat_break_off_as_cleanly(guard: Trial, upstream: StandIn) -> None:
    for path, body in (("/responses", {"input": "a tyre"}), ("/chat/completions", {"messages": [{"role": "user", "content": "a tyre"}]})):
        upstream.next(Order(body=b"<html>"))
        upstream.next(Order(body=b"data: <html>\n\n", content_type=STREAM))
        headers = {"authorization": f"Bearer {guard.caller_key('bad-upstream')}"}
        whole = guard.http.post(f"{guard.url}/v1{path}", json=body, headers=headers, timeout=SOON_S)
        stream = guard.http.post(f"{guard.url}/v1{path}", json={**body, "stream": True}, headers=headers, timeout=SOON_S)
        assert (whole.status_code, whole.json()["error"]["code"]) == (502, INVALID)
        assert (stream.status_code, INVALID in stream.text) == (200, True)
