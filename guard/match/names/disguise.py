"""Names written backwards, in rot13, in pig Latin, or with the inner letters of words shuffled.

Looked for only around words that no language has, so that an honest prompt pays for little of it.
"""

from collections.abc import Iterator

import numpy as np

from guard.match.names.part import Found, Part
from guard.match.names.scan import Scan
from guard.normalise.fold import U32
from guard.normalise.hashing import U64, Indices, Sums, hash_word, mixed
from guard.normalise.letters import fold_text

_SEED_SHUFFLED = np.uint64(0xA24BAED4963EE407)
_FIRST, _LAST, _CHAIN = np.uint64(0x9FB21C651E98DF25), np.uint64(0xD6E8FEB86659FD93), np.uint64(0xC2B2AE3D27D4EB4F)
_ROT13 = np.arange(0x80, dtype=np.uint32)
_ROT13[97:123] = np.roll(np.arange(97, 123), -13)
_WORDS = 4
_SHORTEST = 6


def shuffled_words(values: U64, starts: Indices, ends: Indices) -> U64:
    """A hash of each word that does not change when its inner letters change places; `values` are those of `Sums`."""
    running = np.concatenate((np.zeros(1, dtype=np.uint64), np.cumsum(values, dtype=np.uint64)))
    inner = running[np.maximum(ends - 1, starts)] - running[np.minimum(starts + 1, ends - 1)]
    return mixed(inner) + mixed(values[starts] * _FIRST) + mixed(values[ends - 1] * _LAST)


def shuffled_pair(first: U64, second: U64) -> U64:
    """The key of two neighbouring words with shuffled inner letters."""
    return mixed(first * _CHAIN + second + _SEED_SHUFFLED)


def _odd_runs(scan: Scan) -> tuple[Indices, Indices]:
    """Runs of one to _WORDS words with an odd one in them, as (first word, last word)."""
    count = len(scan.starts)
    first = np.repeat(np.arange(count), _WORDS)
    last = first + np.tile(np.arange(_WORDS), count)
    keep = last < count
    first, last = first[keep], last[keep]
    odd = np.concatenate(([0], np.cumsum(scan.odd)))
    size = scan.ends[last] - scan.starts[first]
    keep = (odd[last + 1] > odd[first]) & (size >= _SHORTEST) & (size <= 64)
    return first[keep], last[keep]


def _backwards(scan: Scan, part: Part, first: Indices, last: Indices) -> Iterator[Found]:
    reverse = scan.sums.backwards()
    begin, end = scan.starts[first], scan.ends[last]
    whole = mixed(reverse.of(begin, end))
    each = reverse.of(scan.starts, scan.ends)
    triples = np.flatnonzero(last - first == 2)
    a, b = first[triples], first[triples] + 1
    sizes = scan.sizes
    by_word = scan.sums.joined(scan.sums.joined(each[a], sizes[a], each[b]), sizes[a] + sizes[b], each[b + 1])
    at, rows = part.exact.find(np.concatenate([whole, mixed(by_word)]))
    for index, row_no in zip(at.tolist(), rows.tolist(), strict=True):
        run = index if index < len(first) else int(triples[index - len(first)])
        row = part.row(row_no)
        words = fold_text(row.text).split()
        seen = [scan.word(number)[::-1] for number in range(int(first[run]), int(last[run]) + 1)]
        if "".join(words) in ("".join(seen), "".join(seen[::-1])) and not (len(words) == 1 and len(words[0]) < _SHORTEST):
            yield Found(row, int(begin[run]), int(end[run]), "reversed", 0.95, plain=False)


def _rot13(scan: Scan, part: Part, first: Indices, last: Indices) -> Iterator[Found]:
    turned: U32 = np.where(scan.folded.letters < 0x80, _ROT13.take(np.minimum(scan.folded.letters, 0x7F)), scan.folded.letters)
    sums = Sums(turned)
    begin, end = scan.starts[first], scan.ends[last]
    at, rows = part.exact.find(mixed(sums.of(begin, end)))
    for index, row_no in zip(at.tolist(), rows.tolist(), strict=True):
        row = part.row(row_no)
        words = fold_text(row.text).split()
        start, stop = int(begin[index]), int(end[index])
        seen = turned[start:stop].tobytes().decode("utf-32-le", "replace")
        if seen in ("".join(words), words[-1] + "".join(words[:-1])) and len(words) > 1:
            yield Found(row, start, stop, "rot13", 0.95, plain=False)


def _shuffled(scan: Scan, part: Part) -> Iterator[Found]:
    pairs = scan.odd_pairs
    words = shuffled_words(scan.sums.values, scan.starts, scan.ends)
    at, rows = part.loose.find(shuffled_pair(words[pairs], words[pairs + 1]))
    for index, row_no in zip(at.tolist(), rows.tolist(), strict=True):
        one = int(pairs[index])
        row = part.row(row_no)
        seen = [scan.word(one), scan.word(one + 1)]
        names = fold_text(row.text).split()
        wanted = [names[0], names[-1]]
        if seen != wanted and all(_same_letters(a, b) for a, b in zip(seen, wanted, strict=True)):
            yield Found(row, int(scan.starts[one]), int(scan.ends[one + 1]), "letters shuffled", 0.9, plain=False)


def _same_letters(seen: str, wanted: str) -> bool:
    return bool(seen) and seen[0] == wanted[0] and seen[-1] == wanted[-1] and sorted(seen) == sorted(wanted)


def _unpigged(word: str) -> list[str]:
    """What a word of pig Latin may have been."""
    if len(word) < 4 or not word.endswith("ay"):
        return []
    stem = word[:-2]
    out = [stem[-size:] + stem[:-size] for size in range(1, min(4, len(stem)))]
    if stem[-1] in "wyh" and len(stem) > 1:
        out.append(stem[:-1])
    return out


def _pig_latin(scan: Scan, part: Part) -> Iterator[Found]:
    letters = scan.folded.letters
    ay = np.flatnonzero((letters[scan.ends - 1] == ord("y")) & (letters[np.maximum(scan.ends - 2, 0)] == ord("a")) & (scan.sizes >= 4))
    spots = [int(number) for number in ay if number + 1 < len(scan.starts) and (ay == number + 1).any()]
    for one in spots:
        readings = [(a, b) for a in _unpigged(scan.word(one)) for b in _unpigged(scan.word(one + 1))]
        keys = mixed(np.array([hash_word(a + b) for a, b in readings], dtype=np.uint64))
        at, rows = part.exact.find(keys)
        for index, row_no in zip(at.tolist(), rows.tolist(), strict=True):
            row = part.row(row_no)
            words = fold_text(row.text).split()
            if list(readings[index]) in ([words[0], words[-1]], [words[-1], words[0]]):
                yield Found(row, int(scan.starts[one]), int(scan.ends[one + 1]), "pig Latin", 0.9, plain=False)


def find(scan: Scan, part: Part) -> Iterator[Found]:
    """Every alias of `part` that stands in the text in one of these disguises."""
    if not scan.odd.any():
        return
    first, last = _odd_runs(scan)
    if len(first):
        yield from _backwards(scan, part, first, last)
        yield from _rot13(scan, part, first, last)
    if len(scan.odd_pairs):
        yield from _shuffled(scan, part)
        yield from _pig_latin(scan, part)
