"""Keys: made, given, destroyed, rewrapped; and what a restored backup can and cannot bring back."""

import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from guard.errors import ConflictError, NotFoundError, RegistryUnavailableError
from guard.keyring import WRAPPED_KEY, Keyring, seal, unseal
from guard.storage import make_engine, read, write

MASTER = bytes(range(32))


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def ring(engine: Engine, directory: Path) -> Keyring:
    ring = Keyring(engine, MASTER, directory, cache_s=0)
    ring.start()
    return ring


@given(st.binary(), st.binary())
def test_what_is_sealed_opens(plaintext: bytes, aad: bytes) -> None:
    assert unseal(MASTER, seal(MASTER, plaintext, aad), aad) == plaintext


SEALED = seal(MASTER, b"Jane Roe", b"subject:1")
SPOILED = [
    pytest.param(bytes(32), SEALED, b"subject:1", id="another key"),
    pytest.param(MASTER, SEALED, b"subject:2", id="another place"),
    pytest.param(MASTER, SEALED[:-1] + bytes([SEALED[-1] ^ 1]), b"subject:1", id="a changed byte"),
    pytest.param(MASTER, SEALED[:20], b"subject:1", id="cut short"),
    pytest.param(MASTER, b"", b"subject:1", id="nothing"),
]


@pytest.mark.parametrize(("key", "sealed", "aad"), SPOILED)
def test_what_was_changed_does_not_open(key: bytes, sealed: bytes, aad: bytes) -> None:
    with pytest.raises(ValueError, match="sealed value"):
        unseal(key, sealed, aad)


def test_two_seals_of_one_text_differ() -> None:
    assert seal(MASTER, b"Jane Roe") != seal(MASTER, b"Jane Roe")


def test_a_key_is_given_as_it_was_made(ring: Keyring) -> None:
    key = ring.create("subject", "sub_1")
    assert (len(key), ring.get("subject", "sub_1"), ring.get_many("subject", ["sub_1", "sub_2"])) == (32, key, {"sub_1": key})


def test_kinds_do_not_mix(ring: Keyring) -> None:
    keys = [ring.create(kind, "acme") for kind in ("subject", "tenant")]
    assert [ring.get("subject", "acme"), ring.get("tenant", "acme")] == keys
    assert keys[0] != keys[1]


def test_a_key_is_made_once(ring: Keyring) -> None:
    ring.create("subject", "sub_1")
    with pytest.raises(ConflictError):
        ring.create("subject", "sub_1")


def test_many_keys_or_none(ring: Keyring) -> None:
    ring.create("subject", "sub_2")
    with pytest.raises(ConflictError):
        ring.create_many("subject", ["sub_1", "sub_2"])
    assert list(ring.get_all("subject")) == ["sub_2"]


def test_get_or_create(ring: Keyring) -> None:
    assert ring.get_or_create("tenant", "acme") == ring.get_or_create("tenant", "acme") == ring.get("tenant", "acme")


def test_a_destroyed_key_is_gone(ring: Keyring) -> None:
    ring.create("subject", "sub_1")
    assert ring.destroy("subject", "sub_1")
    assert not ring.destroy("subject", "sub_1")
    with pytest.raises(NotFoundError):
        ring.get("subject", "sub_1")
    assert ring.erased() == [("subject", "sub_1")]


def test_no_key_is_in_the_database_in_the_clear(ring: Keyring, engine: Engine) -> None:
    key = ring.create("subject", "sub_1")
    with read(engine) as connection:
        (row,) = connection.execute(select(WRAPPED_KEY)).all()
    assert key not in bytes(row.wrapped)


def test_a_wrapped_key_moved_to_another_owner_does_not_open(ring: Keyring, engine: Engine) -> None:
    ring.create_many("subject", ["sub_1", "sub_2"])
    with write(engine) as connection:
        stolen = connection.execute(select(WRAPPED_KEY.c.wrapped).where(WRAPPED_KEY.c.owner == "sub_1")).scalar_one()
        connection.execute(WRAPPED_KEY.update().where(WRAPPED_KEY.c.owner == "sub_2").values(wrapped=stolen))
    with pytest.raises(ValueError, match="another place"):
        ring.get("subject", "sub_2")


def test_the_files_are_private_and_hold_no_key(ring: Keyring, directory: Path) -> None:
    key = ring.create("subject", "sub_1")
    ring.create("subject", "sub_2")
    ring.destroy("subject", "sub_2")
    ring.rotate_epoch()
    files = sorted(directory.iterdir())
    assert [(f.name, oct(f.stat().st_mode & 0o777)) for f in files] == [
        ("epochs.json", "0o600"),
        ("erased.jsonl", "0o600"),
        ("keys.jsonl", "0o600"),
    ]
    assert not any(key in f.read_bytes() or key.hex().encode() in f.read_bytes() for f in files)


