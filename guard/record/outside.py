"""Checkpoints kept outside, and what they tell at start: whether the database is older than the world remembers."""

import os
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Engine

from guard.errors import LogUnavailableError
from guard.record import checkpoint
from guard.record.checkpoint import NoteError, Tree, VerifierKey
from guard.record.query import Log

_END = "\n\n\n"  # a note never has two empty lines in a row, so this parts them


def append(path: Path, note: str) -> None:
    """Adds a note to the file, durably."""
    with path.open("a", encoding="utf-8") as file:
        file.write(note + _END[1:])
        file.flush()
        os.fsync(file.fileno())


def newest(path: Path, keys: Sequence[VerifierKey]) -> Tree | None:
    """The last tree in the file; None when there is none. What a crash cut short at the end is passed over.

    Raises:
        LogUnavailableError: the last whole note is not signed by one of the keys.
    """
    whole = path.read_text(encoding="utf-8").split(_END)[:-1] if path.exists() else []
    if not whole:
        return None
    try:
        return checkpoint.verify(whole[-1] + "\n", list(keys))
    except NoteError as error:
        raise LogUnavailableError(f"{path}: the last checkpoint cannot be believed: {error}") from error


def check(engine: Engine, keys: Sequence[VerifierKey], path: Path) -> None:
    """Call it before serving: the log must extend the last checkpoint that left the house.

    Raises:
        LogUnavailableError: the database was restored from an older copy, or its past was rewritten. An operator decides:
            restore a newer copy, or move the file aside, which tells every auditor that the log was broken here.
    """
    known = newest(path, keys)
    if known is None:
        return
    log = Log(engine)
    size = log.size()
    advice = f"restore a newer copy of the database; to go on with this one, move {path} aside and tell your auditors"
    if size < known.size:
        raise LogUnavailableError(f"the log has {size} events, but a checkpoint of {known.size} was published: {advice}")
    if log.root(known.size) != known.root:
        raise LogUnavailableError(f"the first {known.size} events are not those of the published checkpoint: {advice}")
