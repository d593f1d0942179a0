"""The images routes: what is taken out of honest requests and answers, and what is refused and named."""

import base64
import json

import pytest

from guard.errors import GuardError, TooLargeError, UnscreenableError, UpstreamInvalidError
from guard.extract.base import Answer, Generation, Limits, Refusal, Refused
from guard.extract.multipart_strict import Part, dump, parse
from guard.extract.openai import DIALECT
from guard.extract.openai_images import read_answer, read_event
from guard.extract.routing import Router
from guard.extract.sse import DONE, Event
from guard.types import Stage
from tests.guard.extract.pictures import drawn

ROUTER = Router({"/v1": DIALECT})
LIMITS = Limits(max_pictures=20)
PNG, JPEG = drawn("png"), drawn("jpeg")


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def url(data: bytes, declared: str = "png") -> str:
    return f"data:image/{declared};base64,{b64(data)}"


def read(path: str, body: bytes, content_type: str = "application/json", limits: Limits = LIMITS) -> Generation:
    target = ROUTER.match("POST", f"/v1/images/{path}".encode(), b"", [(b"content-type", content_type.encode())])
    assert target.route.read
    return target.route.read(target, body, limits)


def generation(**fields: object) -> Generation:
    return read("generations", json.dumps({"prompt": "a cat", **fields}).encode())


def edit(**fields: object) -> Generation:
    return read("edits", json.dumps({"prompt": "a cat", "images": [{"image_url": url(PNG)}], **fields}).encode())


def form(*parts: Part, path: str = "edits") -> Generation:
    content_type, body = dump(parts)
    return read(path, body, content_type)


def text_part(name: str, value: str) -> Part:
    return Part(name, None, None, value.encode())


def file_part(name: str, data: bytes = PNG, filename: str = "upload", content_type: str | None = "application/octet-stream") -> Part:
    return Part(name, filename, content_type, data)


def texts(generation: Generation | Answer) -> list[tuple[str, str]]:
    return [(text.where, text.text) for text in generation.texts]


def pictures(generation: Generation | Answer) -> list[tuple[str, str]]:
    return [(picture.where, picture.format) for picture in generation.pictures]


def test_a_generation_is_written_as_it_was_read() -> None:
    body = b'{"prompt":"a c\xc3\xa4t","model":"gpt-image-2","n":2,"size":"1024x1024","seed":1.10,"user":"u-1","stream":true}'
    read_ = read("generations", body)
    assert (read_.model, read_.stream, read_.n, texts(read_), read_.pictures) == (
        "gpt-image-2",
        True,
        2,
        [("prompt", "a cät"), ("seed", "seed"), ("user", "u-1")],
        (),
    )
    assert read_.rebuild() == ("application/json", body)


def test_a_long_text_of_plain_words_is_no_packed_picture() -> None:
    words = "the cat sat on the mat " * 300
    assert ("novelty", words) in texts(generation(novelty=words))


def test_every_text_is_taken_out() -> None:
    read_ = generation(
        user="u", safety_identifier="s", style="like Jane", size="Jane", quality="Jane", model="jane-1", newThing="Jane", flag=True
    )
    assert texts(read_) == [
        ("prompt", "a cat"),
        ("user", "u"),
        ("safety_identifier", "s"),
        ("style", "like Jane"),
        ("size", "Jane"),
        ("quality", "Jane"),
        ("model", "jane-1"),
        ("newThing", "newThing"),
        ("newThing", "Jane"),
        ("flag", "flag"),
    ]


