"""Make the scale of an encoder from photos of many people: whitening, a cohort of nobody, and the curve of false matches.

What is fitted are sums over everyone (a mean, a covariance) and random mixes; no vector of a person is in the result.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from guard.match.faces.scale import Floats, Scale

PHOTOS_PER_TEMPLATE = 3
TEMPLATES_PER_PERSON = 4

# Chosen on halves of the tuning photos against each other (docs/explanation/thresholds.md has the table of what was tried).
RIDGE = 1.0
CENTRED = 0.9
COHORT = 2_000
NEAREST = 200
MIXED = 6

_MEASURED_PAIRS = 20
_TAIL = (10**-2.5, 10**-4.5)
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

    def halves(self, seed: int) -> tuple["Sample", "Sample"]:
        """Two samples without a person in common."""
        everyone = np.random.default_rng(seed).permutation(np.unique(self.people))
        return self.of(everyone[::2]), self.of(everyone[1::2])


@dataclass(frozen=True, slots=True, eq=False)
class Trials:
    """Normalised scores of enrolled templates against single photos.

    Args:
        genuine: template and photo are one person's, the photo not in the template.
        impostor: shape (templates, photos), NaN where both are one person's.
        owners: whose template each row is.
        probes: whose photo each column is.
        genuine_owners: whose each genuine score is.
    """

    genuine: NDArray[np.float32]
    genuine_owners: NDArray[np.int64]
    impostor: NDArray[np.float32]
    owners: NDArray[np.int64]
    probes: NDArray[np.int64]


def fit(sample: Sample, encoder: str, seed: int = 1) -> Scale:
    """Whitening and cohort of the whole sample; the curve from its halves, each scored on the scale of the other."""
    one, two = sample.halves(seed)
    scores = [
        strangers[np.isfinite(strangers)]
        for strangers in (trials(_bare(a, encoder, seed), b).impostor for a, b in ((one, two), (two, one)))
    ]
    curve, measured_to = _curve(np.concatenate(scores))
    return replace(_bare(sample, encoder, seed), curve=curve, measured_to=measured_to)


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
    )
    return replace(scale, cohort=faces_of_nobody(scale.whiten(sample.vectors), seed))


def faces_of_nobody(whitened: Floats, seed: int, count: int = COHORT) -> Floats:
    """Random mixes of the vectors of `MIXED` photos each, with Gaussian weights of either sign: near to faces, near to no person.

    A cohort drawn from one Gaussian is too even: its nearest faces are too far, and the miss rate at a false match rate of
    1e-5 doubles. Mixes keep what makes some faces common.
    """
    random = np.random.default_rng(seed)
    total = np.zeros((count, whitened.shape[1]))
    for _ in range(MIXED):
        total += whitened[random.integers(len(whitened), size=count)] * random.standard_normal((count, 1))
    total = total / np.sqrt(MIXED) + whitened.mean(axis=0)
    result: Floats = (total / np.linalg.norm(total, axis=1, keepdims=True)).astype(np.float32)
    return result


def trials(scale: Scale, sample: Sample, photos: int = PHOTOS_PER_TEMPLATE) -> Trials:
    """Everyone with enough photos enrolled from several choices of them, and compared with all other photos."""
    chosen = list(_choices(sample.people, photos))
    templates = scale.whiten(np.stack([_template(sample.vectors[list(rows)]) for _, rows in chosen]))
    probes = scale.whiten(sample.vectors)
    slopes, offsets = scale.normaliser(templates)
    probe_slopes, probe_offsets = scale.normaliser(probes)
    scores = (templates @ probes.T) * (slopes[:, None] + probe_slopes[None]) - offsets[:, None] - probe_offsets[None]
    owners = np.array([owner for owner, _ in chosen])
    own = owners[:, None] == sample.people[None]
    used = np.zeros_like(own)
    for row, (_, rows) in enumerate(chosen):
        used[row, list(rows)] = True
    genuine = own & ~used
    return Trials(
        scores[genuine].astype(np.float32),
        np.broadcast_to(owners[:, None], own.shape)[genuine],
        np.where(own, np.nan, scores).astype(np.float32),
        owners,
        sample.people,
    )


def _choices(people: NDArray[np.int64], photos: int) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Up to `TEMPLATES_PER_PERSON` choices of `photos` of a person's photos; always leaves one photo to look for."""
    for person in np.unique(people).tolist():
        rows = np.flatnonzero(people == person).tolist()
        if len(rows) > photos:
            every = list(combinations(rows, photos))
            order = np.random.default_rng(person).permutation(len(every))[:TEMPLATES_PER_PERSON]
            yield from ((person, every[place]) for place in order)


def _template(vectors: Floats) -> Floats:
    mean = vectors.mean(axis=0)
    result: Floats = (mean / np.linalg.norm(mean)).astype(np.float32)
    return result


def _curve(strangers: NDArray[np.float32]) -> tuple[NDArray[np.float64], float]:
    """Score against false match rate: counted where at least `_MEASURED_PAIRS` pairs lie above, then a parabola fitted to the tail.

    The logarithm of a tail bends down; a straight line would set thresholds of large galleries too high, a bend fitted too
    freely too low, so it is not allowed to bend up and is fitted over two decades.
    """
    falling = np.sort(strangers.astype(np.float64))[::-1]
    measured_to = _MEASURED_PAIRS / len(falling)
    places = np.unique(np.geomspace(max(_TAIL[1] * len(falling), _MEASURED_PAIRS), _TAIL[0] * len(falling), 60).astype(int))
    bend, slope, level = np.polyfit(falling[places], np.log10((places + 1) / len(falling)), 2)
    if bend > 0:
        bend, (slope, level) = 0.0, np.polyfit(falling[places], np.log10((places + 1) / len(falling)), 1)
    counted = [(falling[round(rate * len(falling))], np.log10(rate)) for rate in 10.0**-_CURVE_DECADES if rate > _TAIL[0]]
    start = falling[places[-1]]
    ahead = np.arange(start, start + 8, 0.1)
    fitted = [(at, bend * at * at + slope * at + level) for at in ahead.tolist()]
    points = [point for point in [*counted, *fitted] if point[1] > -10]
    rising = [points[0]]
    for point in points[1:]:
        if point[0] > rising[-1][0] and point[1] < rising[-1][1]:
            rising.append(point)
    return np.array(rising).T, measured_to
