"""Subjects: making, reading, changing and searching people."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from guard.errors import ConflictError, NotFoundError
from guard.registry import duplicates
from guard.registry.dates import refuse_dates
from guard.registry.desk import Desk, Person, Writing
from guard.registry.profile import Profile, judge, open_profile, seal_profile, view
from guard.registry.tables import SUBJECT
from guard.registry.values import By, Page, Subject, SubjectData

_PAGE = 2_000


@dataclass(frozen=True, slots=True)
class Changes:
    """What to change of a subject; the fields named in `given` replace, the others stay."""

    stated: SubjectData
    given: frozenset[str]


class Subjects(Desk):
    """Making, reading, changing and searching people."""

    def create_subject(self, stated: SubjectData, by: By, *, allow_duplicate: bool = False) -> Subject:
        """Registers a person without protecting them yet. Raises ConflictError with the likely duplicates."""
        profile = judge(stated, self.rules)
        with self._changing("subject.create", by) as writing:
            refuse_dates(stated, writing.at)
            if not allow_duplicate:
                self._refuse_duplicates(writing.connection, profile, writing.at)
            person = self._insert_subject(writing, stated, profile)
            writing.result = made = view(person)
        return made

    def get_subject(self, subject_id: str) -> Subject:
        """One living subject."""
        with self._reading() as connection:
            return view(self._person(connection, subject_id))

    def patch_subject(self, subject_id: str, changes: Changes, by: By) -> Subject:
        """Replaces what is given; aliases are judged and rated anew."""
        with self._changing("subject.change", by) as writing:
            person = self._person(writing.connection, subject_id)
            before = open_profile(person.key, person.id, person.sealed)
            stated = SubjectData(
                **{
                    f.name: getattr(changes.stated if f.name in changes.given else stated_of(before, person), f.name)
                    for f in fields(SubjectData)
                }
            )
            profile = judge(stated, self.rules)
            refuse_dates(stated, writing.at)
            sealed = seal_profile(person.key, person.id, profile)
            writing.connection.execute(update(SUBJECT).where(SUBJECT.c.no == person.no).values(kind=stated.kind.value, sealed=sealed))
            self._index(writing.connection, person.no, profile)
            self._touch(writing, person)
            writing.details |= {"subject_id": person.id, "changed": sorted(changes.given)}
            writing.result = made = view(replace(person, kind=stated.kind.value, sealed=sealed, updated_at=writing.at))
        return made

    def list_subjects(self, limit: int = 50, cursor: str | None = None) -> Page[Subject]:
        """Living subjects in the order of their registration; the cursor is a subject's number."""
        with self._reading() as connection:
            people = list(self._people(connection, int(cursor or 0), limit + 1))
        items = tuple(view(person) for person in people[:limit])
        return Page(items, str(items[-1].no) if len(people) > limit else None)

    def search_subjects(self, query: str, limit: int = 50, cursor: str | None = None) -> Page[Subject]:
        """Living subjects one of whose names, stated aliases or ids contains the folded query.

        Opens everybody, about 30 us a person, unless the query is a subject's id.
        """
        with suppress(NotFoundError):
            return Page((self.get_subject(query),), None)
        wanted = self.rules.fold(query)
        found: list[Subject] = []
        for subject in self.iter_subjects(int(cursor or 0)):
            if self._mentions(subject, wanted, query):
                found.append(subject)
                if len(found) > limit:
                    break
        return Page(tuple(found[:limit]), str(found[limit - 1].no) if len(found) > limit else None)

    def iter_subjects(self, after: int = 0) -> Iterator[Subject]:
        """Every living subject numbered above `after`, in order; each page is a transaction of its own."""
        for page in self._pages(after):
            yield from map(view, page)

    def _pages(self, after: int = 0) -> Iterator[list[Person]]:
        while True:
            with self._reading() as connection:
                people = list(self._people(connection, after, _PAGE))
            yield people
            if len(people) < _PAGE:
                return
            after = people[-1].no

    # -- for the other parts of the registry -------------------------------------------------------------------------

    def _people(self, connection: Connection, after: int, limit: int) -> Iterator[Person]:
        rows = connection.execute(
            select(SUBJECT.c.no, SUBJECT.c.id, SUBJECT.c.kind, SUBJECT.c.sealed, SUBJECT.c.created_at, SUBJECT.c.updated_at)
            .where(SUBJECT.c.no > after, SUBJECT.c.erased_at.is_(None))
            .order_by(SUBJECT.c.no)
            .limit(limit)
        ).all()
        keys = self.keyring.get_many("subject", [row.id for row in rows], connection)
        for row in rows:
            if row.id in keys:  # a key that a restore could not bring back: the tombstone is set at the next start
                yield Person(row.no, row.id, row.kind, row.sealed, keys[row.id], row.created_at, row.updated_at)

    def _insert_subject(self, writing: Writing, stated: SubjectData, profile: Profile) -> Person:
        subject_id = self._new_id("sub")
        key = self.keyring.create("subject", subject_id, writing.connection)
        sealed = seal_profile(key, subject_id, profile)
        no = next_no(writing.connection)
        row: dict[str, Any] = subject_row(no, subject_id, stated.kind.value, sealed, writing.revision, writing.at)
        writing.connection.execute(insert(SUBJECT), [row])
        self._index(writing.connection, no, profile)
        writing.subjects[subject_id] = key
        writing.details["subject_id"] = subject_id
        return Person(no, subject_id, stated.kind.value, sealed, key, writing.at, writing.at)

    def _index(self, connection: Connection, no: int, profile: Profile) -> None:
        duplicates.remember(connection, no, profile, duplicates.lookup(connection, self.keyring), self.rules)

    def _refuse_duplicates(self, connection: Connection, profile: Profile, now: datetime) -> None:
        found = duplicates.find(connection, self.keyring, profile, self.rules, now, pending_protects=self.settings.pending_protects)
        if found:
            state = "already protected" if any(d.protected for d in found) else "not protected now"
            raise ConflictError(
                f"likely registered before, and {state}: {', '.join(d.subject_id for d in found)}; "
                "add a directive to that subject, or repeat with ?allow_duplicate=true",
                found,
            )

    def _mentions(self, subject: Subject, folded: str, query: str) -> bool:
        if query in subject.external_ids.values():
            return True
        texts = (subject.name, *(alias.text for alias in subject.aliases))
        return any(folded in self.rules.fold(text) for text in texts)


def next_no(connection: Connection) -> int:
    """The number of the next subject; never one that was given before, since erased subjects stay as tombstones."""
    return (connection.execute(select(func.max(SUBJECT.c.no))).scalar() or 0) + 1


def subject_row(no: int, subject_id: str, kind: str, sealed: bytes, revision: int, at: datetime) -> dict[str, Any]:
    """The row to insert for a new subject."""
    return {"no": no, "id": subject_id, "kind": kind, "sealed": sealed, "revision": revision, "created_at": at, "updated_at": at}


def stated_of(profile: Profile, person: Person) -> SubjectData:
    """What was stated of a person, as it would be stated again."""
    view_of = view(person)
    ids: Mapping[str, str] = profile.external_ids
    return SubjectData(profile.name, view_of.kind, profile.stated, ids, profile.occupations, profile.born, profile.exclusions, profile.died)
