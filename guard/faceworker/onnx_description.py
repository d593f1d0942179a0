"""What an operator says of the face network that they bring: `model.json` beside `model.onnx` (docs/how-to/bring-a-face-encoder.md)."""

from hashlib import sha256
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from guard.errors import InvalidInputError


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
    layout: Literal["nchw", "nhwc"] = "nchw"
    mean: float = Field(127.5, ge=0, le=255)
    std: float = Field(127.5, gt=0, le=255)
    mirrored: bool = True


Kind = TypeVar("Kind", bound=Pinned)


def describe(model: Path) -> Description:
    """The description beside a face network; see `described`."""
    return described(Description, model, "GUARD_FACE_ENCODER")


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
        raise InvalidInputError(f"{setting}: {beside}: {'.'.join(map(str, wrong['loc']))}: {wrong['msg']}") from error
    if digest != description.sha256:
        raise InvalidInputError(f"{setting}: {model} has SHA-256 {digest}, {beside.name} says {description.sha256}")
    return description
