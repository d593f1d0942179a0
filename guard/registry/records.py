"""People as the matchers need them: everybody at once, or those who changed since a revision. Plain selects, keys unwrapped in bulk."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

import orjson
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import ColumnElement, Connection, and_, func, select

from guard.keyring import WRAPPED_KEY
from guard.keyring.sealing import unseal_with
from guard.registry.desk import Desk, current_revision
from guard.registry.directive_versions import BINDING, COLUMNS, DirectiveReader
from guard.registry.profile import aliases_of, place
from guard.registry.tables import DIRECTIVE, SUBJECT, TEMPLATE
from guard.types import Directive, SubjectKind, SubjectRecord, Template

_PAGE = 5_000
_FEW = 100
_KINDS = {kind.value: kind for kind in SubjectKind}


class Records(Desk):
    """Feeding the gallery."""

    def records(self, since: int | None) -> tuple[int, list[SubjectRecord], list[int]]:
        """The revision, the people changed after revision `since` (None: everybody), and the numbers of those who are gone."""
        with self._reading() as connection:
            revision = current_revision(connection)
            gone: list[int] = []
            if since is not None:
                query = select(SUBJECT.c.no).where(SUBJECT.c.revision > since, SUBJECT.c.erased_at.is_not(None))
                gone = sorted(connection.execute(query).scalars())
            return revision, list(self._records(connection, since)), gone

    def iter_records(self) -> Iterator[SubjectRecord]:
        """Everybody, one page in memory at a time, all of one revision (a read transaction stays open meanwhile)."""
        with self._reading() as connection:
            yield from self._records(connection, None)

    def change_count(self, since: int) -> int:
        """How many people changed after a revision."""
        with self._reading() as connection:
            return connection.execute(select(func.count()).select_from(SUBJECT).where(SUBJECT.c.revision > since)).scalar_one()

    def get_record(self, subject_id: str) -> SubjectRecord:
        """One person as the matchers see them."""
        with self._reading() as connection:
            person = self._person(connection, subject_id)
            return next(self._page(connection, [person.no]))

    def _records(self, connection: Connection, since: int | None) -> Iterator[SubjectRecord]:
        changed = SUBJECT.c.revision > (-1 if since is None else since)
        # Sorted here: for ORDER BY the planner would walk everybody in order of their numbers to find the few that changed.
        numbers = sorted(connection.execute(select(SUBJECT.c.no).where(changed, SUBJECT.c.erased_at.is_(None))).scalars())
        for start in range(0, len(numbers), _PAGE):
            yield from self._page(connection, numbers[start : start + _PAGE])

    def _page(self, connection: Connection, numbers: Sequence[int]) -> Iterator[SubjectRecord]:
        """The living people of these numbers, which are in order."""
        templates = _grouped(
            connection.execute(
                select(TEMPLATE.c.subject_no, TEMPLATE.c.id, TEMPLATE.c.encoder, TEMPLATE.c.sealed)
                .where(_among(TEMPLATE.c.subject_no, numbers))
                .order_by(TEMPLATE.c.subject_no, TEMPLATE.c.encoder)
            )
        )
        directives = self._directives(connection, numbers)
        people = connection.execute(
            select(SUBJECT.c.no, SUBJECT.c.id, SUBJECT.c.kind, SUBJECT.c.sealed, WRAPPED_KEY.c.epoch, WRAPPED_KEY.c.wrapped)
            .join(WRAPPED_KEY, and_(WRAPPED_KEY.c.kind == "subject", WRAPPED_KEY.c.owner == SUBJECT.c.id))
            .where(_among(SUBJECT.c.no, numbers), SUBJECT.c.erased_at.is_(None))
            .order_by(SUBJECT.c.no)
        )
        unwrap = self.keyring.unwrapper("subject")
        wanted = frozenset(numbers)
        for no, subject_id, kind, sealed, epoch, wrapped in people:
            if no not in wanted:
                continue
            key = unwrap(subject_id, epoch, wrapped)
            cipher = AESGCM(key)
            content: dict[str, Any] = orjson.loads(unseal_with(cipher, sealed, place(subject_id)))
            yield SubjectRecord(
                no,
                subject_id,
                content["name"],
                _KINDS[kind],
                aliases_of(content),
                tuple(
                    [Template(i, encoder, unseal_with(cipher, s, f"template:{i}".encode())) for _, i, encoder, s in templates.get(no, ())]
                ),
                directives.get(no, ()),
                tuple(content.get("exclusions", ())),
                key,
                tuple(content.get("occupations", ())),
            )

    def _directives(self, connection: Connection, numbers: Sequence[int]) -> dict[int, tuple[Directive, ...]]:
        """What may bind: the newest version of each directive, unless it has ended. Whether it binds now is decided when it is used."""
        reader = DirectiveReader()
        rows = connection.execute(
            select(*COLUMNS, DIRECTIVE.c.subject_no)
            .where(_among(DIRECTIVE.c.subject_no, numbers))
            .order_by(DIRECTIVE.c.subject_no, DIRECTIVE.c.id, DIRECTIVE.c.version)
        )
        newest: dict[int, dict[str, Directive]] = {}
        for row in rows:
            newest.setdefault(row[10], {})[row[0]] = reader.read(row)
        return {no: tuple([d for d in some.values() if d.status in BINDING]) for no, some in newest.items()}


def _among(column: ColumnElement[int], numbers: Sequence[int]) -> ColumnElement[bool]:
    """The rows of these people. Many are asked for as a range, which may bring others along: the reader looks rows up by number."""
    return column.in_(numbers) if len(numbers) <= _FEW else column.between(numbers[0], numbers[-1])


def _grouped(rows: Any) -> dict[int, list[Any]]:
    return {no: list(some) for no, some in groupby(rows, itemgetter(0))}
