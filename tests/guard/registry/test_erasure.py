"""Erasing people for good, also from a database that was restored from a backup."""

import shutil
import sqlite3
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine

from guard.errors import ConflictError, NotFoundError
from guard.keyring import Keyring
from guard.registry.store import Registry
from guard.registry.values import By, FaceData, Hold, Once, OptOut, Requester, StatedAlias, SubjectData
from guard.settings import Settings

VECTOR = (np.ones(128, dtype="<f4") / np.sqrt(128).astype("<f4")).tobytes()
JANE = OptOut(SubjectData("Jane Roe", aliases=(StatedAlias("Janey Roe"),)), Requester("staff", "Ann Agent"))


def once(name: str = "k1") -> Once:
    return Once("key_1", "POST /opt-outs", name, b"digest", lambda made: (201, made.subject_id.encode()))


def test_what_is_destroyed_and_what_the_receipt_says(registry: Registry, by: By, auditor) -> None:
    made = registry.create_opt_out(JANE, by)
    registry.add_faces(made.subject_id, [FaceData(VECTOR, "dlib", 0.9, (0, 0, 9, 9))] * 2, by)
    erased = registry.erase_subject(made.subject_id, by, sign=lambda content: "signature")
    assert (erased.subject_id, erased.registry_revision, erased.protection_ended) == (made.subject_id, 3, (made.directive_id,))
    assert erased.receipt == {
        "type": "erasure",
        "version": 1,
        "subject_id": made.subject_id,
        "erased_at": "2026-03-01T12:00:00.000000Z",
        "templates": 1,
        "photos": 2,
        "aliases": 2,
        "keys_destroyed": 1,
        "protection_ended": True,
        "directives_ended": [made.directive_id],
        "registry_revision": 3,
        "log_events": ["evt_3"],
        "signature": "signature",
    }
    change = auditor.changes[-1]
    assert (change.action, dict(change.subjects)) == ("subject.erase", {})
    assert registry.records(2) == (3, [], [1])
    assert registry.records(None) == (3, [], [])
    with pytest.raises(NotFoundError):
        registry.keyring.get("subject", made.subject_id)


def test_erasing_twice(registry: Registry, by: By) -> None:
    made = registry.create_opt_out(JANE, by)
    registry.erase_subject(made.subject_id, by)
    with pytest.raises(NotFoundError):
        registry.erase_subject(made.subject_id, by)


def test_nobody_was_protected(registry: Registry, by: By) -> None:
    made = registry.create_opt_out(JANE, by)
    registry.revoke_directive(made.directive_id, "", by)
    erased = registry.erase_subject(made.subject_id, by)
    assert (erased.protection_ended, erased.receipt["protection_ended"]) == ((), False)


def test_other_people_stay(registry: Registry, by: By) -> None:
    made = registry.create_opt_out(JANE, by)
    registry.create_opt_out(OptOut(SubjectData("John Doe")), by)
    registry.erase_subject(made.subject_id, by)
    assert [record.name for record in registry.records(None)[1]] == ["John Doe"]


def test_the_answer_that_was_kept_for_repeats_goes_too(registry: Registry) -> None:
    made = registry.create_opt_out(JANE, By("key_1", once=once()))
    registry.erase_subject(made.subject_id, By("key_1"))
    with pytest.raises(ConflictError, match="has been erased since"):
        registry.create_opt_out(JANE, By("key_1", once=once()))


def test_what_reviewers_saw_goes_too(registry: Registry, by: By) -> None:
    made = registry.create_opt_out(JANE, by)
    hold = Hold("dec_1", "acme", "input", "likeness", "d" * 64, (made.subject_id,), words={"prompt": "Jane Roe"}, kept=b"picture")
    review_id = registry.open_review(hold, by)
    assert (registry.get_review(review_id).words, registry.kept(review_id)) == ({"prompt": "Jane Roe"}, b"picture")
    registry.erase_subject(made.subject_id, by)
    review = registry.get_review(review_id)
    assert (review.words, review.has_kept, registry.kept(review_id)) == (None, False, None)


def test_nothing_of_the_person_is_left_in_the_files(sqlite_engine: Engine, settings: Settings, clock, by: By, tmp_path: Path) -> None:
    """Not the sealed bytes either: deleted rows are overwritten and the write-ahead log is cut."""
    registry = Registry(sqlite_engine, Keyring(sqlite_engine, bytes(32), settings.data_dir), settings, clock=clock)
    made = registry.create_opt_out(JANE, by)
    registry.add_faces(made.subject_id, [FaceData(VECTOR, "dlib", 0.9, (0, 0, 9, 9))], by)
    with sqlite3.connect(tmp_path / "guard.db") as raw:
        (sealed,) = raw.execute("SELECT sealed FROM subject").fetchone()
        (face,) = raw.execute("SELECT sealed FROM face").fetchone()
        (wrapped,) = raw.execute("SELECT wrapped FROM wrapped_key WHERE kind = 'subject'").fetchone()
        tags = [tag for (tag,) in raw.execute("SELECT tag FROM alias")]
    registry.erase_subject(made.subject_id, by)
    content = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert [secret in content for secret in (sealed, face, wrapped, *tags)] == [False] * (3 + len(tags))


@pytest.mark.parametrize("rotated", [False, True], ids=["before a rotation", "after a rotation"])
def test_a_restored_backup(sqlite_engine: Engine, settings: Settings, clock, by: By, tmp_path: Path, rotated: bool) -> None:
    path, backup = tmp_path / "guard.db", tmp_path / "backup.db"

    def start() -> tuple[Registry, list[str]]:
        registry = Registry(sqlite_engine, Keyring(sqlite_engine, bytes(32), settings.data_dir), settings, clock=clock)
        return registry, registry.reconcile()

    registry, _ = start()
    erased = registry.create_opt_out(JANE, by)
    living = registry.create_opt_out(OptOut(SubjectData("John Doe")), by)
    with sqlite3.connect(path) as live, sqlite3.connect(backup) as copy:
        live.backup(copy)
    registry.erase_subject(erased.subject_id, by)
    if rotated:
        registry.rotate_keys()
    sqlite_engine.dispose()
    for leftover in tmp_path.glob("guard.db*"):
        leftover.unlink()
    shutil.copyfile(backup, path)

    registry, brought_back = start()
    assert brought_back == [erased.subject_id]
    assert [(r.id, r.name) for r in registry.records(None)[1]] == [(living.subject_id, "John Doe")]
    with pytest.raises(ConflictError, match=living.subject_id):
        registry.create_opt_out(OptOut(SubjectData("John Doe")), by)
    assert registry.create_opt_out(JANE, by).registry_revision == 4
    assert start()[1] == []


def test_rotating_keeps_everything_working(registry: Registry, by: By, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("guard.registry.erasure._PAGE", 2)
    made = [registry.create_opt_out(OptOut(SubjectData(f"Person Number{n}")), by) for n in range(5)]
    before = registry.records(None)
    registry.rotate_keys()
    assert registry.records(None) == before
    with pytest.raises(ConflictError, match=made[3].subject_id):
        registry.create_opt_out(OptOut(SubjectData("Person Number3")), by)
    assert list(registry.keyring.get_all("lookup")) == ["2"]


def test_reconciling_what_is_in_order_changes_nothing(registry: Registry, by: By) -> None:
    registry.create_opt_out(JANE, by)
    assert (registry.reconcile(), registry.revision()) == ([], 1)
