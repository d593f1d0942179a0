"""What an operator says of the face networks that they bring: `model.json` beside `model.onnx` (docs/how-to/bring-a-face-encoder.md,
bring-a-face-detector.md)."""

from hashlib import sha256
from pathlib import Path
from typing import Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from guard.errors import InvalidInputError
from guard.faceworker.onnx_network import Channels, Layout
from guard.faults import in_words


class Pinned(BaseModel):
    """A description of one ONNX file and no other.

    Attributes:
        sha256: of the file, in hex; another file is not used.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    sha256: str = Field(pattern="^[0-9a-f]{64}$")


class Description(Pinned):
    """What `model.json` says.

    Attributes:
        name: name and version, stored with every vector and never used for another file: vectors of two names are never compared.
        dimensions: length of a vector.
        channels: order of colours.
        layout: order of the input's axes.
        mean: what is taken from each colour value 0..255 ...
        std: ... and what the rest is divided by.
        mirrored: look at the mirror image too and take the mean.
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{2,63}$")
    dimensions: int = Field(ge=16, le=4096)
    channels: Literal["rgb", "bgr"] = "rgb"
    layout: Layout = "nchw"
    mean: float = Field(127.5, ge=0, le=255)
    std: float = Field(127.5, gt=0, le=255)
    mirrored: bool = True


Column = str | tuple[str, int]
"""An output of the network by name, with the first of its columns that is meant; 0 where only the name is given."""


class DetectorDescription(Pinned):
    """What `model.json` says of a network that finds faces.

    Attributes:
        kind: how its answers are to be read; `yunet`: for each stride `cls`, `obj`, offsets of the centre with logarithms of the size, and
            points; `scrfd`: for each stride scores, distances to the four sides, and points; `boxes`: one list of boxes and scores.
        side_px: side of the square that it looks at, a multiple of every stride.
        channels: order of colours.
        layout: order of the input's axes.
        mean: what is taken from each colour value 0..255, one number or one for each channel in their order ...
        std: ... and what the rest is divided by.
        strides: pixels of one step of each of its grids.
        scores: outputs with the scores, one for each stride (`boxes`: one).
        objects: outputs with the second score that `yunet` has.
        boxes: outputs with the boxes.
        points: outputs with the five points; without them a face is tried at eight angles.
        point_step: numbers of a point: 3 where a third (visibility) follows x and y.
        form: how `boxes` gives a box.
        unit: whether `boxes` counts in pixels of the square or in shares of its side.
        least_score: what scores lower is no face.
        turns: degrees at which the picture is looked at; leave out only what the network finds without.
        leads: whether dlib's detector looks only upright and at 800 pixels, for drawn faces; only for a network that was measured to find
            the rest.
    """

    kind: Literal["yunet", "scrfd", "boxes"]
    side_px: int = Field(ge=64, le=2048)
    channels: Literal["rgb", "bgr"] = "rgb"
    layout: Layout = "nchw"
    mean: Channels = 0.0
    std: Channels = 1.0
    strides: tuple[int, ...] = (8, 16, 32)
    scores: tuple[Column, ...] = ()
    objects: tuple[Column, ...] = ()
    boxes: tuple[Column, ...] = ()
    points: tuple[Column, ...] = ()
    point_step: Literal[2, 3] = 2
    form: Literal["corners", "corner_size", "centre_size"] = "corners"
    unit: Literal["pixels", "share"] = "pixels"
    least_score: float = Field(0.5, gt=0, lt=1)
    turns: tuple[Literal[0, 90, 180, 270], ...] = Field((0, 90, 180, 270), min_length=1)
    leads: bool = False

    @model_validator(mode="before")
    @classmethod
    def _usual_names(cls, said: object) -> object:
        """YuNet's outputs have names that say what they are."""
        if not isinstance(said, dict) or said.get("kind") != "yunet":
            return said
        parts = {"scores": "cls", "objects": "obj", "boxes": "bbox", "points": "kps"}
        strides = said.get("strides", (8, 16, 32))
        return {**{key: tuple(f"{part}_{stride}" for stride in strides) for key, part in parts.items()}, **said}

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        count = 1 if self.kind == "boxes" else len(self.strides)
        for key, needed in (("scores", True), ("boxes", True), ("objects", self.kind == "yunet"), ("points", False)):
            given = len(getattr(self, key))
            if given != count and (needed or given):
                raise ValueError(f"`{key}` must name {count} outputs, not {given}")
        if any(stride < 1 or self.side_px % stride for stride in self.strides):
            raise ValueError(f"`side_px` {self.side_px} is no multiple of each of `strides`")
        if 0 in (self.std if isinstance(self.std, tuple) else (self.std,)):
            raise ValueError("`std` is 0")
        return self


Kind = TypeVar("Kind", bound=Pinned)


def describe(model: Path) -> Description:
    """The description beside a face network; see `described`."""
    return described(Description, model, "GUARD_FACE_ENCODER")


def describe_detector(model: Path) -> DetectorDescription:
    """The description beside a network that finds faces; see `described`."""
    return described(DetectorDescription, model, "GUARD_FACE_DETECTOR")


def described(kind: type[Kind], model: Path, setting: str) -> Kind:
    """The description beside a model, after a look whether the model is that file.

    Raises:
        InvalidInputError: what is wrong, beginning with the name of the `setting` that names the model.
    """
    beside = model.with_suffix(".json")
    try:
        description = kind.model_validate_json(beside.read_bytes())
        digest = sha256(model.read_bytes()).hexdigest()
    except OSError as error:
        raise InvalidInputError(f"{setting}: {error.filename} cannot be read: {error.strerror}") from error
    except ValidationError as error:
        wrong = error.errors()[0]
        raise InvalidInputError(f"{setting}: {beside}: {'.'.join(map(str, wrong['loc']))}: {in_words(wrong)}") from error
    if digest != description.sha256:
        raise InvalidInputError(f"{setting}: {model} has SHA-256 {digest}, {beside.name} says {description.sha256}")
    return description
