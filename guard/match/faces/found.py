"""What the face workers saw in a picture: the values that enrolment and the gallery both work on."""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from guard.match.known_images import Fingerprint

Vector = NDArray[np.float32]
"""One face: shape (d,), float32, unit length."""


class Box(NamedTuple):
    """Left, top, right, bottom in pixels of the picture as it is shown (after EXIF orientation); right and bottom are exclusive."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def side(self) -> int:
        """The shorter side."""
        return min(self.right - self.left, self.bottom - self.top)

    @property
    def area(self) -> int:
        """Width times height, 0 for an empty box."""
        return max(self.right - self.left, 0) * max(self.bottom - self.top, 0)

    def overlap(self, other: "Box") -> float:
        """Intersection over union, 0..1."""
        shared = Box(max(self.left, other.left), max(self.top, other.top), min(self.right, other.right), min(self.bottom, other.bottom))
        if shared.right <= shared.left or shared.bottom <= shared.top:
            return 0.0
        return shared.area / (self.area + other.area - shared.area)


@dataclass(frozen=True, slots=True)
class Quality:
    """What decides whether a face can be recognised, measured on the picture (docs/explanation/matching-faces.md).

    Args:
        size_px: side of the face box in pixels of the original.
        sharpness: variance of the Laplacian of the aligned 150-px face over its grey variance; a blurred face is below 0.01.
        brightness: mean grey of the aligned face, 0..255.
        contrast: standard deviation of grey of the aligned face, 0..127.
        turn: how far the nose lies from the middle of the eyes, in eye distances; 0 is frontal, above 0.35 nearly a profile.
        detection: the detector's own score; the frontal detector of dlib gives 0..3.
    """

    size_px: int
    sharpness: float
    brightness: float
    contrast: float
    turn: float
    detection: float

    @property
    def score(self) -> float:
        """One figure 0..1: the worst of size, sharpness, light and pose, each full marks where it stops to matter."""
        return round(
            min(
                1.0,
                self.size_px / 100,
                self.sharpness / 0.04,
                self.contrast / 40,
                min(self.brightness, 255 - self.brightness) / 60,
                max(0.0, 1.4 - 2 * self.turn),
            ),
            3,
        )


@dataclass(frozen=True, slots=True, eq=False)
class FaceFound:
    """One face.

    `view` says how it was seen: `upright`, `rotated 90|180|270`, with what is
    special about the pixels where they are not as shown (`, without alpha`, `, alpha`, `, clipped`).
    """

    where: str
    frame: int
    box: Box
    vector: Vector
    quality: Quality
    view: str = "upright"
    encoder: str = "dlib-resnet-v1"


@dataclass(frozen=True, slots=True, eq=False)
class FacesInPicture:
    """Every face found in every frame and view of one picture. None found is not the same as cleared.

    With several encoders every face is there once for each; `encoder` names the first, whose faces are `counted`.
    `skipped` names the passes that the time budget of a picture left out, empty when all ran. `fingerprints` are for the
    search among known pictures.
    """

    faces: tuple[FaceFound, ...]
    encoder: str
    frames: int = 1
    cpu_ms: float = 0.0
    skipped: tuple[str, ...] = ()
    fingerprints: tuple[Fingerprint, ...] = ()

    @property
    def counted(self) -> tuple[FaceFound, ...]:
        """Each face once."""
        return tuple(face for face in self.faces if face.encoder == self.encoder)

    def by_every_encoder(self, face: FaceFound) -> tuple[FaceFound, ...]:
        """This face as each encoder has it, the one given among them."""
        seen = (face.frame, face.box, face.view)
        return tuple(other for other in self.faces if (other.frame, other.box, other.view) == seen)

    def at(self, where: str) -> "FacesInPicture":
        """The same for the same picture in another place."""
        return replace(self, faces=tuple(replace(face, where=where) for face in self.faces))
