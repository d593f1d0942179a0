"""Retention: after how many days the bodies of events go, by class of event and tenant. Leaves and proofs always stay.

The file that `GUARD_RETENTION` names:

    rules:                                            # the first rule that fits an event holds; what none fits is kept
      - {kind: decision, outcome: refuse, days: keep}
      - {kind: decision, tenant: acme, days: 30}
      - {kind: decision, days: 90}
      - {kind: "admin.*", days: 1825}

A run goes on from where the last one stopped (`retention_mark`), so that it costs what fell due since; the marks go when a rule
above changes, and when a hold is released.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import ColumnElement, Connection, Engine, and_, delete, func, insert, not_, select, true

from guard.errors import InvalidInputError
from guard.faults import in_words
from guard.record import erasure, legal_holds
from guard.record.legal_holds import Tell
from guard.record.reading import EVENT_C, LABEL_C, index_at, size_of
from guard.record.tables import EVENT, EVENT_LABEL, RETENTION_MARK
from guard.record.times import rfc3339, utc_now
from guard.storage.engine import read, write
from guard.storage.queue import enqueue

_MAX_DAYS = 36_525  # a century; a typing error beyond it would overflow the calendar


class Rule(BaseModel):
    """Which events, and after how many days their bodies go (`keep`: never). What is None fits every event.

    Args:
        kind: a kind of event, or the beginning of one before `*`.
        outcome: of a decision.
        tenant: whose.
        days: from the event's time.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    kind: Annotated[str, Field(pattern=r"^[a-z0-9_.]+\*?$|^\*$")] = "*"
    outcome: Literal["allow", "hold", "refuse"] | None = None
    tenant: str | None = None
    days: Annotated[int, Field(ge=0, le=_MAX_DAYS)] | Literal["keep"]

    def __str__(self) -> str:
        return " ".join(f"{name}={value}" for name, value in self.model_dump(exclude_none=True).items())


class Schedule(BaseModel):
    """The rules in their order."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    rules: list[Rule]


@dataclass(frozen=True, slots=True)
class Due:
    """What one rule does now.

    Args:
        rule: as the file has it.
        before: events earlier than this are due (RFC 3339); None where the rule keeps.
        due: bodies that go.
        held: bodies that would, but for a legal hold.
    """

    rule: str
    before: str | None
    due: int
    held: int


def load(path: Path) -> Schedule:
    """Reads the file. Raises InvalidInputError naming what is wrong with it."""
    try:
        return Schedule.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InvalidInputError(f"{path} cannot be read as YAML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise InvalidInputError(f"{path}: {'.'.join(str(part) for part in first['loc']) or 'the file'}: {in_words(first)}") from error


def plan(engine: Engine, schedule: Schedule, now: Callable[[], datetime] = utc_now) -> list[Due]:
    """What `run` would do now, rule by rule; changes nothing."""
    with read(engine) as connection:
        covered = legal_holds.covered(connection)
        return [_due(connection, rule, _fits(schedule.rules, i), covered, now()) for i, rule in enumerate(schedule.rules)]


def run(engine: Engine, schedule: Schedule, tell: Tell, now: Callable[[], datetime] = utc_now) -> list[tuple[str, int]]:
    """Prunes what is due; (rule, how many bodies) for each rule that prunes. Recorded as an event when anything went."""
    at = now()
    done = []
    for i, rule in enumerate(schedule.rules):
        if rule.days == "keep":
            continue
        digest = _digest(schedule.rules[: i + 1])
        with read(engine) as connection:
            start = connection.execute(select(RETENTION_MARK.c["index"]).where(RETENTION_MARK.c.rule == digest)).scalar() or 0
            end = _end(connection, rule.days, at)
        pruned = erasure.prune_between(engine, start, end, _fits(schedule.rules, i))
        with write(engine) as connection:
            connection.execute(delete(RETENTION_MARK).where(RETENTION_MARK.c.rule == digest))
            connection.execute(insert(RETENTION_MARK), [{"rule": digest, "index": max(start, end)}])
        done.append((str(rule), pruned))
    if any(pruned for _, pruned in done):
        with write(engine) as connection:
            gone = [{"rule": rule, "bodies_erased": pruned} for rule, pruned in done]
            enqueue(connection, tell("retention.prune", {"rules": gone}), at)
    return done


def _due(connection: Connection, rule: Rule, fits: ColumnElement[bool], covered: ColumnElement[bool], now: datetime) -> Due:
    if rule.days == "keep":
        return Due(str(rule), None, 0, 0)
    old = LABEL_C["index"] < _end(connection, rule.days, now)
    there = (
        select(func.count()).select_from(EVENT_LABEL.join(EVENT, EVENT_C["index"] == LABEL_C["index"])).where(EVENT_C.sealed.is_not(None))
    )
    counts = [int(connection.execute(there.where(old, fits, held)).scalar_one()) for held in (not_(covered), covered)]
    return Due(str(rule), rfc3339(now - timedelta(days=rule.days)), *counts)


def _end(connection: Connection, days: int, now: datetime) -> int:
    return index_at(connection, rfc3339(now - timedelta(days=days)), size_of(connection))


def _fits(rules: Sequence[Rule], i: int) -> ColumnElement[bool]:
    """The events of rule i: those that fit it and none before it."""
    return and_(_alone(rules[i]), *(not_(_alone(rule)) for rule in rules[:i]))


def _alone(rule: Rule) -> ColumnElement[bool]:
    """The events that fit a rule; never NULL, so that its opposite is everything else."""
    conditions: list[ColumnElement[bool]] = [true()]
    if rule.kind.endswith("*"):
        conditions += [LABEL_C.kind.startswith(rule.kind[:-1], autoescape=True)] if rule.kind != "*" else []
    else:
        conditions.append(LABEL_C.kind == rule.kind)
    wanted: tuple[tuple[Any, str | None], ...] = ((LABEL_C.outcome, rule.outcome), (LABEL_C.tenant, rule.tenant))
    conditions += [column.is_not_distinct_from(value) for column, value in wanted if value is not None]
    return and_(*conditions)


def _digest(rules: Sequence[Rule]) -> str:
    return hashlib.sha256("\n".join(map(str, rules)).encode()).hexdigest()
