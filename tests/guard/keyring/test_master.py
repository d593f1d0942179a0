"""The master key: given, or made once and private."""

import base64
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from guard.errors import RegistryUnavailableError
from guard.keyring import load_master_key
from guard.settings import Settings

KEY = bytes(range(200, 232))
WRITTEN = [
    pytest.param(KEY.hex(), id="hex"),
    pytest.param(KEY.hex().upper(), id="upper-case hex"),
    pytest.param(base64.b64encode(KEY).decode(), id="base64"),
    pytest.param(base64.urlsafe_b64encode(KEY).decode().rstrip("="), id="url-safe base64 without padding"),
    pytest.param(f" {KEY.hex()}\n", id="white space around"),
]
BAD = [
    pytest.param("", id="empty"),
    pytest.param("secret", id="a password"),
    pytest.param(KEY.hex()[:-2], id="31 bytes"),
    pytest.param("zz" * 32, id="64 letters that are no hex"),
    pytest.param(base64.b64encode(KEY + b"x").decode(), id="33 bytes"),
]


def settings(directory: Path, key: str | None = None) -> Settings:
    return Settings(data_dir=directory, master_key=key, _env_file=None)


@pytest.mark.parametrize("text", WRITTEN)
def test_a_given_key(text: str, tmp_path: Path) -> None:
    assert load_master_key(settings(tmp_path / "var", text)) == KEY
    assert not (tmp_path / "var").exists()


@pytest.mark.parametrize("text", BAD)
def test_a_key_that_is_none(text: str, tmp_path: Path) -> None:
    with pytest.raises(RegistryUnavailableError, match="GUARD_MASTER_KEY is not 32 bytes"):
        load_master_key(settings(tmp_path, text))


def test_made_once_and_private(tmp_path: Path) -> None:
    first = load_master_key(settings(tmp_path / "var"))
    path = tmp_path / "var" / "master.key"
    assert (len(first), load_master_key(settings(tmp_path / "var")), oct(path.stat().st_mode & 0o777)) == (32, first, "0o600")


def test_a_readable_file_is_refused_with_the_command_that_mends_it(tmp_path: Path) -> None:
    load_master_key(settings(tmp_path))
    (tmp_path / "master.key").chmod(0o644)
    with pytest.raises(RegistryUnavailableError, match="chmod 600"):
        load_master_key(settings(tmp_path))


def test_many_starting_at_once_agree(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: load_master_key(settings(tmp_path)), range(8)))
    assert len(keys) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["master.key"]
