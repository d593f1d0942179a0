"""One worker process that looks at pictures: accept a connection, look at one, answer, close; no threads, no state but the models.

Workers share one listening socket and the kernel gives each connection to one that waits, so a busy worker is never
asked. What a picture may cost is bounded from outside the code that touches it: address space (RLIMIT_AS), wall time
(an alarm that ends the process), and the process starts afresh after a number of pictures or when it has grown.
"""

import ctypes
import gc
import resource
import select
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import orjson

from guard.errors import GuardError, UnscreenableError
from guard.faceworker import wire
from guard.settings import Settings
from guard.types import Picture

PICTURES_PER_LIFE = 5_000
GROWN_BYTES = 450_000_000
ADDRESS_SPACE_BYTES = 4_000_000_000
READ_TIMEOUT_S = 10.0
IDLE_S = 0.2
"""After this long without the next picture there is time to forget the last one; until then the next overwrites it."""

Look = Callable[[Picture, Callable[[], bool], bool], bytes]
"""Looks at a picture (and asks now and then whether nobody waits any more; for faces: whether for small ones too); the answer as bytes."""


class _StopError(Exception):
    """The supervisor asked this worker to end while it had nothing to do."""


class _Life:
    """Ends on SIGTERM: at once when idle, else after the picture in hand."""

    def __init__(self) -> None:
        self.busy = False
        self.ending = False

    def on_signal(self, _signal: int, _frame: FrameType | None) -> None:
        """The handler of SIGTERM."""
        self.ending = True
        if not self.busy:
            raise _StopError


def serve(listening_socket: socket.socket, settings: Settings) -> None:
    """Look for faces."""
    from guard.faceworker.encoders import encoders, second_detector
    from guard.faceworker.look import Looker

    limit_memory(ADDRESS_SPACE_BYTES)
    looker = Looker(
        max_pixels=settings.max_image_pixels,
        max_frames=settings.max_frames,
        time_s=settings.face_timeout_s,
        second=second_detector(settings),
        encoders=encoders(settings),
    )
    looker.warm_up()
    work(listening_socket, settings, lambda picture, gone, small: wire.dump_answer(looker.look(picture, gone, small)), rest=looker.warm_up)


def work(
    listening_socket: socket.socket,
    settings: Settings,
    look: Look,
    grown_bytes: int = GROWN_BYTES,
    rest: Callable[[], None] = lambda: None,
) -> None:
    """Answer until told to end (SIGTERM) or until it is time to be replaced; then return, for an exit status of 0.

    With nothing to do, the last picture is forgotten: `rest` overwrites what the models keep of it, and freed memory goes back.
    """
    gc.freeze()
    life = _Life()
    signal.signal(signal.SIGTERM, life.on_signal)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    listening_socket.settimeout(None)
    served = 0
    try:
        while not life.ending and served < PICTURES_PER_LIFE and _resident_bytes() < grown_bytes:
            connection, _ = listening_socket.accept()
            life.busy = True
            served += _serve_one(connection, look, settings)
            life.busy = False
            if not select.select([listening_socket], [], [], IDLE_S)[0]:
                rest()
                _give_back_memory()
    except _StopError:
        return


def _serve_one(connection: socket.socket, look: Look, settings: Settings) -> int:
    """One connection; 1 if a picture was looked at."""
    with connection:
        connection.settimeout(READ_TIMEOUT_S)
        try:
            request = _read(connection, settings)
            if request.picture is None:
                connection.sendall(wire.STARTED + wire.LENGTH.pack(10) + b'{"size":0}')
                return 0
            if _client_gone(connection):
                return 0
            connection.sendall(wire.STARTED)
            connection.sendall(_answer(request, request.picture, look, connection, settings))
        except OSError:
            return 0
    return 1


def _answer(request: wire.Request, picture: Picture, look: Look, connection: socket.socket, settings: Settings) -> bytes:
    """The answer or the error as bytes. The alarm ends the process if the looking outlasts its own clock by far."""
    signal.alarm(int(settings.face_timeout_s) + 5)
    try:
        return look(picture, lambda: _client_gone(connection), request.small_faces)
    except GuardError as error:
        return wire.dump_error(error)
    except MemoryError:
        return wire.dump_error(UnscreenableError("the picture needs more memory than a worker may use", picture.where))
    finally:
        signal.alarm(0)


def _read(connection: socket.socket, settings: Settings) -> wire.Request:
    """The whole request; garbage, or one larger than any body we accept, is answered by closing the connection."""
    (length,) = wire.LENGTH.unpack(_exactly(connection, wire.LENGTH.size))
    if length > wire.MAX_HEAD_BYTES:
        raise ConnectionAbortedError("head too long")
    try:
        head: dict[str, Any] = orjson.loads(_exactly(connection, length))
        if not 0 <= head["size"] <= max(settings.max_body_bytes, settings.max_answer_bytes):
            raise ConnectionAbortedError("picture too long")
        return wire.load_request(head, _exactly(connection, head["size"]))
    except (KeyError, TypeError, ValueError) as garbage:
        raise ConnectionAbortedError("not a request") from garbage


def _exactly(connection: socket.socket, size: int) -> bytes:
    received = bytearray(size)
    view = memoryview(received)
    while view:
        count = connection.recv_into(view)
        if count == 0:
            raise ConnectionAbortedError("the client has gone")
        view = view[count:]
    return bytes(received)


def _client_gone(connection: socket.socket) -> bool:
    """Whether the other end was closed: then nobody waits for the answer."""
    readable, _, _ = select.select([connection], [], [], 0)
    if not readable:
        return False
    try:
        return connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def limit_memory(size_bytes: int) -> None:
    """Cap the address space of this process."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard == resource.RLIM_INFINITY or hard > size_bytes:
        resource.setrlimit(resource.RLIMIT_AS, (size_bytes, hard))


def _give_back_memory() -> None:
    """Return freed memory to the system, and with it what is left of pictures in it (glibc; elsewhere the next picture overwrites it)."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def _resident_bytes() -> int:
    """Resident memory now (Linux), or 0 where the system does not tell: then only the count of pictures replaces the worker."""
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    except OSError:
        return 0
    return pages * resource.getpagesize()
