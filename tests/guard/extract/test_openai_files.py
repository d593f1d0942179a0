"""What goes up as a file and comes down from one, and how lists are cut to what is one's own."""

import base64
import json
from collections.abc import Collection
from dataclasses import replace
from typing import Any

import pytest

from guard.errors import UnscreenableError, UpstreamInvalidError
from guard.extract.base import Generation, Limits, Target
from guard.extract.fields import Reading
from guard.extract.kept import HELD, answer_list
from guard.extract.multipart_strict import Part, dump, parse
from guard.extract.openai import DIALECT
from guard.extract.openai_batches import ROUTES as BATCHES
from guard.extract.openai_files import answer_content, read_upload
from guard.extract.openai_lines import answered_lines, line_of
from guard.types import Text
from tests.guard.extract.pictures import drawn

LEDGER = Limits(ledger=True)
PICTURE = drawn()
ROUTE = next(route for route in DIALECT.routes if route.name == "files.create")


def upload(filename: str, content: bytes, purpose: str = "user_data", limits: Limits = LEDGER, *, file_first: bool = False) -> Generation:
    parts = [Part("purpose", None, None, purpose.encode()), Part("file", filename, "application/pdf", content)]
    content_type, body = dump(reversed(parts) if file_first else parts)
    return read_upload(Target(ROUTE, DIALECT, "/v1", "/files", "", {}, content_type), body, limits)


def forwarded(generation: Generation) -> Part:
    content_type, body = generation.rebuild()
    part = next(part for part in parse(body, content_type) if part.name == "file")
    return replace(part, content=bytes(part.content))


def request(prompt: str = "a tyre", **more: Any) -> bytes:
    return json.dumps({"custom_id": "1", "method": "POST", "url": "/v1/images/generations", "body": {"prompt": prompt}, **more}).encode()


@pytest.mark.parametrize("file_first", [True, False])
def test_a_batch_is_read_line_by_line_whatever_comes_first(file_first: bool) -> None:
    lines = b'{"custom_id":"1","method":"POST","url":"/v1/images/generations","body":{"n":1.0,"prompt":"a t\\u0079re"}}\r\n\r\n' + request(
        "nut"
    )
    generation = upload("b.bin", lines, "batch", file_first=file_first)
    assert forwarded(generation) == Part(
        "file",
        "b.bin",
        "application/jsonl",
        b'{"custom_id":"1","method":"POST","url":"/v1/images/generations","body":{"n":1.0,"prompt":"a tyre"}}\n'
        + request("nut").replace(b" ", b""),
    )
    said = [text for text in generation.texts if text.where.startswith("file.line")]
    assert said == [
        Text("file.line[1].custom_id", "1"), Text("file.line[1].body.prompt", "a tyre"), Text("file.line[3].custom_id", "1"), Text("file.line[3].body.prompt", "nut")
    ]  # fmt: skip
    assert (generation.serves, [line.route.name for line in generation.lines]) == ("batch", ["images.generations"] * 2)


def test_ids_and_pictures_inside_a_line_are_named_with_it() -> None:
    edit = request("a", url="/v1/images/edits", body={"prompt": "a", "images": [{"file_id": "file-1"}]})
    generation = upload("b.jsonl", request() + b"\n" + edit, "batch")
    assert generation.stored == (("file.line[2].body.images[0].file_id", "file-1"),)


def test_the_digest_of_a_request_covers_its_file() -> None:
    assert upload("a.txt", b"one").fields() != upload("a.txt", b"two").fields()
    assert dict(upload("a.txt", b"one").fields())["purpose"] == "user_data"


def test_a_picture_goes_on_as_it_is_with_its_own_type() -> None:
    generation = upload("a.pdf", PICTURE, "vision")
    assert forwarded(generation) == Part("file", "a.pdf", "image/png", PICTURE)
    assert [(picture.where, picture.data) for picture in generation.pictures] == [("file", PICTURE)]


def test_json_goes_on_as_it_was_read() -> None:
    generation = upload("a.json", b'{ "\\u0061" : [1.0, "x"] }')
    assert forwarded(generation).content == b'{"a":[1.0,"x"]}'
    assert {text.text for text in generation.texts} == {"a.json", "a", "x"}
    assert forwarded(upload("a.jsonl", b'{"a":1}\r\n\n"\\u0062"\n')).content == b'{"a":1}\n"b"'


LONG = Limits(ledger=True, max_text_bytes=10)
BAD: list[Any] = [
    pytest.param(("a.txt", b"a\x1bb"), "file", id="a control character"),
    pytest.param(("a.txt", "\ufeffa".encode()), "file", id="a byte order mark"),
    pytest.param(("a.md", b"  <html>"), "file", id="HTML"),
    pytest.param(("a.json", b'{"a":1,"a":2}'), "file", id="a key twice"),
    pytest.param(("a", b"text"), "file", id="no extension"),
    pytest.param(("a.txt", PICTURE[:-20]), "file", id="half a picture"),
    pytest.param(("b.jsonl", b"", "batch"), "file", id="an empty batch"),
    pytest.param(("b.jsonl", request(more=1), "batch"), "file.line[1]", id="more in a line"),
    pytest.param(("b.jsonl", request(method="GET"), "batch"), "file.line[1]", id="another method"),
    pytest.param(("b.jsonl", request(url="/v1/videos/x/remix"), "batch"), "file.line[1].url", id="another call"),
    pytest.param(("b.jsonl", request(body=["a"]), "batch"), "file.line[1].body", id="a list"),
    pytest.param(("b.jsonl", request() + b"\n" + request("a", body={"prompt": 1}), "batch"), "file.line[2].body.prompt", id="a number"),
]


