"""SURFACE, section 3, row by row: refused with the documented error, recorded, and the upstream never asked.

The rows are sent as bytes over a socket, because a client library would repair many of them. What the parsers do with each is in
tests/guard/extract; this is about the whole way through a running gateway.
"""

import base64
import gzip
import json
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest

from api.standin import StandIn
from api.standin.picture import draw
from guard.evaluate.trial import Trial

GENERATE = "/v1/images/generations"
EDIT = "/v1/images/edits"
PNG = draw("before", 32, 32, "png")
JSON = {"Content-Type": "application/json"}
GOOD = b'{"prompt":"a tyre"}'


@dataclass(frozen=True)
class Sent:
    """One request; headers with a list are sent once for each value."""

    path: str = GENERATE
    body: bytes = GOOD
    headers: dict[str, str | list[str]] | None = None
    method: str = "POST"


def form(*parts: bytes, boundary: str = "frontier", end: bytes = b"--frontier--\r\n", before: bytes = b"") -> Sent:
    """An edit as multipart; each part is its head lines and body, as written."""
    body = before + b"".join(b"--frontier\r\n" + part + b"\r\n" for part in parts) + end
    return Sent(EDIT, body, {"Content-Type": f"multipart/form-data; boundary={boundary}"})


PROMPT = b'Content-Disposition: form-data; name="prompt"\r\n\r\na tyre'
IMAGE = b'Content-Disposition: form-data; name="image"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n' + PNG


def picture(data: bytes) -> Sent:
    return form(PROMPT, IMAGE.replace(PNG, data))


def edit(image_url: object) -> Sent:
    return Sent(EDIT, json.dumps({"prompt": "a tyre", "images": [{"image_url": image_url}]}).encode(), dict(JSON))


def data_url(text: str) -> str:
    return f"data:image/png;base64,{text}"


B64 = base64.b64encode(PNG).decode()

