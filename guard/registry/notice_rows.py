"""Writing notices down, in the transaction of the step that they tell of."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any

import orjson
from sqlalchemy import insert

from guard.registry.desk import Writing, seal_words
from guard.registry.tables import NOTICE

PENDING = "pending"
OVERDUE = "overdue"
NOTIFY = "notify"
_MAILBOX = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,255}")  # dot-atom of RFC 5322, no quoting, no line ends


class Channel(StrEnum):
    """How a notice travels; a setting opens each."""

    MAIL = "mail"
    WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True)
class Wish:
    """That a rule wants `desk` to hear of a decision about somebody, or about nobody (an empty `subject_id`)."""

    decision_id: str
    at: str
    desk: str
    rule: str
    subject_id: str
    outcome: str
    mode: str

    @property
    def thread(self) -> str:
        """The same for all that is told of one rule and person to one desk; it stands where other notices have their case."""
        return f"notify_{sha256(orjson.dumps([self.desk, self.rule, self.subject_id])).hexdigest()[:24]}"


def mailbox(contact: str | None) -> str | None:
    """The contact as a mail address, None where it is none."""
    found = _MAILBOX.fullmatch((contact or "").strip())
    return found[0] if found else None


def post(writing: Writing, key: bytes, case_id: str, step: int | str, template: str, contact: str | None, words: dict[str, Any]) -> None:
    """A notice on every open channel that can carry it: mail where there is an address, the webhook always."""
    for channel in writing.channels:
        to = mailbox(contact)
        if channel == Channel.MAIL and to is None:
            continue
        notice_id = f"ntc_{case_id.removeprefix('case_')}_{step}_{template}_{channel}"
        sealed = seal_words(key, f"notice:{notice_id}", {"to": to if channel == Channel.MAIL else None, **words})
        row: dict[str, Any] = {
            "id": notice_id,
            "case_id": case_id,
            "template": template,
            "channel": channel,
            "sealed": sealed,
            "status": PENDING,
        }
        row |= {"attempts": 0, "next_at": writing.at, "created_at": writing.at, "sent_at": None}
        writing.connection.execute(insert(NOTICE), [row])


def rfc3339(at: datetime | None) -> str:
    """To the minute, for people."""
    return "" if at is None else at.strftime("%Y-%m-%d %H:%M UTC")
