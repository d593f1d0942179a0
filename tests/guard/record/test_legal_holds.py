"""A hold wins over retention and over the erasure of bodies, and what it put off is done when it ends."""

import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import Engine

from guard.errors import ConflictError, InvalidInputError, NotFoundError
from guard.keyring import Keyring
from guard.record import erasure, legal_holds, verify
from guard.record.checkpoint import Signer
from guard.record.event import Draft, make_draft
from guard.record.export import ExportRequest, run_export
from guard.record.legal_holds import Hold, Scope
from guard.record.log import EventLog, queued
from guard.record.query import DecisionFilter, Decisions

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ADA, GRACE = "sub_ada", "sub_grace"


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> Engine:
    chosen: Engine = request.getfixturevalue("sqlite_engine" if request.param == "sqlite" else "postgres_engine")
    return chosen


@pytest.fixture
def ring(engine: Engine, tmp_path: Path) -> Keyring:
    ring = Keyring(engine, bytes(32), tmp_path / "keys", cache_s=0)
    (tmp_path / "keys").mkdir()
    ring.start()
    for kind, owner in (("tenant", "acme"), ("tenant", "other"), ("tenant", "_guard"), ("subject", ADA), ("subject", GRACE)):
        ring.create(kind, owner)
    ring.before_destroying = lambda connection, kind, owner: legal_holds.preserve(connection, ring, kind, owner)
    return ring


@pytest.fixture
def tell(ring: Keyring) -> Callable[[str, Mapping[str, Any]], list[Any]]:
    key = ring.get("tenant", "_guard")

    def told(action: str, details: Mapping[str, Any]) -> list[Any]:
        return [queued(make_draft(f"admin.{action}", tenant="_guard", tenant_key=key, entropy=os.urandom, body=details))]

    return told


@pytest.fixture
def recorded(log: EventLog, ring: Keyring, clock: Any) -> list[Draft]:
    made = []
    for text, tenant, people in (("nobody", "acme", []), ("Ada", "acme", [ADA]), ("both", "acme", [ADA, GRACE]), ("Ada", "other", [ADA])):
        made.append(
            make_draft(
                "decision",
                tenant=tenant,
                tenant_key=ring.get("tenant", tenant),
                subjects={one: ring.get("subject", one) for one in people},
                body={"texts": [{"where": "prompt", "text": text}]},
                outcome="refuse",
                entropy=os.urandom,
            )
        )
        log.append([made[-1]])
        log.integrate()
        clock.move(60)
    return made


def statuses(engine: Engine, ring: Keyring, recorded: list[Draft]) -> list[str]:
    return [Decisions(engine, ring).get(one.id)["body_status"] for one in recorded]


def erase(engine: Engine, ring: Keyring, subject_id: str) -> int:
    ring.destroy("subject", subject_id)
    return erasure.erase_subject(engine, subject_id)


CASES = [
    pytest.param(Scope(subject_id=ADA), ["kept"] * 4, id="the person"),
    pytest.param(Scope(tenant="acme"), ["kept", "kept", "kept", "erased"], id="the tenant"),
    pytest.param(Scope(subject_id=ADA, tenant="other"), ["kept", "erased", "erased", "kept"], id="the person at a tenant"),
    pytest.param(Scope(subject_id=GRACE), ["kept", "erased", "kept", "erased"], id="another person in the same event"),
    pytest.param(
        Scope(begins=NOON + timedelta(minutes=1), ends=NOON + timedelta(minutes=2)), ["kept", "kept", "erased", "erased"], id="a period"
    ),
    pytest.param(Scope(begins=NOON + timedelta(days=1)), ["kept", "erased", "erased", "erased"], id="a period to come"),
]


@pytest.mark.parametrize(("scope", "expected"), CASES)
def test_an_erasure_spares_what_a_hold_covers_until_its_release(
    engine: Engine, ring: Keyring, recorded: list[Draft], tell: Any, clock: Any, scope: Scope, expected: list[str]
) -> None:
    hold = legal_holds.add(engine, ring, scope, "court order 12", "key_1", tell, clock)
    spared = expected[1:].count("kept")
    assert erase(engine, ring, ADA) == 3 - spared
    assert statuses(engine, ring, recorded) == expected
    assert ring.get_many("subject", [ADA]) == {}
    assert [item["decision_id"] for item in Decisions(engine, ring).list(DecisionFilter(subject_id=ADA)).items] == [
        one.id for one, status in reversed(list(zip(recorded[1:], expected[1:], strict=True))) if status == "kept"
    ]
    assert erasure.erase_subject(engine, ADA) == 0
    assert legal_holds.release(engine, ring, hold.id, "settled", "key_2", tell, clock) == spared
    assert erasure.erase_subject(engine, ADA) == 0
    assert statuses(engine, ring, recorded) == ["kept", "erased", "erased", "erased"]
    assert Decisions(engine, ring).list(DecisionFilter(subject_id=ADA)).items == []