ROWS = [
    pytest.param(Sent("/v1/models/../images/generations"), 404, id="1 dot segments"),
    pytest.param(Sent("/v1/images/%67enerations"), 404, id="2 escaped letter"),
    pytest.param(Sent("/v1/images%2Fgenerations"), 404, id="2 escaped slash"),
    pytest.param(Sent("/v1//images/generations"), 404, id="3 double slash"),
    pytest.param(Sent("/v1/images/generations/"), 404, id="3 trailing slash"),
    pytest.param(Sent("/v1/images/generations;x"), 404, id="3 semicolon"),
    pytest.param(Sent("/v1/Images/Generations"), 404, id="3 case"),
    pytest.param(Sent("/v1/images\\generations"), 404, id="3 backslash"),
    pytest.param(Sent(method="GET", body=b"", headers={}), 405, id="4 another method"),
    pytest.param(Sent(f"{GENERATE}?prompt=a"), 400, id="5 query key"),
    pytest.param(
        Sent(
            "/v1/realtime", b"", {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA=="}, "GET"
        ),
        426,
        id="6 websocket",
    ),
    pytest.param(Sent(headers={"Content-Type": ["application/json", "application/json"]}), 400, id="8 two content types, alike"),
    pytest.param(Sent(headers={"Content-Type": ["application/json", "multipart/form-data; boundary=b"]}), 400, id="8 two content types"),
    pytest.param(Sent(body=gzip.compress(GOOD), headers={**JSON, "Content-Encoding": "gzip"}), 415, id="13 gzip"),
    pytest.param(Sent(body=GOOD.decode().encode("utf-16")), 400, id="15 utf-16"),
    pytest.param(Sent(body=b"\xef\xbb\xbf" + GOOD), 400, id="15 byte order mark"),
    pytest.param(Sent(headers={"Content-Type": "application/json; charset=utf-7"}), 415, id="16 charset"),
    pytest.param(Sent(headers={"Content-Type": "text/plain"}), 415, id="17 text/plain"),
    pytest.param(Sent(headers={"Content-Type": "application/x-www-form-urlencoded"}, body=b"prompt=a"), 415, id="17 urlencoded"),
    pytest.param(Sent(body=b'{"prompt":"a","prompt":"b"}'), 400, id="18 duplicate key"),
    pytest.param(Sent(body=b'{"prompt":"a","pr\\u006fmpt":"b"}'), 400, id="18 duplicate key, escaped"),
    pytest.param(Sent(body=b'{"prompt":"a","n":NaN}'), 400, id="19 NaN"),
    pytest.param(Sent(body=b'{"prompt":"a","n":1e400}'), 400, id="19 1e400"),
    pytest.param(Sent(body=b'{"prompt":"a","n":' + b"1" * 5000 + b"}"), 400, id="19 5000 digits"),
    pytest.param(Sent(body=b'{"prompt":"a\\ud800"}'), 400, id="20 lone surrogate"),
    pytest.param(Sent(body=b'{"prompt":' + b"[" * 100_000 + b"]" * 100_000 + b"}"), 400, id="21 depth"),
    pytest.param(Sent(body=b'{"prompt":["a"]}'), 400, id="22 prompt as a list"),
    pytest.param(Sent(body=b'{"prompt":1}'), 400, id="22 prompt as a number"),
    pytest.param(Sent(body=b'{"prompt":"a","extra_body":{"prompt":"b"}}'), 400, id="23 nested unknown field"),
    pytest.param(Sent(body=GOOD + b"x"), 400, id="24 something behind the end"),
    pytest.param(form(PROMPT, PROMPT, IMAGE), 400, id="25 duplicate prompt"),
    pytest.param(form(PROMPT.replace(b'"prompt"', b'"prompt"; filename="p.txt"'), IMAGE), 400, id="26 prompt as a file"),
    pytest.param(form(PROMPT, IMAGE, end=b""), 400, id="27 no final boundary"),
    pytest.param(form(PROMPT, IMAGE.replace(b"filename=", b'name="mask"; filename=')), 400, id="28 two names"),
    pytest.param(form(PROMPT, IMAGE.replace(b"filename=", b"filename*=UTF-8''b.png; filename=")), 400, id="28 filename*"),
    pytest.param(
        form(PROMPT.replace(b"\r\n\r\n", b"\r\nContent-Transfer-Encoding: base64\r\n\r\n"), IMAGE), 400, id="29 transfer encoding"
    ),
    pytest.param(
        form(PROMPT.replace(b"\r\n\r\n", b"\r\nContent-Type: text/plain; charset=utf-7\r\n\r\n"), IMAGE), 400, id="29 charset of a part"
    ),
    pytest.param(form(PROMPT, IMAGE.replace(b"image/png", b"multipart/mixed; boundary=b")), 400, id="30 nested multipart"),
    pytest.param(form(PROMPT.replace(b'"prompt"', b'"prompt "'), IMAGE), 400, id="31 name with a space"),
    pytest.param(form(PROMPT, IMAGE.replace(b'"image"', b'"image[0]"')), 400, id="31 image[0]"),
    pytest.param(form(PROMPT + b"\xff", IMAGE), 400, id="32 not UTF-8"),
    pytest.param(form(PROMPT, IMAGE, before=b"preamble\r\n"), 400, id="33 preamble"),
    pytest.param(form(PROMPT, IMAGE, end=b"--frontier--\r\nepilogue"), 400, id="33 epilogue"),
    pytest.param(edit("https://example.org/a.png"), 400, id="40 remote URL"),
    pytest.param(edit("file:///etc/passwd"), 400, id="40 file URL"),
    pytest.param(Sent(EDIT, b'{"prompt":"a","images":[{"file_id":"file-1"}]}'), 400, id="41 stored picture"),
    pytest.param(edit(data_url(B64[:-4] + "\n" + B64[-4:])), 400, id="42 lax base64"),
    pytest.param(edit(data_url(B64.rstrip("=") + "=" * 3)), 400, id="42 padding"),
    pytest.param(picture(b"<svg xmlns='http://www.w3.org/2000/svg'/>"), 400, id="43 SVG"),
    pytest.param(picture(b"%PDF-1.7\n%%EOF"), 400, id="43 PDF"),
    pytest.param(picture(PNG + b"PK\x03\x04"), 400, id="43 something behind the picture"),
    pytest.param(picture(PNG[:-20]), 400, id="49 truncated picture"),
    pytest.param(picture(b""), 400, id="49 no picture"),
    pytest.param(Sent(body=b'{"model":"ft:gpt-image-1:me::id","prompt":"a"}'), 400, id="57 fine-tuned model"),
    pytest.param(Sent("/v1/vector_stores", b"{}"), 404, id="state: vector stores"),
    pytest.param(Sent("/v1/assistants", b"{}"), 404, id="state: assistants"),
    pytest.param(Sent("/v1/never/heard/of", b"{}"), 404, id="unknown route"),
]


def exchanged(guarded: Trial, sent: Sent) -> tuple[int, dict[str, str], bytes]:
    """The answer to exactly these bytes."""
    where = urlsplit(guarded.url)
    headers: dict[str, str | list[str]] = {
        "Host": where.netloc,
        "Authorization": f"Bearer {guarded.caller_key('surface')}",
        "Content-Length": str(len(sent.body)),
        "Connection": "close",
        **(JSON if sent.headers is None else sent.headers),
    }
    lines = [f"{name}: {value}" for name, values in headers.items() for value in ([values] if isinstance(values, str) else values)]
    with socket.create_connection((where.hostname or "", where.port or 0), timeout=30) as connection:
        connection.sendall("\r\n".join([f"{sent.method} {sent.path} HTTP/1.1", *lines, "", ""]).encode() + sent.body)
        answer = b""
        while not (chunked := _complete(answer)) and (received := connection.recv(65536)):
            answer += received
    assert chunked is not None
    head, _, body = answer.partition(b"\r\n\r\n")
    status, *fields = head.decode("latin-1").split("\r\n")
    return int(status.split()[1]), {n.lower(): v for n, _, v in (field.partition(": ") for field in fields)}, body


def _complete(answer: bytes) -> bool:
    head, found, body = answer.partition(b"\r\n\r\n")
    lengths = [int(line.partition(b":")[2]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    return bool(found) and bool(lengths) and len(body) >= lengths[0]


@pytest.mark.parametrize(("sent", "status"), ROWS)
def test_refused_recorded_and_never_forwarded(guarded: Trial, upstream: StandIn, sent: Sent, status: int) -> None:
    answered, headers, body = exchanged(guarded, sent)
    error = json.loads(body)["error"]
    decision = guarded.admin("GET", f"/decisions/{headers['x-guard-decision']}").json()
    assert (answered, error["code"], headers["x-guard-outcome"]) == (status, "unscreenable_request", "refuse")
    assert (decision["tenant"], decision["stage"], decision["outcome"], decision["request_id"]) == (
        "surface",
        "input",
        "refuse",
        headers["x-request-id"],
    )
    assert list(upstream.seen) == []


SERVER = [
    pytest.param(Sent(headers={**JSON, "Transfer-Encoding": "chunked"}), id="7 length and transfer encoding"),
    pytest.param(Sent("/v1/images/generations\x00"), id="3 a zero byte in the path"),
]


@pytest.mark.parametrize("sent", SERVER)
def test_what_is_not_http_is_the_servers_to_refuse(guarded: Trial, upstream: StandIn, sent: Sent) -> None:
    where = urlsplit(guarded.url)
    lines = [
        f"{name}: {value}"
        for name, value in {**(sent.headers or JSON), "Host": where.netloc, "Content-Length": str(len(sent.body))}.items()
    ]
    with socket.create_connection((where.hostname or "", where.port or 0), timeout=30) as connection:
        connection.sendall("\r\n".join([f"POST {sent.path} HTTP/1.1", *lines, "", ""]).encode() + sent.body)
        answer = connection.recv(65536)
    assert (answer.split(b" ")[1] if answer else b"400", list(upstream.seen)) == (b"400", [])


IGNORED = {
    "X-HTTP-Method-Override": "DELETE",
    "X-Forwarded-Host": "evil.example",
    "X-Original-URL": "/v1/files",
    "Cookie": "session=1",
    "OpenAI-Organization": "org-1",
}


def test_headers_that_steer_others_steer_nothing_here(guarded: Trial, upstream: StandIn) -> None:
    status, _, _ = exchanged(guarded, Sent(headers={**JSON, **IGNORED}))
    (seen,) = upstream.seen
    assert (status, seen.method, seen.path, seen.header("host")) == (200, "POST", b"/v1/images/generations", urlsplit(upstream.url).netloc)
    assert [name for name in IGNORED if seen.header(name) is not None and name != "OpenAI-Organization"] == []


def test_what_goes_on_is_written_anew_from_what_was_read(guarded: Trial, upstream: StandIn) -> None:
    body = b'{ "n" : 1.0, "prompt":"a t\\u0079re", "user":"x" , "seed": 123456789012345678901234567890 }'
    status, _, _ = exchanged(guarded, Sent(body=body))
    assert (status, upstream.seen[0].body) == (200, b'{"n":1.0,"prompt":"a tyre","user":"x","seed":123456789012345678901234567890}')
