"""The conformance kit: what every dialect must do, tried with every call that `calls.py` describes, through the whole gateway.

Allowed: to the byte, both ways. Refused: whoever is named or shown, wherever that is, in the provider's own words, with the
provider untouched where the request was at fault.
"""

import json
from typing import Any

import httpx2
import pytest

from api.standin.picture import draw
from guard.evaluate.trial import Trial
from guard.extract.sse import Parser
from guard.upstreams import USUAL_AUTH
from tests.paths.calls import CALLS, DATA_URL, NAME, PICTURE, Body, Call, Filled, places
from tests.paths.people import FIRST, LAST, PERSON, face
from tests.paths.provider import Provider

PNG = draw("a tyre", 64, 64, "png")
NOBODY = Filled("a round tyre", PNG)
SCALARS = '"ratio":1.10,"most":12345678901234567890123,"least":1E-7,"flag":true,"nothing":null,"word":"tyre"'
"""Fields that no dialect knows, written as few serialisers would."""

EACH = [pytest.param(call, id=str(call)) for call in CALLS]
STREAMS = [pytest.param(call, id=str(call)) for call in CALLS if call.stream]
PIECES = [pytest.param(call, id=str(call)) for call in CALLS if call.in_pieces]


def sent(guard: Trial, call: Call, content_type: str, body: bytes, path: str = "") -> httpx2.Response:
    header = USUAL_AUTH.get(call.dialect, None)
    key = guard.caller_key("kit")
    headers = {"accept": "application/json", "content-type": content_type, "cookie": "a=b", "x-forwarded-for": "10.0.0.1"}
    headers |= {"authorization": f"Bearer {key}"} if header is None else {header.value: key}
    return guard.http.post(f"{guard.url}{call.prefix}{path or call.path}", content=body, headers=headers)


def ask(guard: Trial, call: Call, filled: Filled = NOBODY) -> httpx2.Response:
    return sent(guard, call, *filled.written(call))


def ask_for_stream(guard: Trial, call: Call, provider: Provider, events: list[Any]) -> tuple[httpx2.Response, list[bytes], list[bytes]]:
    """The answer, its events' data, and those that the provider sent."""
    assert call.streamed
    path, more = call.streamed[0] or call.path, call.streamed[1]
    theirs = provider.streams(f"/{call.dialect}{path}", events)
    content_type, body = NOBODY.written(call, {**call.body, **more})
    answer = sent(guard, call, content_type, body, path)
    assert answer.headers["content-type"].startswith("text/event-stream"), answer.text
    parser = Parser(10_000_000)
    return answer, [event.data for event in (*parser.feed(answer.content), *parser.end())], theirs


def upstream(call: Call) -> str:
    return f"/{call.dialect}{call.path}"


def as_written(body: bytes) -> object:
    """JSON with its order and its numbers as they stand."""
    return json.loads(
        body, object_pairs_hook=list, parse_int=lambda number: ("number", number), parse_float=lambda number: ("number", number)
    )


def said(call: Call, answer: httpx2.Response) -> object:
    return call.shape.said(answer.status_code, answer.headers, answer.json()), answer.headers["x-guard-outcome"]


@pytest.mark.parametrize("call", EACH)
def test_what_is_allowed_passes_as_it_was_written(call: Call, guard: Trial, provider: Provider) -> None:
    theirs = provider.says(upstream(call), NOBODY(call.answer))
    content_type, body = NOBODY.written(call)
    if not call.form:
        body = body[:-1] + b"," + SCALARS.encode() + b"}"
    answer = sent(guard, call, content_type, body)
    assert (answer.status_code, answer.headers["x-guard-outcome"]) == (200, "allow"), answer.text
    if call.rewritten:
        assert answer.json() == call.rewritten(NOBODY(call.answer))
    else:
        assert answer.content == theirs
    [(method, path, headers, forwarded)] = provider.seen
    assert (method, path) == ("POST", upstream(call))
    if call.form:
        assert headers["content-type"].startswith("multipart/form-data")
        for name, value in call.body.items():
            assert f'name="{name}"'.encode() in forwarded
            assert (PNG if value == PICTURE else NOBODY(value).encode()) in forwarded
    else:
        assert as_written(forwarded) == as_written(body)


@pytest.mark.parametrize("call", EACH)
def test_ids_and_keys_go_where_they_belong(call: Call, guard: Trial, provider: Provider) -> None:
    provider.says(upstream(call), NOBODY(call.answer))
    answer = ask(guard, call)
    [(_, _, asked, _)] = provider.seen
    header = USUAL_AUTH.get(call.dialect, None)
    own = {"authorization": f"Bearer key-of-{call.dialect}"} if header is None else {header.value: f"key-of-{call.dialect}"}
    personal = ("authorization", "api-key", "x-goog-api-key", "x-key", "cookie", "x-forwarded-for")
    assert {name: asked[name] for name in personal if name in asked} == own
    assert asked["accept-encoding"] == "identity"
    told = answer.headers
    assert (told["x-ratelimit-remaining-requests"], told["retry-after"]) == ("7", "3")
    assert told["x-request-id"].startswith("req_")
    assert told.get("x-upstream-request-id", "upstream-1") == "upstream-1"
    assert "set-cookie" not in told
    assert guard.admin("GET", f"/decisions/{told['x-guard-decision']}").json()["request_id"] == told["x-request-id"]


