"""What leaves of a provider's stream, and when."""

import asyncio
from collections.abc import AsyncIterator, Sequence

from guard.errors import LogUnavailableError, UnscreenableError, UpstreamInvalidError
from guard.extract.base import Answer, Limits, Refusal
from guard.extract.sse import KEEP_ALIVE, Event
from guard.settings import PartialImages
from guard.stream import Held, Room, noted_stream, screened_stream
from guard.types import Picture, Text

ERROR = b'data: {"error":{}}\n\n'
PICTURE = Picture("b64_json", b"png", "png", 1, 1)


def read(event: Event) -> Answer:
    """An event with `pic` in it carries a picture, one with `bad` cannot be screened, `text` has text."""
    if b"bad" in event.data:
        raise UnscreenableError("no picture", "b64_json")
    texts = (Text("revised_prompt", "x"),) if b"text" in event.data else ()
    return Answer(texts, (PICTURE,) if b"pic" in event.data else (), event.data, partial=b"part" in event.data)


async def run(
    blocks: Sequence[bytes | Exception],
    verdict: bytes | None = None,
    partials: PartialImages = PartialImages.HOLD,
    room: Room | None = None,
) -> tuple[list[bytes], list[object]]:
    judged: list[object] = []

    async def judge(held: Sequence[Answer], error: UnscreenableError | None) -> bytes | None:
        judged.append(([a.body for a in held], str(error) if error else None))
        return verdict

    async def upstream() -> AsyncIterator[bytes]:
        for block in blocks:
            if isinstance(block, Exception):
                raise block
            yield block

    async def fetch(remote: Sequence[tuple[str, str]]) -> dict[str, bytes]:
        return {}

    held = Held(read, judge, fetch, Limits(), partials=partials, room=room or Room())

    def error_frame(refusal: Refusal) -> bytes:
        return ERROR

    frames = [frame async for frame in screened_stream(upstream(), held, error_frame, 60.0)]
    assert frames[0] == KEEP_ALIVE
    return frames[1:], judged


async def test_frames_without_pictures_pass_at_once_and_nobody_judges() -> None:
    assert await run([b"data: one\n\ndata:two\r\n\r\n"]) == ([b"data: one\n\n", b"data: two\n\n"], [])


async def test_everything_from_the_first_picture_on_waits_for_one_verdict() -> None:
    frames, judged = await run([b"data: one\n\nevent: e\ndata: pic1\n\n", b"data: two\n\ndata: pic2\n\n"])
    assert frames == [b"data: one\n\n", b"event: e\ndata: pic1\n\n", b"data: two\n\n", b"data: pic2\n\n"]
    assert judged == [([b"pic1", b"two", b"pic2"], None)]


async def test_a_refusal_is_one_frame_and_no_picture_goes_before_it() -> None:
    frames, judged = await run([b"data: one\n\ndata: pic1\n\ndata: pic2\n\n"], ERROR)
    assert frames == [b"data: one\n\n", ERROR]
    assert judged == [([b"pic1", b"pic2"], None)]


async def test_what_cannot_be_read_is_judged_as_such() -> None:
    assert await run([b"data: pic1\n\ndata: bad\n\n"], ERROR) == ([ERROR], [([b"pic1"], "no picture")])


async def test_an_upstream_that_breaks_off_releases_nothing_held() -> None:
    assert await run([b"data: pic1\n\n", UpstreamInvalidError("broke off")]) == ([ERROR], [])


async def test_keep_alives_while_the_upstream_thinks() -> None:
    async def upstream() -> AsyncIterator[bytes]:
        await asyncio.sleep(0.2)
        yield b"data: one\n\n"

    async def judge(held: Sequence[Answer], error: UnscreenableError | None) -> None:
        return None

    async def fetch(remote: Sequence[tuple[str, str]]) -> dict[str, bytes]:
        return {}

    frames = [f async for f in screened_stream(upstream(), Held(read, judge, fetch, Limits()), lambda refusal: ERROR, 0.02)]
    assert frames[-1] == b"data: one\n\n"
    assert len(frames) > 3
    assert set(frames[:-1]) == {KEEP_ALIVE}


