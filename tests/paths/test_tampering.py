"""An outsider with nothing but an archive, the log's key and an older checkpoint sees `guard audit verify` name each forgery.

What follows knows the archive from docs/reference/record.md alone: it imports nothing of the record.
"""

import base64
import hashlib
import io
import json
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from typer.testing import CliRunner

from guard.cli import app
from guard.evaluate.trial import Trial

Members = dict[str, bytes]
ROWS, LEAVES = "decisions.jsonl", "skeletons.jsonl"


@dataclass(frozen=True)
class Auditor:
    """What an auditor holds: the log's key and an early checkpoint, the archive that came later, and what the operator signs with."""

    home: Path
    members: Members
    operator: Ed25519PrivateKey
    subject_id: str

    def verdict(self, archive: bytes, *more: str) -> tuple[int, str]:
        path = self.home / "archive.zip"
        path.write_bytes(archive)
        done = CliRunner().invoke(app, ["audit", "verify", str(path), "--key", str(self.home / "log.key"), *more])
        return done.exit_code, done.output

    def signed(self, members: Members) -> Members:
        """As the operator could do it: the manifest describes what is there, and is signed again."""
        manifest = json.loads(members["manifest.json"])
        for entry in manifest["files"]:
            content = members[entry["name"]]
            rows = len(content) // 32 if entry["name"].endswith(".bin") else content.count(b"\n")
            entry.update(sha256=hashlib.sha256(content).hexdigest(), size_bytes=len(content), row_count=rows)
        text = json.dumps(manifest).encode()
        return members | {"manifest.json": text, "manifest.json.sig": base64.b64encode(self.operator.sign(text))}

    def note(self, size: int, root: bytes) -> str:
        """A checkpoint that the log's own key signed."""
        name, hash_, _ = (self.home / "log.key").read_text().splitlines()[0].split("+", 2)
        text = f"{name}\n{size}\n{base64.b64encode(root).decode()}\n"
        signature = base64.b64encode(bytes.fromhex(hash_) + self.operator.sign(text.encode())).decode()
        return f"{text}\n— {name} {signature}\n"


def zipped(members: Members) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return packed.getvalue()


@pytest.fixture(scope="module")
def auditor(running_guard: Trial, tmp_path_factory: pytest.TempPathFactory) -> Auditor:
    home = tmp_path_factory.mktemp("auditor")
    tenant = "tampering-tenant"
    made = running_guard.made("/opt-outs", json={"subject": {"name": "Odile Tamperwright"}})
    client = running_guard.client(tenant)
    for prompt in ("a red barn", "a blue barn", "a green barn"):
        client.images.generate(prompt=prompt)
    running_guard.made("/screen", json={"prompt": "a photo of Odile Tamperwright", "tenant": tenant})
    (home / "log.key").write_text(running_guard.admin("GET", "/log/key").raise_for_status().text)
    deadline = time.monotonic() + 30
    while (early := running_guard.admin("GET", "/log/checkpoint")).status_code != 200 and time.monotonic() < deadline:
        time.sleep(0.1)
    (home / "early.checkpoint").write_text(early.raise_for_status().text)
    client.images.generate(prompt="a white barn")
    content = running_guard.exported(tenant=tenant, redaction="none")
    (home / "as-received.zip").write_bytes(content)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    private = (running_guard.data_dir / "log-signing.key").read_text().splitlines()[0].split("+", 4)[4]
    return Auditor(home, members, Ed25519PrivateKey.from_private_bytes(base64.b64decode(private)[1:]), made["subject_id"])


def changed(members: Members, name: str, change: Callable[[list[bytes]], list[bytes]]) -> Members:
    return members | {name: b"".join(change(members[name].splitlines(keepends=True)))}


def added(rows: list[bytes]) -> list[bytes]:
    last = json.loads(rows[-1])
    return [*rows, json.dumps(last | {"index": last["index"] + 1_000}).encode() + b"\n"]


def another_outcome(rows: list[bytes]) -> list[bytes]:
    return [rows[0].replace(b'"outcome":"allow"', b'"outcome":"hold"'), *rows[1:]]


