"""The JSON Schema and the reference page say what the code says."""

import json
from pathlib import Path

import pytest

from guard.decide.conditions import SIGNALS, VARIABLES
from guard.decide.fields import OBLIGATIONS, SECTIONS
from guard.decide.load import bundled
from guard.decide.policy import BUILT_IN_RULES
from guard.decide.schema import json_schema

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/reference/policies.md").read_text("utf-8")


def rows() -> dict[str, dict[str, str]]:
    """The tables of the page: section heading to key to meaning."""
    found: dict[str, dict[str, str]] = {}
    section = ""
    for line in PAGE.splitlines():
        if line.startswith("#"):
            section = line.strip("# ").split(":")[0].strip("`")
        elif line.startswith("| `"):
            cells = [cell.strip() for cell in line.strip("|").split(" | ")]
            found.setdefault(section, {})[cells[0].strip("` |")] = cells[-1].strip(" |")
    return found


def test_the_schema_on_disk_is_what_the_code_makes() -> None:
    assert json.loads((ROOT / "policies/schema.json").read_text("utf-8")) == json_schema()


@pytest.mark.parametrize("section", SECTIONS)
def test_the_page_lists_every_key_with_its_meaning(section: str) -> None:
    assert rows()[f"Keys of {section}"] == {name: key.says for name, key in SECTIONS[section].items()}


TABLES = [
    pytest.param("Built-in rules", BUILT_IN_RULES, id="built-in rules"),
    pytest.param("Variables of conditions", sorted(VARIABLES), id="variables"),
    pytest.param("Signals", SIGNALS, id="signals"),
    pytest.param("Obligations", OBLIGATIONS, id="obligations"),
    pytest.param("Bundled policies", list(bundled()), id="bundled policies"),
]


@pytest.mark.parametrize(("heading", "names"), TABLES)
def test_the_page_lists_every_name(heading: str, names: list[str]) -> None:
    assert sorted(rows()[heading]) == sorted(names)
