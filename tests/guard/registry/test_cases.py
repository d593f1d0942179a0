"""Cases: where they may go, and what that makes of the directive."""

from datetime import timedelta

import pytest

from guard.errors import ConflictError, NotFoundError
from guard.registry.case_files import DIRECTIVE_AFTER, TRANSITIONS
from guard.registry.store import Registry
from guard.registry.values import By, CaseData, Evidence, OptOut, OptOutReceipt, Requester, SubjectData


@pytest.fixture
def pending(registry: Registry, by: By) -> OptOutReceipt:
    return registry.create_opt_out(OptOut(SubjectData("Jane Roe"), Requester("agent", "Ann Agent")), by)


PATHS = [
    pytest.param(["active"], "active", id="verified"),
    pytest.param(["rejected"], "rejected", id="rejected"),
    pytest.param(["withdrawn"], "revoked", id="withdrawn"),
    pytest.param(["active", "disputed"], "active", id="a dispute alone changes nothing"),
    pytest.param(["active", "disputed", "rejected"], "rejected", id="lost in a dispute"),
    pytest.param(["active", "superseded"], "superseded", id="superseded"),
    pytest.param(["rejected", "appealed"], "rejected", id="an appeal alone changes nothing"),
    pytest.param(["rejected", "appealed", "active"], "active", id="won on appeal"),
]


@pytest.mark.parametrize(("steps", "status"), PATHS)
def test_the_directive_follows(registry: Registry, by: By, pending: OptOutReceipt, steps: list[str], status: str) -> None:
    for step in steps:
        case = registry.transition_case(pending.case_id, step, f"because {step}", by)
    assert [(s.status, s.reason) for s in case.steps] == [("verifying", ""), *((s, f"because {s}") for s in steps)]
    assert registry.list_directives(pending.subject_id)[0].directive.status.value == status
    bound = registry.records(None)[1][0].directives
    assert [d.status.value for d in bound] == ([status] if status == "active" else [])


def test_a_step_that_leads_nowhere(registry: Registry, by: By, pending: OptOutReceipt) -> None:
    with pytest.raises(ConflictError, match="is verifying and cannot become 'disputed'; from there it goes to active, rejected, withdrawn"):
        registry.transition_case(pending.case_id, "disputed", "", by)
    assert registry.revision() == 1


def test_every_state_is_in_the_table() -> None:
    reached = {to for ways in TRANSITIONS.values() for to in ways}
    assert reached | {"received"} == set(TRANSITIONS)
    assert set(DIRECTIVE_AFTER) <= set(TRANSITIONS)


def test_a_case_that_is_no_opt_out(registry: Registry, by: By) -> None:
    data = CaseData(
        "abuse_report", None, None, Requester("self", "Ann", "ann@example.org"), (Evidence("link", "https://example.org"),), "see there"
    )
    made = registry.create_case(data, by)
    assert (made.status, made.kind, made.requester, made.evidence, made.note) == (
        "received",
        "abuse_report",
        data.requester,
        data.evidence,
        "see there",
    )
    assert made == registry.get_case(made.id)
    assert registry.transition_case(made.id, "verifying", "", by).status == "verifying"


def test_a_case_of_a_subject_that_has_another_directive(registry: Registry, by: By, pending: OptOutReceipt) -> None:
    other = registry.create_subject(SubjectData("John Doe"), by)
    with pytest.raises(ConflictError, match="is not one of subject"):
        registry.create_case(CaseData(subject_id=other.id, directive_id=pending.directive_id), by)


CLOCKS = [
    pytest.param("regulator", 3, id="an order: 3 hours"),
    pytest.param("court", 3, id="a court"),
    pytest.param("agent", 48, id="a request: 48 hours"),
]


@pytest.mark.parametrize(("role", "hours"), CLOCKS)
def test_clocks(registry: Registry, by: By, clock, role: str, hours: int) -> None:
    made = registry.create_opt_out(OptOut(SubjectData("Jane Roe"), Requester(role)), by)
    assert registry.get_case(made.case_id).due_at == clock.now + timedelta(hours=hours)
    assert registry.transition_case(made.case_id, "active", "", by).closed_at == clock.now


def test_listing(registry: Registry, by: By) -> None:
    ids = [registry.create_case(CaseData(kind=f"k{n}"), by).id for n in range(5)]
    first = registry.list_cases(2)
    second = registry.list_cases(2, first.next_cursor)
    third = registry.list_cases(2, second.next_cursor)
    assert [case.id for page in (first, second, third) for case in page.items] == ids[::-1]
    assert third.next_cursor is None
    registry.transition_case(ids[0], "rejected", "", by)
    assert [case.id for case in registry.list_cases(status="rejected").items] == [ids[0]]


def test_an_unknown_case(registry: Registry, by: By) -> None:
    with pytest.raises(NotFoundError, match="no case 'case_x'"):
        registry.transition_case("case_x", "active", "", by)


def test_the_words_of_a_case_go_with_the_subject(registry: Registry, by: By, pending: OptOutReceipt) -> None:
    registry.erase_subject(pending.subject_id, by)
    case = registry.get_case(pending.case_id)
    assert (case.status, case.requester, case.receipt) == ("verifying", Requester("agent"), None)
    assert [case.id for case in registry.list_cases().items] == [pending.case_id]
