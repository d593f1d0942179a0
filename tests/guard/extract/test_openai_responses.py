"""/responses and /chat/completions: every place where text or a picture can be, and every kind of state."""

import base64
import json
from typing import Any

import pytest

from guard.errors import GuardError, UnscreenableError
from guard.extract import openai_chat, openai_responses
from guard.extract.base import Answer, Generation, Limits
from guard.extract.openai import DIALECT
from guard.extract.routing import Router
from guard.extract.sse import Event
from tests.guard.extract.pictures import drawn

ROUTER = Router({"/v1": DIALECT})
LIMITS = Limits()
PNG = drawn("png")
B64 = base64.b64encode(PNG).decode()
URL = f"data:image/png;base64,{B64}"


def read(path: str, limits: Limits = LIMITS, **fields: object) -> Generation:
    target = ROUTER.match("POST", f"/v1/{path}".encode(), b"", [(b"content-type", b"application/json")])
    assert target.route.read
    return target.route.read(target, json.dumps(fields).encode(), limits)


def found(read_: Generation | Answer) -> tuple[set[str], list[str]]:
    return {text.where for text in read_.texts if "Jane" in text.text}, [picture.where for picture in read_.pictures]


def item(**fields: object) -> dict[str, object]:
    return {"input": [fields]}


def chat(**message: object) -> dict[str, object]:
    return {"messages": [{"role": "user", **message}]}


PLACES = [
    pytest.param("responses", {"input": "Jane"}, {"input"}, [], id="input as text"),
    pytest.param("responses", {"instructions": "Jane"}, {"instructions"}, [], id="instructions"),
    pytest.param("responses", {"metadata": {"a": "Jane"}}, {"metadata.a"}, [], id="metadata"),
    pytest.param("responses", {"metadata": {"Jane": "a"}}, {"metadata.Jane"}, [], id="a key of metadata"),
    pytest.param("responses", {"text": {"format": {"schema": {"description": "Jane"}}}}, {"text.format.schema.description"}, [], id="schema"),
    pytest.param("responses", {"user": "Jane"}, {"user"}, [], id="user"),
    pytest.param("responses", item(role="user", content="Jane"), {"input[0].content"}, [], id="a turn"),
    pytest.param("responses", item(type="message", role="assistant", content=[{"type": "output_text", "text": "Jane"}]), {"input[0].content[0].text"}, [], id="an assistant's turn"),
    pytest.param("responses", item(role="user", content=[{"type": "input_image", "image_url": URL, "detail": "high"}]), set(), ["input[0].content[0].image_url"], id="a picture"),
    pytest.param("responses", item(type="function_call_output", call_id="c", output="Jane"), {"input[0].output"}, [], id="a tool's text"),
    pytest.param("responses", item(type="function_call_output", call_id="c", output=[{"type": "input_image", "image_url": URL}]), set(), ["input[0].output[0].image_url"], id="47: a tool's picture"),
    pytest.param("responses", item(type="computer_call_output", call_id="c", output={"type": "computer_screenshot", "image_url": URL}), set(), ["input[0].output.image_url"], id="47: a screenshot"),
    pytest.param("responses", item(type="image_generation_call", id="ig_1", status="completed", result=B64, revised_prompt="Jane"), {"input[0].revised_prompt"}, ["input[0].result"], id="47: an earlier result"),
    pytest.param("responses", item(type="function_call", name="f", call_id="c", arguments='{"who":"Jane"}'), {"input[0].arguments"}, [], id="arguments"),
    pytest.param("responses", item(type="reasoning", id="rs_1", summary=[{"type": "summary_text", "text": "Jane"}]), {"input[0].summary[0].text"}, [], id="reasoning"),
    pytest.param("responses", item(type="additional_tools", role="developer", tools=[{"type": "function", "name": "Jane"}]), {"input[0].tools[0].name"}, [], id="54: tools inside the input"),
    pytest.param("responses", item(type="shell_call_output", call_id="c", output=[{"stdout": "Jane"}]), {"input[0].output[0].stdout"}, [], id="shell output"),
    pytest.param("responses", {"tools": [{"type": "function", "name": "f", "description": "Jane"}]}, {"tools[0].description"}, [], id="a tool's description"),
    pytest.param("responses", {"tools": [{"type": "image_generation", "input_image_mask": {"image_url": URL}}]}, set(), ["tools[0].input_image_mask.image_url"], id="47: the tool's mask"),
    pytest.param("chat/completions", chat(content="Jane"), {"messages[0].content"}, [], id="chat: a turn"),
    pytest.param("chat/completions", chat(content=[{"type": "text", "text": "Jane"}, {"type": "image_url", "image_url": {"url": URL}}]), {"messages[0].content[0].text"}, ["messages[0].content[1].image_url.url"], id="chat: parts"),
    pytest.param("chat/completions", chat(role="assistant", tool_calls=[{"function": {"arguments": "Jane"}}]), {"messages[0].tool_calls[0].function.arguments"}, [], id="chat: tool calls"),
    pytest.param("chat/completions", chat(content="a", name="Jane"), {"messages[0].name"}, [], id="chat: a speaker's name"),
    pytest.param("chat/completions", {**chat(content="a"), "prediction": {"type": "content", "content": "Jane"}}, {"prediction.content"}, [], id="chat: prediction"),
    pytest.param("chat/completions", {**chat(content="a"), "stop": ["Jane"]}, {"stop[0]"}, [], id="chat: stop words"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "fields", "texts", "pictures"), PLACES)
