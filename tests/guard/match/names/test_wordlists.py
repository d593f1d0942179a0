"""The word lists as a file: made once, made again when it is damaged or of other lists, and never in the way."""

from pathlib import Path

import numpy as np
import pytest

from guard.match.names.wordlists import FILE, WordLists, kept

LISTS = WordLists(np.array([1, 2**63, 2**64 - 1], dtype=np.uint64), np.array([0.5, 7.25, 3.0]))


def no_lists() -> WordLists:
    raise AssertionError("made although the file is there")


def told(lists: WordLists) -> tuple[list[int], list[float]]:
    return lists.keys.tolist(), lists.zipfs.tolist()


def test_the_second_process_reads_what_the_first_one_wrote(tmp_path: Path) -> None:
    assert told(kept(tmp_path, b"releases", lambda: LISTS)) == told(kept(tmp_path, b"releases", no_lists)) == told(LISTS)
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


@pytest.mark.parametrize(
    "damage", [lambda blob: blob[:-1], lambda blob: blob[:70] + b"\0" + blob[71:], lambda _: b""], ids=["short", "changed", "empty"]
)
def test_a_damaged_file_is_made_again(tmp_path: Path, damage) -> None:  # type: ignore[no-untyped-def]
    kept(tmp_path, b"releases", lambda: LISTS)
    path = tmp_path / FILE
    path.write_bytes(damage(path.read_bytes()))
    assert told(kept(tmp_path, b"releases", lambda: LISTS)) == told(kept(tmp_path, b"releases", no_lists)) == told(LISTS)


def test_a_file_of_other_releases_is_made_again(tmp_path: Path) -> None:
    kept(tmp_path, b"older", lambda: WordLists(LISTS.keys[:1], LISTS.zipfs[:1]))
    assert told(kept(tmp_path, b"newer", lambda: LISTS)) == told(LISTS)


def test_a_folder_that_cannot_be_written_only_costs_time(tmp_path: Path) -> None:
    assert told(kept(tmp_path / "missing", b"releases", lambda: LISTS)) == told(LISTS)
