"""Pairs of words that come again are not looked up again, and tell the same."""

from itertools import count

import numpy as np

from guard.match.names import NameIndex, build
from guard.match.names import memo as rooms
from guard.match.names.ingest import expand
from guard.match.names.memo import PairMemo
from guard.match.names.scan import Scan
from guard.normalise.fold import fold
from guard.types import SubjectKind, SubjectRecord, Text

ASKED_TWICE = "Jane Doe met Jane Doe"


def record(no: int, name: str) -> SubjectRecord:
    return SubjectRecord(no, f"sub_{no}", name, SubjectKind.PUBLIC_FIGURE, tuple(expand(name, ())))


def scan_of(index: NameIndex, text: str) -> Scan:
    return Scan(text, fold(text), index._words)


def test_a_pair_is_looked_up_once_wherever_it_stands() -> None:
    index, memo, asked = NameIndex(build([])), PairMemo(), []

    def look_up(pairs: np.ndarray) -> list[tuple[int, int]]:
        asked.append(pairs.tolist())
        return [(one, row) for one in pairs.tolist() for row in (7, 3, 7)]

    scan = scan_of(index, ASKED_TWICE)
    assert memo.rows(scan, np.array([0, 3]), look_up) == [(0, 3), (0, 7), (3, 3), (3, 7)]
    assert memo.rows(scan_of(index, "a photo of Jane Doe"), np.array([3]), look_up) == [(3, 3), (3, 7)]
    assert memo.rows(scan, np.array([1, 3]), look_up) == [(1, 3), (1, 7), (3, 3), (3, 7)]
    assert asked == [[0, 3], [1]]


def test_what_is_kept_is_bounded(monkeypatch) -> None:
    monkeypatch.setattr(rooms, "_MOST", 10)
    index, memo, number = NameIndex(build([])), PairMemo(), count()
    for _ in range(30):
        scan = scan_of(index, f"Jane{next(number)} Doe{next(number)}")
        assert memo.rows(scan, np.array([0]), lambda pairs: [(one, 1) for one in pairs.tolist()]) == [(0, 1)]
        assert len(memo._kept) <= 11
    long = scan_of(index, "a" * 60 + " " + "b" * 60)
    before = len(memo._kept)
    memo.rows(long, np.array([0]), lambda _: [])
    assert len(memo._kept) == before


def test_a_delta_is_searched_beside_a_base_that_remembers() -> None:
    base = NameIndex(build([record(1, "Marguerite Oberlander")]))
    texts = [Text("prompt", "a photo of Margueritte Oberlandr and Theodra Winstanly")]
    other = record(2, "Theodora Winstanley")

    def seen(index: NameIndex) -> list[int]:
        return [hit.subject_no for hit in index.search(texts)]

    assert seen(base) == [1]
    both = base.with_delta([other], frozenset())
    assert seen(both) == [1, 2]
    assert seen(both.with_delta([], {1})) == []
    assert seen(both.with_delta([other], {1})) == [2]
    assert seen(base) == [1]
