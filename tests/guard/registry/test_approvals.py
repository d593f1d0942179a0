"""With `two_person`, one person may protect; to confirm a claim, to permit, or to end a protection takes two."""

import pytest
from sqlalchemy import delete

from guard.errors import ConflictError
from guard.registry.store import Registry
from guard.registry.tables import CASE
from guard.registry.values import By, DirectiveData, OptOut, OptOutReceipt, Requester, SubjectData
from guard.settings import Settings
from guard.types import DirectiveStatus, Effect, KeyRole
from tests.guard.registry.conftest import Auditor

SYSTEM = By("system")


@pytest.fixture
def settings(settings: Settings) -> Settings:
    settings.two_person = True
    return settings


@pytest.fixture
def ann(registry: Registry, auditor: Auditor) -> By:
    return By(registry.create_key(KeyRole.REGISTRAR, None, "Ann", SYSTEM).id, auditor)


@pytest.fixture
def bob(registry: Registry, auditor: Auditor) -> By:
    return By(registry.create_key(KeyRole.REGISTRAR, None, "Bob", SYSTEM).id, auditor)


@pytest.fixture
def claim(registry: Registry, ann: By) -> OptOutReceipt:
    return registry.create_opt_out(OptOut(SubjectData("Jane Roe"), Requester("agent", "Ann Agent")), ann)


def status_of(registry: Registry, receipt: OptOutReceipt) -> DirectiveStatus:
    return registry.list_directives(receipt.subject_id)[0].directive.status


def test_a_claim_is_confirmed_by_two(registry: Registry, ann: By, bob: By, claim: OptOutReceipt, auditor: Auditor) -> None:
    proposed = registry.transition_case(claim.case_id, "active", "mandate seen", ann)
    assert (proposed.status, proposed.steps[-1].proposes, proposed.steps[-1].reason, proposed.due_at == proposed.opened_at) == (
        "verifying",
        "active",
        "mandate seen",
        False,
    )
    assert status_of(registry, claim) is DirectiveStatus.PENDING_VERIFICATION
    confirmed = registry.transition_case(claim.case_id, "active", "seen too", bob)
    assert (confirmed.status, [(s.status, s.actor, s.proposes) for s in confirmed.steps]) == (
        "active",
        [("verifying", ann.actor, None), ("verifying", ann.actor, "active"), ("active", bob.actor, None)],
    )
    assert status_of(registry, claim) is DirectiveStatus.ACTIVE
    assert auditor.changes[-1].details["proposed_by"] == ann.actor


def test_who_proposed_it_does_not_confirm_it(registry: Registry, ann: By, claim: OptOutReceipt) -> None:
    registry.transition_case(claim.case_id, "active", "", ann)
    before = registry.get_case(claim.case_id)
    with pytest.raises(ConflictError, match="you are the same key, so"):
        registry.transition_case(claim.case_id, "active", "", ann)
    assert registry.get_case(claim.case_id) == before


def test_a_key_that_one_made_is_no_second_person(registry: Registry, ann: By, claim: OptOutReceipt, auditor: Auditor) -> None:
    child = registry.create_key(KeyRole.REGISTRAR, None, "Zoe", ann)
    grandchild = By(registry.create_key(KeyRole.REGISTRAR, None, "Yan", By(child.id)).id, auditor)
    registry.transition_case(claim.case_id, "active", "", ann)
    with pytest.raises(ConflictError, match="was made with that key, so"):
        registry.transition_case(claim.case_id, "active", "", grandchild)


def test_nor_is_the_key_that_made_one(registry: Registry, ann: By, claim: OptOutReceipt, auditor: Auditor) -> None:
    child = By(registry.create_key(KeyRole.REGISTRAR, None, "Zoe", ann).id, auditor)
    registry.transition_case(claim.case_id, "active", "", child)
    with pytest.raises(ConflictError, match="was made with yours, so"):
        registry.transition_case(claim.case_id, "active", "", ann)


def test_two_keys_of_one_name_are_one_person(registry: Registry, ann: By, claim: OptOutReceipt, auditor: Auditor) -> None:
    other = By(registry.create_key(KeyRole.ADMIN, None, " ANN ", SYSTEM).id, auditor)
    registry.transition_case(claim.case_id, "active", "", ann)
    with pytest.raises(ConflictError, match="both keys carry one name, so"):
        registry.transition_case(claim.case_id, "active", "", other)


def test_keys_without_a_name_may_be_two_people(registry: Registry, claim: OptOutReceipt, auditor: Auditor) -> None:
    one, other = (By(registry.create_key(KeyRole.REGISTRAR, None, "", SYSTEM).id, auditor) for _ in range(2))
    registry.transition_case(claim.case_id, "active", "", one)
    assert registry.transition_case(claim.case_id, "active", "", other).status == "active"


def test_another_proposal_takes_the_place_of_the_first(registry: Registry, ann: By, bob: By, claim: OptOutReceipt) -> None:
    registry.transition_case(claim.case_id, "active", "", ann)
    registry.transition_case(claim.case_id, "active", "", bob)
    registry.transition_case(claim.case_id, "withdrawn", "", ann)
    registry.transition_case(claim.case_id, "superseded", "", bob)
    assert registry.get_case(claim.case_id).status == "active"
    assert registry.transition_case(claim.case_id, "superseded", "", ann).status == "superseded"


def test_one_person_rejects_a_claim_that_nobody_confirmed(registry: Registry, ann: By, claim: OptOutReceipt) -> None:
    assert registry.transition_case(claim.case_id, "rejected", "a prank", ann).status == "rejected"
    assert status_of(registry, claim) is DirectiveStatus.REJECTED


