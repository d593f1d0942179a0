"""`guard policy replay`: what another policy would have made of what the command line recorded."""

from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner, Result

from guard.cli import app


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A protected person, and two recorded decisions."""
    directory = tmp_path_factory.mktemp("replay")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GUARD_DATA_DIR", str(directory / "data"))
        patch.chdir(directory)
        assert run("optout", "add", "Ilse Brandvold").exit_code == 0
        assert [run("screen", prompt).exit_code for prompt in ("a red barn", "Ilse Brandvold on a throne")] == [0, 1]
        yield directory


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def test_replay_counts_what_would_change(home: Path) -> None:
    (home / "off.yaml").write_text("version: 1\nname: nothing\nmode: off\n")
    report = run("policy", "replay", "off.yaml", "--json")
    told = orjson.loads(report.stdout)
    assert (report.exit_code, told["policy"], told["decisions"], told["not_seen"], told["changes"]) == (
        1,
        "nothing",
        2,
        0,
        {"allow to allow": 1, "refuse to allow": 1},
    )
    assert [(e["before"], e["after"], e["rule_after"]) for e in told["examples"]] == [("refuse", "allow", "policy-off")]
    shown = run("policy", "replay", "off.yaml")
    assert "nothing: 2 decisions, 1 would change, 0 could not be seen" in shown.stdout
    assert "refuse to allow" in shown.stdout


def test_what_a_source_would_have_said_is_not_guessed(home: Path) -> None:
    """The refusal stands whatever the moderation service would have said; of what passed nobody knows."""
    (home / "moderated.yaml").write_text("version: 1\nname: moderated\nextends: default\nsources: {moderation: {}}\n")
    told = orjson.loads(run("policy", "replay", "moderated.yaml", "--json").stdout)
    assert (told["not_seen"], told["changes"]) == (1, {"refuse to refuse": 1})


@pytest.mark.usefixtures("home")
def test_the_same_policy_changes_nothing_and_a_span_of_time_is_kept_to() -> None:
    assert run("policy", "replay").exit_code == 0
    later = run("policy", "replay", "--from", "2100-01-01", "--json")
    assert (later.exit_code, orjson.loads(later.stdout)["decisions"]) == (0, 0)
