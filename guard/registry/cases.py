"""Cases: requests on their way from intake to an end, with clocks; a step that decides also changes the directive."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, update

from guard.errors import ConflictError, NotFoundError
from guard.registry import case_files, evidence, kinds, receipts
from guard.registry.clocks import Clock, escalation
from guard.registry.desk import Writing
from guard.registry.directive_versions import Directives
from guard.registry.profile import view
from guard.registry.tables import CASE, CASE_STEP, SUBJECT
from guard.registry.values import By, Case, CaseData, CaseStep, Evidence, Page, Requester, Sign
from guard.types import DirectiveStatus, Effect

INTAKE_KEY = ("registry", "intake")
"""Seals what is known of a case before it concerns a registered subject."""


class Cases(Directives):
    """Listing, opening and moving cases."""

    def list_cases(
        self, limit: int = 50, cursor: str | None = None, *, status: str | None = None, subject_id: str | None = None, overdue: bool = False
    ) -> Page[Case]:
        """Newest first; `overdue` leaves only open ones whose time is over."""
        query = case_files.WITH_SUBJECT.order_by(CASE.c.seq.desc()).limit(limit + 1)
        if cursor is not None:
            query = query.where(CASE.c.seq < int(cursor))
        if status is not None:
            query = query.where(CASE.c.status == status)
        if subject_id is not None:
            query = query.where(SUBJECT.c.id == subject_id)
        if overdue:
            query = query.where(CASE.c.closed_at.is_(None), CASE.c.due_at <= self._clock())
        with self._reading() as connection:
            rows = connection.execute(query).all()
            items = tuple(self._case(connection, row) for row in rows[:limit])
        return Page(items, str(rows[limit - 1].seq) if len(rows) > limit else None)

    def get_case(self, case_id: str) -> Case:
        """One case with its steps."""
        with self._reading() as connection:
            return self._case(connection, self._case_row(connection, case_id))

    def create_case(self, data: CaseData, by: By) -> Case:
        """A case that is not (yet) an opt-out, in state `received`."""
        case_id = self._new_id("case")
        with self._changing("case.create", by, binds=False) as writing:
            connection = writing.connection
            person = self._person(connection, data.subject_id) if data.subject_id else None
            if data.directive_id:
                holder, _ = self._holder(connection, data.directive_id)
                if person is not None and person.no != holder.no:
                    raise ConflictError(f"directive {data.directive_id!r} is not one of subject {person.id!r}")
                person = holder
            key = person.key if person else self.keyring.get_or_create(*INTAKE_KEY, connection)
            sealed = case_files.sealed_case(key, case_id, data.requester, data.evidence, data.note)
            row = case_files.case_row(
                case_id,
                person.no if person else None,
                data.directive_id,
                data.kind,
                case_files.RECEIVED,
                data.requester.role,
                sealed,
                writing.at,
                data.jurisdictions,
            )
            if data.due_at is not None:
                row["due_at"] = data.due_at
            connection.execute(insert(CASE), [row])
            connection.execute(insert(CASE_STEP), [case_files.step_row(case_id, 1, case_files.RECEIVED, by.actor, writing.at)])
            case_files.tell(writing, key, case_id, 1, case_files.RECEIVED, data.requester.contact, row["due_at"])
            if person:
                writing.subjects[person.id] = person.key
            writing.details |= {"case_id": case_id, "kind": data.kind, "status": case_files.RECEIVED}
            writing.result = made = self._case(connection, self._case_row(connection, case_id))
        return made

    def transition_case(
        self, case_id: str, to: str, reason: str, by: By, *, authority: str | None = None, sign: Sign | None = None
    ) -> Case:
        """Moves a case; its directive becomes active, rejected, revoked or superseded with it, in the same transaction.

        With `two_person` the first call for a step that takes two only writes down that it is proposed. An opt-out that becomes
        active gets a fresh receipt. Raises ConflictError for a step that does not lead from where the case is, or that is
        confirmed by whoever proposed it; InvalidInputError where `authority` or a checked proof is owed.
        """
        with self._changing("case.transition", by) as writing:
            connection = writing.connection
            row = self._case_row(connection, case_id)
            allowed = case_files.TRANSITIONS[row.status]
            if to not in allowed:
                ways = ", ".join(sorted(allowed)) or "nowhere: it has ended"
                raise ConflictError(f"case {case_id!r} is {row.status} and cannot become {to!r}; from there it goes to {ways}")
            writing.details["status_before"] = row.status
            key = self._case_key(connection, row)
            if to == case_files.ACTIVE and self.settings.verify_authority:
                kind = self._person(connection, row.subject_id).kind if row.subject_id else None
                evidence.require_authority(row.role, authority, case_files.open_case(key, case_id, row.sealed), kind)
            self._decide_case(writing, row, key, to, reason, authority, sign)
            writing.result = made = self._case(connection, self._case_row(connection, case_id))
        return made

    def check_evidence(self, case_id: str, stated: Evidence, by: By) -> Case:
        """A proof was at hand and has this SHA-256: marks the one that was stated with it, or adds it where it was not stated.

        Raises InvalidInputError where the stated proof of this `ref` has another digest, or no proof of the case has this one.
        """
        with self._changing("case.evidence", by, binds=False) as writing:
            connection = writing.connection
            row = self._case_row(connection, case_id)
            if row.sealed is None:
                raise ConflictError(f"case {case_id!r} concerns somebody who was erased; nothing can be checked in it")
            key = self._case_key(connection, row)
            words = case_files.open_case(key, case_id, row.sealed)
            words["evidence"] = evidence.checked(words["evidence"], stated, by.actor, writing.at)
            connection.execute(update(CASE).where(CASE.c.id == case_id).values(sealed=case_files.seal_case(key, case_id, words)))
            if row.subject_id is not None:
                writing.subjects[row.subject_id] = key
            writing.details |= {"case_id": case_id, "sha256": stated.sha256}
            writing.result = made = self._case(connection, self._case_row(connection, case_id))
        return made

    # -- inside ------------------------------------------------------------------------------------------------------

    def _decide_case(
        self, writing: Writing, row: Row[Any], key: bytes, to: str, reason: str, authority: str | None, sign: Sign | None
    ) -> None:
        """Carries the step out, or proposes it where it takes two people."""
        status = case_files.DIRECTIVE_AFTER.get(to)
        if row.subject_id is not None:
            writing.subjects[row.subject_id] = key
        if row.directive_id is None or status is None:
            case_files.step(writing, key, row.id, to, reason, authority)
            return
        person, directive = self._holder(writing.connection, row.directive_id)
        changes, lifted = directive.status is not status, {}
        if changes and not self._agreed(writing, person, directive, status, row.id, to, reason, authority):
            return
        if changes:
            if case_files.from_the_public(writing.connection, row.id) and status is DirectiveStatus.ACTIVE:
                # What bounded it was that nobody had looked at it.
                subject = view(person)
                end = kinds.end_of(subject.kind, subject.died, self.settings.post_mortem_years, writing.at)
                directive, lifted = replace(directive, expires_at=end), {"expires_at": kinds.name_of(end)}
            directive = self._next_version(writing, person, directive, status, reason)
        case_files.step(writing, key, row.id, to, reason, authority)
        if changes and status is DirectiveStatus.ACTIVE and directive.effect is Effect.DENY:
            words = case_files.open_case(key, row.id, row.sealed)
            defaults = (words["receipt"] or {}).get("defaults", {}) | lifted
            words["receipt"] = receipts.opt_out(writing, person.id, directive, row.id, defaults, binds=True, sign=sign)
            sealed = case_files.seal_case(key, row.id, words)
            writing.connection.execute(update(CASE).where(CASE.c.id == row.id).values(sealed=sealed))

    def _case_row(self, connection: Connection, case_id: str) -> Row[Any]:
        row = connection.execute(case_files.WITH_SUBJECT.where(CASE.c.id == case_id)).first()
        if row is None:
            raise NotFoundError(f"there is no case {case_id!r}")
        return row

    def _case_key(self, connection: Connection, row: Row[Any]) -> bytes:
        if row.subject_id is not None:
            return self.keyring.get("subject", row.subject_id, connection)
        return self.keyring.get_or_create(*INTAKE_KEY, connection)

    def _case(self, connection: Connection, row: Row[Any]) -> Case:
        words: dict[str, Any] = {}
        key: bytes | None = None
        if row.sealed is not None:  # an erased subject's cases keep their course and lose their words
            key = self._case_key(connection, row)
            words = case_files.open_case(key, row.id, row.sealed)
        steps = case_files.steps_of(connection, key, row.id)
        return Case(
            row.id,
            row.kind,
            row.status,
            row.subject_id,
            row.directive_id,
            Requester(**words["requester"]) if words else Requester(row.role),
            tuple(Evidence(**e) for e in words.get("evidence", ())),
            words.get("note", ""),
            row.opened_at,
            row.due_at,
            row.closed_at,
            steps,
            words.get("receipt"),
            Clock(row.clock),
            escalation(_since(steps, row.opened_at), None if row.closed_at else row.due_at, self._clock()),
        )


def _since(steps: Sequence[CaseStep], opened_at: datetime) -> datetime:
    """When the clock was set that runs: at the last step that was carried out."""
    return next((step.at for step in reversed(steps) if not step.proposes), opened_at)
