"""From two vectors to a score that means the same for everybody, and from a gallery's size to its thresholds.

A cosine alone is no score: some faces are near to everyone. Both sides are whitened (directions in which all faces vary
count less), the cosine is normalised against the cohort's nearest faces on each side (adaptive s-norm, Matejka et al.,
Interspeech 2017), and the result is read off a measured curve as a false match rate. The score is minus a tenth of its
decimal logarithm: 0.5 is a likeness that one pair of strangers in 100,000 reaches (docs/explanation/thresholds.md).
"""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import Self
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from guard.errors import InvalidInputError

Floats = NDArray[np.float32]

DECADES = 10.0
"""How many decades of false match rate the score 0..1 spans."""

HOLD_FPIR = 1e-2
REFUSE_FPIR = 1e-3
"""Share of strangers' faces that may reach the band, whatever the gallery's size (issue targets of the project)."""

HOLD_FMR_CAP = 1e-3
REFUSE_FMR_CAP = 1e-4
"""Small galleries get no wider bands than ten enrolled people would: a face that one stranger in 100 has is no sign."""

NARROWED_FMR = 1e-3
"""Shared by all subjects that another sign already names: one name in the prompt and a face like one stranger's in 1,000."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Scores 0..1 from which a face counts: by itself for a refusal, for a person's look, or beside another sign."""

    refuse: float
    hold: float

    @classmethod
    def of(cls, enrolled: int) -> Self:
        """For a gallery of so many people."""
        people = max(enrolled, 1)
        return cls(score_of(min(REFUSE_FPIR / people, REFUSE_FMR_CAP)), score_of(min(HOLD_FPIR / people, HOLD_FMR_CAP)))


def narrowed_threshold(subjects: int) -> float:
    """The score needed when so many subjects are named by another sign of the same request."""
    return score_of(NARROWED_FMR / max(subjects, 1))


def score_of(false_match_rate: float) -> float:
    """A false match rate as a score."""
    return float(min(1.0, max(0.0, -np.log10(max(false_match_rate, 1e-300)) / DECADES)))


