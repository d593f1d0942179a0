"""The recorder process's loop: read what has come, commit it at once, answer, begin again.

There is no timer and no second thread on this path. While one commit waits for the disk, the next events gather in the
sockets, so the batch is as large as the load wants it: alone an event costs one fsync, with 128 waiting they share it.
"""

import logging
import selectors
import signal
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from guard.errors import LogUnavailableError
from guard.record import wire
from guard.record.event import Draft
from guard.record.log import EventLog, NotRecorded

_LOG = logging.getLogger(__name__)
_READ_BYTES = 1 << 20
_MAX_UNREAD_ANSWERS_BYTES = 1 << 20  # of a worker that asks and never listens
_PACE_S = 0.05  # between two rounds of numbering: nobody waits for them, and few large ones cost less than many small ones
_LISTENER, _WAKE = "listener", "wake"


@dataclass(eq=False, slots=True)
class _Peer:
    """A worker's connection."""

    sock: socket.socket
    inbox: bytearray = field(default_factory=bytearray)
    outbox: bytearray = field(default_factory=bytearray)
    gone: bool = False


class RecorderServer:
    """Serves workers on a listening unix socket until stopped.

    Args:
        listener: bound and listening.
        log: what to record in.
        checkpoint_s: longest time between an event and the checkpoint that covers it.
    """

    def __init__(self, listener: socket.socket, log: EventLog, checkpoint_s: float = 2.0) -> None:
        self._log = log
        self._listener = listener
        self._stopping = False
        self._wake, self._woken = socket.socketpair()
        self._chores = _Chores(log, checkpoint_s)
        self._selector = selectors.DefaultSelector()
        for sock, role in ((listener, _LISTENER), (self._woken, _WAKE)):
            sock.setblocking(False)
            self._selector.register(sock, selectors.EVENT_READ, role)

    def stop(self) -> None:
        """Ends `run` after what has arrived is recorded; may be called from a signal handler or another thread."""
        self._stopping = True
        self._wake.send(b"\0")

    def run(self) -> None:
        """Serves; on the way out records what has arrived and makes a last checkpoint."""
        self._chores.start()
        try:
            while not self._stopping:
                self._turn(self._chores.due_in_s())
            while self._turn(0):
                pass
        finally:
            self._chores.finish()
            for key in list(self._selector.get_map().values()):
                if isinstance(key.data, _Peer):
                    key.data.sock.close()
            self._selector.close()
            self._wake.close()
            self._woken.close()

    def _turn(self, timeout_s: float | None) -> bool:
        """One round; whether anything was asked in it."""
        asked: list[tuple[_Peer, wire.Frame]] = []
        for key, events in self._selector.select(timeout_s):
            if key.data == _LISTENER:
                self._accept()
            elif key.data == _WAKE:
                self._woken.recv(64)
            else:
                if events & selectors.EVENT_WRITE:
                    self._send(key.data)
                if events & selectors.EVENT_READ:
                    asked += [(key.data, frame) for frame in self._read(key.data)]
        if asked:
            self._answer(asked)
        self._chores.work()
        return bool(asked)

    def _accept(self) -> None:
        try:
            sock, _ = self._listener.accept()
        except OSError as error:
            _LOG.warning("a worker could not be let in: %s", error)
            return
        sock.setblocking(False)
        self._selector.register(sock, selectors.EVENT_READ, _Peer(sock))

    def _read(self, peer: _Peer) -> list[wire.Frame]:
        try:
            received = peer.sock.recv(_READ_BYTES)
        except BlockingIOError:
            return []
        except OSError:
            received = b""
        if not received:
            self._drop(peer)
            return []
        peer.inbox += received
        try:
            return wire.take_frames(peer.inbox)
        except wire.WireError as error:
            _LOG.warning("a worker is cut off: %s", error)
            self._drop(peer)
            return []

    def _answer(self, asked: list[tuple[_Peer, wire.Frame]]) -> None:
        answers: list[bytes] = [b""] * len(asked)
        drafts: list[tuple[int, Draft]] = []
        pokes: list[int] = []
        for i, (_, frame) in enumerate(asked):
            if frame.kind == wire.POKE:
                pokes.append(i)
            elif frame.kind == wire.RELEASE:
                use_id = frame.content.decode(errors="replace")
                answers[i] = self._attempt(partial(self._log.release, use_id))
            else:
                try:
                    drafts.append((i, wire.load_draft(frame.content)))
                except wire.WireError as error:
                    answers[i] = wire.frame(wire.REJECTED, str(error).encode())
        if drafts:
            for (i, _), answer in zip(drafts, self._record([draft for _, draft in drafts]), strict=True):
                answers[i] = answer
        if pokes:
            poked = self._attempt(self._log.checkpoint)
            for i in pokes:
                answers[i] = poked
        for (peer, _), answer in zip(asked, answers, strict=True):
            peer.outbox += answer
        for peer in {id(peer): peer for peer, _ in asked}.values():
            self._send(peer)

    def _record(self, drafts: list[Draft]) -> list[bytes]:
        try:
            results = self._log.append(drafts)
        except (LogUnavailableError, ValueError) as error:
            _LOG.error("%d events could not be recorded: %s", len(drafts), error)
            return [wire.frame(wire.FAILED, str(error).encode())] * len(drafts)
        self._chores.something_new()
        answers = []
        for draft, result in zip(drafts, results, strict=True):
            if isinstance(result, NotRecorded):
                answers.append(wire.frame(wire.REJECTED, result.reason.encode()))
            elif result.id == draft.id:
                answers.append(_DONE)
            else:
                answers.append(wire.frame(wire.OTHERWISE, result.id.encode()))
        return answers

    def _attempt(self, work: Callable[[], object]) -> bytes:
        try:
            work()
        except (LogUnavailableError, ValueError) as error:
            _LOG.error("the recorder could not do what it was asked: %s", error)
            return wire.frame(wire.FAILED, str(error).encode())
        return _DONE

    def _send(self, peer: _Peer) -> None:
        if peer.gone:
            return
        try:
            sent = peer.sock.send(peer.outbox)
        except BlockingIOError:
            sent = 0
        except OSError:
            self._drop(peer)
            return
        del peer.outbox[:sent]
        if len(peer.outbox) > _MAX_UNREAD_ANSWERS_BYTES:
            _LOG.warning("a worker is cut off: it does not read its answers")
            self._drop(peer)
            return
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if peer.outbox else 0)
        if self._selector.get_key(peer.sock).events != wanted:
            self._selector.modify(peer.sock, wanted, peer)

    def _drop(self, peer: _Peer) -> None:
        if not peer.gone:
            peer.gone = True
            self._selector.unregister(peer.sock)
            peer.sock.close()


