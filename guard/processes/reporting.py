"""Reports put together: the registry's part, the record's part, the checkpoint that covers them. Writing a report is an event."""

import base64
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import select

from guard.errors import InvalidInputError, NotFoundError
from guard.processes import custody, parts
from guard.record.checkpoint import stated
from guard.record.log import EventLog, rfc3339, utc_now
from guard.record.query import Log
from guard.record.reports import activity, evidence, transparency
from guard.record.reports.events import Period, about, decisions
from guard.record.reports.evidence import Frame
from guard.record.reports.transparency import Verdict
from guard.record.signing import verifier_keys
from guard.registry.store import Registry
from guard.registry.tables import DIRECTIVE, REVIEW
from guard.settings import Settings
from guard.storage.engine import read


@dataclass(frozen=True, slots=True)
class Report:
    """A report as a page for people and as JSON for programs."""

    html: str
    json: bytes


def subject_of(registry: Registry, wanted: str) -> str:
    """A subject's id, given that or the id of a case of theirs. Raises NotFoundError or InvalidInputError for a case of nobody."""
    if not wanted.startswith("case_"):
        return wanted
    subject_id = registry.get_case(wanted).subject_id
    if subject_id is None:
        raise InvalidInputError(f"case {wanted!r} concerns no registered subject yet")
    return subject_id


class Reporter:
    """Makes reports from one database.

    Args:
        settings: where it is.
        actor: who asks; recorded with each report.
        now: the clock.
    """

    def __init__(self, settings: Settings, actor: str, now: Callable[[], datetime] = utc_now) -> None:
        self._settings, self._actor, self._now = settings, actor, now
        self._engine = parts.open_engine(settings)
        self._registry = parts.open_registry(settings, self._engine)
        self._keyring = self._registry.keyring

    def subject(self, wanted: str, period: Period) -> Report:
        """The evidence pack of a subject, or of the subject of a case. Raises NotFoundError when neither is known."""
        subject_id = subject_of(self._registry, wanted)
        frame = self._frame(period)
        events = list(about(self._engine, self._keyring, subject_id, period))
        register = self._register(subject_id)
        if register is None and not events:
            raise NotFoundError(f"there is no subject {subject_id!r}, and nothing about it in the record")
        log = Log(self._engine)
        size = 0 if frame.checkpoint is None else stated(frame.checkpoint).size
        events = [event for event in events if event.leaf["index"] < size]
        proofs = [[base64.b64encode(step).decode() for step in log.inclusion(event.leaf["index"], size)] for event in events]
        pack = evidence.build(subject_id, frame, events, proofs, register)
        self._record("report.subject", subject_id=subject_id, events=len(events))
        return Report(evidence.html(pack, events), _json(pack))

    def activity(self, wanted: str, period: Period) -> Report:
        """The activity report of a person who is registered."""
        subject_id = subject_of(self._registry, wanted)
        register = self._register(subject_id)
        if register is None:
            raise NotFoundError(f"there is no subject {subject_id!r}, or it was erased")
        report = activity.build(subject_id, self._frame(period), list(about(self._engine, self._keyring, subject_id, period)), register)
        self._record("report.activity", subject_id=subject_id)
        return Report(activity.html(report), _json(report))

    def transparency(self, period: Period) -> Report:
        """The transparency report of everything in a period."""
        frame = self._frame(period)
        found = decisions(self._engine, self._keyring, period)
        report = transparency.build(frame, found, self._verdicts(period), self._scopes())
        self._record("report.transparency")
        return Report(transparency.html(report), _json(report))

    def _frame(self, period: Period) -> Frame:
        log = EventLog(self._engine, parts.open_signer(self._settings), now=self._now)
        try:
            log.checkpoint()
        finally:
            log.close()
        return Frame(
            rfc3339(self._now()),
            rfc3339(period.begins) if period.begins else None,
            rfc3339(period.ends) if period.ends else None,
            Log(self._engine).checkpoint() if Log(self._engine).size() else None,
            tuple(str(key) for key in verifier_keys(self._settings.data_dir)),
        )

    def _register(self, subject_id: str) -> Mapping[str, Any] | None:
        try:
            subject = self._registry.get_subject(subject_id)
        except NotFoundError:
            return None
        directives = [
            {**asdict(view.directive), "use_description": view.use_description, "created_at": view.created_at}
            for view in self._registry.list_directives(subject_id)
        ]
        found = {
            "subject": asdict(subject),
            "directives": directives,
            "cases": [asdict(case) for case in _all_cases(self._registry, subject_id)],
            "faces": [asdict(face) for face in self._registry.list_faces(subject_id)],
        }
        plain: dict[str, Any] = orjson.loads(orjson.dumps(found, default=str))
        return plain

    def _verdicts(self, period: Period) -> list[Verdict]:
        column = REVIEW.c.closed_at
        query = select(column, REVIEW.c.verdict).where(column.is_not(None), REVIEW.c.verdict.is_not(None))
        if period.begins:
            query = query.where(column >= period.begins)
        if period.ends:
            query = query.where(column < period.ends)
        with read(self._engine) as connection:
            return [Verdict(rfc3339(at), verdict) for at, verdict in connection.execute(query.order_by(column))]

    def _scopes(self) -> dict[str, tuple[str, ...]]:
        with read(self._engine) as connection:
            rows = connection.execute(select(DIRECTIVE.c.id, DIRECTIVE.c.reach).order_by(DIRECTIVE.c.version)).all()
        return {row.id: tuple(row.reach.get("scopes") or ()) for row in rows}

    def _record(self, action: str, **details: Any) -> None:
        custody.tell(self._engine, self._keyring, self._actor, action, details)


def _all_cases(registry: Registry, subject_id: str) -> list[Any]:
    found: list[Any] = []
    cursor = None
    while True:
        page = registry.list_cases(200, cursor, subject_id=subject_id)
        found += page.items
        cursor = page.next_cursor
        if cursor is None:
            return found


def _json(value: Mapping[str, Any]) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
