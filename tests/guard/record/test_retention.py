"""What is pruned when, what is said beforehand, and what stays."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from guard.errors import InvalidInputError
from guard.record import retention
from guard.record.event import Draft
from guard.record.log import EventLog, queued
from guard.record.query import Decisions, Log
from guard.record.retention import Due, Rule, Schedule
from guard.record.tables import LEGAL_HOLD

DAY = 86_400


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> Engine:
    chosen: Engine = request.getfixturevalue("sqlite_engine" if request.param == "sqlite" else "postgres_engine")
    return chosen


KEEP_REFUSALS = Schedule(
    rules=[
        Rule(kind="decision", outcome="refuse", days="keep"),
        Rule(kind="decision", tenant="acme", days=2),
        Rule(kind="decision", days=5),
        Rule(kind="admin.*", days=1),
    ]
)


@pytest.fixture
def recorded(log: EventLog, draft: Any, clock: Any) -> list[Draft]:
    made = [
        draft("refused", outcome="refuse"),
        draft("allowed"),
        draft("elsewhere", tenant="other"),
        draft(kind="admin.key.create", tenant="_guard"),
        draft(kind="process.start", tenant="_guard"),
        draft("Ada", subjects=["sub_ada"]),
    ]
    for one in made:
        log.append([one])
        log.integrate()
    log.checkpoint()
    return made


def tell_with(draft: Any) -> Any:
    def tell(action: str, details: Mapping[str, Any]) -> list[Any]:
        return [queued(draft(kind=f"admin.{action}", tenant="_guard"))]

    return tell


def kept(engine: Engine, keys: Any, recorded: list[Draft]) -> list[bool]:
    return [Decisions(engine, keys).get(one.id)["body_status"] == "kept" for one in recorded]


def hold_ada(engine: Engine) -> None:
    with engine.begin() as connection:
        row = {"id": "hold_1", "subject_id": "sub_ada", "actor": "key_1", "created_at": "2026-11-22T12:00:00.000000Z"}
        connection.execute(LEGAL_HOLD.insert(), [row])


def test_the_first_rule_that_fits_holds_and_a_legal_hold_wins(
    engine: Engine, keys: Any, recorded: list[Draft], draft: Any, clock: Any, log: EventLog
) -> None:
    hold_ada(engine)
    before = Log(engine).root(6)
    clock.move(3 * DAY)
    expected = [
        Due("kind=decision outcome=refuse days=keep", None, 0, 0),
        Due("kind=decision tenant=acme days=2", "2026-11-23T12:00:00.000000Z", 1, 1),
        Due("kind=decision days=5", "2026-11-20T12:00:00.000000Z", 0, 0),
        Due("kind=admin.* days=1", "2026-11-24T12:00:00.000000Z", 1, 0),
    ]
    assert retention.plan(engine, KEEP_REFUSALS, clock) == expected
    assert all(kept(engine, keys, recorded))
    done = retention.run(engine, KEEP_REFUSALS, tell_with(draft), clock)
    assert done == [(due.rule, due.due) for due in expected if due.before]
    assert kept(engine, keys, recorded) == [True, False, True, False, True, True]
    log.integrate()
    assert (Log(engine).root(6), Log(engine).entries(6, 8)[0]["event"]["kind"]) == (before, "admin.retention.prune")
    clock.move(3 * DAY)
    assert [pruned for _, pruned in retention.run(engine, KEEP_REFUSALS, tell_with(draft), clock)] == [0, 1, 1]
    assert kept(engine, keys, recorded) == [True, False, False, False, True, True]


def test_nothing_due_is_no_event(engine: Engine, recorded: list[Draft], draft: Any, clock: Any, log: EventLog) -> None:
    assert [pruned for _, pruned in retention.run(engine, KEEP_REFUSALS, tell_with(draft), clock)] == [0, 0, 0]
    assert log.integrate() == 0


def test_a_rule_that_changed_looks_at_everything_again(engine: Engine, keys: Any, recorded: list[Draft], draft: Any, clock: Any) -> None:
    clock.move(10 * DAY)
    retention.run(engine, KEEP_REFUSALS, tell_with(draft), clock)
    assert [
        pruned for _, pruned in retention.run(engine, Schedule(rules=[Rule(days=timedelta(days=9).days)]), tell_with(draft), clock)
    ] == [2]
    assert not any(kept(engine, keys, recorded))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("rules: [{kind: decision}]", r"rules\.0\.days: is missing", id="no days"),
        pytest.param("rules: [{days: 3, tenants: acme}]", r"rules\.0\.tenants: is no field", id="a misspelt key"),
        pytest.param("rules: [{days: -1}]", r"rules\.0\.days", id="negative"),
        pytest.param("rules: [{days: 30, outcome: refused}]", r"rules\.0\.outcome", id="no outcome"),
        pytest.param("rules: [", "cannot be read as YAML", id="not YAML"),
        pytest.param("", "the file: must be an object", id="empty"),
    ],
)
def test_a_wrong_file_is_named(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "retention.yaml"
    path.write_text(text)
    with pytest.raises(InvalidInputError, match=says):
        retention.load(path)


def test_the_file(tmp_path: Path) -> None:
    path = tmp_path / "retention.yaml"
    path.write_text('rules:\n- {kind: decision, days: keep}\n- {kind: "admin.*", tenant: acme, days: 30}\n')
    assert retention.load(path) == Schedule(rules=[Rule(kind="decision", days="keep"), Rule(kind="admin.*", tenant="acme", days=30)])