FORGERIES: list[Any] = [
    pytest.param(ROWS, lambda rows: rows[:2] + rows[3:], "missing from decisions.jsonl (dropped or hidden)", id="an event dropped"),
    pytest.param(ROWS, lambda rows: rows[:-1], "missing from decisions.jsonl (dropped or hidden)", id="the last event hidden"),
    pytest.param(ROWS, added, "was added to decisions.jsonl", id="an event added"),
    pytest.param(ROWS, lambda rows: rows[:1] + rows[:1] + rows[1:], "twice (duplicated)", id="an event duplicated"),
    pytest.param(ROWS, lambda rows: [rows[1], rows[0], *rows[2:]], "(reordered)", id="two events swapped"),
    pytest.param(ROWS, another_outcome, "was changed: outcome is 'hold' in its row", id="an outcome changed"),
    pytest.param(LEAVES, lambda leaves: leaves[:3] + leaves[4:], "(dropped, added or moved)", id="a leaf dropped"),
    pytest.param(LEAVES, lambda leaves: [leaves[1], leaves[0], *leaves[2:]], "(dropped, added or moved)", id="two leaves swapped"),
    pytest.param(LEAVES, lambda leaves: leaves[:2] + leaves[1:], "(dropped, added or moved)", id="a leaf duplicated"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "change", "says"), FORGERIES)
@pytest.mark.parametrize("by_operator", [False, True], ids=["by a stranger", "by the operator"])
def test_each_forgery_is_named(auditor: Auditor, name: str, change: Any, says: str, by_operator: bool) -> None:
    forged = changed(auditor.members, name, change)
    status, said = auditor.verdict(zipped(auditor.signed(forged) if by_operator else forged))
    assert (status, says in said, said.count("\n")) == (1, True, 1), said


def test_what_was_received_is_accepted(auditor: Auditor) -> None:
    whole = (auditor.home / "as-received.zip").read_bytes()
    status, said = auditor.verdict(whole, "--checkpoint", str(auditor.home / "early.checkpoint"))
    assert (status, said[:4]) == (0, "OK: ")


def test_any_changed_byte_of_any_member_is_noticed(auditor: Auditor) -> None:
    for name, content in auditor.members.items():
        flipped = bytearray(content)
        flipped[len(content) // 2] ^= 1
        status, said = auditor.verdict(zipped(auditor.members | {name: bytes(flipped)}))
        assert (status, said.count("\n")) == (1, 1), name


def test_a_truncated_archive_is_noticed(auditor: Auditor) -> None:
    whole = (auditor.home / "as-received.zip").read_bytes()
    status, said = auditor.verdict(whole[: len(whole) * 9 // 10])
    assert (status, said.startswith("WRONG: not a whole zip archive")) == (1, True)


def test_a_wrong_key_is_named(auditor: Auditor) -> None:
    public = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    hash_ = hashlib.sha256(b"likeness-guard\n\x01" + public).hexdigest()[:8]
    (auditor.home / "other.key").write_text(f"likeness-guard+{hash_}+{base64.b64encode(bytes([1]) + public).decode()}\n")
    path = auditor.home / "as-received.zip"
    done = CliRunner().invoke(app, ["audit", "verify", str(path), "--key", str(auditor.home / "other.key")])
    assert (done.exit_code, done.output.startswith("WRONG: wrong key: ")) == (1, True)


def test_a_forked_log_is_named_by_the_checkpoint_that_an_auditor_kept(auditor: Auditor) -> None:
    size = int((auditor.home / "early.checkpoint").read_text().split("\n")[1])
    (auditor.home / "forked.checkpoint").write_text(auditor.note(size, hashlib.sha256(b"another past").digest()))
    whole = (auditor.home / "as-received.zip").read_bytes()
    status, said = auditor.verdict(whole, "--checkpoint", str(auditor.home / "forked.checkpoint"))
    assert (status, said) == (1, f"WRONG: the log was forked: its first {size} events are not those of the older checkpoint\n")


def test_an_erasure_leaves_the_archive_of_before_as_good_as_it_was(auditor: Auditor, running_guard: Trial) -> None:
    assert running_guard.admin("DELETE", f"/subjects/{auditor.subject_id}").status_code == 200
    whole = (auditor.home / "as-received.zip").read_bytes()
    assert auditor.verdict(whole)[0] == 0
    later = running_guard.exported(tenant="tampering-tenant", redaction="none")
    status, said = auditor.verdict(later, "--checkpoint", str(auditor.home / "early.checkpoint"))
    assert (status, "1 of them erased" in said) == (0, True), said
    with zipfile.ZipFile(io.BytesIO(later)) as archive:
        assert b"Tamperwright" not in archive.read(ROWS)
    assert b"Tamperwright" in auditor.members[ROWS]
