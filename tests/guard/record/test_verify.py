"""Everything that may be wrong with an archive, and the one line that names it.

A tamperer without the log's key can only change bytes; the operator, who has it, can also sign again (`sign=True`):
then it is the tree and the tags that tell.
"""

import base64
import hashlib
import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from guard.record import checkpoint, merkle, verify
from guard.record.checkpoint import Signer, Tree
from guard.record.export import ExportRequest, run_export
from guard.record.log import EventLog
from guard.storage import make_engine, write

Members = dict[str, bytes]
SIGNER = Signer("guard.example", bytes(range(32)))
KEYS = verify.read_keys(str(SIGNER.key))
ROWS = "decisions.jsonl"


@pytest.fixture
def filled(log: EventLog, draft: Any, clock: Any) -> EventLog:
    for n in range(12):
        log.append([draft(f"prompt {n}", tenant="acme" if n % 2 else "other", subjects=["sub_ada"] if n % 3 == 0 else [])])
        clock.move(1)
    return log


@pytest.fixture
def members(filled: EventLog, engine: Engine, keys: Any, clock: Any, tmp_path: Path) -> Callable[..., Members]:
    def make(**wanted: Any) -> Members:
        path = tmp_path / "whole.zip"
        run_export(engine, keys, SIGNER, ExportRequest.parse(wanted), path, now=clock)
        with zipfile.ZipFile(path) as archive:
            return {name: archive.read(name) for name in archive.namelist()}

    return make


@pytest.fixture
def problem(tmp_path: Path) -> Callable[..., str]:
    """The line about an archive of these members, or "" when it is accepted."""

    def check(members: Members, older: tuple[str, ...] = (), keys: list[verify.Key] = KEYS) -> str:
        path = tmp_path / "changed.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in members.items():
                archive.writestr(name, content)
        try:
            verify.verify(path, keys, older)
        except verify.Wrong as wrong:
            return str(wrong)
        return ""

    return check


def signed(members: Members, **changes: Any) -> Members:
    """What the operator can do: describe the changed files truly and sign the manifest again."""
    manifest = json.loads(members["manifest.json"]) | changes
    for entry in manifest["files"]:
        content = members[entry["name"]]
        rows = len(content) // 32 if entry["name"].endswith(".bin") else content.count(b"\n")
        entry |= {"sha256": hashlib.sha256(content).hexdigest(), "size_bytes": len(content), "row_count": rows}
    text_ = json.dumps(manifest).encode()
    return members | {"manifest.json": text_, "manifest.json.sig": base64.b64encode(SIGNER.sign(text_))}


def lines(members: Members, name: str, change: Callable[[list[bytes]], list[bytes]]) -> Members:
    return members | {name: b"".join(change(members[name].splitlines(keepends=True)))}


def test_an_untouched_archive_is_accepted(members: Any, problem: Any) -> None:
    assert problem(members()) == ""
    assert problem(signed(members())) == ""


def swap(some: list[bytes]) -> list[bytes]:
    return [*some[:4], some[5], some[4], *some[6:]]


