"""Syslog: the exact message, framing, TLS, and a collector that dies in between."""

import contextlib
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import orjson
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlalchemy import Engine

from guard.record.log import EventLog
from guard.record.sinks import syslog
from guard.record.sinks.config import SinkConfig, SyslogTarget
from guard.record.sinks.cursors import Place
from guard.record.sinks.feed import Feed
from guard.record.sinks.outgoing import Outgoing, OutgoingCheckpoint
from guard.record.sinks.senders import SinkError
from guard.record.sinks.syslog import SyslogSender

RFC5424 = re.compile(r"<(\d{1,3})>1 (\S+) (\S{1,255}) (\S{1,48}) (\S{1,128}) (\S{1,32}) (-|\[meta sequenceId=\"\d+\"\]) (.*)", re.ASCII)


class Collector:
    """Takes octet-counted messages until told to die; `reads=False` takes connections and nothing else."""

    def __init__(self, port: int = 0, *, tls: ssl.SSLContext | None = None, reads: bool = True) -> None:
        self.messages: list[str] = []
        self._tls, self._reads = tls, reads
        self._listening = socket.socket()
        self._listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self._listening.bind(("127.0.0.1", port))
        self._listening.listen()
        self.port = self._listening.getsockname()[1]
        self._open: list[socket.socket] = []
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def indexes(self) -> list[int]:
        return [orjson.loads(RFC5424.fullmatch(message)[8])["index"] for message in self.messages]  # type: ignore[index]

    def die(self) -> None:
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for sock in self._open:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self._listening.accept()
                sock = self._tls.wrap_socket(sock, server_side=True) if self._tls else sock
                self._open.append(sock)
                if self._reads:
                    threading.Thread(target=self._read, args=(sock,), daemon=True).start()

    def _read(self, sock: socket.socket) -> None:
        inbox = b""
        with contextlib.suppress(OSError):
            while received := sock.recv(65536):
                inbox += received
                while (space := inbox.find(b" ")) > 0 and len(inbox) > space + int(inbox[:space]):
                    end = space + 1 + int(inbox[:space])
                    self.messages.append(inbox[space + 1 : end].decode("ascii"))
                    inbox = inbox[end:]


@pytest.fixture
def collector() -> Iterator[Collector]:
    collector = Collector()
    yield collector
    collector.die()


def feed_to(engine: Engine, keys: Any, port: int, *, timeout_s: float = 5, **more: Any) -> Feed:
    target = SyslogTarget.model_validate({"host": "127.0.0.1", "port": port, "tls": False} | more)
    config = SinkConfig.model_validate({"name": "siem", "syslog": target.model_dump(), "checkpoints": True})
    return Feed(engine, keys, config, SyslogSender(target, timeout_s, "guard.example"))


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize(("outcome", "priority"), [("allow", 110), ("hold", 109), ("refuse", 108), (None, 110)])
def test_a_message(outcome: str | None, priority: int) -> None:
    event = Outgoing(4, "dec_1", "2026-11-22T12:00:00.000000Z", "decision", outcome, {"index": 4, "tenant": "café\n"})
    assert syslog.message(event, 13, "guard example") == (
        b'<%d>1 2026-11-22T12:00:00.000000Z guard?example likeness-guard - decision [meta sequenceId="5"] '
        b'{"index":4,"tenant":"caf\\u00e9\\n"}' % priority
    )


def test_a_checkpoint_message_and_a_frame() -> None:
    checkpoint = OutgoingCheckpoint(2, "2026-11-22T12:00:00.000000Z", "guard\n2\nx\n")
    text = syslog.checkpoint_message(checkpoint, 13, "h")
    assert text == b'<110>1 2026-11-22T12:00:00.000000Z h likeness-guard - checkpoint - {"checkpoint":"guard\\n2\\nx\\n","size":2}'
    assert syslog.framed(text) == b"%d " % len(text) + text


def test_events_and_a_checkpoint_arrive(engine: Engine, keys: Any, filled: EventLog, collector: Collector) -> None:
    feed = feed_to(engine, keys, collector.port)
    feed.step()
    until(lambda: len(collector.messages) == 8)
    assert all(RFC5424.fullmatch(message) for message in collector.messages)
    assert " checkpoint - " in collector.messages.pop()
    assert collector.indexes == list(range(7))
    assert feed.place() == Place(7, 7)


def test_a_collector_that_dies_in_between_gets_everything(engine: Engine, keys: Any, filled: EventLog, draft: Any) -> None:
    first = Collector()
    feed = feed_to(engine, keys, first.port)
    feed.step()
    until(lambda: len(first.messages) == 8)
    first.die()
    filled.append([draft("meanwhile")])
    with pytest.raises(SinkError):
        feed.step()
    with pytest.raises(SinkError):
        feed.step()
    assert feed.place() == Place(7, 7)
    second = Collector(first.port)
    feed.step()
    until(lambda: len(second.messages) == 8)
    assert second.indexes == list(range(8)), "those that the dead collector may have lost are sent again"
    assert feed.place() == Place(8, 7)
    filled.append([draft("later")])
    feed.step()
    until(lambda: len(second.messages) == 9)
    second.die()


def test_a_collector_that_does_not_read_holds_up_nothing_and_moves_no_cursor(
    engine: Engine, keys: Any, filled: EventLog, draft: Any
) -> None:
    for _ in range(4):
        filled.append([draft("x") for _ in range(400)])
    deaf = Collector(reads=False)
    feed = feed_to(engine, keys, deaf.port, timeout_s=0.2)
    with pytest.raises(SinkError, match=r"timed out|did not take"):
        feed.step()
    assert feed.place() == Place()
    assert filled.append([draft("the log goes on")])[0].id  # type: ignore[union-attr]
    deaf.die()


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A self-signed certificate of 127.0.0.1 with its key, PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "collector")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now - timedelta(1), now + timedelta(1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = tmp_path / "collector.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    return path


def test_tls(engine: Engine, keys: Any, filled: EventLog, certificate: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    collector = Collector(tls=context)
    with pytest.raises(SinkError, match="certificate verify failed"):
        feed_to(engine, keys, collector.port, tls=True).step()
    collector.die()
    collector = Collector(tls=context)
    feed = feed_to(engine, keys, collector.port, tls=True, ca=certificate)
    feed.step()
    feed.step()
    until(lambda: len(collector.messages) == 8)
    assert feed.place() == Place(7, 7)
    collector.die()
