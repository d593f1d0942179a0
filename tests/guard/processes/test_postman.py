"""Notices on the wire: a real mail server and a real web hook on loopback, and what a crash between them leaves."""

import base64
import os
import socketserver
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import orjson
import pytest
from pydantic import SecretStr

from guard.processes import parts
from guard.processes.notices import carriers, empty
from guard.processes.policy_notices import PolicyNotices
from guard.record.event import make_draft
from guard.record.log import EventLog
from guard.record.sinks import cursors
from guard.record.times import utc_now
from guard.registry.notices import MOST_WISHES
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


@pytest.fixture
def watch(registry: Registry) -> PolicyNotices:
    return PolicyNotices(registry.engine, registry.keyring, registry, 3_600)


def decide(registry: Registry, *wishes: str, rule: str = "minors", outcome: str = "refuse", people: Sequence[str] = (), **more: Any) -> str:
    """Records a decision; its id."""
    draft = make_draft(
        more.pop("kind", "decision"),
        tenant="acme",
        tenant_key=registry.keyring.get_or_create("tenant", "acme"),
        entropy=os.urandom,
        body={"obligations": list(wishes)},
        subjects={subject_id: registry.keyring.get("subject", subject_id) for subject_id in people},
        stage="input",
        mode="enforce",
        outcome=outcome,
        rule=rule,
        **more,
    )
    EventLog(registry.engine).append([draft])
    return draft.id


def test_what_a_policy_wants_told_reaches_the_staff(
    registry: Registry, settings: Settings, watch: PolicyNotices, mail: MailSink, hook: HookSink
) -> None:
    settings.notice_staff = "desk@example.org"
    jane = registry.create_opt_out(OptOut(SubjectData("Jane Roe")), BY).subject_id
    decision_id = decide(registry, "notify:child safety", "label", people=[jane])
    assert watch.step(BY) is False
    empty(registry, carriers(settings), BY)
    message = message_from_bytes(mail.messages[-1], policy=policy.default)
    assert (message["to"], message["subject"]) == ("desk@example.org", "Policy notice for child safety: refuse by minors")
    assert decision_id.encode() in mail.messages[-1]
    assert b"Jane Roe" not in mail.messages[-1]
    told = orjson.loads(hook.calls[-1][1])
    assert (told["type"], "case_id" in told) == ("policy.notify", False)
    assert {name: told["data"][name] for name in ("decision_id", "subject_id", "rule", "outcome", "mode", "desk")} == {
        "decision_id": decision_id,
        "subject_id": jane,
        "rule": "minors",
        "outcome": "refuse",
        "mode": "enforce",
        "desk": "child safety",
    }


def told(registry: Registry) -> list[str]:
    return [notice.words["decision_id"] for notice in registry.due_notices(1_000)]


def test_a_flood_is_told_once_for_each_rule_and_person(registry: Registry, settings: Settings, watch: PolicyNotices) -> None:
    settings.smtp_url = None
    jane, john = (registry.create_subject(SubjectData(name), BY).id for name in ("Jane Roe", "John Doe"))
    first = [decide(registry, "notify:desk", people=[who]) for who in (jane, jane, john, jane)]
    watch.step(BY)
    decide(registry, "notify:desk", people=[jane])
    other = decide(registry, "notify:desk", people=[jane], rule="politics")
    watch.step(BY)
    assert told(registry) == [first[0], first[2], other]
    registry._clock = lambda: utc_now() + timedelta(seconds=settings.notify_every_s + 1)
    late = decide(registry, "notify:desk", people=[jane])
    watch.step(BY)
    assert told(registry)[-1] == late


def test_many_people_are_no_flood_either(registry: Registry, settings: Settings, watch: PolicyNotices) -> None:
    settings.smtp_url = None
    for number in range(MOST_WISHES + 5):
        decide(registry, "notify:desk", rule=f"rule-{number}")
    while watch.step(BY):
        pass
    assert len(told(registry)) == MOST_WISHES


QUIET = [
    pytest.param((), {}, id="no wish"),
    pytest.param(("label",), {}, id="another obligation"),
    pytest.param(("notify:desk",), {"kind": "screen"}, id="a check by staff"),
]


@pytest.mark.parametrize(("wishes", "more"), QUIET)
def test_what_is_not_told(registry: Registry, watch: PolicyNotices, wishes: tuple[str, ...], more: dict[str, str]) -> None:
    decide(registry, *wishes, **more)
    watch.step(BY)
    assert told(registry) == []


def test_a_crash_before_the_cursor_is_written_tells_nothing_twice(
    registry: Registry, settings: Settings, watch: PolicyNotices, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.smtp_url = None
    decision_id = decide(registry, "notify:desk")
    with monkeypatch.context() as crash:
        crash.setattr(cursors, "confirm", interrupt)
        with pytest.raises(KeyboardInterrupt):
            watch.step(BY)
    later = utc_now() + timedelta(seconds=settings.notify_every_s + 1)
    registry._clock = lambda: later
    watch.step(BY)
    assert told(registry) == [decision_id]


def interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def test_what_was_decided_while_nobody_read_is_told(registry: Registry, settings: Settings, watch: PolicyNotices) -> None:
    settings.smtp_url = None
    decide(registry)
    watch.step(BY)
    decision_id = decide(registry, "notify:desk\nBcc: x@example.org")
    late = PolicyNotices(registry.engine, registry.keyring, registry, 3_600, lambda: utc_now() + timedelta(days=9))
    late.step(BY)
    (notice,) = registry.due_notices()
    assert notice.text()[0] == "Policy notice for desk Bcc: x@example.org: refuse by minors"
    assert notice.words["decision_id"] == decision_id


def test_the_first_look_goes_back_for_one_quiet_time(registry: Registry, settings: Settings) -> None:
    settings.smtp_url = None
    decide(registry, "notify:desk")
    PolicyNotices(registry.engine, registry.keyring, registry, 3_600, lambda: utc_now() + timedelta(hours=2)).step(BY)
    assert told(registry) == []
