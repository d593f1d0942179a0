"""What the readers of every dialect do, tried with the calls that the conformance kit describes (tests/paths/calls.py)."""

import base64
import json
import re

import pytest

from guard.errors import GuardError, UnscreenableError
from guard.extract.base import LATER, Dialect, Generation, Kind, Limits, Refusal, Refused, Route, Target
from guard.extract.dialects import DIALECTS, USUAL_PREFIXES
from guard.extract.multipart_strict import parse as parse_form
from guard.extract.routing import Router
from guard.extract.sse import Parser
from guard.types import Stage
from tests.guard.extract.pictures import drawn
from tests.paths.calls import CALLS, DATA_URL, PICTURE, Call, Filled, leaves, places
from tests.paths.calls import NAME as MARK

ROUTER = Router({USUAL_PREFIXES[name]: dialect for name, dialect in DIALECTS.items()})
LIMITS = Limits()
NAME = "Jane Roe"
PNG = drawn("png")
B64 = base64.b64encode(PNG).decode()
SPOILT = base64.b64encode(PNG + b"a second file").decode()
URL = f"data:image/png;base64,{B64}"
ELSEWHERE = "https://host.example/a.png"
Body = dict[str, object]

INTERACTIONS = "/gemini/v1beta/interactions"
AZURE = "/azure/openai/deployments/painter"
GEMINI = "/gemini/v1beta/models/gemini-2.5-flash-image:generateContent"
STREAM = "/gemini/v1beta/models/gemini-2.5-flash-image:streamGenerateContent?alt=sse"
VERTEX = "/vertex/v1/projects/p-1/locations/us-central1/publishers/google/models"

FILLED = Filled(NAME, PNG)
REQUESTS = [pytest.param(call, id=str(call)) for call in CALLS if not call.form]
FORMS = [pytest.param(call, id=str(call)) for call in CALLS if call.form]
EACH = [*REQUESTS, *FORMS]

