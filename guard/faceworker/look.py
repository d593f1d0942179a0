"""One picture from bytes to faces: every frame, with and without its transparency, every pass of the cascade, within its time."""

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from guard.errors import FacesUnavailableError, TooLargeError, UnscreenableError
from guard.extract.image_decode import frames
from guard.faceworker.beside import beside
from guard.faceworker.detect import (
    SAME_FACE_OVERLAP,
    Detector,
    FrontalDetector,
    Pixels,
    SecondDetector,
    Sighting,
    passes,
    sightings,
    small_side,
)
from guard.faceworker.encode import DlibEncoder, Encoder
from guard.faceworker.fingerprint import fingerprint
from guard.match.faces.found import Box, FaceFound, FacesInPicture
from guard.match.known_images import Fingerprint
from guard.types import Picture

MAX_FACES = 500
OPTIONAL_PASSES_S = 1.5
SAME_FACE_COSINE = 0.99
"""Of raw vectors, whose mean over all people is long: strangers reach 0.9, two photos of one person 0.93 to 0.98."""


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """A sighting and the frame and view that it comes from."""

    sighting: Sighting
    frame: int
    view: str


class Looker:
    """Detector and encoder, loaded once.

    Args:
        max_pixels: largest picture, all frames counted.
        max_frames: most frames.
        time_s: wall time for one picture; beyond it the picture is unscreenable.
        detector: finds the faces; dlib's frontal one unless given.
        second: finds more faces beside it; none unless given.
        encoders: make the vectors, each of every face; dlib's network unless given.
    """

    def __init__(
        self,
        *,
        max_pixels: int,
        max_frames: int,
        time_s: float,
        detector: Detector | None = None,
        second: SecondDetector | None = None,
        encoders: Sequence[Encoder] = (),
    ) -> None:
        self._max_pixels = max_pixels
        self._max_frames = max_frames
        self._time_s = time_s
        self._detector = detector or FrontalDetector()
        self._second = second
        self._encoders = tuple(encoders) or (DlibEncoder(),)

    def warm_up(self) -> None:
        """Run every model once, so that the first picture does not pay for it."""
        blank = np.full((160, 160, 3), 128, np.uint8)
        self._detector(blank)
        for encoder in self._encoders:
            encoder([Sighting(Box(40, 40, 120, 120), Box(40, 40, 120, 120), blank, 0, 0.0)])

    def look(self, picture: Picture, nobody_waits: Callable[[], bool] = lambda: False, small_faces: bool = False) -> FacesInPicture:
        """Every face in the picture, and its fingerprints; with `small_faces` no pass is left out.

        Raises:
            UnscreenableError: it cannot be decoded, or not be examined within its time.
            TooLargeError: it has more pixels, frames or faces than can be examined.
            FacesUnavailableError: `nobody_waits()` became true on the way.
        """
        clock = _Clock(picture.where, self._time_s, nobody_waits)
        self._check_size(picture)
        seen: list[_Seen] = []
        skipped: list[str] = []
        fingerprints: list[Fingerprint] = []
        for frame, view, pixels in _different_views(picture):
            clock.check()
            hashes, quality = fingerprint(pixels)
            fingerprints.append(Fingerprint(frame, view, quality, hashes))
            found, left_out = self._sightings(pixels, small_faces, clock)
            skipped.extend(name for name in left_out if name not in skipped)
            seen.extend(_Seen(sighting, frame, _view(sighting, view)) for sighting in found)
            if len(seen) > MAX_FACES:
                raise TooLargeError(f"more than {MAX_FACES} faces in one picture cannot be examined", picture.where)
        clock.check()
        faces = tuple(_each_once(self._encode(picture.where, seen)))
        return FacesInPicture(faces, self._encoders[0].name, picture.frames, clock.cpu_ms(), tuple(skipped), tuple(fingerprints))

    def _sightings(self, pixels: Pixels, small_faces: bool, clock: "_Clock") -> tuple[list[Sighting], list[str]]:
        """What every detector sees, each face once, and the passes that were left out; of too many faces only that they are too many."""
        height, width = pixels.shape[:2]
        plan = passes(width, height, small_faces, led=self._second is not None and self._second.leads)
        found, left_out = sightings(pixels, self._detector, plan, clock.optional_time_is_up)
        if self._second is None or len(found) > MAX_FACES:
            return found, left_out
        more, _ = sightings(pixels, self._second, self._second.plan(small_side(width, height) if small_faces else 0), lambda: False)
        if len(more) > MAX_FACES:
            return more, left_out
        return beside(pixels, found, more, self._detector, clock.check), left_out

    def _check_size(self, picture: Picture) -> None:
        """The gateway has checked this already; a worker does not rely on it."""
        if picture.frames > self._max_frames:
            raise TooLargeError(f"{picture.frames} frames; at most {self._max_frames} can be examined", picture.where)
        if picture.width * picture.height * picture.frames > self._max_pixels:
            raise TooLargeError(
                f"{picture.width} x {picture.height} pixels in {picture.frames} frames; at most {self._max_pixels} can be examined",
                picture.where,
            )

    def _encode(self, where: str, seen: list[_Seen]) -> Iterator[FaceFound]:
        for encoder in self._encoders:
            encoded = encoder([item.sighting for item in seen])
            for item, face in zip(seen, encoded, strict=True):
                yield FaceFound(where, item.frame, item.sighting.place, face.vector, face.quality, item.view, encoder.name)


