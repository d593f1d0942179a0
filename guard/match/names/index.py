"""Search texts for everyone at once: an immutable base, a small delta, and the numbers the delta replaces."""

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from guard.match.names.context import role_of, strength_in, surroundings
from guard.match.names.hit import NameHit
from guard.match.names.keys import Arrays, KeyTable
from guard.match.names.table import KINDS, STRENGTHS, Row, pack_rows, rows_of
from guard.match.names.words import WordTable
from guard.normalise.fold import Folded, fold
from guard.normalise.hashing import U64, Indices, Sums, mixed
from guard.normalise.letters import fold_text
from guard.types import Strength, SubjectRecord, Text

# Longest name looked for, in words (camel-case parts count) and in letters.
_WORDS, _LETTERS = 8, 64
_CHUNK, _OVERLAP = 8192, 160
_LOOSE_LETTERS = 14


class Part:
    """The arrays of some people (base or delta), with what is needed to read them."""

    __slots__ = ("_arrays", "exact")

    def __init__(self, arrays: Arrays) -> None:
        self._arrays = arrays
        self.exact = KeyTable(arrays, "names.exact")

    def row(self, index: int) -> Row:
        """One alias."""
        arrays = self._arrays
        begin, end = arrays["names.ends"][index : index + 2].tolist()
        text = arrays["names.texts"][begin:end].tobytes().decode("utf-8", "surrogatepass")
        return Row(
            int(arrays["names.subjects"][index]),
            text,
            KINDS[int(arrays["names.kinds"][index])],
            STRENGTHS[int(arrays["names.strengths"][index])],
        )


@dataclass(frozen=True, slots=True)
class Found:
    """A mention in the folded text, before its surroundings are looked at."""

    row: Row
    start: int
    end: int
    view: str
    score: float


def _stretches(folded: Folded) -> tuple[Indices, Indices]:
    """Every run of up to _WORDS words, as (start, end) letters."""
    starts, ends = folded.starts, folded.ends
    count = len(starts)
    last = np.arange(count)[:, None] + np.arange(_WORDS)[None, :]
    valid = last < count
    end = ends.take(np.minimum(last, count - 1))
    begin = np.broadcast_to(starts[:, None], end.shape)
    valid &= (end - begin) <= _LETTERS
    valid &= (end - begin) > 1
    return begin[valid], end[valid]


def _loose_stretches(folded: Folded) -> tuple[Indices, Indices]:
    """Every stretch of 2 to _LOOSE_LETTERS letters that begins or ends in writing without spaces."""
    loose = (folded.kinds & 0x10) != 0
    count = len(loose)
    begin = np.flatnonzero(loose | folded.breaks)
    if not loose.any():
        return begin[:0], begin[:0]
    edge = np.append(loose | folded.breaks, True)
    end = begin[:, None] + np.arange(2, _LOOSE_LETTERS + 1)[None, :]
    valid = end <= count
    end = np.minimum(end, count)
    near = loose[begin][:, None] | loose.take(end - 1)
    valid &= edge[end] | loose.take(end - 1)
    valid &= near
    return np.broadcast_to(begin[:, None], end.shape)[valid], end[valid]


