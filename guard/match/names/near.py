"""Names with a typing error or an ending in each word, by words with one letter left out.

Every word of a name is stored under itself and under each form with one letter less. Words of the text are looked up the
same way, and the candidates of two neighbouring words are put together and looked up as a name (guard/match/names/pairs.pyx).
"""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import OSA, Prefix

from guard.match.names import endings
from guard.match.names.endings import languages
from guard.match.names.given import given_names, surnames
from guard.match.names.keys import pack
from guard.match.names.pairs import SHORTEST, NearPart
from guard.match.names.part import Found, Part
from guard.match.names.scan import Scan, hyphened, parted_plainly
from guard.match.names.sound import compared_letters, keys_of_name, letters_of
from guard.match.names.strength import ORDINARY_ZIPF
from guard.match.names.words import WordTable
from guard.normalise.hashing import U64, Indices, Sums, without_one

# Keys of names from which lower-case near misses need a cue: about 300,000 people.
CROWD = 1_500_000
# Keys of names from which a sound, or an error in every word, says too little without capitals: about 40,000 people.
MANY = 100_000
# Keys of names up to which an error in an ordinary word beside one in an odd word is taken for a name: about 100,000 people.
_SOME = 600_000
_ORDINARY = WordTable.level(ORDINARY_ZIPF)


def pack_sound(words: Sequence[str]) -> dict[str, npt.NDArray[Any]]:
    """The table from codes by sound to the numbers of these words, their letters, and those to compare them by (none of words in other letters)."""
    keys = [keys_of_name(word) for word in words]
    owners = np.arange(len(words), dtype=np.uint32).repeat([len(each) for each in keys])
    table = pack("names.sound", np.fromiter(chain.from_iterable(keys), dtype=np.uint64), owners)
    sounds = np.fromiter(map(letters_of, words), dtype=np.uint32, count=len(words))
    letters = [word.encode() if word.isascii() else b"" for word in words]
    compared = [compared_letters(word) if word.isascii() else b"" for word in words]
    return table | {
        "names.sound.letters": sounds[table["names.sound.rows"]],
        "names.tokens.text": np.frombuffer(b"".join(letters), dtype=np.uint8),
        "names.tokens.ends": np.cumsum([0, *map(len, letters)], dtype=np.uint32),
        "names.sound.text": np.frombuffer(b"".join(compared), dtype=np.uint8),
        "names.sound.ends": np.cumsum([0, *map(len, compared)], dtype=np.uint32),
    }


def pack_near(words: Sequence[str], hashes: U64, sums: Sums, starts: Indices, ends: Indices) -> dict[str, npt.NDArray[Any]]:
    """The arrays for these words (different ones, also as stretches of `sums`), in the order of their hashes."""
    long = (ends - starts >= SHORTEST).nonzero()[0]
    keys, owner = without_one(sums, starts[long], ends[long])
    stems = [(number, len(cut)) for number, cut in enumerate(map(endings.stem, words)) if cut]
    stemmed, left = np.array(stems, dtype=np.int64).reshape(-1, 2).T
    table = pack(
        "names.near",
        np.concatenate([hashes, keys, sums.of(starts[stemmed], starts[stemmed] + left)]),
        np.concatenate([np.arange(len(hashes)), long[owner], stemmed]).astype(np.uint32),
    )
    sizes = np.minimum(ends - starts, 255).astype(np.uint8)
    return {"names.tokens.hashes": hashes, "names.tokens.sizes": sizes, **table, **pack_sound(words)}


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


def aligned(scan: Scan, wanted: Sequence[str], one: int) -> Iterator[int]:
    """Where a name of these words may begin when words `one` and `one + 1` were found to be a pair of it.

    Nowhere for a single word, such as a handle whose pieces made the pair.
    """
    if len(wanted) < 2:
        return
    for first in dict.fromkeys((one, one + 2 - len(wanted))):
        if first >= 0 and first + len(wanted) <= len(scan.starts):
            yield first


def placed(
    scan: Scan, name: tuple[str, ...], one: int, may_be: Callable[[str, str], bool]
) -> Iterator[tuple[int, tuple[str, ...], tuple[str, ...]]]:
    """Where a name may stand of which words `one` and `one + 1` were found to be a pair, in either order if it has two words, and not as written.

    (first word, the words there, those of the name in that order); its other words must be what `may_be` says yes to: most names fail there.
    """
    for wanted in (name, name[::-1]) if len(name) == 2 and name[0] != name[1] else (name,):
        for first in aligned(scan, wanted, one):
            words = tuple(scan.spelled[first : first + len(wanted)])
            others = [at for at in range(len(wanted)) if not one <= first + at <= one + 1]
            if words != wanted and all(may_be(words[at], wanted[at]) for at in others):
                yield first, words, wanted


def _may_be(seen: str, wanted: str) -> bool:
    return liberty(seen, wanted) is not None


def find(scan: Scan, part: Part, near: NearPart) -> Iterator[Found]:
    """Every name of two words, of which each may have an error or an ending, around words that no language has."""
    for one, row_no in near.typed(scan, liberty):
        found = _verified(scan, part, row_no, one)
        if found:
            yield found


class Seen(NamedTuple):
    """Neighbouring words of a text from word `first` on that may be a name: how ordinary each is, whether it has a capital, whether no language has it."""

    first: int
    words: list[str]
    levels: list[int]
    capital: list[bool]
    odd: list[bool]

    @classmethod
    def of(cls, scan: Scan, first: int, end: int) -> "Seen":
        """The words from `first` to `end`."""
        flags = (column[first:end].tolist() for column in (scan.levels, scan.capital, scan.odd))
        return cls(first, scan.spelled[first:end], *flags)


