"""Modules that lie in the working directory are never imported, by the supervisor or by its children."""

from pathlib import Path

from guard.evaluate.trial import Trial


def test_nothing_of_the_working_directory_is_imported(guarded: Trial, hostile_directory: Path) -> None:
    assert guarded.client("hostile").images.generate(prompt="a tyre").data
    assert list(hostile_directory.rglob("imported")) == []
