"""Other people's clients, unmodified, through the whole gateway: Google's, LiteLLM, LangChain, Reve's, Together's, Azure's.

All but the last are heavy and live in an environment of their own: GUARD_TEST_CLIENTS_DIR names it; `.ci/run` makes it, pinned.
"""

import base64
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import openai
import pytest

from api.standin.picture import draw
from guard.evaluate.trial import Trial
from tests.paths.calls import CANDIDATES, CHUNKS, IMAGES, INTERACTED, LAID_OUT, PREDICTED, RESPONDED, REVE_ANSWER, STABLE, Filled
from tests.paths.people import PERSON
from tests.paths.provider import Provider

CLIENTS_DIR = os.environ.get("GUARD_TEST_CLIENTS_DIR", "")
PNG = draw("a tyre", 64, 64, "png")
B64 = base64.b64encode(PNG).decode()
FILLED = Filled("a round tyre", PNG)
USED = {"usage": {"total_tokens": 3, "input_tokens": 1, "output_tokens": 2, "input_tokens_details": {"text_tokens": 1, "image_tokens": 0}}}
MODEL = "/models/gemini-2.5-flash-image"
AZURE = "/azure/openai/deployments/painter/images/generations?api-version=2025-04-01-preview"
needs_clients = pytest.mark.skipif(not CLIENTS_DIR, reason="needs GUARD_TEST_CLIENTS_DIR, an environment with the clients")


def told(guard: Trial, script: str) -> dict[str, Any]:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(guard.home),
        "BASE_URL": guard.url,
        "CALLER_KEY": guard.caller_key("clients"),
        "PICTURE": B64,
        "REFUSED_PROMPT": f"a photo of {PERSON}",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    }
    command = [f"{CLIENTS_DIR}/bin/python", "-P", "-W", "ignore", str(Path(__file__).parent / "clients" / script)]
    finished = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=180)
    assert finished.returncode == 0, finished.stderr[-4000:]
    answer: dict[str, Any] = json.loads(finished.stdout.splitlines()[-1])
    return answer


def asked(provider: Provider) -> list[str]:
    return [path.partition("?")[0] for _, path, _, _ in provider.seen]


@needs_clients
def test_googles_client_draws_streams_talks_and_is_refused(guard: Trial, provider: Provider) -> None:
    signed = FILLED(CANDIDATES)
    signed["candidates"][0]["content"]["parts"][0]["thoughtSignature"] = "+/+/aGVs"
    provider.says(f"/gemini{MODEL}:generateContent", signed)
    provider.streams(f"/gemini{MODEL}:streamGenerateContent?alt=sse", [FILLED(chunk) for chunk in CHUNKS])
    provider.says("/gemini/interactions", FILLED(INTERACTED))
    provider.says("/vertex/publishers/google/models/imagen-4.0:predict", FILLED(PREDICTED))
    provider.says(f"/vertex/publishers/google{MODEL}:generateContent", FILLED(CANDIDATES))
    assert told(guard, "google.py") == {
        "generate": B64,
        "stream": [None, "a round tyre"],
        "chat": "STOP",
        "interaction": [B64],
        "imagen": B64,
        "made": [B64] * 4,
        "vertex": B64,
        "refused": "PROHIBITED_CONTENT",
        "refused stream": ["PROHIBITED_CONTENT"],
        "refused interaction": ["BadRequestError", 400],
        "refused video": ["ClientError", 404, "NOT_FOUND"],
        "refused imagen": ["ClientError", 400, "INVALID_ARGUMENT"],
    }
    assert len(provider.seen) == 11


@needs_clients
def test_litellm_draws_edits_and_is_refused_in_five_dialects(guard: Trial, provider: Provider) -> None:
    for path in ("/openai/images/generations", "/openai/images/edits", "/xai/images/generations", AZURE):
        provider.says(path, FILLED(IMAGES) | USED)
    provider.says(f"/gemini{MODEL}:generateContent", FILLED(CANDIDATES))
    provider.says("/stability/stable-image/generate/core", FILLED(STABLE))
    drawn = dict.fromkeys(("openai", "edit", "azure", "gemini", "xai", "stability"), B64)
    refused = ["BadRequestError", 400]
    assert told(guard, "litellm_client.py") == {**drawn, "refused": refused, "refused by azure": refused}
    assert len(provider.seen) == 6


@needs_clients
def test_langchains_tool_and_wrapper_draw_and_are_refused(guard: Trial, provider: Provider) -> None:
    made = FILLED(RESPONDED) | {"created_at": 1, "model": "gpt-5", "parallel_tool_calls": True, "tools": [], "tool_choice": "auto"}
    provider.says("/openai/responses", made)
    provider.says("/picture.png", PNG, "image/png")
    provider.says("/openai/images/generations", {"created": 1, "data": [{"url": f"{provider.url}/picture.png"}]})
    answer = told(guard, "langchain.py")
    link = answer.pop("wrapper")
    assert guard.http.get(link.replace("https://guard.example", guard.url)).content == PNG
    assert answer == {"tool": [B64], "refused tool": [400, "moderation_blocked"], "refused wrapper": [400, "moderation_blocked"]}
    assert asked(provider) == ["/openai/responses", "/openai/images/generations", "/picture.png"]


@needs_clients
def test_the_vendors_own_clients_draw_and_raise_what_they_raise_at_home(guard: Trial, provider: Provider) -> None:
    provider.says("/reve/image/create", PNG, "image/png")
    provider.says("/reve-v2/image/create", FILLED(REVE_ANSWER))
    provider.says("/reve-v2/image/create_layout", FILLED(LAID_OUT))
    provider.says("/picture.png", PNG, "image/png")
    provider.says(
        "/together/images/generations",
        {"id": "t", "object": "list", "model": "m", "data": [{"index": 0, "type": "url", "url": f"{provider.url}/picture.png"}]},
    )
    answer = told(guard, "vendors.py")
    link = answer.pop("together")
    assert guard.http.get(link.replace("https://guard.example", guard.url)).content == PNG
    assert answer == {
        "reve": B64,
        "reve v2": B64,
        "layout": "a round tyre",
        "refused by reve": "ReveContentViolationError",
        "refused by reve v2": "ReveContentViolationError",
        "refused by together": ["BadRequestError", 400, "moderation_blocked"],
    }
    assert asked(provider)[:3] == ["/reve/image/create", "/reve-v2/image/create", "/reve-v2/image/create_layout"]


def test_azures_client_draws_asks_for_a_response_and_is_refused_without_a_retry(guard: Trial, provider: Provider) -> None:
    provider.says(AZURE, FILLED(IMAGES))
    provider.says("/azure/openai/responses?api-version=2025-04-01-preview", FILLED(RESPONDED))
    client = openai.AzureOpenAI(
        api_key=guard.caller_key("clients"), azure_endpoint=f"{guard.url}/azure", api_version="2025-04-01-preview", timeout=60
    )
    drawn: Any = client.images.generate(model="painter", prompt="a round tyre")
    made: Any = client.responses.create(model="painter", input="a round tyre")
    assert (drawn.data[0].b64_json, made.output[0].result) == (B64, B64)
    with pytest.raises(openai.BadRequestError) as refused:
        client.images.generate(model="painter", prompt=f"a photo of {PERSON}")
    inner: Any = refused.value.body
    assert (refused.value.code, inner["inner_error"]["code"]) == ("content_policy_violation", "ResponsibleAIPolicyViolation")
    assert len(provider.seen) == 2
