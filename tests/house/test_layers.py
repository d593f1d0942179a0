"""The layers in pyproject.toml (checked by import-linter in `make check`) name every room, so that a new one cannot stay outside them."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_room_has_its_layer() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    named = {room.strip() for layer in layers for room in layer.split("|")}
    rooms = {path for path in (ROOT / "guard").iterdir() if (path / "__init__.py").exists() or path.suffix == ".py"}
    inside_match = {f"guard.match.{path.stem}" for path in (ROOT / "guard" / "match").iterdir() if not path.name.startswith("_")}
    wanted = {f"guard.{path.stem}" for path in rooms if not path.name.startswith("_")} - {"guard.match"} | inside_match | {"api"}
    assert named == wanted
