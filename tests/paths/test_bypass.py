"""An opted-out person's name in every place and disguise that a request has room for; `test_surface` has the malformed requests.

Raw bytes over a real socket; the stand-in upstream is the witness. A bypass is any request in which the upstream sees the
opted-out person. Beside the status each refusal must be recorded.
"""

import base64
import json
import socket
from typing import Any

import pytest

from api.standin import StandIn
from guard.evaluate.trial import Trial

NAME = "Ottoline Grapesworth"
PROMPT = f"a photo of {NAME}"
JSON = "application/json"
ROUTE = "/v1/images/generations"
EDITS = "/v1/images/edits"
PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")


@pytest.fixture(scope="module", autouse=True)
def _opted_out(running_guard: Trial) -> None:
    running_guard.made("/opt-outs", json={"subject": {"name": NAME}})


def send(guard: Trial, request: bytes) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of the first answer on a fresh connection."""
    host, port = guard.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(request)
        received = b""
        while block := connection.recv(1 << 16):
            received += block
    head, _, body = received.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    return int(first.split()[1]), {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines)}, body


def request(
    guard: Trial,
    target: str = ROUTE,
    body: bytes = b"",
    content_type: str | None = JSON,
    method: str = "POST",
    extra: str = "",
    length: bool = True,
) -> bytes:
    lines = [f"{method} {target} HTTP/1.1", "host: guard", f"authorization: Bearer {guard.caller_key('bypass')}", "connection: close"]
    lines += [f"content-type: {content_type}"] if content_type else []
    lines += [f"content-length: {len(body)}"] if length else []
    return ("\r\n".join(lines) + "\r\n" + extra + "\r\n").encode("latin-1") + body


def js(**fields: Any) -> bytes:
    return json.dumps({"model": "gpt-image-1", "prompt": PROMPT, **fields}).encode()


def part(name: str, value: bytes = b"x", more: str = "", head: str = "") -> bytes:
    return f'--b\r\nContent-Disposition: form-data; name="{name}"{more}\r\n{head}\r\n'.encode() + value + b"\r\n"


END = b"--b--\r\n"
FORM = "multipart/form-data; boundary=b"
IMAGE = part("image", PNG, '; filename="a.png"')
SAFE = part("prompt", b"make it evening")
BAD = part("prompt", PROMPT.encode())

HEADERS = [
    pytest.param("x-http-method-override: GET\r\n", 400, id="4 method override is stripped, the prompt decides"),
    pytest.param("upgrade: websocket\r\nconnection: upgrade\r\n", 426, id="6 WebSocket"),
    pytest.param("content-type: application/json\r\n", 400, id="8 two Content-Types"),
    pytest.param("x-original-url: /v1/models\r\nx-forwarded-host: evil\r\n", 400, id="10 forwarding headers are ignored"),
    pytest.param("content-encoding: gzip\r\n", 415, id="13 Content-Encoding"),
    pytest.param("content-encoding: br\r\n", 415, id="13 brotli"),
]


@pytest.mark.parametrize(("extra", "status"), HEADERS)
def test_headers(guarded: Trial, upstream: StandIn, extra: str, status: int) -> None:
    refused(guarded, upstream, request(guarded, body=js(), extra=extra), status)


def test_length_and_chunks_together(guarded: Trial, upstream: StandIn) -> None:
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(js()), js())
    status, _, _ = send(guarded, request(guarded, body=chunked, extra="transfer-encoding: chunked\r\n"))
    assert status == 400, "7"
    assert list(upstream.seen) == []


def test_absolute_form_goes_to_the_configured_upstream(guarded: Trial, upstream: StandIn) -> None:
    body = json.dumps({"prompt": "a teapot"}).encode()
    status, _, _ = send(guarded, request(guarded, "http://evil.example" + ROUTE, body))
    assert status == 200
    assert [(seen.method, seen.path) for seen in upstream.seen] == [("POST", ROUTE.encode())]


BODIES = [
    pytest.param(b'{"prompt":"a","metadata":{"a":"x","a":"%s"}}' % PROMPT.encode(), JSON, 400, id="18 duplicate key at depth"),
    pytest.param(b'{"prompt":["%s"]}' % PROMPT.encode(), JSON, 400, id="22 prompt as a list"),
    pytest.param(b'{"prompt":{"text":"%s"}}' % PROMPT.encode(), JSON, 400, id="22 prompt as an object"),
    pytest.param(js(prompt="a teapot", Prompt=PROMPT), JSON, 400, id="23 Prompt"),
    pytest.param(js(prompt="a teapot", negative_prompt=PROMPT), JSON, 400, id="23 another text field"),
    pytest.param(js(prompt="a teapot", extra_body={"prompt": PROMPT}), JSON, 400, id="23 a nested unknown field"),
    pytest.param(js(prompt="a teapot", user=PROMPT), JSON, 400, id="34 user"),
    pytest.param(js(prompt="a photo of Ottoline", user="Grapesworth"), JSON, 400, id="36 split over fields"),
    pytest.param(js(prompt="a teapot", image_url="https://example.com/a.png"), JSON, 400, id="40 an unknown URL field"),
    pytest.param(js(model="ft:gpt-image-1:org", prompt="a teapot"), JSON, 400, id="57 fine-tuned model"),
    pytest.param(js() + b"{}", JSON, 400, id="two documents"),
    pytest.param(b"", JSON, 400, id="empty body"),
    pytest.param(b"[]", JSON, 400, id="not an object"),
]


@pytest.mark.parametrize(("body", "content_type", "status"), BODIES)
def test_bodies(guarded: Trial, upstream: StandIn, body: bytes, content_type: str | None, status: int) -> None:
    refused(guarded, upstream, request(guarded, body=body, content_type=content_type), status)


FORMS = [
    pytest.param(IMAGE + BAD + END, 400, id="the honest form with the name"),
    pytest.param(IMAGE + SAFE + BAD + END, 400, id="25 duplicate prompt"),
    pytest.param(IMAGE + part("prompt", PROMPT.encode(), '; filename="p.txt"') + END, 400, id="26 prompt as a file"),
    pytest.param(IMAGE + SAFE + part("user", PROMPT.encode(), '; name="prompt"') + END, 400, id="28 two names"),
    pytest.param(IMAGE + SAFE + part("user", b"x", "; filename*=utf-8''x; name*=utf-8''prompt") + END, 400, id="28 name*"),
    pytest.param(
        IMAGE + part("prompt", base64.b64encode(PROMPT.encode()), head="Content-Transfer-Encoding: base64\r\n") + END,
        400,
        id="29 transfer encoding",
    ),
    pytest.param(
        IMAGE + part("prompt", PROMPT.encode("utf-16"), head="Content-Type: text/plain; charset=utf-16\r\n") + END,
        400,
        id="29 charset of a part",
    ),
    pytest.param(IMAGE + SAFE + part("prompt ", PROMPT.encode()) + END, 400, id="31 trailing space"),
    pytest.param(part("image[][]", PNG, '; filename="a.png"') + SAFE + END, 400, id="31 image[][]"),
    pytest.param(part("image", PNG, f'; filename="{NAME}.png"') + SAFE + END, 400, id="34 file name"),
    pytest.param(part("image", PNG + b"trailing " + PROMPT.encode(), '; filename="a.png"') + SAFE + END, 400, id="43 trailing data"),
    pytest.param(IMAGE + SAFE + part("image_id", b"file-123") + END, 400, id="41 an id"),
]


@pytest.mark.parametrize(("body", "status"), FORMS)
def test_forms(guarded: Trial, upstream: StandIn, body: bytes, status: int) -> None:
    refused(guarded, upstream, request(guarded, EDITS, body, FORM), status)


TEXTS = [
    pytest.param("Otto\u200bline Grapes\u00adworth", id="35 zero-width space, soft hyphen"),
    pytest.param("Оttоlinе Grаpеswоrth", id="35 look-alikes"),
    pytest.param("Ｏｔｔｏｌｉｎｅ　Ｇｒａｐｅｓｗｏｒｔｈ", id="35 full width"),
    pytest.param("".join(c + "\u0336" for c in NAME), id="35 combining strokes"),
    pytest.param("".join(chr(0xE0000 + ord(c)) for c in NAME), id="35 tag characters"),
    pytest.param("O t t o l i n e  G r a p e s w o r t h", id="spaced letters"),
    pytest.param("OTTOLINE  GRAPESWORTH", id="case and two spaces"),
    pytest.param("#OttolineGrapesworth", id="hashtag"),
]


@pytest.mark.parametrize("text", TEXTS)
def test_disguises(guarded: Trial, upstream: StandIn, text: str) -> None:
    refused(guarded, upstream, request(guarded, body=js(prompt=f"a photo of {text} on a bicycle")), 400)


def refused(guard: Trial, upstream: StandIn, sent: bytes, status: int) -> None:
    """The documented status, in the dialect's shape; recorded; and the upstream was not asked."""
    got, headers, body = send(guard, sent)
    assert (got, list(upstream.seen)) == (status, []), body[:300]
    decision = guard.admin("GET", f"/decisions/{headers['x-guard-decision']}").json()
    assert (decision["outcome"], decision["tenant"], headers["x-guard-outcome"]) == ("refuse", "bypass", "refuse")
    error = json.loads(body)["error"]
    assert error["code"] in ("unscreenable_request", "moderation_blocked")
    assert error["guard"]["decision_id"] == headers["x-guard-decision"]
