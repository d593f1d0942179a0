"""What an export holds, in each format and redaction, and that every one of them verifies."""

import base64
import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pandas
import pytest
from sqlalchemy import Engine

from guard.errors import InvalidInputError, NotFoundError
from guard.record import rows, verify
from guard.record.checkpoint import Signer
from guard.record.export import ExportRequest, run_export
from guard.record.log import EventLog

Export = Callable[..., zipfile.ZipFile]


@pytest.fixture
def recorded(log: EventLog, draft: Any, clock: Any) -> list[str]:
    """Eight events, a second apart: two tenants, two people, an admin event, a prompt that is a formula."""
    ids = []
    for made in (
        draft("a dog"),
        draft("Ada Lovelace at sea", subjects=["sub_ada"], outcome="refuse", rule="opted-out", rule_class="likeness"),
        draft("=HYPERLINK(1)", tenant="other"),
        draft("Ada and Grace", subjects=["sub_ada", "sub_grace"], outcome="refuse", rule="opted-out"),
        draft(kind="admin.opt_out.create", tenant="_guard", subjects=["sub_ada"]),
        draft("'quoted, with a\nline", tenant="other", outcome="hold"),
        draft("İstanbul\u2028 „näher“", stage="output"),
        draft("+1"),
    ):
        log.append([made])
        ids.append(made.id)
        clock.move(1)
    return ids


@pytest.fixture
def export(engine: Engine, keys: Any, signer: Signer, clock: Any, tmp_path: Path) -> Export:
    def make(**wanted: Any) -> zipfile.ZipFile:
        path = tmp_path / "export.zip"
        run_export(engine, keys, signer, ExportRequest.parse(wanted), path, now=clock)
        verify.verify(path, verify.read_keys(str(signer.key)))
        return zipfile.ZipFile(path)

    return make


def json_rows(archive: zipfile.ZipFile) -> list[dict[str, Any]]:
    return [json.loads(line) for line in archive.read("decisions.jsonl").splitlines()]


def test_the_archive_has_these_members_and_the_manifest_describes_them(recorded: list[str], export: Export, signer: Signer) -> None:
    archive = export()
    manifest = json.loads(archive.read("manifest.json"))
    names = ["decisions.jsonl", "skeletons.jsonl", "leaf_hashes.bin"]
    assert archive.namelist() == [*names, "manifest.json", "manifest.json.sig"]
    assert manifest["files"] == [
        {"name": n, "sha256": hashlib.sha256(archive.read(n)).hexdigest(), "row_count": 8, "size_bytes": len(archive.read(n))}
        for n in names
    ]
    assert manifest["range"] == {"from": None, "to": None, "first_index": 0, "end_index": 8}
    assert manifest["filter"] == {"tenant": None, "subject_id": None, "outcome": None, "stage": None}
    assert (manifest["key_id"], manifest["schema_version"]) == (signer.key.id, 1)
    signature = base64.b64decode(archive.read("manifest.json.sig"))
    assert signer.key.accepts(archive.read("manifest.json"), signature)


def test_a_row_says_everything_at_redaction_none(recorded: list[str], export: Export) -> None:
    row = json_rows(export())[1]
    body = json.loads(row.pop("body"))
    assert len(row.pop("salt")) == 32
    assert body == {
        "model": "gpt-image-1",
        "route": "images.generations",
        "rule": "opted-out",
        "subject_ids": ["sub_ada"],
        "tenant": "acme",
        "texts": [{"where": "prompt", "text": "Ada Lovelace at sea"}],
    }
    assert row == {
        "index": 1,
        "time": "2026-11-22T12:00:01.000000Z",
        "decision_id": recorded[1],
        "kind": "decision",
        "tenant": "acme",
        "stage": "input",
        "mode": "enforce",
        "outcome": "refuse",
        "rule": "opted-out",
        "rule_class": "likeness",
        "policy_revision": "",
        "registry_revision": 0,
        "content": "kept",
        "request_id": None,
        "subject_ids": ["sub_ada"],
        "route": "images.generations",
        "model": "gpt-image-1",
        "key_id": None,
        "hits": [],
        "prompt": "Ada Lovelace at sea",
    }