REFUSED = [
    pytest.param("/v1/images/edits", {"prompt": "a", "images": [{"image_url": ELSEWHERE}]}, "images[0].image_url", id="openai: a URL"),
    pytest.param(f"{AZURE}/images/edits", {"prompt": "a", "images": [{"file_id": "x"}]}, "images[0].file_id", id="azure: a file"),
    pytest.param("/xai/v1/images/edits", {"prompt": "a", "image": {"url": ELSEWHERE}}, "image.url", id="xai: a URL"),
    pytest.param("/together/v1/images/generations", {"prompt": "a", "image_loras": [{"path": ELSEWHERE}]}, "image_loras", id="together: LoRAs"),
    pytest.param("/together/v1/images/generations", {"prompt": "a", "image_url": ELSEWHERE}, "image_url", id="together: a URL"),
    pytest.param(GEMINI, {"contents": [{"parts": [{"fileData": {"fileUri": ELSEWHERE}}]}]}, "contents[0].parts[0].fileData.fileUri", id="gemini: a file"),
    pytest.param(GEMINI, {"contents": [{"parts": [{"file_data": {"file_uri": ELSEWHERE}}]}]}, "contents[0].parts[0].file_data.file_uri", id="gemini: a file in snake case"),
    pytest.param(GEMINI, {"contents": [], "cachedContent": "cachedContents/x"}, "cachedContent", id="gemini: cached content"),
    pytest.param(GEMINI, {"contents": [], "tools": [{"googleSearch": {}}]}, "tools[0].googleSearch", id="gemini: search"),
    pytest.param(GEMINI, {"contents": [{"parts": [{"text": "a", "thoughtSignature": "AA=="}]}]}, "contents[0].parts[0].thoughtSignature", id="gemini: a thought signature"),
    pytest.param(GEMINI, {"contents": [{"parts": [{"inlineData": {"mimeType": "application/pdf", "data": B64}}]}]}, "contents[0].parts[0].inlineData.mimeType", id="gemini: a document"),
    pytest.param(STREAM.replace("alt=sse", "alt=proto"), {"contents": []}, "alt", id="gemini: an answer that is no JSON"),
    pytest.param(f"{VERTEX}/imagen-4.0:predict", {"instances": [{"prompt": "a", "image": {"gcsUri": "gs://b/x"}}]}, "instances[0].image.gcsUri", id="vertex: a bucket"),
    pytest.param(f"{VERTEX}/imagen-4.0:predict", {"instances": [], "parameters": {"storageUri": "gs://b/x"}}, "parameters.storageUri", id="vertex: into a bucket"),
    pytest.param("/bfl/v1/flux-pro", {"prompt": "a", "webhook_url": ELSEWHERE}, "webhook_url", id="bfl: a webhook"),
    pytest.param("/bfl/v1/flux-pro", {"prompt": "a", "finetune_id": "jane"}, "finetune_id", id="bfl: a fine-tune"),
    pytest.param("/bfl/v1/flux-pro", {"prompt": "a", "image_prompt": ELSEWHERE}, "image_prompt", id="bfl: a URL"),
    pytest.param(INTERACTIONS, {"input": [{"type": "image", "uri": ELSEWHERE}]}, "input[0].uri", id="interactions: a URL"),
    pytest.param(INTERACTIONS, {"input": [{"type": "document", "data": B64}]}, "input[0]", id="interactions: a document"),
    pytest.param(INTERACTIONS, {"input": [{"type": "url_context_result", "result": []}]}, "input[0]", id="interactions: a step that nobody listed"),
    pytest.param(INTERACTIONS, {"input": "a", "tools": [{"type": "google_search"}]}, "tools[0]", id="interactions: search"),
    pytest.param(INTERACTIONS, {"input": "a", "previous_interaction_id": "v1_x"}, "previous_interaction_id", id="interactions: what went before"),
    pytest.param(INTERACTIONS, {"input": "a", "continuation_token": "x"}, "continuation_token", id="interactions: sealed state"),
    pytest.param(INTERACTIONS, {"input": "a", "cached_content": "cachedContents/x"}, "cached_content", id="interactions: cached content"),
    pytest.param(INTERACTIONS, {"input": "a", "agent": "deep-research"}, "agent", id="interactions: an agent"),
    pytest.param(INTERACTIONS, {"input": "a", "environment": "env"}, "environment", id="interactions: an environment"),
    pytest.param(INTERACTIONS, {"input": "a", "webhook_config": {"uris": [ELSEWHERE]}}, "webhook_config", id="interactions: a webhook"),
    pytest.param(INTERACTIONS, {"input": "a", "response_format": {"type": "image", "delivery": "uri"}}, "response_format.delivery", id="interactions: an answer elsewhere"),
    pytest.param("/reve/v2/image/create", {"prompt": "a", "references": [{"ref": "reference:@jane"}]}, "references[0].ref", id="reve v2: a stored identity"),
    pytest.param("/reve/v2/image/render_layout", {"layout": {"regions": []}, "references": [{"image": {"ref": "id:1"}}]}, "references[0].image.ref", id="reve v2: a stored picture"),
    pytest.param("/reve/v2/image/create", {"prompt": "a", "async": {"callback_url": ELSEWHERE}}, "async", id="reve v2: an answer elsewhere"),
    pytest.param("/reve/v1/image/create", {"prompt": "a", "regions": [{"label": NAME}]}, "regions", id="reve: regions"),
    pytest.param("/reve/v1/image/edit", {"edit_instruction": "a", "reference_image": ELSEWHERE}, "reference_image", id="reve: a URL"),
]  # fmt: skip


def target(path: str, content_type: str = "application/json") -> Target:
    line, _, query = path.partition("?")
    return ROUTER.match("POST", line.encode(), query.encode(), [(b"content-type", content_type.encode())])


def read(path: str, body: bytes, content_type: str = "application/json") -> Generation:
    found = target(path, content_type)
    assert found.route.read
    return found.route.read(found, body, LIMITS)


def route_of(call: Call) -> Route:
    return target(call.prefix + call.path, "multipart/form-data; boundary=x" if call.form else "application/json").route


@pytest.mark.parametrize("call", REQUESTS)
def test_every_name_and_picture_of_a_request_is_taken_out_and_the_body_written_back(call: Call) -> None:
    body = FILLED(call.body)
    read_ = read(call.prefix + call.path, json.dumps(body).encode())
    drawn_at = places(call.body, PICTURE, DATA_URL)
    assert sorted(text.where for text in read_.texts if text.text == NAME) == sorted(places(call.body, MARK))
    assert sorted(picture.where for picture in read_.pictures) == sorted(drawn_at)
    assert json.loads(read_.rebuild()[1]) == body
    assert sorted(place for place, _ in read_.fields()) == sorted(place for place, _ in leaves(body) if place not in drawn_at)


