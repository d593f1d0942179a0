"""`guard evaluate speed`: CPU of a decision, and of the signals of words, on this machine. Everything is made here: no data is needed.

CPU time, so a busy machine changes the figures less than it would change wall time.
"""

import gc
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from guard.decide.evaluate import decide
from guard.decide.load import parse
from guard.signals.gather import gather
from guard.types import (
    Context,
    Directive,
    DirectiveStatus,
    Effect,
    Findings,
    Hit,
    Modality,
    Stage,
    Strength,
    SubjectKind,
    SubjectRecord,
    Text,
)

RUNS = 100
AT_ONCE = 10
"""Calls between two looks at the clock of CPU time, which takes up to 70 us itself."""

_OF_THE_REQUEST = "signals.violence > 0.{n} && purpose != 'news' && faces > 1"
_OF_ALL_HITS = "hits.exists(h, h.modality == 'face' && h.score > 0.{n} && h.role == 'likeness')"
_MODALITIES = (Modality.NAME, Modality.FACE, Modality.TEXT_IN_IMAGE)
_PROMPTS = {
    "ASCII": "A wide shot of a quiet harbour at dawn, fishing boats with peeling paint, soft fog over the water, muted colours. ",
    "Latin with accents": "Une vue d'ensemble d'un port à l'aube, des bateaux de pêche à la peinture écaillée, un léger brouillard sur l'eau. ",
    "Cyrillic": "Общий вид тихой гавани на рассвете, рыбацкие лодки с облупившейся краской, мягкий туман над водой, приглушённые цвета. ",
    "Japanese": "夜明けの静かな港の広い眺め、塗装の剥げた漁船、水面にかかる柔らかな霧、落ち着いた色合い、フィルムの粒子感。",
    "Arabic": "منظر واسع لميناء هادئ عند الفجر، قوارب صيد بطلاء متقشر، ضباب خفيف فوق الماء، ألوان هادئة. ",
}


@dataclass(frozen=True, slots=True)
class Figure:
    """One row: CPU microseconds, and what is the most that they should be (p50)."""

    what: str
    p50_us: float
    p95_us: float
    most_us: float

    @property
    def met(self) -> bool:
        """Whether the median is within its target."""
        return self.p50_us <= self.most_us


def measure() -> Iterator[Figure]:
    """Every figure."""
    situation = "decide: 50 rules, 20 hits, 10 directives"
    yield _figure(f"{situation}, no conditions", _deciding(0, ""), 100)
    yield _figure(f"{situation}, 6 conditions on the request", _deciding(6, _OF_THE_REQUEST), 100)
    yield _figure(f"{situation}, 6 conditions on all hits", _deciding(6, _OF_ALL_HITS), 100)
    yield _figure(f"{situation}, 50 conditions on all hits", _deciding(50, _OF_ALL_HITS), 800)
    for script, text in _PROMPTS.items():
        yield _figure(f"signals of words: 300 characters, {script}", partial(gather, [Text("prompt", (text * 5)[:300])]), 150)


def _figure(what: str, call: Callable[[], object], most_us: float) -> Figure:
    for _ in range(20):
        call()
    times = []
    gc.disable()
    for _ in range(RUNS):
        began = time.thread_time_ns()
        for _ in range(AT_ONCE):
            call()
        times.append((time.thread_time_ns() - began) / AT_ONCE / 1e3)
    gc.enable()
    return Figure(what, statistics.median(times), statistics.quantiles(times, n=20)[18], most_us)


def _deciding(conditions: int, condition: str) -> Callable[[], object]:
    """Twenty hits on five people with two directives each; of 50 rules the tests all pass where a condition is to be reached."""
    rules = [
        f'- {{name: r{n}, effect: hold, when: "{condition.format(n=50 + n % 45)}"}}'
        if n < conditions
        else f"- {{name: r{n}, effect: refuse, if: {{modality: {_MODALITIES[n % 3]}, min_score: 0.{50 + n % 45}, tenant: [t{n}, acme]}}}}"
        for n in range(50)
    ]
    policy = parse("version: 1\nname: speed\nrules:\n" + "\n".join(rules))
    people = {
        f"s{k}": SubjectRecord(
            k, f"s{k}", f"S {k}", SubjectKind.PUBLIC_FIGURE, directives=(_directive(Effect.DENY, k), _directive(Effect.ALLOW, k))
        )
        for k in range(5)
    }
    hits = tuple(Hit(f"s{n % 5}", "x", _MODALITIES[n % 3], "image", 0.3 + n / 100, 0.1, Strength.STRONG) for n in range(20))
    findings = Findings(hits, 5, {"style": "photorealistic"})
    context = Context(Stage.INPUT, datetime(2026, 6, 1, tzinfo=UTC), "acme", "images.edits")
    return lambda: decide(findings, people, policy, context)


def _directive(effect: Effect, number: int) -> Directive:
    scopes, tenant = (("sexual",), None) if effect is Effect.DENY else (("all",), "other")
    return Directive(f"{effect}{number}", 1, effect, DirectiveStatus.ACTIVE, scopes=scopes, tenant=tenant)
