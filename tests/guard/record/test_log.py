"""The log on SQLite: dense, monotone, provable, counted grants, and what happens when the database will not."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from guard.errors import InvalidInputError, LogUnavailableError, NotFoundError
from guard.record import checkpoint, merkle
from guard.record.checkpoint import Signer, Tree
from guard.record.event import GrantUse
from guard.record.log import EventLog, NotRecorded, Recorded, queued
from guard.record.query import Log
from guard.storage import write
from guard.storage.queue import enqueue


def leaves(engine: Engine) -> list[bytes]:
    with engine.connect() as connection:
        return [bytes(leaf) for leaf in connection.execute(text('SELECT leaf FROM event ORDER BY "index"')).scalars()]


def test_indexes_are_dense_and_times_never_go_back(log: EventLog, engine: Engine, draft: Any, clock: Any) -> None:
    first = [draft(), draft()]
    assert log.append(first) == [
        Recorded(first[0].id, 0, "2026-11-22T12:00:00.000000Z"),
        Recorded(first[1].id, 1, "2026-11-22T12:00:00.000000Z"),
    ]
    clock.move(-3600)
    [back] = log.append([draft()])
    assert (back.index, back.time) == (2, "2026-11-22T12:00:00.000000Z")
    clock.move(3601)
    [on] = log.append([draft()])
    assert (on.index, on.time) == (3, "2026-11-22T12:00:01.000000Z")
    assert [entry["index"] for entry in Log(engine).entries(0, 10)] == [0, 1, 2, 3]


def test_the_tree_in_the_database_is_the_tree_of_its_leaves(log: EventLog, engine: Engine, draft: Any) -> None:
    """Over tile borders, in batches of odd sizes, with a restart in the middle."""
    for size in (1, 254, 1, 1, 300, 700, 3):
        log.append([draft(str(n)) for n in range(size)])
    restarted = EventLog(engine)
    restarted.append([draft() for _ in range(40)])
    restarted.close()
    log.append([draft()])  # the first one notices that the other moved the log
    hashes = [merkle.leaf_hash(leaf) for leaf in leaves(engine)]
    reader = Log(engine)
    assert reader.size() == len(hashes) == 1301
    for size in (0, 1, 255, 256, 257, 512, 1000, 1280, 1301):
        assert reader.root(size) == merkle.root_of(hashes[:size])
    for index, size in ((0, 1301), (255, 256), (256, 257), (1300, 1301), (700, 1290)):
        assert merkle.inclusion_holds(hashes[index], index, size, reader.inclusion(index, size), reader.root(size))
    for old, new in ((1, 1301), (256, 1301), (300, 700), (1301, 1301), (0, 5)):
        assert merkle.consistency_holds(old, reader.root(old), new, reader.root(new), reader.consistency(old, new))


def test_proofs_of_what_is_not_there(log: EventLog, engine: Engine, draft: Any) -> None:
    log.append([draft()])
    reader = Log(engine)
    for index, size in ((1, 1), (-1, 1)):
        with pytest.raises(InvalidInputError):
            reader.inclusion(index, size)
    with pytest.raises(InvalidInputError):
        reader.consistency(2, 1)
    with pytest.raises(NotFoundError):
        reader.inclusion(0, 2)
    with pytest.raises(NotFoundError):
        reader.checkpoint()


def test_a_checkpoint_covers_what_was_queued_and_is_made_once(
    log: EventLog, engine: Engine, draft: Any, clock: Any, signer: Signer
) -> None:
    log.append([draft()])
    made = draft(kind="admin.key.create", tenant="_guard")
    with write(engine) as connection:
        enqueue(connection, [queued(made)], clock())
    note = log.checkpoint()
    hashes = [merkle.leaf_hash(leaf) for leaf in leaves(engine)]
    assert checkpoint.verify(note, [signer.key], "guard.example") == Tree(2, merkle.root_of(hashes))
    assert log.checkpoint() is None
    assert Log(engine).checkpoint() == note
    assert Log(engine).entries(1, 2)[0]["event"]["id"] == made.id


def test_a_queued_event_is_numbered_once(log: EventLog, engine: Engine, draft: Any, clock: Any) -> None:
    made = queued(draft(kind="admin.key.create"))
    for _ in range(2):  # as after a restore that brought the queue back
        with write(engine) as connection:
            enqueue(connection, [made], clock())
        log.integrate()
    assert Log(engine).size() == 1


def test_checkpoints_also_go_outside(engine: Engine, draft: Any, clock: Any, signer: Signer, tmp_path: Path) -> None:
    share, last = tmp_path / "share" / "checkpoints", tmp_path / "last-checkpoint"
    log = EventLog(engine, signer, now=clock, outside_path=share, last_path=last)
    log.append([draft()])
    first = log.checkpoint()  # there is no such directory yet: logged, and the guard goes on
    assert last.read_text() == f"{first}\n\n"
    share.parent.mkdir()
    log.append([draft()])
    second = log.checkpoint()
    log.append([draft()])
    third = log.checkpoint()
    assert (share.read_text(), last.read_text()) == (f"{second}\n\n{third}\n\n", f"{third}\n\n")
    log.close()


def test_one_bad_draft_does_not_fail_its_neighbours(log: EventLog, engine: Engine, draft: Any) -> None:
    one, two, three = draft(), draft(), draft()
    log.append([one])
    answers = log.append([two, one, three])
    assert [type(answer) for answer in answers] == [Recorded, NotRecorded, Recorded]
    assert [entry["event"]["id"] for entry in Log(engine).entries(0, 9)] == [one.id, two.id, three.id]


# -- counted grants ------------------------------------------------------------------------------------------------------


def using(draft: Any, number: int, most: int = 2, directive: str = "dir_1") -> Any:
    return draft(reserve=[GrantUse(directive, most, f"use_{directive}_{number}")], otherwise=draft(outcome="refuse", rule="grant-spent"))


def test_a_spent_grant_turns_the_decision(log: EventLog, engine: Engine, draft: Any) -> None:
    drafts = [using(draft, n) for n in range(4)]
    answers = log.append(drafts[:3]) + log.append(drafts[3:])
    assert [answer.id for answer in answers] == [drafts[0].id, drafts[1].id, drafts[2].otherwise.id, drafts[3].otherwise.id]
    assert [entry["event"]["outcome"] for entry in Log(engine).entries(0, 9)] == ["allow", "allow", "refuse", "refuse"]


def test_a_use_given_back_may_be_used_again_and_only_once(log: EventLog, draft: Any) -> None:
    first, second = using(draft, 1, most=1), using(draft, 2, most=1)
    assert log.append([first])[0].id == first.id
    for _ in range(3):
        log.release("use_dir_1_1")
    log.release("use_of_nothing")
    assert log.append([second])[0].id == second.id
    third = using(draft, 3, most=1)
    assert log.append([third])[0].id == third.otherwise.id


def test_all_grants_of_a_decision_or_none(log: EventLog, draft: Any) -> None:
    log.append([using(draft, 1, most=1, directive="dir_spent")])
    both = draft(
        reserve=[GrantUse("dir_free", 1, "use_a"), GrantUse("dir_spent", 1, "use_b")], otherwise=draft(outcome="refuse", rule="grant-spent")
    )
    assert log.append([both])[0].id == both.otherwise.id
    free = using(draft, 2, most=1, directive="dir_free")
    assert log.append([free])[0].id == free.id


# -- faults --------------------------------------------------------------------------------------------------------------


def test_a_locked_database_is_an_error_and_then_works_again(
    log: EventLog, engine: Engine, draft: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("guard.record.writer._BUSY_TIMEOUT_MS", 20)
    log.close()
    other = sqlite3.connect(tmp_path / "guard.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LogUnavailableError, match="locked"):
        log.append([draft()])
    with pytest.raises(LogUnavailableError, match="locked"):
        log.checkpoint()
    other.execute("ROLLBACK")
    other.close()
    assert log.append([draft()])[0].index == 0


def test_a_full_disk_records_nothing_and_recovers(log: EventLog, engine: Engine, draft: Any) -> None:
    log.append([draft()])
    raw = log._orderer._connection.driver_connection
    pages = raw.execute("PRAGMA page_count").fetchone()[0]
    raw.execute(f"PRAGMA max_page_count={pages}")
    with pytest.raises(LogUnavailableError, match="full"):
        log.append([draft("x" * 100_000)])
    [answer] = log.append([draft()])  # on a new connection, without the limit
    assert (answer.index, Log(engine).size()) == (1, 2)
    hashes = [merkle.leaf_hash(leaf) for leaf in leaves(engine)]
    assert Log(engine).root(2) == merkle.root_of(hashes)


def test_a_damaged_tile_is_named(log: EventLog, engine: Engine, draft: Any) -> None:
    log.append([draft() for _ in range(300)])
    with write(engine) as connection:
        connection.execute(text("UPDATE merkle_tile SET hashes = x'00' WHERE level = 1"))
    with pytest.raises(ValueError, match="merkle_tile 1/0 is damaged"):
        log.append([draft() for _ in range(300)])
    assert Log(engine).size() == 300
