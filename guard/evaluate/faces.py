"""How good the face search is on photos of people that you have: the table, the page, and a scale of your own.

Every photo goes through the detector and the encoder that the face workers use. Nobody is scored on a scale or judged
by a curve that they helped to make (`faces_fit.cross_trials`, `faces_measure.bands`).
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np
import orjson
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from guard.errors import InvalidInputError
from guard.evaluate import faces_fit, faces_measure
from guard.evaluate.faces_fit import Sample, Trials
from guard.evaluate.faces_measure import Band, Rate
from guard.evaluate.faces_page import Line, page
from guard.evaluate.faces_photos import CHANGES, Done, Seen, all_faces, changed, see
from guard.faceworker.encode import ENCODER
from guard.faceworker.look import Looker
from guard.match.faces import FaceGallery
from guard.match.faces.found import Box, FaceFound, Quality
from guard.match.faces.gallery import hits
from guard.match.faces.scale import Scale, Thresholds

FPIR_1000 = 1e-5
"""False match rate of a pair at which one search in a hundred among 1,000 people finds a stranger."""

PHOTOS_CHANGED = 60
MIN_PEOPLE = 60


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that was measured; see `page` for the words."""

    people: int
    photos: int
    unseen: int
    steps: Sequence[Rate]
    rates: Sequence[Rate]
    bands: Sequence[Band]
    det: Sequence[Line]
    changes: Sequence[Rate] = ()
    groups: Mapping[str, Sequence[Rate]] = field(default_factory=dict)
    costs: Mapping[str, str] = field(default_factory=dict)


def run(
    photos: Path, *, html: Path | None = None, as_json: bool = False, scale: Path | None = None, change_photos: int = PHOTOS_CHANGED
) -> Report:
    """Measure, print, and write what was asked for.

    Args:
        photos: a folder with a folder of photos for each person; `groups.csv` (`person,group`) adds rates by group.
        html: where to write the page.
        as_json: print JSON instead of tables.
        scale: where to write a scale fitted on all these photos (docs/explanation/thresholds.md says how to use it).
        change_photos: how many photos to try turned, shrunk and spoilt; 0 for none.
    """
    looker = Looker(max_pixels=100_000_000, max_frames=1, time_s=120)
    with Progress(console=Console(stderr=True), transient=True) as bar:
        looking = bar.add_task("Looking at photos")
        seen = see(photos, looker, lambda done, of: bar.update(looking, completed=done, total=of))
        report = measure(seen)
        if change_photos:
            trying = bar.add_task("Turning and spoiling photos")
            rates = try_changes(seen, looker, change_photos, lambda done, of: bar.update(trying, completed=done, total=of))
            report = replace(report, changes=rates)
    report = replace(report, costs={**costs(), "looking at one of these photos, CPU": f"{seen.cpu_ms.mean():.0f} ms"})
    if scale is not None:
        scale.write_bytes(faces_fit.fit(seen.sample, ENCODER).dumps())
    if html is not None:
        html.write_text(page(report), encoding="utf-8")
    _show(report, as_json=as_json)
    return report


def measure(seen: Seen) -> Report:
    """All rates that follow from the vectors."""
    sample = seen.sample
    people, counts = np.unique(sample.people, return_counts=True)
    if np.count_nonzero(counts > faces_fit.PHOTOS_PER_TEMPLATE) < MIN_PEOPLE:
        raise InvalidInputError(
            f"too few people: at least {MIN_PEOPLE} must have {faces_fit.PHOTOS_PER_TEMPLATE + 1} photos or more, three to enrol and one to look for"
        )
    final = faces_fit.cross_trials(sample)
    ladder = {
        "one photo enrolled, cosine": _plain(sample, 1),
        "mean of three photos, cosine": _plain(sample, faces_fit.PHOTOS_PER_TEMPLATE),
        "one photo, whitened, normalised": faces_fit.cross_trials(sample, photos=1),
        "mean of three, whitened, normalised (in use)": final,
    }
    steps = [faces_measure.missed_at(trials, FPIR_1000, name) for name, trials in ladder.items()]
    bands = faces_measure.bands(final)
    thousand = next(band for band in bands if band.enrolled == 1_000)
    rates = [
        faces_measure.missed_at(final, FPIR_1000, "missed at FPIR 1 %, 1,000 enrolled, refuse or hold", 0.12),
        faces_measure.narrowed(final),
        _renamed(thousand.strangers_held, "strangers held or refused, 1,000 enrolled, thresholds in use", 0.01),
        _renamed(thousand.hold, "missed by both bands, 1,000 enrolled, thresholds in use", None),
        _renamed(thousand.strangers_refused, "strangers refused, 1,000 enrolled, thresholds in use", 0.001),
        _renamed(thousand.refuse, "not refused (held or missed), 1,000 enrolled, thresholds in use", None),
    ]
    det: list[Line] = [(name, faces_measure.det(trials)) for name, trials in ladder.items()]
    curve, _ = faces_fit.false_match_curve(final.strangers())
    groups = {}
    if seen.groups:
        found = faces_measure.by_group(final, seen.groups.get, faces_measure.normalised(curve, FPIR_1000))
        groups = {
            "By group: missed at the overall threshold": [missed for missed, _ in found],
            "By group: stranger pairs within the group that pass (1e-5 overall)": [passed for _, passed in found],
        }
    return Report(len(people), len(sample.people), len(seen.unseen), steps, rates, bands, det, groups=groups)