@pytest.mark.parametrize("call", REQUESTS)
def test_a_picture_with_something_behind_it_is_refused_wherever_it_is(call: Call) -> None:
    for place in places(call.body, PICTURE, DATA_URL):
        spoilt = Filled(NAME, PNG, drawn={place: PNG + b"a second file"})(call.body)
        with pytest.raises(UnscreenableError) as refused:
            read(call.prefix + call.path, json.dumps(spoilt).encode())
        assert refused.value.where == place


@pytest.mark.parametrize("call", REQUESTS)
def test_a_key_that_occurs_twice_at_any_depth_is_refused(call: Call) -> None:
    whole = json.dumps(FILLED(call.body))
    for key in sorted(set(re.findall(r'"(\w+)": ', whole))):
        doubled = whole.replace(f'"{key}": ', f'"{key}": null, "{key}": ', 1)
        with pytest.raises(UnscreenableError):
            read(call.prefix + call.path, doubled.encode())


@pytest.mark.parametrize("call", FORMS)
def test_every_name_and_picture_of_a_form_is_taken_out_and_the_form_written_back(call: Call) -> None:
    content_type, body = FILLED.written(call)
    read_ = read(call.prefix + call.path, body, content_type)
    assert sorted(text.where for text in read_.texts if text.text == NAME) == sorted(places(call.body, MARK))
    assert sorted(picture.where for picture in read_.pictures) == sorted(places(call.body, PICTURE))
    again, written = read_.rebuild()
    assert {part.name: bytes(part.content) for part in parse_form(written, again)} == {
        name: PNG if value == PICTURE else FILLED(value).encode() for name, value in call.body.items()
    }


@pytest.mark.parametrize(("path", "body", "where"), REFUSED)
def test_what_points_elsewhere_is_refused_and_named(path: str, body: Body, where: str) -> None:
    with pytest.raises(UnscreenableError) as refused:
        read(path, json.dumps(body).encode())
    assert refused.value.where == where


@pytest.mark.parametrize("call", EACH)
def test_every_name_and_picture_of_an_answer_is_taken_out_and_the_bytes_released(call: Call) -> None:
    answer = route_of(call).answer
    assert answer
    whole = json.dumps(FILLED(call.answer), indent=2).encode()
    read_ = answer(200, "application/json", whole, LIMITS)
    assert sorted({text.where for text in read_.texts if text.text == NAME}) == sorted(places(call.answer, MARK))
    assert sorted(picture.where for picture in read_.pictures) == sorted(places(call.answer, PICTURE, DATA_URL))
    assert (read_.body, read_.error) == (whole, False)


@pytest.mark.parametrize("call", EACH)
@pytest.mark.parametrize("bad", [b"1", b"null"], ids=["a number", "null"])
def test_garbage_is_no_answer(call: Call, bad: bytes) -> None:
    answer = route_of(call).answer
    assert answer
    surprised = FILLED(call.answer) | {"surprise": {"frame": B64}}
    spoilt = [Filled(NAME, PNG, drawn={place: PNG + b"more"})(call.answer) for place in places(call.answer, PICTURE, DATA_URL)]
    for body in (bad, *(json.dumps(each).encode() for each in (surprised, *spoilt))):
        with pytest.raises(GuardError):
            answer(200, "application/json", body, LIMITS)


@pytest.mark.parametrize("call", EACH)
@pytest.mark.parametrize("status", [400, 500])
def test_an_error_of_the_provider_is_screened_too(call: Call, status: int) -> None:
    answer = route_of(call).answer
    assert answer
    read_ = answer(status, "application/json", json.dumps(FILLED(call.error)).encode(), LIMITS)
    assert read_.error
    assert sorted(text.where for text in read_.texts if text.text == NAME) == sorted(places(call.error, MARK))


@pytest.mark.parametrize("path", ["/reve/v1/image/create", "/stability/v2beta/stable-image/generate/core"])
def test_a_bare_picture_is_an_answer_where_the_provider_gives_one(path: str) -> None:
    route = target(path, "multipart/form-data; boundary=x" if "/stability/" in path else "application/json").route
    assert route.answer
    answer = route.answer(200, "image/png", PNG, LIMITS)
    assert ([picture.data for picture in answer.pictures], answer.release(), answer.content_type) == ([PNG], PNG, "image/png")
    with pytest.raises(GuardError):
        route.answer(200, "image/png", PNG + b"x", LIMITS)


