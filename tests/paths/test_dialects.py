"""Every provider at once behind one gateway: what each keeps for a caller, jobs that are polled, pictures behind addresses.

What all calls have in common is in test_conformance.py.
"""

import base64
import json
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from api.standin.picture import draw
from guard.evaluate.trial import Trial
from guard.links import PATH
from tests.paths.people import FIRST, LAST, face
from tests.paths.people import PERSON as NAME
from tests.paths.provider import Provider

PNG = draw("a tyre", 64, 64, "png")
B64 = base64.b64encode(PNG).decode()
GEMINI = "/models/gemini-2.5-flash-image:generateContent"
BLOCKED = ((400, "moderation_blocked", "input"), (400, "moderation_blocked", "output"))
Body = dict[str, Any]


def openai_error(answer: httpx2.Response) -> object:
    error = answer.json()["error"]
    return answer.status_code, error["code"], error["moderation_details"]["moderation_stage"]


def post(guard: Trial, path: str, body: Body, tenant: str = "default") -> httpx2.Response:
    return guard.http.post(f"{guard.url}{path}", json=body, headers={"x-key": guard.caller_key(tenant)})


@pytest.mark.parametrize(
    "path", ["/", "/v2/images/generations", "/gemini/v1/models", "/v10/images/generations", "/openai/images/generations"]
)
def test_a_path_under_no_prefix_is_404(path: str, guard: Trial, provider: Provider) -> None:
    answer = guard.http.post(f"{guard.url}{path}", json={"prompt": "a"}, headers={"authorization": f"Bearer {guard.caller_key()}"})
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
    signed = {"text": "done", "thoughtSignature": "c2lnbmVk"}
    asked = {"role": "user", "parts": [{"text": "a tyre"}]}
    provider.says("/gemini" + GEMINI, {"candidates": [{"content": {"parts": [signed]}, "finishReason": "STOP"}], "usageMetadata": {}})
    assert post(guard, "/gemini/v1beta" + GEMINI, {"contents": [asked]}).status_code == 200
    body = {"contents": [{"role": "model", "parts": [signed]}, asked]}
    mine, other = (post(guard, "/gemini/v1beta" + GEMINI, body, tenant) for tenant in ("default", "other"))
    assert (mine.status_code, mine.headers["x-guard-outcome"]) == (200, "allow")
    assert (other.status_code, other.json()["error"]["status"], len(provider.seen)) == (400, "INVALID_ARGUMENT", 2)


def test_an_interaction_may_be_built_on_and_asked_for_by_whom_it_was_answered(guard: Trial, provider: Provider) -> None:
    done = {"id": "v1_one", "status": "completed", "steps": [{"type": "thought", "signature": "c2VhbGVk"}]}
    provider.says("/gemini/interactions", done)
    assert post(guard, "/gemini/v1beta/interactions", {"model": "gemini-3-pro", "input": f"a photo of {FIRST}"}).status_code == 200
    sent = provider.says("/gemini/interactions/v1_one?include_input=true", done)
    url = f"{guard.url}/gemini/v1beta/interactions/v1_one?include_input=true"
    mine, other = (guard.http.get(url, headers={"x-goog-api-key": guard.caller_key(tenant)}) for tenant in ("default", "other"))
    assert (mine.content, other.status_code, other.json()["error"]["code"]) == (sent, 400, "unscreenable_request")
    built = {"model": "gemini-3-pro", "previous_interaction_id": "v1_one"}
    thought = {"type": "thought", "signature": "c2VhbGVk"}
    for more in ({"input": "in red"}, {"input": [thought, {"type": "user_input", "content": [{"type": "text", "text": "in red"}]}]}):
        assert post(guard, "/gemini/v1beta/interactions", built | more).status_code == 200
        assert post(guard, "/gemini/v1beta/interactions", built | more, "other").status_code == 400
    split = post(guard, "/gemini/v1beta/interactions", built | {"input": f"{LAST}, at the sea"})
    assert (split.status_code, split.json()["error"]["code"]) == (400, "moderation_blocked")


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/gemini/v1beta/models/veo-3.0:predictLongRunning", "Videos"),
        ("/gemini/v1beta/models/gemini-3-pro:batchGenerateContent", "Batches"),
        ("/gemini/v1beta/files", "state at the provider"),
        ("/gemini/v1beta/cachedContents", "state at the provider"),
        ("/gemini/v1beta/agents", "state at the provider"),
        ("/xai/v1/videos/generations", "state at the provider"),
    ],
)
def test_what_is_known_and_not_offered_is_refused_by_name(path: str, why: str, guard: Trial, provider: Provider) -> None:
    answer = post(guard, path, {"prompt": "a tyre"})
    assert (answer.status_code, answer.headers["x-guard-outcome"], provider.seen) == (404, "refuse", [])
    assert why in answer.json()["error"]["message"]


