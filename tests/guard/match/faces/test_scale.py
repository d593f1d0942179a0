"""Scores that mean the same for everybody, and thresholds that follow the gallery's size."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.errors import InvalidInputError
from guard.match.faces import scale as scale_module
from guard.match.faces.scale import Floats, Scale, Thresholds, add_scales, bundled, score_of

SCALE = bundled("dlib-resnet-v1")
assert SCALE is not None


@pytest.mark.parametrize(
    ("enrolled", "refuse", "hold"),
    [
        pytest.param(0, 0.4, 0.3, id="nobody"),
        pytest.param(1, 0.4, 0.3, id="one: no wider than for ten"),
        pytest.param(10, 0.4, 0.3, id="ten"),
        pytest.param(1_000, 0.6, 0.5, id="a thousand: one stranger in a hundred is held, one in a thousand refused"),
        pytest.param(1_000_000, 0.9, 0.8, id="a million"),
    ],
)
def test_thresholds_follow_the_size_of_the_gallery(enrolled: int, refuse: float, hold: float) -> None:
    given = Thresholds.of(enrolled)
    assert (given.refuse, given.hold) == (pytest.approx(refuse, abs=1e-4), pytest.approx(hold))


@given(st.floats(1e-9, 0.5))
def test_a_score_is_a_false_match_rate(rate: float) -> None:
    """Both ways: the normalised score that a rate stands for has that score."""
    score = score_of(rate)
    assert SCALE.score(np.array([SCALE.normalised(score)]))[0] == pytest.approx(score, abs=1e-6)


@given(st.floats(-20, 40), st.floats(0, 5))
def test_nearer_never_scores_less(at: float, more: float) -> None:
    one, other = SCALE.score(np.array([at, at + more]))
    assert 0 <= one <= other <= 1


def test_the_curve_says_where_it_was_measured() -> None:
    assert 1e-6 < SCALE.measured_to < 1e-4
    assert (np.diff(SCALE.curve[0]) > 0).all()
    assert (np.diff(SCALE.curve[1]) < 0).all()


def test_the_cohort_is_nobody() -> None:
    """Unit vectors of no length but one, as many as the figures in the docs say."""
    assert SCALE.cohort.shape == (2000, 128)
    assert np.linalg.norm(SCALE.cohort, axis=1) == pytest.approx(np.ones(2000), abs=1e-5)


def test_whitened_vectors_are_of_unit_length() -> None:
    vectors = np.random.default_rng(0).standard_normal((5, 128)).astype(np.float32)
    assert np.linalg.norm(SCALE.whiten(vectors), axis=1) == pytest.approx(np.ones(5), abs=1e-5)


def test_a_scale_survives_its_file() -> None:
    again = Scale.loads(SCALE.dumps())
    assert (again.encoder, again.nearest, again.measured_to) == (SCALE.encoder, SCALE.nearest, SCALE.measured_to)
    for name in ("centre", "whitening", "cohort", "curve"):
        assert getattr(again, name) == pytest.approx(getattr(SCALE, name), abs=1e-3)


def test_an_encoder_without_a_scale() -> None:
    assert bundled("unknown") is None


def test_an_operators_scale_takes_the_place_of_the_shipped_one(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scale_module, "_added", {})
    folder = tmp_path_factory.mktemp("scales")
    (folder / "mine.npz").write_bytes(replace(SCALE, nearest=50).dumps())
    assert add_scales(folder) == ["dlib-resnet-v1"]
    mine = bundled("dlib-resnet-v1")
    assert mine is not None
    assert mine.nearest == 50


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"not a scale", id="garbage"),
        pytest.param(replace(SCALE, centre=np.zeros(64, np.float32)).dumps(), id="another size"),
        pytest.param(replace(SCALE, centre=np.full(128, np.nan, np.float32)).dumps(), id="not a number"),
        pytest.param(replace(SCALE, curve=SCALE.curve[:, ::-1]).dumps(), id="a curve that rises"),
        pytest.param(replace(SCALE, nearest=0).dumps(), id="no neighbours"),
    ],
)
def test_a_file_that_is_no_scale_is_refused(
    content: bytes, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scale_module, "_added", {})
    folder = tmp_path_factory.mktemp("scales")
    (folder / "mine.npz").write_bytes(content)
    with pytest.raises(InvalidInputError, match=r"mine\.npz is no scale"):
        add_scales(folder)
    assert bundled("dlib-resnet-v1") is SCALE


def test_the_nearest_of_the_cohort_may_be_spared() -> None:
    """Members made of a person's own photos do not hide that person."""
    random = np.random.default_rng(3)
    cohort = random.standard_normal((60, 16)).astype(np.float32)
    person = random.standard_normal((1, 16)).astype(np.float32)
    own = np.repeat(person, 5, axis=0) + 0.1 * random.standard_normal((5, 16)).astype(np.float32)

    def scale(members: Floats, spared: int) -> Scale:
        unit = members / np.linalg.norm(members, axis=1, keepdims=True)
        return Scale(
            "e", np.zeros(16, np.float32), np.eye(16, dtype=np.float32), unit, 20, np.array([[0.0, 9.0], [0.0, -9.0]]), 1e-5, "", spared
        )

    whitened = scale(cohort, 0).whiten(person)
    plain, spared, hidden = (
        scale(members, count).normaliser(whitened)
        for members, count in ((cohort, 0), (np.concatenate([cohort, own]), 5), (np.concatenate([cohort, own]), 0))
    )
    assert [part.tolist() for part in spared] == [pytest.approx(part.tolist()) for part in plain]
    assert hidden[0][0] < plain[0][0] / 2
    assert Scale.loads(scale(np.concatenate([cohort, own]), 5).dumps()).spared == 5
