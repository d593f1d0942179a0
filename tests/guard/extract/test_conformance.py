"""The conformance kit: what every dialect must do, tried with each dialect's worked requests and answers.

A new dialect adds its rows to REQUESTS, REFUSED and ANSWERS. In a worked body every text that a person could be named in
is NAME and every picture PNG; the kit computes their places itself and expects exactly those to be taken out.
"""

import base64
import copy
import json
import re
from collections.abc import Iterator

import pytest

from guard.errors import GuardError, UnscreenableError
from guard.extract.base import LATER, Dialect, Generation, Kind, Limits, Refusal, Refused, Target
from guard.extract.dialects import DIALECTS, USUAL_PREFIXES
from guard.extract.multipart_strict import Part, dump
from guard.extract.multipart_strict import parse as parse_form
from guard.extract.routing import Router
from guard.extract.sse import Event, Parser
from guard.types import Stage
from tests.guard.extract.pictures import drawn

ROUTER = Router({USUAL_PREFIXES[name]: dialect for name, dialect in DIALECTS.items()})
LIMITS = Limits()
NAME = "Jane Roe"
PNG = drawn("png")
B64 = base64.b64encode(PNG).decode()
SPOILT = base64.b64encode(PNG + b"a second file").decode()
URL = f"data:image/png;base64,{B64}"
ELSEWHERE = "https://host.example/a.png"
Body = dict[str, object]

AZURE = "/azure/openai/deployments/painter"
GEMINI = "/gemini/v1beta/models/gemini-2.5-flash-image:generateContent"
STREAM = "/gemini/v1beta/models/gemini-2.5-flash-image:streamGenerateContent?alt=sse"
VERTEX = "/vertex/v1/projects/p-1/locations/us-central1/publishers/google/models"

REQUESTS = [
    pytest.param("/v1/images/generations", {"prompt": NAME, "user": NAME, "novelty": NAME, "n": 1}, id="openai generations"),
    pytest.param("/v1/images/edits", {"prompt": NAME, "images": [{"image_url": URL}], "mask": {"image_url": URL}}, id="openai edits"),
    pytest.param("/v1/responses", {"input": [{"role": "user", "content": [{"type": "input_text", "text": NAME}, {"type": "input_image", "image_url": URL}]}]}, id="openai responses"),
    pytest.param("/v1/chat/completions", {"messages": [{"role": "user", "content": [{"type": "text", "text": NAME}, {"type": "image_url", "image_url": {"url": URL}}]}]}, id="openai chat"),
    pytest.param(f"{AZURE}/images/generations?api-version=2025-04-01-preview", {"prompt": NAME}, id="azure generations"),
    pytest.param(f"{AZURE}/images/edits?api-version=2025-04-01-preview", {"prompt": NAME, "images": [{"image_url": URL}]}, id="azure edits"),
    pytest.param(f"{AZURE}/chat/completions", {"messages": [{"role": "user", "content": NAME}]}, id="azure chat"),
    pytest.param("/azure/openai/v1/images/generations?api-version=preview", {"prompt": NAME}, id="azure v1 generations"),
    pytest.param("/azure/openai/v1/responses", {"input": NAME}, id="azure v1 responses"),
    pytest.param("/xai/v1/images/generations", {"prompt": NAME, "aspect_ratio": "16:9"}, id="xai generations"),
    pytest.param("/xai/v1/images/edits", {"prompt": NAME, "image": {"url": URL}, "images": [{"url": URL}]}, id="xai edits"),
    pytest.param("/together/v1/images/generations", {"prompt": NAME, "negative_prompt": NAME, "image_url": URL, "reference_images": [URL], "steps": 4}, id="together generations"),
    pytest.param(GEMINI, {
        "contents": [{"role": "user", "parts": [{"text": NAME}, {"inlineData": {"mimeType": "image/png", "data": B64, "displayName": NAME}}]}],
        "systemInstruction": {"parts": [{"text": NAME}]},
        "tools": [{"functionDeclarations": [{"description": NAME}]}],
        "generationConfig": {"stopSequences": [NAME], "temperature": 1.0},
        "labels": {"a": NAME},
    }, id="gemini"),
    pytest.param(GEMINI, {"contents": [{"parts": [{"inline_data": {"mime_type": "image/png", "data": B64}}]}], "system_instruction": {"parts": [{"text": NAME}]}}, id="gemini in snake case"),
    pytest.param(GEMINI, {"contents": [{"parts": [{"functionResponse": {"name": "f", "response": {"x": NAME}, "parts": [{"inlineData": {"data": B64}}]}}]}]}, id="gemini, a tool's answer"),
    pytest.param(STREAM, {"contents": [{"parts": [{"text": NAME}]}]}, id="gemini stream"),
    pytest.param(f"{VERTEX}/imagen-4.0:predict", {
        "instances": [{
            "prompt": NAME,
            "image": {"bytesBase64Encoded": B64},
            "mask": {"image": {"bytesBase64Encoded": B64}},
            "referenceImages": [{"referenceId": 1, "referenceImage": {"bytesBase64Encoded": B64}, "subjectImageConfig": {"subjectDescription": NAME}}],
        }],
        "parameters": {"sampleCount": 1, "negativePrompt": NAME},
    }, id="vertex imagen"),
    pytest.param(f"{VERTEX}/gemini-2.5-flash-image:generateContent", {"contents": [{"parts": [{"text": NAME}, {"inlineData": {"data": B64}}]}]}, id="vertex gemini"),
    pytest.param("/reve/v1/image/create", {"prompt": NAME, "aspect_ratio": "3:2", "version": "latest"}, id="reve create"),
    pytest.param("/reve/v1/image/edit", {"edit_instruction": NAME, "reference_image": B64}, id="reve edit"),
    pytest.param("/reve/v1/image/remix", {"prompt": NAME, "reference_images": [B64, B64]}, id="reve remix"),
    pytest.param("/bfl/v1/flux-kontext-pro", {"prompt": NAME, "input_image": B64, "input_image_2": URL, "seed": 1}, id="bfl"),
]  # fmt: skip

