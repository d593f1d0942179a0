"""Types of the compiled module guard/match/names/stretches.pyx."""

import numpy as np
import numpy.typing as npt

from guard.match.names.lookup import BitMap, Tables
from guard.match.names.words import WordTable
from guard.normalise.fold import Folded
from guard.normalise.hashing import U64, Indices, Sums

LONGEST_CLUSTER: int
Candidates = list[tuple[int, int, int, int]]

class Stretches:
    text: str
    folded: Folded
    words: WordTable
    sums: Sums
    starts: Indices
    ends: Indices
    sizes: Indices
    hashes: U64
    levels: npt.NDArray[np.uint8]
    capital: npt.NDArray[np.bool_]
    cased: npt.NDArray[np.bool_]
    odd: npt.NDArray[np.bool_]
    latin: npt.NDArray[np.bool_]
    maybe_disguised: bool
    def __init__(self, text: str, folded: Folded, words: WordTable) -> None: ...
    def level(self, start: int, end: int) -> int: ...
    def pairs(self) -> Indices: ...
    def as_written(self, names: Tables, heads: tuple[BitMap, ...]) -> tuple[Candidates, Candidates]: ...
    def ended(self, names: Tables) -> Candidates: ...
    def around_middle_names(self, names: Tables) -> Candidates: ...
    def backwards(self, names: Tables) -> Candidates: ...
    def in_rot13(self, names: Tables) -> Candidates: ...
    def in_pig_latin(self, names: Tables) -> Candidates: ...
    def alike(self, looks: Tables, begin: int) -> Candidates: ...
    def shuffled(self, loose: Tables, pairs: Indices) -> Candidates: ...
    def inside(self, names: Tables, heads: tuple[BitMap, ...], shortest: int, longest: int) -> Candidates: ...