ROW_CHANGES = [
    pytest.param(lambda rows: rows[:4] + rows[5:], "event 4 is covered by the filter but missing from decisions.jsonl", id="dropped"),
    pytest.param(lambda rows: rows[:-1], "event 11 is covered by the filter but missing from decisions.jsonl", id="last dropped"),
    pytest.param(lambda rows: rows[:5] + rows[4:], "event 4 is in decisions.jsonl twice (duplicated)", id="duplicated"),
    pytest.param(lambda rows: rows + rows[-1:], "event 11 is in decisions.jsonl twice (duplicated)", id="last duplicated"),
    pytest.param(swap, "event 5 stands before event 4 in decisions.jsonl (reordered)", id="reordered"),
    pytest.param(
        lambda rows: [*rows, rows[-1].replace(b'"index":11', b'"index":12')], "event 12 was added to decisions.jsonl", id="added at the end"
    ),
    pytest.param(
        lambda rows: [*rows[:3], rows[3].replace(b'"index":3', b'"index":99'), *rows[3:]],
        "event 99 stands before event 3 in decisions.jsonl",
        id="added in the middle",
    ),
    pytest.param(
        lambda rows: [*rows[:3], rows[3].replace(b'"outcome":"allow"', b'"outcome":"hold"'), *rows[4:]],
        "event 3 was changed: outcome is 'hold' in its row and 'allow' in the log",
        id="another outcome",
    ),
    pytest.param(
        lambda rows: [*rows[:3], rows[3].replace(b"prompt 3", b"prompt X"), *rows[4:]],
        "event 3 was changed: its body is not the one that the log committed to",
        id="another prompt everywhere",
    ),
    pytest.param(
        lambda rows: [*rows[:3], rows[3].replace(b'"prompt":"prompt 3"', b'"prompt":"prompt X"'), *rows[4:]],
        "event 3 was changed: its prompt is not the one in its body",
        id="another prompt in the column",
    ),
    pytest.param(
        lambda rows: [*rows[:3], rows[3].replace(b'"rule":"no-rule-fired",', b'"rule":"another",', 1), *rows[4:]],
        "event 3 was changed: rule is 'another' in its row",
        id="another rule",
    ),
    pytest.param(lambda rows: [*rows[:3], b"{}\n", *rows[4:]], "decisions.jsonl line 4 was changed: it is not a row", id="no row"),
]


@pytest.mark.parametrize(("change", "expected"), ROW_CHANGES)
@pytest.mark.parametrize("operator", [False, True], ids=["by a stranger", "by the operator"])
def test_changed_rows_are_named(members: Any, problem: Any, change: Any, expected: str, operator: bool) -> None:
    changed = lines(members(), ROWS, change)
    assert problem(signed(changed) if operator else changed).startswith(expected)


@pytest.mark.parametrize(
    ("wanted", "hidden"),
    [({"tenant": "acme"}, 5), ({"subject_id": "sub_ada"}, 6), ({"outcome": "allow"}, 5)],
    ids=["tenant", "subject", "outcome"],
)
def test_a_filter_that_hid_an_event_it_covers_is_found(members: Any, problem: Any, wanted: dict[str, str], hidden: int) -> None:
    changed = lines(members(**wanted), ROWS, lambda rows: [row for row in rows if json.loads(row)["index"] != hidden])
    assert problem(signed(changed)).startswith(f"event {hidden} is covered by the filter but missing")


def test_another_tenants_tag_key_cannot_hide_a_tenants_events(members: Any, problem: Any, keys: Any) -> None:
    from guard.record import vault

    whole = members(tenant="acme")
    other = {"tenant": vault.tag_key(keys.key("tenant", "other")).hex()}
    assert "missing" in problem(signed(whole, filter_tag_keys=other))


def test_a_tag_key_that_fits_nothing_gives_an_empty_archive_and_never_a_part(members: Any, problem: Any) -> None:
    """The limit that docs/explanation/what-is-proved.md states: whose key it is, the operator says."""
    whole = members(tenant="acme")
    invented = {"tenant": "00" * 32}
    assert "was added" in problem(signed(whole, filter_tag_keys=invented))
    assert problem(signed(lines(whole, ROWS, lambda rows: []), filter_tag_keys=invented)) == ""


