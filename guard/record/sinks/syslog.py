"""Syslog: RFC 5424 messages, octet-counted over TCP (RFC 6587) or TLS (RFC 5425), one event a message, its text JSON in ASCII.

The protocol has no confirmation. What comes nearest is taken: a batch counts as sent when the receiver's kernel has acknowledged
every byte of it and the connection still stands; after a failure the last `overlap` events are sent again.
"""

import contextlib
import fcntl
import json
import re
import socket
import ssl
import struct
import sys
import time
from collections.abc import Sequence

from guard.record.sinks.config import SyslogTarget
from guard.record.sinks.outgoing import Outgoing, OutgoingCheckpoint
from guard.record.sinks.senders import SinkError

APP = "likeness-guard"
OVERLAP = 500
_SEVERITY = {"refuse": 4, "hold": 5}  # warning, notice; all else is informational (RFC 5424, table 2)
_INFORMATIONAL = 6
_SIOCOUTQ = 0x5411  # Linux: bytes in the send queue that the peer has not acknowledged
_MAX_SEQUENCE = 2_147_483_647  # RFC 5424, 7.3.1
_POLL_S = 0.01


def message(event: Outgoing, facility: int, host: str) -> bytes:
    """The RFC 5424 message of an event. `sequenceId` is its index + 1, `MSGID` its kind."""
    severity = _SEVERITY.get(event.outcome or "", _INFORMATIONAL)
    return _message(facility * 8 + severity, event.time, host, event.kind, event.index % _MAX_SEQUENCE + 1, event.document)


def checkpoint_message(checkpoint: OutgoingCheckpoint, facility: int, host: str) -> bytes:
    """A checkpoint as a message with MSGID `checkpoint`."""
    text = {"checkpoint": checkpoint.note, "size": checkpoint.size}
    return _message(facility * 8 + _INFORMATIONAL, checkpoint.time, host, "checkpoint", None, text)


def framed(text: bytes) -> bytes:
    """A message behind its length (RFC 6587, 3.4.1)."""
    return b"%d %b" % (len(text), text)


def _message(priority: int, at: str, host: str, kind: str, sequence: int | None, document: object) -> bytes:
    meta = f'[meta sequenceId="{sequence}"]' if sequence is not None else "-"
    text = json.dumps(document, separators=(",", ":"))
    return f"<{priority}>1 {at} {_token(host, 255)} {APP} - {_token(kind, 32)} {meta} {text}".encode("ascii")


def _token(text: str, most: int) -> str:
    return re.sub(r"[^!-~]", "?", text)[:most] or "-"


class SyslogSender:
    """Sends to one collector; connects when there is something to send.

    Args:
        target: where to.
        timeout_s: for connecting, and for the receiver to take a whole batch.
        host: this machine's name, in the messages.
    """

    overlap = OVERLAP

    def __init__(self, target: SyslogTarget, timeout_s: float = 30.0, host: str | None = None) -> None:
        self._target, self._timeout_s, self._host = target, timeout_s, host or socket.gethostname()
        self._sock: socket.socket | None = None

    def send(self, events: Sequence[Outgoing]) -> None:
        """As `Sender.send`."""
        self._deliver(b"".join(framed(message(event, self._target.facility, self._host)) for event in events))

    def send_checkpoint(self, checkpoint: OutgoingCheckpoint) -> None:
        """As `Sender.send_checkpoint`."""
        self._deliver(framed(checkpoint_message(checkpoint, self._target.facility, self._host)))

    def close(self) -> None:
        """As `Sender.close`."""
        sock, self._sock = self._sock, None
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.close()

    def _deliver(self, content: bytes) -> None:
        try:
            if self._sock is None:
                self._sock = self._connect()
            _fail_if_closed(self._sock)
            self._sock.settimeout(self._timeout_s)
            self._sock.sendall(content)
            self._wait_until_taken(self._sock)
            _fail_if_closed(self._sock)
        except OSError as error:
            self.close()
            raise SinkError(f"{self._target.host}:{self._target.port}: {error}") from error

    def _connect(self) -> socket.socket:
        sock = socket.create_connection((self._target.host, self._target.port), self._timeout_s)
        if not self._target.tls:
            return sock
        try:
            return ssl.create_default_context(cafile=self._target.ca).wrap_socket(sock, server_hostname=self._target.host)
        except OSError:
            sock.close()
            raise

    def _wait_until_taken(self, sock: socket.socket) -> None:
        deadline = time.monotonic() + self._timeout_s
        while unacknowledged_bytes(sock):
            if time.monotonic() > deadline:
                raise TimeoutError(f"the receiver did not take a batch in {self._timeout_s:g} s")
            time.sleep(_POLL_S)


def unacknowledged_bytes(sock: socket.socket) -> int:
    """How much of what was sent the peer's kernel has not acknowledged; 0 where the system cannot tell."""
    if sys.platform != "linux":
        return 0
    return int(struct.unpack("i", fcntl.ioctl(sock.fileno(), _SIOCOUTQ, b"\0" * 4))[0])


def _fail_if_closed(sock: socket.socket) -> None:
    """Collectors send nothing; what can be read is the end of the connection (or a TLS ticket, which reading swallows)."""
    sock.settimeout(0)
    with contextlib.suppress(BlockingIOError, ssl.SSLWantReadError):
        if sock.recv(4096) == b"":
            raise ConnectionResetError("the receiver closed the connection")
