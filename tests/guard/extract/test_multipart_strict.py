"""Rows 25-33: forms that two readers may read differently."""

from email import message_from_bytes
from email.message import Message

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.errors import UnscreenableError
from guard.extract.multipart_strict import Part, dump, parse

TYPE = "multipart/form-data; boundary=XX"


def form(*parts: bytes, end: bytes = b"--XX--\r\n") -> bytes:
    return b"".join(b"--XX\r\n" + part + b"\r\n" for part in parts) + end


PROMPT = b'Content-Disposition: form-data; name="prompt"\r\n\r\na cat'


def test_a_form_is_read_in_order() -> None:
    body = form(
        PROMPT,
        b'Content-Disposition: form-data; name="image[]"; filename="upload"\r\nContent-Type: application/octet-stream\r\n\r\n\x89PNG\r\n',
    )
    assert [(part.name, part.filename, part.content_type, bytes(part.content)) for part in parse(body, TYPE)] == [
        ("prompt", None, None, b"a cat"),
        ("image[]", "upload", "application/octet-stream", b"\x89PNG\r\n"),
    ]


HONEST = [
    pytest.param(form(PROMPT, end=b"--XX--"), TYPE, id="no line break at the end"),
    pytest.param(form(PROMPT), 'multipart/form-data; boundary="XX"', id="quoted boundary"),
    pytest.param(form(PROMPT), "Multipart/Form-Data;boundary=XX", id="no space, other case"),
    pytest.param(form(PROMPT.replace(b"Content-Disposition", b"content-disposition")), TYPE, id="lower-case header"),
    pytest.param(form(b"Content-Type: text/plain; charset=utf-8\r\n" + PROMPT), TYPE, id="plain text in UTF-8"),
    pytest.param(form(b"Content-Length: 5\r\n" + PROMPT), TYPE, id="a length"),
]


@pytest.mark.parametrize(("body", "content_type"), HONEST)
def test_what_honest_clients_write_is_accepted(body: bytes, content_type: str) -> None:
    assert [(part.name, part.text()) for part in parse(body, content_type)] == [("prompt", "a cat")]


REFUSED = [
    pytest.param(form(PROMPT.replace(b'"prompt"', b'"prompt"; filename=""')), TYPE, id="26: an empty file name"),
    pytest.param(form(PROMPT, end=b""), TYPE, id="27: no final boundary"),
    pytest.param(form(PROMPT, end=b"--XX\r\n" + PROMPT), TYPE, id="27: last part not ended"),
    pytest.param(form(PROMPT, end=b"--XX-"), TYPE, id="27: half a final boundary"),
    pytest.param(form(b'Content-Disposition: form-data; name="a"; name="prompt"\r\n\r\nx'), TYPE, id="28: two names"),
    pytest.param(form(b"Content-Disposition: form-data; name=\"a\"; filename*=UTF-8''x\r\n\r\nx"), TYPE, id="28: filename*"),
    pytest.param(form(b"Content-Disposition: form-data; name*=UTF-8''prompt\r\n\r\nx"), TYPE, id="28: name*"),
    pytest.param(form(PROMPT.replace(b'"prompt"', b"prompt")), TYPE, id="28: name without quotes"),
    pytest.param(form(PROMPT.replace(b'"prompt"', b'"pro\\"mpt"')), TYPE, id="28: escape in a name"),
    pytest.param(
        form(PROMPT.replace(b"\r\n\r\n", b'\r\nContent-Disposition: form-data; name="b"\r\n\r\n')), TYPE, id="28: two dispositions"
    ),
    pytest.param(form(PROMPT.replace(b"form-data", b"attachment")), TYPE, id="28: attachment"),
    pytest.param(form(PROMPT.replace(b'name="prompt"', b'filename="x"; name="prompt"')), TYPE, id="28: other order"),
    pytest.param(form(b"Content-Transfer-Encoding: base64\r\n" + PROMPT), TYPE, id="29: base64"),
    pytest.param(form(b"Content-Transfer-Encoding: quoted-printable\r\n" + PROMPT), TYPE, id="29: quoted-printable"),
    pytest.param(form(b"Content-Type: text/plain; charset=utf-16\r\n" + PROMPT), TYPE, id="29: charset"),
    pytest.param(form(b"Content-Type: text/plain; charset=utf-7\r\n" + PROMPT), TYPE, id="29: UTF-7"),
    pytest.param(form(b"Content-Type: multipart/mixed; boundary=YY\r\n" + PROMPT), TYPE, id="30: nested form"),
    pytest.param(form(b"Content-Type: multipart/mixed\r\n" + PROMPT), TYPE, id="30: nested form without boundary"),
    pytest.param(form(b"Content-Type: message/rfc822\r\n" + PROMPT), TYPE, id="30: a mail"),
    pytest.param(form(b"Content-Type: application/json\r\n" + PROMPT), TYPE, id="29: a field that is JSON, with escapes of its own"),
    pytest.param(form(PROMPT.replace(b'"prompt"', b'"pro%6dpt"')), TYPE, id="31: percent in a name"),
    pytest.param(form(b"Content-Type: image/png\r\n" + PROMPT), TYPE, id="26: image without file name"),
    pytest.param(form(b"X-Anything: 1\r\n" + PROMPT), TYPE, id="other header"),
    pytest.param(b"preamble\r\n" + form(PROMPT), TYPE, id="33: preamble"),
    pytest.param(b"\r\n" + form(PROMPT), TYPE, id="33: empty preamble"),
    pytest.param(form(PROMPT) + b"epilogue", TYPE, id="33: epilogue"),
    pytest.param(form(PROMPT) + form(PROMPT), TYPE, id="33: two forms"),
    pytest.param(form(PROMPT), TYPE + "; boundary=YY", id="33: two boundaries"),
    pytest.param(form(PROMPT), "multipart/form-data", id="33: no boundary"),
    pytest.param(form(PROMPT), "multipart/form-data; boundary=", id="33: empty boundary"),
    pytest.param(form(PROMPT), "multipart/form-data; boundary=" + "X" * 71, id="33: boundary of 71"),
    pytest.param(form(PROMPT), "multipart/form-data; charset=utf-16; boundary=XX", id="33: charset of the form"),
    pytest.param(form(b'Content-Disposition: form-data; name="a"\r\n\r\nx\r\n--XXY\r\nz'), TYPE, id="33: boundary that goes on"),
    pytest.param(form(PROMPT).replace(b"--XX\r\n", b"--XX \r\n"), TYPE, id="33: space behind the boundary"),
    pytest.param(form(PROMPT).replace(b"\r\n", b"\n"), TYPE, id="line feeds only"),
    pytest.param(form(b'Content-Disposition: form-data;\r\n name="prompt"\r\n\r\nx'), TYPE, id="folded header"),
    pytest.param(form(b'Content-Disposition: form-data; name="a"\n\r\n\r\nx'), TYPE, id="line feed in a header"),
    pytest.param(form(b'Content-Disposition: form-data; name="a\xff"\r\n\r\nx'), TYPE, id="32: name not UTF-8"),
    pytest.param(form(b'Content-Disposition: form-data; name=""\r\n\r\nx'), TYPE, id="empty name"),
    pytest.param(form(b"\r\n\r\nx"), TYPE, id="no headers"),
    pytest.param(b"", TYPE, id="nothing"),
    pytest.param(form(*[PROMPT] * 129), TYPE, id="too many parts"),
]