def test_one_person_protects_and_two_end_it(registry: Registry, ann: By, bob: By) -> None:
    made = registry.create_opt_out(OptOut(SubjectData("Jane Roe")), ann)
    waits = registry.revoke_directive(made.directive_id, "wrong", ann)
    assert (waits.status, waits.version, waits.case_id) == (DirectiveStatus.ACTIVE, 1, made.case_id)
    assert made.case_id in waits.warnings[0]
    assert registry.records(None)[1][0].directives[0].status is DirectiveStatus.ACTIVE
    with pytest.raises(ConflictError, match="same key"):
        registry.revoke_directive(made.directive_id, "wrong", ann)
    assert registry.revoke_directive(made.directive_id, "wrong", bob).status is DirectiveStatus.REVOKED
    assert registry.get_case(made.case_id).status == "withdrawn"


def test_a_protection_is_not_ended_by_way_of_verifying_it_anew(registry: Registry, ann: By) -> None:
    made = registry.create_opt_out(OptOut(SubjectData("Jane Roe")), ann)
    registry.transition_case(made.case_id, "disputed", "", ann)
    assert registry.transition_case(made.case_id, "rejected", "", ann).steps[-1].proposes == "rejected"
    assert status_of(registry, made) is DirectiveStatus.ACTIVE


def test_a_grant_binds_when_a_second_person_vouches_for_it(registry: Registry, ann: By, bob: By) -> None:
    subject = registry.create_subject(SubjectData("Jane Roe"), ann)
    grant = registry.create_grant(subject.id, DirectiveData(tenant="acme", terms=("label",)), ann)
    assert (grant.status, grant.case_id in grant.warnings[-1]) == (DirectiveStatus.PENDING_VERIFICATION, True)
    with pytest.raises(ConflictError, match="same key"):
        registry.transition_case(grant.case_id, "active", "", ann)
    assert registry.transition_case(grant.case_id, "active", "contract seen", bob).status == "active"
    held = registry.list_directives(subject.id)[0].directive
    assert (held.status, held.effect) == (DirectiveStatus.ACTIVE, Effect.ALLOW_WITH_TERMS)


def test_an_allow_stated_as_a_directive_waits_too(registry: Registry, ann: By, bob: By) -> None:
    subject = registry.create_subject(SubjectData("Jane Roe"), ann)
    made = registry.add_directive(subject.id, DirectiveData(Effect.ALLOW), ann)
    assert made.status is DirectiveStatus.PENDING_VERIFICATION
    assert registry.transition_case(made.case_id, "active", "", bob).status == "active"


def test_ending_a_permission_takes_one(registry: Registry, ann: By, bob: By) -> None:
    subject = registry.create_subject(SubjectData("Jane Roe"), ann)
    grant = registry.create_grant(subject.id, DirectiveData(tenant="acme"), ann)
    registry.transition_case(grant.case_id, "active", "", bob)
    assert registry.revoke_directive(grant.directive_id, "", ann).status is DirectiveStatus.REVOKED


def test_what_follows_a_revocation_without_the_setting(registry: Registry, ann: By, settings: Settings) -> None:
    settings.two_person = False
    made = registry.create_opt_out(OptOut(SubjectData("Jane Roe")), ann)
    assert registry.revoke_directive(made.directive_id, "", ann).status is DirectiveStatus.REVOKED


def test_what_two_agree_about_needs_a_case(registry: Registry, ann: By, claim: OptOutReceipt, bob: By) -> None:
    registry.transition_case(claim.case_id, "active", "", ann)
    registry.transition_case(claim.case_id, "active", "", bob)
    with registry.engine.begin() as connection:
        connection.execute(delete(CASE))
    with pytest.raises(ConflictError, match="has no case in which two people could agree"):
        registry.revoke_directive(claim.directive_id, "", ann)


def test_the_record_says_what_it_was_before(registry: Registry, ann: By, auditor: Auditor) -> None:
    subject = registry.create_subject(SubjectData("Jane Roe"), ann)
    made = registry.add_directive(subject.id, DirectiveData(), ann, Requester("self"))
    registry.transition_case(made.case_id, "rejected", "", ann)
    details = auditor.changes[-1].details
    assert (details["status"], details["status_before"], details["case_status"]) == ("rejected", "pending_verification", "rejected")


def test_what_an_agent_asks_for_is_nobodys_proposal(registry: Registry, ann: By, claim: OptOutReceipt) -> None:
    asked = DirectiveData(effect=Effect.ALLOW, tenant="acme")
    theirs = registry.add_directive(claim.subject_id, asked, ann, Requester("agent", "Ann Agent"))
    ours = registry.add_directive(claim.subject_id, asked, ann)
    assert theirs.case_id is not None
    assert ours.case_id is not None
    assert [registry.get_case(case_id).steps[-1].proposes for case_id in (theirs.case_id, ours.case_id)] == [None, "active"]
    assert len(ours.warnings) == len(theirs.warnings) + 1


def test_a_proposal_to_revoke_is_told_with_whom_it_concerns(
    registry: Registry, ann: By, bob: By, claim: OptOutReceipt, auditor: Auditor
) -> None:
    for who in (ann, bob):
        registry.transition_case(claim.case_id, "active", "", who)
    directive_id = registry.list_directives(claim.subject_id)[0].directive.id
    proposed = registry.revoke_directive(directive_id, "asked to", ann)
    assert (proposed.status, proposed.case_id, list(auditor.changes[-1].subjects)) == (
        DirectiveStatus.ACTIVE,
        claim.case_id,
        [claim.subject_id],
    )
    assert registry.revoke_directive(directive_id, "asked to", bob).status is DirectiveStatus.REVOKED
