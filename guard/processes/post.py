"""Carrying a notice out: by mail, or as a signed call of a web hook."""

import base64
import smtplib
import ssl
from collections.abc import Callable
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from urllib.parse import parse_qs, unquote, urlsplit

import httpx2
import orjson

from guard.errors import GuardError, InvalidInputError
from guard.registry.notices import Notice

_TIMEOUT_S = 20.0
_PORTS = {"smtp": 25, "smtps": 465}


class NotDeliveredError(GuardError):
    """The next hop did not take it; try again later."""


class Mail:
    """A mail server, from `smtp://user:password@host:587?starttls=true` or `smtps://...`; one connection a notice."""

    def __init__(self, url: str, sender: str, clock: Callable[[], datetime]) -> None:
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname:
            raise InvalidInputError("GUARD_SMTP_URL must read smtp://host:port or smtps://host:port")
        self._host, self._port = parts.hostname, parts.port or _PORTS[parts.scheme]
        self._implicit_tls = parts.scheme == "smtps"
        self._starttls = parse_qs(parts.query).get("starttls", ["false"])[-1].lower() in ("true", "1", "yes")
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")
        self._sender = sender
        self._clock = clock

    def deliver(self, notice: Notice) -> None:
        """Return when the server has taken it."""
        subject, body = notice.text()
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self._sender, notice.to or "", subject
        message["Date"] = format_datetime(self._clock())
        message["Message-ID"] = f"<{notice.id}@likeness-guard>"  # the same when it is sent again
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's holiday note answers it
        message.set_content(body)
        self.send(message)

    def send(self, message: EmailMessage) -> None:
        """Return when the server has taken a message; NotDeliveredError when it does not."""
        try:
            with self._connected() as server:
                server.send_message(message)
        except (OSError, smtplib.SMTPException) as error:
            raise NotDeliveredError(f"mail server {self._host}:{self._port}: {type(error).__name__}") from error

    def _connected(self) -> smtplib.SMTP:
        if self._implicit_tls:
            server: smtplib.SMTP = smtplib.SMTP_SSL(self._host, self._port, timeout=_TIMEOUT_S, context=ssl.create_default_context())
        else:
            server = smtplib.SMTP(self._host, self._port, timeout=_TIMEOUT_S)
        if self._starttls:
            server.starttls(context=ssl.create_default_context())
        if self._user:
            server.login(self._user, self._password)
        return server


class Webhook:
    """A URL that gets JSON, signed as Standard Webhooks has it (`v1a`: Ed25519 over `id.timestamp.body`) with the log's key."""

    def __init__(self, url: str, sign: Callable[[bytes], bytes], clock: Callable[[], datetime]) -> None:
        self._url = url
        self._sign = sign
        self._clock = clock

    def deliver(self, notice: Notice) -> None:
        """Return when the other side has answered with a 2xx; redirects are not followed."""
        subject, text = notice.text()
        body = orjson.dumps(
            {
                "type": notice.type,
                "id": notice.id,
                **({"case_id": notice.case_id} if notice.type.startswith("case.") else {}),
                "data": {**notice.words},
                "subject": subject,
                "text": text,
            }
        )
        stamp = str(int(self._clock().timestamp()))
        signature = self._sign(b".".join([notice.id.encode(), stamp.encode(), body]))
        headers = {
            "content-type": "application/json",
            "webhook-id": notice.id,
            "webhook-timestamp": stamp,
            "webhook-signature": f"v1a,{base64.b64encode(signature).decode()}",
        }
        try:
            answer = httpx2.post(self._url, content=body, headers=headers, timeout=_TIMEOUT_S, follow_redirects=False)
        except httpx2.HTTPError as error:
            raise NotDeliveredError(f"web hook: {type(error).__name__}") from error
        if not answer.is_success:
            raise NotDeliveredError(f"web hook answered {answer.status_code}")
