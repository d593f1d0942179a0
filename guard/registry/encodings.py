"""Vectors that another program made with dlib's network (`face_recognition.face_encodings`), read for enrolment.

Formats: JSON `{"name": [[128 numbers], ...]}` or `[{"name": ..., "encoding": [128 numbers]}, ...]`; a `.npy` file of shape
(128,) or (n, 128) for one person. They are one look at a face, not the mean of two: good, a little less sharp.
"""

from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from guard.errors import FieldError, InvalidInputError

DIMENSIONS = 128
LARGEST_BYTES = 512_000_000

# dlib's vectors of 1,244 press photos have lengths between 1.30 and 1.58; unit length is accepted for normalised ones.
_LENGTHS = (0.9, 1.8)

Vector = NDArray[np.float32]


def from_json(text: bytes) -> dict[str, list[Vector]]:
    """Vectors of unit length by name.

    Raises:
        InvalidInputError: every entry that is no encoding, by JSON pointer; nothing of the file is used then.
    """
    try:
        tree = orjson.loads(text)
    except ValueError as broken:
        raise InvalidInputError(f"the encodings are not JSON: {broken}") from broken
    found: dict[str, list[Vector]] = {}
    errors: list[FieldError] = []
    for pointer, name, numbers in _entries(tree):
        try:
            found.setdefault(name, []).append(checked(numbers))
        except InvalidInputError as wrong:
            errors.append(FieldError(pointer, str(wrong)))
    if errors:
        raise InvalidInputError(f"{len(errors)} of the encodings cannot be used", errors)
    if not found:
        raise InvalidInputError('no encodings found; expected {"name": [[128 numbers], ...]} or [{"name", "encoding"}, ...]')
    return found


def from_npy(data: bytes) -> list[Vector]:
    """Vectors of unit length of one person.

    Raises:
        InvalidInputError: no array of numbers, another shape, or a row that is no encoding. Pickled arrays are never loaded.
    """
    if len(data) > LARGEST_BYTES:
        raise InvalidInputError(f"{len(data)} bytes of encodings; at most {LARGEST_BYTES} are read")
    try:
        array = np.load(BytesIO(data), allow_pickle=False)
    except (ValueError, OSError, EOFError) as broken:
        raise InvalidInputError(f"the encodings are no .npy file: {broken}") from broken
    if not isinstance(array, np.ndarray) or array.ndim not in (1, 2) or array.dtype.kind not in "fiu":
        raise InvalidInputError("a .npy file of encodings holds numbers of shape (128,) or (n, 128)")
    return [checked(row) for row in np.atleast_2d(array)]


def checked(numbers: object) -> Vector:
    """One encoding as a float32 vector of unit length.

    Raises:
        InvalidInputError: not 128 finite numbers, or a length that dlib's network does not give.
    """
    try:
        vector = np.asarray(numbers, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as wrong:
        raise InvalidInputError("an encoding is a list of numbers") from wrong
    if vector.shape != (DIMENSIONS,):
        raise InvalidInputError(f"an encoding has {DIMENSIONS} numbers, this has shape {vector.shape}")
    if not np.isfinite(vector).all():
        raise InvalidInputError("an encoding's numbers are finite; this holds NaN or infinity")
    length = float(np.linalg.norm(vector))
    if not _LENGTHS[0] <= length <= _LENGTHS[1]:
        raise InvalidInputError(
            f"a vector of length {length:.2f} is none of dlib's ({_LENGTHS[0]} to {_LENGTHS[1]}); another encoder's cannot be compared"
        )
    return (vector / length).astype(np.float32)


def _entries(tree: Any) -> Iterator[tuple[str, str, object]]:
    """JSON pointer, name and numbers of each encoding; what is none of the two shapes yields numbers that fail the check."""
    if isinstance(tree, Mapping):
        for name, encodings in tree.items():
            several = isinstance(encodings, list) and encodings and isinstance(encodings[0], list)
            for place, numbers in enumerate(encodings if several else [encodings]):
                yield f"/{_escaped(name)}/{place}" if several else f"/{_escaped(name)}", name, numbers
    elif isinstance(tree, list):
        for place, entry in enumerate(tree):
            if isinstance(entry, Mapping) and isinstance(entry.get("name"), str):
                yield f"/{place}/encoding", entry["name"], entry.get("encoding")
            else:
                yield f"/{place}", "", None


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
