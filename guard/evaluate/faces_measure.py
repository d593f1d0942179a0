"""Rates of a face search from its trials: how often a person is missed (FNIR) and a stranger found (FPIR), by gallery size.

Terms as in ISO/IEC 19795-1 and NIST FRTE 1:N. Strangers in a gallery are reckoned from the rate of pairs, FPIR(N) = 1 - (1 - FMR)^N, and
counted, search by search, in galleries as large as the photos allow (`searches`), so that the reckoning can be checked.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from guard.evaluate.faces_fit import Trials, false_match_curve
from guard.evaluate.faces_tail import Tail, rates
from guard.match.faces.scale import NARROWED_FMR, Scale, Thresholds, score_of

GALLERIES = (10, 100, 1_000, 10_000, 100_000, 1_000_000)
RESAMPLES = 300
_COUNTABLE = 20
_UNCOUNTABLE = 5  # where fewer pairs are expected, seeing none is likely and says little
_CARRIED_FROM = 100_000  # pairs; the tail of fewer foretells anything between nothing and everything
_UNFITTED = 0.1  # share of resamples that may be too small to fit a tail to
HALVINGS = 5
COUNTED_GALLERIES = (20, 100, 300, 600)

FEW_PEOPLE = 20
"""People with a photo to spare, below whom no interval says anything."""

Judged = Sequence[tuple[NDArray[np.float64], Trials]]
"""Curves, each with trials of people who had no part in it."""


@dataclass(frozen=True, slots=True)
class Rate:
    """A share with its 95 % interval over people (bootstrap; the rule of three where nothing was seen), from `trials` comparisons or searches."""

    name: str
    value: float
    low: float
    high: float
    trials: int
    note: str = ""
    target: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether the value is within its target; None without one, and where nothing was seen in too few trials to tell."""
        if self.target is None or (self.value == 0 and self.high > self.target):
            return None
        return self.value <= self.target


@dataclass(frozen=True, slots=True)
class Band:
    """What a gallery of `enrolled` people gives at the thresholds that the product would use.

    A band is extrapolated where fewer than `_COUNTABLE` pairs of strangers would reach its threshold if it did what it is meant to do; where
    fewer than `_UNCOUNTABLE` would, the share of strangers is carried on from the tail of their scores (`faces_tail`), and its note says so,
    unless there are so few pairs that the tail says nothing.
    """

    enrolled: int
    hold: Rate
    refuse: Rate
    strangers_held: Rate
    strangers_refused: Rate
    hold_extrapolated: bool
    refuse_extrapolated: bool

    @property
    def extrapolated(self) -> str:
        """Which of the thresholds is, in words."""
        if self.hold_extrapolated:
            return "extrapolated"
        return "refusals extrapolated" if self.refuse_extrapolated else ""


def countable(trials: Trials, rate: float) -> bool:
    """Whether enough pairs of strangers are there to say where such a rate lies."""
    return rate * len(trials.strangers()) >= 2


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


def bands(judged: Judged, galleries: Sequence[int] = GALLERIES) -> list[Band]:
    """Each gallery size at the product's thresholds."""
    tails = _Tails(judged)
    pairs = _distinct_pairs(judged)
    found = []
    for enrolled in galleries:
        wanted = Thresholds.of(enrolled)
        shares, few = [], []
        for score in (wanted.hold, wanted.refuse):
            rate = 10 ** (-10 * score)
            at = [normalised(curve, rate) for curve, _ in judged]
            missed = _pooled([share_below(trials, where, "missed") for where, (_, trials) in zip(at, judged, strict=True)], "missed")
            passed = _pooled([share_passing(trials, where, "pairs") for where, (_, trials) in zip(at, judged, strict=True)], "pairs")
            passed = replace(passed, trials=pairs, high=passed.high if passed.value else min(1.0, 3 / max(pairs, 1)))
            expected = rate * pairs
            carried = expected < _UNCOUNTABLE and pairs >= _CARRIED_FROM
            shares.append((missed, _searches(tails.carried_on(passed, at) if carried else passed, enrolled)))
            few.append(expected < _COUNTABLE)
        (hold, held), (refuse, refused) = shares
        found.append(Band(enrolled, hold, refuse, held, refused, few[0], few[1]))
    return found


