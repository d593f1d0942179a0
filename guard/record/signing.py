"""The log's key on disk: made once, mode 0600, rotated by an operator; the public halves beside it for everybody.

`log-signing.key` holds C2SP private keys (`PRIVATE+KEY+name+hash+base64`), one a line, the current one first. `log.key` holds
the verifier keys in the same order and is what `/log/key` answers; retired keys stay there, since old checkpoints do too.
"""

import base64
import binascii
import os
import re
from collections.abc import Callable
from pathlib import Path

from guard.errors import LogUnavailableError
from guard.record.checkpoint import ED25519, Signer, VerifierKey, parse_keys

PRIVATE_FILE = "log-signing.key"
PUBLIC_FILE = "log.key"
DEFAULT_NAME = "likeness-guard"
_PREFIX = "PRIVATE+KEY"
_SEED_BYTES = 32


def load_signer(data_dir: Path, name: str = DEFAULT_NAME, entropy: Callable[[int], bytes] = os.urandom) -> Signer:
    """The current key, made at first use; safe when several processes start at once.

    Args:
        data_dir: where the key is, a directory of mode 0700.
        name: of a key that has to be made.
        entropy: random bytes.
    """
    path = data_dir / PRIVATE_FILE
    if not path.exists():
        _write_once(path, _line(Signer(name, entropy(_SEED_BYTES))))
    signer = _signers(path)[0]
    if not (data_dir / PUBLIC_FILE).exists():
        _publish(data_dir)
    return signer


def rotate(data_dir: Path, entropy: Callable[[int], bytes] = os.urandom) -> Signer:
    """A new current key; the old one's verifier key stays published. Restart the guard afterwards."""
    old = load_signer(data_dir)
    path = data_dir / PRIVATE_FILE
    new = Signer(old.name, entropy(_SEED_BYTES))
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    _write_once(fresh, _line(new) + path.read_text())
    fresh.replace(path)
    _publish(data_dir)
    return new


def verifier_keys(data_dir: Path) -> list[VerifierKey]:
    """Every verifier key of this log, current first."""
    load_signer(data_dir)
    return parse_keys((data_dir / PUBLIC_FILE).read_text())


def key_text(data_dir: Path) -> str:
    """What `/log/key` answers: verifier keys, one a line, current first."""
    return "".join(f"{key}\n" for key in verifier_keys(data_dir))


def _signers(path: Path) -> list[Signer]:
    signers: list[Signer] = []
    for line in path.read_text().splitlines():
        match = re.fullmatch(r"PRIVATE\+KEY\+([^\s+]+)\+([0-9a-f]{8})\+(\S+)", line)
        try:
            blob = base64.b64decode(match[3], validate=True) if match else b""
        except binascii.Error:
            blob = b""
        if match is None or blob[:1] != ED25519 or len(blob) != 1 + _SEED_BYTES or Signer(match[1], blob[1:]).key.hash.hex() != match[2]:
            raise LogUnavailableError(f"{path} is damaged: line {len(signers) + 1} is not a signing key; restore it from a backup")
        signers.append(Signer(match[1], blob[1:]))
    if not signers:
        raise LogUnavailableError(f"{path} is empty; restore it from a backup")
    return signers


def _line(signer: Signer) -> str:
    return f"{_PREFIX}+{signer.key.id}+{base64.b64encode(ED25519 + signer.seed).decode()}\n"


def _publish(data_dir: Path) -> None:
    text = "".join(f"{signer.key}\n" for signer in _signers(data_dir / PRIVATE_FILE))
    fresh = data_dir / f"{PUBLIC_FILE}.{os.getpid()}"
    fresh.write_text(text)
    fresh.replace(data_dir / PUBLIC_FILE)


def _write_once(path: Path, text: str) -> None:
    """Creates the file with its whole content, or leaves the one that another process created."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(fresh, path)
        except FileExistsError:
            return
    finally:
        fresh.unlink()
