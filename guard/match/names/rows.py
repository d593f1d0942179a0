"""Aliases as rows of the index."""

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from guard.match.names.strength import rate
from guard.match.names.words import Ordinary
from guard.normalise.letters import fold_text
from guard.types import Alias, AliasKind, Strength, SubjectRecord

KINDS = tuple(AliasKind)
STRENGTHS = tuple(Strength)


class Row(NamedTuple):
    """One alias of one person."""

    subject_no: int
    text: str
    kind: AliasKind
    strength: Strength

    @property
    def words(self) -> tuple[str, ...]:
        """The words of the alias, folded."""
        return _words(self.text)


@lru_cache(maxsize=4096)
def _words(text: str) -> tuple[str, ...]:
    return tuple(fold_text(text).split())


def rows_of(records: Iterable[SubjectRecord], ordinary: Ordinary) -> list[Row]:
    """Every name and alias, in an order that does not depend on the order of the records."""
    rows: list[Row] = []
    for record in records:
        names: dict[str, Alias] = {alias.text: alias for alias in sorted(record.aliases, key=lambda alias: (alias.text, alias.kind))}
        if record.name not in names:
            names[record.name] = Alias(record.name, AliasKind.LEGAL, rate(record.name, AliasKind.LEGAL, ordinary))
        rows.extend(Row(record.no, alias.text, alias.kind, alias.strength) for alias in names.values())
    rows.sort(key=lambda row: (row.subject_no, row.text))
    return rows