def issuing(event: Event) -> Answer:
    """An event is an id, or two words: `done` and an id, of what is finished; `bad` cannot be read."""
    if event.data == b"bad":
        raise UnscreenableError("bad")
    *done, name = event.data.decode().split()
    return Answer((), (), event.data, issued=(name,) if name != "none" else (), final=bool(done))


async def noted(blocks: Sequence[bytes], error: Exception | None = None) -> list[object]:
    """What left and what was noted, in that order in time."""
    told: list[object] = []

    async def note(answers: Sequence[Answer]) -> None:
        told.append([answer.body.decode() for answer in answers])
        if error is not None:
            raise error

    async def upstream() -> AsyncIterator[bytes]:
        for block in blocks:
            yield block

    async for block in noted_stream(upstream(), issuing, note, Limits()):
        told.append(block)  # noqa: PERF401 - its place among the notes counts
    return told


async def test_an_id_is_noted_before_the_end_of_its_event_leaves_and_again_when_it_is_finished() -> None:
    blocks = [b"data: a", b"\n\ndata: none\n\n", b"data: a\n\n", b"data: b\n\ndata: done a\n\n"]
    assert await noted(blocks) == [blocks[0], ["a", "none"], blocks[1], blocks[2], ["b", "done a"], blocks[3]]


async def test_a_stream_that_cannot_be_noted_goes_on() -> None:
    blocks = [b"data: bad\n\n", b"data: a\n\n"]
    assert await noted(blocks) == blocks
    assert await noted([b"\xef\xbb\xbfdata: a\n\n", b"x"]) == [b"\xef\xbb\xbfdata: a\n\n", b"x"]
    assert await noted([b"data: a\n\n", b"data: b\n\n"], LogUnavailableError("full")) == [["a"], b"data: a\n\n", b"data: b\n\n"]


PARTS = [b"data: one\n\ndata: part pic1\n\n", b"data: text\n\ndata: part pic2\n\n", b"data: pic3\n\n"]


async def test_partial_pictures_are_dropped_where_the_operator_says_so() -> None:
    frames, judged = await run(PARTS, partials=PartialImages.DROP)
    assert frames == [b"data: one\n\n", b"data: text\n\n", b"data: pic3\n\n"]
    assert judged == [([b"text", b"pic3"], None)]


async def test_partial_pictures_are_judged_one_by_one_with_all_that_left_before() -> None:
    frames, judged = await run(PARTS, partials=PartialImages.SCREEN)
    assert frames == [b"data: one\n\n", b"data: part pic1\n\n", b"data: text\n\n", b"data: part pic2\n\n", b"data: pic3\n\n"]
    assert judged == [
        ([b"part pic1"], None),
        ([b"part pic1", b"text", b"part pic2"], None),
        ([b"part pic1", b"text", b"part pic2", b"pic3"], None),
    ]
    assert (await run(PARTS, b"data: no\n\n", PartialImages.SCREEN))[0] == [b"data: one\n\n", b"data: no\n\n"]


async def test_streams_wait_for_room_and_the_oldest_goes_on() -> None:
    room = Room(10)
    order: list[str] = []

    async def take(stream: str, size_bytes: int) -> None:
        await room.take(stream, size_bytes)
        order.append(stream)

    await take("old", 6)
    await take("young", 4)
    waiting = [asyncio.ensure_future(take(*asked)) for asked in (("young", 3), ("new", 1))]
    await asyncio.sleep(0)
    await take("old", 50)
    assert order == ["old", "young", "old"]
    room.leave("old")
    await asyncio.gather(*waiting)
    assert order == ["old", "young", "old", "young", "new"]
    room.give_back("young", 7)
    await take("new", 9)


async def test_a_stream_leaves_its_room_whatever_becomes_of_it() -> None:
    room = Room(100)
    some: list[list[bytes | Exception]] = [
        [b"data: pic" + b"x" * 80 + b"\n\n"],
        [b"data: bad\n\n"],
        [b"data: x\n\n", UpstreamInvalidError("broke")],
    ]
    for blocks in some:
        await run(blocks, room=room)
    await asyncio.wait_for(room.take("next", 100), 1)
    await asyncio.wait_for(room.take("next", 0), 1)
    other = asyncio.ensure_future(room.take("other", 1))
    await asyncio.sleep(0)
    assert not other.done()
    room.leave("next")
    await other