def test_a_poll_stays_inside_the_gateway_from_submission_to_picture() -> None:
    submit = target("/bfl/v1/flux-pro").route
    assert submit.answer
    submitted = submit.answer(
        200, "application/json", b'{"id":"ab-1","polling_url":"https://us1.host.example/v1/get_result?id=ab-1"}', LIMITS
    )
    assert submitted.linked
    with pytest.raises(UnscreenableError):
        submitted.release()
    assert json.loads(submitted.linked("https://guard/bfl/v1").release()) == {
        "id": "ab-1",
        "polling_url": "https://guard/bfl/v1/get_result?id=ab-1",
    }
    poll = ROUTER.match("GET", b"/bfl/v1/get_result", b"id=ab-1", [])
    assert poll.route.answer
    ready = poll.route.answer(
        200,
        "application/json",
        json.dumps({"id": "ab-1", "status": "Ready", "result": {"sample": ELSEWHERE, "prompt": NAME}}).encode(),
        LIMITS,
    )
    assert ready.remote == (("result.sample", ELSEWHERE),)
    shown = ready.with_fetched({"result.sample": PNG}, LIMITS)
    assert [picture.data for picture in shown.pictures] == [PNG]
    assert json.loads(shown.release())["result"] == {"sample": URL, "prompt": NAME}
    linked = ready.with_fetched({"result.sample": PNG}, LIMITS, {"result.sample": "https://guard/pictures/a.png"})
    assert json.loads(linked.release())["result"] == {"sample": "https://guard/pictures/a.png", "prompt": NAME}


def test_a_job_is_asked_for_in_the_region_that_took_it_and_nowhere_else() -> None:
    submit = target("/bfl/v1/flux-pro").route
    assert submit.answer
    submitted = submit.answer(
        200, "application/json", b'{"id":"ab-1","polling_url":"https://api.us2.bfl.ai/v1/get_result?id=ab-1"}', LIMITS
    )
    assert submitted.linked
    polling_url = json.loads(submitted.linked("https://guard/bfl/v1").release())["polling_url"]
    assert polling_url == "https://guard/bfl/v1/get_result?id=ab-1&host=api.us2.bfl.ai"
    poll = ROUTER.match("GET", b"/bfl/v1/get_result", b"id=ab-1&host=api.us2.bfl.ai", [])
    assert (poll.path_and_query, poll.host) == ("/get_result?id=ab-1", "api.us2.bfl.ai")
    for host in (b"evil.example", b"bfl.ai.evil.example", b"evilbfl.ai", b"127.0.0.1"):
        with pytest.raises(UnscreenableError):
            ROUTER.match("GET", b"/bfl/v1/get_result", b"id=ab-1&host=" + host, [])


def test_a_stream_as_one_list_is_read_chunk_by_chunk() -> None:
    route = target(STREAM.partition("?")[0]).route
    assert route.answer
    first, last = NAME[:6], NAME[6:]
    chunks = [
        {"candidates": [{"content": {"parts": [{"text": first}]}}]},
        {"candidates": [{"content": {"parts": [{"text": last}, {"inlineData": {"data": B64}}]}}]},
    ]
    whole = json.dumps(chunks).encode()
    read_ = route.answer(200, "application/json", whole, LIMITS)
    assert NAME in [text.text for text in read_.texts]
    assert ([picture.data for picture in read_.pictures], read_.release()) == ([PNG], whole)
    listed, events = target(STREAM.partition("?")[0]).dialect, target(STREAM).dialect
    refused = Refusal(Refused.REFUSE, "dec_1")
    assert json.loads(listed.refusal(refused).body) == [json.loads(events.refusal(refused).body)]
    for bad in (b"[1]", b'[{"candidates": 1}]', b"[[]]"):
        with pytest.raises(GuardError):
            route.answer(200, "application/json", bad, LIMITS)


def test_base64_for_urls_is_read_by_gemini_and_goes_on_in_the_standard_alphabet() -> None:
    for_urls = base64.urlsafe_b64encode(PNG).decode()  # noise: both alphabets differ in it
    body = {"contents": [{"parts": [{"inlineData": {"mimeType": "image/png", "data": for_urls}}]}]}
    read_ = read(GEMINI, json.dumps(body).encode())
    assert ([picture.data for picture in read_.pictures], B64 in read_.rebuild()[1].decode()) == ([PNG], True)
    for mixed in (B64.replace("+", "-", 1), for_urls.replace("_", "/", 1)):
        with pytest.raises(UnscreenableError):
            read(GEMINI, json.dumps(body).replace(for_urls, mixed).encode())


