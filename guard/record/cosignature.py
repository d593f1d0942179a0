"""Cosignatures: what a witness says of a checkpoint, with the time at which it said it (C2SP tlog-cosignature, Ed25519). Pure.

A cosignature is one more signature line of the note. Its key is of another type than a log's, and it signs two lines and the
note's text:

cosignature/v1
time <seconds since 1970>
"""

import base64
import binascii
from collections.abc import Iterator

from guard.record.checkpoint import COSIGNER, NoteError, VerifierKey

_TIME_BYTES = 8
_BLOB_BYTES = 4 + _TIME_BYTES + 64


def message(note_text: str, at: int) -> bytes:
    """What a witness signs. `note_text`: the note up to and with the line break before the empty line; `at`: seconds since 1970."""
    return f"cosignature/v1\ntime {at}\n{note_text}".encode()


def line_by(note: str, lines: str, key: VerifierKey) -> str | None:
    """The signature line of these that is the key's cosignature of the note, with its line break; None where none is by it.

    Args:
        note: the checkpoint as the log signed it.
        lines: signature lines, as a witness answers; those of other keys are passed over.
        key: the witness's, of type 0x04.

    Raises:
        NoteError: a line claims to be by the key and is not.
    """
    for line, blob in _signatures(lines):
        if line.split(" ")[1] == key.name and blob[:4] == key.hash:
            if not _genuine(note, blob, key):
                raise NoteError(f"the cosignature by {key.id} is wrong")
            return line + "\n"
    return None


def time_of(line: str) -> int:
    """When a cosignature was made, by the witness's clock: seconds since 1970."""
    return int.from_bytes(base64.b64decode(line.split(" ")[2])[4 : 4 + _TIME_BYTES])


def _genuine(note: str, blob: bytes, key: VerifierKey) -> bool:
    text = note.partition("\n\n")[0] + "\n"
    at = int.from_bytes(blob[4 : 4 + _TIME_BYTES])
    return key.kind == COSIGNER and len(blob) == _BLOB_BYTES and key.accepts(message(text, at), blob[4 + _TIME_BYTES :])


def _signatures(lines: str) -> Iterator[tuple[str, bytes]]:
    for line in lines.splitlines():
        parts = line.split(" ")
        if len(parts) == 3 and parts[0] == "—":
            try:
                yield line, base64.b64decode(parts[2], validate=True)
            except binascii.Error:
                continue
