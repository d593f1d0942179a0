"""Where a text may hold a name in a script that no alias of the person is written in: which two stretches of it may be its words."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from guard.match.names.cues import JOSA
from guard.match.names.neighbours import Neighbours
from guard.match.names.scan import Scan
from guard.normalise.fold import LOOSE, SCRIPT
from guard.normalise.hashing import U64, Indices, hash_word
from guard.normalise.letters import Script

Flags = npt.NDArray[np.bool_]
_PREFIXES = ("وال", "ول", "وب", "و", "ل", "ب", "ك", "ف", "ו", "ה", "ב", "ל", "מ", "ש", "כ")
_SHORTEST_HAN, _LONGEST_HAN = 2, 6
# As numbers, which numpy compares much faster than members of an enumeration; the code points of Hebrew and Arabic.
_HAN, _HANGUL = int(Script.HAN), int(Script.HANGUL)
_SEMITIC, _SEMITIC_END = 0x590, 0x900


@dataclass(frozen=True, slots=True)
class Places:
    """Pairs of stretches, in letters; `one` is the number of the word that the first stretch is of.

    The second is of the next word, or what is left of the same one.
    """

    one: Indices
    left: Indices
    left_end: Indices
    right: Indices
    right_end: Indices

    def together(self, scan: Scan) -> Flags:
        """Which pairs are of one word."""
        out: Flags = self.right < scan.ends.take(self.one)
        return out

    def take(self, some: npt.NDArray[np.int64] | Flags) -> "Places":
        """Some of the pairs."""
        return Places(self.one[some], self.left[some], self.left_end[some], self.right[some], self.right_end[some])


@cache
def _hashes(words: tuple[str, ...]) -> tuple[U64, tuple[int, ...]]:
    """Sorted H of the words, and the sizes that they have."""
    return np.array(sorted(map(hash_word, words)), dtype=np.uint64), tuple(sorted(set(map(len, words))))


def _among(keys: U64, listed: U64) -> Flags:
    out: Flags = listed.take(listed.searchsorted(keys), mode="clip") == keys
    return out


def places(scan: Scan, neighbours: Neighbours) -> Places:
    """Every two stretches that may be two words of a name."""
    one, together = neighbours.pairs(), neighbours.together()
    if not len(one) and not len(together):
        return Places(one, one, one, one, one)
    starts, ends = scan.starts, scan.ends
    kind = scan.folded.kinds.take(starts.take(one)) & (SCRIPT | LOOSE)
    han = kind == (_HAN | LOOSE)
    whole = one[~han]
    out = [Places(whole, starts.take(whole), ends.take(whole), starts.take(whole + 1), ends.take(whole + 1))]
    out.append(_without_particle(scan, out[0].take(kind[~han] == _HANGUL)))
    letters = scan.folded.letters.take(out[0].left)
    out.append(_without_prefix(scan, out[0].take((letters >= _SEMITIC) & (letters < _SEMITIC_END))))
    out.append(_characters(scan, one[han]))
    out.append(_together(scan, together))
    return _concatenated(out)


def _without_particle(scan: Scan, whole: Places) -> Places:
    """Korean names before each particle that their last word ends with."""
    if not len(whole.one):
        return whole
    listed, sizes = _hashes(JOSA)
    out = []
    for size in sizes:
        some = whole.take(whole.right_end - whole.right >= size + 2)
        some = some.take(_among(scan.sums.of(some.right_end - size, some.right_end), listed))
        out.append(Places(some.one, some.left, some.left_end, some.right, some.right_end - size))
    return _concatenated(out)


def _without_prefix(scan: Scan, whole: Places) -> Places:
    """Names after each little word that Semitic scripts write before them."""
    if not len(whole.one):
        return whole
    listed, sizes = _hashes(_PREFIXES)
    out = []
    for size in sizes:
        some = whole.take(whole.left_end - whole.left >= size + 2)
        some = some.take(_among(scan.sums.of(some.left, some.left + size), listed))
        out.append(Places(some.one, some.left + size, some.left_end, some.right, some.right_end))
    return _concatenated(out)


def _together(scan: Scan, one: Indices) -> Places:
    """These words cut in two wherever they may be two words of a name, particles apart."""
    if not len(one):
        return Places(one, one, one, one, one)
    hangul = scan.folded.kinds.take(scan.starts.take(one)) & SCRIPT == _HANGUL
    words = Places(one, scan.starts.take(one), scan.ends.take(one), scan.starts.take(one), scan.ends.take(one))
    words = _concatenated([words, _without_particle(scan, words.take(hangul))])
    least = np.where(scan.folded.kinds.take(words.left) & SCRIPT == _HANGUL, 1, 2)
    cuts = np.maximum(words.right_end - words.left - 2 * least + 1, 0)
    word = np.arange(len(cuts)).repeat(cuts)
    cut = words.left.take(word) + least.take(word) + np.arange(len(word)) - (cuts.cumsum() - cuts).take(word)
    return Places(words.one.take(word), words.left.take(word), cut, cut, words.right_end.take(word))


def _concatenated(some: list[Places]) -> Places:
    some = [each for each in some if len(each.one)] or some[:1]
    if len(some) == 1:
        return some[0]
    return Places(*(np.concatenate([getattr(each, name) for each in some]) for name in Places.__slots__))


def _characters(scan: Scan, one: Indices) -> Places:
    """In Han every end of a word before a dot and every beginning of one behind it may be a name."""
    if not len(one):
        return Places(one, one, one, one, one)
    sizes = np.arange(_SHORTEST_HAN, _LONGEST_HAN + 1)
    left, right = (column.reshape(-1) for column in np.meshgrid(sizes, sizes))
    pair = np.arange(len(one)).repeat(len(left))
    one = one.take(pair)
    begin, end = (
        scan.ends.take(one) - np.tile(left, len(one) // len(left)),
        scan.starts.take(one + 1) + np.tile(right, len(one) // len(left)),
    )
    whole = Places(one, begin, scan.ends.take(one), scan.starts.take(one + 1), end)
    return whole.take((begin >= scan.starts.take(one)) & (end <= scan.ends.take(one + 1)))
