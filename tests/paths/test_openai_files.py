"""Files and batches through the whole gateway, with the official client: everybody has their own, and all of it is screened."""

import json
from collections.abc import Iterator
from typing import Any

import httpx2
import openai
import pytest

from api.standin import Order, StandIn
from api.standin.picture import draw
from guard.evaluate import portrait
from guard.evaluate.trial import Trial

PHOTO = portrait.png(portrait.draw(portrait.ADA))
SCENE = portrait.png(portrait.in_a_scene(portrait.ADA))
PICTURE = draw("a lug nut", 64, 64, "png")
NAME = "Hesper Quillinghast"


@pytest.fixture(scope="module", autouse=True)
def _opted_out(running_guard: Trial) -> None:
    subject_id = running_guard.made("/opt-outs", json={"subject": {"name": NAME}})["subject_id"]
    running_guard.made(f"/subjects/{subject_id}/faces", files={"image": ("p.png", PHOTO, "image/png")})


@pytest.fixture
def ours(guarded: Trial) -> Iterator[openai.OpenAI]:
    with guarded.client("files-ours") as client:
        yield client


@pytest.fixture
def theirs(guarded: Trial) -> Iterator[openai.OpenAI]:
    with guarded.client("files-theirs") as client:
        yield client


def line(custom_id: str, prompt: str, url: str = "/v1/images/generations", **body: Any) -> dict[str, Any]:
    return {"custom_id": custom_id, "method": "POST", "url": url, "body": {"model": "gpt-image-1", "prompt": prompt, **body}}


def jsonl(*lines: Any) -> tuple[str, bytes]:
    return "lines.jsonl", b"\n".join(json.dumps(each).encode() for each in lines)


def refusal(error: openai.APIStatusError) -> tuple[int, str | None, str | None]:
    return error.status_code, error.code, error.param


# -- files


def test_a_picture_goes_up_is_used_by_its_id_comes_down_and_is_deleted(ours: openai.OpenAI, upstream: StandIn) -> None:
    file = ours.files.create(file=("nut.png", PICTURE), purpose="vision", expires_after={"anchor": "created_at", "seconds": 3600})
    drawn = ours.responses.create(
        model="gpt-5",
        input=[{"role": "user", "content": [{"type": "input_image", "file_id": file.id, "detail": "auto"}]}],
        tools=[{"type": "image_generation"}],
    )
    edited = ours.post("/images/edits", body={"prompt": "evening", "images": [{"file_id": file.id}]}, cast_to=httpx2.Response)
    assert ours.files.content(file.id).read() == PICTURE
    assert (ours.files.retrieve(file.id), [each.id for each in ours.files.list()]) == (file, [file.id])
    assert ours.files.delete(file.id).deleted
    with pytest.raises(openai.NotFoundError) as gone:
        ours.files.content(file.id)
    assert (drawn.status, edited.status_code, refusal(gone.value)) == ("completed", 200, (404, "unscreenable_request", "file_id"))
    assert upstream.seen[0].body.count(PICTURE) == 1


def test_nobody_else_reaches_a_file_or_sees_it_in_a_list(ours: openai.OpenAI, theirs: openai.OpenAI, upstream: StandIn) -> None:
    file = ours.files.create(file=("nut.png", PICTURE), purpose="vision")
    asked = len(upstream.seen)
    attempts = [
        lambda: theirs.files.retrieve(file.id),
        lambda: theirs.files.content(file.id),
        lambda: theirs.files.delete(file.id),
        lambda: theirs.files.list(after=file.id),
        lambda: theirs.post("/images/edits", body={"prompt": "evening", "images": [{"file_id": file.id}]}, cast_to=httpx2.Response),
    ]
    places = []
    for attempt in attempts:
        with pytest.raises(openai.APIStatusError) as refused:
            attempt()
        places.append(refusal(refused.value))
    assert places == [(404, "unscreenable_request", "file_id")] * 3 + [
        (404, "unscreenable_request", "after"),
        (400, "unscreenable_request", "images[0].file_id"),
    ]
    assert len(upstream.seen) == asked
    assert list(theirs.files.list()) == []


def test_a_list_passes_over_pages_of_others(ours: openai.OpenAI, theirs: openai.OpenAI) -> None:
    made = [client.files.create(file=("n.txt", b"a tyre"), purpose="user_data") for client in (ours, *(theirs,) * 5, ours)]
    page = ours.files.list(limit=2)
    assert [file.id for file in page] == [made[0].id, made[-1].id]
    assert json.loads(ours.files.with_raw_response.list(limit=2).text)["last_id"] == made[0].id


