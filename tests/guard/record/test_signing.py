"""The log's key on disk."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from guard.errors import LogUnavailableError
from guard.record import checkpoint, signing
from guard.record.checkpoint import Tree


def test_the_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    data = tmp_path / "var"
    with ThreadPoolExecutor(4) as pool:
        signers = set(pool.map(lambda _: signing.load_signer(data, "guard.example"), range(1)))
    signers |= {signing.load_signer(data, "another name")}
    [signer] = signers
    assert stat.S_IMODE((data / "log-signing.key").stat().st_mode) == 0o600
    assert sorted(path.name for path in data.iterdir()) == ["log-signing.key", "log.key"]
    assert signing.key_text(data) == (data / "log.key").read_text() == f"{signer.key}\n"


def test_after_a_rotation_old_checkpoints_still_verify(tmp_path: Path) -> None:
    old = signing.load_signer(tmp_path)
    note = checkpoint.sign(Tree(1, b"r" * 32), old)
    new = signing.rotate(tmp_path)
    assert new != old
    assert signing.load_signer(tmp_path) == new
    assert signing.verifier_keys(tmp_path) == [new.key, old.key]
    assert checkpoint.verify(note, signing.verifier_keys(tmp_path)) == Tree(1, b"r" * 32)


@pytest.mark.parametrize("content", ["", "nonsense\n", "PRIVATE+KEY+a+00000000+AQ==\n"])
def test_a_damaged_key_file_is_not_replaced_by_another_key(tmp_path: Path, content: str) -> None:
    (tmp_path / "log-signing.key").write_text(content)
    with pytest.raises(LogUnavailableError, match="restore it from a backup"):
        signing.load_signer(tmp_path)
    assert (tmp_path / "log-signing.key").read_text() == content
