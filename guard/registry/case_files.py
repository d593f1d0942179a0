"""The rows of cases: what states there are, how one opens, and how its steps are written down."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from guard.registry.clocks import Clock, clock_of, due
from guard.registry.desk import Person, Writing, open_words, seal_words
from guard.registry.notice_rows import post, rfc3339
from guard.registry.tables import CASE, CASE_STEP, SUBJECT
from guard.registry.values import CaseStep, Evidence, Requester
from guard.types import Directive, DirectiveStatus, Effect

RECEIVED = "received"
VERIFYING = "verifying"
ACTIVE = "active"
REJECTED = "rejected"
DISPUTED = "disputed"
APPEALED = "appealed"
WITHDRAWN = "withdrawn"
SUPERSEDED = "superseded"

TRANSITIONS: Mapping[str, frozenset[str]] = {
    RECEIVED: frozenset({VERIFYING, ACTIVE, REJECTED, WITHDRAWN}),
    VERIFYING: frozenset({ACTIVE, REJECTED, WITHDRAWN}),
    ACTIVE: frozenset({DISPUTED, WITHDRAWN, SUPERSEDED}),
    DISPUTED: frozenset({ACTIVE, REJECTED, WITHDRAWN}),
    REJECTED: frozenset({APPEALED}),
    APPEALED: frozenset({ACTIVE, REJECTED, WITHDRAWN}),
    WITHDRAWN: frozenset(),
    SUPERSEDED: frozenset(),
}
"""From where to where a case may go."""

DIRECTIVE_AFTER: Mapping[str, DirectiveStatus] = {
    VERIFYING: DirectiveStatus.PENDING_VERIFICATION,
    ACTIVE: DirectiveStatus.ACTIVE,
    REJECTED: DirectiveStatus.REJECTED,
    WITHDRAWN: DirectiveStatus.REVOKED,
    SUPERSEDED: DirectiveStatus.SUPERSEDED,
}
"""What a step makes of the case's directive. A dispute or an appeal alone changes nothing."""

PUBLIC = "public-intake"
"""Who opens the cases of the public form."""

CLOSED = frozenset({ACTIVE, REJECTED, WITHDRAWN, SUPERSEDED})

WITH_SUBJECT = select(CASE, SUBJECT.c.id.label("subject_id")).outerjoin(SUBJECT, SUBJECT.c.no == CASE.c.subject_no)


def sealed_case(
    key: bytes, case_id: str, requester: Requester, evidence: Sequence[Evidence], note: str = "", receipt: Mapping[str, Any] | None = None
) -> bytes:
    """Who asked, with what proof, and what they were told."""
    words = {"requester": asdict(requester), "evidence": [asdict(e) for e in evidence], "note": note, "receipt": receipt}
    return seal_case(key, case_id, words)


def seal_case(key: bytes, case_id: str, words: Mapping[str, Any]) -> bytes:
    """What `open_case` opened, perhaps changed."""
    return seal_words(key, f"case:{case_id}", words)


def open_case(key: bytes, case_id: str, sealed: bytes | None) -> dict[str, Any]:
    """What `sealed_case` sealed."""
    return open_words(key, f"case:{case_id}", sealed)


def case_row(
    case_id: str,
    subject_no: int | None,
    directive_id: str | None,
    kind: str,
    status: str,
    role: str,
    sealed: bytes,
    at: datetime,
    jurisdictions: Sequence[str] = (),
) -> dict[str, Any]:
    """The row to insert for a new case."""
    closed = status in CLOSED
    clock = clock_of(kind, role, jurisdictions)
    return {
        "id": case_id,
        "subject_no": subject_no,
        "directive_id": directive_id,
        "kind": kind,
        "status": status,
        "role": role,
        "clock": clock.value,
        "sealed": sealed,
        "opened_at": at,
        "due_at": None if closed else due(clock, at),
        "closed_at": at if closed else None,
    }


def step_row(case_id: str, step: int, status: str, actor: str, at: datetime, sealed: bytes | None = None) -> dict[str, Any]:
    """The row to insert for a step."""
    return {"case_id": case_id, "step": step, "status": status, "actor": actor, "sealed": sealed, "at": at}


def from_the_public(connection: Connection, case_id: str) -> bool:
    """Whether the public form opened this case."""
    return connection.execute(select(CASE_STEP.c.actor).where(CASE_STEP.c.case_id == case_id, CASE_STEP.c.step == 1)).scalar() == PUBLIC


def status_of(directive: Directive) -> str:
    """Where the case of a new directive begins."""
    return ACTIVE if directive.status is DirectiveStatus.ACTIVE else VERIFYING


