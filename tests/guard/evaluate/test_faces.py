"""The evaluation of faces, on made-up people whose rates are known, and on real ones where their photos are at hand."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from guard.errors import InvalidInputError
from guard.evaluate import faces, faces_fit, faces_measure, faces_photos
from guard.evaluate.faces_changes import CHANGES, changed
from guard.evaluate.faces_fit import Sample, Trials
from guard.evaluate.faces_looking import Look, Networks, look_at
from guard.evaluate.faces_page import page
from guard.evaluate.faces_photos import Photo, Seen, central_face, digest_of, groups_of, photos_of
from guard.evaluate.portrait import ADA, draw
from guard.faceworker.encode import ENCODER
from guard.match.faces import FaceFound, FacesInPicture
from guard.match.faces.found import Box, Quality
from guard.match.faces.scale import Scale, Thresholds, bundled, score_of
from guard.registry import enrol
from tests.guard.faceworker.networks import LISTED, listed, told

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


def test_nothing_seen_is_not_nothing(trials: Trials) -> None:
    """The rule of three: of n pairs of strangers, none of which passes, up to 3/n may."""
    rate = faces_measure.share_passing(trials, 1e9, "strangers")
    assert (rate.value, rate.low, rate.high) == (0, 0, pytest.approx(3 / rate.trials))


def test_the_curve_of_a_perfect_and_of_a_blind_encoder() -> None:
    """DET curves at both ends."""
    none, own = np.zeros((50, 50), bool), np.eye(50, dtype=bool)
    perfect = Trials(np.where(own, 10, 0) + np.random.default_rng(0).random((50, 50), np.float32), np.arange(50), np.arange(50), none)
    blind = Trials(np.random.default_rng(0).random((50, 50), np.float32), np.arange(50), np.arange(50), none)
    assert {missed for _, missed in faces_measure.det(perfect)} == {0.0}
    assert faces_measure.det(blind)[-1][1] == pytest.approx(0.9, abs=0.1)


def test_searches_follow_from_pairs(trials: Trials) -> None:
    threshold = faces_measure.normalised(faces_fit.false_match_curve(trials.strangers())[0], 1e-3)
    counted, reckoned, galleries = faces_measure.counted_fpir(trials, threshold, 30)
    assert counted == pytest.approx(reckoned, rel=0.4)
    assert counted == pytest.approx(galleries.mean())
    with pytest.raises(ValueError, match="somebody must be left"):
        faces_measure.counted_fpir(trials, threshold, 64)


def seen_of(sample: Sample, digest: str = "", groups: bool = True) -> Seen:
    photos = tuple(Photo(int(person), Path(f"{person}.jpg")) for person in sample.people)
    grouped = {person: "north" if person % 2 else "south" for person in range(64)} if groups else {}
    return Seen(sample, photos, (), np.full(len(photos), 200.0), grouped, digest)


def test_the_report_and_its_page() -> None:
    report = faces.measure(seen_of(people(64, 4, 0.6)))
    assert [band.enrolled for band in report.bands] == list(faces_measure.GALLERIES)
    assert {title: [(rate.name, rate.trials, rate.note) for rate in rates] for title, rates in report.groups.items()} == {
        "By group: missed by both bands, 1,000 enrolled": [("north", 128, ""), ("south", 128, "")],
        "By group: pairs of strangers within the group that pass where 0.1% of all pairs are meant to": [
            ("north", 128 * 124, ""),
            ("south", 128 * 124, ""),
        ],
    }
    shown = page(report)
    assert shown.count("<svg") == 2
    assert "http" not in shown
    assert "extrapolated" in shown


def test_other_peoples_photos_are_judged_by_the_scale_in_use() -> None:
    report = faces.measure(seen_of(people(64, 4, 0.6), groups=False))
    assert [note.partition(".")[0] for note in report.notes] == [
        "Judged by the scale in use, as it is",
        "Too few pairs of strangers to read the threshold for 1 % among 1,000 off them; rates are at the thresholds in use",
        "Rates by group are not known: there is no groups",
    ]
    assert (report.steps, [rate.name for rate in report.searches]) == ([], ["20 enrolled"])


def test_the_photos_that_the_scale_was_made_from_are_never_judged_by_it() -> None:
    shipped = bundled(ENCODER)
    assert shipped is not None
    report = faces.measure(seen_of(people(30, 4, 0.6), shipped.made_from))
    assert report.notes[0].startswith("The scale in use was made from these very photos")


def test_a_half_is_judged_by_the_other_halfs_curve(trials: Trials) -> None:
    judged = faces_measure.by_halves(trials)
    assert len(judged) == 2 * faces_measure.HALVINGS
    assert not set(judged[0][1].probes.tolist()) & set(judged[1][1].probes.tolist())
    bands = faces_measure.bands(judged, (10, 1_000_000))
    assert [band.extrapolated for band in bands] == ["refusals extrapolated", "extrapolated"]
    assert bands[0].hold.value < bands[1].hold.value


def test_too_few_people_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="at least 20"):
        faces.measure(seen_of(people(19, 4, 0.3)))


def test_what_was_seen_in_a_photo_is_kept_for_the_next_run(tmp_path: Path) -> None:
    photo, keep = tmp_path / "1.png", tmp_path / "keep"
    draw(ADA, 300).save(photo)
    (seen,) = look_at([Look(photo)], keep)
    (file,) = keep.iterdir()
    assert (len(seen.faces), keep.stat().st_mode & 0o777, file.stat().st_mode & 0o777) == (1, 0o700, 0o600)
    face = central_face(seen, photo)
    assert face is not None
    (again,) = look_at([Look(photo)], keep)
    (with_detector,) = look_at([Look(photo)], keep, Networks(detector=told(tmp_path, listed(([0, 0, 9, 9], 0.9)), **LISTED, turns=[0])))
    assert (len(with_detector.faces), len(list(keep.iterdir()))) == (2, 2)
    assert (again.cpu_ms, again.faces[0].vector.tolist()) == (seen.cpu_ms, face.vector.tolist())


def test_a_broken_photo_shows_nobody(tmp_path: Path) -> None:
    photo = tmp_path / "1.jpg"
    photo.write_bytes(b"\xff\xd8\xff no picture")
    assert [seen.faces for seen in look_at([Look(photo), Look(photo, "grey")])] == [(), ()]


def test_one_digest_stands_for_a_set_of_photos(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "1.jpg").write_bytes(name.encode())
    photos = photos_of(tmp_path)
    assert digest_of(photos) == digest_of(photos[::-1]) != digest_of(photos[:1])


def test_a_folder_without_photos_is_refused(tmp_path_factory: pytest.TempPathFactory) -> None:
    with pytest.raises(InvalidInputError, match="holds no photos"):
        photos_of(tmp_path_factory.mktemp("empty"))


def test_what_was_seen_bears_the_name_of_the_encoder_that_saw_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The scale is looked up by that name, so an operator's own network is never judged by dlib's."""
    (tmp_path / "ada").mkdir()
    Image.new("RGB", (20, 20)).save(tmp_path / "ada" / "1.png")
    face = FaceFound("", 0, Box(0, 0, 20, 20), np.ones(8, np.float32), Quality(20, 0, 0, 0, 0, 0), encoder="mine-v1")
    monkeypatch.setattr(faces_photos, "look_at", lambda looks, keep, model: [FacesInPicture((face,), "mine-v1")] * len(looks))
    assert faces_photos.see(tmp_path, lambda done, of: None).encoder == "mine-v1"


