"""Directives as rows: versions that are only ever added. What they mean together is decided in `guard.decide.directives`."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, Row, Text, insert, select, type_coerce

from guard.errors import ConflictError, FieldError, InvalidInputError, NotFoundError
from guard.registry import approvals, case_files, keys, kinds
from guard.registry.desk import Desk, Person, Writing, open_words, seal_words
from guard.registry.profile import view
from guard.registry.tables import DIRECTIVE, SUBJECT
from guard.registry.values import STAFF, By, DirectiveChange, DirectiveData, DirectiveView, Evidence, Requester
from guard.types import Channel, Directive, DirectiveStatus, Effect

BINDING = frozenset({DirectiveStatus.ACTIVE, DirectiveStatus.PENDING_VERIFICATION})
COLUMNS = (
    DIRECTIVE.c.id,
    DIRECTIVE.c.version,
    DIRECTIVE.c.effect,
    DIRECTIVE.c.status,
    DIRECTIVE.c.authority,
    DIRECTIVE.c.tenant,
    type_coerce(DIRECTIVE.c.reach, Text).label("reach"),
    DIRECTIVE.c.max_uses,
    DIRECTIVE.c.effective_from,
    DIRECTIVE.c.expires_at,
)
_SECOND = "this waits for a second person: somebody else has to take the same step in case {}"
_LISTS = ("scopes", "exemptions", "channels", "jurisdictions", "purposes", "endpoints", "models", "terms")


class DirectiveReader:
    """Rows to `Directive`s. Very many share one reach, which is parsed once and then shared in memory as well."""

    def __init__(self) -> None:
        self._reaches: dict[str, tuple[Any, ...]] = {}
        self._effects = {e.value: e for e in Effect}
        self._states = {s.value: s for s in DirectiveStatus}

    def read(self, row: Row[Any] | Sequence[Any]) -> Directive:
        """The directive in the first columns of `row`, which are `COLUMNS`."""
        directive_id, version, effect, status, authority, tenant, reach, max_uses, effective_from, expires_at = row[:10]
        lists = self._reaches.get(reach)
        if lists is None:
            lists = self._reaches[reach] = _parse_reach(reach)
        scopes, exemptions, channels, jurisdictions, purposes, endpoints, models, terms = lists
        return Directive(
            directive_id,
            version,
            self._effects[effect],
            self._states[status],
            scopes,
            exemptions,
            channels,
            jurisdictions,
            authority,
            tenant,
            purposes,
            endpoints,
            models,
            terms,
            max_uses,
            effective_from,
            expires_at,
        )


def _parse_reach(reach: str) -> tuple[Any, ...]:
    lists = orjson.loads(reach)
    return tuple(tuple(map(Channel, lists.get(name, ()))) if name == "channels" else tuple(lists.get(name, ())) for name in _LISTS)


def newest(connection: Connection, subject_no: int) -> list[Directive]:
    """The version that holds of each of a subject's directives, in the order of their making."""
    reader = DirectiveReader()
    query = select(*COLUMNS).where(DIRECTIVE.c.subject_no == subject_no).order_by(DIRECTIVE.c.version, DIRECTIVE.c.created_at)
    return list({row.id: reader.read(row) for row in connection.execute(query)}.values())


def protecting(directives: Iterable[Directive], now: datetime, *, pending_protects: bool) -> list[Directive]:
    """The denies among them that hold now or will hold by themselves later."""
    denies = [d for d in directives if d.effect is Effect.DENY and binds(d, pending_protects=pending_protects)]
    return [d for d in denies if d.expires_at is None or d.expires_at > now]


def protected(connection: Connection, subject_no: int, now: datetime, *, pending_protects: bool) -> bool:
    """Whether a deny holds for the subject at this moment."""
    denies = protecting(newest(connection, subject_no), now, pending_protects=pending_protects)
    return any(d.effective_from is None or d.effective_from <= now for d in denies)


def binds(directive: Directive, *, pending_protects: bool) -> bool:
    """Whether a deny of this status protects."""
    return directive.status in (BINDING if pending_protects else {DirectiveStatus.ACTIVE})


def status_for(role: str, *, staff_active: bool) -> DirectiveStatus:
    """How a directive starts: staff acts on verified requests; everybody else's waits for verification, and protects meanwhile."""
    return DirectiveStatus.ACTIVE if role == "staff" and staff_active else DirectiveStatus.PENDING_VERIFICATION


def refuse_past(data: DirectiveData, now: datetime) -> None:
    """Raises InvalidInputError for a directive that would never bind, because its end has passed."""
    if data.expires_at is not None and data.expires_at <= now:
        message = f"has passed already ({data.expires_at.isoformat()}), so this would never bind"
        raise InvalidInputError(f"expires_at {message}", [FieldError("/expires_at", message)])