def open_for(
    writing: Writing,
    person: Person,
    directive: Directive,
    requester: Requester,
    evidence: Sequence[Evidence],
    case_id: str,
    receipt: Mapping[str, Any] | None = None,
    proposes: str | None = None,
) -> str:
    """Opens the case of a new directive; returns its id."""
    kind = "opt_out" if directive.effect is Effect.DENY else "grant"
    sealed = sealed_case(person.key, case_id, requester, evidence, receipt=receipt)
    row = case_row(
        case_id, person.no, directive.id, kind, status_of(directive), requester.role, sealed, writing.at, directive.jurisdictions
    )
    writing.connection.execute(insert(CASE), [row])
    words = _step_words(person.key, case_id, 1, proposes=proposes)
    writing.connection.execute(insert(CASE_STEP), [step_row(case_id, 1, status_of(directive), writing.by.actor, writing.at, words)])
    tell(writing, person.key, case_id, 1, status_of(directive), requester.contact, row["due_at"])
    writing.details["case_id"] = case_id
    return case_id


def tell(
    writing: Writing, key: bytes, case_id: str, step_no: int, status: str, contact: str | None, due_at: datetime | None, reason: str = ""
) -> None:
    """The notice that goes with a step."""
    post(writing, key, case_id, step_no, status, contact, {"case_id": case_id, "status": status, "due": rfc3339(due_at), "reason": reason})


def _step_words(key: bytes, case_id: str, number: int, **words: str | None) -> bytes | None:
    said = {name: text for name, text in words.items() if text}
    return seal_words(key, f"case_step:{case_id}:{number}", said) if said else None


def _add_step(writing: Writing, key: bytes, case_id: str, status: str, **words: str | None) -> int:
    """One more step; returns its number."""
    last = writing.connection.execute(select(func.max(CASE_STEP.c.step)).where(CASE_STEP.c.case_id == case_id)).scalar() or 0
    sealed = _step_words(key, case_id, last + 1, **words)
    writing.connection.execute(insert(CASE_STEP), [step_row(case_id, last + 1, status, writing.by.actor, writing.at, sealed)])
    return int(last + 1)


def steps_of(connection: Connection, key: bytes | None, case_id: str) -> tuple[CaseStep, ...]:
    """The steps of a case, oldest first; without a key (its person was erased) without what people wrote."""
    steps = []
    for row in connection.execute(select(CASE_STEP).where(CASE_STEP.c.case_id == case_id).order_by(CASE_STEP.c.step)):
        words = open_words(key, f"case_step:{case_id}:{row.step}", row.sealed) if key is not None else {}
        steps.append(CaseStep(row.status, row.actor, words.get("reason", ""), row.at, words.get("proposes"), words.get("authority")))
    return tuple(steps)


def proposal(connection: Connection, key: bytes, case_id: str) -> CaseStep | None:
    """The last step of a case, if it is one that somebody else has yet to confirm."""
    last = steps_of(connection, key, case_id)[-1]
    return last if last.proposes else None


def propose(writing: Writing, key: bytes, case_id: str, to: str, reason: str, authority: str | None = None) -> None:
    """Writes down that somebody would take this step; the case stays where it is."""
    status = writing.connection.execute(select(CASE.c.status).where(CASE.c.id == case_id)).scalar_one()
    _add_step(writing, key, case_id, status, reason=reason, proposes=to, authority=authority)
    writing.details |= {"case_id": case_id, "case_status": status, "proposed": to}


def newest_that_may(connection: Connection, directive_id: str, to: str) -> str | None:
    """The newest case of a directive from which a step leads there."""
    rows = connection.execute(select(CASE.c.id, CASE.c.status).where(CASE.c.directive_id == directive_id).order_by(CASE.c.seq.desc()))
    return next((case_id for case_id, status in rows if to in TRANSITIONS[status]), None)


def step(writing: Writing, key: bytes, case_id: str, status: str, reason: str, authority: str | None = None) -> None:
    """Brings a case to `status` and writes the step down."""
    number = _add_step(writing, key, case_id, status, reason=reason, authority=authority)
    closed_at = writing.at if status in CLOSED else None
    changed: dict[str, Any] = {"status": status, "closed_at": closed_at}
    row = writing.connection.execute(select(CASE.c.clock, CASE.c.sealed).where(CASE.c.id == case_id)).one()
    if closed_at is None:
        changed["due_at"] = due(Clock(row.clock), writing.at)
    if writing.channels and row.sealed is not None:
        contact = open_case(key, case_id, row.sealed)["requester"]["contact"]
        tell(writing, key, case_id, number, status, contact, changed.get("due_at"), reason)
    writing.connection.execute(update(CASE).where(CASE.c.id == case_id).values(**changed))
    writing.details |= {"case_id": case_id, "case_status": status}


def follow(writing: Writing, person: Person, directive_id: str, status: str, reason: str) -> None:
    """A directive changed by itself: its open cases go the same way, where that way leads from where they are."""
    rows = writing.connection.execute(select(CASE.c.id, CASE.c.status).where(CASE.c.directive_id == directive_id)).all()
    for case_id, now in rows:
        if status in TRANSITIONS[now]:
            step(writing, person.key, case_id, status, reason)
