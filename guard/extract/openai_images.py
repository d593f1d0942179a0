"""OpenAI's images routes: generations (JSON), edits (multipart or JSON), variations (multipart), and the models list.

Facts from the types of `openai` 3.54 and SURFACE.md, section 1.
"""

import base64
from collections.abc import Mapping
from dataclasses import replace

from guard.errors import UnscreenableError, UpstreamInvalidError
from guard.extract import fields
from guard.extract.base import JSON_TYPE, MULTIPART_TYPE, Answer, Generation, Kind, Limits, ReadAnswer, Route, Target
from guard.extract.elsewhere import pointing
from guard.extract.fields import Reader, Reading, base64_picture, data_url, described, each, known, model, number, obj, text
from guard.extract.form_body import Form, form_generation, reads_form
from guard.extract.json_body import Tree, answer_of, error_texts, events, has_error, json_generation, parse_answer, read_tree, reads
from guard.extract.json_strict import Json, dump
from guard.extract.sse import Event

MOST_IMAGES = 16

IMAGE_SETTINGS: dict[str, Reader] = {
    "prompt": text,
    "model": model,
    "n": number,
    "size": known("auto", pattern=r"\d{1,5}x\d{1,5}"),
    "quality": known("auto", "low", "medium", "high", "xhigh", "max", "standard", "hd"),
    "background": known("auto", "transparent", "opaque"),
    "moderation": known("auto", "low"),
    "style": known("vivid", "natural"),
    "input_fidelity": known("high", "low"),
    "complexity": known("low", "medium", "high"),
    "frame_count": number,
    "frame_duration_ms": number,
    "output_compression": number,
    "partial_images": number,
    "response_format": known("url", "b64_json"),
    "stream": number,
    "user": text,
    "safety_identifier": text,
}


def _output_format(value: Json, where: str, reading: Reading) -> Json:
    if value == "svg":
        raise UnscreenableError("SVG output cannot be screened; ask for png, jpeg, webp or gif.", where)
    return known("png", "jpeg", "webp", "gif")(value, where, reading)


described(_output_format, kind="text unless one of the provider's own words")
refuse_svg = fields.refused("SVG output cannot be screened; ask for png, jpeg, webp or gif.")
IMAGE_SETTINGS["output_format"] = _output_format
IMAGE_SETTINGS["svg"] = refuse_svg
_POINTER = obj({"image_url": data_url, "file_id": fields.stored})
GENERATIONS = obj(IMAGE_SETTINGS, required=("prompt",))
EDITS = obj({**IMAGE_SETTINGS, "images": each(_POINTER, MOST_IMAGES), "mask": _POINTER, "markup": _POINTER}, required=("prompt", "images"))

VARIATIONS = obj({**IMAGE_SETTINGS, "image": base64_picture})
_EDIT_FORM = Form({"image": 1, "image[]": MOST_IMAGES, "mask": 1, "markup": 1}, IMAGE_SETTINGS, ("prompt", "image"))
_VARIATION_FORM = Form({"image": 1}, IMAGE_SETTINGS, ("image",))


def read_edits(target: Target, body: bytes, limits: Limits) -> Generation:
    """POST /images/edits, in either encoding."""
    if target.content_type.lower().startswith(MULTIPART_TYPE):
        return form_generation(target, body, limits, _EDIT_FORM)
    return json_generation(target, body, limits, EDITS)


_RESULT: dict[str, Reader] = {
    "created": number,
    "created_at": number,
    "size": IMAGE_SETTINGS["size"],
    "quality": IMAGE_SETTINGS["quality"],
    "background": IMAGE_SETTINGS["background"],
    "output_format": known("png", "jpeg", "webp", "gif"),
    "partial_image_index": number,
    "usage": fields.unknown_in_answer,
}


def _answer_shape(picture: Reader) -> Reader:
    item = obj({"b64_json": picture, "url": fields.answer_url, "revised_prompt": text}, other=fields.unknown_in_answer)
    return obj({**_RESULT, "data": each(item)}, other=fields.unknown_in_answer)