FORMS = [
    pytest.param("/v1/images/edits", {"prompt": NAME, "image": PNG, "mask": PNG}, id="openai edits"),
    pytest.param("/v1/images/variations", {"image": PNG, "user": NAME}, id="openai variations"),
    pytest.param(f"{AZURE}/images/edits", {"prompt": NAME, "image": PNG}, id="azure edits"),
    pytest.param("/stability/v2beta/stable-image/generate/core", {"prompt": NAME, "negative_prompt": NAME, "seed": "1"}, id="stability core"),
    pytest.param("/stability/v2beta/stable-image/generate/sd3", {"prompt": NAME, "image": PNG, "strength": "0.5", "mode": "image-to-image"}, id="stability sd3"),
    pytest.param("/stability/v2beta/stable-image/edit/search-and-replace", {"prompt": NAME, "search_prompt": NAME, "image": PNG}, id="stability search and replace"),
    pytest.param("/stability/v2beta/stable-image/control/style-transfer", {"init_image": PNG, "style_image": PNG}, id="stability style transfer"),
]  # fmt: skip

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
    pytest.param("/reve/v1/image/create", {"prompt": "a", "regions": [{"label": NAME}]}, "regions", id="reve: regions"),
    pytest.param("/reve/v1/image/edit", {"edit_instruction": "a", "reference_image": ELSEWHERE}, "reference_image", id="reve: a URL"),
]  # fmt: skip

ANSWERS = [
    pytest.param("/v1/images/generations", {"created": 1, "data": [{"b64_json": B64, "revised_prompt": NAME}]}, id="openai images"),
    pytest.param("/v1/responses", {"id": "r", "output": [{"type": "image_generation_call", "result": B64, "revised_prompt": NAME}]}, id="openai responses"),
    pytest.param("/v1/chat/completions", {"choices": [{"message": {"content": NAME, "images": [{"image_url": {"url": URL}}]}}]}, id="openai chat"),
    pytest.param(f"{AZURE}/images/generations", {"created": 1, "data": [{"b64_json": B64, "revised_prompt": NAME}]}, id="azure"),
    pytest.param("/xai/v1/images/edits", {"data": [{"b64_json": B64, "revised_prompt": NAME}]}, id="xai"),
    pytest.param("/together/v1/images/generations", {"id": NAME, "data": [{"index": 0, "b64_json": B64}]}, id="together"),
    pytest.param(GEMINI, {"candidates": [{"content": {"parts": [{"text": NAME}, {"inlineData": {"mimeType": "image/png", "data": B64}}]}, "finishReason": "STOP"}], "usageMetadata": {}}, id="gemini"),
    pytest.param(f"{VERTEX}/imagen-4.0:predict", {"predictions": [{"bytesBase64Encoded": B64, "mimeType": "image/png", "prompt": NAME}]}, id="vertex imagen"),
    pytest.param("/reve/v1/image/create", {"image": B64, "version": NAME, "content_violation": False}, id="reve"),
    pytest.param("/stability/v2beta/stable-image/generate/core", {"image": B64, "finish_reason": NAME, "seed": 1}, id="stability"),
]  # fmt: skip

