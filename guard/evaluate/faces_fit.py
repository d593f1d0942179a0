"""Make the scale of an encoder from photos of many people: whitening, a cohort of nobody, and the curve of false matches.

What is fitted are sums over everyone (a mean, a covariance) and random mixes; no vector of a person is in the result.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from guard.errors import InvalidInputError
from guard.match.faces.scale import Floats, Scale

PHOTOS_PER_TEMPLATE = 3
TEMPLATES_PER_PERSON = 4

# Chosen on halves of the tuning photos against each other (docs/explanation/thresholds.md has the table of what was tried).
RIDGE = 3.0
CENTRED = 0.95
COHORT = 2_000
NEAREST = 200
SPARED = 30  # the mixes of one person's photos, about 16, are nearest to that person: counted, they would hide whoever is in the sample
MIXED = 2
NOISE = 1.5
NEAREST_ALLOWED = 0.6
"""Cosine of whitened vectors. A stranger's nearest face lies at 0.45 (half of them) to 0.54 (one in ten), two photos of one person at 0.67."""

PARTS = 5
_COHORT_ROUNDS = 200

# The curve is counted down to the rate that this many pairs of strangers reach; below it is extrapolated. Over twelve random
# halvings, a parabola fitted from here up to 1e-2 gave on the other half 0.96, 0.93 and 0.85 of the rates 1e-4, 3e-5 and 1e-5.
_MEASURED_PAIRS = 10
_TAIL = 1e-2
_CURVE_DECADES = np.arange(0.25, 5.01, 0.25)


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Vectors of photos and whose they are: shapes (n, d) and (n,)."""

    vectors: Floats
    people: NDArray[np.int64]

    def of(self, chosen: NDArray[np.int64]) -> "Sample":
        """Only the photos of these people."""
        keep = np.isin(self.people, chosen)
        return Sample(self.vectors[keep], self.people[keep])

    def parts(self, count: int, seed: int) -> list[NDArray[np.int64]]:
        """The people dealt into `count` parts, those with many photos evenly."""
        people, photos = np.unique(self.people, return_counts=True)
        order = np.random.default_rng(seed).permutation(len(people))
        dealt = people[order[np.argsort(-photos[order], kind="stable")]]
        return [dealt[start::count] for start in range(count)]


@dataclass(frozen=True, slots=True, eq=False)
class Trials:
    """Normalised scores of enrolled templates (rows) against single photos (columns).

    Args:
        scores: shape (templates, photos).
        owners: whose template each row is.
        probes: whose photo each column is.
        used: shape (templates, photos): the photo is in the template.
    """

    scores: NDArray[np.float32]
    owners: NDArray[np.int64]
    probes: NDArray[np.int64]
    used: NDArray[np.bool_]

    @property
    def own(self) -> NDArray[np.bool_]:
        """Where template and photo are one person's."""
        result: NDArray[np.bool_] = self.owners[:, None] == self.probes[None]
        return result

    def genuine(self) -> NDArray[np.float32]:
        """Scores of people against templates of theirs made from other photos."""
        return self.scores[self.own & ~self.used]

    def strangers(self) -> NDArray[np.float32]:
        """Scores of everyone against everyone else's templates."""
        return self.scores[~self.own]


def fit(sample: Sample, encoder: str, seed: int = 1, made_from: str = "") -> Scale:
    """Whitening and cohort of the whole sample; the curve from `cross_trials`. `made_from` as in `Scale`."""
    curve, measured_to = false_match_curve(cross_trials(sample, seed=seed).strangers())
    return replace(_bare(sample, encoder, seed), curve=curve, measured_to=measured_to, made_from=made_from)


def cross_trials(sample: Sample, photos: int = PHOTOS_PER_TEMPLATE, seed: int = 1, parts: int = PARTS, *, spare: bool = True) -> Trials:
    """Everyone against everyone, each pair scored on a scale that neither of the two helped to make; `spare` as in `templates_of`."""
    templates, owners, used = templates_of(sample, photos, spare=spare)
    scores = np.empty((len(templates), len(sample.people)), np.float32)
    dealt = sample.parts(parts, seed)
    for first, one in enumerate(dealt):
        for other in dealt[first:]:
            rest = np.setdiff1d(sample.people, np.concatenate([one, other]))
            scale = _bare(sample.of(rest), "", seed)
            for enrolled, seen in ((one, other), (other, one)):
                rows, columns = np.flatnonzero(np.isin(owners, enrolled)), np.flatnonzero(np.isin(sample.people, seen))
                scores[np.ix_(rows, columns)] = scale.compared(templates[rows], sample.vectors[columns])
    return Trials(scores, owners, sample.people, used)


def trials(scale: Scale, sample: Sample, photos: int = PHOTOS_PER_TEMPLATE, *, spare: bool = True) -> Trials:
    """Everyone against everyone on one scale; the sample must not be what the scale was made from."""
    templates, owners, used = templates_of(sample, photos, spare=spare)
    return Trials(scale.compared(templates, sample.vectors), owners, sample.people, used)


