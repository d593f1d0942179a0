"""Prometheus metrics of a gateway worker; with several workers the files of all are added up by `/metrics`.

A request only notes what happened in plain lists and numbers; `flush`, called every second and before a scrape, hands them to
prometheus_client, whose files shared between processes cost 3 us a figure.
"""

import time
from collections import Counter as Tally
from collections.abc import Mapping
from types import TracebackType

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from guard.types import Decision, Stage

FLUSH_S = 1.0

_STEPS = ("extract", "names", "faces", "sources", "decide", "record", "upstream")
_BUCKETS_S = (0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 60.0)


class _Step:
    """Times one step; one object for all requests would mix them up, so each gets its own."""

    __slots__ = ("_seconds", "_started")

    def __init__(self, seconds: list[float]) -> None:
        self._seconds = seconds

    def __enter__(self) -> None:
        self._started = time.perf_counter()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._seconds.append(time.perf_counter() - self._started)


class Metrics:
    """What a platform engineer watches: latency by step, outcomes by rule, queue depths, gallery size and revision.

    Labels are closed sets: steps, stages, outcomes, names of providers and rule names of the policy; never a tenant, a name or a prompt.
    """

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        registry = registry or CollectorRegistry()
        seconds = Histogram("guard_step_seconds", "Wall time of one step of a request.", ["step"], buckets=_BUCKETS_S, registry=registry)
        self._seconds = {step: seconds.labels(step) for step in _STEPS}
        self._noted: dict[str, list[float]] = {step: [] for step in _STEPS}
        self._decisions = Counter("guard_decisions", "Decisions.", ["stage", "outcome", "rule"], registry=registry)
        self._answers = Counter("guard_answers", "Answers given to callers.", ["status"], registry=registry)
        self._decided: Tally[tuple[str, str, str]] = Tally()
        self._answered: Tally[int] = Tally()
        self.requests = 0
        """Requests being handled now."""
        self._in_flight = Gauge("guard_requests_in_flight", "Requests being handled.", registry=registry, multiprocess_mode="livesum")
        self._faces = Gauge("guard_faces_waiting", "Pictures waiting for a face worker.", registry=registry, multiprocess_mode="livesum")
        self._people = Gauge("guard_gallery_people", "People in the gallery.", registry=registry, multiprocess_mode="livemax")
        self._down = Gauge(
            "guard_upstream_down",
            "1 where a provider does not answer at all.",
            ["upstream"],
            registry=registry,
            multiprocess_mode="livemax",
        )
        self._revision = Gauge("guard_gallery_revision", "Registry revision in use.", registry=registry, multiprocess_mode="livemin")

    def step(self, name: str) -> _Step:
        """Time one step."""
        return _Step(self._noted[name])

    def decided(self, stage: Stage, decision: Decision) -> None:
        """Count one decision."""
        self._decided[stage.value, decision.outcome.value, decision.rule] += 1

    def answered(self, status: int) -> None:
        """Count one answer."""
        self._answered[status] += 1

    def flush(self, *, faces_waiting: int, people: int, revision: int, upstreams_down: Mapping[str, bool]) -> None:
        """Hand over what was noted since the last time, and how things stand."""
        for step, noted in self._noted.items():
            for elapsed in noted:
                self._seconds[step].observe(elapsed)
            noted.clear()
        decided, self._decided = self._decided, Tally()
        for labels, count in decided.items():
            self._decisions.labels(*labels).inc(count)
        answered, self._answered = self._answered, Tally()
        for status, count in answered.items():
            self._answers.labels(str(status)).inc(count)
        self._in_flight.set(self.requests)
        self._faces.set(faces_waiting)
        self._people.set(people)
        self._revision.set(revision)
        for upstream, down in upstreams_down.items():
            self._down.labels(upstream).set(down)
