"""Checkpoints kept outside the database, and what they tell at start: whether it is older than the world remembers."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from sqlalchemy import Engine

from guard.errors import LogUnavailableError
from guard.record import checkpoint
from guard.record.checkpoint import NoteError, Tree, VerifierKey
from guard.record.query import Log

LAST = "last-checkpoint"  # the newest alone, in the data directory: tells a database that was put back from one that went on
_END = "\n\n\n"  # a note never has two empty lines in a row, so this parts them


def append(path: Path, note: str) -> None:
    """Adds a note to the file, durably."""
    with path.open("a", encoding="utf-8") as file:
        file.write(note + _END[1:])
        file.flush()
        os.fsync(file.fileno())


def replace(path: Path, note: str) -> None:
    """Makes this the only note in the file, durably; a crash leaves the old one or this one."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with fresh.open("w", encoding="utf-8") as file:
        file.write(note + _END[1:])
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


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
        raise LogUnavailableError(
            f"{path}: the last checkpoint cannot be believed: {error}. Restore the log's keys from a backup, or move the file aside"
        ) from error


def check(engine: Engine, keys: Sequence[VerifierKey], path: Path) -> None:
    """Call it before serving: the log must extend the last checkpoint that left the house.

    Raises:
        LogUnavailableError: the database was restored from an older copy, or its past was rewritten. An operator decides:
            restore a newer copy, or accept this one, which every auditor with a checkpoint will notice.
    """
    known = newest(path, keys)
    if known is None or extends(engine, known):
        return
    size = Log(engine).size()
    wrong = f"the log has {size} events" if size < known.size else f"the first {known.size} events are others than they were"
    raise LogUnavailableError(
        f"{wrong}, but {path} holds a checkpoint of {known.size}: the database was restored from an older copy, or its past was rewritten. "
        "Restore a newer copy; or go on with this one: guard audit accept-restore --reason WHY"
    )


def extends(engine: Engine, known: Tree) -> bool:
    """Whether the log begins with the tree that a checkpoint states."""
    log = Log(engine)
    return log.size() >= known.size and log.root(known.size) == known.root


def accept(engine: Engine, keys: Sequence[VerifierKey], paths: Iterable[Path]) -> list[tuple[Path, Tree]]:
    """Moves aside each file whose last checkpoint the log does not extend; what was moved, and the tree that each stated."""
    moved = []
    for path in paths:
        known = newest(path, keys)
        if known is not None and not extends(engine, known):
            path.rename(path.with_name(f"{path.name}.until-{known.size}-{os.urandom(3).hex()}"))
            moved.append((path, known))
    return moved
