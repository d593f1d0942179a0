"""Who is enrolled, as arrays, and who of them a face is near to: exact search, never an approximate index.

The base may lie in shared memory and is never changed; a delta holds what changed since, and the rows of changed people
are dead in the base. Vectors of each encoder form a segment of their own, so two encoders live side by side.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from guard.match.faces.found import FaceFound
from guard.match.faces.scale import Floats, Scale, Thresholds, bundled, narrowed_threshold
from guard.types import Strength, SubjectRecord, Template

PREFIX = "faces."
_CHUNK = 16_384


@dataclass(frozen=True, slots=True)
class FaceHit:
    """An enrolled person whom a face found is near enough to; `score` and `threshold` as in `guard.match.faces.scale`."""

    subject_no: int
    template_id: str
    score: float
    threshold: float
    strength: Strength
    where: str
    view: str
    frame: int = 0


@dataclass(frozen=True, slots=True)
class FaceCandidate:
    """What a search returned: a template and how near it is, whatever the thresholds."""

    subject_no: int
    template_id: str
    cosine: float
    score: float


def build(records: Iterable[SubjectRecord]) -> dict[str, NDArray[Any]]:
    """The templates of everyone as named arrays, `faces.<encoder>.<column>`, rows in the order of the subjects' numbers.

    Templates of an encoder that has no scale cannot be compared and are left out.
    """
    by_encoder: dict[str, list[tuple[int, Template]]] = {}
    for record in sorted(records, key=lambda record: record.no):
        for template in record.templates:
            by_encoder.setdefault(template.encoder, []).append((record.no, template))
    arrays: dict[str, NDArray[Any]] = {}
    for encoder, rows in by_encoder.items():
        scale = bundled(encoder)
        if scale is not None:
            segment = _Segment.of(scale, rows)
            arrays.update({f"{PREFIX}{encoder}.{name}": column for name, column in segment.columns().items()})
    return arrays


@dataclass(frozen=True, slots=True, eq=False)
class _Segment:
    """Rows of templates: whitened vectors, normalisers, whose they are (rising) and which."""

    vectors: Floats
    slopes: Floats
    offsets: Floats
    nos: NDArray[np.int64]
    ids: NDArray[np.bytes_]

    @classmethod
    def of(cls, scale: Scale, rows: Sequence[tuple[int, Template]]) -> Self:
        vectors = np.empty((len(rows), scale.dimensions), np.float32)
        slopes, offsets = np.empty(len(rows), np.float32), np.empty(len(rows), np.float32)
        for start in range(0, len(rows), _CHUNK):
            part = slice(start, start + _CHUNK)
            raw = np.stack([_vector(template, scale.dimensions) for _, template in rows[part]])
            vectors[part] = scale.whiten(raw)
            slopes[part], offsets[part] = scale.normaliser(vectors[part])
        nos = np.fromiter((no for no, _ in rows), np.int64, len(rows))
        return cls(vectors, slopes, offsets, nos, np.array([template.id.encode() for _, template in rows], np.bytes_))

    def columns(self) -> dict[str, NDArray[Any]]:
        return {"vectors": self.vectors, "slopes": self.slopes, "offsets": self.offsets, "nos": self.nos, "ids": self.ids}

    def normalised(self, probe: Floats, slope: np.float32, offset: np.float32) -> Floats:
        """The normalised score of every row."""
        cosines: Floats = self.vectors @ probe
        result: Floats = cosines * (self.slopes + slope)
        result -= self.offsets
        result -= offset
        return result

    def rows_of(self, nos: Iterable[int]) -> NDArray[np.intp]:
        """The rows of these people."""
        wanted = np.array(sorted(nos), np.int64)
        first, last = np.searchsorted(self.nos, wanted, "left"), np.searchsorted(self.nos, wanted, "right")
        spans = [np.arange(begin, end) for begin, end in zip(first, last, strict=True) if end > begin]
        return np.concatenate(spans) if spans else np.empty(0, np.intp)


def _vector(template: Template, dimensions: int) -> Floats:
    vector = np.frombuffer(template.vector, "<f4")
    if vector.shape != (dimensions,) or not np.isfinite(vector).all():
        raise ValueError(
            f"template {template.id}: {vector.shape[0]} numbers, some perhaps not finite; {template.encoder} makes {dimensions}"
        )
    return vector.astype(np.float32)


class FaceGallery:
    """Everyone whose face is enrolled. Immutable: `with_delta` gives another."""

    def __init__(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        self._base = dict(_segments(arrays))
        self._delta: dict[str, _Segment] = {}
        self._dead: dict[str, NDArray[np.intp]] = {}
        self._people = {encoder: _count(segment.nos) for encoder, segment in self._base.items()}

    def with_delta(self, upserts: Iterable[SubjectRecord], removed: Iterable[int]) -> "FaceGallery":
        """This base with these people as they are now, and without those removed; an earlier delta is forgotten."""
        upserts = sorted(upserts, key=lambda record: record.no)
        gone = {record.no for record in upserts} | set(removed)
        changed = FaceGallery({})
        changed._base = self._base
        changed._dead = {encoder: segment.rows_of(gone) for encoder, segment in self._base.items()}
        fresh = dict(_segments(build(upserts)))
        changed._delta = fresh
        for encoder in self._base.keys() | fresh.keys():
            dead = changed._dead.get(encoder)
            dead_people = _count(self._base[encoder].nos[dead]) if dead is not None else 0
            changed._people[encoder] = self._people.get(encoder, 0) - dead_people + (_count(fresh[encoder].nos) if encoder in fresh else 0)
        return changed

    def __len__(self) -> int:
        """How many people are enrolled, by the encoder that has most."""
        return max(self._people.values(), default=0)

    def thresholds(self, encoder: str) -> Thresholds:
        """The bands for this gallery's size."""
        return Thresholds.of(self._people.get(encoder, 0))

    def search(self, face: FaceFound, at_least: float, also: AbstractSet[int] = frozenset()) -> list[FaceCandidate]:
        """Templates that score at least so much, and those of the subjects in `also` whatever they score, nearest first."""
        scale = bundled(face.encoder)
        if scale is None:
            return []
        probe = scale.whiten(face.vector[None])
        (slope,), (offset,) = scale.normaliser(probe)
        least = scale.normalised(at_least)
        found: list[FaceCandidate] = []
        for segment, dead in self._live(face.encoder):
            scores = segment.normalised(probe[0], slope, offset)
            if dead is not None:
                scores[dead] = -np.inf
            near = scores >= least
            if also:
                near[segment.rows_of(also)] = True
                if dead is not None:
                    near[dead] = False
            rows = np.flatnonzero(near)
            for row, score in zip(rows.tolist(), scale.score(scores[rows]).tolist(), strict=True):
                cosine = float(segment.vectors[row] @ probe[0])
                found.append(FaceCandidate(int(segment.nos[row]), segment.ids[row].decode(), cosine, score))
        return sorted(found, key=lambda candidate: -candidate.score)

    def _live(self, encoder: str) -> Iterator[tuple[_Segment, NDArray[np.intp] | None]]:
        if encoder in self._base:
            dead = self._dead.get(encoder)
            yield self._base[encoder], dead if dead is not None and len(dead) else None
        if encoder in self._delta:
            yield self._delta[encoder], None