@dataclass(frozen=True, slots=True, eq=False)
class Scale:
    """How the vectors of one encoder are compared.

    Args:
        encoder: whose vectors.
        centre: shape (d,), taken off before whitening.
        whitening: shape (d, d), applied from the right.
        cohort: shape (c, d), whitened, unit length: faces of nobody, against which scores are normalised.
        nearest: how many of the cohort count on each side, after the `spared` nearest, which do not: they may be made from this very person.
        curve: shape (2, k): normalised scores, rising, and the decimal logarithm of their false match rate, falling; beyond the
            last measured point it is extrapolated and `measured_to` says from where.
        measured_to: the least false match rate that was measured.
        made_from: SHA-256 over the photos it was made from, as `guard evaluate faces` reckons it, so that nobody judges it by them.
    """

    encoder: str
    centre: Floats
    whitening: Floats
    cohort: Floats
    nearest: int
    curve: NDArray[np.float64]
    measured_to: float
    made_from: str = ""
    spared: int = 0

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return len(self.centre)

    def whiten(self, vectors: Floats) -> Floats:
        """Rows as they are compared: centred, whitened, unit length. Shape (n, d)."""
        moved = (vectors - self.centre) @ self.whitening
        result: Floats = (moved / np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-12)).astype(np.float32)
        return result

    def normaliser(self, whitened: Floats) -> tuple[Floats, Floats]:
        """Slope and offset for each row: half a row's share of a normalised score is `cosine * slope - offset`. Shapes (n,)."""
        last = len(self.cohort) - self.spared
        near = np.partition(whitened @ self.cohort.T, (last - self.nearest, last - 1), axis=1)[:, last - self.nearest : last]
        slope = 0.5 / np.maximum(near.std(axis=1), 1e-6)
        return slope.astype(np.float32), (near.mean(axis=1) * slope).astype(np.float32)

    def compared(self, some: Floats, more: Floats) -> Floats:
        """Normalised scores of every vector of `some` with every one of `more`: shapes (n, d) and (m, d) give (n, m)."""
        rows, columns = self.whiten(some), self.whiten(more)
        slopes, offsets = self.normaliser(rows)
        other_slopes, other_offsets = self.normaliser(columns)
        result: Floats = (rows @ columns.T) * (slopes[:, None] + other_slopes) - offsets[:, None] - other_offsets
        return result

    def score(self, normalised: NDArray[np.floating]) -> NDArray[np.float64]:
        """Normalised scores as scores 0..1."""
        at, log_rate = self.curve
        slope = (log_rate[-1] - log_rate[-2]) / (at[-1] - at[-2])
        inside = np.interp(normalised, at, log_rate)
        beyond = log_rate[-1] + (np.asarray(normalised, np.float64) - at[-1]) * slope
        result: NDArray[np.float64] = np.clip(np.where(normalised > at[-1], beyond, inside) / -DECADES, 0.0, 1.0)
        return result

    def normalised(self, score: float) -> float:
        """The normalised score that `score` stands for."""
        at, log_rate = self.curve
        wanted = -score * DECADES
        if wanted < log_rate[-1]:
            return float(at[-1] + (wanted - log_rate[-1]) * (at[-1] - at[-2]) / (log_rate[-1] - log_rate[-2]))
        return float(np.interp(-wanted, -log_rate, at))

    def dumps(self) -> bytes:
        """As a file of the package or of an operator."""
        held = BytesIO()
        np.savez_compressed(
            held,
            encoder=np.array(self.encoder),
            centre=self.centre,
            whitening=self.whitening,
            cohort=self.cohort.astype(np.float16),
            nearest=np.array(self.nearest),
            curve=self.curve,
            measured_to=np.array(self.measured_to),
            made_from=np.array(self.made_from),
            spared=np.array(self.spared),
        )
        return held.getvalue()

    @classmethod
    def loads(cls, encoded: bytes) -> Self:
        """The inverse of `dumps`."""
        with np.load(BytesIO(encoded), allow_pickle=False) as held:
            cohort = held["cohort"].astype(np.float32)
            scale = cls(
                encoder=str(held["encoder"]),
                centre=held["centre"].astype(np.float32),
                whitening=held["whitening"].astype(np.float32),
                cohort=cohort / np.linalg.norm(cohort, axis=1, keepdims=True),
                nearest=int(held["nearest"]),
                curve=held["curve"].astype(np.float64),
                measured_to=float(held["measured_to"]),
                made_from=str(held["made_from"]) if "made_from" in held else "",
                spared=int(held["spared"]) if "spared" in held else 0,
            )
        scale._check()
        return scale

    def _check(self) -> None:
        size = self.dimensions
        shapes = (self.whitening.shape, self.cohort.shape[1:], self.curve.shape[:1])
        if shapes != ((size, size), (size,), (2,)) or not (0 < self.nearest <= len(self.cohort) - self.spared and self.spared >= 0):
            raise ValueError(
                f"shapes that do not fit each other: {shapes} for {size} dimensions, {self.nearest} of {len(self.cohort)} nearest"
            )
        numbers = (self.centre, self.whitening, self.cohort, self.curve)
        if (
            not all(np.isfinite(array).all() for array in numbers)
            or (np.diff(self.curve[0]) <= 0).any()
            or (np.diff(self.curve[1]) >= 0).any()
        ):
            raise ValueError("numbers that are not finite, or a curve that does not fall")


def bundled(encoder: str) -> Scale | None:
    """The scale of an encoder: one that `add_scales` brought, else the one that ships, else None."""
    return _added.get(encoder) or _shipped(encoder)


_added: dict[str, Scale] = {}


def add_scales(folder: Path) -> list[str]:
    """Use the scales in a folder (`*.npz`, as `guard evaluate faces --scale` writes them); called once when a process starts.

    Returns:
        The encoders that they are for.

    Raises:
        InvalidInputError: a file that is no scale, or two for one encoder.
    """
    found: dict[str, Scale] = {}
    for file in sorted(folder.glob("*.npz")):
        try:
            scale = Scale.loads(file.read_bytes())
        except (OSError, KeyError, ValueError, BadZipFile) as broken:
            raise InvalidInputError(f"{file} is no scale of an encoder: {broken}; make one with `guard evaluate faces --scale`") from broken
        if scale.encoder in found:
            raise InvalidInputError(f"{file}: a second scale for encoder {scale.encoder}; keep one")
        found[scale.encoder] = scale
    _added.update(found)
    return sorted(found)


@cache
def _shipped(encoder: str) -> Scale | None:
    file = files("guard.match.faces") / "data" / f"{encoder}.npz"
    return Scale.loads(file.read_bytes()) if file.is_file() else None