class _Tails:
    """The tails of strangers' scores of all that is judged, fitted once, and refitted on people drawn again."""

    def __init__(self, judged: Judged) -> None:
        everyone = np.unique(np.concatenate([np.concatenate([trials.owners, trials.probes]) for _, trials in judged]))
        tails = [Tail.of(trials) for _, trials in judged]
        self._curves = np.array([tail.fit() for tail in tails])
        self._refitted = np.array([tail.refitted(everyone) for tail in tails])

    def carried_on(self, counted: Rate, at: Sequence[float]) -> Rate:
        """The share of pairs at or above thresholds, one for each part, that are too rare to be counted; what was counted is in the note."""
        value = np.mean([float(rates(curve, where)) for curve, where in zip(self._curves, at, strict=True)])
        drawn = np.mean([rates(curves, where) for curves, where in zip(self._refitted, at, strict=True)], axis=0)
        if not np.isfinite(value) or np.isnan(drawn).mean() > _UNFITTED:
            return counted
        low, high = np.nanquantile(drawn, [0.025, 0.975])
        seen = f"{counted.value:.1e}" if counted.value else "none"
        note = f"extrapolated; counted {seen} of {counted.trials:,} pairs"
        return replace(counted, value=float(value), low=float(low), high=float(high), note=note)


def _distinct_pairs(judged: Judged) -> int:
    """How many different pairs of a template and a stranger's photo are judged, each counted once however often it is."""
    everyone = np.unique(np.concatenate([np.concatenate([trials.owners, trials.probes]) for _, trials in judged]))
    met = np.zeros((len(everyone), len(everyone)), np.bool_)
    templates, photos = np.zeros(len(everyone), np.int64), np.zeros(len(everyone), np.int64)
    for _, trials in judged:
        rows, columns = np.searchsorted(everyone, trials.owners), np.searchsorted(everyone, trials.probes)
        met[np.ix_(np.unique(rows), np.unique(columns))] = True
        templates = np.maximum(templates, np.bincount(rows, minlength=len(everyone)))
        photos = np.maximum(photos, np.bincount(columns, minlength=len(everyone)))
    np.fill_diagonal(met, False)
    return int(templates @ met @ photos)


def narrowed(judged: Judged) -> Rate:
    """Missed although a sign in the request names the very person: the outer band."""
    parts = [share_below(trials, normalised(curve, NARROWED_FMR), "narrowed") for curve, trials in judged]
    return _pooled(parts, "missed, narrowed to one person by a sign in the prompt", target=0.04)


def searches(judged: Judged, galleries: Sequence[int] = COUNTED_GALLERIES) -> list[Rate]:
    """Strangers held or refused, counted search by search in random galleries at the thresholds in use, with what pairs foretell.

    Args:
        judged: trials of galleries with one template of everybody (`faces_fit.templates_of` without `spare`).
        galleries: sizes; those that would leave nobody to look for are left out.
    """
    found = []
    people = min(len(np.unique(trials.owners)) for _, trials in judged)
    for enrolled in (size for size in galleries if size < people):
        score = Thresholds.of(enrolled).hold
        counts = [counted_fpir(trials, normalised(curve, 10 ** (-10 * score)), enrolled) for curve, trials in judged]
        value, foretold = (float(np.mean([count[place] for count in counts])) for place in (0, 1))
        spread = np.concatenate([count[2] for count in counts])
        low, high = np.quantile(spread, [0.025, 0.975])
        aim = enrolled * 10 ** (-10 * score)
        note = f"pairs foretell {foretold:.2%}, aimed at {aim:.1%}"
        found.append(Rate(f"{enrolled} enrolled", value, float(low), float(high), len(spread), note))
    return found


def counted_fpir(trials: Trials, threshold: float, enrolled: int, repeats: int = 40) -> tuple[float, float, NDArray[np.float64]]:
    """FPIR in random galleries of so many people, counted; what the rate of pairs says it should be; and the count of each gallery."""
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
    return float(np.mean(counted)), 1 - (1 - pairs) ** enrolled, np.array(counted)


def det(trials: Trials, points: int = 60) -> list[tuple[float, float]]:
    """(FMR, FNMR) from one in ten down to the rate that ten pairs reach."""
    strangers, genuine = np.sort(trials.strangers())[::-1], trials.genuine()
    rates = np.geomspace(max(10 / len(strangers), 1e-7), 0.1, points)
    return [(float(rate), float((genuine < strangers[int(rate * len(strangers))]).mean())) for rate in rates]


