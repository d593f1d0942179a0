"""Vectors that another program made with dlib's network (`face_recognition.face_encodings`), read for enrolment.

Formats: JSON `{"name": [[128 numbers], ...]}` or `[{"name": ..., "encoding": [128 numbers]}, ...]`; a `.npy` file of shape
(128,) or (n, 128) for one person. They are one look at a face, not the mean of two: good, a little less sharp.
"""

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from guard.errors import FieldError, InvalidInputError
from guard.registry.values import Subject

DIMENSIONS = 128
LARGEST_BYTES = 512_000_000
MOST_OF_ONE = 100
NPY = b"\x93NUMPY"

# What numpy writes for one or two axes of plain numbers (numpy.lib.format); its own reader evaluates the header as Python.
_HEADER = re.compile(
    rb"\{'descr': '(?P<dtype>[<>]f[248])', 'fortran_order': (?P<fortran>True|False), "
    rb"'shape': \((?P<shape>\d{1,9},(?: \d{1,9})?)\), \}\s*"
)

# dlib's vectors of 1,244 press photos have lengths between 1.30 and 1.58; unit length is accepted for normalised ones.
_LENGTHS = (0.9, 1.8)

FAMILIAR = 0.7
"""Least cosine with the mean of the encoder's faces. dlib's faces have 0.86 and more, random directions 0.43 at most in 100,000."""

Vector = NDArray[np.float32]


def of_one(file: bytes) -> list[Vector]:
    """The vectors of one person, from JSON or `.npy`, whichever the file is.

    Raises:
        InvalidInputError: as `from_json` and `from_npy`, or several names, or more than `MOST_OF_ONE`.
    """
    if file.startswith(NPY):
        found = from_npy(file)
    else:
        tree = _tree(file)
        bare = isinstance(tree, list) and bool(tree) and isinstance(tree[0], list)
        named = _named({"": tree} if bare else tree)
        if len(named) > 1:
            raise InvalidInputError(f"the file names {len(named)} people; send the encodings of one")
        (found,) = named.values()
    if len(found) > MOST_OF_ONE:
        raise InvalidInputError(f"{len(found)} encodings of one person; at most {MOST_OF_ONE} are taken")
    return found


def refuse_foreign(found: Mapping[str, Sequence[Vector]], usual: Vector, encoder: str) -> None:
    """Raise where a vector does not point where the faces of this encoder do: another encoder made it, though the length fits.

    Args:
        found: vectors of unit length by name.
        usual: the mean of this encoder's faces, any length.
        encoder: its name.
    """
    direction = usual / np.linalg.norm(usual)
    errors = [
        FieldError(
            f"/{_escaped(name)}/{place}", f"this is no face of {encoder}; another encoder's vector cannot be compared with its faces"
        )
        for name, vectors in found.items()
        for place, vector in enumerate(vectors)
        if float(vector @ direction) < FAMILIAR
    ]
    if errors:
        raise InvalidInputError(f"{len(errors)} of the encodings are of another encoder than {encoder}", errors)


def by_subject(
    found: Mapping[str, Sequence[Vector]], subjects: Iterable[Subject], fold: Callable[[str], str]
) -> dict[str, Sequence[Vector]]:
    """The vectors by the id of the one registered subject who has the name, or an alias that is equal after folding.

    Raises:
        InvalidInputError: names that nobody has, or several, each with its pointer.
    """
    owners: dict[str, set[str]] = {fold(name): set() for name in found}
    for subject in subjects:
        for text in {fold(subject.name), *(fold(alias.text) for alias in subject.aliases)} & owners.keys():
            owners[text].add(subject.id)
    errors = [
        FieldError(
            f"/{_escaped(name)}", "nobody of this name is registered" if not owners[fold(name)] else "several subjects have this name"
        )
        for name in found
        if len(owners[fold(name)]) != 1
    ]
    if errors:
        raise InvalidInputError(f"{len(errors)} of {len(found)} names cannot be told to be one registered subject", errors)
    placed: dict[str, list[Vector]] = {}
    for name, vectors in found.items():
        (subject_id,) = owners[fold(name)]
        placed.setdefault(subject_id, []).extend(vectors)
    return dict(placed)


def from_json(text: bytes) -> dict[str, list[Vector]]:
    """Vectors of unit length by name.

    Raises:
        InvalidInputError: every entry that is no encoding, by JSON pointer; nothing of the file is used then.
    """
    return _named(_tree(text))


def _tree(text: bytes) -> Any:
    try:
        return orjson.loads(text)
    except ValueError as broken:
        raise InvalidInputError(f"the encodings are not JSON: {broken}") from broken


def _named(tree: Any) -> dict[str, list[Vector]]:
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
    length = {1: 2, 2: 4, 3: 4}.get(data[6] if len(data) > 6 and data.startswith(NPY) else 0)
    if length is None:
        raise InvalidInputError("the encodings are no .npy file")
    start = 8 + length
    end = start + int.from_bytes(data[8:start], "little")
    header = _HEADER.fullmatch(data[start:end])
    if header is None:
        raise InvalidInputError("a .npy file of encodings holds numbers of shape (128,) or (n, 128)")
    shape = tuple(int(size) for size in header["shape"].split(b",") if size.strip())
    dtype = np.dtype(header["dtype"].decode())
    if math.prod(shape) * dtype.itemsize != len(data) - end:
        raise InvalidInputError(f"the .npy file promises an array of {shape} and has {len(data) - end} bytes of numbers")
    array = np.frombuffer(data, dtype, offset=end).reshape(shape, order="F" if header["fortran"] == b"True" else "C")
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