@pytest.mark.parametrize("format_", ["jsonl", "csv", "parquet", "ocsf"])
@pytest.mark.parametrize("redaction", list(rows.Redaction))
def test_no_redacted_export_shows_a_prompt_or_more_than_its_columns(
    recorded: list[str], export: Export, format_: str, redaction: rows.Redaction
) -> None:
    archive = export(format=format_, redaction=redaction.value)
    name = next(name for name in archive.namelist() if name.startswith("decisions."))
    if redaction is not rows.Redaction.NONE:
        shown = pandas.read_parquet(io.BytesIO(archive.read(name))).to_csv() if format_ == "parquet" else archive.read(name).decode()
        assert "Lovelace" not in shown
        assert ("sub_ada" in shown) is (redaction is rows.Redaction.STANDARD)
    if format_ == "jsonl":
        assert {tuple(row) for row in json_rows(archive)} == {rows.COLUMNS[redaction]}


@pytest.mark.parametrize(
    ("wanted", "indexes"),
    [
        pytest.param({"tenant": "acme"}, [0, 1, 3, 6, 7], id="tenant"),
        pytest.param({"subject_id": "sub_ada"}, [1, 3, 4], id="subject"),
        pytest.param({"outcome": "refuse"}, [1, 3], id="outcome"),
        pytest.param({"outcome": "allow", "stage": "output"}, [6], id="stage"),
        pytest.param({"tenant": "acme", "subject_id": "sub_grace"}, [3], id="tenant and subject"),
        pytest.param({"from": "2026-11-22T12:00:02Z", "to": "2026-11-22T12:00:05Z"}, [2, 3, 4], id="time"),
        pytest.param({"from": "2026-11-22T13:00:02+01:00"}, [2, 3, 4, 5, 6, 7], id="time in another zone"),
        pytest.param({"from": "2030-01-01"}, [], id="nothing yet"),
        pytest.param({"to": "2020-01-01"}, [], id="nothing then"),
        pytest.param({"outcome": "hold", "tenant": "acme"}, [], id="nothing matches"),
    ],
)
@pytest.mark.parametrize("format_", ["jsonl", "csv", "parquet", "ocsf"])
def test_filters(recorded: list[str], export: Export, wanted: dict[str, str], indexes: list[int], format_: str) -> None:
    archive = export(format=format_, **wanted)
    manifest = json.loads(archive.read("manifest.json"))
    assert manifest["files"][0]["row_count"] == len(indexes)
    if format_ == "jsonl":
        assert [row["index"] for row in json_rows(archive)] == indexes


def test_a_spreadsheet_runs_nothing(recorded: list[str], export: Export) -> None:
    text = export(format="csv").read("decisions.csv").decode("utf-8-sig")
    prompts = [row["prompt"] for row in csv.DictReader(io.StringIO(text, newline=""))]
    assert prompts == [
        "a dog",
        "Ada Lovelace at sea",
        "'=HYPERLINK(1)",
        "Ada and Grace",
        "a dog",
        "''quoted, with a\nline",
        "İstanbul\u2028 „näher“",
        "'+1",
    ]


def test_parquet_is_typed_and_opens_in_duckdb_and_pandas(recorded: list[str], export: Export, tmp_path: Path) -> None:
    path = Path(export(format="parquet").extract("decisions.parquet", tmp_path))
    frame = pandas.read_parquet(path)
    assert (str(frame["time"].dtype), list(frame["index"])) == ("datetime64[us, UTC]", list(range(8)))
    found = duckdb.sql(f"select count(*) from '{path}' where list_contains(subject_ids, 'sub_ada') and outcome = 'refuse'").fetchall()
    assert found == [(2,)]


