"""Counting and writing out what is registered."""

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import ColumnElement, Table, func, select

from guard.registry.desk import current_revision
from guard.registry.directive_versions import Directives
from guard.registry.profile import view
from guard.registry.subjects import Subjects
from guard.registry.tables import CASE, DIRECTIVE, FACE, KEY, KNOWN_IMAGE, REVIEW, SUBJECT, TEMPLATE, TENANT
from guard.registry.values import DirectiveView, Subject
from guard.types import Alias


class Statistics(Subjects, Directives):
    """Counts for pages and metrics, and the whole registry in the clear for its owner."""

    def stats(self) -> dict[str, int]:
        """How many of what there are now, and the revision."""
        living = SUBJECT.c.erased_at.is_(None)
        newest = (
            select(DIRECTIVE.c.id, func.max(DIRECTIVE.c.version).label("version"))
            .join(SUBJECT, SUBJECT.c.no == DIRECTIVE.c.subject_no)
            .where(living)
            .group_by(DIRECTIVE.c.id)
            .subquery()
        )
        states = (
            select(DIRECTIVE.c.status, func.count().label("n"))
            .join(newest, (newest.c.id == DIRECTIVE.c.id) & (newest.c.version == DIRECTIVE.c.version))
            .group_by(DIRECTIVE.c.status)
        )
        with self._reading() as connection:

            def count(table: Table, *where: ColumnElement[bool]) -> int:
                return connection.execute(select(func.count()).select_from(table).where(*where)).scalar_one()

            by_state: dict[str, int] = {row.status: row.n for row in connection.execute(states)}
            return {
                "subjects": count(SUBJECT, living),
                "erased_subjects": count(SUBJECT, SUBJECT.c.erased_at.is_not(None)),
                "directives_active": by_state.get("active", 0),
                "directives_pending": by_state.get("pending_verification", 0),
                "faces": count(FACE),
                "templates": count(TEMPLATE),
                "known_images": count(KNOWN_IMAGE, KNOWN_IMAGE.c.removed_at.is_(None)),
                "cases_open": count(CASE, CASE.c.closed_at.is_(None)),
                "reviews_open": count(REVIEW, REVIEW.c.status == "open"),
                "keys": count(KEY, KEY.c.revoked_at.is_(None)),
                "tenants": count(TENANT),
                "registry_revision": current_revision(connection),
            }

    def export_lines(self) -> Iterator[dict[str, Any]]:
        """Every living person with their directives, as plain values: whoever calls this has all names in the clear."""
        for page in self._pages():
            held: dict[str, dict[str, DirectiveView]] = {}
            with self._reading() as connection:
                for version in self._versions(connection, *page):
                    held.setdefault(version.subject_id, {})[version.directive.id] = version
            for subject in map(view, page):
                yield _line(subject, held.get(subject.id, {}).values())


def _line(subject: Subject, directives: Iterable[DirectiveView]) -> dict[str, Any]:
    return {
        "subject_id": subject.id,
        "name": subject.name,
        "kind": subject.kind.value,
        "aliases": [_alias(alias) for alias in subject.aliases],
        "external_ids": dict(subject.external_ids),
        "occupations": list(subject.occupations),
        "born": subject.born,
        "died": subject.died,
        "exclusions": list(subject.exclusions),
        "created_at": subject.created_at,
        "directives": [
            {
                "directive_id": held.directive.id,
                "effect": held.directive.effect.value,
                "status": held.directive.status.value,
                "scopes": list(held.directive.scopes),
                "exemptions": list(held.directive.exemptions),
                "modalities": [c.value for c in held.directive.channels],
                "jurisdictions": list(held.directive.jurisdictions),
                "tenant": held.directive.tenant,
                "effective_from": held.directive.effective_from,
                "expires_at": held.directive.expires_at,
            }
            for held in directives
        ],
    }


def _alias(alias: Alias) -> dict[str, Any]:
    plain = {"text": alias.text, "kind": alias.kind.value, "lang": alias.lang, "strength": alias.strength.value}
    return plain | ({"valid_from": alias.valid_from, "valid_until": alias.valid_until} if alias.dated else {})
