"""The harness for names: intervals, what counts as one prompt, and a whole small run."""

import json
from pathlib import Path
from random import Random

import pytest

from guard.evaluate.names import base_prompt, measure, read_prompts, run
from guard.evaluate.names_attacks import ATTACKS
from guard.evaluate.names_people import People, invented, load
from guard.evaluate.names_rates import Rate
from guard.evaluate.names_report import page

PEOPLE = People(
    ("Keira Knightley", "Taylor Swift", "Idris Elba", "Benedict Cumberbatch"),
    {"Cyrillic": (("taylor", "тейлор"), ("swift", "свифт"), ("keira", "кира"))},
)


def test_wilson_interval() -> None:
    low, high = Rate("x", 95, 100).interval
    assert (round(low, 4), round(high, 4)) == (0.8882, 0.9785)


def test_translations_are_one_base_prompt() -> None:
    assert {base_prompt(identifier) for identifier in ("set2-4", "set2_ja-JP-4", "set2_zh-4", "set2_zh-TW-4")} == {"set2-4"}


@pytest.mark.parametrize("attack", ATTACKS)
def test_attacks_are_repeatable_and_change_nothing_else(attack: str) -> None:
    first = ATTACKS[attack]("Benedict Cumberbatch", Random(3))
    assert first == ATTACKS[attack]("Benedict Cumberbatch", Random(3))
    assert first is None or all(first)


def test_invented_people_are_new_and_different() -> None:
    names = invented(PEOPLE, 12)
    assert len(set(names)) == 12
    assert not set(names) & set(PEOPLE.names)


def test_reads_people_and_prompts(tmp_path: Path) -> None:
    (tmp_path / "people.txt").write_text("Keira Knightley\nCher\nIdris Elba\n", "utf-8")
    (tmp_path / "names_russian.tsv").write_text("taylor\tт е й л о р\t3\n", "utf-8")
    prompts = tmp_path / "prompts.jsonl"
    prompts.write_text('{"id": "a-1", "text": "a cat"}\n{"id": "a-2", "text": "Idris Elba"}\n', "utf-8")
    (tmp_path / "people_named.jsonl").write_text('{"id": "a-2", "people": []}\n', "utf-8")
    assert load(tmp_path) == People(("Keira Knightley", "Idris Elba"), {"Cyrillic": (("taylor", "тейлор"),)})
    assert read_prompts(prompts) == [("a-1", "a cat")]


def test_a_small_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = measure(PEOPLE, [("p-1", "a red bicycle"), ("p-2", "photo of Idris Elba")], registered=8, per_class=4, only="exact")
    assert {rate.name: (rate.hits, rate.trials) for rate in report.rates} == {"exact": (4, 4)}
    assert "<svg" in page(report)
    (tmp_path / "people.txt").write_text("\n".join(PEOPLE.names), "utf-8")
    status = run(tmp_path, None, registered=4, per_class=2, as_json=True, html=tmp_path / "page.html", only="zero-width")
    told = json.loads(capsys.readouterr().out)
    assert status == 0
    assert [rate["value"] for rate in told["rates"]] == [1.0]
    assert (tmp_path / "page.html").read_text("utf-8").startswith("<!doctype html>")
