"""The process that sends the record on: started as the supervisor starts it, ended as the supervisor ends it."""

import json
import subprocess
import sys
import threading
import time
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from guard.keyring import Keyring
from guard.processes import custody, parts, supervisor
from guard.record.legal_holds import Scope, add
from guard.record.query import Log
from guard.record.signing import key_text
from guard.settings import Settings
from tests.guard.processes.test_postman import MailSink
from tests.guard.record.sinks.witness import Witness


def test_it_sends_what_is_recorded_and_ends_when_asked(tmp_path: Path, empty_sqlite: Path) -> None:
    got: list[Any] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    (tmp_path / "var").mkdir(mode=0o700)
    (tmp_path / "var" / "guard.db").write_bytes(empty_sqlite.read_bytes())
    target = {"url": f"http://127.0.0.1:{server.server_address[1]}/", "secret_variable": "HOOK_SECRET"}
    (tmp_path / "sinks.yaml").write_text(json.dumps({"sinks": [{"name": "hook", "webhook": target}]}))
    settings = Settings(data_dir=tmp_path / "var", sinks=tmp_path / "sinks.yaml")
    engine = parts.open_engine(settings)
    keyring: Keyring = parts.open_keyring(settings, engine)
    add(engine, keyring, Scope(tenant="_guard"), "an event", "test", custody.teller(keyring, "test"))
    log = parts.open_log(settings, engine)
    log.integrate()
    log.close()
    environment = parts.child_environment(settings) | {"GUARD_SINKS": str(tmp_path / "sinks.yaml"), "HOOK_SECRET": "secret"}
    process = subprocess.Popen([sys.executable, "-P", "-m", "guard.processes.sinks"], env=environment, cwd=tmp_path)
    try:
        deadline = time.monotonic() + 30
        while not got and time.monotonic() < deadline:
            time.sleep(0.05)
        assert [event["kind"] for delivery in got for event in delivery["events"]] == ["admin.hold.add"]
    finally:
        process.terminate()
        assert process.wait(10) == 0
        server.shutdown()
        server.server_close()
        engine.dispose()


def test_checkpoints_leave_by_mail_and_are_cosigned(tmp_path: Path, empty_sqlite: Path) -> None:
    """The process as the supervisor starts it, a mail server and a witness on loopback."""
    (tmp_path / "var").mkdir(mode=0o700)
    (tmp_path / "var" / "guard.db").write_bytes(empty_sqlite.read_bytes())
    settings = Settings(data_dir=tmp_path / "var")
    engine = parts.open_engine(settings)
    custody.tell(engine, parts.open_keyring(settings, engine), "test", "export.create", {})
    log = parts.open_log(settings, engine, sign=True)
    note = log.checkpoint()
    log.close()
    post, witness = MailSink(), Witness(key_text(settings.data_dir))
    threading.Thread(target=post.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    sinks = [
        {"name": "mail", "mail": {"to": "auditor@example.org"}, "events": False, "checkpoints": True},
        {"name": "witness", "witness": {"url": witness.url, "key": witness.key}, "events": False, "checkpoints": True},
    ]
    (tmp_path / "sinks.yaml").write_text(json.dumps({"sinks": sinks}))
    environment = parts.child_environment(settings) | {
        "GUARD_SINKS": str(tmp_path / "sinks.yaml"),
        "GUARD_SMTP_URL": f"smtp://127.0.0.1:{post.server_address[1]}",
    }
    process = subprocess.Popen([sys.executable, "-P", "-m", "guard.processes.sinks"], env=environment, cwd=tmp_path)
    try:
        deadline = time.monotonic() + 30
        while not (post.messages and Log(engine).witnessed(1)) and time.monotonic() < deadline:
            time.sleep(0.05)
        [attached] = message_from_bytes(post.messages[0], policy=policy.default).iter_attachments()  # type: ignore[attr-defined]
        assert attached.get_content().decode() == note
        assert Log(engine).checkpoint() == note + witness.cosignature(note)
    finally:
        process.terminate()
        assert process.wait(10) == 0
        for server in (post, witness):
            server.shutdown()
            server.server_close()
        engine.dispose()


def test_a_wrong_file_stops_the_start_with_one_line(tmp_path: Path) -> None:
    (tmp_path / "sinks.yaml").write_text("sinks: [{name: a}]")
    with pytest.raises(SystemExit, match="exactly one of syslog, webhook, otlp, witness, mail"):
        supervisor.Supervisor(Settings(data_dir=tmp_path / "var", sinks=tmp_path / "sinks.yaml")).run()
    assert not (tmp_path / "var" / "guard.db").exists()
