"""Which names two neighbouring words of a text may be, by keys that words of names share with them."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from guard.match.names.near import NearPart, join, words_of
from guard.match.names.part import Part
from guard.match.names.scan import Scan
from guard.normalise.hashing import Indices


class Asked(NamedTuple):
    """A stretch (`begin`, `end`) of word `number`, and the keys it is looked up under.

    A word of a name must have at least the share `least` (0..1) of the letters of this one; `letters` are bits, `mask` those that count.
    The `most` words of names with most letters in common are kept.
    """

    number: int
    stretch: tuple[int, int]
    keys: tuple[int, ...]
    letters: int
    least: float
    most: int
    mask: int = -1


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
    distance = (different - common).take(alike)
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