def test_groups_are_read_by_name(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("photos")
    for name in ("ada", "ben"):
        (folder / name).mkdir()
    (folder / "groups.csv").write_text("person,group\nben,north\nnobody,south\n", encoding="utf-8")
    assert groups_of(folder) == {1: "north"}


@pytest.mark.parametrize(
    ("table", "said"),
    [
        pytest.param(b"name,group\nada,north\n", "must name the columns person and group", id="other columns"),
        pytest.param(b"", "must name the columns person and group", id="empty"),
        pytest.param(b"person,group\nada,north\nada,south\n", r"groups.csv:3: ada is in south and in north", id="two groups"),
        pytest.param(b"person,group\nAda,north\n", "puts nobody of these folders in a group", id="other names"),
        pytest.param(b"person,group\nada\n", "puts nobody of these folders in a group", id="no group"),
        pytest.param(b"person,group\n\xff\xfe,north\n", "no CSV table in UTF-8", id="another encoding"),
        pytest.param(b'person,group\n"ada,north', "no CSV table in UTF-8", id="an open quotation mark"),
    ],
)
def test_a_table_that_groups_nobody_is_refused(table: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "ada").mkdir()
    (tmp_path / "groups.csv").write_bytes(table)
    with pytest.raises(InvalidInputError, match=said):
        groups_of(tmp_path)


def test_a_table_from_a_spreadsheet_is_read(tmp_path: Path) -> None:
    (tmp_path / "ada").mkdir()
    (tmp_path / "groups.csv").write_bytes(b"\xef\xbb\xbfgroup,person\r\n north , ada \r\n")
    assert groups_of(tmp_path) == {0: "north"}


def test_a_small_group_says_so_and_has_a_wide_interval(trials: Trials) -> None:
    group = {**dict.fromkeys(range(40), "many"), **dict.fromkeys(range(40, 43), "three")}.get
    (many, _), (three, passed) = faces_measure.by_group(trials, group, 0.0, 1e9)
    assert (many.name, many.note, many.trials) == ("many", "", 160)
    assert (three.name, three.note, three.trials) == ("three", "of 3 people with a photo to spare: too few to compare groups by", 12)
    assert (three.low, three.high) == (pytest.approx(0, abs=1e-9), pytest.approx(0.56, abs=0.01))
    assert (passed.value, passed.trials, passed.high) == (0, 12 * 8, pytest.approx(0.56, abs=0.01))


def test_a_group_of_whom_nobody_has_a_photo_to_spare(trials: Trials) -> None:
    fewer = Trials(trials.scores[:4], trials.owners[:4], trials.probes, trials.used[:4])
    found = faces_measure.by_group(fewer, {63: "alone"}.get, 0.0, 0.0)
    assert found == [(faces_measure.Rate("alone", 0.0, 0.0, 1.0, 0, "nobody with a photo to spare"),) * 2]


def test_every_change_gives_a_picture(tmp_path_factory: pytest.TempPathFactory) -> None:
    photo = tmp_path_factory.mktemp("photos") / "1.png"
    Image.merge("RGB", [Image.effect_noise((150, 150), 60) for _ in range(3)]).save(photo)
    made = {name: changed(photo.read_bytes(), change) for name, change in CHANGES.items()}
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

    folders = [folder for folder in sorted(PHOTOS.iterdir()) if len(list(folder.glob("*.jpg"))) >= 4][10:14]
    photos = [sorted(folder.glob("*.jpg"))[:4] for folder in folders]
    seen = iter(look_at([Look(photo) for some in photos for photo in some]))
    records, probes = [], []
    for no, some in enumerate(photos):
        found = [face for photo in some if (face := central_face(next(seen), photo)) is not None]
        assert len(found) == 4, some
        vector = enrol.template([face.vector for face in found[:3]])
        template = Template(f"face_{no}", found[0].encoder, vector.astype("<f4").tobytes())
        records.append(SubjectRecord(no, f"sub_{no}", f"Person {no}", SubjectKind.PUBLIC_FIGURE, templates=(template,)))
        probes.append(found[3])
    gallery = FaceGallery(build(records))
    named = [[hit.subject_no for hit in hits([probe], gallery)] for probe in probes]
    assert sum(found == [no] for no, found in enumerate(named)) >= 3
    assert sum(len(set(found) - {no}) for no, found in enumerate(named)) == 0
