"""The lines of OpenAI's batches: each line that goes up is a request, each line that comes down an answer.

Every line is read in full by the shape of the call that it names, so it does not matter which call the provider makes of it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import orjson

from guard.errors import TooLargeError, UnscreenableError, UpstreamInvalidError
from guard.extract import fields, openai_chat, openai_images, openai_responses, openai_videos
from guard.extract.base import JSON_TYPE, Generation, Route, Target
from guard.extract.fields import Reader, Reading, anything, obj, text
from guard.extract.json_body import reads
from guard.extract.json_strict import Json, dump, parse
from guard.extract.kept import HELD

_MOST_LINES = 50_000  # as OpenAI has it
_MOST_PICTURES = 256
"""Pictures of one batch: a minute's work of the face workers."""

_NAMED = ("images.generations", "images.edits", "responses.create", "chat.completions")
_TEXTS = obj({}, other=anything)
CALLS: dict[str, Route] = {
    **{f"/v1{route.path}": route for route in (*openai_images.ROUTES, *openai_responses.ROUTES, *openai_chat.ROUTES) if route.name in _NAMED},
    "/v1/videos": Route("videos.create", "POST", "/videos", content_types=(JSON_TYPE,), read=reads(openai_videos.ASKED)),
    **{f"/v1{path}": Route(path[1:], "POST", path, content_types=(JSON_TYPE,), read=reads(_TEXTS)) for path in ("/embeddings", "/moderations")},
}  # fmt: skip
"""The calls that a line may make, by its `url`."""


_LINE = re.compile(r"file\.line\[\d+\]")


def line_of(where: str) -> str | None:
    """The line of a batch in which a place lies; None for a place in any other request."""
    found = _LINE.match(where)
    return found.group() if found else None


@dataclass(frozen=True, slots=True)
class Asked:
    """The requests of a batch, and the file written anew from them."""

    generations: tuple[Generation, ...]
    written: bytes


def asked_lines(target: Target, content: bytes, reading: Reading) -> Asked:
    """Every line of an uploaded batch.

    Raises:
        UnscreenableError: a line that cannot be screened; the place and the message name it.
    """
    generations: list[Generation] = []
    written: list[bytes] = []
    for number, line in _lines(content):
        where = f"file.line[{number}]"
        try:
            tree = parse(line, where)
            generation = _asked(tree, target, where, reading)
        except UnscreenableError as error:
            raise UnscreenableError(f"Line {number}: {error}", error.where, error.status) from error
        generations.append(generation)
        written.append(orjson.dumps({**tree, "body": orjson.Fragment(generation.rebuild()[1])}) if isinstance(tree, dict) else b"")
    if not generations:
        raise UnscreenableError("The batch has no line.", "file")
    return Asked(tuple(generations), b"\n".join(written))


def _lines(content: bytes) -> Iterator[tuple[int, bytes]]:
    if content.count(b"\n") > _MOST_LINES:
        raise TooLargeError(f"A batch has at most {_MOST_LINES} lines.", "file")
    for number, line in enumerate(content.split(b"\n"), 1):
        if line.strip(b" \t\r"):
            yield number, line


def _asked(tree: Json, target: Target, where: str, reading: Reading) -> Generation:
    if not isinstance(tree, dict) or tree.keys() != {"custom_id", "method", "url", "body"} or tree["method"] != "POST":
        raise UnscreenableError("A line must be an object with custom_id, method POST, url and body, and nothing else.", where)
    text(tree["custom_id"], f"{where}.custom_id", reading)
    route = CALLS.get(tree["url"]) if isinstance(tree["url"], str) else None
    if route is None or route.read is None:
        raise UnscreenableError(f"A line's url must be one of {', '.join(CALLS)}.", f"{where}.url")
    line_target = replace(target, route=route, path=route.path, query="", content_type=JSON_TYPE)
    try:
        generation = route.read(line_target, dump(tree["body"]), replace(reading.limits, remote=False))
    except UnscreenableError as error:
        raise UnscreenableError(str(error), f"{where}.body.{error.where}" if error.where else f"{where}.body", error.status) from error
    _add(generation, f"{where}.body.", reading)
    return generation


def _add(generation: Generation, prefix: str, reading: Reading) -> None:
    for found in generation.texts:
        reading.text(prefix + found.where, found.text)
    reading.pictures += [replace(picture, where=prefix + picture.where) for picture in generation.pictures]
    reading.stored += [(prefix + where, stored_id) for where, stored_id in generation.stored]
    if len(reading.pictures) > _MOST_PICTURES:
        raise TooLargeError(f"There are more than {_MOST_PICTURES} pictures; make several batches of it.", prefix)


def answered_lines(content: bytes, reading: Reading) -> None:
    """Every line of a batch's output, or of any other file of JSON lines."""
    for number, line in _lines(content):
        where = f"content.line[{number}]"
        try:
            tree = parse(line, where)
        except UnscreenableError as error:
            raise UpstreamInvalidError(f"The upstream's file cannot be read. {error}") from error
        one = Reading(reading.limits, answer=True)
        answer = tree.get("response") if isinstance(tree, dict) else None
        body = answer.get("body") if isinstance(answer, dict) else None
        if isinstance(tree, dict) and isinstance(answer, dict) and isinstance(body, dict):
            _shape(body)(body, f"{where}.response.body", one)
            tree = {**tree, "response": {**answer, "body": None}}
            reading.stored += [(where, HELD + name) for name in [body.get("id")] if body.get("object") == "video" and isinstance(name, str)]
        anything(tree, where, one)
        reading.texts += one.texts
        reading.pictures += one.pictures
        reading.remote += one.remote


def _shape(body: dict[str, Json]) -> Reader:
    """How an answer inside a line is read, told by what it says it is."""
    match body.get("object"):
        case "response":
            return openai_responses.RESPONSE
        case "chat.completion":
            return openai_chat.ANSWER
        case "video":
            return openai_videos.VIDEO
        case "list":
            return fields.unknown_in_answer
        case _:
            return openai_images.ANSWER if isinstance(body.get("data"), list) else fields.unknown_in_answer
