"""What stands between two pieces of a conversation is the provider's words, not text: a name that lies across them stays whole."""

import json

import pytest

from guard.extract.base import Limits
from guard.extract.dialects import DIALECTS, USUAL_PREFIXES
from guard.extract.routing import Router

ROUTER = Router({USUAL_PREFIXES[name]: dialect for name, dialect in DIALECTS.items()})
A, B = "draw Jane", "Roe in a park"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        pytest.param("/v1/chat/completions", {"messages": [{"role": "user", "content": [{"type": "text", "text": A}, {"type": "text", "text": B}]}]}, id="chat, parts"),
        pytest.param("/v1/chat/completions", {"messages": [{"role": "user", "content": A}, {"role": "assistant", "content": B}]}, id="chat, messages"),
        pytest.param("/v1/responses", {"input": [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": A}]}, {"type": "message", "role": "user", "content": [{"type": "input_text", "text": B}]}]}, id="responses, items"),
        pytest.param("/v1/responses", {"input": [{"role": "user", "content": A}, {"role": "user", "content": B}]}, id="responses, messages"),
    ],
)  # fmt: skip
def test_only_what_is_said_is_between(path: str, body: dict[str, object]) -> None:
    target = ROUTER.match("POST", path.encode(), b"", [(b"content-type", b"application/json")])
    assert target.route.read
    assert [text.text for text in target.route.read(target, json.dumps(body).encode(), Limits()).texts] == [A, B]


def test_a_type_or_a_role_of_the_callers_own_is_text() -> None:
    body = {"input": [{"role": "Jane Roe", "content": "a"}]}
    target = ROUTER.match("POST", b"/v1/responses", b"", [(b"content-type", b"application/json")])
    assert target.route.read
    assert [text.text for text in target.route.read(target, json.dumps(body).encode(), Limits()).texts] == ["Jane Roe", "a"]
