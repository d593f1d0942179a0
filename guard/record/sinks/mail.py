"""Checkpoints by e-mail: to an auditor who runs no server. The message is the note, to be saved as it is."""

from collections.abc import Callable, Sequence
from email.message import EmailMessage

from guard.record.sinks.config import MailTarget
from guard.record.sinks.outgoing import Outgoing, OutgoingCheckpoint
from guard.record.sinks.senders import SinkError

_TEXT = (
    "The attached checkpoint is what the log said of itself on {time}: {size} events.\n"
    "Keep it where the log's operator cannot change it. An export is checked against it by\n\n"
    "    guard audit verify EXPORT.zip --key log.key --checkpoint checkpoint-{size}.txt\n"
)


class MailSender:
    """Sends to one address.

    Args:
        target: to whom.
        sender: the address it comes from.
        deliver: hands a message to the mail server; raises a `GuardError` when that does not take it.
    """

    overlap = 0

    def __init__(self, target: MailTarget, sender: str, deliver: Callable[[EmailMessage], None]) -> None:
        self._target, self._sender, self._deliver = target, sender, deliver

    def send(self, events: Sequence[Outgoing]) -> None:
        """Nobody is mailed events (guard/record/sinks/config.py sees to it)."""
        raise SinkError(f"{self._target.to}: mail takes checkpoints only")

    def send_checkpoint(self, checkpoint: OutgoingCheckpoint) -> None:
        """As `Sender.send_checkpoint`: returns when the next mail server has taken it."""
        origin = checkpoint.note.partition("\n")[0]
        message = EmailMessage()
        message["From"], message["To"] = self._sender, self._target.to
        message["Subject"] = f"Checkpoint of {origin}: {checkpoint.size} events"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's holiday note answers it
        message.set_content(_TEXT.format(size=checkpoint.size, time=checkpoint.time))
        note = checkpoint.note.encode()
        message.add_attachment(note, maintype="application", subtype="octet-stream", filename=f"checkpoint-{checkpoint.size}.txt")
        self._deliver(message)

    def close(self) -> None:
        """As `Sender.close`."""