def test_many_held_bodies_are_given_in_pieces_before_the_erasure(
    engine: Engine, ring: Keyring, recorded: list[Draft], tell: Any, clock: Any, log: EventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(legal_holds, "_AT_ONCE", 1)
    pieces: list[int] = []
    given = legal_holds._give_some

    def counted(*arguments: Any) -> tuple[int, int | None]:
        pieces.append(1)
        return given(*arguments)

    monkeypatch.setattr(legal_holds, "_give_some", counted)
    ring.before_erasing = lambda kind, owner: legal_holds.prepare(engine, ring, kind, owner)
    legal_holds.add(engine, ring, Scope(subject_id=ADA), "court order 12", "key_1", tell, clock)
    ring.prepare_destroying("subject", ADA)
    assert len(pieces) == 4
    assert statuses(engine, ring, recorded) == ["kept"] * 4  # by the hold's key; nothing is destroyed yet
    late = make_draft(
        "decision",
        tenant="acme",
        tenant_key=ring.get("tenant", "acme"),
        subjects={ADA: ring.get("subject", ADA)},
        body={},
        entropy=os.urandom,
    )
    log.append([late])
    log.integrate()
    assert erase(engine, ring, ADA) == 0
    assert statuses(engine, ring, [*recorded, late]) == ["kept"] * 5
    assert legal_holds.prepare(engine, ring, "hold", "hold_1") == 0


def test_a_hold_wins_over_pruning(engine: Engine, ring: Keyring, recorded: list[Draft], tell: Any, clock: Any) -> None:
    hold = legal_holds.add(engine, ring, Scope(subject_id=GRACE), "court order 12", "key_1", tell, clock)
    assert erasure.prune(engine, NOON + timedelta(days=1)) == 3
    assert statuses(engine, ring, recorded) == ["erased", "erased", "kept", "erased"]
    assert legal_holds.release(engine, ring, hold.id, "settled", "key_2", tell, clock) == 0
    assert erasure.prune(engine, NOON + timedelta(minutes=4)) == 1


def test_bodies_go_over_to_a_hold_that_still_stands_or_back_to_their_people(
    engine: Engine, ring: Keyring, recorded: list[Draft], tell: Any, clock: Any
) -> None:
    first = legal_holds.add(engine, ring, Scope(subject_id=ADA), "one", "key_1", tell, clock)
    clock.move(1)
    second = legal_holds.add(engine, ring, Scope(tenant="acme"), "two", "key_1", tell, clock)
    erase(engine, ring, ADA)
    assert legal_holds.release(engine, ring, first.id, "over", "key_1", tell, clock) == 1
    assert statuses(engine, ring, recorded) == ["kept", "kept", "kept", "erased"]
    assert legal_holds.release(engine, ring, second.id, "over", "key_1", tell, clock) == 2
    assert statuses(engine, ring, recorded) == ["kept", "erased", "erased", "erased"]


def test_a_tenant_that_is_erased_leaves_what_is_held(engine: Engine, ring: Keyring, recorded: list[Draft], tell: Any, clock: Any) -> None:
    legal_holds.add(engine, ring, Scope(subject_id=GRACE), "one", "key_1", tell, clock)
    ring.destroy("tenant", "acme")
    assert erasure.erase_tenant(engine, "acme") == 2
    assert statuses(engine, ring, recorded) == ["erased", "erased", "kept", "kept"]


def test_an_export_with_held_bodies_verifies(
    engine: Engine, ring: Keyring, recorded: list[Draft], tell: Any, clock: Any, signer: Signer, tmp_path: Path
) -> None:
    legal_holds.add(engine, ring, Scope(subject_id=GRACE), "one", "key_1", tell, clock)
    erase(engine, ring, ADA)
    run_export(engine, ring, signer, ExportRequest(), tmp_path / "held.zip")
    assert verify.verify(tmp_path / "held.zip", verify.read_keys(str(signer.key)), []).erased == 2


def test_the_holds_and_their_events(engine: Engine, ring: Keyring, tell: Any, clock: Any, log: EventLog) -> None:
    made = legal_holds.add(engine, ring, Scope(subject_id=ADA, begins=NOON), "court order 12", "key_1", tell, clock)
    assert made == Hold(
        made.id, ADA, None, "2026-11-22T12:00:00.000000Z", None, "court order 12", "key_1", "2026-11-22T12:00:00.000000Z", None
    )
    assert legal_holds.holds(engine, ring) == [made]
    clock.move(1)
    legal_holds.release(engine, ring, made.id, "settled", "key_2", tell, clock)
    assert legal_holds.holds(engine, ring) == []
    (ended,) = legal_holds.holds(engine, ring, released=True)
    assert (ended.id, ended.reason, ended.released_at) == (made.id, None, "2026-11-22T12:00:01.000000Z")
    with pytest.raises(ConflictError, match="was released at"):
        legal_holds.release(engine, ring, made.id, "again", "key_2", tell, clock)
    log.integrate()
    with engine.connect() as connection:
        leaves = [orjson.loads(row[0]) for row in connection.exec_driver_sql('SELECT leaf FROM event ORDER BY "index"')]
    assert [leaf["kind"] for leaf in leaves] == ["admin.hold.add", "admin.hold.release"]
    assert [Decisions(engine, ring).get(leaf["id"])["body"]["reason"] for leaf in leaves] == ["court order 12", "settled"]


@pytest.mark.parametrize(
    ("scope", "reason", "error", "says"),
    [
        pytest.param(Scope(), "why", InvalidInputError, "must name a subject", id="everything"),
        pytest.param(Scope(tenant="acme"), " ", InvalidInputError, "needs a reason", id="no reason"),
        pytest.param(Scope(begins=NOON, ends=NOON), "why", InvalidInputError, "ends .* before it begins", id="an empty period"),
        pytest.param(Scope(subject_id="sub_x"), "why", NotFoundError, "no subject 'sub_x'", id="nobody"),
    ],
)
def test_what_is_no_hold(engine: Engine, ring: Keyring, tell: Any, scope: Scope, reason: str, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        legal_holds.add(engine, ring, scope, reason, "key_1", tell)
    assert legal_holds.holds(engine, ring) == []
