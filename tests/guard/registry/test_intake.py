"""What strangers ask for by the public form protects at once, for a while, and not without bounds."""

from datetime import timedelta

import pytest

from guard.registry.case_files import PUBLIC
from guard.registry.store import Registry
from guard.registry.values import By, CaseData, DirectiveData, Evidence, OptOut, Requester, StatedAlias, SubjectData
from guard.settings import Settings
from guard.types import DirectiveStatus
from tests.guard.registry.conftest import NOON, Auditor, Clock


@pytest.fixture
def stranger(auditor: Auditor) -> By:
    return By(PUBLIC, auditor)


def claim(name: str = "Jane Roe") -> OptOut:
    return OptOut(SubjectData(name, aliases=(StatedAlias(f"{name} Junior"),)), Requester("self", name, "jane@example.org"))


def directives(registry: Registry) -> list[tuple[DirectiveStatus, object]]:
    return [(d.status, d.expires_at) for person in registry.records(None)[1] for d in person.directives]


def test_it_protects_for_some_days(registry: Registry, stranger: By, clock: Clock) -> None:
    case = registry.get_case(registry.take_in(claim(), stranger))
    assert (case.status, case.kind, case.requester.contact) == ("verifying", "opt_out", "jane@example.org")
    assert directives(registry) == [(DirectiveStatus.PENDING_VERIFICATION, NOON + timedelta(days=14))]


def test_once_confirmed_it_protects_without_end(registry: Registry, stranger: By, by: By, clock: Clock) -> None:
    number = registry.take_in(claim(), stranger)
    clock.advance(days=20)
    case = registry.transition_case(number, "active", "seen", by, sign=lambda _: "signed")
    assert directives(registry) == [(DirectiveStatus.ACTIVE, None)]
    assert case.receipt is not None
    assert {name: case.receipt[name] for name in ("status", "protects", "expires_at", "signature")} == {
        "status": "active",
        "protects": True,
        "expires_at": None,
        "signature": "signed",
    }


def test_an_end_that_somebody_stated_stays(registry: Registry, by: By) -> None:
    until = NOON + timedelta(days=30)
    made = registry.create_opt_out(OptOut(SubjectData("Jane Roe"), Requester("self"), directive=DirectiveData(expires_at=until)), by)
    registry.transition_case(made.case_id, "active", "", by)
    assert directives(registry) == [(DirectiveStatus.ACTIVE, until)]


def test_beyond_the_bound_it_waits_for_the_staff(registry: Registry, stranger: By, by: By, settings: Settings) -> None:
    settings.public_intake_open = 2
    first, _, third = (registry.take_in(claim(name), stranger) for name in ("Jane Roe", "John Doe", "Ann Ash"))
    case = registry.get_case(third)
    assert (case.status, case.subject_id, case.note) == (
        "received",
        None,
        "Asked by the public form for: Ann Ash, Ann Ash Junior. It does not protect yet: too many unverified requests are open.",
    )
    registry.transition_case(first, "rejected", "a prank", by)
    registry.transition_case(third, "rejected", "a prank", by)
    assert registry.get_case(registry.take_in(claim("Bo Birch"), stranger)).status == "verifying"


def test_a_common_name_waits_for_the_staff(registry: Registry, stranger: By) -> None:
    case = registry.get_case(registry.take_in(claim(), stranger, common=lambda asked: asked.subject.name == "Jane Roe"))
    assert (case.status, directives(registry), "many recent requests" in case.note) == ("received", [], True)


def test_staff_opens_as_many_as_it_likes(registry: Registry, by: By, stranger: By, settings: Settings) -> None:
    settings.public_intake_open = 1
    for name in ("Jane Roe", "John Doe"):
        registry.create_opt_out(claim(name), by)
    assert (registry.unverified(), registry.get_case(registry.take_in(claim("Ann Ash"), stranger)).status) == (0, "verifying")


def test_a_namesake_gets_a_case_and_changes_nothing(registry: Registry, by: By, stranger: By) -> None:
    registry.create_opt_out(claim(), by)
    before = directives(registry)
    data = CaseData(requester=Requester("self", "Jane Roe", "other@example.org"), evidence=(Evidence("statement", "the potter"),))
    case = registry.get_case(registry.namesake(data, stranger))
    assert (case.kind, case.status, case.subject_id, directives(registry)) == ("namesake", "received", None, before)
