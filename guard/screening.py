"""Steps 2 to 5 of the path: what is looked at and in which order, and what it leads to (guard/pipeline.py has the whole path).

Words come first, because they cost least and often decide; then pictures and the slow sources of signals, all at once.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from guard.decide.evaluate import decide
from guard.decide.policy import Policy
from guard.decide.program import program
from guard.examine import Examined, Faces, Signals, examine_pictures, examine_texts, in_the_light_of, picture_channel, with_answers
from guard.metrics import Metrics
from guard.signals.sources import Sources
from guard.state import Published
from guard.types import Channel, Context, Decision, Mode, Outcome, Picture, Stage, Text

_ON_THE_SPOT = 40_000
"""Code points that are read without leaving the event loop; more (0.1 s and up) is read in a thread, so that others are served."""


@dataclass(slots=True)
class Screening:
    """Looks at texts and pictures, and decides.

    Attributes:
        faces: the face workers.
        signals: what words say of the content.
        metrics: where steps are timed.
        sources: services and processes that are asked when a policy needs them.
        pending_protects: whether a claim that nobody has verified protects already.
    """

    faces: Faces
    signals: Signals
    metrics: Metrics
    sources: Sources = field(default_factory=Sources)
    pending_protects: bool = True

    async def examine(
        self,
        published: Published,
        policy: Policy,
        texts: Sequence[Text],
        pictures: Sequence[Picture],
        context: Context,
        *,
        everything: bool,
        asked: Examined | None = None,
        problem: str | None = None,
    ) -> Examined:
        """Steps 2 to 4. Where the text (or a `problem`) already refuses, nothing slow is done unless `everything` is asked for."""
        clock = time.thread_time if everything else time.perf_counter
        look_at_texts = everything or policy.examines(Channel.PROMPT)
        with self.metrics.step("names"):
            examined = await self._read(published, texts, context.now, clock) if look_at_texts else Examined()
        if problem is not None:
            examined.findings = replace(examined.findings, problem=problem)
        skipped = {}
        if not look_at_texts and texts:
            skipped["texts"] = "the policy does not look at them"
            texts = ()
        if pictures and not everything and not policy.examines(picture_channel(context.stage)):
            skipped["pictures"] = "the policy does not look at them"
            pictures = ()
        wanted = self._wanted(policy, context.stage, texts, pictures)
        if pictures or wanted:
            if everything or self.decide(policy, published, examined, context).outcome is not Outcome.REFUSE:
                examined = await self._look(published, examined, wanted, texts, pictures, asked, context.now, policy.small_faces)
            elif pictures:
                skipped["pictures"] = "the text already refuses"
        if skipped:
            examined.findings = replace(examined.findings, not_examined={**examined.findings.not_examined, **skipped})
        return in_the_light_of(asked, examined) if asked is not None else examined

    async def _read(self, published: Published, texts: Sequence[Text], now: datetime, clock: Callable[[], float]) -> Examined:
        if sum(len(text.text) for text in texts) <= _ON_THE_SPOT:
            return examine_texts(published, texts, self.signals, now, clock)
        return await asyncio.to_thread(examine_texts, published, texts, self.signals, now, clock)

    def _wanted(self, policy: Policy, stage: Stage, texts: Sequence[Text], pictures: Sequence[Picture]) -> dict[str, float]:
        """The slow sources that have something to look at and whose signals somebody reads, with the seconds that each has."""
        if policy.mode is Mode.OFF or not (texts or pictures):
            return {}
        asked = {name: terms.timeout_s for name, terms in program(policy).sources[stage].items()}
        return self.sources.wanted(asked, pictures=bool(pictures))

    async def _look(
        self,
        published: Published,
        examined: Examined,
        wanted: Mapping[str, float],
        texts: Sequence[Text],
        pictures: Sequence[Picture],
        asked: Examined | None,
        now: datetime,
        small_faces: bool,
    ) -> Examined:
        """Faces, known pictures and the slow sources, all at once."""
        asking = asyncio.ensure_future(self.sources.ask(wanted, texts, pictures)) if wanted else None
        try:
            if pictures:
                with self.metrics.step("faces"):
                    examined = await examine_pictures(published, self.faces, pictures, examined, asked, small_faces)
            if asking is not None:
                with self.metrics.step("sources"):
                    examined = with_answers(published, examined, await asking, self.signals, now)
        finally:
            if asking is not None:
                asking.cancel()
        return examined

    def decide(
        self, policy: Policy, published: Published, examined: Examined, context: Context, spent: frozenset[str] = frozenset()
    ) -> Decision:
        """Step 5; `spent` are counted grants that are used up."""
        with self.metrics.step("decide"):
            return decide(
                examined.findings,
                examined.people,
                policy,
                context,
                pending_protects=self.pending_protects,
                spent=spent,
                registry_revision=published.revision,
            )
