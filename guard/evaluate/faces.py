"""How good the face search is on photos of people that you have: the table, the page, and a scale of your own.

Every photo goes through the detector and the encoder that the face workers use. Nobody is scored on a scale or judged
by a curve that they helped to make: the scale in use judges people it does not know, and of the people that it was made
from each part is judged by what the others make (`faces_fit.cross_trials`, `faces_measure.by_halves`).
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import orjson
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from guard.errors import InvalidInputError
from guard.evaluate import faces_fit, faces_measure
from guard.evaluate.faces_changes import AS_IT_IS, CHANGES, HARDLY
from guard.evaluate.faces_fit import Sample, Trials
from guard.evaluate.faces_looking import DLIB, Look, Networks, look_at
from guard.evaluate.faces_measure import Judged, Rate
from guard.evaluate.faces_page import Report, page
from guard.evaluate.faces_photos import Done, Seen, see
from guard.match.faces.scale import Scale, Thresholds, bundled

FPIR_1000 = 1e-5
"""False match rate of a pair at which one search in a hundred among 1,000 people finds a stranger."""

PHOTOS_CHANGED = 60
HARDLY_CHANGED = 0.08
"""How many more may be missed, as a share of all, when a picture is changed in one of the ways of `HARDLY`."""

GROUP_FMR = 1e-3
"""At which strangers within a group are counted: a group has too few pairs to count what passes among 1,000 enrolled."""

MIN_TO_FIT = 300
"""People from whom a scale can be made (docs/explanation/thresholds.md: what fewer give)."""


@dataclass(frozen=True, slots=True)
class _Judges:
    """What judges: trials on normalised scores, curves with trials they had no part in, and a scale for each person's changed photo."""

    trials: Trials
    judged: Judged
    galleries: Judged
    scales: Sequence[tuple[Scale, frozenset[int]]]
    note: str


def run(
    photos: Path,
    *,
    html: Path | None = None,
    as_json: bool = False,
    scale: Path | None = None,
    keep: Path | None = None,
    networks: Networks = DLIB,
    change_photos: int = PHOTOS_CHANGED,
) -> Report:
    """Measure, print, and write what was asked for.

    Args:
        photos: a folder with a folder of photos for each person; `groups.csv` (`person,group`) adds rates by group.
        html: where to write the page.
        as_json: print JSON instead of tables.
        scale: where to write a scale fitted on all these photos (docs/explanation/thresholds.md says how to use it).
        keep: a folder that keeps what was seen in each photo, so that the next run need not look again; it holds people's vectors.
        networks: of your own (ONNX).
        change_photos: how many photos to try turned, shrunk and spoilt; 0 for none.

    Raises:
        InvalidInputError: no photos, or of too few people.
    """
    with Progress(console=Console(stderr=True), transient=True) as bar:
        looking = bar.add_task("Looking at photos")
        seen = see(photos, lambda done, of: bar.update(looking, completed=done, total=of), keep, networks)
        _check(seen, to_fit=scale is not None)
        bar.add_task("Comparing everyone with everyone", total=None)
        judges = _judges(seen)
        report = _measured(seen, judges)
        if change_photos:
            trying = bar.add_task("Turning and spoiling photos")
            rates = try_changes(seen, judges, change_photos, lambda done, of: bar.update(trying, completed=done, total=of), keep, networks)
            report = replace(report, changes=rates)
    report = replace(report, photo_ms=float(np.median(seen.cpu_ms)))
    if scale is not None:
        scale.write_bytes(faces_fit.fit(seen.sample, seen.encoder, made_from=seen.digest).dumps())
    if html is not None:
        html.write_text(page(report), encoding="utf-8")
    _show(report, as_json=as_json)
    return report


def measure(seen: Seen) -> Report:
    """All rates that follow from the vectors."""
    _check(seen)
    return _measured(seen, _judges(seen))


def _check(seen: Seen, *, to_fit: bool = False) -> None:
    """Raise where the people are too few for what was asked."""
    people, counts = np.unique(seen.sample.people, return_counts=True)
    if np.count_nonzero(counts > faces_fit.PHOTOS_PER_TEMPLATE) < faces_measure.FEW_PEOPLE:
        raise InvalidInputError(
            f"too few people: at least {faces_measure.FEW_PEOPLE} must have {faces_fit.PHOTOS_PER_TEMPLATE + 1} photos or more, three to enrol and one to look for"
        )
    if to_fit and len(people) < MIN_TO_FIT:
        raise InvalidInputError(
            f"a scale made from {len(people)} people would be worse than the one that ships; at least {MIN_TO_FIT} are needed. Leave out --scale"
        )


