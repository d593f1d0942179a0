"""The one call that protects a person: subject, aliases, deny, case and receipt in one transaction."""

from guard.registry import case_files, directive_versions, kinds, receipts
from guard.registry.cases import Cases
from guard.registry.dates import refuse_dates
from guard.registry.profile import judge
from guard.registry.subjects import Subjects
from guard.registry.values import By, OptOut, OptOutReceipt, Sign


class OptOuts(Subjects, Cases):
    """Opting out."""

    def create_opt_out(self, opt_out: OptOut, by: By, *, allow_duplicate: bool = False, sign: Sign | None = None) -> OptOutReceipt:
        """Protects a person, or nothing happens.

        Raises InvalidInputError for an alias that would refuse everything, ConflictError with `Duplicate`s when the
        person is likely registered (unless `allow_duplicate`), ReplayedError for a repeated `Idempotency-Key`.
        """
        profile = judge(opt_out.subject, self.rules, "/subject")
        with self._changing("opt_out.create", by) as writing:
            refuse_dates(opt_out.subject, writing.at, "/subject")
            kind, died = opt_out.subject.kind, opt_out.subject.died
            data, defaults = kinds.fill(opt_out.directive, kind, died, self.settings.post_mortem_years, writing.at)
            directive_versions.refuse_past(data, writing.at)
            if not allow_duplicate:
                self._refuse_duplicates(writing.connection, profile, writing.at)
            person = self._insert_subject(writing, opt_out.subject, profile)
            role = opt_out.requester.role
            status = directive_versions.status_for(role, staff_active=self.settings.staff_opt_outs_active)
            directive = directive_versions.make(self._new_id("dir"), data, status, role)
            self._insert_version(writing, person, directive)
            case_id = self._new_id("case")
            writing.details["case_id"] = case_id
            binds = directive_versions.binds(directive, pending_protects=self.settings.pending_protects)
            receipt = receipts.opt_out(writing, person.id, directive, case_id, defaults, binds=binds, sign=sign)
            case_files.open_for(writing, person, directive, opt_out.requester, opt_out.evidence, case_id, receipt)
            warnings = kinds.warnings(data, kind, opt_out.subject.born, died, defaults)
            writing.result = made = OptOutReceipt(person.id, directive.id, case_id, status, writing.revision, receipt, warnings)
        return made
