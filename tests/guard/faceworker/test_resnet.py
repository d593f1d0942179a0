"""numpy gives dlib's vectors; face_recognition, where it is installed, is the outer oracle."""

import subprocess
import sys
from importlib.util import find_spec

import numpy as np
import pytest
from PIL import Image

from guard.errors import FacesUnavailableError
from guard.faceworker import models
from guard.faceworker.detect import FrontalDetector
from guard.faceworker.encode import DlibEncoder
from guard.faceworker.resnet import FaceNetwork
from guard.match.faces import Box

dlib = pytest.importorskip("_dlib_pybind11", reason="dlib is not installed")


@pytest.fixture(scope="module")
def network() -> FaceNetwork:
    return FaceNetwork(models.path(models.RESNET))


@pytest.fixture(scope="module")
def chips(portrait: Image.Image) -> np.ndarray:
    """A face, its mirror image, a flat grey and noise."""
    face = DlibEncoder().chip(np.asarray(portrait), Box(70, 70, 170, 170))
    noise = np.random.default_rng(0).integers(0, 256, face.shape, np.uint8)
    return np.stack([face, face[:, ::-1], np.full_like(face, 127), noise])


def test_the_vectors_are_dlibs(network: FaceNetwork, chips: np.ndarray) -> None:
    original = dlib.face_recognition_model_v1(str(models.path(models.RESNET)))
    theirs = np.array([original.compute_face_descriptor(np.ascontiguousarray(chip)) for chip in chips])
    apart = np.abs(network(chips) - theirs).max(axis=1)
    assert (apart < [1e-6, 1e-6, 1e-5, 1e-5]).all(), apart


def test_a_batch_gives_what_its_faces_give_alone(network: FaceNetwork, chips: np.ndarray) -> None:
    assert network(chips) == pytest.approx(np.concatenate([network(chips[k : k + 1]) for k in range(len(chips))]), abs=1e-6)


@pytest.mark.parametrize("shape", [(1, 112, 112, 3), (150, 150, 3), (1, 150, 150, 4)], ids=str)
def test_what_is_no_aligned_face_is_refused(network: FaceNetwork, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="chips must be"):
        network(np.zeros(shape, np.uint8))


def test_a_file_that_is_not_the_model_is_refused(tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("models") / "other.dat"
    other.write_bytes(b"not a network")
    with pytest.raises(FacesUnavailableError, match=r"other\.dat is not dlib's face network"):
        FaceNetwork(other)


ORACLE = """
import sys, types, importlib.util, numpy as np
sys.modules["pkg_resources"] = types.SimpleNamespace(
    resource_filename=lambda package, name: f"{importlib.util.find_spec(package).submodule_search_locations[0]}/{name}")
import face_recognition
pixels = np.load(sys.argv[1])
box = tuple(int(v) for v in sys.argv[2].split(","))
np.save(sys.argv[3], face_recognition.face_encodings(pixels, [box], num_jitters=1, model="small")[0])
"""


@pytest.mark.skipif(find_spec("face_recognition") is None, reason="face_recognition is not installed (it is an oracle, not a dependency)")
def test_face_recognition_gives_the_same_vector_for_the_same_box(
    portrait: Image.Image, network: FaceNetwork, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """In a process of its own: its import changes Pillow's settings and quits where pkg_resources is missing."""
    pixels = np.asarray(portrait)
    box = FrontalDetector()(pixels)[0].box
    folder = tmp_path_factory.mktemp("oracle")
    np.save(folder / "pixels.npy", pixels)
    corners = f"{box.top},{box.right - 1},{box.bottom - 1},{box.left}"
    subprocess.run([sys.executable, "-c", ORACLE, folder / "pixels.npy", corners, folder / "vector.npy"], check=True, capture_output=True)
    ours = network(DlibEncoder().chip(pixels, box)[None])[0]
    assert np.abs(ours - np.load(folder / "vector.npy")).max() < 1e-6
