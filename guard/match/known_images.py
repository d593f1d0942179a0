"""Pictures that must not come back, found by their PDQ hashes: an exact search, by the number of bits that differ.

A hash survives recompression and resizing, not cropping (docs/explanation/known-images.md). Turned and mirrored copies are
found because the picture that is looked at brings the hashes of all its eight orientations. Needs numpy only.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from guard.types import KnownPicture

BITS = 256
HASH_BYTES = BITS // 8
NEAR = 31
"""Most bits in which two hashes of one picture differ, as PDQ's authors advise; unrelated pictures differ in 128."""

LEAST_QUALITY = 50
"""PDQ's own measure (0..100) of whether a picture shows enough; hashes of plainer ones say nothing and are not compared."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """One view of one frame of a picture.

    Args:
        frame: which frame.
        view: what is special about it, as in `FaceFound.view`; empty for the picture as it is shown.
        quality: PDQ's measure, 0..100.
        hashes: 32 bytes for each of the eight orientations, the upright one first.
    """

    frame: int
    view: str
    quality: int
    hashes: bytes

    @property
    def upright(self) -> str:
        """The hash of the picture as it is shown, as 64 hex digits."""
        return self.hashes[:HASH_BYTES].hex()

    @property
    def telling(self) -> bool:
        """Whether the picture shows enough to be known again."""
        return self.quality >= LEAST_QUALITY


@dataclass(frozen=True, slots=True)
class KnownHit:
    """A known picture in a picture: whose it is (None: nobody's in particular), and how far its hash is."""

    id: str
    bank: str
    subject_no: int | None
    distance: int
    view: str


def build(known: Iterable[KnownPicture]) -> dict[str, NDArray[Any]]:
    """The known pictures as flat arrays: `known.hashes` (4, n) uint64, `known.subjects` (-1 for nobody), `known.banks`, `known.ids`."""
    rows = list(known)
    return {
        "known.hashes": np.ascontiguousarray(_words(b"".join(bytes.fromhex(row.pdq) for row in rows)).T),
        "known.subjects": np.fromiter((-1 if row.subject_no is None else row.subject_no for row in rows), np.int64, len(rows)),
        "known.banks": np.array([row.bank for row in rows], dtype=np.str_),
        "known.ids": np.array([row.id for row in rows], dtype=np.str_),
    }


class KnownImages:
    """The known pictures of one revision; never changed, only replaced."""

    def __init__(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        self._hashes = arrays["known.hashes"]
        self._subjects = arrays["known.subjects"]
        self._banks = arrays["known.banks"]
        self._ids = arrays["known.ids"]

    @classmethod
    def of(cls, known: Iterable[KnownPicture]) -> "KnownImages":
        """Built here and now."""
        return cls(build(known))

    def __len__(self) -> int:
        return len(self._ids)

    def search(self, fingerprints: Sequence[Fingerprint]) -> list[KnownHit]:
        """Every bank and person with a known picture within `NEAR` bits, each once, by its nearest picture; nearest first."""
        nearest: dict[tuple[str, int], KnownHit] = {}
        if not len(self):
            return []
        for fingerprint in fingerprints:
            if not fingerprint.telling:
                continue
            for turn, probe in enumerate(_words(fingerprint.hashes)):
                for row, distance in self._near(probe):
                    key = (str(self._banks[row]), int(self._subjects[row]))
                    if key not in nearest or distance < nearest[key].distance:
                        seen = "as shown" if turn == 0 else "turned or mirrored"
                        view = f"{seen}, {fingerprint.view}" if fingerprint.view else seen
                        nearest[key] = KnownHit(str(self._ids[row]), key[0], None if key[1] < 0 else key[1], distance, view)
        return sorted(nearest.values(), key=lambda hit: (hit.distance, hit.bank, hit.id))

    def _near(self, probe: NDArray[np.uint64]) -> Iterable[tuple[int, int]]:
        """Rows and distances. Half the words rule out almost every row, and none that is near: distances only grow."""
        half = np.bitwise_count(self._hashes[0] ^ probe[0]) + np.bitwise_count(self._hashes[1] ^ probe[1])
        rows = np.flatnonzero(half <= NEAR)
        whole = np.bitwise_count(self._hashes[:, rows] ^ probe[:, np.newaxis]).sum(axis=0, dtype=np.int64)
        close = whole <= NEAR
        return zip(rows[close].tolist(), whole[close].tolist(), strict=True)


def _words(hashes: bytes) -> NDArray[np.uint64]:
    return np.frombuffer(hashes, dtype="<u8").reshape(-1, 4)