def _bare(sample: Sample, encoder: str, seed: int) -> Scale:
    """A scale without its curve."""
    mean = sample.vectors.mean(axis=0)
    covariance = np.cov((sample.vectors - mean).T)
    spread, axes = np.linalg.eigh(covariance)
    ridge = RIDGE * float(np.trace(covariance)) / len(covariance)
    whitening = axes @ np.diag((np.maximum(spread, 0) + ridge) ** -0.5) @ axes.T
    scale = Scale(
        encoder,
        (CENTRED * mean).astype(np.float32),
        whitening.astype(np.float32),
        np.empty((0, len(mean)), np.float32),
        NEAREST,
        np.array([[0.0, 1.0], [0.0, -1.0]]),
        1.0,
        spared=SPARED,
    )
    return replace(scale, cohort=faces_of_nobody(scale.whiten(sample.vectors), seed))


def faces_of_nobody(whitened: Floats, seed: int, count: int = COHORT) -> Floats:
    """Each the mix of two photos with more noise than face: as near to people as strangers are, and to nobody nearer than `NEAREST_ALLOWED`.

    Two vectors drawn from a Gaussian of the same covariance, or mixes without noise that keep as far from everyone, do far
    worse (docs/explanation/thresholds.md).
    """
    random = np.random.default_rng(seed)
    kept: list[Floats] = []
    for _ in range(_COHORT_ROUNDS):
        if sum(map(len, kept)) >= count:
            break
        chosen = whitened[random.integers(len(whitened), size=(MIXED, count))]
        mixes = (chosen * (0.3 + random.random((MIXED, count, 1)))).sum(axis=0)
        noisy = _unit(_unit(mixes) + NOISE * _unit(random.standard_normal((count, whitened.shape[1])))).astype(np.float32)
        kept.append(noisy[(noisy @ whitened.T).max(axis=1) <= NEAREST_ALLOWED])
    else:
        raise InvalidInputError(
            "these people's vectors are too much alike to make a cohort of nobody from them; is this a network of faces?"
        )
    return np.concatenate(kept)[:count]


def _unit(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    result: NDArray[np.float64] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return result


def templates_of(sample: Sample, photos: int, *, spare: bool = True) -> tuple[Floats, NDArray[np.int64], NDArray[np.bool_]]:
    """Templates, whose they are, and which photos are in them.

    With `spare` they are of everyone who has a photo left to look for, up to `TEMPLATES_PER_PERSON` of each; without it one of
    everybody, from as many photos as there are up to `photos`: a gallery for strangers.
    """
    chosen = list(_choices(sample.people, photos, spare=spare))
    used = np.zeros((len(chosen), len(sample.people)), np.bool_)
    for row, (_, columns) in enumerate(chosen):
        used[row, list(columns)] = True
    vectors = np.stack([template(sample.vectors[list(rows)]) for _, rows in chosen])
    return vectors, np.array([owner for owner, _ in chosen]), used


def _choices(people: NDArray[np.int64], photos: int, *, spare: bool) -> Iterator[tuple[int, tuple[int, ...]]]:
    for person in np.unique(people).tolist():
        rows = np.flatnonzero(people == person).tolist()
        if not spare:
            yield person, tuple(rows[:photos])
        elif len(rows) > photos:
            every = list(combinations(rows, photos))
            order = np.random.default_rng(person).permutation(len(every))[:TEMPLATES_PER_PERSON]
            yield from ((person, every[place]) for place in order)


def template(vectors: Floats) -> Floats:
    """The unit-length mean of some photos of a person."""
    mean = vectors.mean(axis=0)
    result: Floats = (mean / np.linalg.norm(mean)).astype(np.float32)
    return result


def false_match_curve(strangers: NDArray[np.float32]) -> tuple[NDArray[np.float64], float]:
    """Score against false match rate: counted where at least `_MEASURED_PAIRS` pairs lie above, then a parabola fitted to the tail.

    The logarithm of a tail bends down; a straight line would set thresholds of large galleries too high, a bend fitted too
    freely too low, so it is not allowed to bend up and is fitted over two decades.
    """
    falling = np.sort(strangers.astype(np.float64))[::-1]
    measured_to = _MEASURED_PAIRS / len(falling)
    places = np.unique(np.geomspace(_MEASURED_PAIRS, max(_TAIL * len(falling), 3 * _MEASURED_PAIRS), 80).astype(int))
    at, rate = falling[places - 1], np.log10(places / len(falling))
    bend, slope, level = np.polyfit(at, rate, 2)
    if bend > 0:
        bend, (slope, level) = 0.0, np.polyfit(at, rate, 1)
    counted = [(falling[round(rate * len(falling))], np.log10(rate)) for rate in 10.0**-_CURVE_DECADES if rate > _TAIL]
    ahead = at[-1] + np.arange(200) * (at[0] - at[-1]) / 50  # three times as far as was counted
    fitted = [(at, bend * at * at + slope * at + level) for at in ahead.tolist()]
    points = [point for point in [*counted, *fitted] if point[1] > -10]
    rising = [points[0]]
    for point in points[1:]:
        if point[0] > rising[-1][0] and point[1] < rising[-1][1]:
            rising.append(point)
    return np.array(rising).T, measured_to