BAD_GENERATIONS = [
    pytest.param({"prompt": ["a"]}, "prompt", id="22: prompt is a list"),
    pytest.param({"prompt": 1}, "prompt", id="22: prompt is a number"),
    pytest.param({"prompt": {"text": "a"}}, "prompt", id="22: prompt is an object"),
    pytest.param({"prompt": None}, "prompt", id="22: prompt is null"),
    pytest.param({"extra_body": {"prompt": "a"}}, "extra_body", id="23: extra_body"),
    pytest.param({"Prompt": ["a"]}, "Prompt", id="23: Prompt, a list"),
    pytest.param({"reference": "Jane"}, "reference", id="R2: a reference"),
    pytest.param({"image": "x"}, "image", id="R2: an image"),
    pytest.param({"init_image_url": "x"}, "init_image_url", id="R2: a URL by its key"),
    pytest.param({"refImageUrl": "x"}, "refImageUrl", id="R2: a URL by its key in camelCase"),
    pytest.param({"thing": "https://host/x.png"}, "thing", id="R2: a URL by its value"),
    pytest.param({"thing": "data:,x"}, "thing", id="R2: a data URL"),
    pytest.param({"thing": "file-abc123def"}, "thing", id="R2: an id by its value"),
    pytest.param({"character_id": "x"}, "character_id", id="57: a character"),
    pytest.param({"lora": "x"}, "lora", id="57: a LoRA"),
    pytest.param({"continuation_token": "x"}, "continuation_token", id="57: state of an earlier call"),
    pytest.param({"thing": b64(PNG)}, "thing", id="R2: a picture"),
    pytest.param({"thing": "x" * 40_000}, "thing", id="R2: a long text"),
    pytest.param({"model": "ft:gpt-image-2:org::abc"}, "model", id="57: fine-tuned"),
    pytest.param({"model": "flux-lora-jane"}, "model", id="57: a LoRA as the model"),
    pytest.param({"model": "https://host/model"}, "model", id="57: a model behind a URL"),
    pytest.param({"model": ["x"]}, "model", id="57: a list of models"),
    pytest.param({"stream": "yes"}, "stream", id="stream is no boolean"),
    pytest.param({"output_format": "svg"}, "output_format", id="62: SVG"),
    pytest.param({"svg": {"model": "x"}}, "svg", id="62: SVG settings"),
    pytest.param({"n": "2"}, "n", id="n is a text"),
]


@pytest.mark.parametrize(("fields", "where"), BAD_GENERATIONS)
def test_a_generation_that_cannot_be_screened_is_refused_and_named(fields: dict[str, object], where: str) -> None:
    with pytest.raises(UnscreenableError) as refused:
        generation(**fields)
    assert refused.value.where == where


@pytest.mark.parametrize("body", [b"[]", b'"a"', b"null", b"{}", b"", b'{"prompt":"a","prompt":"b"}'], ids=str)
def test_a_body_that_is_no_request_is_refused(body: bytes) -> None:
    with pytest.raises(UnscreenableError):
        read("generations", body)


def test_a_listed_model_passes_although_it_may_embody_a_person() -> None:
    body = json.dumps({"prompt": "a", "model": "ft:mascot"}).encode()
    assert read("generations", body, limits=Limits(models=frozenset({"ft:mascot"}))).model == "ft:mascot"


def test_a_json_edit_gives_every_picture() -> None:
    read_ = edit(
        images=[{"image_url": url(PNG)}, {"image_url": url(JPEG, "jpeg")}], mask={"image_url": url(PNG)}, markup={"image_url": url(PNG)}
    )
    assert pictures(read_) == [
        ("images[0].image_url", "png"),
        ("images[1].image_url", "jpeg"),
        ("mask.image_url", "png"),
        ("markup.image_url", "png"),
    ]
    assert [picture.data for picture in read_.pictures] == [PNG, JPEG, PNG, PNG]


def test_the_declared_type_is_corrected_to_what_the_bytes_are() -> None:
    _, body = edit(images=[{"image_url": url(JPEG, "png")}]).rebuild()
    assert json.loads(body)["images"] == [{"image_url": url(JPEG, "jpeg")}]


