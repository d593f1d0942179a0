"""Steps 2 to 4 of a request, and 9: look at the texts and pictures and say what was found."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from guard.match.faces import FaceFound, FacesInPicture, alike
from guard.match.known_images import Fingerprint
from guard.signals.sources import Answers
from guard.state import Published
from guard.types import Channel, Findings, Hit, Modality, Picture, Stage, SubjectRecord, Text

Signal = float | str | bool
Signals = Callable[[Sequence[Text]], Mapping[str, Signal]]

_AT_ONCE = 16
"""Pictures of one request that wait for the face workers together: as many as an edit has. A batch or a video has hundreds."""

_KNOWN_AT_ONCE = 20_000
"""Views of pictures times known pictures that are compared on the spot (under 1 ms)."""


class Faces(Protocol):
    """Finds the faces of one picture; the face workers' client."""

    async def find(self, picture: Picture, small_faces: bool = False) -> FacesInPicture:
        """Every face in every frame; with `small_faces` small ones too, whatever that costs."""
        ...


@dataclass(slots=True)
class Examined:
    """What was found, who the hits mean, and what looking cost (CPU milliseconds where they are ours, else wall time).

    `fingerprints` has those of each picture that was looked at, by its place; `faces` are all faces, for a comparison with the
    answer's; `encoder` names what measured them, None when no picture was looked at.
    """

    findings: Findings = field(default_factory=Findings)
    people: dict[str, SubjectRecord] = field(default_factory=dict)
    timings_ms: dict[str, float] = field(default_factory=dict)
    fingerprints: dict[str, tuple[Fingerprint, ...]] = field(default_factory=dict)
    encoder: str | None = None
    faces: tuple[FaceFound, ...] = ()


def picture_channel(stage: Stage) -> Channel:
    """Where a picture's directives bind at this stage."""
    return Channel.INPUT_IMAGE if stage is Stage.INPUT else Channel.OUTPUT_IMAGE


def examine_texts(
    published: Published, texts: Sequence[Text], signals: Signals, now: datetime, clock: Callable[[], float] = time.perf_counter
) -> Examined:
    """Mentions of people in the texts, and content signals; `clock` gives the seconds of `timings_ms`, `now` says whom a description means.

    The clock of CPU time is a system call (70 us on a virtual machine), so only `/screen`, which promises CPU time, asks it.
    """
    started = clock()
    hits: list[Hit] = []
    people: dict[str, SubjectRecord] = {}
    for hit, person in published.gallery.find_names(texts, now=now):
        hits.append(hit)
        people[person.id] = person
    named = clock()
    found = signals(texts)
    timings = {"names": (named - started) * 1e3, "signals": (clock() - named) * 1e3}
    return Examined(Findings(hits=tuple(hits), signals=found), people, timings)


async def examine_pictures(
    published: Published,
    faces: Faces,
    pictures: Sequence[Picture],
    texts: Examined,
    asked: Examined | None = None,
    small_faces: bool = False,
) -> Examined:
    """Faces and known pictures, added to what the texts gave; a name hit, here or in what was `asked`, narrows the search for its subject.

    Passes that a picture's time left out are named in `not_examined`.

    Raises:
        UnscreenableError: a picture that cannot be looked at.
        FacesUnavailableError: no face worker has room.
    """
    started = time.perf_counter()
    answers = await _find_all(faces, pictures, small_faces)
    found = [face for answer in answers for face in answer.faces]
    fingerprints = {picture.where: answer.fingerprints for picture, answer in zip(pictures, answers, strict=True)}
    hits = list(texts.findings.hits)
    people = dict(texts.people)
    narrowed = {person.no for source in (texts, asked) if source is not None for person in source.people.values()}
    for hit, person in published.gallery.find_faces(found, narrowed):
        hits.append(hit)
        people[person.id] = person
    for known, owner in await _find_known(published, fingerprints):
        hits.append(known)
        if owner is not None:
            people[owner.id] = owner
    findings = Findings(
        hits=tuple(hits),
        faces=texts.findings.faces + sum(len(answer.counted) for answer in answers),
        signals=texts.findings.signals,
        not_examined={**texts.findings.not_examined, **_left_out(pictures, answers)},
        problem=texts.findings.problem,
    )
    cpu_ms = sum(answer.cpu_ms for answer in answers)
    timings = {**texts.timings_ms, "faces": cpu_ms, "pictures_wall": (time.perf_counter() - started) * 1e3}
    return Examined(findings, people, timings, fingerprints, answers[0].encoder if answers else None, tuple(found))