def test_an_ocsf_row_is_an_api_activity_with_the_row_inside(recorded: list[str], export: Export) -> None:
    event = json_rows(export(format="ocsf"))[1]
    assert (event["class_uid"], event["type_uid"], event["action"], event["time"]) == (6003, 600301, "Denied", 1795348801000)
    same = ("decision_id", "index", "tenant", "outcome", "stage", "rule")
    assert (
        [event[name] for name in same]
        == [event["unmapped"][name] for name in same]
        == [recorded[1], 1, "acme", "refuse", "input", "opted-out"]
    )


def test_what_was_erased_is_said_and_still_counted(recorded: list[str], export: Export, keys: Any, tmp_path: Path, signer: Signer) -> None:
    export().close()
    before = (tmp_path / "export.zip").read_bytes()
    keys.destroy("subject", "sub_grace")
    row = json_rows(export())[3]
    assert (row["content"], row["prompt"], row["body"], row["salt"], row["tenant"]) == ("erased", None, None, None, "acme")
    (tmp_path / "before.zip").write_bytes(before)
    assert verify.verify(tmp_path / "before.zip", verify.read_keys(str(signer.key))).erased == 0
    assert verify.verify(tmp_path / "export.zip", verify.read_keys(str(signer.key))).erased == 1


def test_queued_audit_events_are_in_it(engine: Engine, export: Export, draft: Any, clock: Any) -> None:
    from guard.record.log import queued
    from guard.storage import write
    from guard.storage.queue import enqueue

    made = draft(kind="admin.key.create", tenant="_guard")
    with write(engine) as connection:
        enqueue(connection, [queued(made)], clock())
    assert [row["decision_id"] for row in json_rows(export())] == [made.id]


def test_a_failed_export_leaves_nothing_behind(recorded: list[str], export: Export, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no tenant 'nobody'"):
        export(tenant="nobody")
    assert [path.name for path in tmp_path.iterdir() if "export" in path.name] == []


@pytest.mark.parametrize(
    ("wanted", "pointer"),
    [
        ({"format": "pdf"}, "/format"),
        ({"redaction": "some"}, "/redaction"),
        ({"from": "yesterday"}, "/from"),
        ({"from": "2026-01-02", "to": "2026-01-01"}, "/from"),
        ({"outcome": "maybe"}, "/outcome"),
        ({"tenant": 5}, "/tenant"),
        ({"consistent_with": ["x"]}, "/consistent_with"),
        ({"tennant": "acme"}, "/tennant"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused_with_the_place(wanted: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        ExportRequest.parse(wanted)
    assert [error.pointer for error in caught.value.errors] == [pointer]


def test_a_request_survives_its_json() -> None:
    wanted = {"format": "csv", "from": "2026-01-01", "tenant": "acme", "consistent_with": [3]}
    assert ExportRequest.parse(ExportRequest.parse(wanted).as_json()) == ExportRequest.parse(wanted)


def test_above_the_limit_of_leaf_hashes_named_checkpoints_are_proved(
    recorded: list[str],
    engine: Engine,
    export: Export,
    monkeypatch: pytest.MonkeyPatch,
    log: EventLog,
    tmp_path: Path,
    signer: Signer,
    draft: Any,
) -> None:
    old = log.checkpoint()
    log.append([draft(str(n)) for n in range(300)])
    monkeypatch.setattr("guard.record.export.MAX_LEAF_HASHES", 100)
    archive = export(consistent_with=[old, 3])
    assert "leaf_hashes.bin" not in archive.namelist()
    keys = verify.read_keys(str(signer.key))
    verify.verify(tmp_path / "export.zip", keys, [old])
    assert [entry["size"] for entry in json.loads(archive.read("manifest.json"))["proofs"]["consistency"]] == [3, 8]
    log.append([draft("one more")])
    log.checkpoint()
    export(consistent_with=[3]).close()
    with pytest.raises(verify.Wrong, match="no proof for the older checkpoint of size 8"):
        verify.verify(tmp_path / "export.zip", keys, [old])
