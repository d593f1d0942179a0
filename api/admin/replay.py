"""`POST /policies/replay` and `guard policy replay`: what a policy would have said to the decisions of a time.

It runs over what the record kept of each decision (hits, signals, purpose ...) with people's directives as they are now;
pictures and prompts are not looked at anew. What was erased, or kept at a lower level, is counted as not seen, and so is what
passes without the answer of a source of signals that nobody asked at the time.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

import orjson
from sqlalchemy import func, select

from guard.decide.evaluate import decide
from guard.decide.policy import Policy
from guard.decide.program import program
from guard.decide.sources import unmeasured
from guard.errors import NotFoundError
from guard.keyring import Keyring
from guard.record.bodies import SUBJECT, TENANT, Bodies, DamagedError, ErasedError, parsed
from guard.record.event import DECISION_KINDS
from guard.record.reading import EVENT_C, LABEL_C, bounds, labelled, labels_of, subjects_of
from guard.registry.store import Registry
from guard.storage.engine import read
from guard.types import Context, Findings, Hit, Modality, Outcome, Role, Stage, Strength, SubjectRecord

SHOWN = 100
_BATCH = 500


class Kept(Protocol):
    """Where people and the record are kept."""

    @property
    def registry(self) -> Registry:
        """People, and the database that the record is in too."""
        ...

    @property
    def keyring(self) -> Keyring:
        """The keys of what was recorded."""
        ...


@dataclass(slots=True)
class Replayed:
    """How a policy would have decided. `changes` counts (before, after); `examples` holds the first that differ, newest first."""

    decisions: int = 0
    not_seen: int = 0
    changes: Counter[tuple[str, str]] = field(default_factory=Counter)
    examples: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Past:
    """A decision as it was recorded; `body` is None where it cannot be read any more."""

    leaf: Mapping[str, Any]
    tenant: str
    body: Mapping[str, Any] | None


class Replay:
    """One run. Reads the database in batches, each in a transaction of its own."""

    def __init__(self, kept: Kept, policy: Policy) -> None:
        self._kept = kept
        self._policy = policy
        self._people: dict[str, SubjectRecord | None] = {}

    def count(self, after: datetime | None, before: datetime | None) -> int:
        """How many decisions there are between two times."""
        with read(self._kept.registry.engine) as connection:
            first, end = bounds(connection, after, before)
            query = select(func.count()).where(LABEL_C.kind.in_(DECISION_KINDS), LABEL_C["index"] >= first, LABEL_C["index"] < end)
            return int(connection.execute(query).scalar_one())

    def run(
        self, after: datetime | None, before: datetime | None, limit: int, progress: Callable[[int], None] = lambda _: None
    ) -> Replayed:
        """The newest `limit` decisions between two times; `progress` is told how many are done, now and then."""
        done = Replayed()
        for past in past_decisions(self._kept, after, before, limit):
            done.decisions += 1
            if done.decisions % _BATCH == 0:
                progress(done.decisions)
            now = self._decide(past)
            if now is None:
                done.not_seen += 1
                continue
            was = str(past.leaf["outcome"])
            done.changes[was, now[0]] += 1
            if was != now[0] and len(done.examples) < SHOWN:
                done.examples.append(
                    {"decision_id": past.leaf["id"], "at": past.leaf["time"], "before": was, "after": now[0], "rule_after": now[1]}
                )
        return done

    def _decide(self, past: Past) -> tuple[str, str] | None:
        body = past.body
        if body is None or "hits" not in body:
            return None
        people = {}
        for hit in body["hits"]:
            if not hit["subject_id"]:
                continue
            person = self._person(hit["subject_id"])
            if person is None:
                return None
            people[person.id] = person
        findings, context, policy = _findings(body, people), _context(past, body), self._policy.for_tenant(past.tenant)
        decision = decide(findings, people, policy, context)
        sources = program(policy).sources[context.stage]
        if decision.outcome is not Outcome.REFUSE and unmeasured(sources, findings, pictures=bool(body.get("pictures"))):
            return None
        return decision.outcome.value, decision.rule

    def _person(self, subject_id: str) -> SubjectRecord | None:
        if subject_id not in self._people:
            try:
                self._people[subject_id] = self._kept.registry.get_record(subject_id)
            except NotFoundError:
                self._people[subject_id] = None
        return self._people[subject_id]


def past_decisions(kept: Kept, after: datetime | None, before: datetime | None, limit: int) -> Iterator[Past]:
    """The newest `limit` decisions between two times, newest first; in batches, each in a transaction of its own."""
    bodies = Bodies(kept.keyring)
    with read(kept.registry.engine) as connection:
        first, end = bounds(connection, after, before)
    while limit > 0:
        with read(kept.registry.engine) as connection:
            index = EVENT_C["index"]
            query = labelled(index, EVENT_C.leaf, EVENT_C.sealed, EVENT_C.wrapped_key).where(
                LABEL_C.kind.in_(DECISION_KINDS), index >= first, index < end
            )
            rows = connection.execute(query.order_by(index.desc()).limit(min(limit, _BATCH))).mappings().all()
            subjects = subjects_of(connection, [row["index"] for row in rows])
        if not rows:
            return
        labels = [labels_of(row, subjects) for row in rows]
        bodies.preload(TENANT, {each.tenant for each in labels})
        bodies.preload(SUBJECT, {subject_id for each in labels for subject_id in each.subject_ids})
        for row, each in zip(rows, labels, strict=True):
            leaf = orjson.loads(row["leaf"])
            try:
                body = parsed(bodies.open(leaf, row["sealed"], row["wrapped_key"], each.tenant, each.subject_ids))
            except (ErasedError, DamagedError):
                yield Past(leaf, each.tenant, None)
            else:
                yield Past(leaf, each.tenant, body)
        end, limit = rows[-1]["index"], limit - len(rows)


def _findings(body: Mapping[str, Any], people: Mapping[str, SubjectRecord]) -> Findings:
    hits = tuple(
        Hit(
            subject_id=hit["subject_id"],
            subject=people[hit["subject_id"]].name if hit["subject_id"] else "",
            modality=Modality(hit["modality"]),
            where=hit["where"],
            score=hit["score"],
            threshold=hit["threshold"],
            strength=Strength(hit["strength"]),
            role=Role(hit["role"]) if hit["role"] else None,
            view=hit.get("view"),
            bank=hit.get("bank"),
        )
        for hit in body["hits"]
    )
    return Findings(hits, body["faces"], body.get("signals", {}), body.get("not_examined", {}), body.get("problem"))


def _context(past: Past, body: Mapping[str, Any]) -> Context:
    return Context(
        stage=Stage(past.leaf["stage"]),
        now=datetime.fromisoformat(past.leaf["time"]),
        tenant=past.tenant,
        route=body.get("route") or "",
        model=body.get("model"),
        purpose=body.get("purpose"),
        jurisdiction=body.get("jurisdiction"),
        attestation=bool(body.get("attestation")),
    )