ERRORS = [
    pytest.param("/v1/images/generations", {"error": {"message": NAME, "code": "moderation_blocked"}}, id="openai"),
    pytest.param(f"{AZURE}/images/generations", {"error": {"code": "content_policy_violation", "inner_error": {"revised_prompt": NAME}}}, id="azure"),
    pytest.param(GEMINI, {"error": {"code": 400, "message": NAME, "status": "INVALID_ARGUMENT"}}, id="gemini"),
    pytest.param(f"{VERTEX}/imagen-4.0:predict", {"error": {"code": 400, "message": NAME}}, id="vertex"),
    pytest.param("/reve/v1/image/create", {"error_code": "X", "message": NAME}, id="reve"),
    pytest.param("/stability/v2beta/stable-image/generate/core", {"id": "x", "name": "bad_request", "errors": [NAME]}, id="stability"),
]  # fmt: skip


def target(path: str, content_type: str = "application/json") -> Target:
    line, _, query = path.partition("?")
    return ROUTER.match("POST", line.encode(), query.encode(), [(b"content-type", content_type.encode())])


def read(path: str, body: bytes, content_type: str = "application/json") -> Generation:
    found = target(path, content_type)
    assert found.route.read
    return found.route.read(found, body, LIMITS)


def leaf_places(tree: object, place: str = "") -> Iterator[tuple[str, object]]:
    if isinstance(tree, dict):
        for key, item in tree.items():
            yield from leaf_places(item, f"{place}.{key}" if place else key)
    elif isinstance(tree, list):
        for index, item in enumerate(tree):
            yield from leaf_places(item, f"{place}[{index}]")
    else:
        yield place, tree


def named(tree: object) -> list[str]:
    return sorted(place for place, leaf in leaf_places(tree) if leaf == NAME)


def drawn_at(tree: object) -> list[str]:
    return sorted(place for place, leaf in leaf_places(tree) if leaf in (B64, URL))


@pytest.mark.parametrize(("path", "body"), REQUESTS)
def test_every_name_and_picture_of_a_request_is_taken_out_and_the_body_written_back(path: str, body: Body) -> None:
    read_ = read(path, json.dumps(body).encode())
    assert sorted(text.where for text in read_.texts if text.text == NAME) == named(body)
    assert sorted(picture.where for picture in read_.pictures) == drawn_at(body)
    assert json.loads(read_.rebuild()[1]) == body
    assert sorted(place for place, _ in read_.fields()) == sorted(place for place, leaf in leaf_places(body) if leaf not in (B64, URL))


@pytest.mark.parametrize(("path", "body"), REQUESTS)
def test_a_picture_with_something_behind_it_is_refused_wherever_it_is(path: str, body: Body) -> None:
    for place in drawn_at(body):
        spoilt = json.loads(json.dumps(body).replace(B64, SPOILT))
        with pytest.raises(UnscreenableError) as refused:
            read(path, json.dumps(spoilt).encode())
        assert refused.value.where in drawn_at(body), place


@pytest.mark.parametrize(("path", "body"), REQUESTS)
def test_a_name_that_occurs_twice_an_unknown_structure_and_an_unknown_picture_are_refused(path: str, body: Body) -> None:
    whole = json.dumps(body)
    first = next(iter(body))
    doubled = f'{whole[:-1]},"{first}":null}}'
    for bad in (
        doubled,
        json.dumps({**body, "surprise": {"a": 1}}),
        json.dumps({**body, "surprise": B64}),
        json.dumps({**body, "surprise": ELSEWHERE}),
    ):
        with pytest.raises(UnscreenableError):
            read(path, bad.encode())