def _judges(seen: Seen) -> _Judges:
    sample = seen.sample
    scale = bundled(seen.encoder)
    if scale is not None and scale.made_from != seen.digest:
        trials = faces_fit.trials(scale, sample)
        galleries = faces_fit.trials(scale, sample, spare=False)
        everyone = frozenset(np.unique(sample.people).tolist())
        note = "Judged by the scale in use, as it is. Its rates hold for people whom it was not made from; nothing was fitted to these."
        return _Judges(trials, [(scale.curve, trials)], [(scale.curve, galleries)], [(scale, everyone)], note)
    if scale is None and len(np.unique(sample.people)) < MIN_TO_FIT:
        raise InvalidInputError(f"encoder {seen.encoder} has no scale, and making one takes the photos of at least {MIN_TO_FIT} people")
    trials = faces_fit.cross_trials(sample)
    galleries = faces_fit.cross_trials(sample, spare=False)
    one, other = sample.parts(2, seed=5)
    scales = [
        (faces_fit.fit(sample.of(making), seen.encoder), frozenset(judged.tolist())) for making, judged in ((one, other), (other, one))
    ]
    made = (
        "The scale in use was made from these very photos, so it judges none of them" if scale else f"Encoder {seen.encoder} has no scale"
    )
    note = (
        f"{made}: each part of the people is scored on a scale, "
        "and judged at thresholds, that other parts make. Other people's photos are judged by the scale in use."
    )
    return _Judges(trials, faces_measure.by_halves(trials), faces_measure.by_halves(trials, galleries), scales, note)


def _measured(seen: Seen, judges: _Judges) -> Report:
    trials, bands = judges.trials, faces_measure.bands(judges.judged)
    thousand = next(band for band in bands if band.enrolled == 1_000)
    rates = [
        faces_measure.narrowed(judges.judged),
        replace(thousand.hold, name="missed by both bands, 1,000 enrolled, thresholds in use"),
        replace(thousand.strangers_held, name="strangers held or refused, 1,000 enrolled, thresholds in use", target=0.01),
        replace(thousand.refuse, name="not refused (held or missed), 1,000 enrolled, thresholds in use"),
        replace(thousand.strangers_refused, name="strangers refused, 1,000 enrolled, thresholds in use", target=0.001),
    ]
    notes = [judges.note]
    steps: list[Rate] = []
    ladder = _ladder(seen.sample, trials)
    if faces_measure.countable(trials, FPIR_1000):
        rates.insert(0, faces_measure.missed_at(trials, FPIR_1000, "missed at FPIR 1 %, 1,000 enrolled, refuse or hold", 0.12))
        steps = [faces_measure.missed_at(each, FPIR_1000, name) for name, each in ladder.items()]
    else:
        notes.append("Too few pairs of strangers to read the threshold for 1 % among 1,000 off them; rates are at the thresholds in use.")
    if not seen.groups:
        notes.append("Rates by group are not known: there is no groups.csv (person,group) beside the photos.")
    return Report(
        people=len(np.unique(seen.sample.people)),
        photos=len(seen.sample.people),
        unseen=len(seen.unseen),
        rates=rates,
        bands=bands,
        searches=faces_measure.searches(judges.galleries),
        steps=steps,
        det=[(name, faces_measure.det(each)) for name, each in ladder.items()],
        groups=_by_group(seen, judges),
        notes=notes,
    )


def _ladder(sample: Sample, final: Trials) -> dict[str, Trials]:
    """The steps from the plainest comparison to what is in use."""
    whole = len(np.unique(sample.people)) >= MIN_TO_FIT
    return {
        "one photo enrolled, cosine": _plain(sample, 1),
        "mean of three photos, cosine": _plain(sample, faces_fit.PHOTOS_PER_TEMPLATE),
        **({"one photo, whitened, normalised": faces_fit.cross_trials(sample, photos=1)} if whole else {}),
        "mean of three, whitened, normalised (in use)": final,
    }


def _by_group(seen: Seen, judges: _Judges) -> dict[str, Sequence[Rate]]:
    if not seen.groups:
        return {}

    def threshold(rate: float) -> float:
        return float(np.mean([faces_measure.normalised(curve, rate) for curve, _ in judges.judged]))

    held = threshold(10 ** (-10 * Thresholds.of(1_000).hold))
    found = faces_measure.by_group(judges.trials, seen.groups.get, held, threshold(GROUP_FMR))
    return {
        "By group: missed by both bands, 1,000 enrolled": [missed for missed, _ in found],
        f"By group: pairs of strangers within the group that pass where {GROUP_FMR:.1%} of all pairs are meant to": [
            passed for _, passed in found
        ],
    }


