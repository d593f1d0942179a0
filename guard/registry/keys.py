"""Access keys and tenants. A key is stored as its SHA-256 and shown once; a tenant exists from the first key or grant naming it."""

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update

from guard.errors import InvalidInputError, NotFoundError
from guard.keyring import Keyring
from guard.registry.desk import Desk, Writing
from guard.registry.tables import KEY, TENANT
from guard.registry.values import By, Key, NewKey
from guard.types import KeyRecord, KeyRole

DEFAULT_TENANT = "default"
SECRET_BYTES = 32
_LIVING = KEY.c.revoked_at.is_(None)


@dataclass(frozen=True, slots=True)
class Tenant:
    """A tenant and how many living caller keys it has."""

    name: str
    created_at: datetime
    caller_keys: int


def ensure_tenant(connection: Connection, keyring: Keyring, name: str, at: datetime) -> bool:
    """Makes the tenant and its data key, if it is new; True then."""
    if name.startswith("_"):
        raise InvalidInputError(f"a tenant's name must not start with an underscore: {name!r} is the guard's own kind of name")
    if connection.execute(select(TENANT.c.name).where(TENANT.c.name == name)).first() is not None:
        return False
    connection.execute(insert(TENANT).values(name=name, created_at=at))
    keyring.get_or_create("tenant", name, connection)
    return True


def has_caller(connection: Connection, tenant: str) -> bool:
    """Whether anybody can call the gateway as this tenant."""
    return (
        connection.execute(select(KEY.c.id).where(KEY.c.tenant == tenant, KEY.c.role == KeyRole.CALLER.value, _LIVING)).first() is not None
    )


def digest(key: str) -> bytes:
    """What is stored of a key; 256 random bits need no salt."""
    return hashlib.sha256(key.encode()).digest()


class Keys(Desk):
    """Making, listing and deleting keys; tenants."""

    def keys(self) -> list[KeyRecord]:
        """Every living key, for the gateway."""
        with self._reading() as connection:
            rows = connection.execute(
                select(KEY.c.id, KEY.c.digest, KEY.c.role, KEY.c.tenant, KEY.c.name).where(_LIVING).order_by(KEY.c.id)
            )
            return [KeyRecord(r.id, bytes(r.digest), KeyRole(r.role), r.tenant, r.name) for r in rows]

    def find_key(self, key_digest: bytes) -> KeyRecord | None:
        """The living key of this digest."""
        with self._reading() as connection:
            row = connection.execute(
                select(KEY.c.id, KEY.c.digest, KEY.c.role, KEY.c.tenant, KEY.c.name).where(KEY.c.digest == key_digest, _LIVING)
            ).first()
        return KeyRecord(row.id, bytes(row.digest), KeyRole(row.role), row.tenant, row.name) if row else None

    def list_keys(self) -> list[Key]:
        """Every living key as it is shown, oldest first."""
        with self._reading() as connection:
            rows = connection.execute(
                select(KEY.c.id, KEY.c.role, KEY.c.tenant, KEY.c.name, KEY.c.created_at).where(_LIVING).order_by(KEY.c.created_at, KEY.c.id)
            )
            return [Key(r.id, KeyRole(r.role), r.tenant, r.name, r.created_at) for r in rows]

    def create_key(self, role: KeyRole, tenant: str | None, name: str, by: By) -> NewKey:
        """A new key, `lg_<role>_<random>`. Never idempotent: an answer that holds a key is not stored."""
        secret = f"lg_{role.value}_{base64.b32encode(self._entropy(SECRET_BYTES)).decode().rstrip('=').lower()}"
        with self._changing("key.create", _without_once(by)) as writing:
            made = self._insert_key(writing, secret, role, tenant or DEFAULT_TENANT, name)
        return made

    def seed_admin_key(self, value: str, by: By) -> bool:
        """Makes `value` an administrator key, unless it is (or was, and has been deleted as) one; True when it was made."""
        with self._reading() as connection:
            if connection.execute(select(KEY.c.id).where(KEY.c.digest == digest(value))).first() is not None:
                return False
        with self._changing("key.seed", _without_once(by)) as writing:
            if writing.connection.execute(select(KEY.c.id).where(KEY.c.digest == digest(value))).first() is not None:
                return False
            self._insert_key(writing, value, KeyRole.ADMIN, DEFAULT_TENANT, "bootstrap")
        return True

    def has_admin_key(self) -> bool:
        """Whether there is a living administrator key; at the first start there is none."""
        with self._reading() as connection:
            return connection.execute(select(KEY.c.id).where(KEY.c.role == KeyRole.ADMIN.value, _LIVING)).first() is not None

    def delete_key(self, key_id: str, by: By) -> None:
        """Ends a key; its row stays, so that the record can say whose it was."""
        with self._changing("key.delete", by) as writing:
            changed = writing.connection.execute(update(KEY).where(KEY.c.id == key_id, _LIVING).values(revoked_at=writing.at))
            if changed.rowcount == 0:
                raise NotFoundError(f"there is no key {key_id!r}")
            writing.details["key_id"] = key_id

    def ensure_tenant(self, name: str) -> bytes:
        """The tenant's data key; the tenant is made if it is new, and published with the next revision."""
        with self._reading() as connection:
            if connection.execute(select(TENANT.c.name).where(TENANT.c.name == name)).first() is not None:
                return self.keyring.get("tenant", name, connection)
        with self._changing("tenant.create", By("system")) as writing:
            ensure_tenant(writing.connection, self.keyring, name, writing.at)
            return self.keyring.get("tenant", name, writing.connection)

    def tenants(self) -> list[Tenant]:
        """Every tenant, by name."""
        callers = (
            select(KEY.c.tenant, func.count().label("n"))
            .where(KEY.c.role == KeyRole.CALLER.value, _LIVING)
            .group_by(KEY.c.tenant)
            .subquery()
        )
        query = select(TENANT.c.name, TENANT.c.created_at, callers.c.n).outerjoin(callers, callers.c.tenant == TENANT.c.name)
        with self._reading() as connection:
            return [Tenant(r.name, r.created_at, r.n or 0) for r in connection.execute(query.order_by(TENANT.c.name))]

    def tenant_keys(self) -> dict[str, bytes]:
        """The data keys of all tenants that have not been erased."""
        with self._reading() as connection:
            return self.keyring.get_many("tenant", connection.execute(select(TENANT.c.name)).scalars(), connection)

    def _insert_key(self, writing: Writing, secret: str, role: KeyRole, tenant: str, name: str) -> NewKey:
        ensure_tenant(writing.connection, self.keyring, tenant, writing.at)
        key_id = self._new_id("key")
        row = {
            "id": key_id,
            "digest": digest(secret),
            "role": role.value,
            "tenant": tenant,
            "name": name,
            "actor": writing.by.actor,
            "created_at": writing.at,
        }
        writing.connection.execute(insert(KEY), [row])
        writing.details |= {"key_id": key_id, "role": role.value, "tenant": tenant}
        return NewKey(key_id, secret, role, tenant, name, writing.at)


def _without_once(by: By) -> By:
    return By(by.actor, by.audit)
