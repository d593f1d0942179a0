"""What the gallery is built from: everybody, or those who changed."""

import pytest

from guard.registry.store import Registry
from guard.registry.values import By, OptOut, SubjectData
from guard.types import SubjectRecord


@pytest.fixture
def people(registry: Registry, by: By) -> list[str]:
    return [registry.create_opt_out(OptOut(SubjectData(f"Person Number{n}")), by).subject_id for n in range(4)]


def test_only_those_who_changed(registry: Registry, by: By, people: list[str]) -> None:
    registry.revoke_directive(registry.list_directives(people[1])[0].directive.id, "", by)
    registry.erase_subject(people[2], by)
    assert registry.revision() == 6
    revision, upserts, removed = registry.records(4)
    assert (revision, [r.id for r in upserts], removed) == (6, [people[1]], [3])
    assert registry.records(6) == (6, [], [])
    assert [r.id for r in registry.records(None)[1]] == [people[0], people[1], people[3]]
    assert (registry.change_count(4), registry.change_count(0)) == (2, 4)


@pytest.mark.parametrize(("page", "few"), [(2, 1), (2, 100), (3, 2), (100, 1)])
def test_pages_make_no_difference(
    registry: Registry, by: By, people: list[str], monkeypatch: pytest.MonkeyPatch, page: int, few: int
) -> None:
    registry.erase_subject(people[1], by)
    whole, changed = registry.records(None), registry.records(2)
    monkeypatch.setattr("guard.registry.records._PAGE", page)
    monkeypatch.setattr("guard.registry.records._FEW", few)
    assert (registry.records(None), registry.records(2)) == (whole, changed)
    assert list(registry.iter_records()) == whole[1]


def test_changes_applied_one_after_the_other_give_the_whole(registry: Registry, by: By) -> None:
    """The law that the workers live by: base + deltas = everything, however the deltas are cut."""

    def apply(state: dict[int, SubjectRecord], since: int | None) -> int:
        revision, upserts, removed = registry.records(since)
        state.update({record.no: record for record in upserts})
        for no in removed:
            state.pop(no, None)
        return revision

    state: dict[int, SubjectRecord] = {}
    seen = apply(state, None)
    ids: list[str] = []
    for number, action in enumerate("aaradaerdaee"):
        match action:
            case "a":
                ids.append(registry.create_opt_out(OptOut(SubjectData(f"Person Number{number}")), by).subject_id)
            case "r":
                registry.revoke_directive(registry.list_directives(ids[-1])[0].directive.id, "", by)
            case "d":
                registry.add_directive(ids[0], OptOut(SubjectData("")).directive, by)
            case "e":
                registry.erase_subject(ids.pop(0), by)
        if number % 3 == 0:
            seen = apply(state, seen)
    apply(state, seen)
    assert sorted(state.values(), key=lambda record: record.no) == registry.records(None)[1]
