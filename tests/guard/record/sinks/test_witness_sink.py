"""Witnesses: what they cosign is kept, shown and exported; what they refuse is said."""

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, delete, text

from guard.record import checkpoint, cosignature, verify
from guard.record.checkpoint import COSIGNER, NoteError, Signer, parse_key
from guard.record.export import ExportRequest, run_export
from guard.record.log import EventLog
from guard.record.query import Log
from guard.record.sinks.config import SinkConfig, WitnessTarget
from guard.record.sinks.feed import Feed
from guard.record.sinks.senders import SinkError
from guard.record.sinks.witness import WitnessSender
from guard.record.tables import COSIGNATURE
from guard.storage import write
from tests.guard.record.sinks.witness import AT, Witness


@pytest.fixture
def witness(signer: Signer) -> Iterator[Witness]:
    server = Witness(str(signer.key))
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def feed(engine: Engine, keys: Any, clock: Any, witness: Witness) -> Feed:
    target = WitnessTarget(url=witness.url, key=witness.key)
    config = SinkConfig(name="witness", witness=target, events=False, checkpoints=True)
    return Feed(engine, keys, config, WitnessSender(engine, target, timeout_s=5, now=clock), now=clock)


def test_each_checkpoint_is_cosigned_with_a_proof_from_the_last(
    feed: Feed, filled: EventLog, engine: Engine, witness: Witness, draft: Any, clock: Any, signer: Signer
) -> None:
    feed.step()
    filled.append([draft() for _ in range(300)])
    filled.checkpoint()
    feed.step()
    assert witness.asked == [0]  # not yet: once a minute at most
    clock.move(60)
    feed.step()
    feed.step()
    assert (witness.asked, witness.seen.size) == ([0, 7], 307)
    note = Log(engine).checkpoint()
    key = parse_key(witness.key, COSIGNER)
    line = cosignature.line_by(note, note.partition("\n\n")[2], key)
    assert (note.endswith(line), cosignature.time_of(line)) == (True, AT)
    assert checkpoint.verify(note, [signer.key]).size == 307


def test_a_witness_that_knows_more_than_we_remember_is_asked_from_there(
    feed: Feed, filled: EventLog, engine: Engine, witness: Witness, draft: Any, clock: Any
) -> None:
    feed.step()
    with write(engine) as connection:
        connection.execute(delete(COSIGNATURE))
    filled.append([draft()])
    filled.checkpoint()
    clock.move(60)
    feed.step()
    assert (witness.asked, witness.seen.size) == ([0, 0, 7], 8)


def test_a_log_that_was_put_back_is_found_by_its_witness(feed: Feed, filled: EventLog, witness: Witness) -> None:
    witness.seen = verify.Tree("guard.example", 99, b"r" * 32)
    with pytest.raises(SinkError, match="has cosigned 99 events of this log, which now has 7: it was put back"):
        feed.step()


def test_a_forked_log_is_not_cosigned(feed: Feed, filled: EventLog, witness: Witness) -> None:
    witness.seen = verify.Tree("guard.example", 5, b"r" * 32)
    with pytest.raises(SinkError, match="answered 422: it does not accept the consistency proof"):
        feed.step()


def test_a_strange_log_is_not_cosigned(feed: Feed, filled: EventLog, witness: Witness) -> None:
    witness.log_keys = verify.read_keys(str(Signer("guard.example", b"x" * 32).key))
    with pytest.raises(SinkError, match="answered 403: it does not trust the log's key"):
        feed.step()


def test_a_false_cosignature_is_not_kept(feed: Feed, filled: EventLog, engine: Engine, witness: Witness) -> None:
    witness.lies = True
    with pytest.raises(SinkError, match=r"the cosignature by witness\.example/w1"):
        feed.step()
    assert Log(engine).witnessed(99) is None


def test_a_cosignature_by_nobody_we_know_is_none(feed: Feed, filled: EventLog, witness: Witness) -> None:
    witness.hash = b"none"
    with pytest.raises(SinkError, match=r"without a cosignature by witness\.example/w1"):
        feed.step()


def test_the_same_checkpoint_twice_is_kept_once(feed: Feed, filled: EventLog, engine: Engine, witness: Witness) -> None:
    """A crash between the cosignature and the cursor."""
    feed.step()
    with write(engine) as connection:
        connection.execute(text("DELETE FROM sink_cursor"))
    feed.step()
    assert witness.asked == [0, 7]
    assert Log(engine).checkpoint().count("witness.example/w1") == 1


