"""What the kind of a person decides where a request leaves it open."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.decide.directives import in_force
from guard.errors import InvalidInputError
from guard.registry import kinds
from guard.registry.directive_versions import make
from guard.registry.evidence import AFTER_DEATH
from guard.registry.store import Registry
from guard.registry.subjects import Changes
from guard.registry.values import OPEN, By, DirectiveData, Evidence, OptOut, Requester, SubjectData
from guard.settings import Settings
from guard.types import Channel, DirectiveStatus, Effect, SubjectKind
from tests.guard.registry.conftest import NOON, Clock

END = datetime(2080, 1, 1, tzinfo=UTC)
MINOR, DECEASED = SubjectKind.MINOR, SubjectKind.DECEASED
OPENED = {"scopes": "everything", "exemptions": "none", "expires_at": "no_end"}


def day(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, tzinfo=UTC)


BY_KIND = [
    pytest.param(SubjectData("Jane Roe", SubjectKind.PUBLIC_FIGURE), None, OPENED, 0, id="a public figure"),
    pytest.param(SubjectData("Jane Roe", SubjectKind.PRIVATE_PERSON), None, OPENED, 0, id="a private person"),
    pytest.param(SubjectData("Jane Roe", MINOR, born="2015"), None, OPENED, 0, id="a minor"),
    pytest.param(
        SubjectData("Jane Roe", DECEASED, died="2001-02-03"),
        day(2071, 2, 4),
        OPENED | {"expires_at": "post_mortem_term"},
        0,
        id="deceased",
    ),
    pytest.param(
        SubjectData("Jane Roe", DECEASED, died="2001"), day(2072, 1, 1), OPENED | {"expires_at": "post_mortem_term"}, 0, id="in some year"
    ),
    pytest.param(SubjectData("Jane Roe", DECEASED), None, OPENED, 1, id="deceased, nobody knows when"),
]


@pytest.mark.parametrize(("subject", "end", "defaults", "warnings"), BY_KIND)
def test_what_is_left_open(
    registry: Registry, by: By, subject: SubjectData, end: datetime | None, defaults: dict[str, str], warnings: int
) -> None:
    made = registry.create_opt_out(OptOut(subject), by)
    (view,) = registry.list_directives(made.subject_id)
    assert (view.directive.scopes, view.directive.exemptions, view.directive.expires_at) == (("all",), (), end)
    assert (made.receipt["defaults"], len(made.warnings)) == (defaults, warnings)
    assert made.receipt["expires_at"] == (end and end.isoformat(timespec="microseconds").replace("+00:00", "Z"))


@pytest.mark.parametrize("kind", SubjectKind)
def test_what_is_stated_stays(registry: Registry, by: By, kind: SubjectKind) -> None:
    stated = DirectiveData(scopes=("sexual",), exemptions=("news",), stated=OPEN)
    died = "2001-02-03" if kind is DECEASED else None
    made = registry.create_opt_out(OptOut(SubjectData("Jane Roe", kind, died=died), directive=stated), by)
    receipt = made.receipt
    assert (receipt["scopes"], receipt["exemptions"], receipt["expires_at"], receipt["defaults"]) == (["sexual"], ["news"], None, {})


def test_one_more_directive_takes_them_too_and_says_so(registry: Registry, by: By) -> None:
    subject = registry.create_subject(SubjectData("Jane Roe", DECEASED, died="2001-02-03"), by)
    made = registry.add_directive(subject.id, DirectiveData(), by)
    assert made.warnings == ("nobody stated an end: this ends with the post-mortem term, 2071-02-04T00:00:00+00:00",)
    allowed = registry.add_directive(subject.id, DirectiveData(Effect.ALLOW, tenant="studio"), by)
    ends = {view.directive.effect: view.directive.expires_at for view in registry.list_directives(subject.id)}
    assert ends == {Effect.DENY: day(2071, 2, 4), Effect.ALLOW: None}
    assert "post-mortem" not in " ".join(allowed.warnings)


def test_a_death_changes_nothing_that_was_stored(registry: Registry, by: By) -> None:
    made = registry.create_opt_out(OptOut(SubjectData("Jane Roe")), by)
    changes = Changes(SubjectData("", DECEASED, died="2026-02-01"), frozenset({"kind", "died"}))
    changed = registry.patch_subject(made.subject_id, changes, by)
    assert (changed.kind, changed.died) == (DECEASED, "2026-02-01")
    assert registry.list_directives(made.subject_id)[0].directive.expires_at is None


def test_a_term_that_is_over_protects_nobody_unseen(registry: Registry, by: By, settings: Settings) -> None:
    long_ago = SubjectData("Jane Roe", DECEASED, died="1901")
    with pytest.raises(InvalidInputError, match=r"post-mortem term of 70 years ended 1972-01-01; state it") as caught:
        registry.create_opt_out(OptOut(long_ago), by)
    assert [error.pointer for error in caught.value.errors] == ["/expires_at"]
    settings.post_mortem_years = 0
    assert registry.create_opt_out(OptOut(long_ago), by).receipt["defaults"]["expires_at"] == "no_end"


def test_an_import_takes_them_too(registry: Registry, by: By) -> None:
    lines = b"name,kind,died\nJane Roe,deceased,2001-02-03\n"
    assert registry.import_opt_outs(lines, by, csv=True).imported == 1
    (subject,) = registry.iter_subjects()
    assert registry.list_directives(subject.id)[0].directive.expires_at == day(2071, 2, 4)
    (refused,) = registry.import_opt_outs(b"name,kind,died\nJohn Doe,deceased,1901\n", by, csv=True).refused
    assert "post-mortem term" in refused.reason


EARLY = "this ends at 2033-12-30T00:00:00+00:00, before this person is certainly of age (2033-12-31)"


@pytest.mark.parametrize(("end", "warnings"), [(day(2033, 12, 30), (EARLY,)), (day(2033, 12, 31), ())])
def test_a_minors_protection_that_ends_early_is_pointed_out(registry: Registry, by: By, end: datetime, warnings: tuple[str, ...]) -> None:
    made = registry.create_opt_out(OptOut(SubjectData("Jane Roe", MINOR, born="2015"), directive=DirectiveData(expires_at=end)), by)
    assert made.warnings == warnings
    assert registry.list_directives(made.subject_id)[0].directive.expires_at == end


WRONG = [
    pytest.param(SubjectData("Jane Roe", DECEASED, died="2001-02-30"), "is no day that exists", id="no day"),
    pytest.param(SubjectData("Jane Roe", DECEASED, died="0000"), "is no day that exists", id="no year"),
    pytest.param(SubjectData("Jane Roe", DECEASED, born="1980-05", died="1980-04-30"), "comes before the birth", id="before birth"),
    pytest.param(SubjectData("Jane Roe", died="2001"), "goes with kind `deceased`", id="of the living"),
]


@pytest.mark.parametrize(("subject", "reason"), WRONG)
def test_a_death_that_cannot_be(registry: Registry, by: By, subject: SubjectData, reason: str) -> None:
    with pytest.raises(InvalidInputError, match=reason) as caught:
        registry.create_opt_out(OptOut(subject), by)
    assert [error.pointer for error in caught.value.errors] == ["/subject/died"]


DAYS = [
    pytest.param("2000-02-29", day(2070, 3, 1), id="on a leap day"),
    pytest.param("2000-02-28", day(2070, 3, 1), id="before one"),
    pytest.param("2000-12", day(2071, 1, 1), id="in some month"),
    pytest.param("9990", None, id="beyond the calendar"),
]


@pytest.mark.parametrize(("died", "end"), DAYS)
def test_the_term_covers_the_whole_last_day(died: str, end: datetime | None) -> None:
    assert kinds.end_of(DECEASED, died, 70, NOON) == end


@pytest.mark.parametrize("role", ["self", "agent", "employer", "estate", "guardian"])
def test_nobody_but_an_estate_confirms_for_the_dead(registry: Registry, by: By, settings: Settings, role: str) -> None:
    settings.verify_authority = True
    proof = Evidence("certificate", "ticket 1", "ab" * 32)
    made = registry.create_opt_out(OptOut(SubjectData("Jane Roe", DECEASED), Requester(role), (proof,)), by)
    with pytest.raises(InvalidInputError, match="authority of the estate"):
        registry.transition_case(made.case_id, "active", "", by, authority="mandate")
    with pytest.raises(InvalidInputError, match="no proof was checked"):
        registry.transition_case(made.case_id, "active", "", by, authority=AFTER_DEATH[0])
    registry.check_evidence(made.case_id, proof, by)
    case = registry.transition_case(made.case_id, "active", "", by, authority=AFTER_DEATH[0])
    assert case.receipt is not None
    assert (case.status, case.receipt["defaults"]) == ("active", OPENED)


def test_the_public_forms_claim_gets_the_end_of_its_kind(registry: Registry, by: By, clock: Clock) -> None:
    case_id = registry.take_in(
        OptOut(SubjectData("Jane Roe", DECEASED, died="2001-02-03"), Requester("estate")), replace(by, actor="public-intake")
    )
    clock.advance(hours=1)
    case = registry.transition_case(case_id, "active", "", by)
    assert case.receipt is not None
    assert (case.receipt["expires_at"], case.receipt["defaults"]["expires_at"]) == ("2071-02-04T00:00:00.000000Z", "post_mortem_term")


data = st.builds(
    DirectiveData,
    scopes=st.sampled_from([("all",), ("sexual",), ("likeness", "commercial")]),
    exemptions=st.sampled_from([(), ("news",), ("parody", "education")]),
    channels=st.just(tuple(Channel)),
    expires_at=st.sampled_from([None, NOON + timedelta(days=1), END]),
    stated=st.frozensets(st.sampled_from(sorted(OPEN))),
)


@given(data=data, kind=st.sampled_from(SubjectKind), died=st.sampled_from([None, "2001", "2001-02-03"]), hours=st.integers(0, 1_000_000))
def test_a_default_never_softens_what_was_stated(data: DirectiveData, kind: SubjectKind, died: str | None, hours: int) -> None:
    filled, taken = kinds.fill(data, kind, died, 70, NOON)
    assert replace(filled, expires_at=data.expires_at) == data
    assert not taken.keys() & data.stated
    assert "expires_at" in taken or filled.expires_at == data.expires_at
    (before,), (after,) = ([make("dir_1", d, DirectiveStatus.ACTIVE, "self")] for d in (data, filled))
    at = NOON + timedelta(hours=hours)
    if in_force([before], at) and not in_force([after], at):
        assert (kind, taken["expires_at"]) == (DECEASED, "post_mortem_term")
