"""multipart/form-data (RFC 7578) read so that no two readers can differ about it, and written anew with a fresh boundary.

Refused: a preamble or epilogue, a missing final boundary, anything but CRLF around headers, two names in one part, an empty file name
(a file to some readers and a field to others),
`name*` and `filename*`, escapes in names, transfer encodings, charsets other than UTF-8, nested multipart, part headers
that no form needs, a boundary that is the beginning of another line of the body.
"""

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from guard.errors import TooLargeError, UnscreenableError

_MAX_PARTS = 128
_MAX_HEADERS = 2_048
_CONTENT_TYPE = re.compile(
    r'multipart/form-data[ \t]*;[ \t]*boundary=(?:"([0-9A-Za-z\'()+_,./:=? -]{0,69}[0-9A-Za-z\'()+_,./:=?-])"|([0-9A-Za-z\'+_.-]{1,70}))[ \t]*;?',
    re.IGNORECASE,
)
_DISPOSITION = re.compile(r'form-data; ?name="([^"\\%\x00-\x1f\x7f]{1,128})"(?:; ?filename="([^"\\\x00-\x1f\x7f]{1,255})")?', re.IGNORECASE)
_TYPE = re.compile(r"([a-z0-9]+/[a-z0-9.+-]+)(?:; ?charset=\"?(utf-8)\"?)?", re.IGNORECASE)
_LENGTH = re.compile(r"\d{1,12}")


@dataclass(frozen=True, slots=True)
class Part:
    """One part. `content` is a view into the body; `filename` is None for a field."""

    name: str
    filename: str | None
    content_type: str | None
    content: memoryview | bytes

    def text(self) -> str:
        """The content of a field as text, which must be UTF-8."""
        try:
            return bytes(self.content).decode()
        except UnicodeDecodeError as error:
            raise UnscreenableError(f"The field {self.name} is not UTF-8.", self.name) from error


def parse(body: bytes, content_type: str) -> list[Part]:
    """The parts of a form, in order.

    Raises:
        UnscreenableError: for every body that two readers might read differently.
    """
    found = _CONTENT_TYPE.fullmatch(content_type.strip())
    if not found:
        raise UnscreenableError("The Content-Type must be multipart/form-data with one boundary and nothing else.", "content-type", 415)
    delimiter = b"--" + (found.group(1) or found.group(2)).encode()
    if not body.startswith(delimiter):
        raise UnscreenableError("The form does not start with its boundary.", "body")
    view = memoryview(body)
    parts: list[Part] = []
    position = len(delimiter)
    line = b"\r\n" + delimiter
    while not _is_end(body, position):
        if body[position : position + 2] != b"\r\n":
            raise UnscreenableError("A boundary of the form is followed by something else than a line break.", "body")
        if len(parts) == _MAX_PARTS:
            raise TooLargeError(f"The form has more than {_MAX_PARTS} parts.", "body")
        head_end = body.find(b"\r\n\r\n", position, position + _MAX_HEADERS)
        if head_end < 0:
            raise UnscreenableError("A part of the form has no end to its headers.", "body")
        end = body.find(line, head_end + 2)
        if end < 0:
            raise UnscreenableError("The form has no final boundary.", "body")
        if end < head_end + 4:
            raise UnscreenableError("A part of the form has no content, not even an empty one.", "body")
        parts.append(_part(body[position + 2 : head_end], view[head_end + 4 : end]))
        position = end + len(line)
    return parts


def dump(parts: Iterable[Part]) -> tuple[str, bytes]:
    """Content type and body of a form with these parts, in the plainest form there is."""
    boundary = secrets.token_hex(24)
    pieces: list[bytes | memoryview] = []
    for part in parts:
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{part.name}"'
        if part.filename is not None:
            head += f'; filename="{part.filename}"'
        if part.content_type is not None:
            head += f"\r\nContent-Type: {part.content_type}"
        pieces += [head.encode(), b"\r\n\r\n", part.content, b"\r\n"]
    pieces.append(f"--{boundary}--\r\n".encode())
    return f"multipart/form-data; boundary={boundary}", b"".join(pieces)


def _is_end(body: bytes, position: int) -> bool:
    if body[position : position + 2] != b"--":
        return False
    if body[position + 2 :] not in (b"", b"\r\n"):
        raise UnscreenableError("Something follows the final boundary of the form.", "body")
    return True


def _part(head: bytes, content: memoryview) -> Part:
    headers = _headers(head)
    disposition = _DISPOSITION.fullmatch(headers.get("content-disposition", ""))
    if not disposition:
        raise UnscreenableError('A part must say Content-Disposition: form-data; name="..." and at most filename="...".', "body")
    name, filename = disposition.groups()
    given = headers.get("content-type")
    media_type = _TYPE.fullmatch(given) if given is not None else None
    if given is not None and not media_type:
        raise UnscreenableError(f"The type of the part {name} is not understood.", name)
    if media_type and (media_type.group(1).lower().startswith(("multipart/", "message/"))):
        raise UnscreenableError(f"The part {name} is a form inside the form.", name)
    if filename is None and media_type and media_type.group(1).lower() != "text/plain":
        raise UnscreenableError(f"The part {name} has the type of a file but no file name.", name)
    return Part(name, filename, media_type.group(1).lower() if media_type else None, content)


def _headers(head: bytes) -> dict[str, str]:
    found: dict[str, str] = {}
    try:
        lines = head.decode().split("\r\n")
    except UnicodeDecodeError as error:
        raise UnscreenableError("The headers of a part are not UTF-8.", "body") from error
    for line in lines:
        name, colon, value = line.partition(":")
        name = name.lower()
        if not colon or "\r" in line or "\n" in line or name in found:
            raise UnscreenableError("The headers of a part are malformed or repeated.", "body")
        if name not in ("content-disposition", "content-type", "content-length"):
            raise UnscreenableError(f"The header {name[:64]!r} has no place in a part of a form.", "body")
        found[name] = value.strip(" \t")
    if not _LENGTH.fullmatch(found.get("content-length", "0")):
        raise UnscreenableError("The Content-Length of a part is not a number.", "body")
    return found
