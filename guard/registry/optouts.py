"""The one call that protects a person: subject, aliases, deny, case and receipt in one transaction."""

from datetime import datetime
from typing import Any

import orjson

from guard.registry import case_files, directive_versions
from guard.registry.cases import Cases
from guard.registry.desk import Person, Writing
from guard.registry.profile import judge
from guard.registry.subjects import Subjects
from guard.registry.values import By, OptOut, OptOutReceipt, Sign
from guard.types import Directive


def rfc3339(at: datetime | None) -> str | None:
    """UTC with microseconds and `Z`."""
    return None if at is None else at.isoformat(timespec="microseconds").replace("+00:00", "Z")


def signed(content: dict[str, Any], sign: Sign | None) -> dict[str, Any]:
    """The receipt with its signature over the canonical bytes (sorted keys, no spaces) of everything else in it."""
    if sign is None:
        return content
    return {**content, "signature": sign(orjson.dumps(content, option=orjson.OPT_SORT_KEYS))}


class OptOuts(Subjects, Cases):
    """Opting out."""

    def create_opt_out(self, opt_out: OptOut, by: By, *, allow_duplicate: bool = False, sign: Sign | None = None) -> OptOutReceipt:
        """Protects a person, or nothing happens.

        Raises InvalidInputError for an alias that would refuse everything, ConflictError with `Duplicate`s when the
        person is likely registered (unless `allow_duplicate`), ReplayedError for a repeated `Idempotency-Key`.
        """
        profile = judge(opt_out.subject, self.rules, "/subject")
        with self._changing("opt_out.create", by) as writing:
            if not allow_duplicate:
                self._refuse_duplicates(writing.connection, profile, writing.at)
            person = self._insert_subject(writing, opt_out.subject, profile)
            role = opt_out.requester.role
            status = directive_versions.status_for(role, staff_active=self.settings.staff_opt_outs_active)
            directive = directive_versions.make(self._new_id("dir"), opt_out.directive, status, role)
            self._insert_version(writing, person, directive)
            case_id = self._new_id("case")
            writing.details["case_id"] = case_id
            receipt = self._receipt(writing, person, directive, case_id, sign)
            case_files.open_for(writing, person, directive, opt_out.requester, opt_out.evidence, case_id, receipt)
            writing.result = made = OptOutReceipt(person.id, directive.id, case_id, status, writing.revision, receipt)
        return made

    def _receipt(self, writing: Writing, person: Person, directive: Directive, case_id: str, sign: Sign | None) -> dict[str, Any]:
        """What is protected, where and until when; no name, so that it may be stored and shown without care."""
        binds = directive.status in (directive_versions.BINDING if self.settings.pending_protects else {directive.status.ACTIVE})
        content = {
            "type": "opt_out",
            "version": 1,
            "subject_id": person.id,
            "directive_id": directive.id,
            "case_id": case_id,
            "status": directive.status.value,
            "protects": binds and (directive.effective_from is None or directive.effective_from <= writing.at),
            "scopes": list(directive.scopes),
            "exemptions": list(directive.exemptions),
            "modalities": [channel.value for channel in directive.channels],
            "jurisdictions": list(directive.jurisdictions),
            "effective_from": rfc3339(directive.effective_from),
            "expires_at": rfc3339(directive.expires_at),
            "issued_at": rfc3339(writing.at),
            "registry_revision": writing.revision,
            "log_events": writing.announce(),
        }
        return signed(content, sign)
