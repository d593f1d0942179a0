"""The one call that protects a person."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from guard.errors import ConflictError, FieldError, InvalidInputError
from guard.registry.store import Registry
from guard.registry.values import (
    By,
    Change,
    DirectiveData,
    Duplicate,
    Evidence,
    OptOut,
    OptOutReceipt,
    Requester,
    StatedAlias,
    SubjectData,
)
from guard.settings import Settings
from guard.storage import read
from guard.storage.queue import EVENT_QUEUE, QueuedEvent
from guard.types import Alias, AliasKind, Channel, Directive, DirectiveStatus, Effect, Strength, SubjectKind, SubjectRecord

CHANNELS = (Channel.PROMPT, Channel.INPUT_IMAGE, Channel.OUTPUT_IMAGE)
JANE = OptOut(
    SubjectData(
        "Jane Roe",
        SubjectKind.PRIVATE_PERSON,
        (StatedAlias("Jänne Roe-Smith", AliasKind.LEGAL, "de"),),
        {"wikidata": "Q10475"},
        ("baker",),
        "1980-05-01",
    ),
    Requester("staff", "Ann Agent", "ann@example.org"),
    (Evidence("letter", "scan 12", "ab" * 32),),
)


def opt_out(name: str, *aliases: str, ids: dict[str, str] | None = None, born: str | None = None) -> OptOut:
    return OptOut(SubjectData(name, aliases=tuple(map(StatedAlias, aliases)), external_ids=ids or {}, born=born))


def test_it_protects(registry: Registry, by: By) -> None:
    made = registry.create_opt_out(JANE, by)
    assert made == OptOutReceipt(made.subject_id, made.directive_id, made.case_id, DirectiveStatus.ACTIVE, 1, made.receipt)
    revision, (record,), gone = registry.records(None)
    assert (revision, gone) == (1, [])
    directive = Directive(made.directive_id, 1, Effect.DENY, DirectiveStatus.ACTIVE, channels=CHANNELS)
    aliases = (
        Alias("Jane Roe", AliasKind.LEGAL, Strength.STRONG),
        Alias("Jänne Roe-Smith", AliasKind.LEGAL, Strength.STRONG, "de"),
    )
    key = registry.keyring.get("subject", made.subject_id)
    expected = SubjectRecord(1, made.subject_id, "Jane Roe", SubjectKind.PRIVATE_PERSON, aliases, (), (directive,), (), key, ("baker",))
    assert record == expected
    assert registry.get_record(made.subject_id) == expected


def test_what_was_said_is_kept(registry: Registry, by: By) -> None:
    made = registry.create_opt_out(JANE, by)
    subject = registry.get_subject(made.subject_id)
    assert (subject.name, subject.external_ids, subject.occupations, subject.born) == (
        "Jane Roe",
        {"wikidata": "Q10475"},
        ("baker",),
        "1980-05-01",
    )
    case = registry.get_case(made.case_id)
    assert (case.status, case.requester, case.evidence, case.receipt) == ("active", JANE.requester, JANE.evidence, made.receipt)


def test_the_receipt_is_signed_and_names_nobody(registry: Registry, by: By) -> None:
    signed: list[bytes] = []

    def sign(content: bytes) -> str:
        signed.append(content)
        return "signature of it"

    made = registry.create_opt_out(JANE, by, sign=sign)
    assert made.receipt == {
        "type": "opt_out",
        "version": 1,
        "subject_id": made.subject_id,
        "directive_id": made.directive_id,
        "case_id": made.case_id,
        "status": "active",
        "protects": True,
        "scopes": ["all"],
        "exemptions": [],
        "modalities": ["prompt", "input_image", "output_image"],
        "jurisdictions": [],
        "effective_from": None,
        "expires_at": None,
        "defaults": {"scopes": "everything", "exemptions": "none", "expires_at": "no_end"},
        "issued_at": "2026-03-01T12:00:00.000000Z",
        "registry_revision": 1,
        "log_events": ["evt_1"],
        "signature": "signature of it",
    }
    assert signed == [b'{"case_id":"' + made.case_id.encode() + signed[0].split(made.case_id.encode())[1]]
    assert b"Jane" not in signed[0]


def test_it_is_audited_in_the_same_transaction(registry: Registry, by: By, auditor) -> None:
    made = registry.create_opt_out(JANE, by)
    (change,) = auditor.changes
    assert (change.action, change.actor, change.revision, list(change.subjects)) == ("opt_out.create", "key_staff", 1, [made.subject_id])
    assert change.details["directive_id"] == made.directive_id
    with read(registry.engine) as connection:
        assert connection.execute(select(EVENT_QUEUE.c.id)).scalars().all() == ["evt_1"]


def test_nothing_happens_when_the_audit_fails(registry: Registry) -> None:
    def broken(change: Change) -> list[QueuedEvent]:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        registry.create_opt_out(JANE, By("key_staff", broken))
    assert (registry.revision(), registry.records(None), registry.keyring.get_all("subject")) == (0, (0, [], []), {})


ROLES = [
    pytest.param("staff", True, DirectiveStatus.ACTIVE, "active", id="staff"),
    pytest.param("staff", False, DirectiveStatus.PENDING_VERIFICATION, "verifying", id="staff where a setting says to verify"),
    *(
        pytest.param(r, True, DirectiveStatus.PENDING_VERIFICATION, "verifying", id=r)
        for r in ("self", "agent", "guardian", "estate", "regulator")
    ),
]


@pytest.mark.parametrize(("role", "staff_active", "status", "case_status"), ROLES)
def test_how_it_begins(
    registry: Registry, by: By, settings: Settings, role: str, staff_active: bool, status: DirectiveStatus, case_status: str
) -> None:
    settings.staff_opt_outs_active = staff_active
    made = registry.create_opt_out(replace(JANE, requester=Requester(role)), by)
    case = registry.get_case(made.case_id)
    assert (made.status, case.status, made.receipt["protects"]) == (status, case_status, True)
    assert registry.records(None)[1][0].directives[0].status is status


def test_pending_does_not_protect_where_a_setting_says_so(registry: Registry, by: By, settings: Settings) -> None:
    settings.pending_protects = False
    made = registry.create_opt_out(replace(JANE, requester=Requester("self")), by)
    assert made.receipt["protects"] is False


def test_one_that_begins_later_does_not_protect_yet(registry: Registry, by: By, clock) -> None:
    later = DirectiveData(channels=CHANNELS, effective_from=clock.now + timedelta(days=1), expires_at=clock.now + timedelta(days=2))
    made = registry.create_opt_out(replace(JANE, directive=later), by)
    assert (made.receipt["protects"], made.receipt["effective_from"], made.receipt["expires_at"]) == (
        False,
        "2026-03-02T12:00:00.000000Z",
        "2026-03-03T12:00:00.000000Z",
    )


def test_an_alias_that_would_refuse_everything_refuses_the_whole(registry: Registry, by: By) -> None:
    with pytest.raises(InvalidInputError) as caught:
        registry.create_opt_out(opt_out("Jane Roe", "Janey", "...", "!?"), by)
    reason = "cannot be an alias: it has no letter or digit"
    assert caught.value.errors == (FieldError("/subject/aliases/1", f"'...' {reason}"), FieldError("/subject/aliases/2", f"'!?' {reason}"))
    assert registry.records(None) == (0, [], [])


DUPLICATES = [
    pytest.param(opt_out("Jane Roe"), "an equal alias", id="the same name"),
    pytest.param(opt_out("ＪＡＮＥ  roe"), "an equal alias", id="the same name after folding"),
    pytest.param(opt_out("Jean Doe", "Jänne Roe-Smith"), "an equal alias", id="the name as an alias"),
    pytest.param(opt_out("Jane Roe", ids={"wikidata": "Q10475"}), "the same wikidata id", id="the same id and name"),
    pytest.param(
        opt_out("Somebody Else", ids={"wikidata": "Q10475"}, born="1700"), "the same wikidata id", id="the same id, another birth date"
    ),
    pytest.param(opt_out("Jane Roe", ids={"imdb": "Q10475"}), "an equal alias", id="an id of another scheme"),
    pytest.param(opt_out("Jane Roe", born="1980"), "an equal alias", id="the year of the birth date"),
    pytest.param(opt_out("Jane Roe", ids={"wikidata": "Q2"}), None, id="another id of the same scheme"),
    pytest.param(opt_out("Jane Roe", born="1981-05-01"), None, id="another birth date"),
    pytest.param(opt_out("Jane Roes"), None, id="another name"),
    pytest.param(opt_out("Jane"), None, id="a weak part of the name"),
    pytest.param(opt_out("Jean Doe", ids={"imdb": "Q10475"}), None, id="the id in another scheme"),
]


@pytest.mark.parametrize(("second", "reason"), DUPLICATES)
def test_likely_duplicates(registry: Registry, by: By, second: OptOut, reason: str | None) -> None:
    first = registry.create_opt_out(JANE, by)
    if reason is None:
        assert registry.create_opt_out(second, by).registry_revision == 2
        return
    with pytest.raises(ConflictError, match="already protected") as caught:
        registry.create_opt_out(second, by)
    assert caught.value.duplicates == (Duplicate(first.subject_id, reason, True),)
    assert registry.revision() == 1
    assert registry.create_opt_out(second, by, allow_duplicate=True).subject_id != first.subject_id


def test_a_duplicate_whose_protection_ended_says_so(registry: Registry, by: By) -> None:
    first = registry.create_opt_out(JANE, by)
    registry.revoke_directive(first.directive_id, "changed my mind", by)
    with pytest.raises(ConflictError, match="not protected now") as caught:
        registry.create_opt_out(JANE, by)
    assert caught.value.duplicates == (Duplicate(first.subject_id, "the same wikidata id", False),)


def test_an_erased_person_is_no_duplicate(registry: Registry, by: By) -> None:
    first = registry.create_opt_out(JANE, by)
    registry.erase_subject(first.subject_id, by)
    assert registry.create_opt_out(JANE, by).subject_id != first.subject_id


def test_no_personal_word_is_in_the_database(registry: Registry, by: By) -> None:
    made = registry.create_opt_out(JANE, by)
    registry.revoke_directive(made.directive_id, "Jane Roe changed her mind", by)
    with read(registry.engine) as connection:
        tables = ("subject", "alias", "directive", "case_file", "case_step", "wrapped_key", "event_queue")
        dump = " ".join(repr([tuple(row) for row in connection.execute(text(f"SELECT * FROM {table}"))]) for table in tables)
    assert [word for word in ("Jane", "Roe", "Q10475", "baker", "1980", "Agent", "ann@", "scan 12", "abab", "mind") if word in dump] == []
