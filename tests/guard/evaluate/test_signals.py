"""How the signals of words are measured."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from typer.testing import CliRunner

from guard.cli import app
from guard.evaluate.signals import DISGUISES, HALVES, Prompt, measure, read, said_of
from guard.evaluate.speed import measure as speeds


def prompts(*lines: Mapping[str, object], at: Path) -> Path:
    path = at / "prompts.jsonl"
    path.write_text("\n".join(json.dumps(line) for line in lines))
    return path


SAID = [
    pytest.param("a quiet harbour", set(), id="nothing"),
    pytest.param("a nude figure", {"sexual"}, id="one"),
    pytest.param("a photo of a 9-year-old in lingerie", {"age", "floor", "minors", "photorealistic"}, id="children and suggestive"),
]


@pytest.mark.parametrize(("text", "said"), SAID)
def test_what_is_said_of_a_text(text: str, said: set[str]) -> None:
    assert said_of(text) == said


def test_labels_make_misses_and_false_alarms(tmp_path: Path) -> None:
    lines: list[Mapping[str, object]] = [
        {"id": "a", "text": "a nude figure", "signals": ["sexual"]},
        {"id": "b", "text": "in her birthday best", "signals": ["sexual"]},
        {"id": "c", "text": "a naked truth", "signals": []},
        {"id": "d", "text": "nobody looked at this nude one"},
    ]
    found = read(prompts(*lines, at=tmp_path))
    rates = [rate for rate in measure(found) if rate.name == "sexual"]
    assert sum(rate.hits for rate in rates if "false alarms" in rate.group) == 1
    assert sum(rate.trials for rate in rates if "false alarms" in rate.group) == 1
    assert (sum(r.hits for r in rates if "found" in r.group), sum(r.trials for r in rates if "found" in r.group)) == (1, 2)


def test_translations_count_once_and_any_of_them_speaks() -> None:
    found = [Prompt("one", "a nude figure", None), Prompt("one", "a harbour", None), Prompt("one", "another harbour", None)]
    assert sum(rate.hits for rate in measure(found) if rate.name == "sexual") == 1
    assert sum(rate.trials for rate in measure(found) if rate.name == "sexual") == 1


@pytest.mark.parametrize("line", ["{", "[]", '{"id": "a"}'])
def test_a_line_that_is_no_prompt_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "prompts.jsonl"
    path.write_text('{"text": "a fox"}\n' + line)
    with pytest.raises(ValueError, match=r"prompts\.jsonl:2: not a prompt"):
        read(path)


def test_the_command_tells_every_disguise(tmp_path: Path) -> None:
    path = prompts(*({"id": f"p{n}", "text": f"harbour number {n} at dawn"} for n in range(8)), at=tmp_path)
    ran = CliRunner().invoke(app, ["evaluate", "signals", "--prompts", str(path), "--json"])
    rates = json.loads(ran.stdout)
    hidden = {rate["name"]: rate["value"] for rate in rates if rate["group"] == "found in disguise"}
    assert set(hidden) == set(DISGUISES)
    assert min(hidden.values()) >= 0.95
    assert {half for rate in rates for half in HALVES if rate["group"] == f"said, {half}"} == set(HALVES)
    assert ran.exit_code == 0


def test_a_file_that_is_not_there_is_no_traceback(tmp_path: Path) -> None:
    assert CliRunner().invoke(app, ["evaluate", "signals", "--prompts", str(tmp_path / "none")]).exit_code == 3


def test_the_speed_of_decisions_and_words_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("guard.evaluate.speed.RUNS", 3)
    figures = list(speeds())
    assert len(figures) == 9
    assert all(0 < figure.p50_us < 10 * figure.most_us for figure in figures), "ten times as much on a busy machine"