def _different_views(picture: Picture) -> Iterator[tuple[int, str, Pixels]]:
    """Frame number, what is special about the view, and pixels: each distinct frame and view once.

    The view that leaves out the EXIF orientation is left out here: turned pictures are looked for anyway, and a mirrored
    face gives the same vector.
    """
    known: set[bytes] = set()
    for frame in frames(picture):
        digest = hashlib.blake2b(frame.pixels.data, digest_size=16).digest()
        if digest not in known and not frame.view.endswith("as stored"):
            known.add(digest)
            yield frame.index, "" if frame.view == "as shown" else frame.view, frame.pixels


def _each_once(faces: Iterable[FaceFound]) -> Iterator[FaceFound]:
    """Without the faces that another view of the same frame shows alike in the same place."""
    kept: list[FaceFound] = []
    for face in faces:
        if not any(_alike(face, other) for other in kept if (other.frame, other.encoder) == (face.frame, face.encoder)):
            kept.append(face)
            yield face


def _alike(one: FaceFound, other: FaceFound) -> bool:
    return one.box.overlap(other.box) > SAME_FACE_OVERLAP and float(one.vector @ other.vector) > SAME_FACE_COSINE


def _view(sighting: Sighting, view: str) -> str:
    name = f"rotated {sighting.turn}" if sighting.turn else "upright"
    return f"{name}, {view}" if view else name


class _Clock:
    """The time one picture has."""

    def __init__(self, where: str, time_s: float, nobody_waits: Callable[[], bool]) -> None:
        self._where = where
        self._time_s = time_s
        self._nobody_waits = nobody_waits
        self._began = time.monotonic()
        self._cpu_began = time.process_time()

    def check(self) -> None:
        """Raise when the time is up or nobody waits any more."""
        if time.monotonic() - self._began > self._time_s:
            raise UnscreenableError(f"the picture could not be examined within {self._time_s:g} s", self._where)
        if self._nobody_waits():
            raise FacesUnavailableError("the client has gone")

    def optional_time_is_up(self) -> bool:
        """Whether the passes that may be left out are to be."""
        return time.process_time() - self._cpu_began > OPTIONAL_PASSES_S

    def cpu_ms(self) -> float:
        """CPU time spent so far."""
        return round((time.process_time() - self._cpu_began) * 1000, 1)
