"""The epoch keys: a few random keys, wrapped by the master key, in a file beside the database and never in it."""

import base64
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from guard.errors import RegistryUnavailableError
from guard.keyring import files
from guard.keyring.sealing import KEY_BYTES, seal, unseal


@dataclass(frozen=True, slots=True)
class Epochs:
    """The epoch keys there are, and the number of the one that wraps what is new."""

    current: int
    ciphers: Mapping[int, AESGCM]


class EpochFile:
    """`epochs.json`; read again whenever it changed on disk, so that a rotation by another process is seen at once."""

    def __init__(self, path: Path, master_key: bytes, entropy: Callable[[int], bytes]) -> None:
        self._path = path
        self._master_key = master_key
        self._entropy = entropy
        self._seen: tuple[int, int, int] | None = None
        self._epochs: Epochs | None = None

    def exists(self) -> bool:
        """Whether any epoch was ever made here."""
        return self._path.exists()

    def made_at(self) -> float:
        """When the file was last written, in seconds since 1970."""
        return self._path.stat().st_mtime

    def load(self) -> Epochs:
        """The epochs as the file has them now."""
        try:
            state = os.stat(self._path)
        except FileNotFoundError:
            raise RegistryUnavailableError(
                f"{self._path} is missing; without it no stored key opens: put it back from where you keep it"
            ) from None
        mark = (state.st_ino, state.st_mtime_ns, state.st_size)
        if self._epochs is None or mark != self._seen:
            self._epochs = Epochs(*self._parse(self._path.read_bytes()))
            self._seen = mark
        return self._epochs

    def add(self) -> int:
        """Makes a new epoch the current one and keeps the others; returns its number."""
        keys = self._keys() if self.exists() else {}
        number = max(keys, default=0) + 1
        self._write(number, {**keys, number: self._entropy(KEY_BYTES)})
        return number

    def keep_only(self, number: int) -> None:
        """Forgets every epoch but one: whatever the others wrapped opens no more."""
        keys = self._keys()
        if set(keys) != {number}:
            self._write(number, {number: keys[number]})

    def _keys(self) -> dict[int, bytes]:
        return self._open(orjson.loads(self._path.read_bytes()))

    def _parse(self, content: bytes) -> tuple[int, dict[int, AESGCM]]:
        document = orjson.loads(content)
        return int(document["current"]), {number: AESGCM(key) for number, key in self._open(document).items()}

    def _open(self, document: Mapping[str, Mapping[str, str]]) -> dict[int, bytes]:
        try:
            return {int(n): unseal(self._master_key, base64.b64decode(sealed), _aad(int(n))) for n, sealed in document["epochs"].items()}
        except ValueError as exc:
            raise RegistryUnavailableError(
                f"the master key does not open {self._path}: set GUARD_MASTER_KEY (or master.key) to the one that made it"
            ) from exc

    def _write(self, current: int, keys: Mapping[int, bytes]) -> None:
        files.make_private_directory(self._path.parent)
        epochs = {str(n): base64.b64encode(seal(self._master_key, key, _aad(n))).decode() for n, key in keys.items()}
        files.replace(self._path, orjson.dumps({"v": 1, "current": current, "epochs": epochs}, option=orjson.OPT_INDENT_2))


def _aad(number: int) -> bytes:
    return f"likeness-guard epoch {number}".encode()