BAD_FILES = [
    pytest.param(("a.png", SCENE), "vision", (400, "moderation_blocked", "prompt"), id="a face"),
    pytest.param(("a.txt", f"draw {NAME}".encode()), "user_data", (400, "moderation_blocked", "prompt"), id="a name in a text"),
    pytest.param(
        ("a.json", b'{"who":"Hesper \\u0051uillinghast"}'), "user_data", (400, "moderation_blocked", "prompt"), id="an escaped name"
    ),
    pytest.param((f"{NAME}.txt", b"a tyre"), "user_data", (400, "moderation_blocked", "prompt"), id="a name in a file name"),
    pytest.param(("a.pdf", b"%PDF-1.7 ..."), "user_data", (400, "unscreenable_request", "file"), id="PDF"),
    pytest.param(("a.txt", b"%PDF-1.7 ..."), "user_data", (400, "unscreenable_request", "file"), id="PDF that says it is text"),
    pytest.param(("a.txt", b"<svg><text>H</text></svg>"), "user_data", (400, "unscreenable_request", "file"), id="SVG"),
    pytest.param(("a.docx", b"PK\x03\x04..."), "assistants", (400, "unscreenable_request", "file"), id="an archive"),
    pytest.param(("a.txt", b"a\x00b"), "user_data", (400, "unscreenable_request", "file"), id="a zero byte"),
    pytest.param(("a.txt", b"\xff\xfea"), "user_data", (400, "unscreenable_request", "file"), id="UTF-16"),
    pytest.param(("a.jsonl", b"{}"), "fine-tune", (400, "unscreenable_request", "purpose"), id="training"),
]


@pytest.mark.parametrize(("file", "purpose", "expected"), BAD_FILES)
def test_what_cannot_go_up(
    ours: openai.OpenAI, upstream: StandIn, file: tuple[str, bytes], purpose: Any, expected: tuple[Any, ...]
) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        ours.files.create(file=file, purpose=purpose)
    assert (refusal(refused.value), list(upstream.seen)) == (expected, [])


def test_a_picture_is_not_used_once_the_registry_has_moved(guarded: Trial, ours: openai.OpenAI) -> None:
    file = ours.files.create(file=("nut.png", PICTURE), purpose="vision")
    subject_id = guarded.made("/opt-outs", json={"subject": {"name": "Ludo Fennimarch"}})["subject_id"]
    guarded.made(f"/subjects/{subject_id}/faces", files={"image": ("p.png", portrait.png(portrait.draw(portrait.BEN)), "image/png")})
    with pytest.raises(openai.BadRequestError) as refused:
        ours.post("/images/edits", body={"prompt": "evening", "images": [{"file_id": file.id}]}, cast_to=httpx2.Response)
    assert refusal(refused.value) == (400, "unscreenable_request", "images[0].file_id")
    assert ours.files.content(file.id).read() == PICTURE


# -- batches


def test_a_batch_from_its_file_to_its_output(ours: openai.OpenAI, theirs: openai.OpenAI) -> None:
    chat = {"custom_id": "3", "method": "POST", "url": "/v1/chat/completions", "body": {"messages": [{"role": "user", "content": "hello"}]}}
    file = ours.files.create(file=jsonl(line("1", "a tyre"), line("2", "a nut", n=2), chat), purpose="batch")
    batch = ours.batches.create(input_file_id=file.id, endpoint="/v1/images/generations", completion_window="24h")
    batch = ours.batches.retrieve(batch.id)
    assert batch.output_file_id is not None
    lines = [json.loads(each) for each in ours.files.content(batch.output_file_id).text.splitlines()]
    assert [(each["custom_id"], len(each["response"]["body"].get("data", []))) for each in lines] == [("1", 1), ("2", 2), ("3", 0)]
    assert ([each.id for each in ours.batches.list()], list(theirs.batches.list())) == ([batch.id], [])
    assert ours.batches.cancel(batch.id).status == "cancelled"
    for attempt in (theirs.batches.retrieve, theirs.batches.cancel):
        with pytest.raises(openai.NotFoundError):
            attempt(batch.id)
    with pytest.raises(openai.NotFoundError):
        theirs.files.content(batch.output_file_id)


