"""Rates of a face search from its trials: how often a person is missed (FNIR) and a stranger found (FPIR), by gallery size.

Terms as in ISO/IEC 19795-1 and NIST FRTE 1:N. A gallery larger than the photos allow is reckoned from the rate of pairs:
FPIR(N) = 1 - (1 - FMR)^N, labelled `extrapolated`; docs/explanation/thresholds.md says how well that held where it could be counted.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from guard.evaluate.faces_fit import Trials, false_match_curve
from guard.match.faces.scale import NARROWED_FMR, Scale, Thresholds, score_of

GALLERIES = (10, 100, 1_000, 10_000, 100_000, 1_000_000)
RESAMPLES = 300
HALVINGS = 5


@dataclass(frozen=True, slots=True)
class Rate:
    """A share with its 95 % interval over people (bootstrap), from `trials` comparisons or searches."""

    name: str
    value: float
    low: float
    high: float
    trials: int
    note: str = ""
    target: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether the value is within its target; None without one."""
        return None if self.target is None else self.value <= self.target


@dataclass(frozen=True, slots=True)
class Band:
    """What a gallery of `enrolled` people gives at the thresholds that the product would use."""

    enrolled: int
    hold: Rate
    refuse: Rate
    strangers_held: Rate
    strangers_refused: Rate
    extrapolated: bool


def missed_at(trials: Trials, rate: float, name: str, target: float | None = None, note: str = "") -> Rate:
    """FNMR where that share of stranger pairs would pass, threshold read from these very trials (as a DET curve does)."""
    strangers = np.sort(trials.strangers())[::-1]
    place = rate * len(strangers)
    if place >= 10:
        threshold = float(strangers[int(place)])
    else:
        threshold = normalised(false_match_curve(trials.strangers())[0], rate)
        note = note or "threshold extrapolated"
    return share_below(trials, threshold, name, target, note)


def share_below(trials: Trials, threshold: float, name: str, target: float | None = None, note: str = "") -> Rate:
    """Share of genuine scores below a threshold, with an interval over people."""
    genuine = trials.own & ~trials.used
    missed = ((trials.scores < threshold) & genuine).sum(axis=1)
    return _by_person(missed, genuine.sum(axis=1), trials.owners, name, target, note)


def share_passing(trials: Trials, threshold: float, name: str, note: str = "") -> Rate:
    """Share of stranger pairs at or above a threshold, with an interval over the people enrolled."""
    strangers = ~trials.own
    passed = ((trials.scores >= threshold) & strangers).sum(axis=1)
    return _by_person(passed, strangers.sum(axis=1), trials.owners, name, None, note)


def bands(trials: Trials, galleries: tuple[int, ...] = GALLERIES) -> list[Band]:
    """Each gallery size at the product's thresholds; each half of the people is judged by a curve that the other half made."""
    curves = _curves_of_the_others(trials)
    found = []
    for enrolled in galleries:
        wanted = Thresholds.of(enrolled)
        shares = []
        for score in (wanted.hold, wanted.refuse):
            rate = 10 ** (-10 * score)
            judged = [(normalised(curve, rate), half) for curve, half in curves]
            missed = _pooled([share_below(half, at, "missed") for at, half in judged], "missed")
            pairs = _pooled([share_passing(half, at, "pairs") for at, half in judged], "pairs")
            shares.append((missed, _searches(pairs, enrolled)))
        (hold, held), (refuse, refused) = shares
        lowest = 10 ** (-10 * wanted.refuse)
        extrapolated = lowest * len(trials.strangers()) < 20
        found.append(Band(enrolled, hold, refuse, held, refused, extrapolated))
    return found


def narrowed(trials: Trials) -> Rate:
    """Missed although a sign in the request names the very person: the outer band, judged as in `bands`."""
    parts = [share_below(half, normalised(curve, NARROWED_FMR), "narrowed") for curve, half in _curves_of_the_others(trials)]
    return _pooled(parts, "missed, narrowed to one person by a sign in the prompt", target=0.04)


