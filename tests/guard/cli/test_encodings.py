"""`guard registry encodings`, as an operator types it."""

import json
from pathlib import Path

import numpy as np
import orjson
import pytest
from typer.testing import CliRunner

from guard.cli import app
from guard.faceworker.encode import ENCODER
from guard.match.faces.scale import bundled
from guard.processes import parts
from guard.registry.store import Registry
from guard.registry.values import By, SubjectData
from guard.settings import Settings


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    monkeypatch.setenv("GUARD_DATA_DIR", str(tmp_path / "var"))
    settings = Settings(_env_file=None)  # type: ignore[call-arg]
    return parts.open_registry(settings, parts.open_engine(settings, migrate=True))


def usual() -> list[float]:
    scale = bundled(ENCODER)
    assert scale is not None
    return [float(number) for number in scale.centre / np.linalg.norm(scale.centre) * 1.4]


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["registry", "encodings", *words, "--json"])
    return result.exit_code, result.output


def test_names_that_are_registered_are_enrolled_all_or_none(registry: Registry, tmp_path: Path) -> None:
    by = By("staff", parts.audit(registry.keyring))
    ids = {name: registry.create_subject(SubjectData(name), by).id for name in ("Ada Byron", "Ben Nevis")}
    file = tmp_path / "archive.json"
    file.write_bytes(orjson.dumps({"Ada Byron": [usual(), usual()], "Cy Nobody": [usual()]}))
    assert run(str(file))[0] != 0
    assert registry.list_faces(ids["Ada Byron"]) == []
    file.write_bytes(orjson.dumps({"Ada Byron": [usual(), usual()], "Ben Nevis": usual()}))
    code, said = run(str(file))
    assert (code, json.loads(said)) == (
        0,
        {
            "items": [
                {"subject_id": ids["Ada Byron"], "encodings": 2, "templates": 1},
                {"subject_id": ids["Ben Nevis"], "encodings": 1, "templates": 1},
            ]
        },
    )
    assert [face.source for face in registry.list_faces(ids["Ada Byron"])] == ["archive.json"] * 2


def test_an_array_needs_to_be_somebodys(registry: Registry, tmp_path: Path) -> None:
    subject_id = registry.create_subject(SubjectData("Ada Byron"), By("staff", parts.audit(registry.keyring))).id
    np.save(tmp_path / "ada.npy", np.array([usual()]))
    assert run(str(tmp_path / "ada.npy"))[0] != 0
    assert run(str(tmp_path / "ada.npy"), "--subject", subject_id)[0] == 0
    assert len(registry.list_faces(subject_id)) == 1
