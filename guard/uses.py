"""Uses of counted grants: reserved with the decision that rests on them, given back where no picture came of it."""

import asyncio
import logging
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field

from guard.examine import Examined
from guard.record.event import GrantUse
from guard.record.recorder import Recorder
from guard.types import Decision, Effect

log = logging.getLogger(__name__)

_PERMITTING = frozenset({Effect.ALLOW, Effect.ALLOW_WITH_TERMS})


def counted(decision: Decision, examined: Examined) -> tuple[GrantUse, ...]:
    """A use of every counted grant that an input decision rests on; one released answer is one use."""
    if not decision.grants:
        return ()
    directives = {d.id: d for person in examined.people.values() for d in person.directives}
    limited = [directives[i] for i in decision.grants if i in directives and directives[i].max_uses is not None]
    return tuple(GrantUse(d.id, d.max_uses or 0, secrets.token_hex(16)) for d in limited)


def granted(decision: Decision, examined: Examined) -> tuple[str, ...]:
    """The grants among what a held decision rests on, such as one whose terms ask for a reviewer: after approval they are used."""
    ids = {d.id for person in examined.people.values() for d in person.directives if d.tenant and d.effect in _PERMITTING}
    return tuple(sorted(ids & set(decision.directives)))


@dataclass(slots=True)
class Returns:
    """Gives reserved uses back, beside the answer and not before it."""

    recorder: Recorder
    _under_way: set["asyncio.Future[None]"] = field(default_factory=set)

    def give_back(self, uses: Sequence[GrantUse]) -> None:
        """They are free again, soon."""
        for use in uses:
            task = asyncio.ensure_future(self.recorder.release(use.id))
            self._under_way.add(task)
            task.add_done_callback(self._done)

    def _done(self, task: "asyncio.Future[None]") -> None:
        self._under_way.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.warning("a use of a grant could not be given back: %s", task.exception())