def test_rotation_keeps_every_key(ring: Keyring, engine: Engine, directory: Path) -> None:
    owners = [f"sub_{n}" for n in range(5)]
    keys = dict(zip(owners, ring.create_many("subject", owners), strict=True))
    assert ring.rotate_epoch() == 5
    assert ring.get_many("subject", owners) == keys
    assert Keyring(engine, MASTER, directory).get_many("subject", owners) == keys


def test_a_rotation_is_seen_by_others(ring: Keyring, engine: Engine, directory: Path) -> None:
    other = Keyring(engine, MASTER, directory, cache_s=0)
    key = ring.create("subject", "sub_1")
    assert other.get("subject", "sub_1") == key
    ring.rotate_epoch()
    assert other.get("subject", "sub_1") == key
    new = other.create("subject", "sub_2")
    assert ring.get("subject", "sub_2") == new


def test_a_rotation_cut_short_is_finished_at_start(ring: Keyring, engine: Engine, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = ring.create("subject", "sub_1")
    monkeypatch.setattr(ring._epoch_file, "keep_only", lambda number: None)
    ring.rotate_epoch()
    again = Keyring(engine, MASTER, directory)
    again.start()
    assert list(again._epoch_file.load().ciphers) == [2]
    assert again.get("subject", "sub_1") == key


def test_a_rotation_cut_in_the_middle_is_finished_by_the_next(
    ring: Keyring, engine: Engine, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    owners = [f"sub_{n}" for n in range(5)]
    keys = dict(zip(owners, ring.create_many("subject", owners), strict=True))
    monkeypatch.setattr("guard.keyring.ring._REWRAPPED_AT_ONCE", 2)
    ring._epoch_file.add()
    assert ring._rewrap_some(2) == 2
    again = Keyring(engine, MASTER, directory)
    assert again.start() == []
    assert again.get_many("subject", owners) == keys
    again.rotate_epoch()
    assert (again.get_many("subject", owners), list(again._epoch_file.load().ciphers)) == (keys, [3])


def test_another_master_key_says_so(ring: Keyring, engine: Engine, directory: Path) -> None:
    ring.create("subject", "sub_1")
    with pytest.raises(RegistryUnavailableError, match="the master key does not open"):
        Keyring(engine, bytes(32), directory).get("subject", "sub_1")


def test_lost_epochs_are_not_made_anew(ring: Keyring, engine: Engine, directory: Path) -> None:
    ring.create("subject", "sub_1")
    (directory / "epochs.json").unlink()
    with pytest.raises(RegistryUnavailableError, match=r"epochs\.json is missing"):
        Keyring(engine, MASTER, directory).start()
    assert not (directory / "epochs.json").exists()


# -- restoring a backup of the database ----------------------------------------------------------------------------------


class Restorable:
    """A SQLite database whose backup can be put back, and the keyring beside it, as after an outage."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.path = directory / "guard.db"
        self.engine = make_engine(f"sqlite:///{self.path}")

    def ring(self) -> Keyring:
        return Keyring(self.engine, MASTER, self.directory / "data", cache_s=0)

    def backup(self) -> None:
        with sqlite3.connect(self.path) as live, sqlite3.connect(self.directory / "backup.db") as copy:
            live.backup(copy)

    def restore(self) -> None:
        with sqlite3.connect(self.directory / "backup.db") as copy, sqlite3.connect(self.path) as live:
            copy.backup(live)


@pytest.fixture
def restorable(sqlite_engine: Engine, tmp_path: Path) -> Restorable:
    made = Restorable(tmp_path)
    made.ring().start()
    return made


@pytest.mark.parametrize("rotated", [False, True], ids=["before a rotation", "after a rotation"])
def test_a_restored_backup_does_not_bring_an_erased_key_back(restorable: Restorable, rotated: bool) -> None:
    ring = restorable.ring()
    living, _ = ring.create_many("subject", ["sub_living", "sub_erased"])
    restorable.backup()
    ring.destroy("subject", "sub_erased")
    if rotated:
        ring.rotate_epoch()
    restorable.restore()
    again = restorable.ring()
    assert again.start() == [("subject", "sub_erased")]
    assert again.get_all("subject") == {"sub_living": living}
    assert again.start() == []


def test_after_a_rotation_the_backup_itself_opens_nothing(restorable: Restorable) -> None:
    """Even for somebody who has the backup, the files and the master key, and does not run our start."""
    ring = restorable.ring()
    ring.create("subject", "sub_erased")
    restorable.backup()
    ring.destroy("subject", "sub_erased")
    ring.rotate_epoch()
    restorable.restore()
    with pytest.raises(RegistryUnavailableError, match="epoch 1, which is gone"):
        restorable.ring().get("subject", "sub_erased")


def test_a_key_made_after_the_backup_is_not_needed(restorable: Restorable) -> None:
    ring = restorable.ring()
    old = ring.create("subject", "sub_old")
    restorable.backup()
    ring.create("subject", "sub_new")
    ring.rotate_epoch()
    restorable.restore()
    again = restorable.ring()
    assert (again.start(), again.get_all("subject")) == ([], {"sub_old": old})
