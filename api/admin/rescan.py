"""Who was asked for before they opted out: a person's names, looked for in the prompts that the record kept.

Nothing that was decided changes. Prompts that were not kept (the policy's record level), or erased, are counted as not seen;
pictures are not looked at anew.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from api.admin.replay import Kept, Past, past_decisions
from guard.match.gallery import Gallery
from guard.registry.profile import judge
from guard.registry.values import OptOut
from guard.types import Outcome, Role, Stage, Strength, SubjectRecord, Text

SHOWN = 1_000
_BATCH = 500
COMMON_AMONG = 2_000
COMMON_LEAST = 10
COMMON_SHARE = 0.01
"""A name in 1 % of the recent prompts, and in ten of them, is more than a stranger's word should block."""


@dataclass(slots=True)
class Rescanned:
    """What was found. `found` counts requests that name the person, `passed` those of them that were allowed; `examples` are these."""

    requests: int = 0
    not_seen: int = 0
    found: int = 0
    passed: int = 0
    examples: list[dict[str, Any]] = field(default_factory=list)


class Rescan:
    """One run for one person."""

    def __init__(self, kept: Kept, person: SubjectRecord) -> None:
        self._kept = kept
        self._gallery = Gallery.of([person])

    def run(
        self, after: datetime | None, before: datetime | None, limit: int, progress: Callable[[int], None] = lambda _: None
    ) -> Rescanned:
        """Over the newest `limit` decisions between two times; `progress` is told how many are done, now and then."""
        done = Rescanned()
        for number, past in enumerate(past_decisions(self._kept, after, before, limit), 1):
            if number % _BATCH == 0:
                progress(number)
            if past.leaf["stage"] != Stage.INPUT.value:
                continue
            done.requests += 1
            texts = (past.body or {}).get("texts")
            if texts is None:
                done.not_seen += 1
            elif self._names([Text(text["where"], text["text"]) for text in texts]):
                self._note(done, past)
        return done

    def _names(self, texts: list[Text]) -> bool:
        hits = (hit for hit, _ in self._gallery.find_names(texts))
        return any(hit.strength is not Strength.WEAK and hit.role is Role.LIKENESS for hit in hits)

    def _note(self, done: Rescanned, past: Past) -> None:
        done.found += 1
        if past.leaf["outcome"] != Outcome.ALLOW.value:
            return
        done.passed += 1
        if len(done.examples) < SHOWN:
            done.examples.append({"decision_id": past.leaf["id"], "at": past.leaf["time"], "tenant": past.tenant})


def common(kept: Kept, opt_out: OptOut) -> bool:
    """Whether so many recent prompts name what somebody claims that a person has to look before it is blocked."""
    claimed = judge(opt_out.subject, kept.registry.rules)
    person = SubjectRecord(1, "claimed", claimed.name, opt_out.subject.kind, claimed.aliases)
    seen = Rescan(kept, person).run(None, None, COMMON_AMONG)
    return seen.found >= max(COMMON_LEAST, COMMON_SHARE * seen.requests)
