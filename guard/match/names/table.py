"""Build the arrays that names are searched in (docs/explanation/matching-names.md, "The index")."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from guard.match.names.bones import pack_bones
from guard.match.names.keys import SEED_MASKED, pack, pack_bits, pair_key, shuffled_pair, shuffled_words, visual, visual_key
from guard.match.names.masked import FEWEST_LETTERS, VOWELS
from guard.match.names.near import pack_near
from guard.match.names.rows import KINDS, STRENGTHS, Row, rows_of
from guard.match.names.words import FrequencyTable, pack_words
from guard.normalise.fold import Folded, code_points, fold
from guard.normalise.hashing import U64, Indices, Sums
from guard.types import Strength, SubjectRecord

NamedArrays = dict[str, npt.NDArray[Any]]
# Aliases folded at once; bounds the memory of a build.
_BATCH = 1 << 15
_LONGEST_WORD = 40
_TWO = 2


@dataclass(frozen=True, slots=True)
class Batch:
    """Some aliases folded together; `first`/`last` are the ranges of words of the aliases `alias` (those that have any)."""

    folded: Folded
    sums: Sums
    first: Indices
    last: Indices
    alias: Indices

    @property
    def starts(self) -> Indices:
        """First letter of each word."""
        return self.folded.word_starts

    @property
    def ends(self) -> Indices:
        """One past the last letter of each word."""
        return self.folded.word_ends


def fold_batch(texts: Sequence[str]) -> Batch:
    """The words of each text."""
    folded = fold("\n".join(text.replace("\n", " ") for text in texts))
    text_ends = np.cumsum(np.fromiter(map(len, texts), dtype=np.int64, count=len(texts)) + 1)
    owner = np.searchsorted(text_ends, folded.at[folded.word_starts], side="right")
    alias, first = np.unique(owner, return_index=True)
    last = np.append(first[1:], len(owner))[: len(first)]
    return Batch(folded, Sums(folded.letters), first, last, alias)


def _exact(batch: Batch) -> tuple[U64, Indices]:
    """Keys of aliases as written and with the last word first; and which alias of the batch each belongs to."""
    begin, end = batch.starts[batch.first], batch.ends[batch.last - 1]
    whole = batch.sums.of(begin, end)
    several = (batch.last - batch.first > 1).nonzero()[0]
    cut = batch.starts[batch.last[several] - 1]
    head = batch.sums.of(begin[several], cut)
    tail = batch.sums.of(cut, end[several])
    turned = batch.sums.joined(tail, end[several] - cut, head)
    return np.concatenate([whole, turned]), np.concatenate([batch.alias, batch.alias[several]])


def _heads(batch: Batch) -> U64:
    """H of the first two letters of every key that `_exact` makes of two letters or more."""
    begin, end = batch.starts[batch.first], batch.ends[batch.last - 1]
    cut = batch.starts[batch.last - 1]
    heads = batch.sums.of(begin, np.minimum(begin + 2, end))
    tails = batch.sums.of(cut, np.minimum(cut + 2, end))
    # A surname of one letter is followed by the first letter of the name.
    short = (end - cut == 1).nonzero()[0]
    tails[short] = batch.sums.joined(batch.sums.of(cut[short], end[short]), 1, batch.sums.of(begin[short], begin[short] + 1))
    return np.unique(np.concatenate([heads, tails]))


def _ends(batch: Batch) -> tuple[U64, Indices]:
    """H of the pairs of words at both ends of names of three words or more; and which alias of the batch each belongs to."""
    longer = (batch.last - batch.first > 2).nonzero()[0]
    first = np.concatenate([batch.first[longer], batch.last[longer] - 2])
    return batch.sums.of(batch.starts[first], batch.ends[first + 1]), np.tile(batch.alias[longer], 2)


def _loose(batch: Batch) -> tuple[U64, Indices]:
    """Keys of the first and last word with shuffled inner letters, of the whole name as it looks, and of `_ends`."""
    several = (batch.last - batch.first > 1).nonzero()[0]
    first, last = batch.first[several], batch.last[several] - 1
    words = shuffled_words(batch.sums, batch.starts, batch.ends)
    looks = Sums(visual(batch.folded.letters)).of(batch.starts[first], batch.ends[last])
    pairs, owners = _ends(batch)
    left, left_of = _consonants(batch)
    keys = np.concatenate([shuffled_pair(words[first], words[last]), visual_key(looks), pair_key(pairs), left ^ SEED_MASKED])
    return keys, np.concatenate([np.tile(batch.alias[several], 2), owners, left_of])


def _consonants(batch: Batch) -> tuple[U64, Indices]:
    """H of what is left of names of two words or more without vowels; and which alias of the batch each belongs to."""
    kept = ~np.isin(batch.folded.letters, code_points(VOWELS))
    before = np.concatenate(([0], np.cumsum(kept)))
    begin, end = before[batch.starts[batch.first]], before[batch.ends[batch.last - 1]]
    some = (batch.last - batch.first > 1) & (end - begin >= FEWEST_LETTERS)
    return Sums(batch.folded.letters[kept]).of(begin[some], end[some]), batch.alias[some]


@dataclass(slots=True)
class _Tokens:
    """Different words of names of two words or more, as stretches of letters put end to end."""

    hashes: list[U64]
    letters: list[npt.NDArray[np.uint32]]
    sizes: list[Indices]
    pairs: list[U64]
    owners: list[npt.NDArray[np.uint32]]
    whole: list[npt.NDArray[np.bool_]]

    def add(self, batch: Batch, begin: int, strong: npt.NDArray[np.bool_]) -> None:
        """Take in a batch, the first alias of which is number `begin`; `strong` tells which of them are."""
        several = batch.last - batch.first > 1
        longer = batch.last - batch.first > 2
        words = np.concatenate([batch.first[several], batch.last[several] - 1, batch.first[longer] + 1, batch.last[longer] - 2])
        sizes = batch.ends[words] - batch.starts[words]
        words = words[(sizes > 1) & (sizes <= _LONGEST_WORD)]
        if not len(words):
            return
        hashes, index = np.unique(batch.sums.of(batch.starts[words], batch.ends[words]), return_index=True)
        words = words[index]
        sizes = batch.ends[words] - batch.starts[words]
        place = np.arange(int(sizes.sum())) - np.repeat(np.cumsum(sizes) - sizes, sizes) + np.repeat(batch.starts[words], sizes)
        self.hashes.append(hashes)
        self.letters.append(batch.folded.letters[place])
        self.sizes.append(sizes)
        self._add_pairs(batch, begin, strong)

    def _add_pairs(self, batch: Batch, begin: int, strong: npt.NDArray[np.bool_]) -> None:
        """The pairs of words at both ends of strong names of words of two letters or more."""
        sizes = batch.ends - batch.starts
        fit = np.concatenate(([0], np.cumsum((sizes > 1) & (sizes <= _LONGEST_WORD))))
        whole = (fit[batch.last] - fit[batch.first] == batch.last - batch.first) & strong[batch.alias]
        for least, place in ((1, batch.first), (2, batch.last - 2)):
            some = (whole & (batch.last - batch.first > least)).nonzero()[0]
            first = place[some]
            self.pairs.append(np.stack([batch.sums.of(batch.starts[at], batch.ends[at]) for at in (first, first + 1)], axis=1))
            self.owners.append((batch.alias[some] + begin).astype(np.uint32))
            self.whole.append((batch.last - batch.first)[some] == _TWO)

    def pack(self) -> NamedArrays:
        if not self.hashes:
            none = np.zeros(0, dtype=np.int64)
            near = pack_near([], none.astype(np.uint64), Sums(none.astype(np.uint32)), none, none)
            return {**near, **pack_bones([], none.reshape(0, 2), none.astype(np.uint32), none > 0)}
        hashes, index = np.unique(np.concatenate(self.hashes), return_index=True)
        sizes = np.concatenate(self.sizes)
        letters = np.concatenate(self.letters)
        begin = (np.cumsum(sizes) - sizes)[index]
        sizes = sizes[index]
        place = np.arange(int(sizes.sum())) - np.repeat(np.cumsum(sizes) - sizes, sizes) + np.repeat(begin, sizes)
        ends = np.cumsum(sizes)
        text = letters[place].tobytes().decode("utf-32-le")
        words = [text[end - size : end] for size, end in zip(sizes.tolist(), ends.tolist(), strict=True)]
        numbers = hashes.searchsorted(np.concatenate(self.pairs))
        near = pack_near(words, hashes, Sums(letters[place]), ends - sizes, ends)
        return {**near, **pack_bones(words, numbers, np.concatenate(self.owners), np.concatenate(self.whole))}


def pack_rows(rows: Sequence[Row]) -> NamedArrays:
    """The arrays of these aliases, without the word table."""
    keys: dict[str, list[U64]] = {"names.exact": [], "names.loose": []}
    owners: dict[str, list[npt.NDArray[np.uint32]]] = {"names.exact": [], "names.loose": []}
    heads: list[U64] = [np.zeros(0, dtype=np.uint64)]
    ends: list[U64] = [np.zeros(0, dtype=np.uint64)]
    tokens = _Tokens([], [], [], [], [], [])
    strong = np.fromiter((row.strength is Strength.STRONG for row in rows), dtype=np.bool_, count=len(rows))
    for begin in range(0, len(rows), _BATCH):
        batch = fold_batch([row.text for row in rows[begin : begin + _BATCH]])
        if not len(batch.alias):
            continue
        for name, make in (("names.exact", _exact), ("names.loose", _loose)):
            made, owner = make(batch)
            keys[name].append(made)
            owners[name].append((owner + begin).astype(np.uint32))
        heads.append(_heads(batch))
        ends.append(_ends(batch)[0])
        tokens.add(batch, begin, strong[begin : begin + _BATCH])
    blobs = [row.text.encode("utf-8", "surrogatepass") for row in rows]
    arrays: NamedArrays = {
        "names.subjects": np.fromiter((row.subject_no for row in rows), dtype=np.int64, count=len(rows)),
        "names.kinds": np.fromiter((KINDS.index(row.kind) for row in rows), dtype=np.uint8, count=len(rows)),
        "names.strengths": np.fromiter((STRENGTHS.index(row.strength) for row in rows), dtype=np.uint8, count=len(rows)),
        "names.texts": np.frombuffer(b"".join(blobs), dtype=np.uint8),
        "names.ends": np.cumsum(np.fromiter((0, *map(len, blobs)), dtype=np.int64, count=len(rows) + 1)),
        "names.heads": pack_bits(np.unique(np.concatenate(heads))),
        **tokens.pack(),
    }
    for name in keys:
        none = np.zeros(0, dtype=np.uint64)
        arrays |= pack(name, np.concatenate([none, *keys[name]]), np.concatenate([none.astype(np.uint32), *owners[name]]))
    arrays["names.pairs"] = pack_bits(np.concatenate([arrays["names.exact.keys"], *ends]))
    return arrays


def build(records: Iterable[SubjectRecord]) -> NamedArrays:
    """Flat arrays of all names, keys prefixed `names.`; the same for the same people in any order."""
    return {**pack_rows(rows_of(records, FrequencyTable())), **pack_words()}
