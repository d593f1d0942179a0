"""Which names two neighbouring words of a text may be, by keys that words of names share with them."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from guard.match.names.near import NearPart, join, words_of
from guard.match.names.part import Part
from guard.match.names.scan import Scan
from guard.normalise.hashing import Indices

# Column n holds the seven bits of n: with it a few look-ups weigh the 26 letters of a word.
_SEVEN_BITS = (np.arange(128) >> np.arange(7)[:, None] & 1).astype(np.float32)


class Asked(NamedTuple):
    """A stretch (`begin`, `end`) of word `number`, and the keys it is looked up under.

    A word of a name must have at least the share `least` (0..1) of the letters of this one; `letters` are bits, `mask` those that count.
    The `most` words of names with most letters in common are kept, by `odds` where these are given (`letter_odds`).
    """

    number: int
    stretch: tuple[int, int]
    keys: tuple[int, ...]
    letters: int
    least: float
    most: int
    mask: int = -1
    odds: npt.NDArray[np.float32] | None = None


def heard(
    scan: Scan, part: Part, near: NearPart, pairs: Indices, asked: Sequence[Asked], most_pairs: int
) -> Iterator[tuple[int, tuple[int, int], tuple[int, int], int]]:
    """(first word, its stretch, the next word's stretch, row) for every name that both words of a pair may be, each once.

    Args:
        scan: the text.
        part: where names are looked up.
        near: the words of names.
        pairs: the first word of each pair.
        asked: the stretches of the words of the pairs, by rising number.
        most_pairs: combinations tried in all.
    """
    keys = np.array([key for one in asked for key in one.keys], dtype=np.uint64)
    owner = np.repeat(np.arange(len(asked)), [len(one.keys) for one in asked])
    if not len(keys):
        return
    at, tokens = near.sound.find(keys)
    if not len(at):
        return
    packed = owner.take(at) << 32 | tokens
    packed.sort()
    packed = packed[np.append(True, packed[1:] != packed[:-1])]
    form, tokens = packed >> 32, packed.astype(np.uint32)
    letters, masks, number, least, most = (
        np.array(column).take(form)
        for column in zip(*((one.letters, one.mask, one.number, one.least, one.most) for one in asked), strict=True)
    )
    theirs = near.letters.take(tokens)
    common = np.bitwise_count(letters & theirs & masks).astype(np.int64)
    different = np.bitwise_count((letters ^ theirs) & masks)
    alike = (2 * common >= least * (2 * common + different)).nonzero()[0]
    if not len(alike):
        return
    form, tokens, number, most = form.take(alike), tokens.take(alike), number.take(alike), most.take(alike)
    odds = [one.odds for one in asked if one.odds is not None]
    distance = -_likelihood(np.array(odds), form, near.spelled.take(tokens)) if odds else (different - common).take(alike)
    order = np.lexsort((tokens, distance, number))
    number = number.take(order)
    kept = order[np.arange(len(order)) - number.searchsorted(number) < most.take(order)]
    form, tokens = form.take(kept), tokens.take(kept)
    numbers = words_of(pairs)
    spots = numbers.searchsorted(np.array([one.number for one in asked]))
    joined = join(scan, part, near, pairs, numbers, spots[form], tokens, most_pairs)
    if joined is None:
        return
    seen: set[tuple[int, tuple[int, int], tuple[int, int], int]] = set()
    for one, left, right, row_no in zip(
        joined.first.tolist(), joined.left.tolist(), joined.right.tolist(), joined.rows.tolist(), strict=True
    ):
        case = (one, asked[int(form[left])].stretch, asked[int(form[right])].stretch, row_no)
        if case not in seen:
            seen.add(case)
            yield case


def _likelihood(odds: npt.NDArray[np.float32], form: Indices, spelled: npt.NDArray[np.uint32]) -> npt.NDArray[np.float32]:
    """By how many nats the letters (bits) of each word of a name are likelier than none, read as the form at that index into `odds`."""
    shares = np.pad(odds, ((0, 0), (0, 2))).reshape(-1, 4, 7) @ _SEVEN_BITS
    out: npt.NDArray[np.float32] = sum(shares[form, part, spelled >> 7 * part & 127] for part in range(4))
    return out
