"""Who may call what on the admin API: one table of roles, and the check of a bearer key against the registry."""

import hashlib
import re
from collections.abc import Callable

from starlette.requests import Request

from api.problems import FORBIDDEN, UNAUTHENTICATED, ProblemError
from guard.types import KeyRecord, KeyRole

ADMIN = frozenset({KeyRole.ADMIN})
REGISTRAR = ADMIN | {KeyRole.REGISTRAR}
REVIEWER = ADMIN | {KeyRole.REVIEWER}
AUDITOR = ADMIN | {KeyRole.AUDITOR}
SCREENER = ADMIN | {KeyRole.REGISTRAR, KeyRole.REVIEWER}
STAFF = frozenset(KeyRole) - {KeyRole.CALLER}

_BEARER = re.compile(r"Bearer +([\x21-\x7e]{1,512})", re.IGNORECASE)


def bearer(request: Request) -> str | None:
    """The key of the one `Authorization: Bearer` header, or None where there is none, or more than one."""
    headers = request.headers.getlist("authorization")
    found = _BEARER.fullmatch(headers[0].strip()) if len(headers) == 1 else None
    return found[1] if found else None


def digest(key: str) -> bytes:
    """What is stored of a key: SHA-256; it needs no salt, since a key holds 256 random bits."""
    return hashlib.sha256(key.encode()).digest()


def authenticate(key: str | None, find_key: Callable[[bytes], KeyRecord | None]) -> KeyRecord:
    """The record of a bearer key, or 401. A stored digest is looked up, so no comparison leaks how close a guess was."""
    if key is None:
        raise ProblemError(UNAUTHENTICATED, "Send an administrator, registrar, reviewer or auditor key as `Authorization: Bearer <key>`.")
    record = find_key(digest(key))
    if record is None:
        raise ProblemError(UNAUTHENTICATED, "This key is not known, or was deleted; `guard keys create --role admin` makes one.")
    return record


def authorize(record: KeyRecord, roles: frozenset[KeyRole]) -> None:
    """403 unless the key's role is one of these."""
    if record.role in roles:
        return
    if record.role is KeyRole.CALLER:
        raise ProblemError(FORBIDDEN, "A caller key is for the gateway under /v1; the admin API needs a key of another role.")
    wanted = ", ".join(role.value for role in KeyRole if role in roles)
    raise ProblemError(FORBIDDEN, f"This needs the role {wanted}; the key's role is {record.role.value}.")