BAD_EDITS = [
    pytest.param({"images": [{"image_url": "https://host/a.png"}]}, "images[0].image_url", id="40: remote URL"),
    pytest.param({"images": [{"image_url": "file:///etc/passwd"}]}, "images[0].image_url", id="40: file URL"),
    pytest.param({"images": [{"file_id": "file-1"}]}, "images[0].file_id", id="41: file id"),
    pytest.param({"mask": {"file_id": "file-1"}}, "mask.file_id", id="41: mask by id"),
    pytest.param({"images": [{"image_url": url(PNG)[:-8] + "\n" + url(PNG)[-8:]}]}, "images[0].image_url", id="42: line break"),
    pytest.param({"images": [{"image_url": url(PNG) + "!!"}]}, "images[0].image_url", id="42: stray characters"),
    pytest.param({"images": [{"image_url": url(PNG).rstrip("=")[:-1]}]}, "images[0].image_url", id="42: no padding"),
    pytest.param({"images": [{"image_url": url(PNG + b"x")}]}, "images[0].image_url", id="43: trailing byte"),
    pytest.param({"images": [{"image_url": "data:image/svg+xml;base64," + b64(b"<svg/>")}]}, "images[0].image_url", id="43: SVG"),
    pytest.param({"images": [{"image_url": "data:image/png;charset=x;base64," + b64(PNG)}]}, "images[0].image_url", id="43: parameters"),
    pytest.param({"images": [{"image_url": "data:application/pdf;base64," + b64(b"%PDF-1")}]}, "images[0].image_url", id="50: PDF"),
    pytest.param({"images": [{"image_url": url(b"%PDF-1")}]}, "images[0].image_url", id="50: PDF as PNG"),
    pytest.param({"images": [{"image_url": url(PNG), "detail": {"a": 1}}]}, "images[0].detail", id="R2: nested"),
    pytest.param({"images": "x"}, "images", id="images is a text"),
    pytest.param({"images": ["x"]}, "images[0]", id="an image is a text"),
    pytest.param({"images": None}, "images", id="no images"),
]


@pytest.mark.parametrize(("fields", "where"), BAD_EDITS)
def test_an_edit_that_cannot_be_screened_is_refused_and_named(fields: dict[str, object], where: str) -> None:
    with pytest.raises(UnscreenableError) as refused:
        edit(**fields)
    assert refused.value.where == where


@pytest.mark.parametrize("count", [17, 40])
def test_more_pictures_than_the_provider_takes_are_too_large(count: int) -> None:
    with pytest.raises(TooLargeError):
        edit(images=[{"image_url": url(PNG)}] * count)


def test_a_form_gives_every_text_and_every_picture_and_is_written_anew() -> None:
    read_ = form(
        text_part("prompt", "a cät"),
        file_part("image[]"),
        file_part("image[]", JPEG, "jane.jpg"),
        file_part("mask"),
        text_part("n", "2"),
        text_part("stream", "true"),
    )
    assert texts(read_) == [
        ("prompt", "a cät"),
        ("image[0].filename", "upload"),
        ("image[1].filename", "jane.jpg"),
        ("mask.filename", "upload"),
    ]
    assert pictures(read_) == [("image[0]", "png"), ("image[1]", "jpeg"), ("mask", "png")]
    assert (read_.n, read_.stream, read_.model) == (2, True, None)
    content_type, body = read_.rebuild()
    assert [(part.name, part.filename, part.content_type, bytes(part.content)) for part in parse(body, content_type)] == [
        ("prompt", None, None, "a cät".encode()),
        ("image[]", "upload", "image/png", PNG),
        ("image[]", "jane.jpg", "image/jpeg", JPEG),
        ("mask", "upload", "image/png", PNG),
        ("n", None, None, b"2"),
        ("stream", None, None, b"true"),
    ]


