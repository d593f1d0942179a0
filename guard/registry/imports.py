"""Imports: many opt-outs in one transaction, all lines or none. Active at once, and never refused as likely duplicates."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Table, insert

from guard.errors import ConflictError, InvalidInputError
from guard.keyring import KEY_BYTES
from guard.registry import case_files, directive_versions, duplicates, kinds
from guard.registry.dates import refuse_dates
from guard.registry.desk import Writing
from guard.registry.lines import read_lines
from guard.registry.profile import Profile, judge, seal_profile
from guard.registry.subjects import Subjects, next_no, subject_row
from guard.registry.tables import ALIAS, CASE, CASE_STEP, DIRECTIVE, SUBJECT
from guard.registry.values import By, DirectiveData, ImportLine, ImportReport, OptOut, RefusedLine
from guard.types import DirectiveStatus

_CHUNK = 2_000
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A line with all that can be made before the transaction; numbers and revision come in it."""

    subject_id: str
    key: bytes
    kind: str
    sealed: bytes
    tags: tuple[tuple[int, bytes], ...]
    directive: Mapping[str, Any]
    case: Mapping[str, Any]
    step: Mapping[str, Any]


class Imports(Subjects):
    """Importing opt-outs."""

    def import_opt_outs(
        self, content: bytes, by: By, *, dry_run: bool = False, csv: bool = False, progress: Progress | None = None
    ) -> ImportReport:
        """Registers every line of a JSON Lines (or `csv`) file, or none and the reasons. `progress` gets (done, total) lines, checking
        and sealing counted as half each; it is never called inside the transaction."""
        return self.import_lines(list(read_lines(content, csv_format=csv)), by, dry_run=dry_run, progress=progress)

    def import_lines(self, lines: Sequence[ImportLine], by: By, *, dry_run: bool = False, progress: Progress | None = None) -> ImportReport:
        """As `import_opt_outs`, for lines that were parsed elsewhere."""
        tell = progress or (lambda done, total: None)
        profiles, refused = self._judge_lines(lines, tell)
        if refused or dry_run or not profiles:
            return ImportReport(0 if refused else len(profiles), tuple(refused), self.revision(), dry_run)
        # Sealing 100,000 people takes seconds, for which nobody else could write: it is done before the transaction.
        with self._changing("lookup.open", By("system"), binds=False) as writing:
            lookup = duplicates.lookup(writing.connection, self.keyring)
        opt_outs = [line.opt_out for line in lines if line.opt_out is not None]
        at = self._clock()
        prepared: list[_Prepared] = []
        for opt_out, profile in zip(opt_outs, profiles, strict=True):
            prepared.append(self._prepare(opt_out, profile, lookup, by.actor, at))
            if len(prepared) % _CHUNK == 0:
                tell((len(lines) + len(prepared)) // 2, len(lines))
        with self._changing("registry.import", by) as writing:
            if duplicates.lookup(writing.connection, self.keyring) != lookup:
                raise ConflictError("the keys were rotated during the import; start it again")
            no = next_no(writing.connection)
            for start in range(0, len(prepared), _CHUNK):
                self._insert_chunk(writing, prepared[start : start + _CHUNK], no + start)
            writing.details["imported"] = len(prepared)
            writing.result = made = ImportReport(len(prepared), (), writing.revision, False)
        tell(len(lines), len(lines))  # not before: whoever is told may want to write, and would wait for our own transaction
        return made

    def _judge_lines(self, lines: Iterable[ImportLine], tell: Progress) -> tuple[list[Profile], list[RefusedLine]]:
        lines = list(lines)
        judged: list[Profile] = []
        refused: list[RefusedLine] = []
        seen: dict[tuple[str, str], int] = {}
        for position, line in enumerate(lines, 1):
            if line.opt_out is None:
                refused.append(RefusedLine(line.line, line.name, line.reason or "cannot be read"))
                continue
            subject = line.opt_out.subject
            clash = next((seen[pair] for pair in subject.external_ids.items() if pair in seen), None)
            if clash is not None:
                refused.append(RefusedLine(line.line, subject.name, f"has the same external id as line {clash}"))
                continue
            seen.update(dict.fromkeys(subject.external_ids.items(), line.line))
            try:
                refuse_dates(subject, self._clock())
                directive_versions.refuse_past(self._with_defaults(line.opt_out, self._clock()), self._clock())
                judged.append(judge(subject, self.rules))
            except InvalidInputError as exc:
                refused.append(RefusedLine(line.line, subject.name, str(exc)))
            if position % _CHUNK == 0:
                tell(position // 2, len(lines))
        return judged, refused

    def _prepare(self, opt_out: OptOut, profile: Profile, lookup: duplicates.Lookup, actor: str, at: datetime) -> _Prepared:
        subject_id, case_id, key = self._new_id("sub"), self._new_id("case"), self._entropy(KEY_BYTES)
        role = opt_out.requester.role
        directive = directive_versions.make(self._new_id("dir"), self._with_defaults(opt_out, at), DirectiveStatus.ACTIVE, role)
        words = case_files.sealed_case(key, case_id, opt_out.requester, opt_out.evidence)
        return _Prepared(
            subject_id,
            key,
            opt_out.subject.kind.value,
            seal_profile(key, subject_id, profile),
            tuple((generation, tag) for generation, its_key in lookup.items() for tag in duplicates.tags(profile, its_key, self.rules)),
            directive_versions.row_of(directive, 0, key, actor, at),
            case_files.case_row(case_id, 0, directive.id, "opt_out", case_files.ACTIVE, role, words, at),
            case_files.step_row(case_id, 1, case_files.ACTIVE, actor, at),
        )

    def _with_defaults(self, opt_out: OptOut, at: datetime) -> DirectiveData:
        return kinds.fill(opt_out.directive, opt_out.subject.kind, opt_out.subject.died, self.settings.post_mortem_years, at)[0]

    def _insert_chunk(self, writing: Writing, prepared: Sequence[_Prepared], first_no: int) -> None:
        """The rows of some opt-outs, one statement a table."""
        connection = writing.connection
        self.keyring.create_many("subject", [p.subject_id for p in prepared], connection, keys=[p.key for p in prepared])
        numbered = list(enumerate(prepared, first_no))
        rows_of: dict[Table, list[dict[str, Any]]] = {
            SUBJECT: [subject_row(no, p.subject_id, p.kind, p.sealed, writing.revision, writing.at) for no, p in numbered],
            ALIAS: [{"tag": tag, "subject_no": no, "generation": generation} for no, p in numbered for generation, tag in p.tags],
            DIRECTIVE: [{**p.directive, "subject_no": no} for no, p in numbered],
            CASE: [{**p.case, "subject_no": no} for no, p in numbered],
            CASE_STEP: [dict(p.step) for p in prepared],
        }
        for table, rows in rows_of.items():
            if rows:
                connection.execute(insert(table), rows)
