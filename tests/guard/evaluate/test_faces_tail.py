"""The tail of strangers' scores, on scores whose tail is known."""

from statistics import NormalDist

import numpy as np
import pytest

from guard.evaluate import faces_measure
from guard.evaluate.faces_fit import Trials, false_match_curve
from guard.evaluate.faces_tail import RESAMPLES, Tail, rates

PEOPLE, PHOTOS = 400, 3


def drawn_from(scores: np.ndarray) -> Trials:
    """Trials of so many people, one template each, with these scores."""
    owners, probes = np.arange(PEOPLE), np.repeat(np.arange(PEOPLE), PHOTOS)
    return Trials(scores.astype(np.float32), owners, probes, np.zeros(scores.shape, np.bool_))


@pytest.fixture(scope="module")
def normal() -> Trials:
    return drawn_from(np.random.default_rng(3).standard_normal((PEOPLE, PEOPLE * PHOTOS)))


@pytest.mark.parametrize(("rate", "within"), [(1e-3, 1.2), (1e-4, 1.3), (1e-5, 2), (1e-6, 3)])
def test_a_normal_tail_is_foretold_beyond_its_last_pair(rate: float, within: float, normal: Trials) -> None:
    """479,000 pairs, of which ten are counted: the last rate is more than a decade beyond them."""
    foretold = float(rates(Tail.of(normal).fit(), NormalDist().inv_cdf(1 - rate)))
    assert rate / within < foretold < rate * within


def test_people_drawn_again_give_a_spread_around_it(normal: Trials) -> None:
    threshold = NormalDist().inv_cdf(1 - 1e-6)
    spread = rates(Tail.of(normal).refitted(np.arange(PEOPLE)), threshold)
    assert spread.shape == (RESAMPLES,)
    low, high = np.quantile(spread, [0.025, 0.975])
    assert 1e-8 < low < 1e-6 < high < 1e-5


def test_nobody_is_their_own_stranger(normal: Trials) -> None:
    own = normal.own
    near = drawn_from(np.where(own, 100.0, normal.scores))
    assert np.array_equal(Tail.of(near).fit(), Tail.of(normal).fit())


def test_a_person_drawn_twice_counts_twice() -> None:
    """Half of the templates score as a group far from the other half; drawing only those of one half gives that half's tail."""
    random = np.random.default_rng(4)
    scores = random.standard_normal((PEOPLE, PEOPLE * PHOTOS))
    scores[: PEOPLE // 2] += 2
    both, times = Tail.of(drawn_from(scores), share=1.0), np.repeat([2, 0], PEOPLE // 2)
    assert rates(both.fit(times), 2 + NormalDist().inv_cdf(1 - 1e-3)) == pytest.approx(1e-3, rel=0.5)


def test_too_few_pairs_have_no_tail() -> None:
    few = drawn_from(np.random.default_rng(0).random((PEOPLE, PEOPLE * PHOTOS)))
    assert np.isnan(Tail.of(few).fit(np.zeros(PEOPLE, np.int64))).all()


def test_a_band_beyond_counting_says_what_was_counted(normal: Trials) -> None:
    (band,) = faces_measure.bands([(false_match_curve(normal.strangers())[0], normal)], [10_000])
    refused = band.strangers_refused
    assert refused.note == "extrapolated; counted none of 478,800 pairs"
    assert (refused.trials, refused.low <= refused.value <= refused.high, band.refuse_extrapolated) == (478_800, True, True)
    assert refused.value == pytest.approx(1e-3, rel=0.5)


def test_pairs_judged_in_several_halvings_count_once(normal: Trials) -> None:
    band = faces_measure.bands(faces_measure.by_halves(normal), [10])[0]
    assert 0.9 < band.strangers_held.trials / 478_800 < 1


def test_the_tail_of_few_pairs_is_not_carried_on(normal: Trials) -> None:
    few = Trials(normal.scores[:100, :300], normal.owners[:100], normal.probes[:300], normal.used[:100, :300])
    (band,) = faces_measure.bands([(false_match_curve(normal.strangers())[0], few)], [1_000])
    pairs = 100 * 300 - 300
    assert (band.strangers_refused.value, band.strangers_refused.note, band.strangers_refused.trials) == (0, "reckoned from pairs", pairs)
    assert band.strangers_refused.high == pytest.approx(1 - (1 - 3 / pairs) ** 1_000)


@pytest.mark.parametrize(
    ("value", "high", "met"),
    [
        pytest.param(0.0, 0.01, None, id="nothing seen, which says little"),
        pytest.param(0.0, 0.0005, True, id="nothing seen in enough"),
        pytest.param(0.0005, 0.01, True, id="within"),
        pytest.param(0.002, 0.01, False, id="beyond"),
    ],
)
def test_nothing_seen_in_too_few_trials_meets_no_target(value: float, high: float, met: bool | None) -> None:
    assert faces_measure.Rate("strangers", value, 0.0, high, 100, target=0.001).met is met
