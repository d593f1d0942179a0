"""The outbox: what people are told about their cases, delivered until it arrives.

A notice holds no name and nothing about anybody but the case's number, its state and the reason that staff gave. It is
sealed under the key of the person it concerns, so that erasing them empties the outbox too. What a policy wants told holds
ids only and belongs to no case. Delivery is at least once: a
crash between sending and writing that down sends again, under the same `id`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path
from string import Template
from typing import Any

from sqlalchemy import Connection, Row, exists, select, update

from guard.errors import ConflictError, NotFoundError
from guard.registry import case_files
from guard.registry.cases import INTAKE_KEY, Cases
from guard.registry.desk import Writing, open_words, seal_words
from guard.registry.notice_rows import NOTIFY, OVERDUE, PENDING, Channel, Wish, mailbox, post, rfc3339
from guard.registry.tables import CASE, NOTICE, SUBJECT
from guard.registry.values import By, NoticeView

_TEXTS = Path(__file__).parent / "notice_texts"
_BATCH = 50
_FIRST_WAIT = timedelta(minutes=1)
_LONGEST_WAIT = timedelta(hours=6)
MOST_WISHES = 100
"""Of what policies want told, within `notify_every_s`: a flood of decisions is no flood of mail. The rest is in the record."""
MOST_ATTEMPTS = 20
"""With waits that double from a minute to six hours: given up after about three days."""


class NoticeStatus(StrEnum):
    """`dropped`: whom it concerned was erased first. `failed`: given up."""

    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Notice:
    """One message to deliver. `to` is an address for mail. What a policy wants told has a thread (`Wish.thread`) for its `case_id`."""

    id: str
    case_id: str
    template: str
    channel: Channel
    to: str | None
    words: Mapping[str, str]

    @property
    def type(self) -> str:
        """What it is, for programs."""
        return "policy.notify" if self.template == NOTIFY else f"case.{self.template}"

    def text(self) -> tuple[str, str]:
        """Subject and body."""
        subject, _, body = _text(self.template).safe_substitute(self.words).partition("\n")
        return subject.strip(), body.strip() + "\n"


@cache
def _text(template: str) -> Template:
    return Template((_TEXTS / f"{template}.txt").read_text("utf-8"))


class Notices(Cases):
    """Reading the outbox and keeping its books."""

    def due_notices(self, limit: int = _BATCH) -> list[Notice]:
        """What is to be delivered now, oldest first."""
        query = (
            select(NOTICE, SUBJECT.c.id.label("subject_id"))
            .outerjoin(CASE, CASE.c.id == NOTICE.c.case_id)
            .outerjoin(SUBJECT, SUBJECT.c.no == CASE.c.subject_no)
            .where(NOTICE.c.status == PENDING, NOTICE.c.next_at <= self._clock())
            .order_by(NOTICE.c.seq)
            .limit(limit)
        )
        with self._reading() as connection:
            opened = [self._notice(connection, row) for row in connection.execute(query).all()]
        return [notice for notice in opened if notice is not None]

    def notice_sent(self, notice_id: str, by: By) -> None:
        """It arrived, as far as the next hop says."""
        with self._changing("notice.sent", by, binds=False) as writing:
            self._settle(writing, notice_id, status=NoticeStatus.SENT, sent_at=writing.at, sealed=None)

    def notice_failed(self, notice_id: str, by: By) -> None:
        """It did not; it is tried again later, and given up after `MOST_ATTEMPTS`."""
        with self._changing("notice.failed", by, binds=False) as writing:
            tried = writing.connection.execute(select(NOTICE.c.attempts).where(NOTICE.c.id == notice_id)).scalar() or 0
            wait = min(_FIRST_WAIT * 2**tried, _LONGEST_WAIT)
            over = tried + 1 >= MOST_ATTEMPTS
            status = NoticeStatus.FAILED if over else NoticeStatus.PENDING
            self._settle(writing, notice_id, status=status, attempts=tried + 1, next_at=writing.at + wait)

    def list_notices(self, case_id: str) -> list[NoticeView]:
        """What was, or is to be, told about a case; oldest first."""
        with self._reading() as connection:
            row = self._case_row(connection, case_id)
            key = None if row.sealed is None else self._case_key(connection, row)
            rows = connection.execute(select(NOTICE).where(NOTICE.c.case_id == case_id).order_by(NOTICE.c.seq)).all()
            return [_view(key, each) for each in rows]

    def resend_notice(self, notice_id: str, by: By) -> NoticeView:
        """Puts a notice into the outbox again, to the contact that the case has now, with a fresh count of attempts.

        Its id stays, so that a receiver who got it before can tell. Raises ConflictError where it cannot be told any more.
        """
        with self._changing("notice.resend", by, binds=False) as writing:
            connection = writing.connection
            row = connection.execute(select(NOTICE).where(NOTICE.c.id == notice_id)).first()
            if row is None:
                raise NotFoundError(f"there is no notice {notice_id!r}")
            case = self._case_row(connection, row.case_id)
            if case.sealed is None:
                raise ConflictError(f"notice {notice_id!r} concerns somebody who was erased; nobody can be told any more")
            if row.channel not in writing.channels:
                raise ConflictError(f"no way is set for {row.channel}")
            key = self._case_key(connection, case)
            words = self._words_again(connection, key, case, row)
            changed = {"sealed": seal_words(key, f"notice:{notice_id}", words), "status": PENDING, "attempts": 0, "sent_at": None}
            connection.execute(update(NOTICE).where(NOTICE.c.id == notice_id).values(**changed, next_at=writing.at))
            writing.details |= {"notice_id": notice_id, "case_id": row.case_id}
            made = _view(key, connection.execute(select(NOTICE).where(NOTICE.c.id == notice_id)).one())
            writing.result = made
        return made

    def _words_again(self, connection: Connection, key: bytes, case: Row[Any], row: Row[Any]) -> dict[str, Any]:
        """What a notice said: the case's number, the step that it told of, and whom it goes to now."""
        steps = case_files.steps_of(connection, key, case.id)
        reason = next((step.reason for step in reversed(steps) if step.status == row.template), "")
        contact = case_files.open_case(key, case.id, case.sealed)["requester"]["contact"]
        to = self.settings.notice_staff if row.template == OVERDUE else contact
        if row.channel == Channel.MAIL and mailbox(to) is None:
            raise ConflictError(f"case {case.id!r} has no mail address to write to")
        words = {"case_id": case.id, "status": case.status, "due": rfc3339(case.due_at), "reason": reason, "kind": case.kind}
        return {"to": mailbox(to) if row.channel == Channel.MAIL else None, **words}

    def escalate_cases(self, by: By) -> int:
        """A notice to the staff for every open case whose time is over, once a case and due date; how many."""
        told = exists().where(NOTICE.c.case_id == CASE.c.id, NOTICE.c.template == OVERDUE, NOTICE.c.created_at >= CASE.c.due_at)
        late = case_files.WITH_SUBJECT.where(CASE.c.due_at <= self._clock(), CASE.c.closed_at.is_(None), CASE.c.sealed.is_not(None), ~told)
        with self._reading() as connection:
            if connection.execute(late.limit(1)).first() is None:
                return 0
        with self._changing("case.escalate", by, binds=False) as writing:
            rows = writing.connection.execute(late).all()
            for row in rows:
                words = {"case_id": row.id, "due": rfc3339(row.due_at), "reason": "", "status": row.status, "kind": row.kind}
                number = int(row.due_at.timestamp())  # a case can be late again, with another due date
                post(writing, self._case_key(writing.connection, row), row.id, number, OVERDUE, self.settings.notice_staff, words)
            writing.details["cases"] = [row.id for row in rows]
        return len(rows)

    def tell_policy(self, wishes: Sequence[Wish], by: By) -> int:
        """Notices to the staff of what a policy wants told; how many wishes came through.

        One of each thread within `notify_every_s`, and at most `MOST_WISHES` of all within that time.
        """
        with self._reading() as connection:
            if not self._untold(connection, wishes):
                return 0
        with self._changing("notice.policy", by, binds=False) as writing:
            key = self.keyring.get_or_create(*INTAKE_KEY, writing.connection)
            fresh = self._untold(writing.connection, wishes)
            quiet = str(timedelta(seconds=self.settings.notify_every_s))
            for wish in fresh:
                words = {**asdict(wish), "subject_id": wish.subject_id or "nobody", "quiet": quiet}
                post(writing, key, wish.thread, wish.decision_id, NOTIFY, self.settings.notice_staff, words)
            writing.details |= {"notices": len(fresh), "rules": sorted({wish.rule for wish in fresh})}
        return len(fresh)

    def _untold(self, connection: Connection, wishes: Sequence[Wish]) -> list[Wish]:
        """The first wish of each thread of which nothing was told lately, as far as there is room."""
        since = self._clock() - timedelta(seconds=self.settings.notify_every_s)
        lately = select(NOTICE.c.case_id).where(NOTICE.c.template == NOTIFY, NOTICE.c.created_at > since).distinct()
        told = set(connection.execute(lately).scalars())
        fresh: dict[str, Wish] = {}
        for wish in wishes:
            if wish.thread not in told:
                fresh.setdefault(wish.thread, wish)
        again = select(NOTICE.c.id).where(NOTICE.c.case_id.in_(list(fresh)))  # read twice, after a crash, long after it was told
        known = set(connection.execute(again).scalars())
        untold = [wish for wish in fresh.values() if not any(f"_{wish.decision_id}_" in notice_id for notice_id in known)]
        return untold[: max(0, MOST_WISHES - len(told))]

    def _settle(self, writing: Writing, notice_id: str, **values: object) -> None:
        changed = writing.connection.execute(update(NOTICE).where(NOTICE.c.id == notice_id, NOTICE.c.status == PENDING).values(**values))
        if changed.rowcount == 0:
            raise NotFoundError(f"there is no notice {notice_id!r} that waits")
        writing.details |= {"notice_id": notice_id, "status": str(values["status"])}

    def _notice(self, connection: Connection, row: Row[tuple[object, ...]]) -> Notice | None:
        try:
            words = open_words(self._case_key(connection, row), f"notice:{row.id}", row.sealed)
        except NotFoundError:  # erased between two statements
            return None
        to = words.pop("to", None)
        return Notice(row.id, row.case_id, row.template, Channel(row.channel), to, words)


def _view(key: bytes | None, row: Row[Any]) -> NoticeView:
    to = open_words(key, f"notice:{row.id}", row.sealed).get("to") if key is not None else None
    return NoticeView(
        row.id, row.case_id, row.template, row.channel, to, row.status, row.attempts, row.next_at, row.created_at, row.sent_at
    )
