"""Photos of many people as vectors: a folder of `person/photo.jpg`, seen exactly as the face workers would see them."""

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter, ImageOps

from guard.errors import InvalidInputError, UnscreenableError
from guard.evaluate.faces_fit import Sample
from guard.faceworker.encode import ENCODER
from guard.faceworker.look import Looker
from guard.match.faces import FaceFound, FacesInPicture
from guard.types import Picture

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
    """

    sample: Sample
    photos: tuple[Photo, ...]
    unseen: tuple[Photo, ...]
    cpu_ms: NDArray[np.float64]
    groups: Mapping[int, str]


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
    """The group of each person, if the folder says so."""
    table = folder / "groups.csv"
    if not table.is_file():
        return {}
    number = {path.name: place for place, path in enumerate(sorted(path for path in folder.iterdir() if path.is_dir()))}
    with table.open(encoding="utf-8", newline="") as rows:
        return {number[row["person"]]: row["group"] for row in csv.DictReader(rows) if row["person"] in number}


def see(folder: Path, looker: Looker, progress: Done) -> Seen:
    """Every photo of the folder through detector and encoder; of several faces the one nearest to the middle is the person's."""
    photos = photos_of(folder)
    rows: list[tuple[Photo, FaceFound, float]] = []
    unseen: list[Photo] = []
    for place, photo in enumerate(photos):
        found, cpu_ms = central_face(looker, photo.path.read_bytes(), str(photo.path))
        if found is None:
            unseen.append(photo)
        else:
            rows.append((photo, found, cpu_ms))
        progress(place + 1, len(photos))
    sample = Sample(np.stack([face.vector for _, face, _ in rows]), np.array([photo.person for photo, _, _ in rows]))
    return Seen(sample, tuple(photo for photo, _, _ in rows), tuple(unseen), np.array([cpu for _, _, cpu in rows]), groups_of(folder))


def central_face(looker: Looker, photo: bytes, where: str) -> tuple[FaceFound | None, float]:
    """The face nearest to the middle of a photo, and the CPU time in ms that looking took."""
    seen = all_faces(looker, photo, where)
    with Image.open(io.BytesIO(photo)) as opened:
        middle = np.array(opened.size) / 2

    def off_centre(face: FaceFound) -> float:
        return float(np.hypot(*(np.array([face.box.left + face.box.right, face.box.top + face.box.bottom]) / 2 - middle)))

    return min(seen.faces, key=off_centre, default=None), seen.cpu_ms


def all_faces(looker: Looker, photo: bytes, where: str) -> FacesInPicture:
    """Every face of a photo; none where it cannot be examined."""
    with Image.open(io.BytesIO(photo)) as opened:
        picture = Picture(where, photo, (opened.format or "").lower(), opened.width, opened.height)
    try:
        return looker.look(picture)
    except UnscreenableError:
        return FacesInPicture((), ENCODER)


def _saved(image: Image.Image, quality: int = 95) -> bytes:
    held = io.BytesIO()
    image.save(held, "JPEG", quality=quality)
    return held.getvalue()


def _face_of_64(image: Image.Image) -> Image.Image:
    """Photos of the usual crop show the head at about half their width, so 64 pixels of face are 128 of photo."""
    return image.resize((128, round(128 * image.height / image.width)), Image.Resampling.LANCZOS)


def _on_a_page(image: Image.Image) -> Image.Image:
    page = Image.new("RGB", (1024, 1024), (200, 205, 210))
    page.paste(image.resize((300, 300), Image.Resampling.BICUBIC), (620, 90))
    return page


CHANGES: Mapping[str, Callable[[Image.Image], bytes]] = {
    "as it is": lambda image: _saved(image),
    "turned by 90 degrees": lambda image: _saved(image.transpose(Image.Transpose.ROTATE_90)),
    "turned by 180 degrees": lambda image: _saved(image.transpose(Image.Transpose.ROTATE_180)),
    "turned by 45 degrees": lambda image: _saved(image.rotate(45, Image.Resampling.BICUBIC, expand=True)),
    "mirrored": lambda image: _saved(ImageOps.mirror(image)),
    "grey": lambda image: _saved(image.convert("L").convert("RGB")),
    "JPEG quality 20": lambda image: _saved(image, 20),
    "face of 64 px": lambda image: _saved(_face_of_64(image)),
    "300 px in a page of 1024": lambda image: _saved(_on_a_page(image)),
    "dark": lambda image: _saved(image.point(lambda value: round(value * 0.3))),
    "blurred, radius 2": lambda image: _saved(image.filter(ImageFilter.GaussianBlur(2))),
    "blurred, radius 4": lambda image: _saved(image.filter(ImageFilter.GaussianBlur(4))),
    "bar over the eyes": lambda image: _saved(_barred(image)),
}


def _barred(image: Image.Image) -> Image.Image:
    copy = image.copy()
    width, height = copy.size
    copy.paste((0, 0, 0), (round(0.2 * width), round(0.36 * height), round(0.8 * width), round(0.5 * height)))
    return copy


def changed(photo: Path) -> Iterator[tuple[str, bytes]]:
    """The photo in every way that a caller might turn, shrink or spoil it."""
    with Image.open(photo) as opened:
        image = ImageOps.exif_transpose(opened).convert("RGB")
    for name, change in CHANGES.items():
        yield name, change(image)