BAD_FORMS = [
    pytest.param([text_part("prompt", "a"), text_part("prompt", "b"), file_part("image")], "prompt", id="25: prompt twice"),
    pytest.param([text_part("prompt", "a"), file_part("image"), file_part("image")], "image", id="25: image twice"),
    pytest.param([text_part("prompt", "a"), file_part("image"), file_part("image[]")], "image", id="25: image and image[]"),
    pytest.param([text_part("prompt", "a"), file_part("image"), file_part("mask"), file_part("mask")], "mask", id="25: mask twice"),
    pytest.param([file_part("prompt", b"a"), file_part("image")], "prompt", id="26: prompt as a file"),
    pytest.param([text_part("prompt", "a"), Part("image", None, None, PNG)], "image", id="26: image without file name"),
    pytest.param([text_part("prompt ", "a"), file_part("image")], "prompt ", id="31: a name with a space"),
    pytest.param([text_part("prompt", "a"), file_part("image[0]")], "image[0]", id="31: image[0]"),
    pytest.param([text_part("prompt", "a"), file_part("image[][]")], "image[][]", id="31: image[][]"),
    pytest.param([text_part("prompt", "a"), text_part("extra[a]", "x"), file_part("image")], "extra[a]", id="31: a nested field"),
    pytest.param([Part("prompt", None, None, b"\xe9"), file_part("image")], "prompt", id="32: not UTF-8"),
    pytest.param([text_part("prompt", "a"), file_part("image", b"no picture")], "image", id="43: no picture"),
    pytest.param([text_part("prompt", "a"), file_part("image", PNG + b"x")], "image", id="43: trailing byte"),
    pytest.param([text_part("prompt", "a"), file_part("image"), text_part("reference_id", "x")], "reference_id", id="R2: an id"),
    pytest.param([text_part("prompt", "a"), file_part("image"), file_part("style_reference")], "style_reference", id="R2: an unknown file"),
    pytest.param([text_part("prompt", "a"), file_part("image"), text_part("stream", "maybe")], "stream", id="stream is no boolean"),
    pytest.param([text_part("prompt", "a"), file_part("image"), text_part("model", "ft:x")], "model", id="57: fine-tuned"),
    pytest.param([file_part("image")], "prompt", id="no prompt"),
    pytest.param([text_part("prompt", "a")], "image", id="no image"),
    pytest.param([text_part("prompt", "a"), *[file_part("image[]")] * 17], "image[]", id="17 images"),
]


@pytest.mark.parametrize(("parts", "where"), BAD_FORMS)
def test_a_form_that_cannot_be_screened_is_refused_and_named(parts: list[Part], where: str) -> None:
    with pytest.raises(UnscreenableError) as refused:
        form(*parts)
    assert refused.value.where == where


def test_a_variation_needs_only_its_picture() -> None:
    read_ = form(file_part("image"), path="variations")
    assert (pictures(read_), read_.model) == ([("image", "png")], None)
    with pytest.raises(UnscreenableError):
        form(file_part("image"), file_part("mask"), path="variations")


def test_the_digest_fields_leave_pictures_and_wire_encoding_out() -> None:
    assert edit(n=2).fields() == [("n", "2"), ("prompt", "a cat")]
    assert form(text_part("prompt", "a cat"), file_part("image"), text_part("n", "2")).fields() == [("n", "2"), ("prompt", "a cat")]


def answer(body: object, status: int = 200, content_type: str = "application/json") -> Answer:
    return read_answer(status, content_type, body if isinstance(body, bytes) else json.dumps(body).encode(), LIMITS)


def test_an_answer_gives_every_picture_and_text_and_is_released_as_it_came() -> None:
    body = json.dumps(
        {
            "created": 1.50,
            "data": [{"b64_json": b64(PNG), "revised_prompt": "Jane"}, {"b64_json": b64(JPEG)}],
            "usage": {"total_tokens": 3},
        },
        indent=1,
    ).encode()
    read_ = answer(body)
    assert (pictures(read_), texts(read_)) == (
        [("data[0].b64_json", "png"), ("data[1].b64_json", "jpeg")],
        [("data[0].revised_prompt", "Jane")],
    )
    assert read_.release() == body


