"""Names written backwards, in rot13, in pig Latin, or with the inner letters of words shuffled.

Looked for only around words that no language has, so that an honest prompt pays for little of it.
"""

from collections.abc import Sequence
from itertools import product

import numpy as np

from guard.match.names.part import Found, Questions, RunEnds, RunStarts
from guard.match.names.rows import Row
from guard.match.names.scan import Scan, parted_plainly
from guard.normalise.fold import U32, code_points
from guard.normalise.hashing import U64, Indices, Sums, Words, code_values, hash_word, running, windows
from guard.normalise.letters import fold_text

_FIRST, _LAST, _CHAIN = (np.array(value, dtype=np.uint64) for value in (0x9FB21C651E98DF25, 0xD6E8FEB86659FD93, 0xC2B2AE3D27D4EB4F))
_ROT13 = np.arange(0x80, dtype=np.uint32)
_ROT13[97:123] = np.roll(np.arange(97, 123), -13)
# What rot13 adds to the value of a letter; nothing to the last one, which stands for all that are no ASCII letters.
_TURN_VALUE = code_values(_ROT13) - code_values(np.arange(0x80, dtype=np.uint32))
_SEED_VISUAL = np.uint64(0x5851F42D4C957F2D)
_WORDS, _VISUAL_WORDS = 4, 6
_SHORTEST, _SHORTEST_ALONE = 6, 9
_MOST_PIGS = 64
# Consonants at the head of a word: Schmidt, McBride.
_LONGEST_CLUSTER = 4
_Y = np.array(ord("y"), dtype=np.uint32)


def shuffled_words(sums: Sums, starts: Indices, ends: Indices) -> U64:
    """A hash of each word that does not change when its inner letters change places."""
    outer = sums.values.take(starts) * _FIRST
    outer += sums.values.take(ends - 1) * _LAST
    outer += sums.bag.take(ends)
    outer -= sums.bag.take(starts)
    return outer


def shuffled_pair(first: U64, second: U64) -> U64:
    """The key of two neighbouring words with shuffled inner letters."""
    return first * _CHAIN + second


def visual(letters: U32) -> U32:
    """Letters with those made one that leet and similar forms do not tell apart: i and l, o and 0."""
    return np.where(letters == 0x69, np.uint32(0x6C), np.where(letters == 0x30, np.uint32(0x6F), letters))


def visual_key(sums: U64) -> U64:
    """The key of a name as it looks."""
    return sums ^ _SEED_VISUAL


def is_initials(words: Sequence[str]) -> bool:
    """A surname with initials alone is too short to be told from chance once something is undone."""
    return len(words) > 1 and sum(len(word) > 1 for word in words) < 2 and words[0].isascii()


def _check_backwards(scan: Scan, row: Row, one: int, other: int) -> Found | None:
    if not (scan.odd[one : other + 1].any() or scan.ends_high[one : other + 1].any()):
        return None
    words = fold_text(row.text).split()
    seen = [scan.word(number)[::-1] for number in range(one, other + 1)]
    if "".join(words) not in {"".join(seen), "".join(seen[::-1])} and words[-1] + "".join(words[:-1]) not in {
        "".join(seen),
        "".join(seen[::-1]),
    }:
        return None
    least = _SHORTEST if other > one else _SHORTEST_ALONE
    short = len("".join(words)) < least or is_initials(words) or not parted_plainly(scan, one, other)
    return None if short else Found(row, int(scan.starts[one]), int(scan.ends[other]), "reversed", 0.95, plain=False)


def _check_rot13(scan: Scan, row: Row, one: int, other: int) -> Found | None:
    if not scan.odd[one : other + 1].any():
        return None
    words = fold_text(row.text).split()
    start, stop = int(scan.starts[one]), int(scan.ends[other])
    seen = _rotated(scan.folded.letters[start:stop]).tobytes().decode("utf-32-le", "replace")
    if len(words) > 1 and not is_initials(words) and seen in {"".join(words), words[-1] + "".join(words[:-1])}:
        return Found(row, start, stop, "rot13", 0.95, plain=False)
    return None


def _check_shuffled(scan: Scan, row: Row, one: int, _: int) -> Found | None:
    seen = [scan.word(one), scan.word(one + 1)]
    names = fold_text(row.text).split()
    wanted = [names[0], names[-1]]
    if seen != wanted and all(_same_letters(a, b) for a, b in zip(seen, wanted, strict=True)):
        return Found(row, int(scan.starts[one]), int(scan.ends[one + 1]), "letters shuffled", 0.9, plain=False)
    return None


def _check_visual(scan: Scan, row: Row, start: int, end: int) -> Found | None:
    words = fold_text(row.text).split()
    looks = visual(code_points("".join(words))).tobytes()
    if len(words) > 1 and not is_initials(words) and looks == visual(scan.folded.letters[start:end]).tobytes():
        return Found(row, start, end, "leet", 0.94, plain=False)
    return None


