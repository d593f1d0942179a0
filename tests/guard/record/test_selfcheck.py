"""The log held against itself: a sound one is sound, and each fault names its row."""

from typing import Any

import pytest
from sqlalchemy import Engine, text

from guard.record import selfcheck
from guard.record.checkpoint import Signer
from guard.record.log import EventLog
from guard.storage import write


@pytest.fixture
def recorded(log: EventLog, draft: Any) -> EventLog:
    """300 events, checkpoints after 100, 256 and 300; one in ten concerns a person."""
    for size in (100, 156, 44):
        log.append([draft(subjects=["sub_ada"] if n % 10 == 0 else []) for n in range(size)])
        log.checkpoint()
    return log


def faults(engine: Engine, keys: Any, signer: Signer, *changes: str) -> list[str]:
    with write(engine) as connection:
        for change in changes:
            connection.execute(text(change))
    return selfcheck.check(engine, keys, [signer.key]).faults


def test_a_sound_log(recorded: EventLog, engine: Engine, keys: Any, signer: Signer) -> None:
    keys.destroy("subject", "sub_ada")
    assert selfcheck.check(engine, keys, [signer.key]) == selfcheck.Checked(events=300, bodies=269, erased=31, checkpoints=3)


def test_an_empty_log(log: EventLog, engine: Engine, keys: Any, signer: Signer) -> None:
    assert selfcheck.check(engine, keys, [signer.key]) == selfcheck.Checked()


CASES = [
    pytest.param("UPDATE event SET leaf = (SELECT leaf FROM event WHERE \"index\" = 6) WHERE \"index\" = 5",
                 ["event 5 (dec_"], id="a leaf overwritten"),
    pytest.param("UPDATE event SET leaf_hash = (SELECT leaf_hash FROM event WHERE \"index\" = 6) WHERE \"index\" = 5",
                 ["event 5 (dec_"], id="a hash overwritten"),
    pytest.param("UPDATE event SET sealed = (SELECT sealed FROM event WHERE \"index\" = 6) WHERE \"index\" = 290",
                 ["event 290: dec_"], id="a body overwritten"),
    pytest.param("UPDATE event SET time = '2026-01-01T00:00:00.000000Z' WHERE \"index\" = 7",
                 ["event 7 (dec_"], id="a time overwritten"),
    pytest.param("DELETE FROM event WHERE \"index\" = 17", ["event 17: its row is missing"], id="a row deleted"),
    pytest.param("DELETE FROM event WHERE \"index\" = 299",
                 ["event 299: its row is missing", "checkpoint 300: the events before it", "merkle_tile:"], id="the last row deleted"),
    pytest.param("DELETE FROM merkle_tile WHERE level = 0", ["merkle_tile 0/0: it holds 0 hashes"], id="a tile deleted"),
    pytest.param("UPDATE merkle_tile SET hashes = (SELECT leaf_hash FROM event WHERE \"index\" = 0) WHERE level = 1",
                 ["merkle_tile: the hashes above level 0"], id="an inner hash overwritten"),
    pytest.param("UPDATE checkpoint SET note = replace(note, 'guard.example', 'other.example') WHERE size = 256",
                 ["checkpoint 256: "], id="a note changed"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "expected"), CASES)
def test_a_corrupted_row_is_named(recorded: EventLog, engine: Engine, keys: Any, signer: Signer, change: str, expected: list[str]) -> None:
    found = faults(engine, keys, signer, change)
    assert [fault[: len(start)] for fault, start in zip(found, expected, strict=True)] == expected