def make(directive_id: str, data: DirectiveData, status: DirectiveStatus, authority: str) -> Directive:
    """The first version of a directive."""
    return Directive(
        directive_id,
        1,
        data.effect,
        status,
        data.scopes,
        data.exemptions,
        data.channels,
        data.jurisdictions,
        authority,
        data.tenant,
        data.purposes,
        data.endpoints,
        data.models,
        data.terms,
        data.max_uses,
        data.effective_from,
        data.expires_at,
    )


def row_of(directive: Directive, subject_no: int, key: bytes, actor: str, at: datetime, **words: str) -> dict[str, Any]:
    """The row to insert for a version; `words` are what people wrote (`use_description`, `reason`)."""
    said = {name: text for name, text in words.items() if text}
    return {
        "id": directive.id,
        "version": directive.version,
        "subject_no": subject_no,
        "effect": directive.effect.value,
        "status": directive.status.value,
        "authority": directive.authority,
        "tenant": directive.tenant,
        "reach": {name: getattr(directive, name) for name in _LISTS if getattr(directive, name)},
        "max_uses": directive.max_uses,
        "effective_from": directive.effective_from,
        "expires_at": directive.expires_at,
        "words": seal_words(key, _place(directive), said) if said else None,
        "actor": actor,
        "created_at": at,
    }


def _place(directive: Directive) -> str:
    return f"directive:{directive.id}:{directive.version}"


