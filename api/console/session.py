"""Who is signed in to the console: a signed cookie that names a key by its digest, and the form tokens that go with it.

The cookie is no key: it holds the SHA-256 of one, is signed with a key of this guard, ends after some hours, and is looked
up in the registry on every request, so that deleting the key signs its holder out at once.
"""

import base64
import binascii
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response

from api.auth import STAFF
from guard.types import KeyRecord

COOKIE = "guard_console"
LIFE = timedelta(hours=8)
_DIGEST_BYTES, _NONCE_BYTES, _MAC_BYTES, _TIME_BYTES = 32, 16, 32, 8


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in person: their key, and the token that each of their forms must send back."""

    key: KeyRecord
    form_token: str


@dataclass(frozen=True, slots=True)
class Sessions:
    """Opens and closes sessions.

    Args:
        secret: 32 bytes that only this guard has.
        find_key: the living key of a digest.
        clock: aware UTC now.
        entropy: random bytes.
    """

    secret: bytes
    find_key: Callable[[bytes], KeyRecord | None]
    clock: Callable[[], datetime]
    entropy: Callable[[int], bytes]

    def open(self, key: KeyRecord) -> str:
        """The cookie's value for a key that was just shown."""
        ends = int((self.clock() + LIFE).timestamp()).to_bytes(_TIME_BYTES, "big")
        content = key.digest + self.entropy(_NONCE_BYTES) + ends
        return base64.urlsafe_b64encode(content + self._mac(b"session", content)).decode().rstrip("=")

    def read(self, request: Request) -> Session | None:
        """The session of a request, or None when there is none (any more)."""
        try:
            cookie = request.cookies.get(COOKIE, "")
            value = base64.b64decode(cookie + "=" * (-len(cookie) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        content, mac = value[:-_MAC_BYTES], value[-_MAC_BYTES:]
        if len(content) != _DIGEST_BYTES + _NONCE_BYTES + _TIME_BYTES or not hmac.compare_digest(mac, self._mac(b"session", content)):
            return None
        if int.from_bytes(content[-_TIME_BYTES:], "big") < self.clock().timestamp():
            return None
        key = self.find_key(content[:_DIGEST_BYTES])
        if key is None or key.role not in STAFF:
            return None
        return Session(key, self._mac(b"form", content).hex())

    def _mac(self, use: bytes, content: bytes) -> bytes:
        return hmac.digest(self.secret, use + b"\0" + content, "sha256")


def set_cookie(response: Response, value: str, *, secure: bool) -> None:
    """HttpOnly, never sent from another site's page, only below /console; `Secure` wherever the page came by https."""
    response.set_cookie(COOKIE, value, max_age=int(LIFE.total_seconds()), path="/console", secure=secure, httponly=True, samesite="strict")


def drop_cookie(response: Response) -> None:
    """Sign out."""
    response.delete_cookie(COOKIE, path="/console", httponly=True, samesite="strict")