def test_events_left_out_at_the_edge_of_the_time_are_found(members: Any, problem: Any) -> None:
    whole = members(**{"from": "2026-11-22T12:00:03Z", "to": "2026-11-22T12:00:08Z"})
    manifest = json.loads(whole["manifest.json"])
    span = manifest["range"] | {"first_index": 4}
    shorter = lines(lines(whole, ROWS, lambda rows: rows[1:]), "skeletons.jsonl", lambda leaves: leaves[1:])
    hashes = [merkle.leaf_hash(leaf) for leaf in members()["skeletons.jsonl"].splitlines()]
    before = [base64.b64encode(merkle.root_of(hashes[low:high])).decode() for low, high in ((0, 2), (2, 3))]
    changed = signed(shorter, range=span, proofs=manifest["proofs"] | {"before": before})
    assert (
        problem(changed)
        == "event 3 of 2026-11-22T12:00:03.000000Z lies in the time that the export states, but outside its range: it was hidden"
    )


SKELETON_CHANGES = [
    pytest.param(lambda leaves: leaves[:4] + leaves[5:], "skeletons.jsonl: event 5 stands where event 4 belongs", id="dropped"),
    pytest.param(lambda leaves: leaves[:-1], "event 11 is missing from skeletons.jsonl", id="last dropped"),
    pytest.param(lambda leaves: leaves[:5] + leaves[4:], "skeletons.jsonl: event 4 stands where event 5 belongs", id="duplicated"),
    pytest.param(swap, "skeletons.jsonl: event 5 stands where event 4 belongs", id="reordered"),
    pytest.param(
        lambda leaves: [*leaves[:4], leaves[4].replace(b'"allow"', b'"refuse"'), *leaves[5:]],
        "event 4 was changed in skeletons.jsonl: its hash is not the one in the log",
        id="changed",
    ),
    pytest.param(
        lambda leaves: [*leaves[:4], leaves[4].replace(b'"kind"', b' "kind"'), *leaves[5:]],
        "event 4 was changed in skeletons.jsonl: the line is not a canonical leaf",
        id="not canonical",
    ),
]


@pytest.mark.parametrize(("change", "expected"), SKELETON_CHANGES)
@pytest.mark.parametrize("operator", [False, True], ids=["by a stranger", "by the operator"])
def test_changed_skeletons_are_named(members: Any, problem: Any, change: Any, expected: str, operator: bool) -> None:
    changed = lines(members(), "skeletons.jsonl", change)
    assert problem(signed(changed) if operator else changed).startswith(expected)


