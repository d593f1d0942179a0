"""Row 36 on the way out: what a stream tells in pieces is looked at whole."""

import base64
import json

import pytest

from guard.errors import UnscreenableError
from guard.extract.base import Answer, Limits
from guard.extract.openai_chat import read_event as read_chunk
from guard.extract.openai_responses import read_event
from guard.extract.pieces import gather
from guard.extract.sse import Event
from tests.guard.extract.pictures import drawn

LIMITS = Limits()
PNG = drawn("png")
URL = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"


def chunks(text: str, size: int = 9) -> list[Answer]:
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    return [
        read_chunk(Event("", json.dumps({"choices": [{"index": 0, "delta": {"content": piece}}]}).encode()), LIMITS) for piece in pieces
    ]


def test_a_name_across_two_pieces_is_one_text() -> None:
    texts, pictures = gather(chunks("a portrait of Jane Roe, smiling"), LIMITS)
    assert ([(text.where, text.text) for text in texts], pictures) == (
        [("choices[0].delta.content", "a portrait of Jane Roe, smiling")],
        (),
    )


def test_choices_that_come_interleaved_are_put_together_each_by_itself() -> None:
    events = [
        {"choices": [{"index": index, "delta": {"content": piece}}]} for index, piece in ((0, "Jane"), (1, "a "), (0, " Roe"), (1, "cat"))
    ]
    answers = [read_chunk(Event("", json.dumps(event).encode()), LIMITS) for event in events]
    assert [text.text for text in gather(answers, LIMITS)[0]] == ["Jane Roe", "a cat"]


def test_pieces_of_responses_are_put_together_and_whole_texts_left_alone() -> None:
    events = [
        {"type": "response.output_text.delta", "delta": "Ja"},
        {"type": "response.output_text.delta", "delta": "ne"},
        {"type": "response.output_text.done", "text": "Jane"},
    ]
    answers = [read_event(Event("", json.dumps(event).encode()), LIMITS) for event in events]
    assert [(text.where, text.text) for text in gather(answers, LIMITS)[0]] == [("text", "Jane"), ("delta", "Jane")]


def test_a_picture_in_pieces_is_a_picture() -> None:
    texts, pictures = gather(chunks(f"here: {URL} end"), LIMITS)
    assert ([picture.data for picture in pictures], [text.text for text in texts]) == ([PNG], ["here:  end"])


def test_a_link_to_a_picture_in_pieces_is_refused() -> None:
    with pytest.raises(UnscreenableError):
        gather(chunks("see ![x](https://host.example/a.png)"), LIMITS)


def test_a_whole_answer_is_as_it_was_read() -> None:
    answer = Answer(tuple(chunks("a cat")[0].texts), (), b"{}")
    assert gather([answer], LIMITS) == (answer.texts, ())