def test_a_provider_that_does_not_answer_is_left_alone_and_shown(guard: Trial) -> None:
    """Last of its requests: nobody asks this one again within a minute."""
    answers = [post(guard, "/gone/v1/images/generations", {"model": "m-1", "prompt": "a tyre"}) for _ in range(3)]
    assert [(answer.status_code, answer.json()["error"]["code"]) for answer in answers] == [(502, "upstream_unreachable")] * 3
    assert [answer.headers["x-guard-outcome"] for answer in answers] == ["allow"] * 3
    assert "did not answer 2 times in a row" in answers[2].json()["error"]["message"]
    ready = guard.http.get(f"{guard.url}/readyz")
    assert (ready.status_code, ready.json()["upstreams"]["gone"], ready.json()["upstreams"]["openai"]) == (200, "down", "ok")
    told = guard.http.get(f"{guard.url}/metrics").text.splitlines()
    assert [line.endswith(" 1.0") for line in told if line.startswith("guard_upstream_down{")].count(True) == 1
    other = post(guard, "/gone/v1/images/generations", {"model": "m-2", "prompt": "a tyre"})
    assert (other.status_code, other.json()["error"]["param"]) == (400, "model")


@pytest.mark.parametrize(
    ("prefix", "path"),
    [("/gemini/v1", GEMINI), ("/vertex/v1beta1", "/publishers/google" + GEMINI)],
)
def test_a_provider_is_found_under_the_versions_that_its_clients_choose_from(
    prefix: str, path: str, guard: Trial, provider: Provider
) -> None:
    sent = provider.says(f"/{prefix.split('/')[1]}{path}", {"candidates": [], "usageMetadata": {}})
    asked = {"contents": [{"role": "user", "parts": [{"text": "a tyre"}]}]}
    assert post(guard, prefix + path, asked).content == sent
    assert post(guard, prefix + "/never", asked).json()["error"]["status"] == "NOT_FOUND"


# -- jobs and links --------------------------------------------------------------------------------------------------------


def job(guard: Trial, provider: Provider, name: str) -> str:
    """The address at which a submitted job is asked for."""
    provider.says("/bfl/flux-pro-1.1", {"id": name, "polling_url": f"https://api.bfl.ai/v1/get_result?id={name}"})
    polling_url = post(guard, "/bfl/v1/flux-pro-1.1", {"prompt": "a tyre"}).json()["polling_url"]
    assert polling_url == f"https://guard.example/bfl/v1/get_result?id={name}"
    return polling_url.replace("https://guard.example", guard.url)


def test_a_job_is_polled_through_the_gateway_and_its_picture_lies_behind_a_link(guard: Trial, provider: Provider) -> None:
    url = job(guard, provider, "job-9")
    provider.says("/picture.png", PNG, "image/png")
    provider.says("/bfl/get_result?id=job-9", {"id": "job-9", "status": "Ready", "result": {"sample": f"{provider.url}/picture.png"}})
    link = guard.http.get(url, headers={"x-key": guard.caller_key()}).json()["result"]["sample"]
    assert shown(guard, link) == (200, "image/png", PNG)
    assert guard.http.get(url, headers={"x-key": guard.caller_key("other")}).status_code == 400
    assert guard.http.get(url.replace("job-9", "job-8"), headers={"x-key": guard.caller_key()}).status_code == 400


def test_a_job_that_shows_somebody_ends_as_moderated(guard: Trial, provider: Provider) -> None:
    url = job(guard, provider, "job-7")
    provider.says("/face.png", face(), "image/png")
    provider.says("/bfl/get_result?id=job-7", {"id": "job-7", "status": "Ready", "result": {"sample": f"{provider.url}/face.png"}})
    answer = guard.http.get(url, headers={"x-key": guard.caller_key()})
    assert (answer.status_code, answer.json()["status"], answer.headers["x-guard-outcome"]) == (200, "Content Moderated", "refuse")


def shown(guard: Trial, link: str) -> tuple[int, str, bytes]:
    """What a link leads to, for whoever has it: no key is sent."""
    assert link.startswith(f"https://guard.example{PATH}")
    answer = guard.http.get(link.replace("https://guard.example", guard.url))
    return answer.status_code, answer.headers["content-type"], answer.content


URLS = [
    pytest.param("openai", "/v1", {}, "url", id="openai, nothing asked"),
    pytest.param("openai", "/v1", {"response_format": "url"}, "url", id="openai, a URL asked"),
    pytest.param("openai", "/v1", {"response_format": "b64_json"}, "b64_json", id="openai, base64 asked"),
    pytest.param("xai", "/xai/v1", {}, "url", id="xai, nothing asked"),
    pytest.param("together", "/together/v1", {"response_format": "url"}, "url", id="together, a URL asked"),
    pytest.param("together", "/together/v1", {"response_format": "base64"}, "b64_json", id="together, base64 asked"),
]