def by_group(trials: Trials, groups: Callable[[int], str | None], missed_from: float, passed_from: float) -> list[tuple[Rate, Rate]]:
    """(Missed, strangers of the same group passing) for each group of people.

    Args:
        trials: everyone against everyone.
        groups: the group of a person, None or empty for none.
        missed_from: threshold below which a person is missed.
        passed_from: threshold from which a stranger passes.
    """
    names = np.array([groups(person) or "" for person in trials.owners.tolist()])
    probes = np.array([groups(person) or "" for person in trials.probes.tolist()])
    found = []
    for name in sorted(set(probes.tolist()) - {""}):
        rows, columns = names == name, probes == name
        if not rows.any():
            nobody = Rate(name, 0.0, 0.0, 1.0, 0, "nobody with a photo to spare")
            found.append((nobody, nobody))
            continue
        part = Trials(trials.scores[rows][:, columns], trials.owners[rows], trials.probes[columns], trials.used[rows][:, columns])
        people = len(np.unique(part.owners))
        missed, passed = share_below(part, missed_from, name), share_passing(part, passed_from, name)
        found.append((_of_few(missed, people), _of_few(passed, people)) if people < FEW_PEOPLE else (missed, passed))
    return found


def wilson(share: float, trials: int) -> tuple[float, float]:
    """Wilson's 95 % interval around a share seen in so many independent trials; all of 0 to 1 without any."""
    if trials == 0:
        return 0.0, 1.0
    z = 1.96
    middle = (share + z * z / (2 * trials)) / (1 + z * z / trials)
    reach = z * ((share * (1 - share) + z * z / (4 * trials)) / trials) ** 0.5 / (1 + z * z / trials)
    return max(0.0, middle - reach), min(1.0, middle + reach)


def _of_few(rate: Rate, people: int) -> Rate:
    """With the interval that so few people allow: a bootstrap over a handful of people is too sure of itself, so each counts as one trial."""
    low, high = wilson(rate.value, people)
    note = f"of {people} people with a photo to spare: too few to compare groups by"
    return replace(rate, low=min(low, rate.low), high=max(high, rate.high), note=note)


def by_halves(trials: Trials, galleries: Trials | None = None) -> Judged:
    """A curve of one half of the people with the trials of the other: both ways for each of `HALVINGS` random halvings.

    `galleries`, where given, are what is judged in place of the trials that the curves are made from.
    """
    found = []
    everyone = np.unique(trials.probes)
    for seed in range(HALVINGS):
        people = np.random.default_rng(seed).permutation(everyone)
        for making, judged in ((people[::2], people[1::2]), (people[1::2], people[::2])):
            curve, _ = false_match_curve(_part(trials, making).strangers())
            found.append((curve, _part(galleries or trials, judged)))
    return found


def _part(trials: Trials, people: NDArray[np.int64]) -> Trials:
    rows, columns = np.isin(trials.owners, people), np.isin(trials.probes, people)
    return Trials(trials.scores[rows][:, columns], trials.owners[rows], trials.probes[columns], trials.used[rows][:, columns])


def _searches(pairs: Rate, enrolled: int) -> Rate:
    low, value, high = (1 - (1 - share) ** enrolled for share in (pairs.low, pairs.value, pairs.high))
    return Rate("strangers", value, low, high, pairs.trials, pairs.note or "reckoned from pairs")


def _pooled(parts: list[Rate], name: str, target: float | None = None) -> Rate:
    total = sum(part.trials for part in parts)

    def mean(of: Callable[[Rate], float]) -> float:
        return sum(of(part) * part.trials for part in parts) / max(total, 1)

    value = mean(lambda part: part.value)
    shrink = min(len(parts), 2) ** 0.5  # the two halves of one halving are independent people; further halvings add none
    low = value - (value - mean(lambda part: part.low)) / shrink
    high = value + (mean(lambda part: part.high) - value) / shrink
    return Rate(name, value, low, high, total // max(1, len(parts) // 2), target=target)


def _by_person(
    counts: NDArray[np.int64], totals: NDArray[np.int64], owners: NDArray[np.int64], name: str, target: float | None, note: str
) -> Rate:
    people, place = np.unique(owners, return_inverse=True)
    hits, trials = np.bincount(place, counts), np.bincount(place, totals)
    drawn = np.random.default_rng(0).integers(len(people), size=(RESAMPLES, len(people)))
    shares = hits[drawn].sum(axis=1) / np.maximum(trials[drawn].sum(axis=1), 1)
    low, high = np.quantile(shares, [0.025, 0.975])
    if not hits.any():  # people drawn again have none either; three in so many trials would show 95 times in 100
        high = min(1.0, 3 / max(trials.sum(), 1))
    return Rate(name, float(hits.sum() / max(trials.sum(), 1)), float(low), float(high), int(trials.sum()), note, target)


def normalised(curve: NDArray[np.float64], rate: float) -> float:
    """The normalised score at which so many pairs of strangers pass, read off a curve."""
    empty = np.empty(0, np.float32)
    return Scale("", empty, empty, empty, 0, curve, 0.0).normalised(score_of(rate))