def test_every_text_and_picture_is_taken_out_and_written_back(
    path: str, fields: dict[str, Any], texts: set[str], pictures: list[str]
) -> None:
    body: dict[str, Any] = {"model": "gpt-5", **fields}
    read_ = read(path, **body)
    assert found(read_) == (texts, pictures)
    assert json.loads(read_.rebuild()[1]) == body


REFUSED = [
    pytest.param("responses", {"previous_response_id": "resp_1"}, "previous_response_id", id="51: an earlier response"),
    pytest.param("responses", {"conversation": "conv_1"}, "conversation", id="51: a conversation"),
    pytest.param("responses", {"conversation": {"id": "conv_1"}}, "conversation.id", id="51: a conversation as an object"),
    pytest.param("responses", {"prompt": {"id": "pmpt_1"}}, "prompt.id", id="37: a stored prompt"),
    pytest.param("responses", {"background": True}, "background", id="53: in the background"),
    pytest.param("responses", item(type="item_reference", id="msg_1"), "input[0].id", id="51: an item by reference"),
    pytest.param("responses", item(type="image_generation_call", id="ig_1"), "input[0].id", id="51: a picture by reference"),
    pytest.param("responses", item(type="reasoning", id="rs_1", summary=[], encrypted_content="x"), "input[0].encrypted_content", id="52: sealed reasoning"),
    pytest.param("responses", item(type="compaction", encrypted_content="x"), "input[0].encrypted_content", id="52: compaction"),
    pytest.param("responses", item(role="user", content=[{"type": "input_image", "file_id": "file-1"}]), "input[0].content[0].file_id", id="41: a file id"),
    pytest.param("responses", item(role="user", content=[{"type": "input_image", "image_url": "https://host/a.png"}]), "input[0].content[0].image_url", id="40: a URL"),
    pytest.param("responses", item(role="user", content=[{"type": "input_file", "file_data": "data:application/pdf;base64,AA=="}]), "input[0].content[0].file_data", id="50: a document"),
    pytest.param("responses", item(role="user", content=[{"type": "input_video", "x": 1}]), "input[0].content[0]", id="an unknown part"),
    pytest.param("responses", item(type="mcp_call", id="m", arguments="{}", name="n", server_label="s"), "input[0]", id="55: an MCP call"),
    pytest.param("responses", item(type="hologram"), "input[0]", id="an unknown item"),
    pytest.param("responses", item(type="additional_tools", role="developer", tools=[{"type": "mcp"}]), "input[0].tools[0]", id="54: MCP inside the input"),
    *[pytest.param("responses", {"tools": [{"type": kind}]}, "tools[0]", id=f"55: {kind}") for kind in ("web_search", "file_search", "code_interpreter", "mcp", "computer", "hologram")],
    pytest.param("responses", {"tools": [{"type": "namespace", "tools": [{"type": "mcp"}]}]}, "tools[0].tools[0]", id="55: MCP in a namespace"),
    pytest.param("responses", {"tools": [{"type": "image_generation", "model": "ft:x"}]}, "tools[0].model", id="57: the tool's model"),
    pytest.param("responses", {"tools": [{"type": "image_generation", "output_format": "svg"}]}, "tools[0].output_format", id="62: SVG"),
    pytest.param("responses", {"metadata": {"a": URL}}, "metadata.a", id="a picture in metadata"),
    pytest.param("responses", {"input": {"role": "user"}}, "input", id="input is an object"),
    pytest.param("responses", {"novelty": {"a": 1}}, "novelty", id="R2: an unknown nested field"),
    pytest.param("chat/completions", chat(content=[{"type": "image_url", "image_url": {"url": "https://host/a"}}]), "messages[0].content[0].image_url.url", id="chat 40: a URL"),
    pytest.param("chat/completions", chat(content=[{"type": "file", "file": {"file_id": "f"}}]), "messages[0].content[0].file", id="chat: a file"),
    pytest.param("chat/completions", chat(content=[{"type": "input_audio", "input_audio": {"data": "x"}}]), "messages[0].content[0].input_audio", id="chat: sound"),
    pytest.param("chat/completions", chat(role="assistant", audio={"id": "audio_1"}), "messages[0].audio.id", id="chat: sound by reference"),
    pytest.param("chat/completions", {**chat(content="a"), "web_search_options": {"search_context_size": "low"}}, "web_search_options", id="chat 55: web search"),
    pytest.param("chat/completions", {**chat(content="a"), "tools": [{"type": "mcp"}]}, "tools[0]", id="chat 55: MCP"),
    pytest.param("chat/completions", {"messages": "x"}, "messages", id="chat: no list"),
    pytest.param("chat/completions", {}, "messages", id="chat: nothing"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "fields", "where"), REFUSED)
