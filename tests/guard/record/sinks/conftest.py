"""Receivers on loopback that can be told to misbehave, and a log with a few events."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from guard.record.log import EventLog


class Hook(ThreadingHTTPServer):
    """A webhook's receiver: remembers what it was sent and answers with `statuses`, then with 204."""

    daemon_threads = True

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Answer)
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.statuses: list[int] = []
        self.answers: list[bytes] = []
        self.thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/hook"

    @property
    def indexes(self) -> list[int]:
        """Of every event that was accepted, in order."""
        bodies = [json.loads(body) for _, body in self.got]
        return [event["index"] for body in bodies if body["type"] == "events" for event in body["events"]]

    def die(self) -> None:
        self.shutdown()
        self.server_close()


class _Answer(BaseHTTPRequestHandler):
    server: Hook

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        status = self.server.statuses.pop(0) if self.server.statuses else 204
        if status == 204:
            self.server.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
        answer = self.server.answers.pop(0) if self.server.answers else b""
        self.send_response(200 if answer else status)
        self.send_header("content-length", str(len(answer)))
        self.send_header("location", "/elsewhere")
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def hook() -> Iterator[Hook]:
    hook = Hook()
    yield hook
    hook.die()


@pytest.fixture
def filled(log: EventLog, draft: Any) -> EventLog:
    """Seven decisions."""
    for number in range(7):
        log.append(
            [draft(f"prompt {number}", outcome=("allow", "hold", "refuse")[number % 3], subjects=["sub_ada"] if number == 2 else [])]
        )
    log.checkpoint()
    return log


@pytest.fixture
def noon() -> datetime:
    return datetime(2026, 11, 22, 12, tzinfo=UTC)
