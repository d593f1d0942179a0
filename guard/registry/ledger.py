"""The ledger: ids of state at a provider that this gateway handed out, and what is behind each of them.

A later request may point at such an id and at no other. The id is kept only as its SHA-256, under its tenant; the texts
behind it are sealed under the tenant's key, so that a name split over several turns is found and a directive that came
since is obeyed. Pictures are not kept: whether the registry has changed for anybody's face meanwhile is told instead.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import orjson
from sqlalchemy import Connection, Row, Select, delete, exists, insert, select

from guard.errors import NotFoundError
from guard.keyring import seal, unseal
from guard.registry.desk import Desk
from guard.registry.tables import KNOWN_IMAGE, LEDGER_ID, LEDGER_TURN, SUBJECT, TEMPLATE
from guard.registry.values import By
from guard.types import REFUSED_OUTPUTS, Text

LIFE = timedelta(days=30)  # as long as OpenAI keeps a response
_GATEWAY = By("gateway")
_AT_ONCE = 500
"""Ids asked for in one statement; databases cap its parameters."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What is behind an id, from the first turn on.

    Args:
        texts: every text of answers and requests; those of requests last, in order.
        pictures: whether any of them had a picture.
        registry_revision: the oldest revision at which a picture behind it was looked at.
        policy_revision: the policy by which it was allowed.
        terms: what the caller stated (purpose, jurisdiction, attestation) when it was allowed.
        screened_at: when its first picture, or else its request, was looked at.
        expires_at: when a grant that it rests on ends, if before `LIFE` is over.
        moved: told by the ledger, not kept: the registry has changed for somebody's face, or for a known image, since.
    """

    texts: tuple[Text, ...]
    pictures: bool
    registry_revision: int
    policy_revision: str
    terms: tuple[str, ...]
    screened_at: datetime
    expires_at: datetime | None = None
    moved: bool = False


class Ledger(Desk):
    """Keeping turns and finding them."""

    def keep_turn(self, tenant: str, ids: Sequence[str], turn: Turn) -> None:
        """From now on a request of this tenant may point at these ids; what an id that is there already led to stays behind it."""
        digests = sorted({sha256(stored_id.encode()).digest() for stored_id in ids})
        with self._changing("ledger.keep", _GATEWAY, binds=False) as writing:
            connection = writing.connection
            name = self._new_id("turn")
            key = self.keyring.get("tenant", tenant, connection)
            for before in connection.execute(_turns(tenant, digests, writing.at)):
                turn = _on_top_of(_turn(before, key), turn)
            words = {"texts": [[text.where, text.text] for text in turn.texts], "terms": list(turn.terms)}
            row = {
                "id": name,
                "tenant": tenant,
                "registry_revision": turn.registry_revision,
                "policy_revision": turn.policy_revision,
                "pictures": turn.pictures,
                "sealed": seal(key, orjson.dumps(words), _place(name)),
                "screened_at": turn.screened_at,
                "created_at": writing.at,
                "expires_at": min(writing.at + LIFE, turn.expires_at or writing.at + LIFE),
            }
            connection.execute(insert(LEDGER_TURN), [row])
            connection.execute(delete(LEDGER_ID).where(LEDGER_ID.c.tenant == tenant, LEDGER_ID.c.digest.in_(digests)))
            connection.execute(insert(LEDGER_ID), [{"tenant": tenant, "digest": digest, "turn_id": name} for digest in digests])

    def find_turns(self, tenant: str, ids: Sequence[str]) -> dict[str, Turn]:
        """What is behind each id that this tenant was given and that has not expired; the others are left out."""
        names = {sha256(stored_id.encode()).digest(): stored_id for stored_id in ids}
        with self._reading() as connection:
            rows = connection.execute(_turns(tenant, list(names), self._clock())).all()
            try:
                key = self.keyring.get("tenant", tenant, connection)
            except NotFoundError:  # the tenant was erased, and with it what is behind its ids
                return {}
            turns = {names[bytes(row.digest)]: _turn(row, key) for row in rows}
            return {stored_id: replace(turn, moved=turn.pictures and _moved(connection, turn)) for stored_id, turn in turns.items()}

    def own_ids(self, tenant: str, ids: Sequence[str]) -> frozenset[str]:
        """Those of the ids that this tenant was given and that have not expired; what is behind them stays sealed."""
        names = {sha256(stored_id.encode()).digest(): stored_id for stored_id in ids}
        digests = list(names)
        with self._reading() as connection:
            found = [
                row.digest
                for start in range(0, len(digests), _AT_ONCE)
                for row in connection.execute(_digests(tenant, digests[start : start + _AT_ONCE], self._clock()))
            ]
        return frozenset(names[bytes(digest)] for digest in found)

    def forget_ids(self, tenant: str, ids: Sequence[str]) -> None:
        """The tenant deleted what these ids name: nothing may point at it any more."""
        digests = [sha256(stored_id.encode()).digest() for stored_id in ids]
        with self._changing("ledger.forget", _GATEWAY, binds=False) as writing:
            writing.connection.execute(delete(LEDGER_ID).where(LEDGER_ID.c.tenant == tenant, LEDGER_ID.c.digest.in_(digests)))

    def forget_turns(self) -> int:
        """Deletes what has expired; returns how many turns that was."""
        with self._changing("ledger.forget", _GATEWAY, binds=False) as writing:
            connection = writing.connection
            old = select(LEDGER_TURN.c.id).where(LEDGER_TURN.c.expires_at <= writing.at)
            connection.execute(delete(LEDGER_ID).where(LEDGER_ID.c.turn_id.in_(old)))
            unnamed = ~exists().where(LEDGER_ID.c.turn_id == LEDGER_TURN.c.id)  # every id of it leads to a later turn
            return connection.execute(delete(LEDGER_TURN).where((LEDGER_TURN.c.expires_at <= writing.at) | unnamed)).rowcount


def _turns(tenant: str, digests: Sequence[bytes], now: datetime) -> Select[Any]:
    return (
        select(LEDGER_ID.c.digest, LEDGER_TURN)
        .join(LEDGER_TURN, LEDGER_TURN.c.id == LEDGER_ID.c.turn_id)
        .where(LEDGER_ID.c.tenant == tenant, LEDGER_ID.c.digest.in_(digests), LEDGER_TURN.c.expires_at > now)
    )


def _digests(tenant: str, digests: Sequence[bytes], now: datetime) -> Select[Any]:
    return (
        select(LEDGER_ID.c.digest)
        .join(LEDGER_TURN, LEDGER_TURN.c.id == LEDGER_ID.c.turn_id)
        .where(LEDGER_ID.c.tenant == tenant, LEDGER_ID.c.digest.in_(digests), LEDGER_TURN.c.expires_at > now)
    )


def _turn(row: Row[Any], key: bytes) -> Turn:
    words = orjson.loads(unseal(key, bytes(row.sealed), _place(row.id)))
    return Turn(
        texts=tuple(Text(where, text) for where, text in words["texts"]),
        pictures=row.pictures,
        registry_revision=row.registry_revision,
        policy_revision=row.policy_revision,
        terms=tuple(words["terms"]),
        screened_at=row.screened_at,
        expires_at=row.expires_at,
    )


def _on_top_of(old: Turn, new: Turn) -> Turn:
    """Both turns as one; where the old one has pictures, it is as old as they are and was allowed as they were."""
    texts = tuple(dict.fromkeys((*new.texts, *old.texts)))
    if not old.pictures:
        return replace(new, texts=texts)
    first = old if not new.pictures or old.registry_revision <= new.registry_revision else new
    ends = [end for end in (old.expires_at, new.expires_at) if end is not None]
    return replace(first, texts=texts, policy_revision=old.policy_revision, terms=old.terms, expires_at=min(ends, default=None))


def _moved(connection: Connection, turn: Turn) -> bool:
    """Whether somebody with a face here, or a known image, was changed after a picture was looked at."""
    face = exists().where(TEMPLATE.c.subject_no == SUBJECT.c.no)
    known = KNOWN_IMAGE.c
    asked_for = known.removed_at.is_(None) & (known.bank != REFUSED_OUTPUTS)  # those come by themselves and tell nothing new
    later_image = select(known.id).where(known.revision > turn.registry_revision, asked_for).limit(1)
    return (
        connection.execute(select(SUBJECT.c.no).where(SUBJECT.c.revision > turn.registry_revision, face).limit(1)).first() is not None
        or connection.execute(later_image).first() is not None
    )


def _place(name: str) -> bytes:
    return f"ledger_turn:{name}".encode()
