"""Directives and grants: versions that are only ever added."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from guard.errors import ConflictError, InvalidInputError, NotFoundError
from guard.registry.directive_versions import protected
from guard.registry.store import Registry
from guard.registry.tables import DIRECTIVE
from guard.registry.values import By, DirectiveChange, DirectiveData, OptOut, Requester, SubjectData
from guard.storage import read
from guard.types import Channel, Directive, DirectiveStatus, Effect, KeyRole, SubjectKind
from tests.guard.registry.conftest import NOON, Auditor

GRANT = DirectiveData(
    tenant="acme",
    purposes=("advertising",),
    scopes=("likeness",),
    endpoints=("images.generations",),
    models=("gpt-image-1",),
    use_description="one poster",
    max_uses=3,
)


@pytest.fixture
def subject_id(registry: Registry, by: By) -> str:
    return registry.create_subject(SubjectData("Jane Roe"), by).id


def test_a_grant(registry: Registry, by: By, subject_id: str) -> None:
    made = registry.create_grant(subject_id, GRANT, by)
    warning = "tenant 'acme' has no caller key yet, so nobody can use this grant; make one with POST /admin/v1/keys"
    assert made == DirectiveChange(made.directive_id, 1, DirectiveStatus.ACTIVE, None, 2, (warning,))
    (record,) = registry.records(1)[1]
    assert record.directives == (
        Directive(
            made.directive_id,
            1,
            Effect.ALLOW,
            DirectiveStatus.ACTIVE,
            scopes=("likeness",),
            tenant="acme",
            purposes=("advertising",),
            endpoints=("images.generations",),
            models=("gpt-image-1",),
            max_uses=3,
        ),
    )
    assert [tenant.name for tenant in registry.tenants()] == ["acme"]
    assert registry.list_directives(subject_id)[0].use_description == "one poster"


def test_a_grant_to_a_tenant_with_a_key_needs_no_warning(registry: Registry, by: By, subject_id: str) -> None:
    registry.create_key(KeyRole.CALLER, "acme", "", by)
    assert registry.create_grant(subject_id, GRANT, by).warnings == ()


def test_terms_make_it_an_allow_with_terms(registry: Registry, by: By, subject_id: str) -> None:
    registry.create_grant(subject_id, replace(GRANT, terms=("label",)), by)
    assert [(d.effect, d.terms) for d in registry.records(None)[1][0].directives] == [(Effect.ALLOW_WITH_TERMS, ("label",))]


def test_revoking_adds_a_version(registry: Registry, by: By, subject_id: str) -> None:
    grant = registry.create_grant(subject_id, GRANT, by)
    revoked = registry.revoke_directive(grant.directive_id, "the campaign ended", by)
    assert revoked == DirectiveChange(grant.directive_id, 2, DirectiveStatus.REVOKED, None, 3)
    assert registry.records(None)[1][0].directives == ()
    history = registry.directive_history(grant.directive_id)
    assert [(v.directive.version, v.directive.status.value, v.reason, v.use_description) for v in history] == [
        (1, "active", "", "one poster"),
        (2, "revoked", "the campaign ended", "one poster"),
    ]
    with read(registry.engine) as connection:
        assert connection.execute(select(func.count()).select_from(DIRECTIVE)).scalar_one() == 2


def test_revoking_twice_is_a_conflict(registry: Registry, by: By, subject_id: str) -> None:
    grant = registry.create_grant(subject_id, GRANT, by)
    registry.revoke_directive(grant.directive_id, "", by)
    with pytest.raises(ConflictError, match="is revoked already"):
        registry.revoke_directive(grant.directive_id, "", by)
    assert registry.revision() == 3


@pytest.mark.parametrize("call", ["revoke", "history"])
def test_an_unknown_directive(registry: Registry, by: By, call: str) -> None:
    with pytest.raises(NotFoundError, match="no directive 'dir_x'"):
        registry.revoke_directive("dir_x", "", by) if call == "revoke" else registry.directive_history("dir_x")


def test_an_unknown_subject(registry: Registry, by: By) -> None:
    with pytest.raises(NotFoundError, match="no subject 'sub_x'"):
        registry.create_grant("sub_x", GRANT, by)
    assert (registry.revision(), registry.tenants()) == (0, [])


def test_another_deny_with_its_case(registry: Registry, by: By, subject_id: str) -> None:
    data = DirectiveData(Effect.DENY, scopes=("sexual",), exemptions=("news",), channels=(Channel.PROMPT,), jurisdictions=("DE",))
    made = registry.add_directive(subject_id, data, by, Requester("agent", "Ann Agent"))
    assert (made.version, made.status, made.registry_revision) == (1, DirectiveStatus.PENDING_VERIFICATION, 2)
    assert made.case_id is not None
    case = registry.get_case(made.case_id)
    assert (case.directive_id, case.subject_id, case.status, case.requester.name) == (
        made.directive_id,
        subject_id,
        "verifying",
        "Ann Agent",
    )


def test_revoking_withdraws_the_case(registry: Registry, by: By) -> None:
    made = registry.create_opt_out(OptOut(SubjectData("Jane Roe")), by)
    registry.revoke_directive(made.directive_id, "asked by phone", by)
    case = registry.get_case(made.case_id)
    assert [(step.status, step.reason) for step in case.steps] == [("active", ""), ("withdrawn", "asked by phone")]


@pytest.mark.parametrize(("hours", "refused"), [(-1, True), (0, True), (1, False)], ids=["past", "this moment", "to come"])
def test_what_would_never_bind_is_refused(registry: Registry, by: By, hours: int, refused: bool) -> None:
    subject = registry.create_subject(SubjectData("Jane Roe"), by)
    data = DirectiveData(tenant="acme", expires_at=NOON + timedelta(hours=hours))
    ways = [
        lambda: registry.create_grant(subject.id, data, by),
        lambda: registry.add_directive(subject.id, data, by),
        lambda: registry.create_opt_out(OptOut(SubjectData("John Doe"), directive=data), by),
    ]
    for way in ways:
        if refused:
            with pytest.raises(InvalidInputError, match="would never bind") as error:
                way()
            assert [fault.pointer for fault in error.value.errors] == ["/expires_at"]
        else:
            way()
    assert len(registry.list_directives(subject.id)) == (0 if refused else 2)


def test_each_change_is_told_in_full(registry: Registry, by: By, auditor: Auditor, subject_id: str) -> None:
    added = registry.add_directive(subject_id, DirectiveData(), by)
    granted = registry.create_grant(subject_id, GRANT, by)
    registry.revoke_directive(granted.directive_id, "over", by)
    assert added.case_id is not None
    assert (added.directive_id[:4], granted.directive_id[:4], added.case_id[:5]) == ("dir_", "dir_", "case_")
    about = {"subject_id": subject_id, "tenant": "acme", "directive_id": granted.directive_id, "effect": "allow"}
    told = [(change.action, {name: change.details.get(name) for name in (*about, "version", "status")}) for change in auditor.changes[-3:]]
    assert told == [
        (
            "directive.add",
            {
                "subject_id": subject_id,
                "tenant": None,
                "directive_id": added.directive_id,
                "effect": "deny",
                "version": 1,
                "status": "active",
            },
        ),
        ("grant.create", {**about, "version": 1, "status": "active"}),
        ("directive.revoke", {**about, "version": 2, "status": "revoked"}),
    ]
    assert [list(change.subjects) for change in auditor.changes[-3:]] == [[subject_id]] * 3


def test_a_deny_binds_from_its_first_moment_to_before_its_last(registry: Registry, by: By, subject_id: str) -> None:
    hour = timedelta(hours=1)
    directive = registry.add_directive(subject_id, DirectiveData(effective_from=NOON, expires_at=NOON + hour), by)
    with read(registry.engine) as connection:
        no = connection.execute(select(DIRECTIVE.c.subject_no).where(DIRECTIVE.c.id == directive.directive_id)).scalar_one()
        held = [protected(connection, no, NOON + late, pending_protects=True) for late in (-hour, 0 * hour, hour / 2, hour)]
    assert held == [False, True, True, False]


def test_a_directive_without_words_seals_none(registry: Registry, by: By, subject_id: str) -> None:
    directive = registry.add_directive(subject_id, DirectiveData(), by)
    with read(registry.engine) as connection:
        assert connection.execute(select(DIRECTIVE.c.words).where(DIRECTIVE.c.id == directive.directive_id)).scalar_one() is None


def test_what_has_passed_is_said_to_the_letter(registry: Registry, by: By, subject_id: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        registry.add_directive(subject_id, DirectiveData(expires_at=NOON), by)
    assert str(refused.value) == "expires_at has passed already (2026-03-01T12:00:00+00:00), so this would never bind"


def test_the_end_that_the_post_mortem_term_sets_is_said(registry: Registry, by: By) -> None:
    person = registry.create_subject(SubjectData("Jane Roe", kind=SubjectKind.DECEASED, died="2020-05-01"), by)
    stated, unstated = (
        registry.add_directive(person.id, data, by) for data in (DirectiveData(expires_at=NOON + timedelta(days=9)), DirectiveData())
    )
    said = [[warning for warning in made.warnings if "post-mortem term" in warning] for made in (stated, unstated)]
    assert said == [[], ["nobody stated an end: this ends with the post-mortem term, 2090-05-02T00:00:00+00:00"]]
