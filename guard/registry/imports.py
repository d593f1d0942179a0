"""Imports: many opt-outs in one transaction, all lines or none. Active at once, and never refused as likely duplicates."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert

from guard.errors import InvalidInputError
from guard.registry import case_files, directive_versions, duplicates
from guard.registry.desk import Writing
from guard.registry.lines import read_lines
from guard.registry.profile import Profile, judge, seal_profile
from guard.registry.subjects import Subjects, next_no, subject_row
from guard.registry.tables import ALIAS, CASE, CASE_STEP, DIRECTIVE, SUBJECT
from guard.registry.values import By, ImportLine, ImportReport, OptOut, RefusedLine
from guard.types import DirectiveStatus

_CHUNK = 2_000
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class _Judged:
    opt_out: OptOut
    profile: Profile


class Imports(Subjects):
    """Importing opt-outs."""

    def import_opt_outs(
        self, content: bytes, by: By, *, dry_run: bool = False, csv: bool = False, progress: Progress | None = None
    ) -> ImportReport:
        """Registers every line of a JSON Lines (or `csv`) file, or none and the reasons. `progress` gets (done, total) lines, checking
        and writing counted as half each."""
        return self.import_lines(list(read_lines(content, csv_format=csv)), by, dry_run=dry_run, progress=progress)

    def import_lines(self, lines: Sequence[ImportLine], by: By, *, dry_run: bool = False, progress: Progress | None = None) -> ImportReport:
        """As `import_opt_outs`, for lines that were parsed elsewhere."""
        tell = progress or (lambda done, total: None)
        judged, refused = self._judge_lines(lines, tell)
        if refused or dry_run or not judged:
            return ImportReport(0 if refused else len(judged), tuple(refused), self.revision(), dry_run)
        with self._changing("registry.import", by) as writing:
            no = next_no(writing.connection)
            lookup_key = self.keyring.get_or_create(*duplicates.LOOKUP_KEY, writing.connection)
            for start in range(0, len(judged), _CHUNK):
                self._insert_chunk(writing, judged[start : start + _CHUNK], no + start, lookup_key)
                tell((len(judged) + min(start + _CHUNK, len(judged))) // 2, len(lines))
            writing.details["imported"] = len(judged)
            writing.result = made = ImportReport(len(judged), (), writing.revision, False)
        return made

    def _judge_lines(self, lines: Iterable[ImportLine], tell: Progress) -> tuple[list[_Judged], list[RefusedLine]]:
        lines = list(lines)
        judged: list[_Judged] = []
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
                judged.append(_Judged(line.opt_out, judge(subject, self.rules)))
            except InvalidInputError as exc:
                refused.append(RefusedLine(line.line, subject.name, str(exc)))
            if position % _CHUNK == 0:
                tell(position // 2, len(lines))
        return judged, refused

    def _insert_chunk(self, writing: Writing, judged: Sequence[_Judged], first_no: int, lookup_key: bytes) -> None:
        """The rows of some opt-outs, one statement a table."""
        at, actor = writing.at, writing.by.actor
        ids = [self._new_id("sub") for _ in judged]
        keys = self.keyring.create_many("subject", ids, writing.connection)
        subjects: list[dict[str, Any]] = []
        tags: list[dict[str, Any]] = []
        directives: list[dict[str, Any]] = []
        cases: list[dict[str, Any]] = []
        steps: list[dict[str, Any]] = []
        for no, (one, subject_id, key) in enumerate(zip(judged, ids, keys, strict=True), first_no):
            sealed = seal_profile(key, subject_id, one.profile)
            subjects.append(subject_row(no, subject_id, one.opt_out.subject.kind.value, sealed, writing.revision, at))
            tags += [{"tag": tag, "subject_no": no} for tag in duplicates.tags(one.profile, lookup_key, self.rules)]
            requester = one.opt_out.requester
            directive = directive_versions.make(self._new_id("dir"), one.opt_out.directive, DirectiveStatus.ACTIVE, requester.role)
            directives.append(directive_versions.row_of(directive, no, key, actor, at))
            case_id = self._new_id("case")
            words = case_files.sealed_case(key, case_id, requester, one.opt_out.evidence)
            cases.append(case_files.case_row(case_id, no, directive.id, "opt_out", case_files.ACTIVE, requester.role, words, at))
            steps.append(case_files.step_row(case_id, 1, case_files.ACTIVE, actor, at))
        for table, rows in ((SUBJECT, subjects), (ALIAS, tags), (DIRECTIVE, directives), (CASE, cases), (CASE_STEP, steps)):
            if rows:
                writing.connection.execute(insert(table), rows)
