"""Names with a typing error or an ending in each word, by words with one letter left out.

Every word of a name is stored under itself and under each form with one letter less. Words of the text are looked up the
same way, and the candidates of two neighbouring words are put together and looked up as a name: all in array operations.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import OSA, Prefix

from guard.match.names import endings
from guard.match.names.endings import languages
from guard.match.names.given import given_names
from guard.match.names.keys import Arrays, KeyTable, pack
from guard.match.names.memo import PairMemo
from guard.match.names.part import Found, Part
from guard.match.names.scan import Scan, parted_plainly
from guard.match.names.sound import codes_of_name, letters_of
from guard.match.names.strength import ORDINARY_ZIPF
from guard.match.names.words import WordTable
from guard.normalise.hashing import U64, Indices, Sums, hash_word, without_one
from guard.normalise.letters import fold_text

# Fewest letters of a word in which a typing error is looked for.
SHORTEST = 4
# Letters cut off as an ending, and the letters of words that each is cut from; the most words of names that one word is taken for.
_CUTS = np.arange(endings.LONGEST + 1)
_LEAST_TO_CUT = np.array([0, *(_CUTS[1:] + endings.SHORTEST_STEM)])
_MOST_EACH = 64
# Keys of names from which lower-case near misses need a cue: about 300,000 people.
CROWD = 1_500_000
# Keys of names up to which an error in an ordinary word beside one in an odd word is taken for a name: about 100,000 people.
_SOME = 600_000
_ORDINARY = WordTable.level(ORDINARY_ZIPF)
_SEED_PAIR = np.uint64(0x27D4EB2F165667C5)


class NearPart:
    """The words of names, as `near` needs them."""

    __slots__ = ("hashes", "letters", "sizes", "sound", "sounding", "spelled", "table", "typed")

    def __init__(self, arrays: Arrays) -> None:
        self.hashes: U64 = arrays["names.tokens.hashes"]
        self.sizes: npt.NDArray[np.uint8] = arrays["names.tokens.sizes"]
        self.letters: npt.NDArray[np.uint32] = arrays["names.tokens.letters"]
        self.table = KeyTable(arrays, "names.near")
        self.sound = KeyTable(arrays, "names.sound")
        self.typed, self.sounding = PairMemo(), PairMemo()


def pack_sound(words: Sequence[str]) -> dict[str, npt.NDArray[Any]]:
    """The table from codes by sound to the numbers of these words."""
    keys: list[int] = []
    rows: list[int] = []
    hashed: dict[str, int] = {}
    for number, word in enumerate(words):
        for code in codes_of_name(word):
            if code not in hashed:
                hashed[code] = hash_word(code)
            keys.append(hashed[code])
            rows.append(number)
    return pack("names.sound", np.array(keys, dtype=np.uint64), np.array(rows, dtype=np.uint32))


def pack_near(words: Sequence[str], hashes: U64, sums: Sums, starts: Indices, ends: Indices) -> dict[str, npt.NDArray[Any]]:
    """The arrays for these words (different ones, also as stretches of `sums`), in the order of their hashes."""
    long = (ends - starts >= SHORTEST).nonzero()[0]
    keys, owner = without_one(sums, starts[long], ends[long])
    stems = [(number, len(cut)) for number, cut in enumerate(map(endings.stem, words)) if cut]
    stemmed, sizes = np.array(stems, dtype=np.int64).reshape(-1, 2).T
    table = pack(
        "names.near",
        np.concatenate([hashes, keys, sums.of(starts[stemmed], starts[stemmed] + sizes)]),
        np.concatenate([np.arange(len(hashes)), long[owner], stemmed]).astype(np.uint32),
    )
    table |= pack_sound(words)
    table["names.tokens.letters"] = np.fromiter((letters_of(word) for word in words), dtype=np.uint32, count=len(words))
    return {"names.tokens.hashes": hashes, "names.tokens.sizes": np.minimum(ends - starts, 255).astype(np.uint8), **table}


@lru_cache(maxsize=4096)
def liberty(seen: str, wanted: str) -> tuple[str, float] | None:
    """What was done to `wanted` to make it `seen`, with what it costs; None when they are different words."""
    if seen == wanted:
        return "", 0.0
    if languages(seen, wanted):
        return "inflected", 0.02
    if len(wanted) >= SHORTEST and OSA.distance(seen, wanted, score_cutoff=1) <= 1:
        return "typing error", 0.06
    return None


def _candidates(scan: Scan, part: NearPart, numbers: Indices) -> tuple[Indices, npt.NDArray[np.uint32]]:
    """(index into `numbers`, word of a name) for every word of a name that one of the words may stand for, nearest first."""
    starts, ends = scan.starts.take(numbers), scan.ends.take(numbers)
    sizes = ends - starts
    long = (sizes >= SHORTEST).nonzero()[0]
    less, owner = without_one(scan.sums, starts.take(long), ends.take(long))
    cut = scan.sums.of(starts[:, None], np.maximum(ends[:, None] - _CUTS, starts[:, None]))
    which, column = (sizes[:, None] >= _LEAST_TO_CUT).nonzero()
    keys = np.concatenate((cut[which, column], less))
    at, tokens = part.table.find(keys)
    if not len(at):
        return at, tokens
    both = np.concatenate((which, long.take(owner))).take(at) << 32 | tokens
    both.sort()
    both = both[np.append(True, both[1:] != both[:-1])]
    index, tokens = both >> 32, both.astype(np.uint32)
    counts = np.bincount(index)
    return (index, tokens) if counts.max() <= _MOST_EACH else _nearest(part, index, tokens, scan.hashes.take(numbers), sizes)


def _nearest(
    part: NearPart, index: Indices, tokens: npt.NDArray[np.uint32], hashes: U64, sizes: Indices
) -> tuple[Indices, npt.NDArray[np.uint32]]:
    """The `_MOST_EACH` candidates of each word: first the word itself, then those nearest to its length."""
    far = np.abs(part.sizes.take(tokens) - sizes.take(index)) + (part.hashes.take(tokens) != hashes.take(index))
    order = np.lexsort((tokens, far, index))
    index = index.take(order)
    kept = (np.arange(len(order)) - index.searchsorted(index) < _MOST_EACH).nonzero()[0]
    return index.take(kept), tokens.take(order.take(kept))


def words_of(pairs: Indices) -> Indices:
    """The words of pairs of neighbours given by the first of each, rising; each once."""
    there = np.zeros(int(pairs[-1]) + 2, dtype=np.bool_)
    there[pairs] = there[pairs + 1] = True
    return there.nonzero()[0]


@dataclass(frozen=True, slots=True)
class Joined:
    """Two neighbouring words that together may be a name: the first word, the candidate behind each, and the row."""

    first: Indices
    left: Indices
    right: Indices
    rows: npt.NDArray[np.uint32]


def join(
    scan: Scan,
    part: Part,
    near: NearPart,
    pairs: Indices,
    numbers: Indices,
    index: Indices,
    tokens: npt.NDArray[np.uint32],
    most: int,
) -> Joined | None:
    """Names whose two words are among the candidates of two neighbouring words.

    Args:
        scan: the text.
        part: where names are looked up.
        near: the words of names.
        pairs: the first word of each pair.
        numbers: the words that have candidates, rising; holds both words of every pair.
        index: for each candidate the index into `numbers` of its word, rising.
        tokens: for each candidate the word of a name, the likeliest of a word first.
        most: combinations tried in all.
    """
    edges = index.searchsorted(np.arange(len(numbers) + 1))
    low, counts = edges[:-1], edges[1:] - edges[:-1]
    first = numbers.searchsorted(pairs)
    amount = counts.take(first) * counts.take(first + 1)
    if int(amount.sum()) > most:
        counts = np.minimum(counts, max(1, int((most / len(pairs)) ** 0.5)))
        amount = counts.take(first) * counts.take(first + 1)
    there = amount.nonzero()[0]
    if not len(there):
        return None
    first = first.take(there)
    # One entry for each candidate of a first word; each is put together with every candidate of the second word.
    many = counts.take(first)
    entry = np.arange(len(there)).repeat(many)
    left = np.arange(len(entry)) + (low.take(first) - many.cumsum() + many).take(entry)
    width = counts.take(first + 1).take(entry)
    begin = width.cumsum() - width
    right = np.arange(int(width.sum())) + (low.take(first + 1).take(entry) - begin).repeat(width)
    hashes = near.hashes.take(tokens)
    keys = hashes.take(right)
    keys *= scan.sums.pow.take(near.sizes.take(tokens.take(left))).repeat(width)
    keys += hashes.take(left).repeat(width)
    known = part.pairs.maybe(keys)
    keys = keys.take(known)
    at, rows = part.exact.find(keys)
    at_longer, longer_rows = part.loose.find(pair_key(keys))
    if len(at_longer):
        at, rows = np.concatenate([at, at_longer]), np.concatenate([rows, longer_rows])
    if not len(at):
        return None
    at = known.take(at)
    found = begin.searchsorted(at, side="right") - 1
    return Joined(pairs.take(there).take(entry.take(found)), left.take(found), right.take(at), rows)


def pair_key(sums: U64) -> U64:
    """The key of two words that begin or end a longer name."""
    return sums ^ _SEED_PAIR


def aligned(scan: Scan, wanted: Sequence[str], one: int) -> Iterator[int]:
    """Where a name of these words may begin when words `one` and `one + 1` were found to be a pair of it.

    Nowhere for a single word, such as a handle whose pieces made the pair.
    """
    if len(wanted) < 2:
        return
    for first in dict.fromkeys((one, one + 2 - len(wanted))):
        if first >= 0 and first + len(wanted) <= len(scan.starts):
            yield first


def orders(words: list[str]) -> list[list[str]]:
    """The words of a name as they stand, and of two words also the other way round."""
    return [words, words[::-1]] if len(words) == 2 and words[0] != words[1] else [words]


def find(scan: Scan, part: Part, near: NearPart) -> Iterator[Found]:
    """Every name of two words, of which each may have an error or an ending, around words that no language has."""
    if not len(near.hashes):
        return
    for one, row_no in near.typed.rows(scan, scan.odd_pairs, partial(_typed, scan, part, near)):
        found = _verified(scan, part, row_no, one)
        if found:
            yield found


def _typed(scan: Scan, part: Part, near: NearPart, pairs: Indices) -> Iterable[tuple[int, int]]:
    """(first word, row) for every name that two words may be with an error or an ending in each."""
    numbers = words_of(pairs)
    index, tokens = _candidates(scan, near, numbers)
    joined = join(scan, part, near, pairs, numbers, index, tokens, _MOST_EACH**2 * len(pairs)) if len(index) else None
    return zip(joined.first.tolist(), joined.rows.tolist(), strict=True) if joined else ()


def _verified(scan: Scan, part: Part, row_no: int, one: int) -> Found | None:
    row = part.row(row_no)
    words = fold_text(row.text).split()
    other = [(words[::-1], 0.05)] if len(words) == 2 else []
    for wanted, cost in ((words, 0.0), *other):
        for first in aligned(scan, wanted, one):
            last = first + len(wanted) - 1
            seen = [scan.word(number) for number in range(first, last + 1)]
            steps = [step for step in map(liberty, seen, wanted) if step is not None]
            if len(steps) < len(wanted) or seen == wanted or not parted_plainly(scan, first, last, comma=cost > 0):
                continue
            if not _one_language(seen, wanted, steps):
                continue
            view = "typing error" if any(kind == "typing error" for kind, _ in steps) else "inflected"
            ordinary = not scan.odd[first : last + 1].any() and (view == "typing error" or not scan.capital[first : last + 1].all())
            chance = _by_chance(scan, first, seen, wanted, steps)
            crowd = view == "typing error" and len(part.exact) > CROWD and not scan.odd[first : last + 1].all()
            ordinary = ordinary and not (view == "typing error" and respelled(scan, part, first, seen, wanted))
            turned = cost > 0 and parted_plainly(scan, first, last)
            weak = turned or ordinary or crowd or (chance and (len(part.exact) > _SOME or not _all_changed(scan, first, steps)))
            score = 1.0 - cost - sum(price for _, price in steps)
            same = Prefix.similarity(seen[-1], wanted[-1])
            end = _before_apostrophe(scan, last, same) if same >= len(wanted[-1]) - 1 else int(scan.ends[last])
            return Found(
                row,
                int(scan.starts[first]),
                end,
                view,
                max(score, 0.7),
                plain=False,
                weak=weak,
                doubtful=chance or _doubtful(scan, first, steps) or _crowded(scan, part, first, last),
            )
    return None


def respelled(scan: Scan, part: Part, first: int, seen: Sequence[str], wanted: Sequence[str]) -> bool:
    """Whether words of a language, all with a capital, are a name respelled all the same: one word stands as it is, the others are rare or given names."""
    if len(part.exact) > _SOME or not bool(scan.capital[first : first + len(seen)].all()):
        return False
    changed = [number for number, (word, name) in enumerate(zip(seen, wanted, strict=True)) if word != name]
    rare = all(scan.levels[first + number] < _ORDINARY or seen[number] in given_names() for number in changed)
    return rare and len(changed) < len(seen)


def _one_language(seen: Sequence[str], wanted: Sequence[str], steps: Sequence[tuple[str, float]]) -> bool:
    """Whether one language has all the endings."""
    common = -1
    for word, name, (kind, _) in zip(seen, wanted, steps, strict=True):
        common &= languages(word, name) if kind == "inflected" else -1
    return common != 0


def _before_apostrophe(scan: Scan, last: int, same: int) -> int:
    """Where the name ends: before an apostrophe that parts its ending from it, else with its last word."""
    cut, end = int(scan.starts[last]) + same, int(scan.ends[last])
    return cut if cut < end and scan.folded.at[cut] - scan.folded.at[cut - 1] > 1 else end


def _by_chance(scan: Scan, one: int, seen: Sequence[str], wanted: Sequence[str], steps: Sequence[tuple[str, float]]) -> bool:
    """Whether an ordinary lower-case word was changed, or so little is left that chance explains it."""
    for number, (word, _, (kind, _)) in enumerate(zip(seen, wanted, steps, strict=True)):
        ordinary = scan.levels[one + number] > 0 and not scan.capital[one + number]
        if ordinary and (kind == "typing error" or (not kind and len(word) < SHORTEST and len(seen) == 2)):
            return True
    return False


def _all_changed(scan: Scan, one: int, steps: Sequence[tuple[str, float]]) -> bool:
    """Whether every word has an error and one of them is a word of no language: too much for chance where names are few."""
    return all(kind == "typing error" for kind, _ in steps) and bool(scan.odd[one : one + len(steps)].any())


def _crowded(scan: Scan, part: Part, first: int, last: int) -> bool:
    """Whether there are so many names that a lower-case near miss of one is chance."""
    return len(part.exact) > CROWD and not bool(scan.capital[first : last + 1].any())


def _doubtful(scan: Scan, one: int, steps: Sequence[tuple[str, float]]) -> bool:
    """Whether an ordinary word was changed beside one without a capital."""
    changed = any(kind == "typing error" and scan.levels[one + number] > 0 for number, (kind, _) in enumerate(steps))
    return changed and not bool(scan.capital[one : one + len(steps)].all())