class NameIndex:
    """Everyone's names, ready to search. Never changed; `with_delta` gives another."""

    __slots__ = ("_arrays", "_parts", "_removed", "_words")

    def __init__(self, arrays: Arrays) -> None:
        self._arrays = arrays
        self._parts: tuple[Part, ...] = (Part(arrays),)
        self._removed: frozenset[int] = frozenset()
        self._words = WordTable(arrays)

    def with_delta(self, upserts: Sequence[SubjectRecord], removed: Set[int]) -> "NameIndex":
        """This index's base with these people added or replaced and those numbers gone (an earlier delta is not kept)."""
        out = NameIndex(self._arrays)
        if upserts:
            out._parts = (self._parts[0], Part(pack_rows(rows_of(upserts, self._words))))
        out._removed = frozenset(removed) | {record.no for record in upserts}
        return out

    def search(self, texts: Sequence[Text]) -> list[NameHit]:
        """Every mention in the texts, in order, also of a name that is split over texts that follow each other."""
        if not texts:
            return []
        joined = "\n".join(text.text for text in texts)
        begins = np.cumsum([0, *(len(text.text) + 1 for text in texts)]).tolist()
        hits: dict[tuple[int, tuple[int, int]], NameHit] = {}
        for offset in range(0, max(len(joined), 1), _CHUNK):
            chunk = joined[max(0, offset - _OVERLAP) : offset + _CHUNK]
            base = max(0, offset - _OVERLAP)
            folded = fold(chunk)
            if len(folded.letters) < 2:
                continue
            for found in self._found(folded):
                start, end = folded.span(found.start, found.end)
                hit = self._hit(joined, base + start, base + end, found, texts, begins)
                key = (found.row.subject_no, (base + start, base + end))
                if key not in hits or hits[key].score < hit.score:
                    hits[key] = hit
        return _longest([(span, hit) for (_, span), hit in hits.items()])

    def _found(self, folded: Folded) -> Iterator[Found]:
        sums = Sums(folded.letters)
        begin, end = _stretches(folded)
        more_begin, more_end = _loose_stretches(folded)
        if len(more_begin):
            begin, end = np.concatenate([begin, more_begin]), np.concatenate([end, more_end])
        keys = mixed(sums.of(begin, end))
        plural = np.flatnonzero((folded.letters.take(end - 1) == ord("s")) & (end - begin > 4))
        stems = mixed(sums.of(begin[plural], end[plural] - 1))
        all_begin, all_end = np.concatenate([begin, begin[plural]]), np.concatenate([end, end[plural]])
        yield from self._exact(folded, np.concatenate([keys, stems]), all_begin, all_end, len(keys))

    def _exact(self, folded: Folded, keys: U64, begin: Indices, end: Indices, whole: int) -> Iterator[Found]:
        for number, part in enumerate(self._parts):
            at, rows = part.exact.find(keys)
            for index, row_no in zip(at.tolist(), rows.tolist(), strict=True):
                row = part.row(row_no)
                if number == 0 and row.subject_no in self._removed:
                    continue
                start, stop = int(begin[index]), int(end[index])
                seen = folded.word(start, stop if index < whole else stop - 1)
                words = fold_text(row.text).split()
                if seen == "".join(words):
                    yield Found(row, start, stop, "as written" if index < whole else "inflected", 1.0)
                elif seen == words[-1] + "".join(words[:-1]):
                    yield Found(row, start, stop, "order", 0.95)

    def _hit(self, joined: str, start: int, end: int, found: Found, texts: Sequence[Text], begins: list[int]) -> NameHit:
        around = surroundings(joined, start, end)
        words = fold_text(found.row.text).split()
        zipf = max((self._words.zipf(word) for word in words), default=0.0)
        strength = strength_in(around, found.row.strength, len(words), zipf)
        place = int(np.searchsorted(begins, start, side="right")) - 1
        text = texts[place]
        local = (start - begins[place], min(end - begins[place], len(text.text)))
        view = found.view if end <= begins[place] + len(text.text) else "split over fields"
        return NameHit(
            found.row.subject_no, found.row.text, found.row.kind, text.where, local, text.text[local[0] : local[1]],
            found.score, strength, role_of(around), view,
        )  # fmt: skip


_RANK = {strength: rank for rank, strength in enumerate(Strength)}


def _longest(found: list[tuple[tuple[int, int], NameHit]]) -> list[NameHit]:
    """Mentions in order of place, without those inside a longer one; each person once a place."""
    found.sort(key=lambda item: (item[0][0], -item[0][1], _RANK[item[1].strength], -item[1].score, item[1].subject_no, item[1].alias))
    out: list[NameHit] = []
    spans: list[tuple[int, int]] = []
    reach, reach_start = -1, -1
    for (start, end), hit in found:
        if end <= reach and (start, end) != (reach_start, reach):
            continue
        if end > reach:
            reach_start, reach = start, end
        out.append(hit)
        spans.append((start, end))
    assert all(a[0] <= b[0] for a, b in pairwise(spans))
    return out
