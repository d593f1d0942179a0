"""Server-sent events (WHATWG HTML, section 9.2), read strictly and incrementally, and framed anew.

Everything a lenient client reader would accept as a field is understood here (`data:` without a space, CRLF, CR or LF,
several data lines, no `event:`), so no client can see an event that this parser did not.
"""

import re
from dataclasses import dataclass

from guard.errors import UpstreamInvalidError

KEEP_ALIVE = b": keep-alive\n\n"
DONE = b"[DONE]"
_WORD = re.compile(rb"[A-Za-z0-9_.:/-]{0,128}")


@dataclass(frozen=True, slots=True)
class Event:
    """One dispatched event. `event` is empty where the stream named none; `data` has its lines joined by LF."""

    event: str
    data: bytes
    id: str | None = None


class Parser:
    """Feed it bytes as they come; it returns the events that became complete.

    Args:
        max_event_bytes: the largest event kept; a larger one raises UpstreamInvalidError.
    """

    def __init__(self, max_event_bytes: int) -> None:
        self._max = max_event_bytes
        self._partial: list[bytes] = []
        self._size = 0
        self._after_cr = False
        self._event = ""
        self._id: str | None = None
        self._data: list[bytes] = []
        self._data_size = 0
        self._first = True

    def feed(self, chunk: bytes) -> list[Event]:
        """The events that `chunk` completed, in order."""
        if self._after_cr and chunk:
            self._after_cr = False
            if chunk[:1] == b"\n":
                chunk = chunk[1:]
        events: list[Event] = []
        position = 0
        while position < len(chunk):
            lf = chunk.find(b"\n", position)
            cr = chunk.find(b"\r", position, lf if lf >= 0 else len(chunk))
            end = cr if cr >= 0 else lf
            if end < 0:
                self._keep(chunk[position:])
                break
            self._keep(chunk[position:end])
            self._line(b"".join(self._partial), events)
            self._partial.clear()
            self._size = 0
            position = end + 1
            if end == cr:
                if position == len(chunk):
                    self._after_cr = True
                elif chunk[position : position + 1] == b"\n":
                    position += 1
        return events

    def end(self) -> list[Event]:
        """At the end of the stream: what the standard would discard, dispatched, because lenient clients dispatch it too."""
        events: list[Event] = []
        if self._partial:
            self._line(b"".join(self._partial), events)
            self._partial.clear()
        self._line(b"", events)
        return events

    def _keep(self, part: bytes) -> None:
        self._size += len(part)
        if self._size + self._data_size > self._max:
            raise UpstreamInvalidError(f"An event of the stream is larger than {self._max} bytes.")
        if part:
            self._partial.append(part)

    def _line(self, line: bytes, events: list[Event]) -> None:
        if self._first:
            self._first = False
            if line.startswith(b"\xef\xbb\xbf"):
                raise UpstreamInvalidError("The stream starts with a byte order mark.")
        if not line:
            if self._data:
                events.append(Event(self._event, b"\n".join(self._data), self._id))
            self._event, self._id, self._data, self._data_size = "", None, [], 0
            return
        name, _, value = line.partition(b":")
        value = value[1:] if value[:1] == b" " else value
        if name == b"data":
            self._data.append(value)
            self._data_size += len(value) + 1
        elif name in (b"event", b"id"):
            text = _word(value)
            if name == b"event":
                self._event = text
            else:
                self._id = text
        elif name and name != b"retry":
            raise UpstreamInvalidError(f"The stream has a field that is none of event, data, id and retry: {name[:32]!r}.")


def _word(value: bytes) -> str:
    """A name or an id, which travels on: nothing that could be a sentence."""
    if not _WORD.fullmatch(value):
        raise UpstreamInvalidError("The stream has an event name or id that is more than a word.")
    return value.decode("ascii")


def frame(event: str, data: bytes, event_id: str | None = None) -> bytes:
    """One event as bytes, in the one framing that every reader agrees about."""
    head = (f"event: {event}\n" if event else "") + (f"id: {event_id}\n" if event_id is not None else "")
    return head.encode() + b"".join(b"data: " + line + b"\n" for line in data.split(b"\n")) + b"\n"