def test_an_answer_with_urls_is_not_released_until_they_are_fetched() -> None:
    read_ = answer({"created": 1, "data": [{"url": "https://host/a.png", "revised_prompt": "x"}]})
    assert read_.remote == (("data[0].url", "https://host/a.png"),)
    with pytest.raises(UnscreenableError):
        read_.release()
    with pytest.raises(UnscreenableError):
        read_.with_fetched({}, LIMITS)
    fetched = read_.with_fetched({"data[0].url": PNG}, LIMITS)
    assert pictures(fetched) == [("data[0].url", "png")]
    assert json.loads(fetched.release()) == {"created": 1, "data": [{"revised_prompt": "x", "b64_json": b64(PNG)}]}
    linked = read_.with_fetched({"data[0].url": PNG}, LIMITS, {"data[0].url": "https://guard.example/pictures/a.png"})
    assert pictures(linked) == [("data[0].url", "png")]
    assert json.loads(linked.release())["data"] == [{"url": "https://guard.example/pictures/a.png", "revised_prompt": "x"}]


@pytest.mark.parametrize("status", [200, 400, 500])
def test_an_error_of_the_upstream_is_screened_too(status: int) -> None:
    read_ = answer({"error": {"message": "no Jane", "code": "moderation_blocked", "inner_error": {"revised_prompt": "Jane"}}}, status)
    assert read_.error
    assert {"no Jane", "Jane"} <= {text.text for text in read_.texts}


def test_an_error_beside_pictures_does_not_hide_them() -> None:
    for error in (None, {"message": "x"}):
        assert pictures(answer({"error": error, "data": [{"b64_json": b64(PNG)}]})) == [("data[0].b64_json", "png")]


BAD_ANSWERS = [
    pytest.param(b"<html>", "application/json", UpstreamInvalidError, id="not JSON"),
    pytest.param(b"{}", "text/html", UpstreamInvalidError, id="another type"),
    pytest.param(b"{}", "application/json", UpstreamInvalidError, id="no data"),
    pytest.param(b'{"data":{}}', "application/json", GuardError, id="data is no list"),
    pytest.param(b'{"data":[],"data":[]}', "application/json", UpstreamInvalidError, id="duplicate key"),
    pytest.param(json.dumps({"data": [{"b64_json": b64(PNG)[:-4]}]}).encode(), "application/json", GuardError, id="cut base64"),
    pytest.param(json.dumps({"data": [{"b64_json": b64(b"x" * 99)}]}).encode(), "application/json", GuardError, id="no picture"),
    pytest.param(json.dumps({"data": [], "preview": b64(PNG)}).encode(), "application/json", GuardError, id="a picture elsewhere"),
    pytest.param(json.dumps({"data": [{"thumb": {"b64": b64(PNG)}}]}).encode(), "application/json", GuardError, id="a picture deeper"),
    pytest.param(json.dumps({"data": [{"preview_url": "https://host/x"}]}).encode(), "application/json", GuardError, id="a URL elsewhere"),
]


@pytest.mark.parametrize(("body", "content_type", "error"), BAD_ANSWERS)
def test_an_answer_that_cannot_be_screened_is_no_answer(body: bytes, content_type: str, error: type[GuardError]) -> None:
    with pytest.raises(error):
        answer(body, content_type=content_type)


def event(**fields: object) -> Event:
    return Event(str(fields.get("type", "")), json.dumps(fields).encode())


def test_frames_give_their_picture_and_say_whether_they_are_the_last() -> None:
    partial = read_event(event(type="image_generation.partial_image", b64_json=b64(PNG), partial_image_index=0), LIMITS)
    complete = read_event(event(type="image_edit.completed", b64_json=b64(JPEG), usage={"total_tokens": 1}), LIMITS)
    done = read_event(Event("", DONE), LIMITS)
    assert [(pictures(frame), frame.final, frame.error) for frame in (partial, complete, done)] == [
        ([("b64_json", "png")], False, False),
        ([("b64_json", "jpeg")], True, False),
        ([], False, False),
    ]


def test_an_error_frame_is_screened_too() -> None:
    read_ = read_event(Event("error", b'{"error":{"message":"no Jane"}}'), LIMITS)
    assert (read_.error, "no Jane" in {text.text for text in read_.texts}) == (True, True)