def in_the_light_of(asked: Examined, answered: Examined) -> Examined:
    """What an answer shows, together with what was asked for.

    A prompt's signals hold for its answer too (a face in the answer to a sexual prompt), all but `style`: a drawing may be
    asked for and a photograph come back. A mention in the prompt is a second sign of a person whom the answer shows.
    `keeps_person` says how like the answer's faces are to those of the input pictures.
    """
    asked_signals = {name: value for name, value in asked.findings.signals.items() if name != "style"}
    signals = together(asked_signals, answered.findings.signals)
    if asked.faces and answered.faces:
        signals["keeps_person"] = alike(asked.faces, answered.faces)
    shown = {hit.subject_id for hit in answered.findings.hits}
    named = tuple(hit for hit in asked.findings.hits if hit.subject_id in shown and hit.modality is Modality.NAME)
    people = {**{hit.subject_id: asked.people[hit.subject_id] for hit in named}, **answered.people}
    findings = replace(answered.findings, hits=answered.findings.hits + named, signals=signals)
    return replace(answered, findings=findings, people=people)


def with_answers(published: Published, examined: Examined, answers: Answers, signals: Signals, now: datetime) -> Examined:
    """What slow sources found, added: their signals, and the people and signals in what they read in pictures.

    Words in a picture say nothing of its `style`: a photograph with `cartoon` written on it stays one. They have no place in a text
    that was sent, so their hits have no span.
    """
    found = examined.findings
    gathered = dict(found.signals)
    hits, people = list(found.hits), dict(examined.people)
    for reading in answers.readings:
        written = {name: value for name, value in signals(reading.texts).items() if name != "style"}
        gathered = together(together(gathered, reading.signals), written)
        for hit, person in published.gallery.find_names(reading.texts, Modality.TEXT_IN_IMAGE, now):
            hits.append(replace(hit, span=None))
            people[person.id] = person
    findings = replace(found, hits=tuple(dict.fromkeys(hits)), signals=gathered, not_examined={**found.not_examined, **answers.missed})
    return replace(examined, findings=findings, people=people)


def together(some: Mapping[str, Signal], more: Mapping[str, Signal]) -> dict[str, Signal]:
    """The signals of two parts of a request: of two ages the lower, of two scores the higher, of two words the second."""
    both = dict(some)
    for name, value in more.items():
        before = both.get(name)
        if isinstance(before, float) and isinstance(value, float):
            value = min(before, value) if name == "age_years" else max(before, value)
        both[name] = value
    return both


async def _find_known(published: Published, fingerprints: Mapping[str, tuple[Fingerprint, ...]]) -> list[tuple[Hit, SubjectRecord | None]]:
    """In a thread where it may take long: the frames of an animation times a large bank."""

    def find() -> list[tuple[Hit, SubjectRecord | None]]:
        return [hit for where, seen in fingerprints.items() for hit in published.gallery.find_known(where, seen)]

    frames = sum(map(len, fingerprints.values()))
    return find() if frames * len(published.gallery.known) < _KNOWN_AT_ONCE else await asyncio.to_thread(find)


def _left_out(pictures: Sequence[Picture], answers: Sequence[FacesInPicture]) -> dict[str, str]:
    """What was not looked for in which picture."""
    return {
        f"{picture.where}, smaller faces": f"left out for time: {'; '.join(answer.skipped)}"
        for picture, answer in zip(pictures, answers, strict=True)
        if answer.skipped
    }


async def _find_all(faces: Faces, pictures: Sequence[Picture], small_faces: bool) -> list[FacesInPicture]:
    if len(pictures) == 1:
        return [await faces.find(pictures[0], small_faces)]
    room = asyncio.Semaphore(_AT_ONCE)

    async def find(picture: Picture) -> FacesInPicture:
        async with room:
            return await faces.find(picture, small_faces)

    tasks = [asyncio.ensure_future(find(picture)) for picture in pictures]
    try:
        return await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        raise
