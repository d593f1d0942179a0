"""A middling mention is held: a reviewer's approval lets the same request of the same tenant pass, and nothing else."""

import base64
from typing import Any

import openai
import pytest

from api.standin import Order, StandIn
from guard.evaluate.trial import Trial

NAME = "Quillonia"
PROMPT = "the quillonia flower in a vase"


def ask(guard: Trial, prompt: str = PROMPT, tenant: str = "holds") -> str:
    """`picture`, or the code and outcome of the refusal."""
    with guard.client(tenant) as client:
        try:
            client.images.generate(model="gpt-image-1", prompt=prompt)
        except openai.BadRequestError as error:
            body: Any = error.body
            return f"{error.code} {body['guard']['outcome']}"
    return "picture"


@pytest.fixture(scope="module", autouse=True)
def _opted_out(running_guard: Trial) -> None:
    running_guard.made("/opt-outs", json={"subject": {"name": NAME}})


def test_held_approved_and_passed(guarded: Trial, upstream: StandIn) -> None:
    assert (ask(guarded), list(upstream.seen)) == ("review_required hold", [])
    (review,) = [r for r in guarded.admin("GET", "/reviews").json()["items"] if r["tenant"] == "holds"]
    closed = guarded.admin("POST", f"/reviews/{review['id']}", json={"verdict": "approve", "note": "a flower"})
    assert closed.status_code == 200
    assert [ask(guarded), ask(guarded, tenant="others"), ask(guarded, PROMPT + " at night")] == [
        "picture",
        "review_required hold",
        "review_required hold",
    ]


def test_a_newer_directive_ends_an_approval(guarded: Trial) -> None:
    assert ask(guarded) == "picture"
    subject = guarded.admin("GET", f"/subjects?query={NAME}").json()["items"][0]
    guarded.made(f"/subjects/{subject['id']}/directives", json={"effect": "deny"})
    assert ask(guarded) == "review_required hold"


def test_a_held_answer_is_shown_to_the_reviewer_and_is_itself_the_answer(guarded: Trial, upstream: StandIn) -> None:
    prompt = "a flower in a vase, whatever it is called"
    upstream.next(Order(times=1, revised_prompt=PROMPT))
    assert ask(guarded, prompt, tenant="answers") == "review_required hold"
    (review,) = [r for r in guarded.admin("GET", "/reviews").json()["items"] if r["tenant"] == "answers"]
    words = guarded.admin("GET", f"/reviews/{review['id']}").json()["words"]
    shown = guarded.admin("GET", f"/reviews/{review['id']}/kept")
    assert (review["stage"], [text["text"] for text in words["texts"]], words["hits"][0]["text"].lower()) == (
        "output",
        [prompt],
        "quillonia",
    )
    guarded.made(f"/reviews/{review['id']}", json={"verdict": "approve"})
    before = len(upstream.seen)
    with guarded.client("answers") as client:
        answer = client.images.generate(model="gpt-image-1", prompt=prompt)
    assert answer.data is not None
    assert (answer.data[0].b64_json, len(upstream.seen)) == (base64.b64encode(shown.content).decode(), before)
