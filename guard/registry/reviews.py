"""Holds that wait for a person, and the approvals that come of them. What is kept is sealed under the tenant's and the subjects' keys."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Connection, Row, func, insert, select, update

from guard.errors import ConflictError, NotFoundError
from guard.keyring import seal, unseal
from guard.registry.desk import Desk
from guard.registry.keys import ensure_tenant
from guard.registry.tables import REVIEW
from guard.registry.values import By, Hold, Page, Review, RulePrecision

OPEN = "open"
APPROVED = "approved"
REFUSED = "refused"
FALSE_POSITIVE = "false_positive"
MATCH = "match"
STATUS_AFTER = {"approve": APPROVED, FALSE_POSITIVE: APPROVED, MATCH: REFUSED}
APPROVAL_LIFE = timedelta(days=7)  # long enough for a week-end between the reviewer and the caller


class Reviews(Desk):
    """Opening holds and closing them with a verdict."""

    def open_review(self, hold: Hold, by: By) -> str:
        """Keeps a held request for review; returns the review's id. The same decision is kept once."""
        with self._changing("review.open", by, binds=False) as writing:
            connection = writing.connection
            here = connection.execute(select(REVIEW.c.id).where(REVIEW.c.decision_id == hold.decision_id)).scalar()
            if here is not None:
                writing.result = str(here)
                return str(here)
            ensure_tenant(connection, self.keyring, hold.tenant, writing.at)
            review_id = self._new_id("rev")
            keys = self._review_keys(connection, hold.tenant, hold.subject_ids)
            row = {
                "id": review_id,
                "decision_id": hold.decision_id,
                "tenant": hold.tenant,
                "stage": hold.stage,
                "rule": hold.rule,
                "request_digest": hold.request_digest,
                "subject_ids": sorted(hold.subject_ids),
                "directives": sorted(hold.directives),
                "registry_revision": hold.registry_revision,
                "status": OPEN,
                "kept": None if hold.kept is None else nest(keys, hold.kept, f"review_kept:{review_id}"),
                "words": nest(keys, orjson.dumps(dict(hold.words)), f"review_words:{review_id}"),
                "opened_at": writing.at,
            }
            connection.execute(insert(REVIEW), [row])
            writing.details |= {"review_id": review_id, "decision_id": hold.decision_id, "tenant": hold.tenant}
            writing.result = review_id
        return review_id

    def list_reviews(
        self,
        limit: int = 50,
        cursor: str | None = None,
        *,
        status: str | None = None,
        tenant: str | None = None,
        verdict: str | None = None,
    ) -> Page[Review]:
        """Newest first."""
        query = select(REVIEW).order_by(REVIEW.c.seq.desc()).limit(limit + 1)
        if cursor is not None:
            query = query.where(REVIEW.c.seq < int(cursor))
        if status is not None:
            query = query.where(REVIEW.c.status == status)
        if tenant is not None:
            query = query.where(REVIEW.c.tenant == tenant)
        if verdict is not None:
            query = query.where(REVIEW.c.verdict == verdict)
        with self._reading() as connection:
            rows = connection.execute(query).all()
            items = tuple(self._review(connection, row) for row in rows[:limit])
        return Page(items, str(rows[limit - 1].seq) if len(rows) > limit else None)

    def get_review(self, review_id: str) -> Review:
        """One review."""
        with self._reading() as connection:
            return self._review(connection, self._review_row(connection, review_id))

    def kept(self, review_id: str) -> bytes | None:
        """The held picture or request itself; None when nothing was kept, or it has been erased."""
        with self._reading() as connection:
            row = self._review_row(connection, review_id)
            keys = self._keys_there(connection, row)
            return unnest(keys, bytes(row.kept), f"review_kept:{row.id}") if keys and row.kept is not None else None

    def close_review(
        self, review_id: str, verdict: str, note: str, by: By, expires_at: datetime | None = None, *, exclusion: str | None = None
    ) -> Review:
        """The verdict: `approve` and `false_positive` let the same request of the same tenant pass until `expires_at`, `match` refuses it.

        `exclusion`, with `false_positive`, proposes a text that does not mean the person; a registrar settles that. Binds as an
        opt-out does. Raises ConflictError for a review that has been closed.
        """
        status = STATUS_AFTER[verdict]
        with self._changing("review.close", by) as writing:
            connection = writing.connection
            row = self._review_row(connection, review_id)
            if row.status != OPEN:
                raise ConflictError(f"review {review_id!r} was closed as {row.status} by {row.actor}")
            keys = self._keys_there(connection, row)
            words = self._words(row, keys) or {}
            changed: dict[str, Any] = {"status": status, "verdict": verdict, "closed_at": writing.at, "actor": by.actor}
            if keys:
                changed["words"] = nest(
                    keys,
                    orjson.dumps({**words, "note": note, **({"exclusion": exclusion} if exclusion else {})}),
                    f"review_words:{review_id}",
                )
            if status == APPROVED:
                changed["expires_at"] = expires_at or writing.at + APPROVAL_LIFE
            else:
                changed["kept"] = None  # a refused picture has no further use
            connection.execute(update(REVIEW).where(REVIEW.c.id == review_id).values(**changed))
            writing.subjects.update(self.keyring.get_many("subject", row.subject_ids, connection))
            writing.details |= {"review_id": review_id, "decision_id": row.decision_id, "verdict": verdict, "tenant": row.tenant}
            writing.result = made = self._review(connection, self._review_row(connection, review_id))
        return made

    def precision(self) -> list[RulePrecision]:
        """How often each rule's holds were right, of those that a reviewer judged; by rule. An approval judges the use, not the hit."""
        judged = select(REVIEW.c.rule, REVIEW.c.verdict, func.count().label("n")).where(REVIEW.c.verdict.in_([MATCH, FALSE_POSITIVE]))
        counts: dict[str, dict[str, int]] = {}
        with self._reading() as connection:
            for row in connection.execute(judged.group_by(REVIEW.c.rule, REVIEW.c.verdict)):
                counts.setdefault(row.rule, {})[row.verdict] = row.n
        return [RulePrecision(rule, found.get(MATCH, 0), found.get(FALSE_POSITIVE, 0)) for rule, found in sorted(counts.items())]

    def approvals(self) -> list[dict[str, Any]]:
        """Approvals that have not expired: `decision_id, tenant, digest, stage, expires_at, directives, review_id`, as the workers take them."""
        query = select(REVIEW).where(REVIEW.c.status == APPROVED, REVIEW.c.expires_at > self._clock()).order_by(REVIEW.c.seq)
        with self._reading() as connection:
            return [
                {
                    "decision_id": row.decision_id,
                    "tenant": row.tenant,
                    "digest": row.request_digest,
                    "stage": row.stage,
                    "expires_at": row.expires_at.isoformat(),
                    "directives": list(row.directives),
                    "review_id": row.id,
                }
                for row in connection.execute(query)
            ]

    # -- inside ------------------------------------------------------------------------------------------------------

    def _review_row(self, connection: Connection, review_id: str) -> Row[Any]:
        row = connection.execute(select(REVIEW).where(REVIEW.c.id == review_id)).first()
        if row is None:
            raise NotFoundError(f"there is no review {review_id!r}")
        return row

    def _review_keys(self, connection: Connection, tenant: str, subject_ids: Sequence[str]) -> list[bytes]:
        """The tenant's key, then those of the subjects in order of their ids; raises NotFoundError when one is gone."""
        return [
            self.keyring.get("tenant", tenant, connection),
            *(self.keyring.get("subject", subject_id, connection) for subject_id in sorted(subject_ids)),
        ]

    def _keys_there(self, connection: Connection, row: Row[Any]) -> list[bytes]:
        try:
            return self._review_keys(connection, row.tenant, row.subject_ids)
        except NotFoundError:
            return []

    def _words(self, row: Row[Any], keys: Sequence[bytes]) -> dict[str, Any] | None:
        if row.words is None or not keys:
            return None
        words: dict[str, Any] = orjson.loads(unnest(keys, bytes(row.words), f"review_words:{row.id}"))
        return words

    def _review(self, connection: Connection, row: Row[Any]) -> Review:
        return Review(
            row.id,
            row.decision_id,
            row.tenant,
            row.stage,
            row.rule,
            row.request_digest,
            tuple(row.subject_ids),
            tuple(row.directives),
            row.registry_revision,
            row.status,
            row.verdict,
            self._words(row, self._keys_there(connection, row)),
            row.kept is not None,
            row.opened_at,
            row.closed_at,
            row.expires_at,
            row.actor,
        )


def nest(keys: Sequence[bytes], plaintext: bytes, place: str) -> bytes:
    """Sealed under the first key, that under the second, and so on: destroying any one of them is enough."""
    for key in keys:
        plaintext = seal(key, plaintext, place.encode())
    return plaintext


def unnest(keys: Sequence[bytes], sealed: bytes, place: str) -> bytes:
    """What `nest` sealed."""
    for key in reversed(keys):
        sealed = unseal(key, sealed, place.encode())
    return sealed
