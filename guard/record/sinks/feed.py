"""A feed moves one sink along the log: read from the cursor, send, and only then write the cursor down."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine, select
from sqlalchemy.exc import SQLAlchemyError

from guard.errors import GuardError
from guard.record.bodies import Keys
from guard.record.reading import size_of
from guard.record.sinks import cursors, outgoing
from guard.record.sinks.config import SinkConfig
from guard.record.sinks.cursors import Place
from guard.record.sinks.senders import Sender, SinkError
from guard.record.tables import SINK_CURSOR
from guard.record.times import utc_now
from guard.storage.engine import read

log = logging.getLogger(__name__)

POLL_S = 1.0
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 60.0
_C = SINK_CURSOR.c


@dataclass(frozen=True, slots=True)
class Lag:
    """How far a sink is behind: `updated_at` is when it last confirmed something, None when never."""

    sink: str
    next_index: int
    behind: int
    updated_at: str | None


class Feed:
    """One sink.

    Args:
        engine: the database.
        keyring: opens bodies.
        config: what the sink gets.
        sender: the way there.
        now: the clock.
    """

    def __init__(self, engine: Engine, keyring: Keys, config: SinkConfig, sender: Sender, now: Callable[[], datetime] = utc_now) -> None:
        self._engine, self._keyring, self._config, self._sender, self._now = engine, keyring, config, sender, now
        self._again_from: int | None = None

    def run(self, stop: threading.Event, poll_s: float = POLL_S, first_wait_s: float = FIRST_WAIT_S) -> None:
        """Sends until stopped; waits twice as long after each failure, up to a minute."""
        failures = 0
        while not stop.is_set():
            try:
                more = self.step()
            except (SinkError, SQLAlchemyError, GuardError) as error:
                wait_s = min(first_wait_s * 2 ** min(failures, 10), LONGEST_WAIT_S)
                log.warning("sink %s is behind, trying again in %.1f s: %s", self._config.name, wait_s, error)
                failures += 1
                stop.wait(wait_s)
            else:
                failures = 0
                if not more:
                    stop.wait(poll_s)
        self._sender.close()

    def step(self) -> bool:
        """Sends one batch and one checkpoint, if there are; whether there may be more at once.

        Raises:
            SinkError: it was not confirmed; the cursor is where it was.
        """
        place = self.place()
        try:
            sent = self._events(place) if self._config.events else 0
            self._checkpoint(self.place() if sent else place)
        except SinkError:
            self._again_from = max(0, place.next_index - self._sender.overlap)
            raise
        return sent == self._config.batch

    def place(self) -> Place:
        """How far this sink has confirmed."""
        return cursors.place(self._engine, self._config.name) or Place()

    def _events(self, place: Place) -> int:
        start = place.next_index if self._again_from is None else self._again_from
        config = self._config
        batch = outgoing.events(self._engine, self._keyring, start, config.batch, config.content, config.format)
        if batch:
            self._sender.send(batch)
            reached = batch[-1].index + 1
            self._again_from = reached if reached < place.next_index else None
            self._write(Place(max(reached, place.next_index), place.checkpoint_size))
        else:
            self._again_from = None
        return len(batch)

    def _checkpoint(self, place: Place) -> None:
        if not self._config.checkpoints or not self._due():
            return
        checkpoint = outgoing.newest_checkpoint(self._engine, place.checkpoint_size)
        if checkpoint is not None:
            self._sender.send_checkpoint(checkpoint)
            self._write(Place(place.next_index, checkpoint.size))

    def _due(self) -> bool:
        """Whether enough time has passed; what is sent seldom is sent nothing but checkpoints, so its cursor tells when the last went."""
        if not self._config.every_s:
            return True
        with read(self._engine) as connection:
            last = connection.execute(select(_C.updated_at).where(_C.sink == self._config.name)).scalar()
        return last is None or self._now() - datetime.fromisoformat(last) >= timedelta(seconds=self._config.every_s)

    def _write(self, place: Place) -> None:
        cursors.confirm(self._engine, self._config.name, place, self._now())


def lags(engine: Engine, names: list[str]) -> list[Lag]:
    """How far each of these sinks is behind the log."""
    with read(engine) as connection:
        size = size_of(connection)
        rows = {row.sink: row for row in connection.execute(select(SINK_CURSOR))}
    found = []
    for name in names:
        row = rows.get(name)
        place = row.next_index if row is not None else 0
        found.append(Lag(name, place, size - place, row.updated_at if row is not None else None))
    return found
