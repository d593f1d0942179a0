"""The master key: 32 bytes from the environment, or made once and kept in the data directory."""

import base64
import binascii
import os
import secrets
import stat
from pathlib import Path

from guard.errors import RegistryUnavailableError
from guard.keyring.files import make_private_directory, sync_directory
from guard.keyring.sealing import KEY_BYTES
from guard.settings import Settings

FILE_NAME = "master.key"


def load_master_key(settings: Settings) -> bytes:
    """`GUARD_MASTER_KEY` (hex or base64 of 32 bytes); unset: `master.key` in the data directory, made there if need be."""
    if settings.master_key is not None:
        return parse(settings.master_key.get_secret_value(), "GUARD_MASTER_KEY")
    make_private_directory(settings.data_dir)
    path = settings.data_dir / FILE_NAME
    if not path.exists():
        _create(path)
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise RegistryUnavailableError(f"{path} has mode {mode:04o}, so others can read the master key; run: chmod 600 {path}")
    return parse(path.read_text("ascii"), str(path))


def parse(text: str, source: str) -> bytes:
    """32 bytes written as 64 hex digits or as base64 (either alphabet)."""
    word = text.strip()
    try:
        if len(word) == 2 * KEY_BYTES:
            return bytes.fromhex(word)
        key = base64.b64decode(word.replace("-", "+").replace("_", "/") + "=" * (-len(word) % 4), validate=True)
    except (ValueError, binascii.Error):
        key = b""
    if len(key) != KEY_BYTES:
        raise RegistryUnavailableError(f"{source} is not 32 bytes as hex or base64; make one with: openssl rand -hex 32")
    return key


def _create(path: Path) -> None:
    """Several processes may start at once: a link appears whole or not at all, and the first one stays."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(secrets.token_hex(KEY_BYTES) + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    try:
        os.link(temporary, path)
    except FileExistsError:
        pass  # another process was first; its key is the key
    finally:
        temporary.unlink()
    sync_directory(path.parent)
