"""Webhook: a POST of JSON, signed with HMAC-SHA256; an answer of 2xx confirms it, anything else sends it again later.

X-Guard-Signature: t=<seconds since 1970>,v1=<hex of HMAC-SHA256(secret, "<t>." || body)>
X-Guard-Delivery:  <sink>/events/<first index>-<last index>, or <sink>/checkpoint/<size>: the same for a repetition
"""

import hashlib
import hmac
import time
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

import httpx2
import orjson

from guard.record.sinks.config import WebhookTarget, trusting
from guard.record.sinks.outgoing import Outgoing, OutgoingCheckpoint
from guard.record.sinks.senders import SinkError

SIGNATURE = "x-guard-signature"
DELIVERY = "x-guard-delivery"


def signature(secret: str, at: int, body: bytes) -> str:
    """The value of the signature's header."""
    return f"t={at},v1={hmac.digest(secret.encode(), b'%d.%b' % (at, body), hashlib.sha256).hex()}"


def genuine(header: str, secret: str, body: bytes, now: float, tolerance_s: float = 300.0) -> bool:
    """What a receiver does: whether the header is by the secret over this body, and not older (or newer) than the tolerance."""
    at = header.partition(",")[0].removeprefix("t=")
    if not (at.isascii() and at.isdigit()) or abs(now - int(at)) > tolerance_s:
        return False
    return hmac.compare_digest(header, signature(secret, int(at), body))


class WebhookSender:
    """Posts to one address.

    Args:
        name: of the sink.
        target: where to.
        secret: key of the signature.
        timeout_s: for the whole answer.
        now: the clock, in seconds since 1970.
    """

    overlap = 0

    def __init__(
        self, name: str, target: WebhookTarget, secret: str, timeout_s: float = 30.0, now: Callable[[], float] = time.time
    ) -> None:
        self._name, self._target, self._secret, self._now = name, target, secret, now
        self._place = urlsplit(target.url).netloc  # for the log: a path may hold a token
        self._client = httpx2.Client(timeout=timeout_s, verify=trusting(target.ca), trust_env=False, follow_redirects=False)

    def send(self, events: Sequence[Outgoing]) -> None:
        """As `Sender.send`."""
        first, last = events[0].index, events[-1].index
        content = {"type": "events", "first_index": first, "last_index": last, "events": [event.document for event in events]}
        self._post(f"events/{first}-{last}", content)

    def send_checkpoint(self, checkpoint: OutgoingCheckpoint) -> None:
        """As `Sender.send_checkpoint`."""
        self._post(f"checkpoint/{checkpoint.size}", {"type": "checkpoint", "size": checkpoint.size, "checkpoint": checkpoint.note})

    def close(self) -> None:
        """As `Sender.close`."""
        self._client.close()

    def _post(self, delivery: str, content: object) -> None:
        body = orjson.dumps(content)
        headers = {
            "content-type": "application/json",
            SIGNATURE: signature(self._secret, int(self._now()), body),
            DELIVERY: f"{self._name}/{delivery}",
        }
        try:
            answer = self._client.post(self._target.url, content=body, headers=headers)
        except httpx2.HTTPError as error:
            raise SinkError(f"{self._place}: {str(error) or type(error).__name__}") from error
        if not answer.is_success:
            raise SinkError(f"{self._place}: answered {answer.status_code}")
