"""Row 61: every framing that some client understands is understood, and framed anew in one way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.errors import UpstreamInvalidError
from guard.extract.sse import Event, Parser, frame

FRAMINGS = [
    pytest.param(b"data: x\n\n", [Event("", b"x")], id="plain"),
    pytest.param(b"data:x\n\n", [Event("", b"x")], id="no space"),
    pytest.param(b"data:  x\n\n", [Event("", b" x")], id="two spaces"),
    pytest.param(b"data: x\r\n\r\n", [Event("", b"x")], id="CRLF"),
    pytest.param(b"data: x\r\r", [Event("", b"x")], id="CR"),
    pytest.param(b"data: x\ndata: y\n\n", [Event("", b"x\ny")], id="two lines"),
    pytest.param(b"event: e\nid: 7\ndata: x\n\n", [Event("e", b"x", "7")], id="event and id"),
    pytest.param(b": ka\n\ndata: x\n\n", [Event("", b"x")], id="comment"),
    pytest.param(b"retry: 5\ndata: x\n\n", [Event("", b"x")], id="retry"),
    pytest.param(b"event: e\n\ndata: x\n\n", [Event("", b"x")], id="an event without data is dropped"),
    pytest.param(b"data\n\n", [Event("", b"")], id="bare field"),
    pytest.param(b"data: x", [Event("", b"x")], id="no end: lenient clients dispatch it"),
    pytest.param(b"data: x\n\ndata: y\n\n", [Event("", b"x"), Event("", b"y")], id="two events"),
]


@pytest.mark.parametrize(("stream", "events"), FRAMINGS)
def test_every_framing_is_read(stream: bytes, events: list[Event]) -> None:
    parser = Parser(1000)
    assert parser.feed(stream) + parser.end() == events


@pytest.mark.parametrize(("stream", "events"), FRAMINGS)
def test_a_byte_at_a_time_reads_the_same(stream: bytes, events: list[Event]) -> None:
    parser = Parser(1000)
    found = [event for index in range(len(stream)) for event in parser.feed(stream[index : index + 1])]
    assert found + parser.end() == events


NO_STREAM = [
    pytest.param(b"\xef\xbb\xbfdata: x\n\n", id="byte order mark"),
    pytest.param(b"prompt: x\n\n", id="unknown field"),
    pytest.param(b"event: \xff\n\n", id="not ASCII"),
    pytest.param(b"event: Jane Roe\n\n", id="a sentence as the name"),
    pytest.param(b"id: Jane Roe\n\n", id="a sentence as the id"),
    pytest.param(b"data: " + b"x" * 1001, id="a line too long"),
    pytest.param(b"data: x\n" * 600, id="an event too long"),
]


@pytest.mark.parametrize("stream", NO_STREAM)
def test_what_is_no_stream_is_refused(stream: bytes) -> None:
    with pytest.raises(UpstreamInvalidError):
        Parser(1000).feed(stream)


_line = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\0"), max_size=12)
_word = st.from_regex(r"[A-Za-z0-9_.:/-]{0,20}", fullmatch=True)


@given(
    st.builds(
        Event,
        _word,
        st.lists(_line.map(str.encode), min_size=1, max_size=3).map(b"\n".join),
        st.none() | _word,
    )
)
def test_what_is_framed_is_read_back(event: Event) -> None:
    assert Parser(1000).feed(frame(event.event, event.data, event.id)) == [event]
