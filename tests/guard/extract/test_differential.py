"""Whatever the strict parsers accept, others read the same: Node's JSON.parse and busboy, Python's json, mail and python-multipart.

What is compared is the body that came and the body that goes on. `GUARD_FUZZ_EXAMPLES=100000` makes the run as long as that; the
readers in Node are asked where there is a `node`, busboy where `GUARD_TEST_NODE_DIR` has it.
"""

import base64
import json
import os
import shutil
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from python_multipart.multipart import parse_form

from guard.errors import UnscreenableError
from guard.extract import json_strict, multipart_strict
from guard.extract.json_strict import Json, Number

EXAMPLES = int(os.environ.get("GUARD_FUZZ_EXAMPLES", "150"))
NODE_DIR = os.environ.get("GUARD_TEST_NODE_DIR", "")
fuzz = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))


class Node(Protocol):
    """Asks the readers in Node."""

    def __call__(self, kind: str, body: bytes, content_type: str = "") -> Any: ...


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    program = shutil.which("node")
    if program is None:
        pytest.skip("needs node")
    environment = {"PATH": os.environ["PATH"], "NODE_DIR": NODE_DIR}
    script = Path(__file__).with_name("readers.cjs")
    with subprocess.Popen([program, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as process:
        given_, answered = process.stdin, process.stdout
        assert given_ is not None
        assert answered is not None

        def ask(kind: str, body: bytes, content_type: str = "") -> Any:
            given_.write(json.dumps({"kind": kind, "body": base64.b64encode(body).decode(), "type": content_type}).encode() + b"\n")
            given_.flush()
            return json.loads(answered.readline())

        yield ask
        given_.close()


# -- JSON


def told(tree: Json) -> Any:
    """A tree as the readers in Node tell it; pairs are sorted, because JavaScript puts keys that are whole numbers first."""
    if isinstance(tree, bool | str) or tree is None:
        return tree
    if isinstance(tree, int | float | Number):
        return {"number": struct.pack(">d", float(tree)).hex()}
    if isinstance(tree, list):
        return {"list": [told(item) for item in tree]}
    return {"object": sorted([key, told(item)] for key, item in tree.items())}


def in_order(tree: Any) -> Any:
    if isinstance(tree, dict) and "object" in tree:
        return {"object": sorted([key, in_order(item)] for key, item in tree["object"])}
    if isinstance(tree, dict) and "list" in tree:
        return {"list": [in_order(item) for item in tree["list"]]}
    return tree


_TOKENS = st.sampled_from(
    [
        b"{", b"}", b"[", b"]", b":", b",", b" ", b"\n", b"\t", b'"a"', b'"b"', b'"\\u0061"', b'"\\ud83d\\ude00"', b'"\\ud800"', b'"__proto__"', b'"1"',
        b'"\xc3\xa9"', b'"\xff"', b'"\x00"', b'"\\u0000"', b'"\\/"', b'"\\x41"', b"'a'", b"0", b"-0", b"-0.0", b"1", b"01", b"1.0", b".5", b"1.", b"1e5", b"1E+400", b"1e-400",
        b"9007199254740993", b"123456789012345678901234567890", b"0x10", b"NaN", b"Infinity", b"true", b"false", b"null", b"/*x*/", b"//x\n", b"\xef\xbb\xbf", b"\xe2\x80\xa8", b"\\",
    ]
)  # fmt: skip
_VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text()),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=4), inner, max_size=4)),
    max_leaves=8,
)
_WRITTEN = st.builds(lambda tree, plain: json.dumps(tree, ensure_ascii=plain).encode("utf-8", "surrogatepass"), _VALUES, st.booleans())
_CUT = st.builds(
    lambda body, place, more: body[: place % (len(body) + 1)] + more + body[place % (len(body) + 1) :], _WRITTEN, st.integers(0), _TOKENS
)
_JSON = st.one_of(
    st.lists(_TOKENS, max_size=9).map(b"".join), st.lists(_TOKENS, max_size=7).map(lambda t: b'{"a":' + b"".join(t) + b"}"), _WRITTEN, _CUT
)


def check_json(body: bytes, node: Node | None) -> None:
    try:
        tree = json_strict.parse(body)
    except UnscreenableError:
        return
    for sent in (body, json_strict.dump(tree)):
        assert told(json.loads(sent, parse_int=float)) == told(tree), sent
        if node is not None:
            assert in_order(node("json", sent).get("read")) == told(tree), sent


@fuzz
@given(body=_JSON)
def test_what_json_is_accepted_python_reads_the_same(body: bytes) -> None:
    check_json(body, None)


@fuzz
@given(body=_JSON)
def test_what_json_is_accepted_node_reads_the_same(node: Node, body: bytes) -> None:
    check_json(body, node)


# -- forms