def hits(found: Iterable[FaceFound], gallery: FaceGallery, narrowed: AbstractSet[int] = frozenset()) -> list[FaceHit]:
    """Every enrolled person that any of the faces is near enough to, once for each person and place, the nearest face of them.

    Args:
        found: all faces of one picture or of several.
        gallery: who is enrolled.
        narrowed: subjects that another sign of the same request already names; only they are hit in the outer band (`weak`).
    """
    best: dict[tuple[int, str], FaceHit] = {}
    for face in found:
        for hit in _hits_of(face, gallery, narrowed):
            key = (hit.subject_no, hit.where)
            if key not in best or best[key].score < hit.score:
                best[key] = hit
    return sorted(best.values(), key=lambda hit: -hit.score)


def _hits_of(face: FaceFound, gallery: FaceGallery, narrowed: AbstractSet[int]) -> Iterator[FaceHit]:
    bands = gallery.thresholds(face.encoder)
    outer = min(narrowed_threshold(len(narrowed)), bands.hold)
    for candidate in gallery.search(face, bands.hold, narrowed):
        if candidate.score >= bands.refuse:
            threshold, strength = bands.refuse, Strength.STRONG
        elif candidate.score >= bands.hold:
            threshold, strength = bands.hold, Strength.MEDIUM
        elif candidate.score >= outer:
            threshold, strength = outer, Strength.WEAK
        else:
            continue
        yield FaceHit(
            candidate.subject_no,
            candidate.template_id,
            round(candidate.score, 4),
            round(threshold, 4),
            strength,
            face.where,
            face.view,
            face.frame,
        )


def _segments(arrays: Mapping[str, NDArray[Any]]) -> Iterator[tuple[str, _Segment]]:
    for name in arrays:
        if name.startswith(PREFIX) and name.endswith(".vectors"):
            encoder = name[len(PREFIX) : -len(".vectors")]
            column = f"{PREFIX}{encoder}."
            yield encoder, _Segment(*(arrays[column + part] for part in ("vectors", "slopes", "offsets", "nos", "ids")))


def _count(rising: NDArray[np.int64]) -> int:
    """How many different numbers."""
    return 0 if len(rising) == 0 else 1 + int(np.count_nonzero(np.diff(rising)))
