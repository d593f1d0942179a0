"""Everyone that a request is searched for: an immutable base in shared memory plus a small delta, under one revision."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from itertools import chain, tee
from typing import Any

import numpy as np

from guard.match import faces, known_images, names, records
from guard.match.excluded import excluded
from guard.match.occupations import strength_beside
from guard.match.shared import Arrays
from guard.match.validity import AROUND, means
from guard.types import Hit, KnownPicture, Modality, Role, Strength, SubjectRecord, Text

# Mentions that stand as the alias is written; what is disguised is told by other signs.
_PLAIN_VIEWS = frozenset({"as written", "inflected"})


def build(people: Iterable[SubjectRecord], known: Iterable[KnownPicture] = ()) -> dict[str, np.ndarray[Any, Any]]:
    """The base as named arrays: `names.*`, `faces.*`, `known.*`, and `people.*` (number -> what a decision needs to know)."""
    for_names, for_faces, rest = tee(people, 3)
    everyone = list(rest)
    arrays = {**names.build(for_names), **faces.build(for_faces), **known_images.build(known)}
    everyone.sort(key=lambda record: record.no)
    blobs = [records.dumps(records.essence(record)) for record in everyone]
    arrays["people.nos"] = np.fromiter((record.no for record in everyone), dtype=np.int64, count=len(everyone))
    arrays["people.ends"] = np.cumsum([0, *map(len, blobs)], dtype=np.int64)
    arrays["people.blob"] = np.frombuffer(b"".join(blobs), dtype=np.uint8)
    return arrays


class Gallery:
    """One revision of the people, their names, faces and directives, and of known pictures; never changed, only replaced.

    `known` takes the place of the known pictures of the base: they change rarely, and 10,000 of them are 400 KB. `earlier` is a
    gallery over the same arrays, whose base is used again with what it has learned.
    """

    def __init__(
        self,
        arrays: Arrays,
        revision: int,
        changed: Mapping[int, SubjectRecord | None] | None = None,
        known: known_images.KnownImages | None = None,
        earlier: "Gallery | None" = None,
    ) -> None:
        self.revision = revision
        self._arrays = arrays
        self._changed = dict(changed or {})
        self._newer_known = known
        self.known = known or known_images.KnownImages(arrays)
        upserts = [record for record in self._changed.values() if record is not None]
        touched = set(self._changed)
        base_names = earlier.names if earlier else names.NameIndex(arrays)
        base_faces = earlier.faces if earlier else faces.FaceGallery(arrays)
        self.names: names.NameIndex = base_names.with_delta(upserts, touched) if touched else base_names
        self.faces: faces.FaceGallery = base_faces.with_delta(upserts, touched) if touched else base_faces

    @classmethod
    def of(cls, people: Iterable[SubjectRecord], revision: int = 0, known: Iterable[KnownPicture] = ()) -> "Gallery":
        """A gallery built here and now, for tools and tests."""
        return cls(build(people, known), revision)

    def apply(
        self, upserts: Iterable[SubjectRecord], removed: Iterable[int], revision: int, known: Iterable[KnownPicture] | None = None
    ) -> "Gallery":
        """The gallery after a change; this one stays as it is. `known` are all known pictures, None when they did not change."""
        changed = {**self._changed, **{record.no: record for record in upserts}, **dict.fromkeys(removed)}
        newer_known = self._newer_known if known is None else known_images.KnownImages.of(known)
        return Gallery(self._arrays, revision, changed, newer_known, self)

    @property
    def delta_size(self) -> int:
        """How many people differ from the base."""
        return len(self._changed)

    def __len__(self) -> int:
        base = self._arrays["people.nos"]
        known = set(base[np.isin(base, list(self._changed))].tolist()) if self._changed else set()
        return len(base) + sum((record is not None) - (no in known) for no, record in self._changed.items())

    def person(self, no: int) -> SubjectRecord | None:
        """Who has this number, without aliases and templates; None when nobody (any more)."""
        if no in self._changed:
            return self._changed[no]
        nos = self._arrays["people.nos"]
        row = int(np.searchsorted(nos, no))
        if row == len(nos) or nos[row] != no:
            return None
        begin, end = self._arrays["people.ends"][row : row + 2]
        return records.loads(self._arrays["people.blob"][begin:end].tobytes())

    def find_names(
        self, texts: Sequence[Text], modality: Modality = Modality.NAME, now: datetime | None = None
    ) -> Iterator[tuple[Hit, SubjectRecord]]:
        """Every mention in the texts, with who it means, but those that the person's exclusions cover.

        Descriptions count that mean somebody `now`, or in the year that stands beside them; all when it is not said when now is.
        """
        read = {text.where: text.text for text in texts}
        person_of = cache(self.person)

        def counts(no: int, alias: str, text: str, span: tuple[int, int]) -> bool:
            person = person_of(no)
            dated = [one for one in person.aliases if one.dated and one.text == alias] if person and now else []
            around = text[max(0, span[0] - AROUND) : span[0]], text[span[1] : span[1] + AROUND]
            return not dated or now is None or means(dated, alias, *around, now)

        def covered(found: names.NameHit) -> bool:
            person = person_of(found.subject_no)
            return person is not None and bool(person.exclusions) and excluded(found.where, found.span, person.exclusions, read)

        for found in self.names.search(texts, counts, covered):
            person = person_of(found.subject_no)
            if person is None:
                continue
            strength = found.strength
            if person.occupations and found.view in _PLAIN_VIEWS:
                strength = strength_beside(read[found.where], found.span, strength, person.occupations)
            yield (
                Hit(
                    subject_id=person.id,
                    subject=person.name,
                    modality=modality,
                    where=found.where,
                    score=found.score,
                    threshold=found.threshold,
                    strength=strength,
                    role=found.role,
                    alias=found.alias,
                    span=found.span,
                    text=found.text,
                    view=found.view,
                    until=found.until,
                ),
                person,
            )

    def find_faces(self, found: Sequence[faces.FaceFound], narrowed: set[int]) -> Iterator[tuple[Hit, SubjectRecord]]:
        """Every enrolled person whose face is near enough; `narrowed` are the numbers that another sign already names."""
        for face in faces.hits(found, self.faces, narrowed):
            person = self.person(face.subject_no)
            if person is None:
                continue
            yield (
                Hit(
                    subject_id=person.id,
                    subject=person.name,
                    modality=Modality.FACE,
                    where=face.where,
                    score=face.score,
                    threshold=face.threshold,
                    strength=face.strength,
                    view=face.view,
                ),
                person,
            )

    def find_known(self, where: str, fingerprints: Sequence[known_images.Fingerprint]) -> Iterator[tuple[Hit, SubjectRecord | None]]:
        """Every known picture that the picture at `where` shows, with whose it is, if anybody's."""
        for found in self.known.search(fingerprints):
            person = None if found.subject_no is None else self.person(found.subject_no)
            if person is None and found.subject_no is not None:
                continue  # erased a moment ago; the picture goes with the person
            yield (
                Hit(
                    subject_id=person.id if person else "",
                    subject=person.name if person else "",
                    modality=Modality.KNOWN_IMAGE,
                    where=where,
                    score=1 - found.distance / known_images.BITS,
                    threshold=1 - known_images.NEAR / known_images.BITS,
                    strength=Strength.STRONG,
                    view=f"{found.id}, {found.distance} bits, {found.view}",
                    bank=found.bank,
                ),
                person,
            )


def everyone(gallery: Gallery) -> Iterator[SubjectRecord]:
    """All people of the gallery, in the order of their numbers."""
    nos = chain(gallery._arrays["people.nos"].tolist(), gallery._changed)
    for no in sorted(set(nos)):
        if (person := gallery.person(no)) is not None:
            yield person


__all__ = ["Gallery", "Role", "build", "everyone"]