def test_an_export_carries_what_was_cosigned(
    feed: Feed, filled: EventLog, engine: Engine, keys: Any, signer: Signer, witness: Witness, draft: Any, clock: Any, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    feed.step()
    filled.append([draft()])
    path, trusted = tmp_path / "all.zip", verify.read_keys(str(signer.key))
    cosigners = verify.read_keys(witness.key, b"\x04")
    for most_hashes in (2_000_000, 0):  # with and without the leaf hashes, from which the older tree follows
        monkeypatch.setattr("guard.record.export.MAX_LEAF_HASHES", most_hashes)
        run_export(engine, keys, signer, ExportRequest(), path, now=clock)
        report = verify.verify(path, trusted, witnesses=cosigners)
        assert report.witnessed == f"{parse_key(witness.key, COSIGNER).id} cosigned the first 7 events at 2026-11-18T11:06:40Z"
    assert verify.verify(path, trusted).remarks == [
        "a checkpoint of this log was cosigned; give the witness's key by --witness to have that checked"
    ]
    stranger = Witness(str(signer.key), "stranger.example")
    with pytest.raises(verify.Wrong, match="no checkpoint in the archive is cosigned by the witness given"):
        verify.verify(path, trusted, witnesses=verify.read_keys(stranger.key, b"\x04"))
    stranger.shutdown()
    stranger.server_close()
    (tmp_path / "log.key").write_text(str(signer.key))
    (tmp_path / "witness.key").write_text(witness.key)
    assert verify.main([str(path), "--key", str(tmp_path / "log.key"), "--witness", str(tmp_path / "witness.key")]) == 0
    assert "witnessed: witness.example/w1" in capsys.readouterr().out
    assert verify.main([str(path), "--key", str(tmp_path / "log.key"), "--witness", str(tmp_path / "log.key")]) == 1


def test_a_changed_cosignature_is_named(
    feed: Feed, filled: EventLog, engine: Engine, keys: Any, signer: Signer, witness: Witness, clock: Any, tmp_path: Path
) -> None:
    feed.step()
    run_export(engine, keys, signer, ExportRequest(), tmp_path / "all.zip", now=clock)
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        note = json.loads(archive.read("manifest.json"))["witnessed"]
    elsewhere = note.replace("\n7\n", "\n8\n")
    with pytest.raises(verify.Wrong, match=r"the cosignature by witness\.example/w1.* was changed"):
        verify.cosigned_at(elsewhere, verify.read_keys(witness.key, b"\x04"))


def test_a_forked_past_is_found_by_what_was_cosigned(
    feed: Feed, filled: EventLog, engine: Engine, keys: Any, signer: Signer, draft: Any, clock: Any, tmp_path: Path
) -> None:
    """The operator rewrites everything but the cosigned checkpoint, and exports anew."""
    feed.step()
    with write(engine) as connection:
        for table in ("event", "event_label", "event_subject", "merkle_tile", "tree_state"):
            connection.execute(text(f"DELETE FROM {table}"))
    fresh = EventLog(engine, signer, now=clock)
    fresh.append([draft("invented") for _ in range(9)])
    run_export(engine, keys, signer, ExportRequest(), tmp_path / "all.zip", now=clock)
    with pytest.raises(verify.Wrong, match="the log was forked: its first 7 events"):
        verify.verify(tmp_path / "all.zip", verify.read_keys(str(signer.key)))


@pytest.mark.parametrize("lines", ["", "nonsense\n", "— a b c\n", "— witness.example/w1 !!!\n", "— x\n"])
def test_no_line_that_is_no_cosignature_counts(lines: str, witness: Witness) -> None:
    assert cosignature.line_by("o\n1\nAAAA\n\n— o AAAA\n", lines, parse_key(witness.key, COSIGNER)) is None


def test_a_logs_key_is_no_witnesss(witness: Witness, signer: Signer) -> None:
    with pytest.raises(NoteError, match="not an Ed25519 verifier key of type 4"):
        parse_key(str(signer.key), COSIGNER)
    with pytest.raises(NoteError, match="not an Ed25519 verifier key of type 1"):
        parse_key(witness.key)
