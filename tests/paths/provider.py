"""A provider that answers whatever it is told to, for any dialect, and remembers what it was sent."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Body = dict[str, Any]
HEADERS = {"x-request-id": "upstream-1", "x-ratelimit-remaining-requests": "7", "retry-after": "3", "set-cookie": "a=b", "server": "theirs"}
"""What every answer carries: some of it is the caller's, some is not."""


@dataclass
class Provider:
    """Answers what it was told, by path; `seen` holds method, path, headers and body of what it was sent."""

    url: str = ""
    answers: dict[str, tuple[int, str, bytes]] = field(default_factory=dict)
    seen: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)

    def says(self, path: str, answer: Any, content_type: str = "application/json", status: int = 200) -> bytes:
        """From now on this is the answer to a path; gives its bytes."""
        body = (
            answer if isinstance(answer, bytes) else answer.encode() if isinstance(answer, str) else json.dumps(answer, indent=1).encode()
        )
        self.answers[path] = (status, content_type, body)
        return body

    def streams(self, path: str, events: list[Any]) -> list[bytes]:
        """From now on these events are the answer to a path; gives the data of each."""
        written = [json.dumps(event).encode() for event in events]
        self.says(path, b"".join(b"data: " + event + b"\r\n\r\n" for event in written), "text/event-stream")
        return written

    def clear(self) -> None:
        self.answers.clear()
        self.seen.clear()


@contextmanager
def running() -> Iterator[Provider]:
    """A provider on a free port."""
    provider = Provider()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            provider.seen.append((self.command, self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            status, content_type, sent = provider.answers[self.path]
            self.send_response_only(status)
            for name, value in {**HEADERS, "content-type": content_type, "content-length": str(len(sent))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(sent)

        do_GET = do_POST = answer  # noqa: N815 - the name that http.server looks for

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    provider.url = f"http://127.0.0.1:{server.server_address[1]}"
    yield provider
    server.shutdown()