@pytest.mark.parametrize(
    "frame",
    [event(type="image_generation.preview", preview=b64(PNG)), event(type="x", data=[{"a": b64(PNG)}]), Event("", b"no JSON")],
    ids=["preview", "deep", "noise"],
)
def test_a_frame_that_nobody_knows_may_hold_no_picture(frame: Event) -> None:
    with pytest.raises(GuardError):
        read_event(frame, LIMITS)


SHAPES = [
    pytest.param(
        Refusal(Refused.REFUSE, "dec_1"),
        400,
        (b"x-should-retry", b"false"),
        {"type": "image_generation_user_error", "code": "moderation_blocked", "param": "prompt", "moderation_details": {"moderation_stage": "input", "categories": ["likeness"]}},
        {"decision_id": "dec_1", "rule": "likeness", "outcome": "refuse"},
        id="refused",
    ),
    pytest.param(
        Refusal(Refused.REFUSE, "dec_1", Stage.OUTPUT, "sexual"),
        400,
        (b"x-should-retry", b"false"),
        {"type": "image_generation_user_error", "code": "moderation_blocked", "param": None, "moderation_details": {"moderation_stage": "output", "categories": ["sexual"]}},
        {"decision_id": "dec_1", "rule": "sexual", "outcome": "refuse"},
        id="refused on the way out",
    ),
    pytest.param(
        Refusal(Refused.HOLD, "dec_1"),
        400,
        (b"x-should-retry", b"false"),
        {"type": "image_generation_user_error", "code": "review_required", "param": "prompt", "moderation_details": {"moderation_stage": "input", "categories": ["likeness"]}},
        {"decision_id": "dec_1", "rule": "likeness", "outcome": "hold"},
        id="held",
    ),
    pytest.param(
        Refusal.unscreenable(UnscreenableError("no", "image[1]", 415), "dec_1"),
        415,
        (b"x-should-retry", b"false"),
        {"type": "invalid_request_error", "code": "unscreenable_request", "param": "image[1]"},
        {"decision_id": "dec_1", "rule": "unscreenable", "outcome": "refuse"},
        id="unscreenable",
    ),
    pytest.param(Refusal(Refused.UNAVAILABLE, retry_after_s=2), 503, (b"retry-after", b"2"), {"type": "server_error", "code": "guard_unavailable", "param": None}, None, id="unavailable"),
    pytest.param(Refusal(Refused.UNAUTHORIZED), 401, (b"x-should-retry", b"false"), {"type": "invalid_request_error", "code": "invalid_api_key", "param": None}, None, id="no key"),
    pytest.param(Refusal(Refused.UPSTREAM_INVALID), 502, (b"x-should-retry", b"false"), {"type": "server_error", "code": "upstream_invalid_response", "param": None}, None, id="garbage"),
    pytest.param(Refusal(Refused.UPSTREAM_UNREACHABLE), 502, (b"x-should-retry", b"false"), {"type": "server_error", "code": "upstream_unreachable", "param": None}, None, id="unreachable"),
    pytest.param(Refusal(Refused.UPSTREAM_TIMEOUT), 504, (b"x-should-retry", b"false"), {"type": "server_error", "code": "upstream_unreachable", "param": None}, None, id="too slow"),
]  # fmt: skip


@pytest.mark.parametrize(("refusal", "status", "header", "error", "guard"), SHAPES)
def test_refusals_have_the_providers_shape(
    refusal: Refusal, status: int, header: tuple[bytes, bytes], error: dict[str, object], guard: dict[str, object] | None
) -> None:
    reply = DIALECT.refusal(refusal)
    body = json.loads(reply.body)["error"]
    told = body.pop("guard", None)
    assert body.pop("message")
    assert (reply.status, reply.headers, body) == (status, [(b"content-type", b"application/json"), header], error)
    if told is not None:
        assert told.pop("help")
    assert told == guard


def test_the_frame_of_a_refusal_holds_the_same_error() -> None:
    refusal = Refusal(Refused.REFUSE, "dec_1", Stage.OUTPUT)
    assert DIALECT.error_frame(refusal) == b"event: error\ndata: " + DIALECT.refusal(refusal).body + b"\n\n"
