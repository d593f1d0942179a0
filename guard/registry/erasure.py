"""Erasing a person: their key is destroyed, their rows deleted, a tombstone and a receipt stay."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Select, delete, insert, select, update

from guard.keyring import WRAPPED_KEY
from guard.registry import directive_versions, duplicates, idempotency
from guard.registry.desk import Writing
from guard.registry.notice_rows import PENDING
from guard.registry.profile import open_profile
from guard.registry.receipts import rfc3339, signed
from guard.registry.subjects import Subjects
from guard.registry.tables import ALIAS, CASE, CASE_STEP, FACE, KNOWN_IMAGE, NOTICE, REVIEW, SUBJECT, TEMPLATE
from guard.registry.values import By, ErasureReceipt, Sign
from guard.storage import forget_pages
from guard.types import Directive

_PAGE = 1_000  # about 0.1 s, for which other writers wait
_OWNED = {"templates": TEMPLATE, "photos": FACE, "aliases": ALIAS}


class Erasure(Subjects):
    """Erasing people, and seeing to it that they stay erased."""

    def erase_subject(self, subject_id: str, by: By, sign: Sign | None = None) -> ErasureReceipt:
        """Destroys whatever says who this was; nobody can undo it. The protection ends with it, and the receipt says so."""
        self.keyring.prepare_destroying("subject", subject_id)
        with self._changing("subject.erase", by) as writing:
            connection = writing.connection
            person = self._person(connection, subject_id)
            denies = directive_versions.protecting(
                directive_versions.newest(connection, person.no), writing.at, pending_protects=self.settings.pending_protects
            )
            counts = self._wipe(writing, person.no, subject_id)
            # The event of an erasure must stay readable, so it is not under the key that goes; it holds ids and counts only.
            writing.details |= {"subject_id": subject_id, **counts, "protection_ended": [d.id for d in denies]}
            receipt = self._erasure_receipt(writing, subject_id, counts, denies, sign)
            writing.result = made = ErasureReceipt(subject_id, writing.revision, tuple(d.id for d in denies), receipt)
            writing.announce()
            self.keyring.destroy("subject", subject_id, connection)  # last: it is noted outside the database, where nothing rolls back
        forget_pages(self.engine)
        return made

    def reconcile(self) -> list[str]:
        """Once at start, before anything is served: applies to a restored database what was erased since its backup.

        Returns the ids of subjects that the backup had brought back and that are tombstones again.
        """
        self.keyring.start()
        with self._reading() as connection:
            orphans = connection.execute(_without_key()).all()
        if orphans:
            with self._changing("subject.erase_again", By("system")) as writing:
                for no, subject_id in writing.connection.execute(_without_key()).all():
                    self._wipe(writing, no, subject_id)
            forget_pages(self.engine)
        self._check_lookup()
        return [subject_id for _, subject_id in orphans]

    def rotate_keys(self) -> int:
        """New lookup key, new epoch: from now on no older copy of the database opens, or can be searched for, an erased person.

        Run it daily and after erasures. Returns how many data keys were wrapped anew.
        """
        self._renew_lookup()
        return self.keyring.rotate_epoch()

    # -- inside ------------------------------------------------------------------------------------------------------

    def _wipe(self, writing: Writing, no: int, subject_id: str) -> dict[str, int]:
        connection = writing.connection
        counts = {what: connection.execute(delete(table).where(table.c.subject_no == no)).rowcount for what, table in _OWNED.items()}
        case_ids = select(CASE.c.id).where(CASE.c.subject_no == no)
        connection.execute(update(CASE_STEP).where(CASE_STEP.c.case_id.in_(case_ids)).values(sealed=None))
        connection.execute(update(CASE).where(CASE.c.subject_no == no).values(sealed=None))
        connection.execute(update(NOTICE).where(NOTICE.c.case_id.in_(case_ids)).values(sealed=None))
        connection.execute(update(NOTICE).where(NOTICE.c.case_id.in_(case_ids), NOTICE.c.status == PENDING).values(status="dropped"))
        connection.execute(update(KNOWN_IMAGE).where(KNOWN_IMAGE.c.subject_no == no).values(pdq="", sealed=None, removed_at=writing.at))
        for review_id, subjects in connection.execute(
            select(REVIEW.c.id, REVIEW.c.subject_ids).where(REVIEW.c.kept.is_not(None) | REVIEW.c.words.is_not(None))
        ).all():
            if subject_id in subjects:
                connection.execute(update(REVIEW).where(REVIEW.c.id == review_id).values(kept=None, words=None))
        idempotency.erase(connection, subject_id)
        tombstone = {"sealed": None, "erased_at": writing.at, "updated_at": writing.at, "revision": writing.revision}
        connection.execute(update(SUBJECT).where(SUBJECT.c.no == no).values(**tombstone))
        return counts

    def _erasure_receipt(
        self, writing: Writing, subject_id: str, counts: dict[str, int], denies: Sequence[Directive], sign: Sign | None
    ) -> dict[str, Any]:
        content = {
            "type": "erasure",
            "version": 1,
            "subject_id": subject_id,
            "erased_at": rfc3339(writing.at),
            **counts,
            "keys_destroyed": 1,
            "protection_ended": bool(denies),
            "directives_ended": [d.id for d in denies],
            "registry_revision": writing.revision,
            "log_events": writing.announce(),
        }
        return signed(content, sign)

    def _check_lookup(self) -> None:
        """After a restore, tags may be of a generation whose key has been destroyed: then nobody would be found by them."""
        with self._reading() as connection:
            stored = set(connection.execute(select(ALIAS.c.generation).distinct()).scalars())
            living = {int(generation) for generation in self.keyring.get_all(duplicates.KEY_KIND, connection)}
        if not stored <= living:
            self._renew_lookup()

    def _renew_lookup(self) -> None:
        """Every tag anew under the key of the next generation, in short transactions; tags of both are written and found meanwhile."""
        with self._changing("lookup.renew", By("system"), binds=False) as writing:
            generation = max(self._generations(writing.connection), default=0) + 1
            key = self.keyring.create(duplicates.KEY_KIND, str(generation), writing.connection)
        after: int | None = 0
        while after is not None:
            after = self._retag(after, generation, key)
        with self._changing("lookup.forget", By("system"), binds=False) as writing:
            for owner in self.keyring.get_all(duplicates.KEY_KIND, writing.connection):
                if int(owner) < generation:
                    self.keyring.destroy(duplicates.KEY_KIND, owner, writing.connection)
        while self._drop_tags_before(generation):
            pass

    def _generations(self, connection: Connection) -> set[int]:
        """Every generation there is or was: a destroyed key's number is not given again."""
        ever = {owner for kind, owner in self.keyring.erased() if kind == duplicates.KEY_KIND}
        return {int(owner) for owner in ever | self.keyring.get_all(duplicates.KEY_KIND, connection).keys()}

    def _retag(self, after: int, generation: int, key: bytes) -> int | None:
        """Tags of `generation` for some people numbered above `after`; the last number, or None when there is nobody left."""
        with self._changing("lookup.renew", By("system"), binds=False) as writing:
            connection = writing.connection
            people = list(self._people(connection, after, _PAGE))
            if not people:
                return None
            numbers = [person.no for person in people]
            connection.execute(delete(ALIAS).where(ALIAS.c.generation == generation, ALIAS.c.subject_no.between(numbers[0], numbers[-1])))
            profiles = ((person.no, open_profile(person.key, person.id, person.sealed)) for person in people)
            rows = [row for no, profile in profiles for row in duplicates.rows_of(no, profile, {generation: key}, self.rules)]
            if rows:
                connection.execute(insert(ALIAS), rows)
        return numbers[-1]

    def _drop_tags_before(self, generation: int) -> bool:
        with self._changing("lookup.forget", By("system"), binds=False) as writing:
            old = select(ALIAS.c.subject_no).where(ALIAS.c.generation < generation).limit(_PAGE)
            gone = delete(ALIAS).where(ALIAS.c.generation < generation, ALIAS.c.subject_no.in_(old))
            return writing.connection.execute(gone).rowcount > 0


def _without_key() -> Select[Any]:
    """Living subjects without a key."""
    owned = select(WRAPPED_KEY.c.owner).where(WRAPPED_KEY.c.kind == "subject", WRAPPED_KEY.c.owner == SUBJECT.c.id).exists()
    return select(SUBJECT.c.no, SUBJECT.c.id).where(SUBJECT.c.erased_at.is_(None), ~owned).order_by(SUBJECT.c.no)
