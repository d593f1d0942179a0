"""What all dialects that speak JSON share: a request, an answer and an event read by a shape (`fields`)."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeVar

from guard.errors import UnscreenableError, UpstreamInvalidError
from guard.extract.base import JSON_TYPE, Answer, Generation, Limits, ReadAnswer, ReadEvent, ReadRequest, Target, check_media_type
from guard.extract.elsewhere import pointing
from guard.extract.fields import Reader, Reading, anything, leaves, model
from guard.extract.json_strict import Json, dump, parse
from guard.extract.sse import DONE, Event
from guard.types import Text

Tree = dict[str, Json]
Body = TypeVar("Body")

_WHOLE_NUMBER = re.compile(r"-?\d{1,15}")


def json_generation(
    target: Target, body: bytes, limits: Limits, shape: Reader, *, stream: bool | None = None, fetched: Mapping[str, bytes] | None = None
) -> Generation:
    """A JSON request read by `shape`; its model is in the path or in `model`, its count in `n`.

    Args:
        stream: whether the answer streams, where the route and not the field `stream` says so.
        fetched: pictures by the places where the body has their URLs.
    """
    tree = parse(body)
    if not isinstance(tree, dict):
        raise UnscreenableError("The body must be a JSON object.")
    reading = Reading(limits, fetched=fetched or {})
    name = target.params.get("model", tree.get("model"))
    if "model" in target.params:
        model(name, "model", reading)
    shape(tree, "", reading)
    wanted = tree.get("stream") if stream is None else stream
    if wanted not in (None, True, False):
        raise UnscreenableError("stream must be true or false.", "stream")
    count = tree.get("n")
    return Generation(
        route=target.route,
        model=name if isinstance(name, str) else None,
        texts=tuple(reading.texts),
        pictures=tuple(reading.pictures),
        stream=bool(wanted),
        n=count if type(count) is int else 1,
        rebuild=lambda: (JSON_TYPE, dump(whole(tree, reading))),
        fields=lambda: leaves(tree, {picture.where for picture in reading.pictures}),
        stored=tuple(reading.stored),
        amend=lambda changes: (JSON_TYPE, dump(amended(whole(tree, reading), changes))),
        remote=tuple(reading.remote),
        inline=(lambda pictures: json_generation(target, body, limits, shape, stream=stream, fetched=pictures)) if reading.remote else None,
    )


def whole(body: Body, reading: Reading) -> Body:
    """The tree or the parts, if every picture they point at lies in them by now: nobody but the guard fetches one."""
    if reading.remote:
        raise UnscreenableError("The request points at a picture that was not fetched.", reading.remote[0][0])
    return body


def amended(tree: Tree, changes: Mapping[str, str | None]) -> Tree:
    """The tree with top-level fields set or left out; a text that says `true`, `false` or a whole number becomes that."""
    kept: Tree = {key: value for key, value in tree.items() if key not in changes}
    return kept | {key: _plain(text) for key, text in changes.items() if text is not None}


def _plain(text: str) -> Json:
    if text in ("true", "false"):
        return text == "true"
    return int(text) if _WHOLE_NUMBER.fullmatch(text) else text


def reads(shape: Reader, *, stream: bool | None = None) -> ReadRequest:
    """A route's `read` for JSON bodies of a shape."""

    def read(target: Target, body: bytes, limits: Limits) -> Generation:
        return json_generation(target, body, limits, shape, stream=stream)

    return read


def answers(shape: Reader, *required: str, is_error: Callable[[Tree], bool] | None = None) -> ReadAnswer:
    """A route's `answer` for JSON of a shape.

    Args:
        required: the keys of which an answer that is no error has one; none where it may be empty.
        is_error: whether a tree is the provider's error although its status is 200; by default if it has `error`.
    """
    fails = is_error or has_error

    def answer(status: int, content_type: str, body: bytes, limits: Limits) -> Answer:
        tree = parse_answer(content_type, body)
        has_one = not tree.keys().isdisjoint(required)
        if status >= 400 or (fails(tree) and not has_one):
            return Answer(error_texts(tree, limits), (), body, error=True)
        if required and not has_one:
            raise UpstreamInvalidError(f"The upstream's answer has no {' or '.join(required)}.")
        return pointing(answer_of(body, read_tree(tree, limits, shape)), tree)

    return answer


def or_bare_picture(answer: ReadAnswer) -> ReadAnswer:
    """`answer`, for providers that answer with the bytes of the picture alone where the client accepts that."""

    def read(status: int, content_type: str, body: bytes, limits: Limits) -> Answer:
        bare = content_type.partition(";")[0].strip().lower()
        if status != 200 or not bare.startswith("image/"):
            return answer(status, content_type, body, limits)
        reading = Reading(limits, answer=True)
        reading.picture("image", body)
        return replace(answer_of(body, reading), content_type=bare)

    return read


def events(shape: Reader, final: Callable[[Tree], bool] = lambda _: True, is_error: Callable[[Tree], bool] | None = None) -> ReadEvent:
    """A route's `event` for events whose data is JSON of a shape; `final` is as `Answer.final`."""
    fails = is_error or has_error

    def event(event: Event, limits: Limits) -> Answer:
        if event.data == DONE:
            return Answer((), (), event.data, final=False)
        tree = parse_answer(JSON_TYPE, event.data)
        if event.event == "error" or fails(tree):
            return Answer(error_texts(tree, limits), (), event.data, error=True)
        return pointing(answer_of(event.data, read_tree(tree, limits, shape), final=final(tree)), tree)

    return event


def has_error(tree: Tree) -> bool:
    """Whether a tree says that it is an error, as nearly all providers do."""
    return tree.get("error") is not None


def answer_of(body: bytes, reading: Reading, *, final: bool = True) -> Answer:
    """The answer with everything that was found in it."""
    issued = tuple(stored_id for _, stored_id in reading.stored)
    return Answer(tuple(reading.texts), tuple(reading.pictures), body, remote=tuple(reading.remote), final=final, issued=issued)


def check_json(content_type: str, body: bytes) -> Json:
    """The JSON of an answer."""
    check_media_type(content_type, JSON_TYPE)
    try:
        return parse(body)
    except UnscreenableError as error:
        raise UpstreamInvalidError(f"The upstream's answer cannot be read. {error}") from error


def parse_answer(content_type: str, body: bytes) -> Tree:
    """The JSON object of an answer."""
    tree = check_json(content_type, body)
    if not isinstance(tree, dict):
        raise UpstreamInvalidError("The upstream's answer is not a JSON object.")
    return tree


def read_tree(tree: Tree, limits: Limits, shape: Reader) -> Reading:
    """What an answer's tree holds; ids in it are collected, because the provider issued them."""
    reading = Reading(replace(limits, ledger=True), answer=True)
    shape(tree, "", reading)
    return reading


def error_texts(tree: Json, limits: Limits) -> tuple[Text, ...]:
    """Every text of an upstream's error: a revised prompt in it can name the person."""
    reading = Reading(limits, answer=True)
    if isinstance(tree, dict):
        for key, value in tree.items():
            anything(value, key, reading)
    return tuple(reading.texts)
