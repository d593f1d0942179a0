"""Notices on the wire: a real mail server and a real web hook on loopback, and what a crash between them leaves."""

import base64
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import orjson
import pytest
from pydantic import SecretStr

from guard.processes import parts
from guard.processes.notices import carriers, empty
from guard.registry.store import Registry
from guard.registry.values import By, OptOut, OptOutReceipt, Requester, SubjectData
from guard.settings import Settings

BY = By("test")


class MailSink(socketserver.ThreadingTCPServer):
    """Takes every message (RFC 5321), or refuses them with `answer`."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Dialogue)
        self.messages: list[bytes] = []
        self.answer = b"250 taken"


class _Dialogue(socketserver.StreamRequestHandler):
    server: MailSink

    def handle(self) -> None:
        self._say(b"220 sink")
        while line := self.rfile.readline():
            verb = line[:4].upper()
            if verb == b"QUIT":
                return self._say(b"221 bye")
            if verb == b"DATA":
                self._say(b"354 go on")
                taken = bytearray()
                while (text := self.rfile.readline()) != b".\r\n":
                    taken += text
                if self.server.answer.startswith(b"250"):
                    self.server.messages.append(bytes(taken))
                self._say(self.server.answer)
            else:
                self._say(b"250 ok")
        return None

    def _say(self, line: bytes) -> None:
        self.wfile.write(line + b"\r\n")


class HookSink(HTTPServer):
    """Remembers every call and answers with `status`."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Hook)
        self.calls: list[tuple[dict[str, str], bytes]] = []
        self.status = 204


class _Hook(BaseHTTPRequestHandler):
    server: HookSink

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.calls.append(({name.lower(): value for name, value in self.headers.items()}, body))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name
        """Nothing on standard error."""


@contextmanager
def serving(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def mail() -> Iterator[MailSink]:
    sink = MailSink()
    with serving(sink):
        yield sink


@pytest.fixture
def hook() -> Iterator[HookSink]:
    sink = HookSink()
    with serving(sink):
        yield sink


@pytest.fixture
def settings(tmp_path: Path, mail: MailSink, hook: HookSink) -> Settings:
    made = Settings(data_dir=tmp_path / "data", _env_file=None)
    made.smtp_url = SecretStr(f"smtp://127.0.0.1:{mail.server_address[1]}")
    made.notice_webhook = f"http://127.0.0.1:{hook.server_address[1]}/hook"
    return made


@pytest.fixture
def registry(settings: Settings) -> Registry:
    made = parts.open_registry(settings, parts.open_engine(settings, migrate=True))
    made.reconcile()
    return made


@pytest.fixture
def pending(registry: Registry) -> OptOutReceipt:
    return registry.create_opt_out(OptOut(SubjectData("Jane Roe"), Requester("self", "Jane Roe", "jane@example.org")), BY)


def test_a_notice_arrives_by_mail_and_as_a_signed_call(
    registry: Registry, settings: Settings, pending: OptOutReceipt, mail: MailSink, hook: HookSink
) -> None:
    assert empty(registry, carriers(settings), BY) == 2
    message = message_from_bytes(mail.messages[0], policy=policy.default)
    assert (len(mail.messages), message["to"], message["subject"]) == (
        1,
        "jane@example.org",
        f"Your request is being checked: {pending.case_id}",
    )
    assert b"Jane Roe" not in mail.messages[0]
    headers, body = hook.calls[0]
    told = orjson.loads(body)
    assert (len(hook.calls), told["type"], told["case_id"], told["id"]) == (1, "case.verifying", pending.case_id, headers["webhook-id"])
    version, _, signature = headers["webhook-signature"].partition(",")
    signed = b".".join([headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body])
    assert (version, base64.b64decode(signature)) == ("v1a", parts.open_signer(settings).sign(signed))
    assert empty(registry, carriers(settings), BY) == 0


@pytest.mark.usefixtures("pending")
def test_what_is_not_taken_stays_and_holds_up_nothing_else(registry: Registry, settings: Settings, mail: MailSink, hook: HookSink) -> None:
    mail.answer, hook.status = b"451 later", 204
    assert empty(registry, carriers(settings), BY) == 1
    assert (mail.messages, len(hook.calls), registry.due_notices()) == ([], 1, [])


@pytest.mark.usefixtures("pending")
def test_a_crash_after_sending_sends_again_under_the_same_id(registry: Registry, settings: Settings, mail: MailSink) -> None:
    ways = carriers(settings)
    first = registry.due_notices()[0]
    ways[first.channel].deliver(first)  # and then the process dies
    again = parts.open_registry(settings)
    assert empty(again, ways, BY) == 2
    ids = [message_from_bytes(message)["message-id"] for message in mail.messages]
    assert ids == [f"<{first.id}@likeness-guard>"] * 2
