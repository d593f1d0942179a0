"""The evaluation of faces, on made-up people whose rates are known, and on real ones where their photos are at hand."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from guard.errors import InvalidInputError
from guard.evaluate import faces, faces_fit, faces_measure
from guard.evaluate.faces_fit import Sample, Trials
from guard.evaluate.faces_photos import CHANGES, Photo, Seen, central_face, changed, groups_of, photos_of
from guard.faceworker.look import Looker
from guard.match.faces.scale import Scale, Thresholds, score_of
from guard.registry import enrol

PHOTOS = Path(os.environ.get("GUARD_TEST_FACES", Path(__file__).parents[3] / "../shared/data/faces"))


def people(count: int, photos: int, noise: float, seed: int = 0) -> Sample:
    """Directions around a common one, each with some photos around it."""
    random = np.random.default_rng(seed)
    centres = random.standard_normal((count, 128)) * 0.35 + 1
    vectors = np.repeat(centres, photos, axis=0) + random.standard_normal((count * photos, 128)) * noise
    return Sample(
        (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32), np.repeat(np.arange(count), photos).astype(np.int64)
    )


SAMPLE = people(64, 4, 0.3)


@pytest.fixture(scope="module")
def trials() -> Trials:
    return faces_fit.cross_trials(SAMPLE)


def test_nobody_is_compared_with_a_photo_of_their_own_template(trials: Trials) -> None:
    assert trials.scores.shape == (256, 256)
    assert len(trials.genuine()) == 256
    assert len(trials.strangers()) == 256 * 252
    assert np.isfinite(trials.scores).all()


@pytest.fixture(scope="module")
def scale() -> Scale:
    return faces_fit.fit(SAMPLE, "made-up-v1")


def test_a_scale_made_from_people_tells_them_apart(scale: Scale) -> None:
    others = people(40, 4, 0.3, seed=7)
    judged = faces_fit.trials(scale, others)
    threshold = scale.normalised(Thresholds.of(1_000).hold)
    assert scale.encoder == "made-up-v1"
    assert (judged.genuine() < threshold).mean() < 0.05
    assert (judged.strangers() >= threshold).mean() < 1e-3


def test_a_cohort_is_the_same_each_time_it_is_made(scale: Scale) -> None:
    whitened = scale.whiten(SAMPLE.vectors)
    assert np.array_equal(faces_fit.faces_of_nobody(whitened, 3, 50), faces_fit.faces_of_nobody(whitened, 3, 50))


def test_the_cohort_is_near_to_no_person(scale: Scale) -> None:
    assert (scale.whiten(SAMPLE.vectors) @ scale.cohort.T).max() <= faces_fit.NEAREST_ALLOWED + 1e-3


def test_the_curve_counts_where_it_can_and_falls_beyond(trials: Trials) -> None:
    curve, measured_to = faces_fit.false_match_curve(trials.strangers())
    assert measured_to == pytest.approx(10 / len(trials.strangers()))
    for rate in (1e-2, 1e-3):
        assert (trials.strangers() >= faces_measure.normalised(curve, rate)).mean() == pytest.approx(rate, rel=0.3)
    assert curve[1, -1] < -5


def test_a_rate_has_an_interval_around_it(trials: Trials) -> None:
    rate = faces_measure.missed_at(trials, 1e-3, "missed", target=1.0)
    assert 0 <= rate.low <= rate.value <= rate.high <= 1
    assert (rate.trials, rate.met) == (256, True)


def test_the_curve_of_a_perfect_and_of_a_blind_encoder() -> None:
    """DET curves at both ends."""
    none, own = np.zeros((50, 50), bool), np.eye(50, dtype=bool)
    perfect = Trials(np.where(own, 10, 0) + np.random.default_rng(0).random((50, 50), np.float32), np.arange(50), np.arange(50), none)
    blind = Trials(np.random.default_rng(0).random((50, 50), np.float32), np.arange(50), np.arange(50), none)
    assert {missed for _, missed in faces_measure.det(perfect)} == {0.0}
    assert faces_measure.det(blind)[-1][1] == pytest.approx(0.9, abs=0.1)


def test_searches_follow_from_pairs(trials: Trials) -> None:
    threshold = faces_measure.normalised(faces_fit.false_match_curve(trials.strangers())[0], 1e-3)
    counted, reckoned = faces_measure.counted_fpir(trials, threshold, 30)
    assert counted == pytest.approx(reckoned, rel=0.4)
    with pytest.raises(ValueError, match="somebody must be left"):
        faces_measure.counted_fpir(trials, threshold, 64)


def seen_of(sample: Sample) -> Seen:
    photos = tuple(Photo(int(person), Path(f"{person}.jpg")) for person in sample.people)
    groups = {person: "north" if person % 2 else "south" for person in range(64)}
    return Seen(sample, photos, (), np.full(len(photos), 200.0), groups)


def test_the_report_and_its_page() -> None:
    report = faces.measure(seen_of(people(64, 4, 0.6)))
    assert [band.enrolled for band in report.bands] == list(faces_measure.GALLERIES)
    assert {rate.name for rate in next(iter(report.groups.values()))} == {"north", "south"}
    page = faces.page(report)
    assert page.count("<svg") == 2
    assert "http" not in page
    assert "extrapolated" in page


def test_too_few_people_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="at least 60"):
        faces.measure(seen_of(people(20, 4, 0.3)))


def test_a_folder_without_photos_is_refused(tmp_path_factory: pytest.TempPathFactory) -> None:
    with pytest.raises(InvalidInputError, match="holds no photos"):
        photos_of(tmp_path_factory.mktemp("empty"))


def test_groups_are_read_by_name(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("photos")
    for name in ("ada", "ben"):
        (folder / name).mkdir()
    (folder / "groups.csv").write_text("person,group\nben,north\nnobody,south\n", encoding="utf-8")
    assert groups_of(folder) == {1: "north"}


def test_every_change_gives_a_picture(tmp_path_factory: pytest.TempPathFactory) -> None:
    photo = tmp_path_factory.mktemp("photos") / "1.png"
    Image.merge("RGB", [Image.effect_noise((150, 150), 60) for _ in range(3)]).save(photo)
    made = dict(changed(photo))
    assert list(made) == list(CHANGES)
    assert len(set(made.values())) == len(made)


def test_a_score_of_one_in_a_hundred_thousand() -> None:
    empty = np.empty(0, np.float32)
    scale = Scale("e", empty, empty, empty, 1, np.array([[0.0, 10.0], [0.0, -10.0]]), 1e-5)
    assert scale.normalised(score_of(1e-5)) == pytest.approx(5)


@pytest.mark.skipif(not PHOTOS.is_dir(), reason=f"no photos of people at {PHOTOS} (GUARD_TEST_FACES)")
def test_real_people_are_found_in_another_photo_of_theirs_and_not_in_each_others() -> None:
    """Four people, three photos enrolled, one looked for: a smoke test; `guard evaluate faces` has the rates."""
    from guard.match.faces import FaceGallery, build, hits
    from guard.types import SubjectKind, SubjectRecord, Template

    looker = Looker(max_pixels=1_000_000, max_frames=1, time_s=60)
    folders = [folder for folder in sorted(PHOTOS.iterdir()) if len(list(folder.glob("*.jpg"))) >= 4][10:14]
    records, probes = [], []
    for no, folder in enumerate(folders):
        found = []
        for photo in sorted(folder.glob("*.jpg"))[:4]:
            face, _ = central_face(looker, photo.read_bytes(), str(photo))
            assert face is not None, photo
            found.append(face)
        vector = enrol.template([face.vector for face in found[:3]])
        template = Template(f"face_{no}", found[0].encoder, vector.astype("<f4").tobytes())
        records.append(SubjectRecord(no, f"sub_{no}", folder.name, SubjectKind.PUBLIC_FIGURE, templates=(template,)))
        probes.append(found[3])
    gallery = FaceGallery(build(records))
    named = [[hit.subject_no for hit in hits([probe], gallery)] for probe in probes]
    assert sum(found == [no] for no, found in enumerate(named)) >= 3
    assert sum(len(set(found) - {no}) for no, found in enumerate(named)) == 0
