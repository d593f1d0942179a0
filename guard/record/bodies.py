"""Opening vault bodies with the keys that are left."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import orjson

from guard.errors import NotFoundError
from guard.record import vault
from guard.record.vault import SALT_BYTES, DamagedError, ErasedError

_KEPT_KEYS = 10_000
TENANT, SUBJECT, HOLD = "tenant", "subject", "hold"


class Keys(Protocol):
    """The part of the keyring that reading needs."""

    def get_many(self, kind: str, owners: Iterable[str]) -> Mapping[str, bytes]:
        """The data keys there are, by owner."""


class Bodies:
    """Opens bodies, remembering keys: make one for each answer or export, so that an erasure is seen by the next.

    Args:
        keyring: where tenants' and subjects' data keys are.
    """

    def __init__(self, keyring: Keys) -> None:
        self._keyring = keyring
        self._known: OrderedDict[tuple[str, str], bytes | None] = OrderedDict()

    def open(
        self, leaf: Mapping[str, Any], sealed: bytes | None, wrapped_key: bytes | None, tenant: str | None, subject_ids: Sequence[str]
    ) -> bytes:
        """salt || canonical JSON of an event's body.

        Raises:
            ErasedError: it was pruned, or a key is gone.
            DamagedError: it does not fit its leaf.
        """
        if sealed is None or wrapped_key is None:
            raise ErasedError(f"{leaf['id']}: erased")
        wrapped, keys = self._layers(leaf, bytes(wrapped_key), tenant, subject_ids)
        return vault.unseal(bytes(sealed), wrapped, keys, str(leaf["id"]), bytes.fromhex(str(leaf["nonce"])), str(leaf["body"]))

    def record_key(self, leaf: Mapping[str, Any], wrapped_key: bytes, tenant: str | None, subject_ids: Sequence[str]) -> bytes:
        """The key of an event's body; raises as `open` does."""
        wrapped, keys = self._layers(leaf, wrapped_key, tenant, subject_ids)
        return vault.unwrap(wrapped, keys, str(leaf["id"]), bytes.fromhex(str(leaf["nonce"])))

    def _layers(
        self, leaf: Mapping[str, Any], wrapped_key: bytes, tenant: str | None, subject_ids: Sequence[str]
    ) -> tuple[bytes, list[bytes]]:
        """What is wrapped, and the keys that are left to open it: the hold's where there is one (guard/record/legal_holds.py)."""
        held = vault.held_by(wrapped_key)
        if held is not None:
            hold_id, wrapped_key = held
            keys = [self.key(HOLD, hold_id)]
        elif tenant is None:
            raise ErasedError(f"{leaf['id']}: erased")
        else:
            keys = [self.key(TENANT, tenant), *(self.key(SUBJECT, subject_id) for subject_id in sorted(subject_ids))]
        return wrapped_key, [key for key in keys if key is not None]

    def preload(self, kind: str, owners: Iterable[str]) -> None:
        """Fetches these keys at once."""
        wanted = {owner for owner in owners if (kind, owner) not in self._known}
        if wanted:
            found = self._keyring.get_many(kind, wanted)
            for owner in wanted:
                self._known[kind, owner] = found.get(owner)
            while len(self._known) > _KEPT_KEYS:
                self._known.popitem(last=False)

    def key(self, kind: str, owner: str) -> bytes | None:
        """A data key, or None when it never was or is destroyed."""
        if (kind, owner) not in self._known:
            self.preload(kind, [owner])
        return self._known[kind, owner]

    def required_tag_key(self, kind: str, owner: str) -> bytes:
        """The tag key of a tenant or subject; NotFoundError when they are unknown or erased."""
        key = self.key(kind, owner)
        if key is None:
            raise NotFoundError(f"there is no {kind} {owner!r}, or it was erased")
        return vault.tag_key(key)


def parsed(salted: bytes) -> dict[str, Any]:
    """The JSON of a salted body."""
    body: dict[str, Any] = orjson.loads(salted[SALT_BYTES:])
    return body


__all__ = ["HOLD", "SUBJECT", "TENANT", "Bodies", "DamagedError", "ErasedError", "Keys", "parsed"]
