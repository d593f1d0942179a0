"""Recording over the local socket and within the process; kill -9 under load."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from guard.errors import LogUnavailableError
from guard.record import wire
from guard.record.event import Draft, GrantUse, Labels
from guard.record.log import EventLog
from guard.record.query import Log
from guard.record.recorder import LocalRecorder, RecorderClient, RecorderServer

words = st.text(max_size=8)
maybe = st.none() | words
labels_ = st.builds(Labels, words, words, st.lists(words, max_size=2).map(tuple), maybe, maybe, maybe, maybe)
uses = st.lists(st.builds(GrantUse, words, st.integers(0, 99), words), max_size=2).map(tuple)
plain = st.builds(Draft, words, st.binary(max_size=50), st.binary(max_size=50), st.binary(max_size=50), labels_, uses, st.none())
drafts_ = st.builds(Draft, words, st.binary(max_size=50), st.binary(max_size=50), st.binary(max_size=50), labels_, uses, st.none() | plain)


@given(drafts_)
def test_a_draft_survives_the_wire(draft: Draft) -> None:
    assert wire.load_draft(wire.dump_draft(draft)) == draft


@given(st.binary(max_size=200))
def test_no_bytes_crash_the_reader(content: bytes) -> None:
    try:
        wire.load_draft(content)
    except wire.WireError:
        return


@given(st.lists(st.binary(max_size=40), max_size=5), st.integers(1, 60))
def test_frames_come_whole_however_they_were_cut(contents: list[bytes], step: int) -> None:
    sent = b"".join(wire.frame(7, content) for content in contents)
    buffer, got = bytearray(), []
    for start in range(0, len(sent), step):
        buffer += sent[start : start + step]
        got += wire.take_frames(buffer)
    assert ([frame.content for frame in got], bytes(buffer)) == (contents, b"")


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "recorder.sock"))
        listener.listen()
        yield listener


@pytest.fixture
def server(listener: socket.socket, log: EventLog) -> Iterator[RecorderServer]:
    server = RecorderServer(listener, log, checkpoint_s=0.1)
    thread = threading.Thread(target=server.run)
    thread.start()
    yield server
    server.stop()
    thread.join()


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[RecorderClient]:
    client = RecorderClient(tmp_path / "recorder.sock", timeout_s=20)
    yield client
    await client.close()


async def test_every_draft_of_many_workers_is_recorded_once(server: RecorderServer, tmp_path: Path, engine: Engine, draft: Any) -> None:
    clients = [RecorderClient(tmp_path / "recorder.sock") for _ in range(3)]
    drafts = [draft(str(n)) for n in range(90)]
    recorded = await asyncio.gather(*(clients[n % 3].record(one) for n, one in enumerate(drafts)))
    assert recorded == [one.id for one in drafts]
    assert sorted(entry["event"]["id"] for entry in Log(engine).entries(0, 200)) == sorted(recorded)
    for one in clients:
        await one.close()


async def test_a_checkpoint_follows_by_itself_and_at_once_when_poked(
    server: RecorderServer, client: RecorderClient, engine: Engine, draft: Any
) -> None:
    await client.record(draft())
    await client.poke()
    assert Log(engine).checkpoint().splitlines()[1] == "1"
    await client.record(draft())
    async with asyncio.timeout(3):
        while Log(engine).checkpoint().splitlines()[1] != "2":
            await asyncio.sleep(0.02)


async def test_a_spent_grant_over_the_wire(server: RecorderServer, client: RecorderClient, draft: Any) -> None:
    drafts = [draft(reserve=[GrantUse("dir_1", 1, f"use_{n}")], otherwise=draft(outcome="refuse")) for n in range(3)]
    assert await client.record(drafts[0]) == drafts[0].id
    assert await client.record(drafts[1]) == drafts[1].otherwise.id
    await client.release("use_0")
    assert await client.record(drafts[2]) == drafts[2].id


async def test_a_draft_recorded_before_is_refused_and_the_line_stays(server: RecorderServer, client: RecorderClient, draft: Any) -> None:
    one, two = draft(), draft()
    await client.record(one)
    with pytest.raises(LogUnavailableError, match="recorded already"):
        await client.record(one)
    assert await client.record(two) == two.id


async def test_when_the_log_cannot_be_written_nothing_is_said_to_be_recorded_and_it_recovers(
    server: RecorderServer, client: RecorderClient, log: EventLog, draft: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(drafts: Any) -> Any:
        raise LogUnavailableError("the log cannot be written: database or disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(log, "append", full)
        with pytest.raises(LogUnavailableError, match="disk is full"):
            await client.record(draft())
    one = draft()
    assert await client.record(one) == one.id


async def test_no_recorder_is_a_log_that_is_unavailable(client: RecorderClient, draft: Any) -> None:
    with pytest.raises(LogUnavailableError, match="does not answer"):
        await client.record(draft())


async def test_a_recorder_that_hangs_is_given_up_and_found_again(
    listener: socket.socket, tmp_path: Path, log: EventLog, draft: Any
) -> None:
    client = RecorderClient(tmp_path / "recorder.sock", timeout_s=0.2)
    with pytest.raises(LogUnavailableError, match=r"did not answer within 0.2 s"):
        await client.record(draft())
    server = RecorderServer(listener, log)
    thread = threading.Thread(target=server.run)
    thread.start()
    one = draft()
    assert await client.record(one) == one.id
    await client.close()
    server.stop()
    thread.join()


async def test_a_peer_that_speaks_nonsense_is_cut_off_and_others_are_not(
    server: RecorderServer, client: RecorderClient, tmp_path: Path, draft: Any
) -> None:
    reader, writer = await asyncio.open_unix_connection(str(tmp_path / "recorder.sock"))
    writer.write(b"GET / HTTP/1.1\r\n\r\n")
    assert await reader.read() == b""
    writer.close()
    one = draft()
    assert await client.record(one) == one.id


async def test_within_the_process(log: EventLog, engine: Engine, draft: Any) -> None:
    recorder = LocalRecorder(log)
    drafts = [draft(str(n)) for n in range(50)]
    assert await asyncio.gather(*(recorder.record(one) for one in drafts)) == [one.id for one in drafts]
    with pytest.raises(LogUnavailableError, match="recorded already"):
        await recorder.record(drafts[0])
    await recorder.close()
    assert Log(engine).checkpoint().splitlines()[1] == "50"