@pytest.mark.parametrize(("body", "content_type"), REFUSED)
def test_what_two_readers_may_read_differently_is_refused(body: bytes, content_type: str) -> None:
    with pytest.raises(UnscreenableError):
        parse(body, content_type)


def test_a_field_that_is_not_utf_8_is_refused_and_named() -> None:
    (part,) = parse(form(b'Content-Disposition: form-data; name="prompt"\r\n\r\n\xe9'), TYPE)
    with pytest.raises(UnscreenableError) as refused:
        part.text()
    assert refused.value.where == "prompt"


def test_an_empty_form_has_no_parts() -> None:
    assert parse(b"--XX--\r\n", TYPE) == []


_names = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters='"\\%'), min_size=1, max_size=20)
_parts = st.lists(st.builds(Part, _names, st.none() | _names, st.none() | st.just("text/plain"), st.binary(max_size=60)), max_size=4)


@given(_parts)
def test_what_is_written_is_read_back(parts: list[Part]) -> None:
    content_type, body = dump(parts)
    read = [Part(part.name, part.filename, part.content_type, bytes(part.content)) for part in parse(body, content_type)]
    assert read == parts


def lenient(body: bytes) -> list[tuple[str | None, bytes | None]]:
    """(name, content) of the parts as Python's mail parser reads them."""
    message: Message = message_from_bytes(f"Content-Type: {TYPE}\r\n\r\n".encode() + body)
    parts = message.get_payload()
    if not isinstance(parts, list):
        return []
    pairs = []
    for part in parts:
        assert isinstance(part, Message)
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        pairs.append((name if isinstance(name, str) else None, content))
    return pairs


_pieces = st.sampled_from(
    [b"--XX", b"\r\n", b"--XX--", b"\n", b"\r", b'Content-Disposition: form-data; name="a"', b'; filename="f"', b"\r\n\r\n", b"text", b"Content-Type: text/plain", b" ", b"--", b"a"]
)  # fmt: skip


@given(st.lists(_pieces, max_size=14), st.booleans())
def test_whatever_the_guard_accepts_a_lenient_reader_reads_the_same(pieces: list[bytes], closed: bool) -> None:
    body = b'--XX\r\nContent-Disposition: form-data; name="a"' + b"".join(pieces) + (b"\r\n--XX--\r\n" if closed else b"")
    try:
        read = parse(body, TYPE)
    except UnscreenableError:
        return
    if any(b"\n" in bytes(part.content).replace(b"\r\n", b"") or b"\r" in bytes(part.content).replace(b"\r\n", b"") for part in read):
        return  # the mail parser treats lone CR and LF in contents as line ends, which no form reader does
    assert lenient(body) == [(part.name, bytes(part.content)) for part in read]