def test_what_cannot_be_screened_is_refused_and_named(path: str, fields: dict[str, Any], where: str) -> None:
    with pytest.raises(UnscreenableError) as refused:
        read(path, **{"model": "gpt-5", **fields})
    assert refused.value.where == where


def test_with_a_ledger_state_is_named_instead_of_refused() -> None:
    read_ = read(
        "responses", Limits(ledger=True), input=[{"type": "item_reference", "id": "msg_1"}], previous_response_id="resp_1", background=True
    )
    assert read_.stored == (("input[0].id", "msg_1"), ("previous_response_id", "resp_1"))


def test_with_a_ledger_a_stored_response_can_be_fetched() -> None:
    target = ROUTER.match("GET", b"/v1/responses/resp_1", b"stream=true&starting_after=3", [])
    assert target.route.read
    read_ = target.route.read(target, b"", Limits(ledger=True))
    assert (read_.stored, read_.stream, target.path_and_query) == (
        (("response_id", "resp_1"),),
        True,
        "/responses/resp_1?stream=true&starting_after=3",
    )
    with pytest.raises(UnscreenableError):
        target.route.read(target, b"", LIMITS)


def test_a_listed_tool_passes_and_its_texts_are_taken_out() -> None:
    read_ = read(
        "responses",
        Limits(tools=frozenset({"web_search"})),
        input="a",
        tools=[{"type": "web_search", "filters": {"allowed_domains": ["Jane"]}}],
    )
    assert found(read_) == ({"tools[0].filters.allowed_domains[0]"}, [])


def test_an_answer_gives_pictures_texts_and_the_ids_that_it_issues() -> None:
    body = {
        "id": "resp_1",
        "object": "response",
        "status": "completed",
        "output": [
            {"type": "message", "id": "msg_1", "role": "assistant", "content": [{"type": "output_text", "text": "Jane", "annotations": [{"type": "url_citation", "url": "https://host/"}]}]},
            {"type": "image_generation_call", "id": "ig_1", "status": "completed", "result": B64, "revised_prompt": "Jane"},
            {"type": "hologram", "note": "Jane"},
        ],
        "tools": [{"type": "image_generation", "size": "auto"}],
        "usage": {"total_tokens": 3},
    }  # fmt: skip
    read_ = openai_responses.read_answer(200, "application/json", json.dumps(body).encode(), LIMITS)
    assert found(read_) == ({"output[0].content[0].text", "output[1].revised_prompt", "output[2].note"}, ["output[1].result"])
    assert (read_.issued, read_.error) == (("resp_1", "msg_1", "ig_1"), False)


