"""Prometheus metrics of a gateway worker; with several workers the files of all are added up by `/metrics`."""

from contextlib import AbstractContextManager

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from guard.types import Decision, Stage

_STEPS = ("extract", "names", "faces", "decide", "record", "upstream")
_BUCKETS_S = (0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 60.0)


class Metrics:
    """What a platform engineer watches: latency by step, outcomes by rule, queue depths, gallery size and revision.

    Labels are closed sets: steps, stages, outcomes and rule names of the policy; never a tenant, a name or a prompt.
    """

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        registry = registry or CollectorRegistry()
        seconds = Histogram("guard_step_seconds", "Wall time of one step of a request.", ["step"], buckets=_BUCKETS_S, registry=registry)
        self._seconds = {step: seconds.labels(step) for step in _STEPS}
        self._decisions = Counter("guard_decisions_total", "Decisions.", ["stage", "outcome", "rule"], registry=registry)
        self._answers = Counter("guard_answers_total", "Answers given to callers.", ["status"], registry=registry)
        self._children: dict[tuple[str, ...], Counter] = {}
        live = {"registry": registry, "multiprocess_mode": "livemax"}
        self.gallery_people = Gauge("guard_gallery_people", "People in the gallery.", **live)
        self.gallery_revision = Gauge("guard_gallery_revision", "Registry revision in use.", **live)
        self.faces_waiting = Gauge(
            "guard_faces_waiting", "Pictures waiting for a face worker.", registry=registry, multiprocess_mode="livesum"
        )
        self.in_flight = Gauge("guard_requests_in_flight", "Requests being handled.", registry=registry, multiprocess_mode="livesum")

    def step(self, name: str) -> AbstractContextManager[object]:
        """Time one step."""
        return self._seconds[name].time()

    def decided(self, stage: Stage, decision: Decision) -> None:
        """Count one decision."""
        key = (stage.value, decision.outcome.value, decision.rule)
        child = self._children.get(key)
        if child is None:
            child = self._children[key] = self._decisions.labels(*key)
        child.inc()

    def answered(self, status: int) -> None:
        """Count one answer."""
        key = (str(status),)
        child = self._children.get(key)
        if child is None:
            child = self._children[key] = self._answers.labels(*key)
        child.inc()