def _verified(scan: Scan, part: Part, row_no: int, one: int) -> Found | None:
    row = part.row(row_no)
    for first, words, wanted in placed(scan, row.words, one, _may_be):
        last, turned = first + len(wanted) - 1, wanted != row.words
        steps = [step for step in map(liberty, words, wanted) if step is not None]
        if len(steps) < len(wanted) or not _one_language(words, wanted, steps):
            continue
        if not parted_plainly(scan, first, last, comma=turned):
            continue
        seen = Seen.of(scan, first, last + 1)
        typed = any(kind == "typing error" for kind, _ in steps)
        chance = _by_chance(seen, steps)
        ordinary = not any(seen.odd) and ((typed and not respelled(seen, part, wanted)) or not (typed or all(seen.capital)))
        crowd = typed and len(part.exact) > CROWD and not all(seen.odd)
        changed = [len(word) for word, (kind, _) in zip(wanted, steps, strict=True) if kind]
        weak = (
            ordinary
            or crowd
            or (min(changed) < SHORTEST and (typed or not all(seen.capital)))
            or (len(changed) == len(wanted) and typed and len(part.exact) > MANY and not any(seen.capital))
            or (not typed and len(part.exact) > CROWD and len(changed) == len(wanted) and min(map(len, words)) <= SHORTEST)
            or (chance and (len(part.exact) > _SOME or not _all_changed(seen, steps)))
        )
        score = 1.0 - 0.05 * turned - sum(price for _, price in steps)
        elsewhere = _elsewhere(seen, steps) or (typed and not any(seen.odd))
        owned = _owned(scan, first, last)
        tied = owned or hyphened(scan, first, last, row.text)
        same = Prefix.similarity(words[-1], wanted[-1])
        end = _before_apostrophe(scan, last, same) if same >= len(wanted[-1]) - 1 else int(scan.ends[last])
        return Found(
            row,
            int(scan.starts[first]),
            end,
            "typing error" if typed else "inflected",
            max(score, 0.7),
            plain=False,
            weak=weak
            or (tied and not any(seen.odd[owned:]))
            or (turned and (len(set(seen.capital)) > 1 or parted_plainly(scan, first, last))),
            doubtful=chance or _doubtful(seen, steps) or (len(part.exact) > CROWD and not any(seen.capital)),
            cued=elsewhere or tied,
        )
    return None


_OWNED = re.compile(r"['’]s\s")


def _owned(scan: Scan, first: int, last: int) -> bool:
    """Whether a word before the last owns what follows: `Davy's grey`."""
    begin, end = scan.folded.span(int(scan.starts[first]), int(scan.ends[last]))
    return _OWNED.search(scan.text, begin, end) is not None


def respelled(seen: Seen, part: Part, wanted: Sequence[str]) -> bool:
    """Whether words of a language, all with a capital, are a name respelled all the same: one word stands as it is, the others are rare."""
    if len(part.exact) > _SOME or not all(seen.capital):
        return False
    changed = [(word, level) for word, name, level in zip(seen.words, wanted, seen.levels, strict=True) if word != name]
    rare = all(level < _ORDINARY and word not in given_names() for word, level in changed)
    return rare and len(changed) < len(seen.words)


def _one_language(words: Sequence[str], wanted: Sequence[str], steps: Sequence[tuple[str, float]]) -> bool:
    """Whether one language has all the endings."""
    common = -1
    for word, name, (kind, _) in zip(words, wanted, steps, strict=True):
        common &= languages(word, name) if kind == "inflected" else -1
    return common != 0


def _before_apostrophe(scan: Scan, last: int, same: int) -> int:
    """Where the name ends: before an apostrophe that parts its ending from it, else with its last word."""
    cut, end = int(scan.starts[last]) + same, int(scan.ends[last])
    return cut if cut < end and scan.folded.at[cut] - scan.folded.at[cut - 1] > 1 else end


def _by_chance(seen: Seen, steps: Sequence[tuple[str, float]]) -> bool:
    """Whether an ordinary lower-case word was changed, or so little is left that chance explains it."""
    for word, level, capital, (kind, _) in zip(seen.words, seen.levels, seen.capital, steps, strict=True):
        little = not kind and len(word) < SHORTEST and len(seen.words) == 2
        if level > 0 and not capital and (little or kind == "typing error"):
            return True
    return False


def _all_changed(seen: Seen, steps: Sequence[tuple[str, float]]) -> bool:
    """Whether every word has an error and one of them is a word of no language: too much for chance where names are few."""
    return any(seen.odd) and all(kind == "typing error" for kind, _ in steps)


def _elsewhere(seen: Seen, steps: Sequence[tuple[str, float]]) -> bool:
    """Whether what was changed is somebody else's name, or an ordinary word: `Bauer` is no error in `Baker`."""
    changed = [(word, level, kind) for word, level, (kind, _) in zip(seen.words, seen.levels, steps, strict=True) if kind]
    return any(level >= _ORDINARY and not any(seen.odd) if kind == "inflected" else word in surnames() for word, level, kind in changed)


def _doubtful(seen: Seen, steps: Sequence[tuple[str, float]]) -> bool:
    """Whether an ordinary word was changed beside one without a capital, or one beside an ordinary word in small letters; or only one word of an inflected name has one (`Iris germanica`)."""
    if len(set(seen.capital)) > 1 and not any(kind == "typing error" for kind, _ in steps):
        return True
    beside = any(not kind and level >= _ORDINARY for level, (kind, _) in zip(seen.levels, steps, strict=True))
    if beside and not any(seen.capital) and any(kind == "typing error" for kind, _ in steps):
        return True
    return not all(seen.capital) and any(kind == "typing error" and level > 0 for level, (kind, _) in zip(seen.levels, steps, strict=True))