def test_a_changed_leaf_does_not_lead_to_the_checkpoint_even_without_leaf_hashes(
    members: Any, problem: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("guard.record.export.MAX_LEAF_HASHES", 0)
    changed = lines(members(), "skeletons.jsonl", lambda leaves: [leaves[0].replace(b'"registry":0', b'"registry":1'), *leaves[1:]])
    expected = "event 0 was changed: registry_revision is 0 in its row and 1 in the log"
    assert problem(signed(changed)) == expected
    changed = lines(changed, ROWS, lambda rows: [rows[0].replace(b'"registry_revision":0', b'"registry_revision":1'), *rows[1:]])
    assert problem(signed(changed)) == "the events do not lead to the signed checkpoint: some event was changed, or the proof was"


def test_every_member_notices_any_changed_byte(members: Any, problem: Any) -> None:
    whole = members(redaction="strict")
    for name, content in whole.items():
        for position in {0, len(content) // 3, len(content) // 2, len(content) - 2}:
            changed = bytearray(content)
            changed[position] ^= 1
            assert problem(whole | {name: bytes(changed)}), f"{name} at {position}"


@pytest.mark.parametrize("name", ["decisions.jsonl", "skeletons.jsonl", "leaf_hashes.bin", "manifest.json", "manifest.json.sig"])
def test_a_missing_member_is_named(members: Any, problem: Any, name: str) -> None:
    whole = members()
    del whole[name]
    assert problem(whole) == f"{name} is missing"


def test_members_more_than_once_or_unknown_are_named(members: Any, problem: Any, tmp_path: Path) -> None:
    whole = members()
    assert problem(whole | {"readme.txt": b"hello"}) == "readme.txt does not belong into the archive"
    path = tmp_path / "twice.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in whole.items():
            archive.writestr(name, content)
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr(ROWS, b"")
    with pytest.raises(verify.Wrong, match=r"decisions.jsonl is in the archive more than once"):
        verify.verify(path, KEYS)


def test_a_wrong_key_is_named(members: Any, problem: Any) -> None:
    stranger = verify.read_keys(str(Signer("guard.example", b"x" * 32).key))
    assert problem(members(), keys=stranger).startswith("wrong key: the archive says it is signed by guard.example+")


def test_a_key_of_the_same_id_cannot_be_faked(members: Any, problem: Any) -> None:
    forger = Signer("guard.example", b"x" * 32)
    whole = members()
    forged = whole | {"manifest.json.sig": base64.b64encode(forger.sign(whole["manifest.json"]))}
    assert problem(forged).startswith("manifest.json or manifest.json.sig was changed: the signature is not by guard.example+")


def test_older_checkpoints_must_be_extended(filled: EventLog, members: Any, problem: Any, draft: Any) -> None:
    old = filled.checkpoint()
    filled.append([draft("more")])
    assert problem(members(), (old,)) == ""
    forked = checkpoint.sign(Tree(12, b"f" * 32), SIGNER)
    assert problem(members(), (old, forked)) == "the log was forked: its first 12 events are not those of the older checkpoint"
    longer = checkpoint.sign(Tree(99, b"f" * 32), SIGNER)
    assert problem(members(), (longer,)).startswith("the older checkpoint counts 99 events, the archive's only 13")
    foreign = checkpoint.sign(Tree(12, b"f" * 32), SIGNER).replace("guard.example\n", "other.example\n", 1)
    assert problem(members(), (foreign,)).startswith("the older checkpoint was changed")
    other = Signer("other.example", b"o" * 32)
    strange = checkpoint.sign(Tree(12, b"f" * 32), other)
    both = [*KEYS, *verify.read_keys(str(other.key))]
    assert problem(members(), (strange,)).startswith("the older checkpoint is not signed by the key given")
    assert problem(members(), (strange,), both).startswith("the older checkpoint is of another log")
    assert problem(members(), (old.replace("\n12\n", "\n11\n"),)).startswith("the older checkpoint was changed")
    assert problem(members(), ("nonsense",)) == "the older checkpoint is not a checkpoint"


def test_a_forked_log_is_found_by_a_checkpoint_kept_elsewhere(
    filled: EventLog, engine: Engine, members: Any, problem: Any, draft: Any
) -> None:
    """The operator rewrites the past in the database, consistently, and exports anew."""
    old = filled.checkpoint()
    with write(engine) as connection:
        for table in ("event", "event_label", "event_subject", "merkle_tile", "tree_state", "checkpoint"):
            connection.execute(text(f"DELETE FROM {table}"))
    for n in range(20):
        filled.append([draft(f"invented {n}")])
    forged = members()
    assert problem(forged) == ""
    assert problem(forged, (old,)) == "the log was forked: its first 12 events are not those of the older checkpoint"


@pytest.mark.parametrize("left", [0, 1, 100, 0.5, 0.9, 0.999])
def test_a_truncated_archive_is_refused(members: Any, tmp_path: Path, left: float) -> None:
    members()
    content = (tmp_path / "whole.zip").read_bytes()
    path = tmp_path / "cut.zip"
    path.write_bytes(content[: left if isinstance(left, int) else int(len(content) * left)])
    with pytest.raises(verify.Wrong, match="not a whole zip archive"):
        verify.verify(path, KEYS)


def test_no_damage_to_the_file_makes_it_crash(members: Any, tmp_path: Path) -> None:
    members()
    content = (tmp_path / "whole.zip").read_bytes()
    path = tmp_path / "damaged.zip"
    for position in range(0, len(content), max(1, len(content) // 150)):
        damaged = bytearray(content)
        damaged[position] ^= 0xFF
        path.write_bytes(damaged)
        try:
            verify.verify(path, KEYS)
        except verify.Wrong:
            continue
        # Bytes that carry nothing: times and attributes in the zip's own headers.
        with zipfile.ZipFile(path) as archive, zipfile.ZipFile(io.BytesIO(content)) as whole:
            assert {name: archive.read(name) for name in archive.namelist()} == {name: whole.read(name) for name in whole.namelist()}


def test_a_zip_bomb_is_not_inflated(members: Any, tmp_path: Path) -> None:
    whole = members()
    path = tmp_path / "bomb.zip"
    zeros = b"\0" * 20_000_000
    for name in ("manifest.json", "manifest.json.sig", "decisions.jsonl", "skeletons.jsonl", "leaf_hashes.bin"):
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for other, content in whole.items():
                if other != name:
                    archive.writestr(other, content)
            with archive.open(name, "w", force_zip64=True) as file:
                for _ in range(4):
                    file.write(zeros)
        with pytest.raises(verify.Wrong, match=r"more than|far longer|was changed"):
            verify.verify(path, KEYS)


def test_the_file_stands_alone(members: Any, filled: EventLog, tmp_path: Path) -> None:
    """Copied elsewhere, run by an interpreter that sees nothing of the guard."""
    note = filled.checkpoint()
    members()
    (tmp_path / "log.key").write_text(f"{SIGNER.key}\n")
    (tmp_path / "old.note").write_text(note)
    alone = tmp_path / "verify.py"
    alone.write_bytes(Path(verify.__file__).read_bytes())
    command = [sys.executable, "-P", str(alone), "whole.zip", "--key", "log.key", "--checkpoint", "old.note"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env={"PATH": os.environ["PATH"]}, check=False)
    expected = f"OK: 12 events, 12 rows, 0 of them erased; log of 12, signed by {SIGNER.key.id}\n"
    assert (done.returncode, done.stdout, done.stderr) == (0, expected, "")
    (tmp_path / "whole.zip").write_bytes(b"PK")
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.count("\n"), done.stderr) == (1, 1, "")


def test_without_a_key_it_says_whom_it_believed(members: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    members()
    assert verify.main([str(tmp_path / "whole.zip")]) == 0
    assert f"compare {SIGNER.key} with the operator's" in capsys.readouterr().out
    assert verify.main([str(tmp_path / "whole.zip"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["ok"] is True


def test_a_line_added_to_a_table_is_named() -> None:
    table = b"index,registry_revision,tenant\n1,1,a\nx\n"
    with pytest.raises(verify.Wrong, match=r"^decisions.csv row 3 was changed: it has 1 cells, not 3$"):
        list(verify._csv_rows(io.BufferedReader(io.BytesIO(table))))  # type: ignore[arg-type]


def test_called_wrongly(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is not there is told from what is there and wrong."""
    (tmp_path / "some.key").write_bytes(b"\xff")
    for arguments, said in (
        (["none.zip", "--key", "none.key"], "none.key cannot be read: No such file or directory"),
        (["none.zip"], "none.zip cannot be read: No such file or directory"),
        (["."], "cannot be read: Is a directory"),
        (["none.zip", "--key", "some.key"], "a key or checkpoint is not text"),
    ):
        paths = [each if each.startswith("--") else str(tmp_path / each) for each in arguments]
        assert (verify.main(paths), said in capsys.readouterr().err) == (2, True), arguments


def test_an_empty_log_is_an_honest_empty_archive(keys: Any, tmp_path: Path, clock: Any) -> None:
    from guard.record.tables import EVENT

    engine = make_engine(f"sqlite:///{tmp_path / 'empty.db'}")
    EVENT.metadata.create_all(engine)
    run_export(engine, keys, SIGNER, ExportRequest(), tmp_path / "empty.zip", now=clock)
    assert verify.verify(tmp_path / "empty.zip", KEYS) == verify.Report(key_id=SIGNER.key.id)
