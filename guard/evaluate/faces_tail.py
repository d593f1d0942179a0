"""Strangers beyond what can be counted: the tail of their scores, carried on to a threshold that hardly any pair reaches.

A refusal among 1,000 enrolled asks for one pair of strangers in a million, and some hundred people make a few hundred thousand pairs:
counting says "none seen", which is true of a threshold half as high too. The logarithm of the tail is smooth, and bends
down; a parabola fitted to its last two counted decades says where it stands further out. How far to trust that is on the same photos: tails
fitted without their last decade foretell it (docs/explanation/thresholds.md). What is reckoned so is labelled *extrapolated*, always.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from guard.evaluate.faces_fit import Trials

Numbers = NDArray[np.float64]

RESAMPLES = 200
_TAIL = 1e-2
_LEAST_PAIRS = 10
_PLACES = 80
_LEAST_PLACES = 10


@dataclass(frozen=True, slots=True, eq=False)
class Tail:
    """The highest scores of strangers, falling, with whose template and whose photo each pair is; and how many pairs there are in all.

    Args:
        scores: shape (k,), falling.
        enrolled: shape (k,): place in `people` of the person enrolled.
        probed: shape (k,): place in `people` of the stranger.
        people: everyone in the trials, rising.
        templates: shape (people,): templates of each.
        photos: shape (people,): photos of each.
    """

    scores: Numbers
    enrolled: NDArray[np.intp]
    probed: NDArray[np.intp]
    people: NDArray[np.int64]
    templates: NDArray[np.int64]
    photos: NDArray[np.int64]

    @classmethod
    def of(cls, trials: Trials, share: float = 2 * _TAIL) -> "Tail":
        """The `share` of pairs that score highest: twice what is fitted, so that people drawn again have enough of them."""
        people = np.unique(np.concatenate([trials.owners, trials.probes]))
        rows, columns = np.searchsorted(people, trials.owners), np.searchsorted(people, trials.probes)
        scores = np.where(trials.own, -np.inf, trials.scores)
        count = max(int(share * np.count_nonzero(~trials.own)), 3 * _LEAST_PAIRS)
        near = np.argsort(scores, axis=None)[::-1][:count]
        row, column = np.unravel_index(near, scores.shape)
        return cls(
            scores[row, column].astype(np.float64),
            rows[row],
            columns[column],
            people,
            np.bincount(rows, minlength=len(people)),
            np.bincount(columns, minlength=len(people)),
        )

    def fit(self, drawn: NDArray[np.int64] | None = None) -> Numbers:
        """A parabola that does not bend up through the counted tail: normalised score to decimal logarithm of the rate, highest power first.

        Args:
            drawn: shape (people,): how often each person was drawn, for a resample of people; everyone once without it.

        Returns:
            Shape (3,); not numbers where too few pairs are left to fit.
        """
        times = np.ones(len(self.people)) if drawn is None else drawn.astype(np.float64)
        templates, photos = times * self.templates, times * self.photos
        pairs = templates.sum() * photos.sum() - float(templates @ photos)
        above = np.cumsum(times[self.enrolled] * times[self.probed])
        last = min(max(_TAIL * pairs, 3 * _LEAST_PAIRS), above[-1])
        if last <= _LEAST_PAIRS:
            return np.full(3, np.nan)
        places = np.unique(np.searchsorted(above, np.geomspace(_LEAST_PAIRS, last, _PLACES)))
        places = places[places < len(above)]
        if len(places) < _LEAST_PLACES:
            return np.full(3, np.nan)
        at, log_rate = self.scores[places], np.log10(above[places] / pairs)
        curve = np.polyfit(at, log_rate, 2)
        return curve if curve[0] <= 0 else np.array([0.0, *np.polyfit(at, log_rate, 1)])

    def refitted(self, everyone: NDArray[np.int64]) -> Numbers:
        """`fit` for each of `RESAMPLES` draws of `everyone` with replacement, the same draws for every tail: shape (draws, 3)."""
        place = np.searchsorted(everyone, self.people)
        drawn = (np.random.default_rng(seed).integers(len(everyone), size=len(everyone)) for seed in range(RESAMPLES))
        return np.array([self.fit(np.bincount(each, minlength=len(everyone))[place]) for each in drawn])


def rates(curves: Numbers, threshold: float) -> Numbers:
    """Share 0..1 of pairs of strangers at or above a normalised score, by each of the curves of shape (..., 3)."""
    bend, slope, level = np.moveaxis(curves, -1, 0)
    result: Numbers = 10 ** np.minimum(0, bend * threshold**2 + slope * threshold + level)
    return result
