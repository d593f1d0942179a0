"""Checkpoints: what the log says of itself, signed (C2SP signed-note and tlog-checkpoint, Ed25519). Pure but for `Signer.sign`.

<origin>
<size>
<base64 of the root>

— <key name> <base64 of key hash and signature>
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519 = b"\x01"  # signature type of a log's key, https://c2sp.org/signed-note
COSIGNER = b"\x04"  # that of a witness's key, https://c2sp.org/tlog-cosignature
_NAME = re.compile(r"[^\s+]+")
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


class NoteError(ValueError):
    """A note or key that is malformed or not signed by a key we trust."""


@dataclass(frozen=True, slots=True)
class Tree:
    """The state of a log: how many leaves, and the hash over them."""

    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """The public half of a log's or a witness's key, with its name; written `name+hash+base64`."""

    name: str
    public: bytes
    kind: bytes = ED25519

    @property
    def hash(self) -> bytes:
        """The four bytes by which a note names the key."""
        return hashlib.sha256(self.name.encode() + b"\n" + self.kind + self.public).digest()[:4]

    @property
    def id(self) -> str:
        """`name+hash`, short enough to be read out over a telephone."""
        return f"{self.name}+{self.hash.hex()}"

    def __str__(self) -> str:
        return f"{self.id}+{base64.b64encode(self.kind + self.public).decode()}"

    def accepts(self, message: bytes, signature: bytes) -> bool:
        """Whether the signature over the message is by this key."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class Signer:
    """A log's signing key; `seed` is the 32 secret bytes of Ed25519."""

    name: str
    seed: bytes

    @property
    def key(self) -> VerifierKey:
        """The public half."""
        return VerifierKey(self.name, Ed25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw())

    def sign(self, message: bytes) -> bytes:
        """64 bytes of Ed25519."""
        return Ed25519PrivateKey.from_private_bytes(self.seed).sign(message)


def parse_key(line: str, kind: bytes = ED25519) -> VerifierKey:
    """Reads `name+hash+base64`; the hash must be the key's, and the key of this type."""
    try:
        name, key_hash, encoded = line.strip().split("+", 2)
        blob = base64.b64decode(encoded, validate=True)
    except (ValueError, binascii.Error) as error:
        raise NoteError(f"not a verifier key (name+hash+base64): {line.strip()[:80]!r}") from error
    key = VerifierKey(name, blob[1:], kind)
    if not _NAME.fullmatch(name) or blob[:1] != kind or len(blob) != 33 or key.hash.hex() != key_hash:
        raise NoteError(f"not an Ed25519 verifier key of type {kind[0]}, or its hash is not its own: {line.strip()[:80]!r}")
    return key


def parse_keys(text: str) -> list[VerifierKey]:
    """Reads verifier keys, one a line, as `/log/key` gives them."""
    return [parse_key(line) for line in text.splitlines() if line.strip()]


def sign(tree: Tree, signer: Signer) -> str:
    """The signed note of a tree; the key's name is the origin, as C2SP recommends."""
    text = f"{signer.name}\n{tree.size}\n{base64.b64encode(tree.root).decode()}\n"
    signature = base64.b64encode(signer.key.hash + signer.sign(text.encode())).decode()
    return f"{text}\n— {signer.name} {signature}\n"


def verify(note: str, keys: list[VerifierKey], origin: str | None = None) -> Tree:
    """The tree that a note states, if one of the keys signed it.

    Raises:
        NoteError: malformed, of another origin, or not signed by any of the keys.
    """
    text, separator, signatures = note.rpartition("\n\n")
    text += "\n"
    if not separator or not signatures.endswith("\n"):
        raise NoteError("not a signed note: no blank line before the signatures, or cut short")
    good = False
    for line in signatures[:-1].split("\n"):
        dash, _, rest = line.partition(" ")
        name, _, encoded = rest.partition(" ")
        try:
            blob = base64.b64decode(encoded, validate=True)
        except binascii.Error as error:
            raise NoteError(f"a signature line is not base64: {line[:80]!r}") from error
        if dash != "—" or not name or len(blob) < 5:
            raise NoteError(f"not a signature line: {line[:80]!r}")
        for key in keys:
            if (key.name, key.hash) == (name, blob[:4]):
                if not key.accepts(text.encode(), blob[4:]):
                    raise NoteError(f"the signature by {key.id} is wrong")
                good = True
    if not good:
        raise NoteError("not signed by the key given")
    return _tree(text, origin)


def stated(note: str) -> Tree:
    """The tree that a note states, whoever signed it; for saying which one is meant, never for believing it."""
    text, separator, _ = note.rpartition("\n\n")
    if not separator:
        raise NoteError("not a signed note: no blank line before the signatures")
    return _tree(text + "\n", None)


def _tree(text: str, origin: str | None) -> Tree:
    lines = text.split("\n")
    if len(lines) < 4 or not lines[0] or not _SIZE.fullmatch(lines[1]):
        raise NoteError("not a checkpoint: wants origin, size and root on three lines")
    if origin is not None and lines[0] != origin:
        raise NoteError(f"a checkpoint of another log: {lines[0]!r}, not {origin!r}")
    try:
        root = base64.b64decode(lines[2], validate=True)
    except binascii.Error as error:
        raise NoteError("not a checkpoint: the root is not base64") from error
    if len(root) != 32:
        raise NoteError(f"not a checkpoint: the root has {len(root)} bytes, not 32")
    return Tree(int(lines[1]), root)
