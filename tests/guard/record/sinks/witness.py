"""A witness on loopback, as C2SP tlog-witness has it: cosigns what extends what it saw, and can be told to misbehave."""

import base64
import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from guard.record import verify

AT = 1_795_000_000


class Witness(ThreadingHTTPServer):
    """Knows one log, by its key; `seen` is the tree it cosigned last."""

    daemon_threads = True

    def __init__(self, log_key: str, name: str = "witness.example/w1") -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.log_keys = verify.read_keys(log_key)
        self.name, self.private = name, Ed25519PrivateKey.generate()
        self.public = self.private.public_key().public_bytes_raw()
        self.hash = hashlib.sha256(name.encode() + b"\n\x04" + self.public).digest()[:4]
        self.key = f"{name}+{self.hash.hex()}+{base64.b64encode(bytes([4]) + self.public).decode()}"
        self.seen = verify.Tree("", 0, b"")
        self.asked: list[int] = []
        self.lies = False
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/w"

    def answer(self, body: str) -> tuple[int, str, str]:
        head, _, note = body.partition("\n\n")
        first, *proof = head.split("\n")
        old = int(first.removeprefix("old "))
        self.asked.append(old)
        try:
            tree = verify.read_checkpoint(note, self.log_keys, "the checkpoint")
        except verify.Wrong:
            return 403, "text/plain", "not signed by a key that is known here\n"
        if old != self.seen.size:
            return 409, "text/x.tlog.size", f"{self.seen.size}\n"
        if old and not verify.extends(old, self.seen.root, tree.size, tree.root, [base64.b64decode(each) for each in proof]):
            return 422, "text/plain", "the proof does not hold\n"
        self.seen = tree
        return 200, "text/plain", "— another.example/w2 AAAAAAAA\n" + self.cosignature(note)

    def cosignature(self, note: str) -> str:
        text = note.partition("\n\n")[0] + "\n"
        signed = self.private.sign(f"cosignature/v1\ntime {AT + self.lies}\n{text}".encode())
        return f"— {self.name} {base64.b64encode(self.hash + AT.to_bytes(8) + signed).decode()}\n"


class _Answer(BaseHTTPRequestHandler):
    server: Witness

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        status, kind, text = self.server.answer(body) if self.path == "/w/add-checkpoint" else (404, "text/plain", "")
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: Any) -> None:
        pass