def try_changes(seen: Seen, looker: Looker, photos: int, progress: Done) -> list[Rate]:
    """Missed by both bands among 1,000 enrolled when the photo is turned, shrunk or spoilt; nobody found counts as missed.

    Each person is enrolled with three other photos; half of the people make the scale on which the other half is judged.
    """
    people, counts = np.unique(seen.sample.people, return_counts=True)
    random = np.random.default_rng(5)
    order = random.permutation(len(people))
    making, judged = people[order[::2]], people[order[1::2]]
    scale = faces_fit.fit(seen.sample.of(making), ENCODER)
    threshold = scale.normalised(Thresholds.of(1_000).hold)
    enough = [person for person in judged.tolist() if counts[np.searchsorted(people, person)] > faces_fit.PHOTOS_PER_TEMPLATE][:photos]
    missed: dict[str, int] = dict.fromkeys(CHANGES, 0)
    for place, person in enumerate(enough):
        rows = np.flatnonzero(seen.sample.people == person)
        template = faces_fit.template(seen.sample.vectors[rows[1 : 1 + faces_fit.PHOTOS_PER_TEMPLATE]])
        for name, photo in changed(seen.photos[rows[0]].path):
            found = all_faces(looker, photo, name).faces
            best = max((float(faces_fit.score(scale, template[None], face.vector[None])[0, 0]) for face in found), default=-np.inf)
            missed[name] += best < threshold
        progress(place + 1, len(enough))
    return [_wilson(name, count, len(enough)) for name, count in missed.items()]


def costs(sizes: Sequence[int] = (100_000, 1_000_000)) -> dict[str, str]:
    """CPU time of an exact search, for galleries of random vectors."""
    random = np.random.default_rng(0)
    found = {}
    for size in sizes:
        vectors = random.standard_normal((size, 128), np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        column = f"faces.{ENCODER}."
        gallery = FaceGallery(
            {
                column + "vectors": vectors,
                column + "slopes": np.full(size, 8, np.float32),
                column + "offsets": np.full(size, 2, np.float32),
                column + "nos": np.arange(size),
                column + "ids": np.full(size, b"face"),
            }
        )
        probe = FaceFound("", 0, Box(0, 0, 1, 1), random.standard_normal(128).astype(np.float32), Quality(1, 1, 1, 1, 0, 1))
        hits([probe], gallery)
        best = min(_search_ms(probe, gallery) for _ in range(5))
        found[f"exact search among {size:,} templates, CPU"] = f"{best:.1f} ms"
    return found


def _plain(sample: Sample, photos: int) -> Trials:
    """The same trials by cosine alone."""
    none = np.zeros(sample.vectors.shape[1], np.float32)
    bare = Scale(ENCODER, none, np.eye(len(none), dtype=np.float32), none[None], 1, np.zeros((2, 2)), 1.0)
    templates, owners, used = faces_fit.templates_of(sample, photos)
    return Trials(bare.whiten(templates) @ bare.whiten(sample.vectors).T, owners, sample.people, used)


def _renamed(rate: Rate, name: str, target: float | None) -> Rate:
    return Rate(name, rate.value, rate.low, rate.high, rate.trials, rate.note, target)


def _wilson(name: str, missed: int, trials: int) -> Rate:
    """A share with Wilson's 95 % interval."""
    z, share = 1.96, missed / max(trials, 1)
    middle = (share + z * z / (2 * trials)) / (1 + z * z / trials)
    reach = z * ((share * (1 - share) + z * z / (4 * trials)) / trials) ** 0.5 / (1 + z * z / trials)
    return Rate(name, share, max(0.0, middle - reach), min(1.0, middle + reach), trials)


def _search_ms(probe: FaceFound, gallery: FaceGallery) -> float:
    began = time.thread_time()
    hits([probe], gallery)
    return (time.thread_time() - began) * 1e3


def _show(report: Report, *, as_json: bool) -> None:
    console = Console()
    if as_json:
        console.file.write(orjson.dumps(asdict(report), option=orjson.OPT_INDENT_2).decode() + "\n")
        return
    console.print(f"{report.people:,} people, {report.photos:,} photos with a face, {report.unseen} without", highlight=False)
    _table(console, "Missed at 1 % false positives among 1,000 enrolled (FMR 1e-5), step by step", report.steps)
    _table(console, "Against the targets", report.rates)
    sizes = Table(
        "enrolled", "missed by both bands", "strangers held or refused", "not refused", "strangers refused", "", title="By gallery size"
    )
    for band in report.bands:
        sizes.add_row(
            f"{band.enrolled:,}",
            _share(band.hold),
            f"{band.strangers_held.value:.2%}",
            _share(band.refuse),
            f"{band.strangers_refused.value:.3%}",
            "extrapolated" if band.extrapolated else "",
        )
    console.print(sizes)
    if report.changes:
        _table(console, "Missed by both bands when the picture is changed, 1,000 enrolled", report.changes)
    for title, rates in report.groups.items():
        _table(console, title, rates)
    for name, value in report.costs.items():
        console.print(f"{name}: {value}", highlight=False)


def _table(console: Console, title: str, rates: Sequence[Rate]) -> None:
    table = Table("", "share", "95 % interval", "n", "target", "", title=title, title_justify="left")
    for rate in rates:
        state = {None: "", True: "[green]met[/]", False: "[red]short[/]"}[rate.met]
        target = "" if rate.target is None else f"<= {rate.target:.1%}"
        name = f"{rate.name} ({rate.note})" if rate.note else rate.name
        table.add_row(name, f"{rate.value:.2%}", f"{rate.low:.2%} to {rate.high:.2%}", f"{rate.trials:,}", target, state)
    console.print(table)


def _share(rate: Rate) -> str:
    return f"{rate.value:.1%} ({rate.low:.1%} to {rate.high:.1%})"