_DONE = wire.frame(wire.DONE)


class _Chores:
    """Numbering what is queued and signing checkpoints, often enough.

    On SQLite they are done between commits (there is one write lock anyway); on PostgreSQL, where numbering is most of the
    work, on a thread and a connection of their own.
    """

    def __init__(self, log: EventLog, checkpoint_s: float) -> None:
        self._log = log
        self._every_s = checkpoint_s
        self._next = time.monotonic()
        self._new = threading.Event()
        self._over = threading.Event()
        self._thread = None if log.direct else threading.Thread(target=self._run, name="integrator", daemon=True)

    def start(self) -> None:
        """Starts the thread, where there is one."""
        if self._thread is not None:
            self._thread.start()

    def something_new(self) -> None:
        """Says that events were recorded."""
        self._new.set()

    def due_in_s(self) -> float | None:
        """How long the caller may wait before the next `work`."""
        return None if self._thread is not None else max(0.0, self._next - time.monotonic())

    def work(self) -> None:
        """Makes a checkpoint when one is due."""
        if self._thread is None and time.monotonic() >= self._next:
            self._checkpoint()
            self._next = time.monotonic() + self._every_s

    def finish(self) -> None:
        """The last checkpoint."""
        self._over.set()
        self._new.set()
        if self._thread is not None:
            self._thread.join()
        self._checkpoint()

    def _run(self) -> None:
        while not self._over.is_set():
            self._new.wait(self._every_s)
            self._new.clear()
            try:
                self._log.integrate()
            except (LogUnavailableError, ValueError) as error:
                _LOG.error("queued events could not be numbered, trying again: %s", error)
                self._over.wait(self._every_s)
            if time.monotonic() >= self._next:
                self._checkpoint()
                self._next = time.monotonic() + self._every_s
            self._over.wait(_PACE_S)

    def _checkpoint(self) -> None:
        try:
            self._log.checkpoint()
        except (LogUnavailableError, ValueError) as error:
            _LOG.error("no checkpoint could be made, trying again in %g s: %s", self._every_s, error)


def serve(listener: socket.socket, log: EventLog, checkpoint_s: float = 2.0) -> None:
    """Runs a recorder in this process until SIGTERM or SIGINT."""
    server = RecorderServer(listener, log, checkpoint_s)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _stack: server.stop())
    server.run()
