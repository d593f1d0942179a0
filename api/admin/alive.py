"""Whether the process that does a long piece of work still lives: it holds a lock on a file, which the kernel drops when it ends."""

import fcntl
import os
from pathlib import Path
from typing import IO


def lock_path(data_dir: Path, work_id: str) -> Path:
    """The lock of one job or export."""
    return data_dir / "jobs" / f"{work_id}.lock"


def announce(path: Path) -> None:
    """Make the lock file, before the process that will hold it is started."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=0o600)


def hold(path: Path) -> IO[bytes]:
    """Hold the lock until this process ends, or the file that is returned is closed."""
    announce(path)
    file = path.open("rb")
    fcntl.flock(file, fcntl.LOCK_EX)
    return file


def died(path: Path, grace_s: float, now_s: float) -> bool:
    """Whether work that is not finished has nobody working on it: announced here longer ago than `grace_s`, and the lock is free."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False  # announced on another machine, or a moment from being announced here
    try:
        if now_s - os.fstat(descriptor).st_mtime < grace_s:
            return False
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


def settle(path: Path) -> None:
    """The work is finished and its lock no longer needed."""
    path.unlink(missing_ok=True)