def test_a_signature_is_the_same_in_either_alphabet() -> None:
    found = target(GEMINI)
    assert found.route.answer
    assert found.route.read
    signed = {"candidates": [{"content": {"parts": [{"text": "a", "thoughtSignature": "+/+/aGVs"}]}}], "usageMetadata": {}}
    issued = found.route.answer(200, "application/json", json.dumps(signed).encode(), LIMITS).issued
    again = b'{"contents":[{"parts":[{"text":"a","thoughtSignature":"-_-_aGVs"}]}]}'
    [(_, stored_id)] = found.route.read(found, again, Limits(ledger=True)).stored
    assert issued == (stored_id,)


DIALECT_LIST = [pytest.param(dialect, id=name) for name, dialect in DIALECTS.items()]


@pytest.mark.parametrize("dialect", DIALECT_LIST)
@pytest.mark.parametrize("why", list(Refused))
@pytest.mark.parametrize("stage", list(Stage))
def test_refusals_are_json_tell_the_decision_and_invite_a_retry_only_when_we_are_out(dialect: Dialect, why: Refused, stage: Stage) -> None:
    refusal = Refusal(why, "dec_1", stage, param="prompt")
    reply = dialect.refusal(refusal)
    told = json.loads(reply.body)
    assert isinstance(told, dict)
    if why in (Refused.REFUSE, Refused.HOLD):
        assert "dec_1" in reply.body.decode()
    headers = dict(reply.headers)
    assert (b"retry-after" in headers) == (why in LATER)
    assert headers[b"content-type"] == b"application/json"
    expected = {
        Refused.UNAVAILABLE: 503,
        Refused.UNAUTHORIZED: 401,
        Refused.UPSTREAM_INVALID: 502,
        Refused.UPSTREAM_UNREACHABLE: 502,
        Refused.UPSTREAM_TIMEOUT: 504,
        Refused.THROTTLED: 429,
    }
    assert reply.status == expected.get(why, reply.status)
    assert reply.status in (200, 400, 401, 403, 429, 502, 503, 504)


@pytest.mark.parametrize("dialect", DIALECT_LIST)
def test_every_likeness_refusal_looks_the_same(dialect: Dialect) -> None:
    assert dialect.refusal(Refusal(Refused.REFUSE, "dec_1")) == dialect.refusal(Refusal(Refused.REFUSE, "dec_1", category="likeness"))


@pytest.mark.parametrize("dialect", DIALECT_LIST)
def test_a_refusal_in_a_stream_is_one_event_of_json(dialect: Dialect) -> None:
    events = Parser(10_000).feed(dialect.error_frame(Refusal(Refused.REFUSE, "dec_1", Stage.OUTPUT)))
    assert [isinstance(json.loads(event.data), dict) for event in events] == [True]


ROUTES = [
    pytest.param(USUAL_PREFIXES[name], route, id=f"{name} {route.method} {route.path}")
    for name, dialect in DIALECTS.items()
    for route in dialect.routes
    if route.kind is not Kind.REFUSE
]


@pytest.mark.parametrize(("prefix", "route"), ROUTES)
def test_a_route_is_reached_by_its_own_path_and_by_no_other_spelling(prefix: str, route: Route) -> None:
    path = prefix + re.sub(r"\{\w+\}", "flux-x1", route.path)
    headers = [(b"content-type", f"{(route.content_types or ('application/json',))[0]}".encode())] if route.content_types else []
    assert ROUTER.match(route.method, path.encode(), b"", headers).route is route
    for other in (
        path + "/",
        path.replace("/", "//", 1),
        path.replace(prefix, prefix + "/x/..", 1),
        prefix.upper() + path.removeprefix(prefix),
        path + "%00",
        path + ";a",
        path.replace("flux-x1", ".."),
    ):
        if other != path:
            with pytest.raises(UnscreenableError):
                ROUTER.match(route.method, other.encode(), b"", headers)


@pytest.mark.parametrize(("prefix", "route"), ROUTES)
def test_what_is_screened_has_its_readers(prefix: str, route: Route) -> None:
    assert bool(route.answer) == (route.kind in (Kind.SCREEN, Kind.LIST))
    assert route.read or route.kind is not Kind.SCREEN


def test_a_model_in_the_path_that_embodies_a_person_is_refused() -> None:
    with pytest.raises(UnscreenableError) as refused:
        read(GEMINI.replace("gemini-2.5-flash-image", "jane-lora"), b'{"contents":[]}')
    assert refused.value.where == "model"
