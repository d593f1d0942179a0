"""The erasable half of an event: encrypting, committing to, and opening a vault body. Pure.

    record key (fresh, 32 bytes)  encrypts  salt (16 bytes) || canonical JSON of the body
    record key  wrapped by the tenant's key, the result by each subject's key in order of subject id

so that destroying the tenant's key or any subject's key is enough to make the body unreadable for ever. The leaf keeps
only SHA-256(salt || body): with the body gone and 128 random bits in front, nobody can guess their way back to it.

Every key below is used for exactly one message (the record key is fresh, a wrapping key is derived with the event's
random nonce), so the GCM nonce is constant and no data key ever nears the limit of random nonces (SP 800-38D, 8.3).
"""

import hashlib
import hmac
from collections.abc import Sequence
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

SALT_BYTES = 16
KEY_BYTES = 32
_GCM_TAG_BYTES = 16
_ONE_MESSAGE = bytes(12)
_WRAP = b"likeness-guard/wrap/v1"
_TAG = b"likeness-guard/tag/v1"


class ErasedError(Exception):
    """The body cannot be read any more because a key that wrapped it was destroyed, or it was pruned."""


class DamagedError(Exception):
    """The body, its key or its commitment does not fit the leaf."""


@lru_cache(maxsize=4096)
def tag_key(data_key: bytes) -> bytes:
    """The key of a tenant's or subject's tags; it may be given to an auditor, since it does not reveal the data key."""
    return hmac.digest(data_key, _TAG, "sha256")


def tag(data_key: bytes, nonce: bytes) -> str:
    """HMAC-SHA256(tag key, nonce) in hex: whose event this is, for those who hold the key, noise for all others."""
    return tag_with(tag_key(data_key), nonce)


def tag_with(key: bytes, nonce: bytes) -> str:
    """As `tag`, for those who hold only the tag key."""
    return hmac.digest(key, nonce, "sha256").hex()


def commitment(salted_body: bytes) -> str:
    """SHA-256(salt || body) in hex, as the leaf holds it."""
    return hashlib.sha256(salted_body).hexdigest()


def seal(salted_body: bytes, record_key: bytes, event_id: str) -> bytes:
    """Encrypts a salted body under its own key, bound to the event's id."""
    return AESGCM(record_key).encrypt(_ONE_MESSAGE, salted_body, event_id.encode())


def wrap(record_key: bytes, data_keys: Sequence[bytes], event_id: str, nonce: bytes) -> bytes:
    """Wraps the record key by each data key in turn, the tenant's first; 16 bytes longer for each."""
    wrapped = record_key
    for data_key in data_keys:
        wrapped = _wrapping(data_key, nonce).encrypt(_ONE_MESSAGE, wrapped, event_id.encode())
    return wrapped


def layers(wrapped_key: bytes) -> int:
    """By how many keys a record key is wrapped."""
    return (len(wrapped_key) - KEY_BYTES) // _GCM_TAG_BYTES


def unwrap(wrapped_key: bytes, data_keys: Sequence[bytes], event_id: str, nonce: bytes) -> bytes:
    """The record key; the same keys in the same order as given to `wrap`.

    Raises:
        ErasedError: a key is missing.
        DamagedError: the wrapped key does not fit them.
    """
    if layers(wrapped_key) != len(data_keys):
        raise ErasedError(f"{event_id}: wrapped by {layers(wrapped_key)} keys, of which {len(data_keys)} are left")
    key = wrapped_key
    try:
        for data_key in reversed(data_keys):
            key = _wrapping(data_key, nonce).decrypt(_ONE_MESSAGE, key, event_id.encode())
    except InvalidTag as error:
        raise DamagedError(f"{event_id}: the key of the body was changed") from error
    return key


_HELD = b"held:"


def hold(record_key: bytes, hold_key: bytes, hold_id: str, event_id: str, nonce: bytes) -> bytes:
    """The record key as a legal hold keeps it: wrapped by the hold's key alone, with the hold's id before it."""
    return _HELD + hold_id.encode() + b":" + wrap(record_key, [hold_key], event_id, nonce)


def held_by(wrapped_key: bytes) -> tuple[str, bytes] | None:
    """The hold's id and the key wrapped by the hold's key; None where no hold wrapped it."""
    hold_id, colon, wrapped = wrapped_key[len(_HELD) :].partition(b":")
    if not wrapped_key.startswith(_HELD) or not hold_id.startswith(b"hold_") or not colon or len(wrapped) != KEY_BYTES + _GCM_TAG_BYTES:
        return None
    return hold_id.decode("ascii", errors="replace"), wrapped


def unseal(sealed: bytes, wrapped_key: bytes, data_keys: Sequence[bytes], event_id: str, nonce: bytes, expected: str) -> bytes:
    """The salted body, checked against the commitment of the leaf.

    Args:
        sealed: the encrypted body.
        wrapped_key: its key as `wrap` left it.
        data_keys: the same keys in the same order as given to `wrap`.
        event_id: the id of the leaf.
        nonce: the nonce of the leaf, 16 bytes.
        expected: the commitment of the leaf.

    Raises:
        ErasedError: a key is missing.
        DamagedError: the pieces do not fit each other.
    """
    try:
        salted = AESGCM(unwrap(wrapped_key, data_keys, event_id, nonce)).decrypt(_ONE_MESSAGE, sealed, event_id.encode())
    except InvalidTag as error:
        raise DamagedError(f"{event_id}: the body was changed") from error
    if commitment(salted) != expected:
        raise DamagedError(f"{event_id}: the body does not fit the commitment in its leaf")
    return salted


def _wrapping(data_key: bytes, nonce: bytes) -> AESGCM:
    return AESGCM(hmac.digest(data_key, _WRAP + nonce, "sha256"))
