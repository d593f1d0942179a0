"""Where the model files lie: inside the `face_recognition_models` package, found without importing it (it needs `pkg_resources`)."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from guard.errors import FacesUnavailableError

LANDMARKS = "shape_predictor_5_face_landmarks.dat"
RESNET = "dlib_face_recognition_resnet_model_v1.dat"


@cache
def folder() -> Path:
    """The folder of the .dat files."""
    spec = find_spec("face_recognition_models")
    if spec is None or not spec.submodule_search_locations:
        raise FacesUnavailableError("the face models are not installed: pip install face_recognition_models==0.3.0")
    return Path(spec.submodule_search_locations[0]) / "models"


def path(name: str) -> Path:
    """The file of one model, which is there."""
    found = folder() / name
    if not found.is_file():
        raise FacesUnavailableError(f"the face model {found} is missing: pip install --force-reinstall face_recognition_models==0.3.0")
    return found
