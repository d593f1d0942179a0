"""People: made, read, changed, listed and searched."""

import pytest

from guard.errors import ConflictError, InvalidInputError, NotFoundError
from guard.registry.store import Registry
from guard.registry.subjects import Changes
from guard.registry.values import By, Page, StatedAlias, Subject, SubjectData
from guard.types import Alias, AliasKind, Strength, SubjectKind


def test_a_subject_is_shown_as_it_was_stated(registry: Registry, by: By, clock) -> None:
    made = registry.create_subject(SubjectData("Jane Roe", SubjectKind.DECEASED, (StatedAlias("JR", AliasKind.STAGE, "en"),)), by)
    expected = Subject(
        made.id,
        1,
        SubjectKind.DECEASED,
        "Jane Roe",
        (Alias("JR", AliasKind.STAGE, Strength.WEAK, "en"),),
        {},
        (),
        None,
        (),
        clock.now,
        clock.now,
    )
    assert made == registry.get_subject(made.id) == expected
    assert registry.records(None)[1][0].directives == ()


def test_what_is_not_given_stays(registry: Registry, by: By, clock) -> None:
    stated = SubjectData(
        "Jane Roe", aliases=(StatedAlias("Janey Roe"),), external_ids={"wikidata": "Q1"}, occupations=("baker",), born="1980"
    )
    made = registry.create_subject(stated, by)
    clock.advance(hours=1)
    changes = Changes(SubjectData("", exclusions=("Jane Roe Street",), born=None), frozenset({"exclusions", "born"}))
    changed = registry.patch_subject(made.id, changes, by)
    assert changed == registry.get_subject(made.id)
    assert (changed.name, changed.aliases, changed.external_ids, changed.occupations) == (
        made.name,
        made.aliases,
        {"wikidata": "Q1"},
        ("baker",),
    )
    assert (changed.born, changed.exclusions, changed.created_at, changed.updated_at) == (
        None,
        ("Jane Roe Street",),
        made.created_at,
        clock.now,
    )
    revision, (record,), _ = registry.records(1)
    assert (revision, record.exclusions) == (2, ("Jane Roe Street",))


def test_a_new_name_is_found_and_the_old_one_is_not(registry: Registry, by: By) -> None:
    made = registry.create_subject(SubjectData("Jane Roe"), by)
    registry.patch_subject(made.id, Changes(SubjectData("Joan Poe"), frozenset({"name"})), by)
    assert registry.create_subject(SubjectData("Jane Roe"), by).no == 2
    with pytest.raises(ConflictError, match=made.id):
        registry.create_subject(SubjectData("Joan Poe"), by)


def test_a_change_to_a_bad_alias_changes_nothing(registry: Registry, by: By) -> None:
    made = registry.create_subject(SubjectData("Jane Roe"), by)
    with pytest.raises(InvalidInputError, match="cannot be an alias"):
        registry.patch_subject(made.id, Changes(SubjectData("", aliases=(StatedAlias("--"),)), frozenset({"aliases"})), by)
    assert (registry.get_subject(made.id), registry.revision()) == (made, 1)


def test_unknown_and_erased_are_the_same(registry: Registry, by: By) -> None:
    made = registry.create_subject(SubjectData("Jane Roe"), by)
    registry.erase_subject(made.id, by)
    for subject_id in (made.id, "sub_x"):
        with pytest.raises(NotFoundError, match="there is no subject"):
            registry.get_subject(subject_id)


def test_listing_in_pages(registry: Registry, by: By) -> None:
    made = [registry.create_subject(SubjectData(f"Person Number{n}"), by) for n in range(5)]
    registry.erase_subject(made[1].id, by)
    pages = []
    cursor = None
    while True:
        page = registry.list_subjects(2, cursor)
        pages.append([subject.name for subject in page.items])
        cursor = page.next_cursor
        if cursor is None:
            break
    assert pages == [["Person Number0", "Person Number2"], ["Person Number3", "Person Number4"]]
    assert registry.list_subjects(2, "99").items == ()


SEARCHES = [
    pytest.param("jane", ["Jane Roe", "Jean Doe"], id="a part of a name or alias, folded"),
    pytest.param("ＪＡＮＥ roe", ["Jane Roe"], id="another form of the letters"),
    pytest.param("Q7", ["Jean Doe"], id="an external id"),
    pytest.param("q7", [], id="ids are not folded"),
    pytest.param("nobody", [], id="nothing"),
]


@pytest.mark.parametrize(("query", "names"), SEARCHES)
def test_searching(registry: Registry, by: By, query: str, names: list[str]) -> None:
    registry.create_subject(SubjectData("Jane Roe"), by)
    registry.create_subject(SubjectData("Jean Doe", aliases=(StatedAlias("Calamity Jane"),), external_ids={"wikidata": "Q7"}), by)
    assert [subject.name for subject in registry.search_subjects(query).items] == names


def test_searching_for_a_subject_by_its_id(registry: Registry, by: By) -> None:
    registry.create_subject(SubjectData("Jane Roe"), by)
    other = registry.create_subject(SubjectData("Jean Doe"), by)
    assert registry.search_subjects(other.id) == Page((registry.get_subject(other.id),), None)


def test_searching_in_pages(registry: Registry, by: By) -> None:
    for n in range(5):
        registry.create_subject(SubjectData(f"Person Number{n}"), by)
    first = registry.search_subjects("person", 3)
    second = registry.search_subjects("person", 3, first.next_cursor)
    assert [s.no for s in (*first.items, *second.items)] == [1, 2, 3, 4, 5]
    assert second.next_cursor is None


def test_numbers_are_not_given_again(registry: Registry, by: By) -> None:
    last = registry.create_subject(SubjectData("Jane Roe"), by)
    registry.erase_subject(last.id, by)
    assert registry.create_subject(SubjectData("Jane Roe"), by).no == last.no + 1