Parts = list[tuple[str, str | None, bytes]]
_NAMES = st.sampled_from([b"prompt", b"image", b"image[]"] * 4 + [b"a b", b"\xc3\xa9", b"a;b", b"a\\b", b"a%22b", b"__proto__", b""])
_HEADERS = st.sampled_from(
    [b'Content-Disposition: form-data; name="%s"', b'Content-Disposition: form-data; name="%s"; filename="f.png"'] * 12
    + [
        b'content-disposition:form-data;name="%s"', b"Content-Disposition: form-data; name=%s", b'Content-Disposition: form-data; name="%s"; filename=""',
        b'Content-Disposition: form-data; name="%s"; filename="a\\b.png"', b"Content-Disposition: form-data; name=\"%s\"; filename*=UTF-8''x",
        b'Content-Disposition: form-data; name="%s"; name="b"', b'Content-Disposition: attachment; name="%s"', b'Content-Disposition: form-data; filename="f"; name="%s"',
    ]
)  # fmt: skip
_MORE = st.sampled_from(
    [b""] * 20
    + [
        b"\r\nContent-Type: text/plain", b"\r\nContent-Type: image/png", b"\r\nContent-Type: text/plain; charset=utf-8", b"\r\nContent-Type: text/plain; charset=utf-16",
        b"\r\nContent-Transfer-Encoding: base64", b"\r\nContent-Length: 1", b"\r\n folded: x", b"\nContent-Type: text/plain", b"\r\nX: y",
    ]
)  # fmt: skip
_CONTENT = st.one_of(
    st.binary(max_size=12),
    st.lists(st.sampled_from([b"\r\n", b"--XX", b"--", b"-", b"X", b"\r", b"\n", b"a", b"\r\n--XX", b"--XX--", b"\x00"]), max_size=6).map(
        b"".join
    ),
    st.text(max_size=8).map(lambda text: text.encode("utf-8", "replace")),
)
_PART = st.builds(
    lambda head, name, more, gap, content: (head.replace(b"%s", name) + more + gap + content),
    _HEADERS, _NAMES, _MORE, st.sampled_from([b"\r\n\r\n"] * 20 + [b"\n\n", b"\r\n"]), _CONTENT,
)  # fmt: skip
_FORMS = st.builds(
    lambda before, parts, end: before + b"".join(b"--XX\r\n" + part + b"\r\n" for part in parts) + end,
    st.sampled_from([b""] * 12 + [b"\r\n", b"x"]),
    st.lists(_PART, min_size=1, max_size=3),
    st.sampled_from([b"--XX--\r\n", b"--XX--"] * 6 + [b"--XX--\r\nx", b"--XX", b"", b"--XX --\r\n"]),
)
_TYPES = st.sampled_from(
    ["multipart/form-data; boundary=XX"] * 4 + ['multipart/form-data; boundary="XX"', "multipart/form-data;boundary=XX; charset=utf-8"]
)


def by_python_multipart(body: bytes, content_type: str) -> Parts:
    parts: Parts = []

    def field(read: Any) -> None:
        parts.append((read.field_name.decode(), None, read.value or b""))

    def file(read: Any) -> None:
        read.file_object.seek(0)
        parts.append((read.field_name.decode(), (read.file_name or b"").decode(), read.file_object.read()))

    class Stream:
        def __init__(self) -> None:
            self.left = body

        def read(self, size: int) -> bytes:
            block, self.left = self.left[:size], self.left[size:]
            return block

    parse_form({"Content-Type": content_type.encode(), "Content-Length": str(len(body)).encode()}, Stream(), field, file)
    return parts


def check_form(body: bytes, content_type: str, node: Node | None) -> None:
    try:
        read = multipart_strict.parse(body, content_type)
    except UnscreenableError:
        return
    expected: Parts = [(part.name, part.filename, bytes(part.content)) for part in read]
    for type_sent, sent in ((content_type, body), multipart_strict.dump(read)):
        if node is None:
            assert by_python_multipart(sent, type_sent) == expected, sent
        elif expected:
            answer = node("form", sent, type_sent)
            found = [(name, filename, base64.b64decode(content)) for name, filename, content in answer.get("read", [])]
            assert found == [
                (name, filename, content if filename is not None else as_text(content)) for name, filename, content in expected
            ], sent


def as_text(content: bytes) -> bytes:
    """A field as busboy decodes it; the guard refuses one that is not UTF-8 as soon as it reads it."""
    return content.decode("utf-8", "replace").encode()


@fuzz
@given(body=_FORMS, content_type=_TYPES)
def test_what_forms_are_accepted_python_reads_the_same(body: bytes, content_type: str) -> None:
    check_form(body, content_type, None)


@pytest.mark.skipif(
    not (Path(NODE_DIR) / "node_modules" / "busboy").is_dir(), reason="needs GUARD_TEST_NODE_DIR with the npm package busboy"
)
@fuzz
@given(body=_FORMS, content_type=_TYPES)
def test_what_forms_are_accepted_node_reads_the_same(node: Node, body: bytes, content_type: str) -> None:
    check_form(body, content_type, node)