def test_a_picture_in_an_item_that_nobody_knows_is_refused() -> None:
    body = {"output": [{"type": "hologram", "frame": B64}]}
    with pytest.raises(GuardError):
        openai_responses.read_answer(200, "application/json", json.dumps(body).encode(), LIMITS)


def event(**fields: object) -> Event:
    return Event(str(fields["type"]), json.dumps(fields).encode())


IMAGE = {"type": "image_generation_call", "id": "ig_1", "result": B64, "revised_prompt": "Jane"}
EVENTS = [
    pytest.param(event(type="response.created", response={"id": "resp_1", "output": []}), set(), [], False, id="created"),
    pytest.param(event(type="response.image_generation_call.partial_image", partial_image_b64=B64, item_id="ig_1"), set(), ["partial_image_b64"], False, id="58: a partial picture"),
    pytest.param(event(type="response.output_item.done", item=IMAGE), {"item.revised_prompt"}, ["item.result"], True, id="the picture"),
    pytest.param(event(type="response.completed", response={"id": "resp_1", "output": [IMAGE]}), {"response.output[0].revised_prompt"}, ["response.output[0].result"], True, id="the picture again"),
    pytest.param(event(type="response.output_text.delta", delta="Jane"), {"delta"}, [], False, id="a piece of text"),
    pytest.param(event(type="response.output_text.done", text="Jane"), {"text"}, [], True, id="a text"),
    pytest.param(event(type="response.something_new", note={"x": "Jane"}), {"note.x"}, [], True, id="an event nobody knows"),
]  # fmt: skip


@pytest.mark.parametrize(("frame", "texts", "pictures", "final"), EVENTS)
def test_events_give_their_pictures_and_texts(frame: Event, texts: set[str], pictures: list[str], final: bool) -> None:
    read_ = openai_responses.read_event(frame, LIMITS)
    assert (*found(read_), read_.final) == (texts, pictures, final)


@pytest.mark.parametrize(
    "frame",
    [event(type="response.new", frame=B64), event(type="image.new"), event(type="response.new", x=[{"y": URL}])],
    ids=["base64", "foreign", "deep"],
)
def test_an_event_that_nobody_knows_may_hold_no_picture(frame: Event) -> None:
    with pytest.raises(GuardError):
        openai_responses.read_event(frame, LIMITS)


CHAT_ANSWERS = [
    pytest.param({"role": "assistant", "content": "Jane"}, {"choices[0].message.content"}, [], id="text"),
    pytest.param(
        {"content": f"here: ![Jane]({URL})"}, {"choices[0].message.content"}, ["choices[0].message.content"], id="a picture in Markdown"
    ),
    pytest.param(
        {"content": "", "images": [{"type": "image_url", "image_url": {"url": URL}}]},
        set(),
        ["choices[0].message.images[0].image_url.url"],
        id="a list of pictures",
    ),
    pytest.param(
        {"content": [{"type": "image_url", "image_url": {"url": URL}}]},
        set(),
        ["choices[0].message.content[0].image_url.url"],
        id="a picture part",
    ),
]


@pytest.mark.parametrize(("message", "texts", "pictures"), CHAT_ANSWERS)
def test_vendors_pictures_in_chat_answers_are_taken_out(message: dict[str, object], texts: set[str], pictures: list[str]) -> None:
    body = json.dumps({"id": "c", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}).encode()
    assert found(openai_chat.read_answer(200, "application/json", body, LIMITS)) == (texts, pictures)


@pytest.mark.parametrize("content", ["![x](https://host/a.png)", "![x]( <https://host/a.png> )"])
def test_a_picture_that_a_chat_answer_points_at_is_not_released_unseen(content: str) -> None:
    body = json.dumps({"choices": [{"message": {"content": content}}]}).encode()
    read_ = openai_chat.read_answer(200, "application/json", body, LIMITS)
    assert read_.remote == (("choices[0].message.content", "https://host/a.png"),)
    with pytest.raises(UnscreenableError):
        read_.release()


def test_a_piece_of_a_picture_in_a_chat_stream_is_refused() -> None:
    piece = Event("", json.dumps({"choices": [{"delta": {"content": B64}}]}).encode())
    with pytest.raises(GuardError):
        openai_chat.read_event(piece, LIMITS)
