"""What obligations become: a header for the caller, changes to the request that goes upstream."""

import base64
import json

import pytest

from guard import obligations
from guard.extract.base import Generation, Limits, Target
from guard.extract.multipart_strict import Part, dump, parse
from guard.extract.openai import DIALECT
from guard.extract.routing import Router
from tests.guard.extract.pictures import drawn

ROUTER = Router({"/v1": DIALECT})
PNG = drawn("png")

HEADERS = [
    pytest.param([], [], id="nothing asked"),
    pytest.param(["strip:user", "force:n=1", "notify:desk", "human_review"], [], id="the guard's own part"),
    pytest.param(["no_commercial_model", "label", "label"], ["label, no_commercial_model"], id="each once, in order"),
    pytest.param(["disclosure:Made with AI"], ['disclosure;text="Made with AI"'], id="a text"),
    pytest.param(['disclosure:a "b" \\'], ['disclosure;text="a \\"b\\" \\\\"'], id="marks of the header itself"),
    pytest.param(["disclosure:généré 100%"], ['disclosure;text=%"g%c3%a9n%c3%a9r%c3%a9 100%25"'], id="beyond ASCII"),
    pytest.param(["disclosure:a\r\nx-evil: 1"], ['disclosure;text=%"a%0d%0ax-evil: 1"'], id="no second header can be written"),
    pytest.param(["Credit the agency"], ['terms;text="Credit the agency"'], id="a term in free words"),
]


@pytest.mark.parametrize(("asked", "header"), HEADERS)
def test_the_header(asked: list[str], header: list[str]) -> None:
    assert obligations.headers(asked) == [(b"x-guard-obligations", text.encode()) for text in header]


def test_what_changes_in_the_request() -> None:
    asked = ["force:moderation=auto", "label", "strip:user", "force:user=x", "strip:style"]
    assert obligations.changes(asked) == {"user": "x", "style": None, "moderation": "auto"}


def target(content_type: str) -> Target:
    return ROUTER.match("POST", b"/v1/images/edits", b"", [(b"content-type", content_type.encode())])


def read(target: Target, body: bytes) -> Generation:
    assert target.route.read is not None
    return target.route.read(target, body, Limits())


def test_a_json_request_is_written_with_the_changes_and_can_be_written_without() -> None:
    body = {"prompt": "a cat", "n": 2, "user": "u1", "images": [{"image_url": "data:image/png;base64," + base64.b64encode(PNG).decode()}]}
    generation = read(target("application/json"), json.dumps(body).encode())
    assert generation.amend is not None
    kind, written = generation.amend({"user": None, "n": "1", "moderation": "auto", "stream": "false"})
    assert (kind, json.loads(written)) == (
        "application/json",
        {"prompt": "a cat", "images": body["images"], "n": 1, "moderation": "auto", "stream": False},
    )
    assert json.loads(generation.rebuild()[1]) == body


def test_a_form_is_written_with_the_changes() -> None:
    parts = [Part("prompt", None, None, b"a cat"), Part("user", None, None, b"u1"), Part("image", "a.png", "image/png", PNG)]
    content_type, body = dump(parts)
    generation = read(target(content_type), body)
    assert generation.amend is not None
    content_type, written = generation.amend({"user": None, "moderation": "auto"})
    assert [(p.name, bytes(p.content)) for p in parse(written, content_type)] == [
        ("prompt", b"a cat"),
        ("image", PNG),
        ("moderation", b"auto"),
    ]
