"""Whatever the installed official client can call, somebody has thought of, and the router does what the page says."""

import re

import pytest

from guard.errors import UnscreenableError
from guard.evaluate.client_calls import UNKNOWN, Call, calls, fate
from guard.extract.openai import DIALECT
from guard.extract.routing import Router

ROUTER = Router({"/v1": DIALECT})
CALLS = calls()


def test_the_calls_are_found() -> None:
    assert {Call("images.generate", "POST", "/images/generations"), Call("chat.completions.create", "POST", "/chat/completions")} <= set(
        CALLS
    )
    assert {
        Call("files.content", "GET", "/files/{}/content"),
        Call("responses.input_items.list", "GET", "/responses/{}/input_items"),
    } <= set(CALLS)
    assert len(CALLS) > 300


def test_somebody_has_thought_of_every_call() -> None:
    assert [call for call in CALLS if fate(call) == UNKNOWN] == []
    assert fate(Call("x.y", "POST", "/never/heard/of")) == UNKNOWN


@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call.method} {call.path}")
def test_the_router_does_what_the_page_says(call: Call) -> None:
    path = "/v1" + re.sub(r"\{\}", "abc_1", call.path)
    status = None
    for content_type in (b"application/json", b"multipart/form-data; boundary=b"):
        try:
            ROUTER.match(call.method, path.encode(), b"", [(b"content-type", content_type)])
        except UnscreenableError as error:
            status = error.status
        else:
            status = None
            break
    assert (status == 404) if fate(call).startswith("refused: ") else (status is None), (status, fate(call))
