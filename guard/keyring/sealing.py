"""Authenticated encryption of small values: AES-256-GCM, a random nonce in front (NIST SP 800-38D)."""

import os
from collections.abc import Callable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
NONCE_BYTES = 12  # 96 random bits are good for 2^32 messages under one key (SP 800-38D, section 8.3)
TAG_BYTES = 16


def seal(key: bytes, plaintext: bytes, aad: bytes = b"", entropy: Callable[[int], bytes] = os.urandom) -> bytes:
    """Nonce, ciphertext and tag of `plaintext`; `aad` names the place it belongs to, so that it opens nowhere else."""
    nonce = entropy(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plaintext, aad)


def unseal(key: bytes, sealed: bytes, aad: bytes = b"") -> bytes:
    """What was sealed. Raises ValueError for another key, another place, or a changed byte."""
    return unseal_with(AESGCM(key), sealed, aad)


def unseal_with(cipher: AESGCM, sealed: bytes, aad: bytes) -> bytes:
    """As `unseal`, with a cipher that is used for many values (setting one up costs as much as a short decryption)."""
    if len(sealed) < NONCE_BYTES + TAG_BYTES:
        raise ValueError(f"{len(sealed)} bytes are too few for a sealed value")
    try:
        return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], aad)
    except InvalidTag as exc:
        raise ValueError("a sealed value does not open: another key, another place, or changed bytes") from exc
