"""What a feed needs of a way out."""

from collections.abc import Sequence
from typing import Protocol

from guard.record.sinks.outgoing import Outgoing, OutgoingCheckpoint


class SinkError(Exception):
    """The sink did not confirm; the same is sent again later."""


class Sender(Protocol):
    """Sends, and returns only when the receiver has confirmed as well as its protocol can.

    `overlap`: how many confirmed events are sent again after a failure, because a confirmation may have been worth less than it said.
    """

    overlap: int

    def send(self, events: Sequence[Outgoing]) -> None:
        """Sends these events, in order. Raises SinkError."""

    def send_checkpoint(self, checkpoint: OutgoingCheckpoint) -> None:
        """Sends a checkpoint. Raises SinkError."""

    def close(self) -> None:
        """Lets go of the connection."""