@pytest.mark.parametrize("call", EACH)
def test_a_name_is_refused_wherever_it_stands_and_nothing_is_asked_for(call: Call, guard: Trial, provider: Provider) -> None:
    for place in places(call.body, NAME):
        answer = ask(guard, call, Filled("a round tyre", PNG, named={place: f"a photo of {PERSON}"}))
        assert said(call, answer) == (call.shape.of_request, "refuse"), place
    assert provider.seen == []


@pytest.mark.parametrize("call", EACH)
def test_a_face_is_refused_wherever_it_is_and_nothing_is_asked_for(call: Call, guard: Trial, provider: Provider) -> None:
    for place in places(call.body, PICTURE, DATA_URL):
        answer = ask(guard, call, Filled("a round tyre", PNG, drawn={place: face()}))
        assert said(call, answer) == (call.shape.of_request, "refuse"), place
    assert provider.seen == []


@pytest.mark.parametrize("call", EACH)
def test_whoever_an_answer_names_or_shows_is_kept_back(call: Call, guard: Trial, provider: Provider) -> None:
    for place in places(call.answer, NAME, PICTURE, DATA_URL):
        told = Filled("a round tyre", PNG, named={place: f"a photo of {PERSON}"}, drawn={place: face()})
        provider.says(upstream(call), told(call.answer))
        answer = ask(guard, call)
        assert said(call, answer) == (call.shape.of_answer, "refuse"), place
        assert PERSON not in answer.text


@pytest.mark.parametrize("call", EACH)
def test_the_providers_error_is_passed_on_unless_it_names_somebody(call: Call, guard: Trial, provider: Provider) -> None:
    theirs = provider.says(upstream(call), NOBODY(call.error), status=422)
    answer = ask(guard, call)
    assert (answer.status_code, answer.content, answer.headers["x-guard-outcome"]) == (422, theirs, "allow")
    for place in places(call.error, NAME):
        provider.says(upstream(call), Filled("no", PNG, named={place: f"not a photo of {PERSON}"})(call.error), status=422)
        assert said(call, ask(guard, call)) == (call.shape.of_answer, "refuse"), place


@pytest.mark.parametrize("call", EACH)
@pytest.mark.parametrize("garbage", [b"<html>", b"", b'{"a":1,"a":2}', b'{"data":'], ids=["HTML", "nothing", "twice", "cut"])
def test_garbage_is_a_clean_502(call: Call, garbage: bytes, guard: Trial, provider: Provider) -> None:
    provider.says(upstream(call), garbage)
    answer = ask(guard, call)
    assert (answer.status_code, len(provider.seen)) == (502, 1)
    assert isinstance(answer.json(), dict)


@pytest.mark.parametrize("call", EACH)
def test_what_nobody_knows_is_refused(call: Call, guard: Trial, provider: Provider) -> None:
    content_type, body = NOBODY.written(call)
    unknown = [sent(guard, call, content_type, body, path="/never/heard:of")]
    if call.form:
        wrong = [sent(guard, call, "text/plain", body)]
    else:
        more: list[Body] = [{"surprise": {"a": 1}}, {"surprise": NOBODY(PICTURE)}, {"surprise_url": "https://host.example/a.png"}]
        doubled = b"{" + body[1:-1] + b',"twice":1,"twice":2}'
        wrong = [
            *(sent(guard, call, *NOBODY.written(call, {**call.body, **field})) for field in more),
            sent(guard, call, content_type, doubled),
        ]
    assert {answer.status_code for answer in unknown} == {404}
    assert {answer.status_code for answer in wrong} <= {400, 415}
    for answer in (*unknown, *wrong):
        assert (answer.headers["x-guard-outcome"], isinstance(answer.json(), dict)) == ("refuse", True)
    assert provider.seen == []


@pytest.mark.parametrize("call", STREAMS)
def test_a_stream_passes_event_by_event(call: Call, guard: Trial, provider: Provider) -> None:
    answer, ours, theirs = ask_for_stream(guard, call, provider, [NOBODY(event) for event in call.stream])
    assert (answer.status_code, answer.headers["content-type"], ours) == (200, "text/event-stream; charset=utf-8", theirs)


@pytest.mark.parametrize("call", STREAMS)
def test_a_stream_that_names_or_shows_somebody_ends_before_its_first_picture(call: Call, guard: Trial, provider: Provider) -> None:
    assert call.shape.ends_stream
    for number, event in enumerate(call.stream):
        for place in places(event, NAME, PICTURE, DATA_URL):
            told = Filled("a round tyre", PNG, named={place: f"a photo of {PERSON}"}, drawn={place: face()})
            events = [told(each) if index == number else NOBODY(each) for index, each in enumerate(call.stream)]
            answer, ours, _ = ask_for_stream(guard, call, provider, events)
            assert call.shape.ends_stream(json.loads(ours[-1])), (number, place)
            assert NOBODY(PICTURE) not in answer.text, (number, place)
            assert PERSON not in answer.text, (number, place)


@pytest.mark.parametrize("call", PIECES)
def test_a_name_that_comes_in_pieces_is_put_together(call: Call, guard: Trial, provider: Provider) -> None:
    assert call.shape.ends_stream
    pieces = (f"a photo of {FIRST[:4]}", f"{FIRST[4:]} {LAST[:3]}", LAST[3:])
    events = [Filled(piece, PNG)(event) for event in call.stream for piece in (pieces if places(event, NAME) else ("",))]
    answer, ours, _ = ask_for_stream(guard, call, provider, events)
    assert call.shape.ends_stream(json.loads(ours[-1]))
    assert FIRST[4:] not in answer.text


def test_every_dialect_is_described() -> None:
    from guard.extract.dialects import DIALECTS

    assert {call.dialect for call in CALLS} == set(DIALECTS)
