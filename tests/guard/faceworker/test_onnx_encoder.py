"""An encoder that the operator brings: the file that was described and no other, aligned as such networks expect, checked answers."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from guard.errors import InvalidInputError, UnscreenableError
from guard.faceworker import wire
from guard.faceworker.detect import FrontalDetector, Sighting
from guard.faceworker.encode import ENCODER, DlibEncoder
from guard.faceworker.encoders import encoders
from guard.faceworker.look import Looker
from guard.faceworker.onnx_encoder import TEMPLATE, OnnxEncoder, aligned, similarity
from guard.match.faces.found import Box
from guard.settings import Settings
from guard.types import Picture

POOL = 28
MakeNetwork = Callable[..., Path]


@pytest.fixture(scope="session")
def face_network(tmp_path_factory: pytest.TempPathFactory) -> MakeNetwork:
    """Makes ONNX networks whose vector is the mean of each 28 by 28 pixels of each colour (48 numbers), described beside them."""

    def make(broken: bool = False, **described: object) -> Path:
        from onnx import TensorProto, helper, save

        nodes = [
            helper.make_node("AveragePool", ["face"], ["pooled"], kernel_shape=[POOL, POOL], strides=[POOL, POOL]),
            helper.make_node("Flatten", ["pooled"], ["flat"]),
            helper.make_node("Sqrt" if broken else "Identity", ["flat"], ["vector"]),
        ]
        graph = helper.make_graph(
            nodes,
            "means",
            [helper.make_tensor_value_info("face", TensorProto.FLOAT, [1, 3, 112, 112])],
            [helper.make_tensor_value_info("vector", TensorProto.FLOAT, [1, 48])],
        )
        path = tmp_path_factory.mktemp("network") / "means.onnx"
        save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        path.with_suffix(".json").write_text(json.dumps({"name": "means-v1", "sha256": digest, "dimensions": 48, **described}))
        return path

    return make


@pytest.fixture(scope="module")
def sighting(portrait: Image.Image) -> Sighting:
    pixels = np.asarray(portrait.resize((600, 600)))
    (box, score, _), *_ = FrontalDetector()(pixels)
    return Sighting(box, box, pixels, 0, score)


@pytest.mark.parametrize("degrees", [0, 20, -35, 170])
def test_a_similarity_is_found_again(degrees: float) -> None:
    angle = np.radians(degrees)
    turn = 2.5 * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    found, offset = similarity(TEMPLATE, TEMPLATE @ turn.T + (30, -12))
    assert found == pytest.approx(turn)
    assert offset == pytest.approx([30, -12])


@pytest.mark.parametrize("degrees", [0, 15, -15])
def test_a_face_is_brought_to_the_template(portrait: Image.Image, degrees: int) -> None:
    """The five points of the aligned face lie where the template has them, however the photo was turned."""
    pixels = np.asarray(portrait.resize((600, 600)).rotate(degrees, Image.Resampling.BICUBIC))
    landmarks = DlibEncoder.landmarks()
    (box, _, _), *_ = FrontalDetector()(pixels)
    chip = aligned(pixels, landmarks(pixels, box))
    assert chip.shape == (112, 112, 3)
    large = np.asarray(Image.fromarray(chip).resize((448, 448)))
    (again, _, _), *_ = FrontalDetector()(large)
    assert np.abs(landmarks(large, again) / 4 - TEMPLATE).max() < 7


def test_the_eyes_of_the_template_lie_where_insightface_has_them() -> None:
    eyes = np.array([TEMPLATE[0:2].mean(0), TEMPLATE[2:4].mean(0)])
    assert eyes == pytest.approx(np.array([(73.5318, 51.5014), (38.2946, 51.6963)]), abs=0.12)
    assert 71.7 < TEMPLATE[4, 1] < 92.3  # the base of the nose is between its tip and the mouth


@pytest.mark.parametrize("channels", ["rgb", "bgr"])
def test_the_network_is_asked_as_described(face_network: MakeNetwork, sighting: Sighting, channels: str) -> None:
    encoder = OnnxEncoder(face_network(channels=channels, mean=100.0, std=50.0, mirrored=False))
    (encoded,) = encoder([sighting])
    chip = aligned(sighting.pixels, DlibEncoder.landmarks()(sighting.pixels, sighting.box)).astype(np.float64)
    pooled = ((chip - 100) / 50).reshape(4, POOL, 4, POOL, 3).mean((1, 3)).transpose(2, 0, 1)
    expected = (pooled if channels == "rgb" else pooled[::-1]).reshape(-1)
    assert encoded.vector == pytest.approx(expected / np.linalg.norm(expected), abs=1e-5)
    assert (encoder.name, encoded.quality.size_px) == ("means-v1", sighting.place.side)


def test_a_mirrored_face_has_the_same_vector(face_network: MakeNetwork, sighting: Sighting) -> None:
    encoder = OnnxEncoder(face_network())
    left, right = sighting.pixels.shape[1] - sighting.box.right, sighting.pixels.shape[1] - sighting.box.left
    box = Box(left, sighting.box.top, right, sighting.box.bottom)
    (one, other) = encoder([sighting, Sighting(box, box, np.ascontiguousarray(sighting.pixels[:, ::-1]), 0, 1.0)])
    assert float(one.vector @ other.vector) > 0.98


def test_both_encoders_look_at_every_face_while_people_are_enrolled_anew(
    face_network: MakeNetwork, encoded: Callable[[Image.Image], Picture], portrait: Image.Image
) -> None:
    both = encoders(Settings(face_encoder=face_network()))
    seen = Looker(max_pixels=10**6, max_frames=1, time_s=60, encoders=both).look(encoded(portrait))
    assert [(face.encoder, len(face.vector)) for face in seen.faces] == [("means-v1", 48), (ENCODER, 128)]
    (counted,) = seen.counted
    assert [face.encoder for face in seen.by_every_encoder(counted)] == ["means-v1", ENCODER]
    framed = wire.dump_answer(seen)
    (length,) = wire.LENGTH.unpack_from(framed)
    received = wire.load_answer(json.loads(framed[4 : 4 + length]), framed[4 + length :], "image[0]")
    assert [(f.encoder, f.box, f.vector.tolist()) for f in received.faces] == [(f.encoder, f.box, f.vector.tolist()) for f in seen.faces]
    assert [encoder.name for encoder in encoders(Settings(face_encoder=face_network(), face_encoder_beside_dlib=False))] == ["means-v1"]


@pytest.mark.parametrize(
    ("described", "says"),
    [
        pytest.param({"sha256": "0" * 64}, "has SHA-256", id="another file"),
        pytest.param({"dimensions": 128}, "48 numbers, not 128", id="another length"),
        pytest.param({"name": "Has Spaces"}, "name", id="a name that is none"),
        pytest.param({"layout": "nhwc"}, "does not answer as its description says", id="another layout"),
        pytest.param({"weights": "x"}, "weights", id="a key that nobody knows"),
    ],
)
def test_a_network_that_is_not_as_described_is_refused(face_network: MakeNetwork, described: dict[str, object], says: str) -> None:
    with pytest.raises(InvalidInputError, match=says):
        OnnxEncoder(face_network(**described))


@pytest.mark.parametrize("gone", [".onnx", ".json"])
def test_a_file_that_is_not_there_is_named(face_network: MakeNetwork, gone: str) -> None:
    model = face_network()
    model.with_suffix(gone).unlink()
    with pytest.raises(InvalidInputError, match="cannot be read"):
        OnnxEncoder(model)


def test_a_vector_that_is_no_number_is_never_compared(face_network: MakeNetwork, sighting: Sighting) -> None:
    encoder = OnnxEncoder(face_network(broken=True, mean=10.0))
    dark = Sighting(sighting.place, sighting.box, np.zeros_like(sighting.pixels), 0, 1.0)
    with pytest.raises(UnscreenableError, match="not finite"):
        encoder([dark])