def try_changes(
    seen: Seen, judges: _Judges, photos: int, progress: Done, keep: Path | None = None, networks: Networks = DLIB
) -> list[Rate]:
    """Missed by both bands among 1,000 enrolled when the photo is turned, shrunk or spoilt; nobody found counts as missed.

    Each person is enrolled with three other photos, and judged on a scale that they had no part in.
    """
    people, counts = np.unique(seen.sample.people, return_counts=True)
    random = np.random.default_rng(5)
    enough = random.permutation(people[counts > faces_fit.PHOTOS_PER_TEMPLATE])[:photos].tolist()
    rows = {person: np.flatnonzero(seen.sample.people == person) for person in enough}
    looks = [Look(seen.photos[rows[person][0]].path, name) for person in enough for name in CHANGES]
    missed: dict[str, int] = dict.fromkeys(CHANGES, 0)
    for place, (look, found) in enumerate(zip(looks, look_at(looks, keep, networks), strict=True)):
        person = enough[place // len(CHANGES)]
        scale = next(scale for scale, judged in judges.scales if person in judged)
        template = faces_fit.template(seen.sample.vectors[rows[person][1 : 1 + faces_fit.PHOTOS_PER_TEMPLATE]])
        scores = [float(scale.compared(template[None], face.vector[None])[0, 0]) for face in found.faces]
        missed[look.change] += max(scores, default=-np.inf) < scale.normalised(Thresholds.of(1_000).hold)
        progress(place + 1, len(looks))
    as_it_is = missed[AS_IT_IS] / max(len(enough), 1)
    return [_wilson(name, count, len(enough), as_it_is + HARDLY_CHANGED if name in HARDLY else None) for name, count in missed.items()]


def _plain(sample: Sample, photos: int) -> Trials:
    """The same trials by cosine alone."""
    none = np.zeros(sample.vectors.shape[1], np.float32)
    bare = Scale("", none, np.eye(len(none), dtype=np.float32), none[None], 1, np.zeros((2, 2)), 1.0)
    templates, owners, used = faces_fit.templates_of(sample, photos)
    return Trials(bare.whiten(templates) @ bare.whiten(sample.vectors).T, owners, sample.people, used)


def _wilson(name: str, missed: int, trials: int, target: float | None) -> Rate:
    """A share with Wilson's 95 % interval."""
    share = missed / max(trials, 1)
    return Rate(name, share, *faces_measure.wilson(share, trials), trials, target=target)


def _show(report: Report, *, as_json: bool) -> None:
    console = Console()
    if as_json:
        console.file.write(orjson.dumps(asdict(report), option=orjson.OPT_INDENT_2).decode() + "\n")
        return
    console.print(f"{report.people:,} people, {report.photos:,} photos with a face, {report.unseen} without", highlight=False)
    for note in report.notes:
        console.print(note, highlight=False)
    if report.steps:
        _table(console, "Missed at 1 % false positives among 1,000 enrolled (FMR 1e-5), step by step", report.steps)
    _table(console, "Against the targets", report.rates)
    columns = ("enrolled", "missed by both bands", "strangers held or refused", "not refused", "strangers refused", "")
    sizes = Table(*columns, title="By gallery size, at the thresholds in use (strangers are reckoned from pairs)", title_justify="left")
    for band in report.bands:
        held, refused = _strangers(band.strangers_held), _strangers(band.strangers_refused)
        sizes.add_row(f"{band.enrolled:,}", _share(band.hold), held, _share(band.refuse), refused, band.extrapolated)
    console.print(sizes)
    _table(console, "Strangers held or refused, counted search by search (interval: random galleries)", report.searches)
    if report.changes:
        _table(console, "Missed by both bands when the picture is changed, 1,000 enrolled", report.changes)
    for title, rates in report.groups.items():
        _table(console, title, rates)
    console.print(
        f"CPU for one of these photos: {report.photo_ms:.0f} ms; `guard evaluate face-costs` has the other costs", highlight=False
    )


def _table(console: Console, title: str, rates: Sequence[Rate]) -> None:
    table = Table("", "share", "95 % interval", "n", "target", "", title=title, title_justify="left")
    for rate in rates:
        state = {None: "", True: "[green]met[/]", False: "[red]short[/]"}[rate.met]
        target = "" if rate.target is None else f"<= {rate.target:.1%}"
        name = f"{rate.name} ({rate.note})" if rate.note else rate.name
        table.add_row(name, f"{rate.value:.2%}", f"{rate.low:.2%} to {rate.high:.2%}", f"{rate.trials:,}", target, state)
    console.print(table)


def _strangers(rate: Rate) -> str:
    if rate.note.startswith("extrapolated"):
        return f"{rate.value:.2%} ({rate.low:.2%} to {rate.high:.2%}), {rate.note}"
    return f"{rate.value:.2%} ({rate.low:.2%} to {rate.high:.2%})" if rate.value else f"none seen (at most {rate.high:.1%})"


def _share(rate: Rate) -> str:
    return f"{rate.value:.1%} ({rate.low:.1%} to {rate.high:.1%})"
