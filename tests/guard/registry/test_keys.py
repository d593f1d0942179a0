"""Access keys and tenants."""

import hashlib

import pytest
from sqlalchemy import text

from guard.errors import NotFoundError
from guard.registry.keys import Tenant
from guard.registry.store import Registry
from guard.registry.values import By, Key, NewKey
from guard.storage import read
from guard.types import KeyRecord, KeyRole


def test_a_key_is_shown_once_and_stored_as_its_hash(registry: Registry, by: By, clock, auditor) -> None:
    made = registry.create_key(KeyRole.CALLER, "acme", "the shop", by)
    assert made == NewKey(made.id, made.key, KeyRole.CALLER, "acme", "the shop", clock.now)
    assert made.key.startswith("lg_caller_")
    assert len(made.key) == len("lg_caller_") + 52  # 256 bits in base 32
    record = KeyRecord(made.id, hashlib.sha256(made.key.encode()).digest(), KeyRole.CALLER, "acme", "the shop")
    assert (registry.keys(), registry.find_key(record.digest)) == ([record], record)
    assert registry.list_keys() == [Key(made.id, KeyRole.CALLER, "acme", "the shop", clock.now)]
    with read(registry.engine) as connection:
        rows = repr([tuple(row) for row in connection.execute(text("SELECT * FROM access_key"))])
    assert made.key not in rows + repr(auditor.changes)


def test_a_deleted_key_is_gone(registry: Registry, by: By) -> None:
    made = registry.create_key(KeyRole.ADMIN, None, "", by)
    registry.delete_key(made.id, by)
    assert (registry.keys(), registry.list_keys(), registry.has_admin_key(), registry.revision()) == ([], [], False, 2)
    with pytest.raises(NotFoundError, match="no key"):
        registry.delete_key(made.id, by)


def test_a_seeded_key_is_made_once_and_stays_deleted(registry: Registry, by: By) -> None:
    assert registry.seed_admin_key("a value of the operator's", by)
    assert not registry.seed_admin_key("a value of the operator's", by)
    (key,) = registry.keys()
    assert (key.digest, key.role, key.tenant, registry.has_admin_key()) == (
        hashlib.sha256(b"a value of the operator's").digest(),
        KeyRole.ADMIN,
        "default",
        True,
    )
    registry.delete_key(key.id, by)
    assert not registry.seed_admin_key("a value of the operator's", by)
    assert registry.keys() == []


def test_tenants_exist_from_their_first_key(registry: Registry, by: By, clock) -> None:
    for role in (KeyRole.CALLER, KeyRole.CALLER, KeyRole.AUDITOR):
        registry.create_key(role, "acme", "", by)
    registry.create_key(KeyRole.CALLER, None, "", by)
    assert registry.tenants() == [Tenant("acme", clock.now, 2), Tenant("default", clock.now, 1)]


def test_the_data_key_of_a_tenant(registry: Registry) -> None:
    key = registry.ensure_tenant("acme")
    assert registry.ensure_tenant("acme") == key == registry.keyring.get("tenant", "acme")
    assert (registry.tenant_keys(), registry.revision()) == ({"acme": key}, 1)
