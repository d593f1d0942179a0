"""`guard audit retain|hold|rotate-key|key|check|accept-restore` on a database of their own, as an operator types them."""

import json
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from guard.cli import app
from guard.errors import LogUnavailableError, NotFoundError
from guard.processes import parts, supervisor
from guard.record import erasure
from guard.record.query import Decisions, Log
from guard.registry.store import Registry
from guard.registry.values import By, OptOut, SubjectData
from guard.settings import Settings

runner = CliRunner()


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty_sqlite: Path) -> Path:
    folder = tmp_path / "var"
    folder.mkdir(mode=0o700)
    (folder / "guard.db").write_bytes(empty_sqlite.read_bytes())
    monkeypatch.setenv("GUARD_DATA_DIR", str(folder))
    monkeypatch.delenv("GUARD_DATABASE_URL", raising=False)
    monkeypatch.chdir(tmp_path)
    return folder


def said(*arguments: str) -> Any:
    result = runner.invoke(app, [*arguments, "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def events(data_dir: Path) -> list[dict[str, Any]]:
    """Kind and body of every event."""
    settings = Settings(data_dir=data_dir)
    engine = parts.open_engine(settings)
    log = parts.open_log(settings, engine)
    log.integrate()
    decisions = Decisions(engine, parts.open_keyring(settings, engine))
    found = [decisions.get(entry["event"]["id"]) for entry in Log(engine).entries(0, 100)]
    log.close()
    engine.dispose()
    return [{"kind": event["kind"], **(event["body"] or {})} for event in found]


def test_a_hold_from_beginning_to_end(data_dir: Path) -> None:
    made = said("audit", "hold", "add", "--from", "2026-01-01", "--to", "2026-02-01", "--reason", "case 12")
    assert made == {
        "id": made["id"],
        "subject_id": None,
        "tenant": None,
        "begins": "2026-01-01T00:00:00.000000Z",
        "ends": "2026-02-01T00:00:00.000000Z",
        "reason": "case 12",
        "actor": "command line",
        "created_at": made["created_at"],
        "released_at": None,
    }
    assert said("audit", "hold", "list") == [made]
    assert said("audit", "hold", "release", made["id"], "--reason", "settled") == {"hold_id": made["id"], "bodies_erased": 0}
    assert said("audit", "hold", "list") == []
    assert [hold["id"] for hold in said("audit", "hold", "list", "--released")] == [made["id"]]
    assert [(event["kind"], event["reason"], event["actor"]) for event in events(data_dir)] == [
        ("admin.hold.add", "case 12", "command line"),
        ("admin.hold.release", "settled", "command line"),
    ]


def test_retention_is_asked_and_run(data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert runner.invoke(app, ["audit", "retain"]).exit_code == 3
    said("audit", "hold", "add", "--from", "2026-01-01", "--reason", "a body to prune")
    said("audit", "hold", "release", said("audit", "hold", "list")[0]["id"], "--reason", "so that it may be pruned")
    assert len(events(data_dir)) == 2
    (tmp_path / "retention.yaml").write_text("rules: [{kind: admin.hold.add, days: 0}]")
    monkeypatch.setenv("GUARD_RETENTION", str(tmp_path / "retention.yaml"))
    asked = said("audit", "retain", "--dry-run")
    rule = {"rule": "kind=admin.hold.add days=0", "before": asked["rules"][0]["before"], "due": 1, "held": 0}
    assert asked == {"dry_run": True, "rules": [rule]}
    assert [rule["due"] for rule in said("audit", "retain")["rules"]] == [1]
    assert [rule["due"] for rule in said("audit", "retain", "--dry-run")["rules"]] == [0]


def test_the_key_is_rotated_and_both_stay_published(data_dir: Path) -> None:
    (first,) = said("audit", "key")
    turned = said("audit", "rotate-key")
    assert [turned["old"], turned["new"]] == [first["id"], "+".join(turned["verifier_key"].split("+")[:2])]
    assert said("audit", "key") == [{"id": turned["new"], "verifier_key": turned["verifier_key"]}, first]
    (event,) = events(data_dir)
    assert (event["kind"], event["old"], event["new"]) == ("admin.log_key.rotate", first["verifier_key"], turned["verifier_key"])


def test_how_far_sinks_are_behind(data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said("audit", "hold", "add", "--from", "2026-01-01", "--reason", "an event")
    assert len(events(data_dir)) == 1
    (tmp_path / "sinks.yaml").write_text("sinks: [{name: siem, syslog: {host: logs.example}}]")
    monkeypatch.setenv("GUARD_SINKS", str(tmp_path / "sinks.yaml"))
    assert said("audit", "sinks") == [{"sink": "siem", "next_index": 0, "behind": 1, "updated_at": None}]
    monkeypatch.setattr("guard.cli.audit.FAR_BEHIND", 0)
    assert runner.invoke(app, ["audit", "sinks"]).exit_code == 1


def test_a_hold_outlives_the_erasure_of_the_person(data_dir: Path) -> None:
    """With the parts as every process makes them: the registry forgets the person, the held events are readable until the release."""
    subject_id = said("optout", "add", "Ada Lovelace")["subject_id"]
    hold = said("audit", "hold", "add", "--subject", subject_id, "--reason", "case 12")
    assert len(events(data_dir)) == 2
    settings = Settings(data_dir=data_dir)
    registry = parts.open_registry(settings)
    registry.erase_subject(subject_id, By("test"))
    assert erasure.erase_subject(registry.engine, subject_id) == 0
    assert registry.list_subjects().items == ()
    assert [event["kind"] for event in events(data_dir)] == ["admin.opt_out.create", "admin.hold.add"]
    assert [event["content"] for event in said_report(subject_id)["events"]] == ["kept"]
    assert said("audit", "hold", "release", hold["id"], "--reason", "settled") == {"hold_id": hold["id"], "bodies_erased": 1}
    assert isinstance(runner.invoke(app, ["audit", "report", "subject", subject_id]).exception, NotFoundError)
    registry.engine.dispose()


def said_report(subject_id: str) -> Any:
    result = runner.invoke(app, ["audit", "report", "subject", subject_id])
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def test_an_export_of_a_case_is_one_of_its_subject(data_dir: Path, tmp_path: Path) -> None:
    with opened(Settings(data_dir=data_dir)) as registry:
        by = By("test", parts.audit(registry.keyring))
        made = registry.create_opt_out(OptOut(SubjectData("Ludmila Treewater")), by)
    path = tmp_path / "case.zip"
    done = runner.invoke(app, ["audit", "export", str(path), "--subject", made.case_id, "--stage", "input"])
    assert done.exit_code == 0, done.output
    with zipfile.ZipFile(path) as archive:
        wanted = json.loads(archive.read("manifest.json"))["filter"]
    assert (wanted["subject_id"], wanted["stage"]) == (made.subject_id, "input")
    with pytest.raises(NotFoundError, match="case_nobody"):
        runner.invoke(app, ["audit", "export", str(path), "--subject", "case_nobody"], catch_exceptions=False)


def test_a_restored_backup_is_refused_until_it_is_accepted(data_dir: Path) -> None:
    """The rehearsal: a backup, an erasure after it, the backup put back, the refusal, the decision, and a guard that starts."""
    settings, database = Settings(data_dir=data_dir), data_dir / "guard.db"
    start = lambda: supervisor.Supervisor(settings)._prepare_registry()  # noqa: E731 (all that a start does before it forks)
    start()
    with opened(settings) as registry:
        person = registry.create_subject(SubjectData("Ludmila Treewater"), By("test", parts.audit(registry.keyring)))
        checkpointed(settings)
        backup = database.read_bytes()
        registry.erase_subject(person.id, By("test", parts.audit(registry.keyring)))
        checkpointed(settings)
    for file in data_dir.glob("guard.db*"):
        file.unlink()
    database.write_bytes(backup)
    with pytest.raises(LogUnavailableError, match="guard audit accept-restore --reason WHY"):
        start()
    [lost] = said("audit", "accept-restore", "--reason", "the disk failed")["contradicted"]
    assert lost["file"] == str(data_dir / "last-checkpoint")
    start()
    with opened(settings) as registry, pytest.raises(NotFoundError):
        registry.get_subject(person.id)
    checkpointed(settings)
    told = [event for event in events(data_dir) if event["kind"] == "admin.log.accept_restore"]
    assert [(event["reason"], event["contradicted"]) for event in told] == [("the disk failed", [lost])]
    assert said("audit", "check")["faults"] == []
    again = runner.invoke(app, ["audit", "accept-restore", "--reason", "again"])
    assert (again.exit_code, again.output) == (1, "the log extends every checkpoint kept beside it: nothing to accept\n")


def test_a_damaged_log_is_named_by_the_check(data_dir: Path) -> None:
    said("audit", "hold", "add", "--from", "2026-01-01", "--reason", "case 12")
    checkpointed(Settings(data_dir=data_dir))
    assert said("audit", "check")["events"] == 1
    with sqlite3.connect(data_dir / "guard.db") as database:
        database.execute("UPDATE event SET sealed = x'00'")
    checked = runner.invoke(app, ["audit", "check"])
    assert checked.exit_code == 1
    assert checked.output.startswith("event 0: evt_")


def test_what_is_taken_out_is_told(data_dir: Path, tmp_path: Path) -> None:
    assert runner.invoke(app, ["registry", "export", "--out", str(tmp_path / "people.jsonl")]).exit_code == 0
    assert runner.invoke(app, ["audit", "export", str(tmp_path / "all.zip"), "--redaction", "strict"]).exit_code == 0
    told = events(data_dir)
    assert [event["kind"] for event in told] == ["admin.registry.export", "admin.export.create"]
    assert (told[1]["request"]["redaction"], told[1]["actor"]) == ("strict", "command line")
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert len(archive.read("decisions.jsonl").splitlines()) == 2


@contextmanager
def opened(settings: Settings) -> Iterator[Registry]:
    engine = parts.open_engine(settings)
    yield parts.open_registry(settings, engine)
    engine.dispose()


def checkpointed(settings: Settings) -> None:
    """As the recorder does every two seconds; then everything is in the one file that a backup copies."""
    engine = parts.open_engine(settings)
    log = parts.open_log(settings, engine, sign=True)
    log.checkpoint()
    log.close()
    engine.dispose()
    with sqlite3.connect(settings.data_dir / "guard.db") as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
