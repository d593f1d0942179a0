"""What workers and the recorder say to each other over the local socket. Pure.

A frame is its length (4 bytes, of all that follows), a kind (1 byte) and its content. Every frame is answered, in order.
A draft is four lengths (4 bytes each), a JSON head, the skeleton, the sealed body and its wrapped key; the draft that replaces it when
a grant is spent follows it. Numbers are big-endian. Bodies travel as bytes: base64 of them would be a third of the work.
"""

import struct
from typing import NamedTuple

import orjson

from guard.record.event import Draft, GrantUse, Labels

RECORD, POKE, RELEASE = 1, 2, 3
DONE, OTHERWISE, FAILED, REJECTED = 1, 2, 3, 4
MAX_FRAME_BYTES = 16_000_000  # a prompt is at most a few 100 KB; more is a broken peer
_FRAME = struct.Struct("!IB")
_DRAFT = struct.Struct("!IIII")


class WireError(Exception):
    """A peer that does not speak this."""


class Frame(NamedTuple):
    """One message or answer."""

    kind: int
    content: bytes


def frame(kind: int, content: bytes = b"") -> bytes:
    """A frame as it travels."""
    return _FRAME.pack(len(content) + 1, kind) + content


def take_frames(buffer: bytearray) -> list[Frame]:
    """Takes the whole frames off the front of the buffer and leaves the rest in it."""
    frames: list[Frame] = []
    at, end = 0, len(buffer)
    while end - at >= _FRAME.size:
        length, kind = _FRAME.unpack_from(buffer, at)
        if not 1 <= length <= MAX_FRAME_BYTES:
            raise WireError(f"a frame of {length} bytes; at most {MAX_FRAME_BYTES} are allowed")
        if end - at < 4 + length:
            break
        frames.append(Frame(kind, bytes(buffer[at + _FRAME.size : at + 4 + length])))
        at += 4 + length
    del buffer[:at]
    return frames


def dump_draft(draft: Draft) -> bytes:
    """A draft, and after it the one that replaces it."""
    label = draft.labels
    head = orjson.dumps(
        (
            draft.id,
            (label.kind, label.tenant, label.subject_ids, label.outcome, label.stage, label.rule, label.request_id),
            [(use.directive_id, use.max_uses, use.id) for use in draft.reserve],
        )
    )
    sizes = _DRAFT.pack(len(head), len(draft.skeleton), len(draft.sealed), len(draft.wrapped_key))
    after = b"" if draft.otherwise is None else dump_draft(draft.otherwise)
    return b"".join((sizes, head, draft.skeleton, draft.sealed, draft.wrapped_key, after))


def load_draft(content: bytes) -> Draft:
    """What `dump_draft` wrote; `WireError` for anything else."""
    try:
        head_size, skeleton_size, sealed_size, key_size = _DRAFT.unpack_from(content)
        start = _DRAFT.size + head_size
        event_id, (kind, tenant, subject_ids, *rest), uses = orjson.loads(content[_DRAFT.size : start])
        skeleton = content[start : start + skeleton_size]
        start += skeleton_size
        sealed = content[start : start + sealed_size]
        start += sealed_size
        wrapped_key = content[start : start + key_size]
        start += key_size
        if start > len(content):
            raise WireError(f"a draft cut short: {len(content)} of {start} bytes")
        labels = Labels(kind, tenant, tuple(subject_ids), *rest)
        reserve = tuple(GrantUse(*use) for use in uses) if uses else ()
        otherwise = load_draft(content[start:]) if start < len(content) else None
    except (struct.error, ValueError, TypeError) as error:
        raise WireError(f"not a draft: {error}") from error
    return Draft(event_id, skeleton, sealed, wrapped_key, labels, reserve, otherwise)
