"""Erasing from the record: bodies and side indexes go, leaves and proofs stay as they are.

Destroying the data key (the keyring's work) already makes the bodies unreadable, in backups too. What is done here takes
the ciphertext and the search rows away as well, so that nothing is left to wonder about. Leaves are never touched.
What a legal hold covers stays until the hold is released (guard/record/legal_holds.py).
"""

from datetime import datetime

from sqlalchemy import ColumnElement, Engine, Table, and_, delete, not_, select, update

from guard.record import legal_holds
from guard.record.log import EventLog, rfc3339
from guard.record.reading import index_at, size_of
from guard.record.tables import EVENT, EVENT_LABEL, EVENT_SUBJECT
from guard.storage import forget_pages, read, write

_AT_ONCE = 1_000  # events a transaction, so that the recorder never waits long for the write lock
_EVENT, _LABEL, _SUBJECT = EVENT.c, EVENT_LABEL.c, EVENT_SUBJECT.c


def erase_subject(engine: Engine, subject_id: str) -> int:
    """Erases every body that concerns a person, and what they could be found by; returns how many events that were.

    Safe to repeat after a crash. Destroy the subject's data key first: what is being recorded meanwhile is then unreadable too.
    """
    _number_what_waits(engine)
    return _erase(engine, EVENT_SUBJECT, _SUBJECT.subject_id == subject_id, remove_subject=subject_id)


def erase_tenant(engine: Engine, tenant: str) -> int:
    """Erases every body of a tenant, and the tenant from the labels; returns how many events that were."""
    _number_what_waits(engine)
    return _erase(engine, EVENT_LABEL, _LABEL.tenant == tenant)


def prune(engine: Engine, before: datetime, *, kind: str | None = None, tenant: str | None = None) -> int:
    """Erases the bodies of events earlier than `before` (of one kind, of one tenant); what they are found by stays."""
    with read(engine) as connection:
        end = index_at(connection, rfc3339(before), size_of(connection))
    conditions = [*([_LABEL.kind == kind] if kind else []), *([_LABEL.tenant == tenant] if tenant else [])]
    return prune_between(engine, 0, end, and_(True, *conditions))


def prune_between(engine: Engine, start: int, end: int, chosen: ColumnElement[bool]) -> int:
    """Erases the bodies of the events start..end-1 that fit (a condition on their labels) and that no hold covers; returns how many."""
    pruned = 0
    for first in range(start, end, _AT_ONCE):
        span = _LABEL["index"].between(first, min(first + _AT_ONCE, end) - 1)
        with write(engine) as connection:
            indexes = select(_LABEL["index"]).where(span, chosen, not_(legal_holds.covered(connection)))
            emptied = update(EVENT).where(_EVENT["index"].in_(indexes), _EVENT.sealed.is_not(None)).values(sealed=None, wrapped_key=None)
            pruned += connection.execute(emptied).rowcount
    if pruned:
        forget_pages(engine)
    return pruned


def _erase(engine: Engine, table: Table, concerned: ColumnElement[bool], remove_subject: str | None = None) -> int:
    erased, after = 0, -1
    while True:
        with write(engine) as connection:
            free = select(_LABEL["index"]).where(not_(legal_holds.covered(connection)))
            chosen = select(table.c["index"]).where(concerned, table.c["index"] > after, table.c["index"].in_(free))
            indexes = list(connection.execute(chosen.order_by(table.c["index"]).limit(_AT_ONCE)).scalars())
            if not indexes:
                break
            after = indexes[-1]
            here = EVENT_SUBJECT.c["index"].in_(indexes)
            connection.execute(update(EVENT).where(_EVENT["index"].in_(indexes)).values(sealed=None, wrapped_key=None))
            if remove_subject is not None:
                connection.execute(delete(EVENT_SUBJECT).where(here, _SUBJECT.subject_id == remove_subject))
            else:
                connection.execute(delete(EVENT_SUBJECT).where(here))
                connection.execute(update(EVENT_LABEL).where(_LABEL["index"].in_(indexes)).values(tenant=None, rule=None))
            erased += len(indexes)
    forget_pages(engine)
    return erased


def _number_what_waits(engine: Engine) -> None:
    log = EventLog(engine)
    try:
        log.integrate()
    finally:
        log.close()
