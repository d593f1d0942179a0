"""After an erasure the body is gone from the database and its log files, and every proof is as it was."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from guard.record import erasure, verify
from guard.record.checkpoint import Signer
from guard.record.export import ExportRequest, run_export
from guard.record.log import EventLog
from guard.record.query import DecisionFilter, Decisions, Log


@pytest.fixture
def recorded(log: EventLog, draft: Any, clock: Any) -> list[Any]:
    made = [
        draft("nobody"),
        draft("Ada", subjects=["sub_ada"]),
        draft("both", subjects=["sub_ada", "sub_grace"]),
        draft("other", tenant="other"),
    ]
    for one in made:
        log.append([one])
        clock.move(60)
    log.checkpoint()
    return made


def statuses(engine: Engine, keys: Any, recorded: list[Any]) -> list[str]:
    return [Decisions(engine, keys).get(one.id)["body_status"] for one in recorded]


@pytest.mark.parametrize(
    ("erase", "count", "expected"),
    [
        pytest.param(lambda e: erasure.erase_subject(e, "sub_ada"), 2, ["kept", "erased", "erased", "kept"], id="subject"),
        pytest.param(lambda e: erasure.erase_subject(e, "sub_nobody"), 0, ["kept"] * 4, id="unknown subject"),
        pytest.param(lambda e: erasure.erase_tenant(e, "acme"), 3, ["erased", "erased", "erased", "kept"], id="tenant"),
        pytest.param(
            lambda e: erasure.prune(e, datetime(2026, 11, 22, 12, 2, tzinfo=UTC)), 2, ["erased", "erased", "kept", "kept"], id="period"
        ),
        pytest.param(
            lambda e: erasure.prune(e, datetime(2027, 1, 1, tzinfo=UTC), tenant="other"),
            1,
            ["kept", "kept", "kept", "erased"],
            id="pruned tenant",
        ),
        pytest.param(lambda e: erasure.prune(e, datetime(2027, 1, 1, tzinfo=UTC), kind="screen"), 0, ["kept"] * 4, id="pruned kind"),
    ],
)
def test_what_is_erased(engine: Engine, keys: Any, recorded: list[Any], log: EventLog, erase: Any, count: int, expected: list[str]) -> None:
    reader = Log(engine)
    before = (reader.root(4), reader.entries(0, 4), reader.inclusion(1, 4))
    assert erase(engine) == count
    assert statuses(engine, keys, recorded) == expected
    assert (reader.root(4), reader.entries(0, 4), reader.inclusion(1, 4)) == before
    assert erase(engine) == 0
    log.append([recorded[0]._replace(id="dec_more")])


def test_an_erased_person_is_found_by_nothing_and_others_still_are(engine: Engine, keys: Any, recorded: list[Any]) -> None:
    erasure.erase_subject(engine, "sub_ada")
    decisions = Decisions(engine, keys)
    assert decisions.list(DecisionFilter(subject_id="sub_ada")).items == []
    assert [item["decision_id"] for item in decisions.list(DecisionFilter(subject_id="sub_grace")).items] == [recorded[2].id]
    assert len(decisions.list(DecisionFilter()).items) == 4


def test_the_ciphertext_is_in_no_file_any_more(engine: Engine, keys: Any, recorded: list[Any], log: EventLog) -> None:
    log.close()
    folder = Path(engine.url.database or "").parent

    def found() -> bool:
        return any(recorded[1].sealed in path.read_bytes() for path in folder.glob("guard.db*"))

    assert found()
    erasure.erase_subject(engine, "sub_ada")
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
    assert not found()


def test_an_export_made_before_still_verifies_and_one_made_after_says_so(
    engine: Engine, keys: Any, recorded: list[Any], signer: Signer, tmp_path: Path
) -> None:
    run_export(engine, keys, signer, ExportRequest(), tmp_path / "before.zip")
    note = Log(engine).checkpoint()
    keys.destroy("subject", "sub_ada")
    erasure.erase_subject(engine, "sub_ada")
    run_export(engine, keys, signer, ExportRequest(), tmp_path / "after.zip")
    trusted = verify.read_keys(str(signer.key))
    assert [verify.verify(tmp_path / name, trusted, [note]).erased for name in ("before.zip", "after.zip")] == [0, 2]
