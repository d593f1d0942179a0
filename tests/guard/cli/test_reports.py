"""`guard audit report` as an operator types it, on a registry with one person."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from guard.cli import app

runner = CliRunner()


@pytest.fixture
def ada(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty_sqlite: Path) -> dict[str, Any]:
    """What `guard optout add` says of the one person there is."""
    (tmp_path / "var").mkdir(mode=0o700)
    (tmp_path / "var" / "guard.db").write_bytes(empty_sqlite.read_bytes())
    monkeypatch.setenv("GUARD_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.delenv("GUARD_DATABASE_URL", raising=False)
    monkeypatch.chdir(tmp_path)
    added = runner.invoke(app, ["optout", "add", "Ada Lovelace", "--alias", "Countess of Lovelace", "--json"])
    assert added.exit_code == 0, added.output
    found: dict[str, Any] = json.loads(added.output)
    return found


def report(*arguments: str) -> dict[str, Any]:
    done = runner.invoke(app, ["audit", "report", *arguments, "--html", "r.html", "--json", "r.json"])
    assert done.exit_code == 0, done.output
    assert stat.S_IMODE(Path("r.json").stat().st_mode) == 0o600
    assert Path("r.html").read_text().startswith("<!doctype html>")
    found: dict[str, Any] = json.loads(Path("r.json").read_text())
    return found


def test_the_evidence_pack_of_a_subject_and_of_a_case(ada: dict[str, Any]) -> None:
    pack = report("subject", ada["subject_id"])
    assert (pack["type"], pack["register"]["subject"]["name"], pack["register"]["directives"][0]["id"]) == (
        "evidence",
        "Ada Lovelace",
        ada["directive_id"],
    )
    assert [event["leaf"]["kind"] for event in pack["events"]] == ["admin.opt_out.create"]
    assert "Ada Lovelace" in Path("r.html").read_text()
    assert report("subject", ada["case_id"])["subject_id"] == ada["subject_id"]
    assert runner.invoke(app, ["audit", "report", "subject", "sub_nobody"]).exit_code != 0


def test_the_activity_report(ada: dict[str, Any]) -> None:
    found = report("activity", ada["subject_id"], "--from", "2020-01-01")
    assert (found["person"]["name"], found["decisions"], found["range"]["from"]) == ("Ada Lovelace", [], "2020-01-01T00:00:00.000000Z")


def test_the_transparency_report_goes_to_standard_output_too(ada: dict[str, Any]) -> None:
    done = runner.invoke(app, ["audit", "report", "transparency"])
    assert (done.exit_code, json.loads(done.output)["decisions"]) == (0, [])
