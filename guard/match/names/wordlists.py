"""How frequent every ordinary word is, as two arrays; kept in a file, so that a process starts without reading 28 word lists."""

import hashlib
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

FILE = "words.bin"
_DIGEST = hashlib.sha256().digest_size


class WordLists(NamedTuple):
    """Sorted H of each word, and its Zipf frequency."""

    keys: npt.NDArray[np.uint64]
    zipfs: npt.NDArray[np.float64]


def kept(folder: Path, made_of: bytes, make: Callable[[], WordLists]) -> WordLists:
    """The lists of the file in `folder`; where there is none, or one made of something else or damaged, they are made and written.

    Layout: SHA-256 of what they are made of, SHA-256 of the rest, the keys, the frequencies (little-endian). The words are
    public. A folder that cannot be written only costs the time of making them.
    """
    path = folder / FILE
    with suppress(OSError):
        lists = _read(path.read_bytes(), hashlib.sha256(made_of).digest())
        if lists:
            return lists
    lists = make()
    body = lists.keys.astype("<u8").tobytes() + lists.zipfs.astype("<f8").tobytes()
    with suppress(OSError), tempfile.NamedTemporaryFile(dir=folder, prefix=FILE, delete=False) as file:
        file.write(hashlib.sha256(made_of).digest() + hashlib.sha256(body).digest() + body)
        file.close()
        Path(file.name).replace(path)
    return lists


def _read(blob: bytes, made_of: bytes) -> WordLists | None:
    body = blob[2 * _DIGEST :]
    if blob[:_DIGEST] != made_of or blob[_DIGEST : 2 * _DIGEST] != hashlib.sha256(body).digest():
        return None
    half = len(body) // 2
    return WordLists(np.frombuffer(body[:half], dtype="<u8"), np.frombuffer(body[half:], dtype="<f8"))