ANSWER = _answer_shape(base64_picture)
EVENT = obj(
    {**_RESULT, "type": known(pattern=r"image_(generation|edit)\.[a-z_]{1,32}"), "b64_json": base64_picture}, other=fields.unknown_in_answer
)


def reads_answer(picture: Reader) -> ReadAnswer:
    """A route's `answer` for `{created, data: [{b64_json | url, revised_prompt}]}`; `picture` reads `b64_json`."""
    shape = _answer_shape(picture)

    def read(status: int, content_type: str, body: bytes, limits: Limits) -> Answer:
        tree = parse_answer(content_type, body)
        if status >= 400 or (has_error(tree) and "data" not in tree):
            return Answer(error_texts(tree, limits), (), body, error=True)
        if not isinstance(tree.get("data"), list):
            raise UpstreamInvalidError("The upstream's answer has no list `data`.")
        return _pointing(answer_of(body, read_tree(tree, limits, shape)), tree)

    return read


read_answer = reads_answer(base64_picture)
"""The answer of the provider itself, whose pictures are bare base64."""


def _is_final(tree: dict[str, Json]) -> bool:
    kind = tree.get("type")
    return not (isinstance(kind, str) and kind.endswith(".partial_image"))


_read_event = events(EVENT, _is_final)


def read_event(event: Event, limits: Limits) -> Answer:
    """A picture on its way, or the finished one."""
    answer = _read_event(event, limits)
    return replace(answer, partial=bool(answer.pictures) and not answer.final)


def _pointing(answer: Answer, tree: Tree) -> Answer:
    """As for every answer, but that a picture in place of its URL goes where clients look for one."""
    usual = pointing(answer, tree)

    def inline(fetched: Mapping[str, bytes], links: Mapping[str, str], limits: Limits) -> Answer:
        if links or usual.inline is None:
            return usual.with_fetched(fetched, limits, links)
        listed = tree["data"]
        items = [_inlined(item, fetched.get(f"data[{index}].url")) for index, item in enumerate(listed if isinstance(listed, list) else [])]
        shown = usual.with_fetched(fetched, limits)
        return replace(shown, body=dump({**tree, "data": items}))

    return replace(usual, inline=inline) if usual.inline else usual


def _inlined(item: Json, picture: bytes | None) -> Json:
    if picture is None or not isinstance(item, dict):
        return item
    kept = {key: "b64_json" if key == "type" and value == "url" else value for key, value in item.items() if key != "url"}
    return {**kept, "b64_json": base64.b64encode(picture).decode()}


MODEL_NAME = {"model": r"[A-Za-z0-9][A-Za-z0-9_:-]*(?:\.[A-Za-z0-9_:-]+)*"}
ROUTES = (
    Route("images.generations", "POST", "/images/generations", content_types=(JSON_TYPE,), read=reads(GENERATIONS), answer=read_answer, event=read_event, shape=GENERATIONS),
    Route("images.edits", "POST", "/images/edits", content_types=(MULTIPART_TYPE, JSON_TYPE), read=read_edits, answer=read_answer, event=read_event, shape=EDITS),
    Route("images.variations", "POST", "/images/variations", content_types=(MULTIPART_TYPE,), read=reads_form(_VARIATION_FORM), answer=read_answer, event=read_event, shape=VARIATIONS),
    Route("moderations", "POST", "/moderations", Kind.PASS, content_types=(JSON_TYPE,)),
    Route("embeddings", "POST", "/embeddings", Kind.PASS, content_types=(JSON_TYPE,)),
    Route("audio.transcriptions", "POST", "/audio/transcriptions", Kind.PASS, content_types=(MULTIPART_TYPE,)),
    Route("audio.translations", "POST", "/audio/translations", Kind.PASS, content_types=(MULTIPART_TYPE,)),
    Route("models.list", "GET", "/models", Kind.PASS),
    Route("models.retrieve", "GET", "/models/{model}", Kind.PASS, params=MODEL_NAME),
)  # fmt: skip
