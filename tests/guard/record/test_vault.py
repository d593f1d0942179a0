"""Who can open a vault body, and what its tags give away."""

import hashlib
import hmac
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.record import vault

ID, NONCE = "dec_1", bytes(16)
KEYS = [bytes([n]) * 32 for n in range(1, 4)]
SALTED = b"s" * 16 + b'{"prompt":"a dog"}'


def _sealed(keys: list[bytes]) -> tuple[bytes, bytes]:
    record_key = os.urandom(32)
    return vault.seal(SALTED, record_key, ID), vault.wrap(record_key, keys, ID, NONCE)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_all_keys_open_it(count: int) -> None:
    sealed, wrapped = _sealed(KEYS[:count])
    assert vault.layers(wrapped) == count
    assert vault.unseal(sealed, wrapped, KEYS[:count], ID, NONCE, vault.commitment(SALTED)) == SALTED


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_destroying_any_one_key_is_enough(missing: int) -> None:
    sealed, wrapped = _sealed(KEYS)
    left = KEYS[:missing] + KEYS[missing + 1 :]
    with pytest.raises(vault.ErasedError):
        vault.unseal(sealed, wrapped, left, ID, NONCE, vault.commitment(SALTED))


@pytest.mark.parametrize(
    ("keys", "event_id", "nonce", "expected"),
    [
        pytest.param([KEYS[1], KEYS[0]], ID, NONCE, vault.commitment(SALTED), id="keys in another order"),
        pytest.param(KEYS[:2], "dec_2", NONCE, vault.commitment(SALTED), id="moved to another event"),
        pytest.param(KEYS[:2], ID, bytes([1]) * 16, vault.commitment(SALTED), id="another nonce"),
        pytest.param(KEYS[:2], ID, NONCE, "0" * 64, id="another commitment"),
    ],
)
def test_what_does_not_fit_is_damaged(keys: list[bytes], event_id: str, nonce: bytes, expected: str) -> None:
    sealed, wrapped = _sealed(KEYS[:2])
    with pytest.raises(vault.DamagedError):
        vault.unseal(sealed, wrapped, keys, event_id, nonce, expected)


@given(st.integers(0, len(SALTED) + 15), st.integers(1, 255))
def test_every_changed_byte_is_noticed(position: int, change: int) -> None:
    sealed, wrapped = _sealed(KEYS[:2])
    changed = bytearray(sealed)
    changed[position] ^= change
    with pytest.raises(vault.DamagedError):
        vault.unseal(bytes(changed), wrapped, KEYS[:2], ID, NONCE, vault.commitment(SALTED))


def test_a_tag_is_an_hmac_under_a_key_that_does_not_reveal_the_data_key() -> None:
    derived = hmac.new(KEYS[0], b"likeness-guard/tag/v1", hashlib.sha256).digest()
    assert vault.tag_key(KEYS[0]) == derived
    assert vault.tag(KEYS[0], NONCE) == hmac.new(derived, NONCE, hashlib.sha256).hexdigest()
