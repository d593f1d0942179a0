"""An operator's scales in the data directory take the place of the shipped ones."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from guard.errors import InvalidInputError
from guard.match.faces import scale
from guard.match.faces.scale import bundled
from guard.processes.parts import check_face_networks, prepare_matching
from guard.processes.supervisor import Supervisor
from guard.settings import Settings

ENCODER = "dlib-resnet-v1"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr(scale, "_added", {})
    return Settings(data_dir=tmp_path, _env_file=None)


def test_without_a_folder_the_shipped_one_is_used(settings: Settings) -> None:
    shipped = bundled(ENCODER)
    prepare_matching(settings)
    assert bundled(ENCODER) is shipped


def test_a_scale_in_the_folder_is_used(settings: Settings) -> None:
    shipped = bundled(ENCODER)
    assert shipped is not None
    (settings.data_dir / "scales").mkdir()
    (settings.data_dir / "scales" / "ours.npz").write_bytes(replace(shipped, nearest=shipped.nearest + 1).dumps())
    prepare_matching(settings)
    ours = bundled(ENCODER)
    assert ours is not None
    assert ours.nearest == shipped.nearest + 1


def test_a_file_that_is_no_scale_is_named(settings: Settings) -> None:
    (settings.data_dir / "scales").mkdir()
    (settings.data_dir / "scales" / "ours.npz").write_bytes(b"no")
    with pytest.raises(InvalidInputError, match=r"ours\.npz is no scale"):
        prepare_matching(settings)


DESCRIBED = [
    pytest.param("face_encoder", {"name": "ours-v1", "dimensions": 128}, "GUARD_FACE_ENCODER", id="encoder"),
    pytest.param("face_detector", {"kind": "yunet", "side_px": 640}, "GUARD_FACE_DETECTOR", id="detector"),
]


@pytest.mark.parametrize(("setting", "described", "named"), DESCRIBED)
def test_a_network_of_another_digest_is_refused_before_anything_starts(
    settings: Settings, tmp_path: Path, setting: str, described: dict[str, object], named: str
) -> None:
    check_face_networks(settings)
    model = tmp_path / "ours.onnx"
    model.write_bytes(b"weights")
    digest = hashlib.sha256(b"weights").hexdigest()
    model.with_suffix(".json").write_text(json.dumps({"sha256": digest, **described}))
    setattr(settings, setting, model)
    check_face_networks(settings)
    model.write_bytes(b"other weights")
    with pytest.raises(InvalidInputError, match=f"^{named}: .* has SHA-256 .* says {digest}"):
        check_face_networks(settings)
    with pytest.raises(SystemExit, match=f"^{named}: .* has SHA-256"):
        Supervisor(settings).run()


def test_an_encoder_without_a_scale_is_refused_at_start(settings: Settings, tmp_path: Path) -> None:
    """Its faces would be compared with nobody, and nobody would notice."""
    model = tmp_path / "ours.onnx"
    model.write_bytes(b"weights")
    digest = hashlib.sha256(b"weights").hexdigest()
    model.with_suffix(".json").write_text(json.dumps({"name": "ours-v1", "sha256": digest, "dimensions": 128}))
    settings.face_encoder = model
    with pytest.raises(InvalidInputError, match=r"ours-v1 .* has no scale .* --encoder"):
        prepare_matching(settings)
    shipped = bundled(ENCODER)
    assert shipped is not None
    (tmp_path / "scales").mkdir()
    (tmp_path / "scales" / "ours-v1.npz").write_bytes(replace(shipped, encoder="ours-v1").dumps())
    prepare_matching(settings)
    assert bundled("ours-v1") is not None
