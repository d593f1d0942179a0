"""Stay-down: an output picture that was refused for whom it shows is remembered, so that its copies are known without a face.

Best effort and out of the way of the answer: a picture that is not remembered is still examined like any other. What is
remembered says only whom the picture shows; what that person decided then decides (`guard.types.REFUSED_OUTPUTS`).
"""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence

from guard.errors import GuardError
from guard.examine import Examined
from guard.types import REFUSED_OUTPUTS, Decision, Hit, Modality, Outcome, Strength

log = logging.getLogger(__name__)

MOST_WAITING = 16
"""Answers whose pictures wait to be written down; more at once are let go."""

MOST_VIEWS = 8
"""Views of one picture that are remembered: the frames of an animation are mostly alike."""

Remember = Callable[[Sequence[str], str], object]
"""Writes down the hashes of pictures that show a person; called in a thread."""


class StayDown:
    """Remembers refused outputs in the background.

    Args:
        remember: the registry's part: hashes and the id of whom they show.
    """

    def __init__(self, remember: Remember) -> None:
        self._remember = remember
        self._waiting: set[asyncio.Task[None]] = set()

    def refused(self, decision: Decision, examined: Examined) -> None:
        """Note the pictures of an output that this decision refused; returns at once."""
        found = dict(pictures_of(decision, examined))
        if not found:
            return
        if len(self._waiting) >= MOST_WAITING:
            log.warning("%d refused outputs already wait to be remembered; one is let go", MOST_WAITING)
            return
        task = asyncio.create_task(self._write(found))
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)

    async def close(self) -> None:
        """Return when nothing waits any more."""
        await asyncio.gather(*self._waiting)

    async def _write(self, found: dict[str, list[str]]) -> None:
        for subject_id, hashes in found.items():
            try:
                await asyncio.to_thread(self._remember, hashes, subject_id)
            except GuardError as error:
                log.warning("a refused output could not be remembered: %s", error)


def pictures_of(decision: Decision, examined: Examined) -> Iterator[tuple[str, list[str]]]:
    """Whom to remember and by which hashes: for a refusal for likeness, every person whose face one of the pictures surely shows."""
    if decision.outcome is not Outcome.REFUSE or decision.category != "likeness":
        return
    hits = examined.findings.hits
    named = {hit.subject_id for hit in hits if hit.modality is Modality.NAME}
    places: dict[str, set[str]] = {}
    for hit in hits:
        if hit.modality is Modality.FACE and (
            hit.strength is Strength.STRONG or (hit.strength is Strength.MEDIUM and hit.subject_id in named)
        ):
            places.setdefault(hit.subject_id, set()).add(hit.where)
    for subject_id, shown in sorted(places.items()):
        new = shown - {hit.where for hit in hits if _remembered(hit, subject_id)}
        if hashes := sorted({view for where in new for view in _views(examined, where)}):
            yield subject_id, hashes


def _remembered(hit: Hit, subject_id: str) -> bool:
    return hit.bank == REFUSED_OUTPUTS and hit.subject_id == subject_id


def _views(examined: Examined, where: str) -> list[str]:
    telling = [seen.upright for seen in examined.fingerprints.get(where, ()) if seen.telling and not seen.view]
    return telling[:MOST_VIEWS]
