"""What `notify:` in a policy asks for: recorded decisions become notices in the outbox, away from the path of requests."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import orjson
from sqlalchemy import Engine

from guard.keyring import Keyring
from guard.record.reading import index_at, size_of
from guard.record.rows import Redaction
from guard.record.sinks import cursors, outgoing
from guard.record.sinks.config import Format
from guard.record.times import rfc3339, utc_now
from guard.registry.notice_rows import Wish
from guard.registry.store import Registry
from guard.registry.values import By
from guard.storage.engine import read

CURSOR = "policy:notify"
"""How far the log was read, beside the cursors of sinks, whose names have no colon."""
_BATCH = 500
_LONGEST = 100


class PolicyNotices:
    """Reads the log from where it was left; at first from one `quiet` time ago.

    Args:
        quiet: seconds for which nothing is told again of one rule and person.
    """

    def __init__(self, engine: Engine, keyring: Keyring, registry: Registry, quiet: float, now: Callable[[], datetime] = utc_now) -> None:
        self._engine, self._keyring, self._registry, self._quiet, self._now = engine, keyring, registry, quiet, now

    def step(self, by: By) -> bool:
        """Reads one batch; whether there may be more at once. The cursor moves after the notices are written, so none is lost."""
        place = cursors.place(self._engine, CURSOR)
        start = place.next_index if place is not None else self._first()
        batch = outgoing.events(self._engine, self._keyring, start, _BATCH, Redaction.NONE, Format.JSON)
        if not batch:
            return False
        wishes = [wish for event in batch if event.kind == "decision" for wish in wishes_of(event.document)]
        if wishes:
            self._registry.tell_policy(wishes, by)
        cursors.confirm(self._engine, CURSOR, cursors.Place(batch[-1].index + 1), self._now())
        return len(batch) == _BATCH

    def _first(self) -> int:
        since = rfc3339(self._now() - timedelta(seconds=self._quiet))
        with read(self._engine) as connection:
            return index_at(connection, since, size_of(connection))


def wishes_of(document: outgoing.Document) -> Iterator[Wish]:
    """Who wants to hear of a decision, once for each person it concerns. Nothing where its body is gone."""
    text = document["body"]
    if text is None or '"notify' not in text:
        return
    for obligation in orjson.loads(text).get("obligations", ()):
        kind, _, desk = obligation.partition(":")
        if kind == "notify":
            for subject_id in document["subject_ids"] or [""]:
                rule, outcome, mode = (_line(document[name]) for name in ("rule", "outcome", "mode"))
                yield Wish(document["decision_id"], document["time"], _line(desk) or "staff", rule, subject_id, outcome, mode)


def _line(text: str | None) -> str:
    """Fit for the subject of a mail."""
    return " ".join((text or "").split())[:_LONGEST]