@pytest.mark.parametrize(("file", "where"), BAD)
def test_what_is_not_taken(file: tuple[Any, ...], where: str) -> None:
    with pytest.raises(UnscreenableError) as refused:
        upload(*file)
    assert refused.value.where == where


def test_caps_hold_over_all_lines() -> None:
    for lines, limits in ((request("12345") + b"\n" + request("12345"), LONG), (b"\n" * 50_001, LEDGER)):
        with pytest.raises(UnscreenableError) as refused:
            upload("b.jsonl", lines, "batch", limits)
        assert refused.value.status == 413


def test_an_id_in_a_line_needs_a_ledger() -> None:
    with pytest.raises(UnscreenableError):
        upload("b.jsonl", request(url="/v1/images/edits", body={"prompt": "a", "images": [{"file_id": "file-1"}]}), "batch", Limits())


def test_the_line_of_a_place() -> None:
    assert (line_of("file.line[12].body.prompt"), line_of("prompt"), line_of("file.content")) == ("file.line[12]", None, None)


# -- what comes down


def test_the_output_of_a_batch_is_read_by_what_each_line_says_it_is() -> None:

    bodies: list[Any] = [
        {"created": 1, "data": [{"b64_json": base64.b64encode(PICTURE).decode(), "revised_prompt": "a nut"}]},
        {"object": "response", "id": "resp_1", "output": [{"type": "message", "content": [{"type": "output_text", "text": "hello"}]}]},
        {"object": "video", "id": "video_1", "prompt": "rolls"},
        {"object": "list", "data": [{"embedding": [0.5]}]},
    ]
    lines = [
        json.dumps({"id": str(n), "custom_id": "c", "response": {"status_code": 200, "body": body}, "error": None})
        for n, body in enumerate(bodies)
    ]
    reading = Reading(LEDGER, answer=True)
    answered_lines("\n".join(lines).encode(), reading)
    assert [picture.where for picture in reading.pictures] == ["content.line[1].response.body.data[0].b64_json"]
    assert {"a nut", "hello", "rolls"} <= {text.text for text in reading.texts}
    assert [name for _, name in reading.stored] == [HELD + "video_1"]


def test_the_content_of_a_file() -> None:
    picture = answer_content(200, "application/octet-stream", PICTURE, LEDGER)
    written = answer_content(200, "text/plain; charset=utf-8", b"hello", LEDGER)
    assert ([each.data for each in picture.pictures], picture.release(), picture.content_type) == (
        [PICTURE],
        PICTURE,
        "application/octet-stream",
    )
    assert (written.texts, written.content_type) == ((Text("content", "hello"),), "text/plain")
    with pytest.raises(UnscreenableError):
        answer_content(200, "application/pdf", b"%PDF-1.7\xff", LEDGER)
    with pytest.raises(UpstreamInvalidError):
        answer_content(200, "application/jsonl", b'{"a":1,"a":2}', LEDGER)
    assert answer_content(404, "application/json", b'{"error":{"message":"no"}}', LEDGER).error


def only(page: dict[str, Any], own: Collection[str]) -> Any:
    answer = answer_list(200, "application/json", json.dumps(page).encode(), LEDGER)
    assert answer.only is not None
    with pytest.raises(UnscreenableError):
        answer.release()
    return answer.listed, answer.more, json.loads(answer.only(own))


def test_a_list_shows_what_is_ones_own() -> None:
    page = {"object": "list", "data": [{"id": "a"}, {"id": "b"}, {"id": "c"}], "first_id": "a", "last_id": "c", "has_more": True}
    assert only(page, {"b", "z"}) == (("a", "b", "c"), True, {**page, "data": [{"id": "b"}], "first_id": "b", "last_id": "b"})
    assert only(page, ())[2] == {**page, "data": [], "first_id": None, "last_id": None}
    assert only({"data": [{"id": "a"}]}, {"a"}) == (("a",), False, {"data": [{"id": "a"}]})
    for bad in ({"data": [{"name": "x"}]}, {"data": "x"}, {}):
        with pytest.raises(UpstreamInvalidError):
            answer_list(200, "application/json", json.dumps(bad).encode(), LEDGER)


def test_a_batch_points_at_a_file_that_was_read_as_one() -> None:
    route = next(route for route in BATCHES if route.name == "batches.create")
    body = {"input_file_id": "file-1", "endpoint": "/v1/responses", "completion_window": "24h", "metadata": {"who": "me"}}
    assert route.read is not None
    target = Target(route, DIALECT, "/v1", "/batches", "", {}, "application/json")
    generation = route.read(target, json.dumps(body).encode(), LEDGER)
    assert (generation.stored, json.loads(generation.rebuild()[1])) == ((("input_file_id", "batch:file-1"),), body)
    assert [text.text for text in generation.texts] == ["who", "me"]
    for wrong in ({"endpoint": "/v1/completions"}, {"input_file_id": 7}, {"input_file_id": None}, {"tools": [{}]}):
        with pytest.raises(UnscreenableError):
            route.read(target, json.dumps({**body, **wrong}).encode(), LEDGER)


def test_a_batch_hands_out_its_outputs_to_be_read_only() -> None:
    route = next(route for route in BATCHES if route.name == "batches.retrieve")
    assert route.answer is not None
    body = {"id": "batch_1", "object": "batch", "output_file_id": "file-2", "error_file_id": None, "metadata": {"a": "b"}}
    assert route.answer(200, "application/json", json.dumps(body).encode(), LEDGER).issued == (HELD + "batch_1", HELD + "file-2")
