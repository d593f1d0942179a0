"""The log on PostgreSQL: replicas insert, one at a time numbers, and the result is as on SQLite."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from guard.record import merkle, verify
from guard.record.checkpoint import Signer
from guard.record.event import GrantUse
from guard.record.export import ExportRequest, run_export
from guard.record.log import EventLog, NotRecorded, Recorded
from guard.record.query import DecisionFilter, Decisions, Log
from guard.record.recorder import RecorderClient, RecorderServer
from guard.storage import make_engine


@pytest.fixture
def engine(postgres_engine: Engine) -> Engine:
    return postgres_engine


@pytest.fixture
def replicas(postgres_engine: Engine, signer: Signer, clock: Any) -> Iterator[list[EventLog]]:
    engines = [make_engine(postgres_engine.url.render_as_string(hide_password=False)) for _ in range(3)]
    logs = [EventLog(one, signer, now=clock) for one in engines]
    yield logs
    for log, one in zip(logs, engines, strict=True):
        log.close()
        one.dispose()


def check_tree(engine: Engine, size: int) -> None:
    with engine.connect() as connection:
        rows = connection.execute(text('SELECT "index", time, leaf, leaf_hash FROM event ORDER BY "index"')).all()
        assert connection.execute(text("SELECT count(*) FROM event_queue")).scalar() == 0
    assert [row[0] for row in rows] == list(range(size))
    assert [row[1] for row in rows] == sorted(row[1] for row in rows)
    hashes = [merkle.leaf_hash(bytes(row[2])) for row in rows]
    assert hashes == [bytes(row[3]) for row in rows]
    assert Log(engine).root(size) == merkle.root_of(hashes)


def test_an_event_is_durable_first_and_numbered_later(log: EventLog, engine: Engine, draft: Any, keys: Any) -> None:
    one = draft("waiting", subjects=["sub_ada"])
    assert log.append([one]) == [Recorded(one.id)]
    decisions = Decisions(engine, keys)
    assert (decisions.get(one.id)["index"], decisions.get(one.id)["body"]["texts"][0]["text"]) == (None, "waiting")
    assert [item["decision_id"] for item in decisions.list(DecisionFilter(subject_id="sub_ada")).items] == [one.id]
    assert (log.integrate(), log.integrate()) == (1, 0)
    assert (decisions.get(one.id)["index"], decisions.get(one.id)["body"]["texts"][0]["text"]) == (0, "waiting")
    assert [item["decision_id"] for item in decisions.list(DecisionFilter(subject_id="sub_ada")).items] == [one.id]


def test_replicas_number_one_at_a_time(replicas: list[EventLog], engine: Engine, draft: Any) -> None:
    def work(log: EventLog) -> None:
        for _ in range(8):
            log.append([draft() for _ in range(15)])
            log.integrate()

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(work, replicas))
    replicas[0].integrate()
    check_tree(engine, 360)


def test_a_grant_is_counted_over_all_replicas(replicas: list[EventLog], engine: Engine, draft: Any) -> None:
    def work(number: int) -> int:
        allowed = 0
        for n in range(10):
            made = draft(reserve=[GrantUse("dir_1", 12, f"use_{number}_{n}")], otherwise=draft(outcome="refuse"))
            allowed += replicas[number].append([made])[0].id == made.id
        return allowed

    with ThreadPoolExecutor(3) as pool:
        assert sum(pool.map(work, range(3))) == 12
    replicas[0].release("use_0_0")
    replicas[0].integrate()
    check_tree(engine, 30)


def test_an_id_recorded_twice(log: EventLog, engine: Engine, draft: Any) -> None:
    one, two = draft(), draft()
    log.append([one])
    assert [type(answer) for answer in log.append([two, one])] == [Recorded, NotRecorded]
    log.integrate()
    check_tree(engine, 2)


def test_an_export_covers_what_was_waiting_and_verifies(
    log: EventLog, engine: Engine, draft: Any, keys: Any, signer: Signer, tmp_path: Path
) -> None:
    log.append([draft(str(n), subjects=["sub_ada"] if n % 2 else []) for n in range(300)])
    exported = run_export(engine, keys, signer, ExportRequest(subject_id="sub_ada"), tmp_path / "export.zip")
    report = verify.verify(tmp_path / "export.zip", verify.read_keys(str(signer.key)), [Log(engine).checkpoint()])
    assert (exported.rows, report.rows, report.events, report.erased) == (150, 150, 300, 0)


async def test_the_recorder_process_on_postgresql(log: EventLog, engine: Engine, draft: Any, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "recorder.sock"))
        listener.listen()
        server = RecorderServer(listener, log, checkpoint_s=0.1)
        thread = threading.Thread(target=server.run)
        thread.start()
        client = RecorderClient(tmp_path / "recorder.sock")
        drafts = [draft() for _ in range(60)]
        assert await asyncio.gather(*(client.record(one) for one in drafts)) == [one.id for one in drafts]
        await client.poke()
        assert Log(engine).checkpoint().splitlines()[1] == "60"
        await client.record(draft())
        await client.close()
        server.stop()
        await asyncio.to_thread(thread.join)
    check_tree(engine, 61)
    assert Log(engine).checkpoint().splitlines()[1] == "61"