@pytest.mark.parametrize(("dialect", "prefix", "asked", "kind"), URLS)
def test_a_picture_behind_a_url_comes_as_the_caller_asked(
    dialect: str, prefix: str, asked: Body, kind: str, guard: Trial, provider: Provider
) -> None:
    provider.says("/picture.png", PNG, "image/png")
    provider.says(
        f"/{dialect}/images/generations", {"created": 1, "data": [{"index": 0, "type": "url", "url": f"{provider.url}/picture.png"}]}
    )
    answer = post(guard, f"{prefix}/images/generations", {"prompt": "a tyre", **asked})
    [item] = answer.json()["data"]
    assert (item["type"], sorted(item)) == (kind, sorted(["index", "type", kind]))
    if kind == "url":
        assert shown(guard, item["url"]) == (200, "image/png", PNG)
    else:
        assert base64.b64decode(item["b64_json"]) == PNG
    provider.says("/picture.png", face(), "image/png")
    refused = post(guard, f"{prefix}/images/generations", {"prompt": "a tyre", **asked})
    assert openai_error(refused) == BLOCKED[1]
    assert provider.url not in refused.text


def test_a_link_shows_nobody_who_opted_out_since(guard: Trial, provider: Provider) -> None:
    provider.says("/picture.png", PNG, "image/png")
    provider.says("/openai/images/generations", {"created": 1, "data": [{"url": f"{provider.url}/picture.png"}]})
    [item] = post(guard, "/v1/images/generations", {"prompt": "a tyre"}, "linking").json()["data"]
    guard.made("/opt-outs", json={"subject": {"name": "Wilhelmina Ostrander-Pike"}})
    assert shown(guard, item["url"]) == (200, "image/png", PNG)
    guard.made("/known-images", files={"image": ("known.png", PNG, "image/png")}, data={"reason": "withdrawn"})
    assert shown(guard, item["url"])[0] == 404
    for known in guard.admin("GET", "/known-images").json()["items"]:
        guard.admin("DELETE", f"/known-images/{known['id']}")


def test_a_held_picture_behind_a_url_is_the_answer_once_it_was_approved(guard: Trial, provider: Provider) -> None:
    guard.made("/opt-outs", json={"subject": {"name": "Quillonia"}})
    provider.says("/picture.png", PNG, "image/png")
    told = {"url": f"{provider.url}/picture.png", "revised_prompt": "the quillonia flower in a vase"}
    provider.says("/openai/images/generations", {"created": 1, "data": [told]})
    asked = {"prompt": "a flower in a vase", "response_format": "url"}
    held = post(guard, "/v1/images/generations", asked, "holding")
    assert (held.json()["error"]["code"], provider.url in held.text) == ("review_required", False)
    [review] = [review for review in guard.admin("GET", "/reviews").json()["items"] if review["tenant"] == "holding"]
    assert guard.admin("POST", f"/reviews/{review['id']}", json={"verdict": "approve", "note": "a flower"}).status_code == 200
    provider.clear()
    [item] = post(guard, "/v1/images/generations", asked, "holding").json()["data"]
    assert (base64.b64decode(item["b64_json"]), provider.seen) == (PNG, [])


@pytest.mark.parametrize("name", ["", "x", "..%2f..%2fkeys", "00000000-" + "A" * 43 + ".png", "ffffffff-" + "A" * 43 + ".png"])
def test_what_was_never_a_link_is_404(name: str, guard: Trial, provider: Provider) -> None:
    answer = guard.http.get(f"{guard.url}{PATH}{name}")
    assert (answer.status_code, answer.json()["title"]) == (404, "Not Found")


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


@pytest.fixture
def _unread(guard: Trial) -> Iterator[None]:
    guard.made("/policies/prompt-only/activate", json={"mode": "enforce"})
    yield
    guard.made("/policies/kit/activate", json={"mode": "enforce"})


@pytest.mark.usefixtures("_unread")
def test_a_policy_that_looks_at_no_answers_hands_out_ids_all_the_same(guard: Trial, provider: Provider) -> None:
    provider.says("/openai/responses", response("unread", f"a photo of {NAME}"))
    assert respond(guard, input="a tyre").status_code == 200
    assert respond(guard, input="in red", previous_response_id="resp_unread").status_code == 400
    provider.says("/openai/responses", response("plain"))
    assert respond(guard, input="a tyre").status_code == 200
    assert respond(guard, input="in red", previous_response_id="resp_plain").status_code == 200
    url = job(guard, provider, "job-5")
    sent = provider.says("/bfl/get_result?id=job-5", {"id": "job-5", "status": "Pending"})
    answer = guard.http.get(url, headers={"x-key": guard.caller_key()})
    assert (answer.status_code, answer.content) == (200, sent)