@pytest.mark.parametrize(("path", "parts"), FORMS)
def test_every_name_and_picture_of_a_form_is_taken_out_and_the_form_written_back(path: str, parts: dict[str, str | bytes]) -> None:
    content_type, body = dump(
        Part(name, "upload" if isinstance(value, bytes) else None, None, value if isinstance(value, bytes) else value.encode())
        for name, value in parts.items()
    )
    read_ = read(path, body, content_type)
    assert sorted(text.where for text in read_.texts if text.text == NAME) == sorted(name for name, value in parts.items() if value == NAME)
    assert sorted(picture.where for picture in read_.pictures) == sorted(name for name, value in parts.items() if value == PNG)
    again, written = read_.rebuild()
    assert {part.name: bytes(part.content) for part in parse_form(written, again)} == {
        name: value if isinstance(value, bytes) else value.encode() for name, value in parts.items()
    }


@pytest.mark.parametrize(("path", "body", "where"), REFUSED)
def test_what_points_elsewhere_is_refused_and_named(path: str, body: Body, where: str) -> None:
    with pytest.raises(UnscreenableError) as refused:
        read(path, json.dumps(body).encode())
    assert refused.value.where == where


@pytest.mark.parametrize(("path", "body"), ANSWERS)
def test_every_name_and_picture_of_an_answer_is_taken_out_and_the_bytes_released(path: str, body: Body) -> None:
    content_type = "multipart/form-data; boundary=x" if "/stability/" in path else "application/json"
    route = target(path, content_type).route
    assert route.answer
    whole = json.dumps(body, indent=2).encode()
    answer = route.answer(200, "application/json", whole, LIMITS)
    assert sorted({text.where for text in answer.texts if text.text == NAME}) == named(body)
    assert sorted(picture.where for picture in answer.pictures) == drawn_at(body)
    assert (answer.release(), answer.error) == (whole, False)


@pytest.mark.parametrize(("path", "body"), ANSWERS)
@pytest.mark.parametrize(
    "bad", [b"", b"<html>", b"[]", b"null", b'{"a":1', b'{"a":1,"a":2}'], ids=["nothing", "HTML", "a list", "null", "cut", "twice"]
)
def test_garbage_is_no_answer(path: str, body: Body, bad: bytes) -> None:
    content_type = "multipart/form-data; boundary=x" if "/stability/" in path else "application/json"
    route = target(path, content_type).route
    assert route.answer
    with pytest.raises(GuardError):
        route.answer(200, "application/json", bad, LIMITS)
    spoilt = json.dumps(body).replace(B64, SPOILT).encode()
    with pytest.raises(GuardError):
        route.answer(200, "application/json", spoilt, LIMITS)
    surprised = copy.deepcopy(body)
    surprised["surprise"] = {"frame": B64}
    with pytest.raises(GuardError):
        route.answer(200, "application/json", json.dumps(surprised).encode(), LIMITS)


@pytest.mark.parametrize(("path", "body"), ERRORS)
@pytest.mark.parametrize("status", [200, 400, 500])
def test_an_error_of_the_provider_is_screened_too(path: str, body: Body, status: int) -> None:
    content_type = "multipart/form-data; boundary=x" if "/stability/" in path else "application/json"
    route = target(path, content_type).route
    assert route.answer
    answer = route.answer(status, "application/json", json.dumps(body).encode(), LIMITS)
    assert answer.error
    assert sorted(text.where for text in answer.texts if text.text == NAME) == named(body)


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


def test_events_of_gemini_give_their_pictures() -> None:
    route = target(STREAM).route
    assert route.event
    chunk = {"candidates": [{"content": {"parts": [{"inlineData": {"data": B64}}, {"text": NAME}]}}]}
    answer = route.event(Event("", json.dumps(chunk).encode()), LIMITS)
    assert ([picture.where for picture in answer.pictures], [text.text for text in answer.texts]) == (
        ["candidates[0].content.parts[0].inlineData.data"],
        [NAME],
    )


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
def test_a_route_is_reached_by_its_own_path_and_by_no_other_spelling(prefix: str, route: object) -> None:
    assert hasattr(route, "path")
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
def test_what_is_screened_has_its_readers(prefix: str, route: object) -> None:
    assert hasattr(route, "kind")
    assert bool(route.answer) == (route.kind in (Kind.SCREEN, Kind.LIST))
    assert route.read or route.kind is not Kind.SCREEN


def test_a_model_in_the_path_that_embodies_a_person_is_refused() -> None:
    with pytest.raises(UnscreenableError) as refused:
        read(GEMINI.replace("gemini-2.5-flash-image", "jane-lora"), b'{"contents":[]}')
    assert refused.value.where == "model"