class Directives(Desk):
    """Adding, listing and revoking directives; granting."""

    def list_directives(self, subject_id: str) -> list[DirectiveView]:
        """The version that holds of each directive of a subject, oldest directive first."""
        with self._reading() as connection:
            person = self._person(connection, subject_id)
            return list({view.directive.id: view for view in self._versions(connection, person)}.values())

    def directive_history(self, directive_id: str) -> list[DirectiveView]:
        """Every version of one directive, oldest first."""
        with self._reading() as connection:
            person, _ = self._holder(connection, directive_id)
            return [view for view in self._versions(connection, person) if view.directive.id == directive_id]

    def add_directive(
        self, subject_id: str, data: DirectiveData, by: By, requester: Requester = STAFF, evidence: Sequence[Evidence] = ()
    ) -> DirectiveChange:
        """One more directive for a subject, with the case that tells who asked for it."""
        with self._changing("directive.add", by) as writing:
            person = self._person(writing.connection, subject_id)
            subject = view(person)
            data, defaults = kinds.fill(data, subject.kind, subject.died, self.settings.post_mortem_years, writing.at)
            refuse_past(data, writing.at)
            waits = data.effect in approvals.PERMITTING and self.settings.two_person
            status = status_for(requester.role, staff_active=self.settings.staff_opt_outs_active and not waits)
            directive = make(self._new_id("dir"), data, status, requester.role)
            self._insert_version(writing, person, directive, use_description=data.use_description)
            warnings = self._name_tenant(writing, data.tenant) + kinds.warnings(data, subject.kind, subject.born, subject.died, defaults)
            if defaults.get("expires_at") == kinds.Default.POST_MORTEM_TERM and data.expires_at:
                warnings += (f"nobody stated an end: this ends with the post-mortem term, {data.expires_at.isoformat()}",)
            proposes = case_files.ACTIVE if waits and requester.role == STAFF.role else None
            case_id = case_files.open_for(writing, person, directive, requester, evidence, self._new_id("case"), proposes=proposes)
            if proposes:
                warnings = (*warnings, _SECOND.format(case_id))
            writing.result = made = DirectiveChange(directive.id, 1, status, case_id, writing.revision, warnings)
        return made

    def create_grant(self, subject_id: str, data: DirectiveData, by: By) -> DirectiveChange:
        """An allow for one tenant, active at once: whoever holds a registrar's key vouches for it. Terms make it an allow with terms.

        With `two_person` it waits, in a case, for somebody else who vouches for it too.
        """
        data = replace(data, effect=Effect.ALLOW_WITH_TERMS if data.terms else Effect.ALLOW)
        if self.settings.two_person:
            return self.add_directive(subject_id, data, by)
        with self._changing("grant.create", by) as writing:
            refuse_past(data, writing.at)
            person = self._person(writing.connection, subject_id)
            directive = make(self._new_id("dir"), data, DirectiveStatus.ACTIVE, "staff")
            self._insert_version(writing, person, directive, use_description=data.use_description)
            warnings = self._name_tenant(writing, data.tenant)
            writing.result = made = DirectiveChange(directive.id, 1, directive.status, None, writing.revision, warnings)
        return made

    def revoke_directive(self, directive_id: str, reason: str, by: By) -> DirectiveChange:
        """Ends a directive by a new version. Raises ConflictError when it has ended already.

        With `two_person` the first call for a protection in force only proposes that, in its case; the answer says `active` still.
        """
        with self._changing("directive.revoke", by) as writing:
            person, directive = self._holder(writing.connection, directive_id)
            if directive.status not in BINDING:
                raise ConflictError(f"directive {directive_id!r} is {directive.status.value} already")
            case_id = case_files.newest_that_may(writing.connection, directive_id, case_files.WITHDRAWN)
            if not self._agreed(writing, person, directive, DirectiveStatus.REVOKED, case_id, case_files.WITHDRAWN, reason):
                writing.subjects[person.id] = person.key
                waits = DirectiveChange(
                    directive_id, directive.version, directive.status, case_id, writing.revision, (_SECOND.format(case_id),)
                )
                writing.result = waits
                return waits
            revoked = self._next_version(writing, person, directive, DirectiveStatus.REVOKED, reason)
            case_files.follow(writing, person, directive_id, case_files.WITHDRAWN, reason)
            writing.result = made = DirectiveChange(directive_id, revoked.version, revoked.status, None, writing.revision)
        return made

    # -- for the other parts of the registry -------------------------------------------------------------------------

    def _holder(self, connection: Connection, directive_id: str) -> tuple[Person, Directive]:
        """Whose directive this is, and the version that holds."""
        row = connection.execute(
            select(*COLUMNS, SUBJECT.c.id.label("subject_id"))
            .join(SUBJECT, SUBJECT.c.no == DIRECTIVE.c.subject_no)
            .where(DIRECTIVE.c.id == directive_id, SUBJECT.c.erased_at.is_(None))
            .order_by(DIRECTIVE.c.version.desc())
            .limit(1)
        ).first()
        if row is None:
            raise NotFoundError(f"there is no directive {directive_id!r}")
        return self._person(connection, row.subject_id), DirectiveReader().read(row)

    def _agreed(
        self,
        writing: Writing,
        person: Person,
        directive: Directive,
        status: DirectiveStatus,
        case_id: str | None,
        to: str,
        reason: str,
        authority: str | None = None,
    ) -> bool:
        """Whether bringing a directive to `status` may be carried out; otherwise that has been proposed in its case."""
        if not (self.settings.two_person and approvals.takes_two(directive, status)):
            return True
        if case_id is None:
            raise ConflictError(
                f"directive {directive.id!r} has no case in which two people could agree; open one with POST /admin/v1/cases"
            )
        first = case_files.proposal(writing.connection, person.key, case_id)
        if first is not None and first.proposes == to:
            approvals.seconds(writing.connection, first.actor, writing.by.actor)
            writing.details["proposed_by"] = first.actor
            return True
        case_files.propose(writing, person.key, case_id, to, reason, authority)
        return False

    def _insert_version(self, writing: Writing, person: Person, directive: Directive, **words: str) -> None:
        row = row_of(directive, person.no, person.key, writing.by.actor, writing.at, **words)
        writing.connection.execute(insert(DIRECTIVE), [row])
        self._touch(writing, person)
        writing.details |= {
            "subject_id": person.id,
            "directive_id": directive.id,
            "version": directive.version,
            "effect": directive.effect.value,
            "status": directive.status.value,
            "tenant": directive.tenant,
        }

    def _next_version(self, writing: Writing, person: Person, directive: Directive, status: DirectiveStatus, reason: str) -> Directive:
        version = replace(directive, version=directive.version + 1, status=status)
        writing.details["status_before"] = directive.status.value
        self._insert_version(writing, person, version, reason=reason)
        return version

    def _name_tenant(self, writing: Writing, tenant: str | None) -> tuple[str, ...]:
        if tenant is None:
            return ()
        keys.ensure_tenant(writing.connection, self.keyring, tenant, writing.at)
        if keys.has_caller(writing.connection, tenant):
            return ()
        return (f"tenant {tenant!r} has no caller key yet, so nobody can use this grant; make one with POST /admin/v1/keys",)

    def _versions(self, connection: Connection, *people: Person) -> list[DirectiveView]:
        """Every version of the directives of people whose numbers follow each other, a directive's oldest first."""
        reader, holders = DirectiveReader(), {person.no: person for person in people}
        query = (
            select(*COLUMNS, DIRECTIVE.c.subject_no, DIRECTIVE.c.words, DIRECTIVE.c.actor, DIRECTIVE.c.created_at)
            .where(DIRECTIVE.c.subject_no.between(min(holders, default=0), max(holders, default=0)))
            .order_by(DIRECTIVE.c.version, DIRECTIVE.c.created_at)
        )
        made: dict[str, DirectiveView] = {}
        views: list[DirectiveView] = []
        for row in connection.execute(query):
            person = holders.get(row.subject_no)
            if person is None:
                continue  # erased
            directive = reader.read(row)
            words = open_words(person.key, _place(directive), row.words)
            first = made.get(directive.id)
            view = DirectiveView(
                person.id,
                directive,
                words.get("use_description", first.use_description if first else ""),
                words.get("reason", ""),
                row.actor,
                first.created_at if first else row.created_at,
                row.created_at,
            )
            made.setdefault(directive.id, view)
            views.append(view)
        return views
