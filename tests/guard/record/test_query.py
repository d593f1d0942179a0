"""Finding decisions: filters, pages, bodies, and those that are not numbered yet."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine

from guard.errors import InvalidInputError, NotFoundError
from guard.record.event import Draft
from guard.record.log import EventLog, queued
from guard.record.query import DecisionFilter, Decisions
from guard.storage import write
from guard.storage.queue import enqueue

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def recorded(log: EventLog, draft: Any, clock: Any) -> list[Draft]:
    made = [
        draft("one", request_id="req_1"),
        draft("Ada", subjects=["sub_ada"], outcome="refuse", rule="opted-out", rule_class="likeness", request_id="req_2"),
        draft("three", tenant="other", outcome="hold"),
        draft("four", stage="output", request_id="req_1"),
        draft(kind="admin.key.create", tenant="_guard"),
        draft("Ada and Grace", subjects=["sub_grace", "sub_ada"], outcome="refuse", rule="opted-out"),
    ]
    for one in made:
        log.append([one])
        clock.move(60)
    return made


def at_noon(minute: int) -> datetime:
    return NOON.replace(minute=minute)


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        pytest.param(DecisionFilter(), [5, 3, 2, 1, 0], id="all decisions, newest first, and nothing else"),
        pytest.param(DecisionFilter(tenant="acme"), [5, 3, 1, 0], id="tenant"),
        pytest.param(DecisionFilter(subject_id="sub_ada"), [5, 1], id="subject"),
        pytest.param(DecisionFilter(outcome="refuse"), [5, 1], id="outcome"),
        pytest.param(DecisionFilter(rule="opted-out", tenant="acme", subject_id="sub_grace"), [5], id="several"),
        pytest.param(DecisionFilter(stage="output"), [3], id="stage"),
        pytest.param(DecisionFilter(request_id="req_1"), [3, 0], id="request"),
        pytest.param(DecisionFilter(from_=at_noon(1), to=at_noon(3)), [2, 1], id="time, the end excluded"),
        pytest.param(DecisionFilter(to=NOON), [], id="before the first"),
        pytest.param(DecisionFilter(from_=at_noon(59)), [], id="after the last"),
        pytest.param(DecisionFilter(tenant="nobody"), [], id="nobody"),
    ],
)
@pytest.mark.parametrize("limit", [1, 2, 50])
def test_filters_and_pages(
    engine: Engine, keys: Any, recorded: Sequence[Draft], wanted: DecisionFilter, numbers: list[int], limit: int
) -> None:
    found, cursor, decisions = [], None, Decisions(engine, keys)
    while True:
        page = decisions.list(wanted, cursor, limit)
        assert len(page.items) <= limit
        found += [item["decision_id"] for item in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert found == [recorded[number].id for number in numbers]


def test_an_item(engine: Engine, keys: Any, recorded: Sequence[Draft]) -> None:
    item = {
        "decision_id": recorded[1].id,
        "index": 1,
        "at": "2026-11-22T12:01:00.000000Z",
        "kind": "decision",
        "tenant": "acme",
        "stage": "input",
        "mode": "enforce",
        "outcome": "refuse",
        "rule": "opted-out",
        "rule_class": "likeness",
        "request_id": "req_2",
        "subject_ids": ["sub_ada"],
        "policy_revision": "",
        "registry_revision": 0,
    }
    decisions = Decisions(engine, keys)
    assert decisions.list(DecisionFilter(request_id="req_2")).items == [item]
    found = decisions.get(recorded[1].id)
    body = {
        "model": "gpt-image-1",
        "route": "images.generations",
        "rule": "opted-out",
        "subject_ids": ["sub_ada"],
        "tenant": "acme",
        "texts": [{"where": "prompt", "text": "Ada"}],
    }
    assert {name: value for name, value in found.items() if name != "event"} == item | {"body": body, "body_status": "kept"}
    assert found["event"]["id"] == recorded[1].id


@pytest.mark.parametrize(("kind", "owner"), [("subject", "sub_ada"), ("subject", "sub_grace"), ("tenant", "acme")])
def test_a_body_goes_with_any_of_its_keys(engine: Engine, keys: Any, recorded: Sequence[Draft], kind: str, owner: str) -> None:
    keys.destroy(kind, owner)
    found = Decisions(engine, keys).get(recorded[5].id)
    assert (found["body"], found["body_status"], found["outcome"]) == (None, "erased", "refuse")


def test_decisions_that_are_not_numbered_yet_are_found_too(engine: Engine, keys: Any, recorded: Any, draft: Any, clock: Any) -> None:
    waiting = [draft("waiting", outcome="hold"), draft("other", tenant="other"), draft(kind="admin.x")]
    with write(engine) as connection:
        enqueue(connection, [queued(one) for one in waiting], clock())
    decisions = Decisions(engine, keys)
    found = decisions.get(waiting[0].id)
    assert (found["index"], found["at"], found["body"]["texts"][0]["text"]) == (None, "2026-11-22T12:06:00.000000Z", "waiting")
    page = decisions.list(DecisionFilter(tenant="acme"), limit=2)
    assert [item["decision_id"] for item in page.items] == [waiting[0].id, recorded[5].id]
    page = decisions.list(DecisionFilter(tenant="acme"), limit=1)
    assert [item["decision_id"] for item in page.items] == [waiting[0].id]
    assert decisions.list(DecisionFilter(tenant="acme"), page.next_cursor, limit=1).items[0]["decision_id"] == recorded[5].id


def test_what_is_not_there(engine: Engine, keys: Any) -> None:
    with pytest.raises(NotFoundError, match="no decision 'dec_none'"):
        Decisions(engine, keys).get("dec_none")
    with pytest.raises(InvalidInputError, match="not a cursor"):
        Decisions(engine, keys).list(DecisionFilter(), "x")
