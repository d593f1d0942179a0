"""Shares with their intervals, and the report that they make."""

import json
import math
from dataclasses import asdict, dataclass, field

_Z = 1.959964


@dataclass(frozen=True, slots=True)
class Rate:
    """`hits` of `trials`, beside its target (0.0: none); misses are examples."""

    name: str
    hits: int
    trials: int
    target: float = 0.0
    group: str = ""
    at_most: bool = False
    seen: int = 0
    misses: tuple[str, ...] = ()

    @property
    def value(self) -> float:
        """The share."""
        return self.hits / self.trials if self.trials else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % score interval."""
        n = self.trials
        if not n:
            return (0.0, 1.0)
        p, z2 = self.value, _Z * _Z
        middle = (p + z2 / (2 * n)) / (1 + z2 / n)
        half = _Z * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n)
        return (max(0.0, middle - half), min(1.0, middle + half))

    @property
    def met(self) -> bool:
        """Whether the target is met (true without one)."""
        return not self.target or (self.value <= self.target if self.at_most else self.value >= self.target)


@dataclass(slots=True)
class Report:
    """Everything measured in one run."""

    registered: int
    aliases: int
    rates: list[Rate] = field(default_factory=list)
    latency_ms: dict[str, float] = field(default_factory=dict)
    build_s: float = 0.0
    bytes_per_alias: float = 0.0
    peak_mb: float = 0.0
    refused_prompts: list[dict[str, str]] = field(default_factory=list)

    def to_json(self) -> str:
        """The report as one JSON object."""
        tree = asdict(self)
        tree["rates"] = [{**asdict(rate), "value": rate.value, "interval": rate.interval, "met": rate.met} for rate in self.rates]
        return json.dumps(tree, ensure_ascii=False, indent=1)
