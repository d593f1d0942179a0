"""Small files that must be whole and private: replaced at once or not at all, mode 0600, their old bytes overwritten."""

import os
from pathlib import Path


def make_private_directory(path: Path) -> None:
    """Creates `path` with mode 0700 if it is not there; an existing directory keeps its mode."""
    path.mkdir(parents=True, exist_ok=True, mode=0o700)


def replace(path: Path, content: bytes) -> None:
    """Puts `content` in place of the file durably, then overwrites what was there before.

    The overwriting is for file systems that write in place; on others the old bytes live until their blocks are used
    again, and only the encryption of the disk helps.
    """
    old = os.open(path, os.O_WRONLY) if path.exists() else None
    temporary = path.with_name(f".{path.name}.new")
    write_new(temporary, content)
    temporary.replace(path)
    sync_directory(path.parent)
    if old is not None:
        with os.fdopen(old, "r+b", buffering=0) as stream:
            stream.write(bytes(os.fstat(stream.fileno()).st_size))
            os.fsync(stream.fileno())


def write_new(path: Path, content: bytes) -> None:
    """Writes and syncs a file of mode 0600, over whatever an interrupted attempt left."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def append(path: Path, line: bytes) -> None:
    """Adds one line durably; the file is created with mode 0600."""
    fresh = not path.exists()
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as stream:
        stream.write(line + b"\n")
        stream.flush()
        os.fsync(stream.fileno())
    if fresh:
        sync_directory(path.parent)


def sync_directory(path: Path) -> None:
    """Makes a rename or a new entry in `path` durable."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