def test_the_output_of_a_batch_is_looked_at_picture_by_picture(ours: openai.OpenAI, upstream: StandIn) -> None:
    file = ours.files.create(file=jsonl(line("1", "somebody"), line("2", "somebody else")), purpose="batch")
    upstream.next(Order(pictures=(SCENE,)))
    batch = ours.batches.create(input_file_id=file.id, endpoint="/v1/images/generations", completion_window="24h")
    assert batch.output_file_id is not None
    with pytest.raises(openai.BadRequestError) as refused:
        ours.files.content(batch.output_file_id)
    assert (refused.value.code, refused.value.body["moderation_details"]["moderation_stage"]) == ("moderation_blocked", "output")  # type: ignore[index]
    with pytest.raises(openai.BadRequestError) as built_on:
        ours.responses.create(input=[{"role": "user", "content": [{"type": "input_file", "file_id": batch.output_file_id}]}])
    assert refusal(built_on.value) == (400, "unscreenable_request", "input[0].content[0].file_id")


def test_a_line_with_somebody_in_it_is_refused_and_named(ours: openai.OpenAI, upstream: StandIn) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        ours.files.create(file=jsonl(line("1", "a tyre"), line("2", f"a photo of {NAME}")), purpose="batch")
    assert (refusal(refused.value), list(upstream.seen)) == ((400, "moderation_blocked", "file.line[2]"), [])


BAD_LINES = [
    pytest.param(b'{"custom_id":"1"}', "file.line[2]", id="not a request"),
    pytest.param(b"nonsense", "file.line[2]", id="not JSON"),
    pytest.param(json.dumps(line("1", "a", "/v1/files")).encode(), "file.line[2].url", id="another call"),
    pytest.param(json.dumps(line("1", "a", extra={"prompt": "b"})).encode(), "file.line[2].body.extra", id="a nested unknown field"),
    pytest.param(json.dumps(line("1", "a", images=[{"image_url": "https://example.org/a.png"}])).encode(), "file.line[2].body.images", id="a URL"),
    pytest.param(json.dumps(line("1", "a", "/v1/images/edits", images=[{"file_id": "file-1"}])).encode(), "file.line[2].body.images[0].file_id", id="an id"),
    pytest.param(b'{"custom_id":"1","method":"POST","url":"/v1/embeddings","body":{"input":"a","input":"b"}}', "file.line[2]", id="a key twice"),
]  # fmt: skip


@pytest.mark.parametrize(("second", "where"), BAD_LINES)
def test_a_line_that_cannot_be_screened_is_named(ours: openai.OpenAI, upstream: StandIn, second: bytes, where: str) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        ours.files.create(file=("b.jsonl", json.dumps(line("0", "a tyre")).encode() + b"\n" + second), purpose="batch")
    assert (refusal(refused.value), list(upstream.seen)) == ((400, "unscreenable_request", where), [])


def test_who_opts_out_after_the_upload_is_found_when_the_batch_is_made(guarded: Trial, ours: openai.OpenAI) -> None:
    file = ours.files.create(file=jsonl(line("1", "Isolde Varnhagen on a horse")), purpose="batch")
    guarded.made("/opt-outs", json={"subject": {"name": "Isolde Varnhagen"}})
    with pytest.raises(openai.BadRequestError) as refused:
        ours.batches.create(input_file_id=file.id, endpoint="/v1/images/generations", completion_window="24h")
    assert refusal(refused.value) == (400, "moderation_blocked", "file.line[1]")


def test_a_text_is_no_batch(ours: openai.OpenAI) -> None:
    file = ours.files.create(file=("a.jsonl", b'{"a":1}'), purpose="user_data")
    with pytest.raises(openai.BadRequestError) as refused:
        ours.batches.create(input_file_id=file.id, endpoint="/v1/images/generations", completion_window="24h")
    assert refusal(refused.value) == (400, "unscreenable_request", "input_file_id")


def test_a_licence_whose_uses_are_counted_covers_no_batch(guarded: Trial, ours: openai.OpenAI, upstream: StandIn) -> None:
    name = "Sidonie Brackenwood"
    subject_id = guarded.made("/opt-outs", json={"subject": {"name": name}})["subject_id"]
    terms = {"purposes": [], "scopes": ["all"], "max_uses": 1, "use_description": "one poster"}
    guarded.made("/grants", json={"subject_id": subject_id, "tenant": "files-ours", **terms})
    lines = [line(str(number), f"a photo of {name}") for number in range(3)]
    with pytest.raises(openai.BadRequestError, match="one by one"):
        ours.files.create(file=jsonl(*lines), purpose="batch")
    assert list(upstream.seen) == []
    assert ours.images.generate(prompt=f"a photo of {name}").data
    with pytest.raises(openai.BadRequestError) as spent:
        ours.images.generate(prompt=f"a photo of {name}")
    assert spent.value.code == "moderation_blocked"
