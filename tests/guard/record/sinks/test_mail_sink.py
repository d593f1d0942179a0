"""Checkpoints by mail: whole, seldom, and again when the server did not take one."""

from email.message import EmailMessage
from typing import Any

import pytest
from sqlalchemy import Engine

from guard.errors import UnavailableError
from guard.record import verify
from guard.record.checkpoint import Signer
from guard.record.log import EventLog
from guard.record.sinks.config import MailTarget, SinkConfig
from guard.record.sinks.feed import Feed
from guard.record.sinks.mail import MailSender


class Server:
    """Takes messages, or does not."""

    def __init__(self) -> None:
        self.taken: list[EmailMessage] = []
        self.down = False

    def __call__(self, message: EmailMessage) -> None:
        if self.down:
            raise UnavailableError("the mail server is down")
        self.taken.append(message)


def test_the_note_arrives_whole_once_a_day(engine: Engine, keys: Any, filled: EventLog, draft: Any, clock: Any, signer: Signer) -> None:
    server, target = Server(), MailTarget(to="auditor@example.org")
    config = SinkConfig(name="mail", mail=target, events=False, checkpoints=True)
    feed = Feed(engine, keys, config, MailSender(target, "guard@example.com", server), now=clock)
    server.down = True
    with pytest.raises(UnavailableError):
        feed.step()
    server.down = False
    feed.step()
    filled.append([draft()])
    filled.checkpoint()
    clock.move(86_399)
    feed.step()
    assert len(server.taken) == 1
    clock.move(1)
    feed.step()
    first, second = server.taken
    assert (first["To"], first["From"], second["Subject"]) == (
        "auditor@example.org",
        "guard@example.com",
        "Checkpoint of guard.example: 8 events",
    )
    [attached] = first.iter_attachments()
    assert attached.get_filename() == "checkpoint-7.txt"
    assert verify.read_checkpoint(attached.get_content().decode(), verify.read_keys(str(signer.key)), "it").size == 7