def _check_pig_latin(scan: Scan, row: Row, one: int, other: int) -> Found | None:
    words = fold_text(row.text).split()
    readings = [_unpigged(scan.word(number)) for number in range(one, other + 1)]
    for order in (words, [words[-1], *words[:-1]]):
        if len(order) == len(readings) and all(word in reading for word, reading in zip(order, readings, strict=True)):
            return Found(row, int(scan.starts[one]), int(scan.ends[other]), "pig Latin", 0.9, plain=False)
    return None


def _rotated(letters: U32) -> U32:
    return np.where(letters < 0x80, _ROT13.take(np.minimum(letters, 0x7F)), letters)


def _same_letters(seen: str, wanted: str) -> bool:
    return bool(seen) and seen[0] == wanted[0] and seen[-1] == wanted[-1] and sorted(seen) == sorted(wanted)


def _unpigged(word: str) -> list[str]:
    """What a word of pig Latin may have been."""
    if len(word) < 4 or not word.endswith("ay"):
        return []
    stem = word[:-2]
    out = [stem[-size:] + stem[:-size] for size in range(1, min(_LONGEST_CLUSTER + 1, len(stem)))]
    if stem[-1] in "wyh" and len(stem) > 1:
        out.append(stem[:-1])
    return out


def _ask_pig_latin(scan: Scan, questions: Questions) -> None:
    letters = scan.folded.letters
    ends = scan.ends[(letters.take(scan.ends - 1) == _Y).nonzero()[0]]
    if len(ends) < 2:
        return
    ay = np.zeros(len(letters) + 1, dtype=np.bool_)
    ay[ends[letters.take(ends - 2, mode="clip") == ord("a")]] = True
    told = ay.take(scan.ends) & (scan.sizes >= 4)
    for one in (told[:-1] & told[1:]).nonzero()[0].tolist()[:_MOST_PIGS]:
        for last in range(one + 1, one + 3 if one + 2 < len(told) and told[one + 2] else one + 2):
            words = [_unpigged(scan.word(number)) for number in range(one, last + 1)]
            readings = np.array([hash_word("".join(reading)) for reading in product(*words)], dtype=np.uint64)
            questions.put(readings, np.full(len(readings), one), np.full(len(readings), last), _check_pig_latin)


def _ask_backwards(scan: Scan, numbers: Indices, questions: Questions) -> None:
    """Put down runs of words read backwards, and three words of which each is turned in place."""
    sums, starts, ends = scan.sums, scan.starts, scan.ends
    up, far = sums.backwards().up, sums.pow.take(ends - 1)
    begin, end = up.take(starts), up.take(ends)
    runs = windows(len(starts), _WORDS)
    keys = (end.take(runs, mode="clip") - begin[:, None]) * far.take(runs, mode="clip")
    questions.put(keys.reshape(-1), RunStarts(numbers, _WORDS), RunEnds(numbers, _WORDS), _check_backwards)
    if len(starts) > 2:
        turned = running((end - begin) * far * sums.pow.take(starts))
        questions.put((turned[3:] - turned[:-3]) * scan.edges.down[:-2], numbers, numbers[2:], _check_backwards)


def _ask_rot13(scan: Scan, numbers: Indices, questions: Questions) -> None:
    values = scan.sums.values + _TURN_VALUE.take(scan.folded.letters, mode="clip")
    up = running(values * scan.sums.pow[: len(values)])
    keys = up.take(scan.ends).take(windows(len(numbers), _WORDS), mode="clip")
    keys -= up.take(scan.starts)[:, None]
    keys *= scan.edges.down[:, None]
    questions.put(keys.reshape(-1), RunStarts(numbers, _WORDS), RunEnds(numbers, _WORDS), _check_rot13)


def ask(scan: Scan, exact: Questions, loose: Questions) -> None:
    """Put down what may be a name in one of these disguises, for the table of names and for that of loose keys."""
    if not np.count_nonzero((scan.odd | scan.ends_high) & scan.latin):
        return
    numbers = np.arange(len(scan.starts))
    _ask_backwards(scan, numbers, exact)
    if len(numbers) > 1:
        _ask_rot13(scan, numbers, exact)
        _ask_pig_latin(scan, exact)
    pairs = scan.odd_pairs
    if len(pairs):
        words = shuffled_words(scan.sums, scan.starts, scan.ends)
        loose.put(shuffled_pair(words.take(pairs), words.take(pairs + 1)), pairs, pairs, _check_shuffled)


def ask_visual(scan: Scan, first: int, loose: Questions) -> None:
    """Put down every run of words from word `first` on by how it looks (for readings of leet)."""
    starts, ends = scan.starts[first:], scan.ends[first:]
    if not len(starts):
        return
    begin = starts[0]
    keys = Words(Sums(visual(scan.folded.letters[begin:])), starts - begin, ends - begin).runs(_VISUAL_WORDS)
    loose.put(visual_key(keys), RunStarts(starts, _VISUAL_WORDS), RunEnds(ends, _VISUAL_WORDS), _check_visual)
