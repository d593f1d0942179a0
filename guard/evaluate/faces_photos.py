"""Photos of many people as vectors: a folder of `person/photo.jpg`, seen exactly as the face workers would see them."""

import csv
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from guard.errors import InvalidInputError
from guard.evaluate.faces_fit import Sample
from guard.evaluate.faces_looking import DLIB, Look, Networks, look_at
from guard.faceworker.encode import ENCODER
from guard.match.faces import FaceFound, FacesInPicture

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp"})

Done = Callable[[int, int], None]
"""Told how many of how many are done."""


@dataclass(frozen=True, slots=True)
class Photo:
    """One photo of a person; `person` counts the folders in order."""

    person: int
    path: Path


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What was seen in a folder: the sample, the photo behind each of its rows, and what is known of the people.

    Args:
        sample: vectors and whose they are.
        photos: row i of the sample was seen in photos[i].
        unseen: photos in which no face was found.
        cpu_ms: CPU time of each photo of the sample.
        groups: group of each person, from `groups.csv` in the folder (`person,group`), where there is one.
        digest: SHA-256 over all photos of the folder; no single photo can be told from it.
        encoder: what made the vectors.
    """

    sample: Sample
    photos: tuple[Photo, ...]
    unseen: tuple[Photo, ...]
    cpu_ms: NDArray[np.float64]
    groups: Mapping[int, str]
    digest: str = ""
    encoder: str = ENCODER


def photos_of(folder: Path) -> list[Photo]:
    """All photos, person by person."""
    people = sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
    found = [
        Photo(number, path) for number, person in enumerate(people) for path in sorted(person.iterdir()) if path.suffix.lower() in SUFFIXES
    ]
    if not found:
        raise InvalidInputError(f"{folder} holds no photos; it must have a folder for each person with their photos (.jpg, .png, .webp)")
    return found


def groups_of(folder: Path) -> dict[int, str]:
    """The group of each person, if the folder says so; who is in no group, or in no folder, is left out.

    Raises:
        InvalidInputError: `groups.csv` is no table of `person,group`, gives somebody two groups, or names nobody of the folder.
    """
    table = folder / "groups.csv"
    if not table.is_file():
        return {}
    number = {path.name: place for place, path in enumerate(sorted(path for path in folder.iterdir() if path.is_dir()))}
    found: dict[int, str] = {}
    for line, person, group in _rows(table):
        if person not in number or not group:
            continue
        if found.setdefault(number[person], group) != group:
            raise InvalidInputError(f"{table}:{line}: {person} is in {group} and in {found[number[person]]}; put each person in one group")
    if not found:
        raise InvalidInputError(f"{table} puts nobody of these folders in a group; its column person must hold the folders' names")
    return found


def _rows(table: Path) -> Iterator[tuple[int, str, str]]:
    """Line, person and group of each row."""
    try:
        with table.open(encoding="utf-8-sig", newline="") as opened:
            rows = csv.DictReader(opened, strict=True)
            if not {"person", "group"} <= set(rows.fieldnames or ()):
                raise InvalidInputError(f"{table}: its first line must name the columns person and group, not {rows.fieldnames}")
            for row in rows:
                yield rows.line_num, (row["person"] or "").strip(), (row["group"] or "").strip()
    except (csv.Error, UnicodeDecodeError) as broken:
        raise InvalidInputError(f"{table} is no CSV table in UTF-8: {broken}") from broken


def see(folder: Path, progress: Done, keep: Path | None = None, networks: Networks = DLIB) -> Seen:
    """Every photo of the folder through detector and encoder (`look_at` has `keep` and `networks`); of several faces the one nearest to the middle is the person's."""
    photos, groups = photos_of(folder), groups_of(folder)
    rows: list[tuple[Photo, FaceFound, float]] = []
    unseen: list[Photo] = []
    for place, (photo, seen) in enumerate(zip(photos, look_at([Look(photo.path) for photo in photos], keep, networks), strict=True)):
        face = central_face(seen, photo.path)
        if face is None:
            unseen.append(photo)
        else:
            rows.append((photo, face, seen.cpu_ms))
        progress(place + 1, len(photos))
    if not rows:
        raise InvalidInputError(f"no face was found in any of the {len(photos)} photos of {folder}")
    sample = Sample(np.stack([face.vector for _, face, _ in rows]), np.array([photo.person for photo, _, _ in rows]))
    return Seen(
        sample,
        tuple(photo for photo, _, _ in rows),
        tuple(unseen),
        np.array([cpu for _, _, cpu in rows]),
        groups,
        digest_of(photos),
        rows[0][1].encoder,
    )


def digest_of(photos: Sequence[Photo]) -> str:
    """One SHA-256 over all photos, in whatever folders and order they are."""
    each = sorted(hashlib.sha256(photo.path.read_bytes()).digest() for photo in photos)
    return hashlib.sha256(b"".join(each)).hexdigest()


def central_face(seen: FacesInPicture, photo: Path) -> FaceFound | None:
    """The face nearest to the middle of a photo."""
    if not seen.faces:
        return None
    with Image.open(photo) as opened:
        middle = np.array(opened.size) / 2

    def off_centre(face: FaceFound) -> float:
        return float(np.hypot(*(np.array([face.box.left + face.box.right, face.box.top + face.box.bottom]) / 2 - middle)))

    return min(seen.faces, key=off_centre)
