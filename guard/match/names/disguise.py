"""Names written backwards, in rot13, in pig Latin, or with the inner letters of words shuffled.

Looked for only around words that no language has, so that an honest prompt pays for little of it.
"""

import codecs
from collections.abc import Iterator, Sequence

from guard.match.names.keys import visual
from guard.match.names.part import Found, Parts
from guard.match.names.rows import Row
from guard.match.names.scan import Scan, parted_plainly
from guard.match.names.stretches import LONGEST_CLUSTER
from guard.match.names.words import COMMON_LEVEL
from guard.normalise.fold import UPPER, code_points

_SHORTEST, _SHORTEST_ALONE, _SHORTEST_STRANGE = 6, 9, 4


def is_initials(words: Sequence[str]) -> bool:
    """A surname with initials alone is too short to be told from chance once something is undone."""
    return len(words) > 1 and sum(len(word) > 1 for word in words) < 2 and words[0].isascii()


def _check_backwards(scan: Scan, row: Row, one: int, other: int) -> Found | None:
    words = row.words
    seen = [scan.word(number)[::-1] for number in range(one, other + 1)]
    if "".join(words) not in {"".join(seen), "".join(seen[::-1])} and words[-1] + "".join(words[:-1]) not in {
        "".join(seen),
        "".join(seen[::-1]),
    }:
        return None
    least = _SHORTEST if other > one else _SHORTEST_ALONE
    high = (scan.folded.kinds[scan.ends[one : other + 1] - 1] & UPPER) != 0
    sizes, levels = scan.sizes[one : other + 1], scan.levels[one : other + 1]
    strange = max(sizes[levels == 0].tolist(), default=0) >= _SHORTEST_STRANGE or bool((high & ~scan.capital[one : other + 1]).any())
    short = sum(sizes[levels < COMMON_LEVEL].tolist()) < least or not strange or is_initials(words) or not parted_plainly(scan, one, other)
    return None if short else Found(row, int(scan.starts[one]), int(scan.ends[other]), "reversed", 0.95, plain=False)


def _check_rot13(scan: Scan, row: Row, one: int, other: int) -> Found | None:
    words = row.words
    start, stop = int(scan.starts[one]), int(scan.ends[other])
    seen = codecs.encode(scan.folded.word(start, stop), "rot13")
    if len(words) > 1 and not is_initials(words) and seen in {"".join(words), words[-1] + "".join(words[:-1])}:
        return Found(row, start, stop, "rot13", 0.95, plain=False)
    return None


def _check_shuffled(scan: Scan, row: Row, one: int, _: int) -> Found | None:
    seen = [scan.word(one), scan.word(one + 1)]
    names = row.words
    wanted = [names[0], names[-1]]
    if seen != wanted and all(_same_letters(a, b) for a, b in zip(seen, wanted, strict=True)):
        return Found(row, int(scan.starts[one]), int(scan.ends[one + 1]), "letters shuffled", 0.9, plain=False)
    return None


def _check_visual(scan: Scan, row: Row, one: int, other: int) -> Found | None:
    start, end = int(scan.starts[one]), int(scan.ends[other])
    words = row.words
    looks = visual(code_points("".join(words))).tobytes()
    if len(words) > 1 and not is_initials(words) and looks == visual(scan.folded.letters[start:end]).tobytes():
        return Found(row, start, end, "leet", 0.94, plain=False)
    return None


def _check_pig_latin(scan: Scan, row: Row, one: int, other: int) -> Found | None:
    words = row.words
    readings = [unpigged(scan.word(number)) for number in range(one, other + 1)]
    for order in (words, (words[-1], *words[:-1])):
        if len(order) == len(readings) and all(word in reading for word, reading in zip(order, readings, strict=True)):
            return Found(row, int(scan.starts[one]), int(scan.ends[other]), "pig Latin", 0.9, plain=False)
    return None


def _same_letters(seen: str, wanted: str) -> bool:
    return bool(seen) and seen[0] == wanted[0] and seen[-1] == wanted[-1] and sorted(seen) == sorted(wanted)


def unpigged(word: str) -> list[str]:
    """What a word of pig Latin may have been."""
    if len(word) < 4 or not word.endswith("ay"):
        return []
    stem = word[:-2]
    out = [stem[-size:] + stem[:-size] for size in range(1, min(LONGEST_CLUSTER + 1, len(stem)))]
    if stem[-1] in "wyh" and len(stem) > 1:
        out.append(stem[:-1])
    return out


def find(scan: Scan, parts: Parts, leet: int | None) -> Iterator[Found]:
    """Every name in one of these disguises; the text is a reading of leet from the code point `leet` on (None: nowhere)."""
    if scan.maybe_disguised:
        yield from parts.confirmed(scan, scan.backwards(parts.exact), _check_backwards)
        yield from parts.confirmed(scan, scan.in_rot13(parts.exact), _check_rot13)
        yield from parts.confirmed(scan, scan.in_pig_latin(parts.exact), _check_pig_latin)
        yield from parts.confirmed(scan, scan.shuffled(parts.loose, scan.odd_pairs), _check_shuffled)
    if leet is not None:
        first = int(scan.folded.at[scan.starts].searchsorted(leet))
        yield from parts.confirmed(scan, scan.alike(parts.loose, first), _check_visual)
