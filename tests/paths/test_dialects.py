"""Every provider at once behind one gateway: what is allowed passes byte for byte, what is refused is refused as the provider would.

One guard with all dialects mounted, and one upstream that answers whatever it was told to and remembers what it was sent.
"""

import base64
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
import pytest

from api.standin.picture import draw
from guard.evaluate import trial
from guard.evaluate.trial import Trial
from guard.extract.dialects import DIALECTS
from guard.extract.multipart_strict import Part, dump

FIRST, LAST = "Philippa", "Quillonby"
NAME = f"{FIRST} {LAST}"
PNG = draw("a tyre", 64, 64, "png")
B64 = base64.b64encode(PNG).decode()
Body = dict[str, Any]


@dataclass
class Provider:
    """Answers what it was told, by path; `seen` holds what it was sent."""

    url: str = ""
    answers: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    seen: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)

    def says(self, path: str, answer: Body | str | bytes, content_type: str = "application/json") -> bytes:
        body = (
            answer if isinstance(answer, bytes) else answer.encode() if isinstance(answer, str) else json.dumps(answer, indent=1).encode()
        )
        self.answers[path] = (content_type, body)
        return body

    def clear(self) -> None:
        self.answers.clear()
        self.seen.clear()


@pytest.fixture(scope="module")
def running_provider() -> Iterator[Provider]:
    provider = Provider()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            provider.seen.append((self.command, self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            content_type, sent = provider.answers[self.path]
            self.send_response(200)
            self.send_header("content-type", content_type)
            self.send_header("content-length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        do_GET = do_POST = answer  # noqa: N815 - the name that http.server looks for

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    provider.url = f"http://127.0.0.1:{server.server_address[1]}"
    yield provider
    server.shutdown()


@pytest.fixture(scope="module")
def running_guard_of_all(running_provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    listed = [
        {"name": name, "dialect": name, "base_url": f"{running_provider.url}/{name}", "key_variable": f"KEY_{name.upper()}"}
        for name in DIALECTS
    ]
    written: Path = tmp_path_factory.mktemp("upstreams") / "upstreams.json"
    written.write_text(json.dumps({"upstreams": listed}))
    keys = {f"KEY_{name.upper()}": f"key-of-{name}" for name in DIALECTS}
    with trial.running(
        environment={"GUARD_UPSTREAMS": str(written), "GUARD_PUBLIC_URL": "https://guard.example", "GUARD_REMOTE_IMAGES": "on", **keys}
    ) as guard:
        guard.made("/opt-outs", json={"subject": {"name": NAME}})
        yield guard


@pytest.fixture
def provider(running_provider: Provider) -> Provider:
    running_provider.clear()
    return running_provider


@pytest.fixture
def guard(running_guard_of_all: Trial, provider: Provider) -> Trial:
    return running_guard_of_all


def asked(body: Body, media_type: str) -> tuple[str, bytes]:
    if media_type == "application/json":
        return media_type, json.dumps(body).encode()
    return dump(Part(name, None, None, value.encode()) for name, value in body.items())


@dataclass(frozen=True)
class Call:
    """One call of a dialect: where it is, what is asked with a prompt, what is answered with a text, and what a refusal says."""

    dialect: str
    path: str
    ask: Callable[[str], Body]
    answer: Callable[[str], Body]
    refused: Callable[[httpx2.Response], object]
    expected: tuple[object, object]
    """What `refused` gives for a refusal of the request and one of the answer."""
    prefix: str = ""
    key_header: tuple[str, str] = ("authorization", "Bearer {}")
    media_type: str = "application/json"

    def send(self, guard: Trial, prompt: str, path: str | None = None, tenant: str = "default") -> httpx2.Response:
        name, form = self.key_header
        content_type, body = asked(self.ask(prompt), self.media_type)
        headers = {name: form.format(guard.caller_key(tenant)), "content-type": content_type, "accept": "application/json"}
        return guard.http.post(f"{guard.url}{self.prefix}{path or self.path}", content=body, headers=headers)

    @property
    def upstream_path(self) -> str:
        return f"/{self.dialect}{self.path}"


def openai_error(answer: httpx2.Response) -> object:
    error = answer.json()["error"]
    return answer.status_code, error["code"], error["moderation_details"]["moderation_stage"]


def images(text: str) -> Body:
    return {"created": 1, "data": [{"b64_json": B64, "revised_prompt": text}]}


def prompted(prompt: str) -> Body:
    return {"model": "m-1", "prompt": prompt, "n": 1.0e0}


BLOCKED = ((400, "moderation_blocked", "input"), (400, "moderation_blocked", "output"))
AZURE = ((400, "content_policy_violation", "input"), (400, "content_policy_violation", "output"))
VERTEX = "/projects/p-1/locations/us-central1/publishers/google/models"


def contents(prompt: str) -> Body:
    return {"contents": [{"role": "user", "parts": [{"text": prompt}]}]}


def candidates(text: str) -> Body:
    part = {"inlineData": {"mimeType": "image/png", "data": B64}}
    return {"candidates": [{"content": {"parts": [{"text": text}, part]}, "finishReason": "STOP"}], "usageMetadata": {"totalTokenCount": 3}}


def block_reason(answer: httpx2.Response) -> object:
    told = answer.json()
    return answer.status_code, told.get("promptFeedback", {}).get("blockReason") or told["candidates"][0]["finishReason"]


CALLS = [
    Call("openai", "/images/generations", prompted, images, openai_error, BLOCKED, "/v1"),
    Call("openai", "/responses", lambda prompt: {"input": prompt}, lambda text: {"id": "resp_a", "output": [{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]}]}, openai_error, BLOCKED, "/v1"),
    Call("openai", "/chat/completions", lambda prompt: {"messages": [{"role": "user", "content": prompt}]}, lambda text: {"choices": [{"index": 0, "message": {"role": "assistant", "content": text}}]}, openai_error, BLOCKED, "/v1"),
    Call("azure", "/openai/deployments/painter/images/generations", prompted, images, openai_error, AZURE, "/azure", ("api-key", "{}")),
    Call("gemini", "/models/gemini-2.5-flash-image:generateContent", contents, candidates, block_reason, ((200, "PROHIBITED_CONTENT"), (200, "IMAGE_PROHIBITED_CONTENT")), "/gemini/v1beta", ("x-goog-api-key", "{}")),
    Call("vertex", f"{VERTEX}/imagen-4.0:predict", lambda prompt: {"instances": [{"prompt": prompt}]}, lambda text: {"predictions": [{"bytesBase64Encoded": B64, "mimeType": "image/png", "prompt": text}]}, lambda answer: (answer.status_code, answer.json()["error"]["status"]), ((400, "INVALID_ARGUMENT"), (400, "INVALID_ARGUMENT")), "/vertex/v1"),
    Call("xai", "/images/generations", prompted, images, openai_error, BLOCKED, "/xai/v1"),
    Call("together", "/images/generations", prompted, images, openai_error, BLOCKED, "/together/v1"),
    Call("reve", "/image/create", lambda prompt: {"prompt": prompt}, lambda text: {"image": B64, "version": text, "content_violation": False}, lambda answer: (answer.status_code, answer.headers["x-reve-content-violation"], answer.json()["content_violation"]), ((400, "true", True), (400, "true", True)), "/reve/v1"),
    Call("stability", "/stable-image/generate/core", lambda prompt: {"prompt": prompt}, lambda text: {"image": B64, "finish_reason": text, "seed": 1}, lambda answer: (answer.status_code, answer.json()["name"]), ((403, "content_moderation"), (403, "content_moderation")), "/stability/v2beta", media_type="multipart/form-data"),
    Call("bfl", "/flux-pro-1.1", lambda prompt: {"prompt": prompt}, lambda text: {"id": "job-1", "polling_url": "https://api.bfl.ai/v1/get_result?id=job-1", "note": text}, lambda answer: (answer.status_code, answer.json()["status"]), ((400, "Request Moderated"), (400, "Content Moderated")), "/bfl/v1", ("x-key", "{}")),
]  # fmt: skip
EACH = [pytest.param(call, id=f"{call.dialect} {call.path}") for call in CALLS]
PROVIDERS_KEY = {"azure": ("api-key", "{}"), "gemini": ("x-goog-api-key", "{}"), "bfl": ("x-key", "{}")}


@pytest.mark.parametrize("call", EACH)
def test_what_is_allowed_passes_byte_for_byte_with_the_providers_key(call: Call, guard: Trial, provider: Provider) -> None:
    sent = provider.says(call.upstream_path, call.answer("a round tyre"))
    answer = call.send(guard, "a tyre")
    assert (answer.status_code, answer.headers["x-guard-outcome"]) == (200, "allow"), answer.text
    if call.dialect == "bfl":
        assert answer.json() == {"id": "job-1", "polling_url": "https://guard.example/bfl/v1/get_result?id=job-1", "note": "a round tyre"}
    else:
        assert answer.content == sent
    [(method, path, headers, body)] = provider.seen
    assert (method, path) == ("POST", call.upstream_path)
    if call.media_type == "application/json":
        assert json.loads(body) == call.ask("a tyre")
        assert b"1.0" in body or "n" not in call.ask("a tyre")
    name, form = PROVIDERS_KEY.get(call.dialect, ("authorization", "Bearer {}"))
    keys = {key: value for key, value in headers.items() if key in ("authorization", "api-key", "x-goog-api-key", "x-key", "cookie")}
    assert keys == {name: form.format(f"key-of-{call.dialect}")}


@pytest.mark.parametrize("call", EACH)
def test_a_name_in_the_request_is_refused_in_the_providers_words_and_not_asked_for(call: Call, guard: Trial, provider: Provider) -> None:
    answer = call.send(guard, f"a photo of {NAME}")
    assert (call.refused(answer), answer.headers["x-guard-outcome"], provider.seen) == (call.expected[0], "refuse", [])


@pytest.mark.parametrize("call", EACH)
def test_a_name_in_the_answer_is_refused_in_the_providers_words(call: Call, guard: Trial, provider: Provider) -> None:
    provider.says(call.upstream_path, call.answer(f"a photo of {NAME}"))
    answer = call.send(guard, "a tyre")
    assert (call.refused(answer), answer.headers["x-guard-outcome"], len(provider.seen)) == (call.expected[1], "refuse", 1)


@pytest.mark.parametrize("call", EACH)
def test_what_nobody_knows_is_refused(call: Call, guard: Trial, provider: Provider) -> None:
    unknown = call.send(guard, "a tyre", path="/never/heard:of")
    doubled = guard.http.post(
        f"{guard.url}{call.prefix}{call.path}",
        content=b'{"prompt":"a","prompt":"b"}',
        headers={"authorization": f"Bearer {guard.caller_key()}", "content-type": "application/json"},
    )
    assert [unknown.status_code, unknown.headers["x-guard-outcome"]] == [404, "refuse"]
    assert doubled.status_code in (400, 415)
    assert isinstance(unknown.json(), dict)
    assert provider.seen == []


@pytest.mark.parametrize(
    "path", ["/", "/v2/images/generations", "/gemini/v1/models", "/v10/images/generations", "/openai/images/generations"]
)
def test_a_path_under_no_prefix_is_404(path: str, guard: Trial, provider: Provider) -> None:
    answer = guard.http.post(f"{guard.url}{path}", json=prompted("a"), headers={"authorization": f"Bearer {guard.caller_key()}"})
    assert (answer.status_code in (404, 405), provider.seen) == (True, [])


# -- what the provider keeps -----------------------------------------------------------------------------------------------


def respond(guard: Trial, tenant: str = "default", **body: object) -> httpx2.Response:
    headers = {"authorization": f"Bearer {guard.caller_key(tenant)}"}
    return guard.http.post(f"{guard.url}/v1/responses", json=body, headers=headers)


def response(name: str, text: str = "done", *items: Body) -> Body:
    said = {"type": "message", "id": f"msg_{name}", "role": "assistant", "content": [{"type": "output_text", "text": text}]}
    return {"id": f"resp_{name}", "object": "response", "output": [said, *items]}


def test_a_turn_may_build_on_one_that_this_tenant_was_answered_with(guard: Trial, provider: Provider) -> None:
    provider.says("/openai/responses", response("one"))
    assert respond(guard, input="a tyre").status_code == 200
    provider.says("/openai/responses", response("two"))
    assert respond(guard, input="in red", previous_response_id="resp_one").status_code == 200
    assert json.loads(provider.seen[-1][3]) == {"input": "in red", "previous_response_id": "resp_one"}
    assert respond(guard, input="in blue", previous_response_id="resp_two").status_code == 200
    assert len(provider.seen) == 3


def test_a_picture_made_before_may_be_pointed_at_until_somebodys_face_changes_the_registry(guard: Trial, provider: Provider) -> None:
    made = {"type": "image_generation_call", "id": "ig_made", "status": "completed", "result": B64}
    provider.says("/openai/responses", response("drawn", "done", made))
    assert respond(guard, input="a tyre", tools=[{"type": "image_generation"}]).status_code == 200
    for earlier in ({"type": "image_generation_call", "id": "ig_made"}, {"type": "item_reference", "id": "ig_made"}):
        assert respond(guard, input=[earlier, {"role": "user", "content": "in red"}]).status_code == 200
    guard.made("/known-images", json={"pdq": "0f" * 32})
    answer = respond(guard, input=[{"type": "item_reference", "id": "ig_made"}, {"role": "user", "content": "in blue"}])
    assert (answer.json()["error"]["code"], answer.json()["error"]["param"]) == ("unscreenable_request", "input[0].id")


def test_nobody_may_build_on_what_they_were_not_answered_with(guard: Trial, provider: Provider) -> None:
    provider.says("/openai/responses", response("mine"))
    assert respond(guard, input="a tyre").status_code == 200
    provider.seen.clear()
    answers = [
        respond(guard, input="in red", previous_response_id="resp_never"),
        respond(guard, "other", input="in red", previous_response_id="resp_mine"),
        respond(guard, input=[{"type": "item_reference", "id": "ig_never"}]),
        respond(guard, input="a", conversation="conv_123456"),
    ]
    assert [(answer.status_code, answer.json()["error"]["code"]) for answer in answers] == [(400, "unscreenable_request")] * 4
    assert [answer.json()["error"]["param"] for answer in answers] == [
        "previous_response_id",
        "previous_response_id",
        "input[0].id",
        "conversation",
    ]
    assert provider.seen == []


def test_what_was_refused_on_the_way_out_cannot_be_built_on(guard: Trial, provider: Provider) -> None:
    provider.says("/openai/responses", response("bad", f"here is {NAME}"))
    assert respond(guard, input="a tyre").status_code == 400
    assert respond(guard, input="in red", previous_response_id="resp_bad").json()["error"]["code"] == "unscreenable_request"


def test_a_name_split_over_two_turns_is_found(guard: Trial, provider: Provider) -> None:
    provider.says("/openai/responses", response("half"))
    tools = [{"type": "image_generation"}, {"type": "function", "name": "paint", "parameters": {"type": "object"}}]
    assert respond(guard, input=f"a photo of {FIRST}", tools=tools).status_code == 200
    assert respond(guard, tools=tools, input=f"{LAST}, at the sea").status_code == 200
    provider.seen.clear()
    answer = respond(guard, tools=tools, input=f"{LAST}, at the sea", previous_response_id="resp_half")
    assert (openai_error(answer), provider.seen) == (BLOCKED[0], [])


def test_an_opt_out_that_comes_between_two_turns_binds_the_second(guard: Trial, provider: Provider) -> None:
    provider.says("/openai/responses", response("before"))
    assert respond(guard, input="a photo of Barnaby Thistlewick").status_code == 200
    guard.made("/opt-outs", json={"subject": {"name": "Barnaby Thistlewick"}})
    answer = respond(guard, input="now in red", previous_response_id="resp_before")
    assert openai_error(answer) == BLOCKED[0]


def test_a_stored_answer_is_handed_out_again_only_to_its_tenant_and_screened_again(guard: Trial, provider: Provider) -> None:
    provider.says("/openai/responses", response("kept"))
    assert respond(guard, input="a tyre", background=True).status_code == 200
    url = f"{guard.url}/v1/responses/resp_kept"
    mine, other = ({"authorization": f"Bearer {guard.caller_key(tenant)}"} for tenant in ("default", "other"))
    sent = provider.says("/openai/responses/resp_kept", response("kept", "finished"))
    assert guard.http.get(url, headers=mine).content == sent
    assert guard.http.get(url, headers=other).json()["error"]["code"] == "unscreenable_request"
    provider.says("/openai/responses/resp_kept", response("kept", f"a photo of {NAME}"))
    assert openai_error(guard.http.get(url, headers=mine)) == BLOCKED[1]


def test_a_streamed_turn_can_be_built_on(guard: Trial, provider: Provider) -> None:
    events = [
        {"type": "response.created", "response": response("live") | {"output": []}},
        {"type": "response.completed", "response": response("live", "finished")},
    ]
    frames = "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events)
    provider.says("/openai/responses", frames, "text/event-stream")
    assert "response.completed" in respond(guard, input="a tyre", stream=True).text
    provider.says("/openai/responses", response("after"))
    assert respond(guard, input="in red", previous_response_id="resp_live").status_code == 200


def test_sealed_state_goes_back_only_where_it_came_from(guard: Trial, provider: Provider) -> None:
    thought = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "c2VhbGVk"}
    provider.says("/openai/responses", response("sealed", "done", thought))
    assert respond(guard, input="a tyre").status_code == 200
    asked = [thought, {"role": "user", "content": "in red"}]
    assert respond(guard, input=asked).status_code == 200
    assert respond(guard, "other", input=asked).json()["error"]["param"] == "input[0].encrypted_content"


def test_a_thought_signature_of_gemini_goes_back_only_where_it_came_from(guard: Trial, provider: Provider) -> None:
    call = next(call for call in CALLS if call.dialect == "gemini")
    signed = {"text": "done", "thoughtSignature": "c2lnbmVk"}
    provider.says(call.upstream_path, {"candidates": [{"content": {"parts": [signed]}, "finishReason": "STOP"}], "usageMetadata": {}})
    assert call.send(guard, "a tyre").status_code == 200
    thinking = {"role": "model", "parts": [signed]}
    body = {"contents": [thinking, {"role": "user", "parts": [{"text": "in red"}]}]}
    url = f"{guard.url}{call.prefix}{call.path}"
    mine, other = (guard.http.post(url, json=body, headers={"x-goog-api-key": guard.caller_key(tenant)}) for tenant in ("default", "other"))
    assert (mine.status_code, mine.headers["x-guard-outcome"]) == (200, "allow")
    assert (other.status_code, other.json()["error"]["status"], len(provider.seen)) == (400, "INVALID_ARGUMENT", 2)


def test_a_job_is_polled_through_the_gateway_and_its_picture_comes_as_bytes(guard: Trial, provider: Provider) -> None:
    provider.says("/bfl/flux-pro-1.1", {"id": "job-9", "polling_url": "https://api.bfl.ai/v1/get_result?id=job-9"})
    call = CALLS[-1]
    polling_url = call.send(guard, "a tyre").json()["polling_url"]
    assert polling_url == "https://guard.example/bfl/v1/get_result?id=job-9"
    provider.says("/picture.png", PNG, "image/png")
    provider.says("/bfl/get_result?id=job-9", {"id": "job-9", "status": "Ready", "result": {"sample": f"{provider.url}/picture.png"}})
    url = polling_url.replace("https://guard.example", guard.url)
    answer = guard.http.get(url, headers={"x-key": guard.caller_key()})
    assert answer.json()["result"]["sample"] == f"data:image/png;base64,{B64}"
    assert guard.http.get(url, headers={"x-key": guard.caller_key("other")}).status_code == 400
    assert guard.http.get(url.replace("job-9", "job-8"), headers={"x-key": guard.caller_key()}).status_code == 400


@pytest.mark.parametrize(
    "form", ["{provider}/picture.png", "http://127.1/picture.png", "http://[::ffff:127.0.0.1]/picture.png", "file:///etc/passwd"]
)
def test_a_picture_behind_a_private_address_is_not_fetched_for_a_caller(form: str, guard: Trial, provider: Provider) -> None:
    provider.says("/picture.png", PNG, "image/png")
    url = form.replace("{provider}", provider.url)
    headers = {"authorization": f"Bearer {guard.caller_key()}"}
    body = {"prompt": "a tyre", "images": [{"image_url": url}]}
    answer = guard.http.post(f"{guard.url}/v1/images/edits", json=body, headers=headers)
    assert (answer.status_code, answer.json()["error"]["param"], provider.seen) == (400, "images[0].image_url", [])


def test_a_policy_that_looks_at_no_answers_hands_out_ids_all_the_same(guard: Trial, provider: Provider) -> None:
    """Last in this file: the policy stays active."""
    guard.made("/policies/prompt-only/activate", json={"mode": "enforce"})
    provider.says("/openai/responses", response("unread", f"a photo of {NAME}"))
    assert respond(guard, input="a tyre").status_code == 200
    assert respond(guard, input="in red", previous_response_id="resp_unread").status_code == 400
    provider.says("/openai/responses", response("plain"))
    assert respond(guard, input="a tyre").status_code == 200
    assert respond(guard, input="in red", previous_response_id="resp_plain").status_code == 200
    provider.says("/bfl/flux-pro-1.1", {"id": "job-5", "polling_url": "https://api.bfl.ai/v1/get_result?id=job-5"})
    polling_url = CALLS[-1].send(guard, "a tyre").json()["polling_url"]
    sent = provider.says("/bfl/get_result?id=job-5", {"id": "job-5", "status": "Pending"})
    answer = guard.http.get(polling_url.replace("https://guard.example", guard.url), headers={"x-key": guard.caller_key()})
    assert (answer.status_code, answer.content) == (200, sent)
