"""Build the arrays that names are searched in (docs/explanation/matching-names.md, "The index")."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from guard.match.names.keys import pack
from guard.match.names.strength import rate
from guard.match.names.words import FrequencyTable, Ordinary, pack_words
from guard.normalise.fold import Folded, fold
from guard.normalise.hashing import U64, Indices, Sums, mixed
from guard.types import Alias, AliasKind, Strength, SubjectRecord

NamedArrays = dict[str, npt.NDArray[Any]]
KINDS = tuple(AliasKind)
STRENGTHS = tuple(Strength)
# Aliases of one folding; bounds the memory of a build.
_BATCH = 1 << 15


@dataclass(frozen=True, slots=True)
class Row:
    """One alias of one person, as the build sees it."""

    subject_no: int
    text: str
    kind: AliasKind
    strength: Strength


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


@dataclass(frozen=True, slots=True)
class Batch:
    """Some aliases folded together: `owner[i]` is the alias of word i."""

    folded: Folded
    sums: Sums
    starts: Indices
    ends: Indices
    owner: Indices
    first: Indices
    last: Indices
    alias: Indices


def fold_batch(texts: Sequence[str]) -> Batch:
    """The words of each text; `first`/`last` are the word ranges of the texts `alias` that have any."""
    joined = "\n".join(texts)
    folded = fold(joined)
    sums = Sums(folded.letters)
    lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts)) + 1
    text_ends = np.cumsum(lengths)
    starts, ends = folded.starts, folded.ends
    owner = np.searchsorted(text_ends, folded.at[starts], side="right")
    alias, first = np.unique(owner, return_index=True)
    last = np.append(first[1:], len(starts))[: len(first)]
    return Batch(folded, sums, starts, ends, owner, first, last, alias)


def exact_keys(batch: Batch) -> tuple[U64, Indices]:
    """Keys of aliases as written and with the last word first; and which alias of the batch each belongs to."""
    begin, end = batch.starts[batch.first], batch.ends[batch.last - 1]
    whole = batch.sums.of(begin, end)
    several = np.flatnonzero(batch.last - batch.first > 1)
    cut = batch.starts[batch.last[several] - 1]
    head = batch.sums.of(begin[several], cut)
    tail = batch.sums.of(cut, end[several])
    turned = batch.sums.joined(tail, end[several] - cut, head)
    return mixed(np.concatenate([whole, turned])), np.concatenate([batch.alias, batch.alias[several]])


def pack_rows(rows: Sequence[Row]) -> NamedArrays:
    """The arrays of these aliases, without the word table."""
    keys: list[U64] = []
    owners: list[npt.NDArray[np.uint32]] = []
    for begin in range(0, len(rows), _BATCH):
        batch = fold_batch([row.text.replace("\n", " ") for row in rows[begin : begin + _BATCH]])
        if len(batch.alias):
            made, owner = exact_keys(batch)
            keys.append(made)
            owners.append((owner + begin).astype(np.uint32))
    none = np.zeros(0, dtype=np.uint64)
    blobs = [row.text.encode("utf-8", "surrogatepass") for row in rows]
    return {
        **pack("names.exact", np.concatenate(keys) if keys else none, np.concatenate(owners) if owners else none.astype(np.uint32)),
        "names.subjects": np.fromiter((row.subject_no for row in rows), dtype=np.int64, count=len(rows)),
        "names.kinds": np.fromiter((KINDS.index(row.kind) for row in rows), dtype=np.uint8, count=len(rows)),
        "names.strengths": np.fromiter((STRENGTHS.index(row.strength) for row in rows), dtype=np.uint8, count=len(rows)),
        "names.texts": np.frombuffer(b"".join(blobs), dtype=np.uint8),
        "names.ends": np.cumsum(np.fromiter((0, *map(len, blobs)), dtype=np.int64, count=len(rows) + 1)),
    }


def build(records: Iterable[SubjectRecord]) -> NamedArrays:
    """Flat arrays of all names, keys prefixed `names.`; the same for the same people in any order."""
    return {**pack_rows(rows_of(records, FrequencyTable())), **pack_words()}