def counted_fpir(trials: Trials, threshold: float, enrolled: int, repeats: int = 40) -> tuple[float, float]:
    """FPIR in random galleries of so many people, counted search by search, and what the rate of pairs says it should be."""
    people = np.unique(trials.owners)
    if enrolled >= len(people):
        raise ValueError(f"{enrolled} of {len(people)} people: somebody must be left to be a stranger")
    counted = []
    for repeat in range(repeats):
        random = np.random.default_rng(repeat)
        chosen = random.choice(people, enrolled, replace=False)
        rows = [int(random.choice(np.flatnonzero(trials.owners == person))) for person in chosen]
        strangers = ~np.isin(trials.probes, chosen)
        counted.append(float((trials.scores[rows][:, strangers].max(axis=0) >= threshold).mean()))
    pairs = float((trials.strangers() >= threshold).mean())
    return float(np.mean(counted)), 1 - (1 - pairs) ** enrolled


def det(trials: Trials, points: int = 60) -> list[tuple[float, float]]:
    """(FMR, FNMR) from one in ten down to the rate that ten pairs reach."""
    strangers, genuine = np.sort(trials.strangers())[::-1], trials.genuine()
    rates = np.geomspace(max(10 / len(strangers), 1e-7), 0.1, points)
    return [(float(rate), float((genuine < strangers[int(rate * len(strangers))]).mean())) for rate in rates]


def by_group(trials: Trials, groups: Callable[[int], str | None], threshold: float) -> list[tuple[Rate, Rate]]:
    """(Missed, strangers of the same group passing) for each group of people."""
    names = np.array([groups(person) or "" for person in trials.owners.tolist()])
    probes = np.array([groups(person) or "" for person in trials.probes.tolist()])
    found = []
    for name in sorted(set(names) - {""}):
        part = Trials(
            trials.scores[names == name][:, probes == name],
            trials.owners[names == name],
            trials.probes[probes == name],
            trials.used[names == name][:, probes == name],
        )
        found.append((share_below(part, threshold, name), share_passing(part, threshold, name)))
    return found


def _curves_of_the_others(trials: Trials) -> list[tuple[NDArray[np.float64], Trials]]:
    """(A curve, trials of people who had no part in it): both ways for each of `HALVINGS` random halvings of the people."""
    found = []
    everyone = np.unique(trials.probes)
    for seed in range(HALVINGS):
        people = np.random.default_rng(seed).permutation(everyone)
        one, other = (_part(trials, part) for part in (people[::2], people[1::2]))
        found += [(false_match_curve(one.strangers())[0], other), (false_match_curve(other.strangers())[0], one)]
    return found


def _part(trials: Trials, people: NDArray[np.int64]) -> Trials:
    rows, columns = np.isin(trials.owners, people), np.isin(trials.probes, people)
    return Trials(trials.scores[rows][:, columns], trials.owners[rows], trials.probes[columns], trials.used[rows][:, columns])


def _searches(pairs: Rate, enrolled: int) -> Rate:
    low, value, high = (1 - (1 - share) ** enrolled for share in (pairs.low, pairs.value, pairs.high))
    return Rate("strangers", value, low, high, pairs.trials, "reckoned from pairs")


def _pooled(parts: list[Rate], name: str, target: float | None = None) -> Rate:
    total = sum(part.trials for part in parts)

    def mean(of: Callable[[Rate], float]) -> float:
        return sum(of(part) * part.trials for part in parts) / max(total, 1)

    value = mean(lambda part: part.value)
    shrink = 2**0.5  # the two halves of one halving are independent people; further halvings add none
    low = value - (value - mean(lambda part: part.low)) / shrink
    high = value + (mean(lambda part: part.high) - value) / shrink
    return Rate(name, value, low, high, total // HALVINGS, target=target)


def _by_person(
    counts: NDArray[np.int64], totals: NDArray[np.int64], owners: NDArray[np.int64], name: str, target: float | None, note: str
) -> Rate:
    people, place = np.unique(owners, return_inverse=True)
    hits, trials = np.bincount(place, counts), np.bincount(place, totals)
    drawn = np.random.default_rng(0).integers(len(people), size=(RESAMPLES, len(people)))
    shares = hits[drawn].sum(axis=1) / np.maximum(trials[drawn].sum(axis=1), 1)
    low, high = np.quantile(shares, [0.025, 0.975])
    return Rate(name, float(hits.sum() / max(trials.sum(), 1)), float(low), float(high), int(trials.sum()), note, target)


def normalised(curve: NDArray[np.float64], rate: float) -> float:
    """The normalised score at which so many pairs of strangers pass, read off a curve."""
    empty = np.empty(0, np.float32)
    return Scale("", empty, empty, empty, 0, curve, 0.0).normalised(score_of(rate))
