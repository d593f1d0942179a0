"""Names respelled so that they sound alike, in Latin letters."""

from collections.abc import Iterator, Sequence

import numpy as np

from guard.match.names.foreign import asked_for, explained
from guard.match.names.near import CROWD, MANY, Seen, placed, respelled
from guard.match.names.pairs import LEAST_ALIKE, NearPart
from guard.match.names.part import Found, Part
from guard.match.names.scan import Scan, hyphened, parted_plainly
from guard.match.names.sound import alike
from guard.match.names.strength import ORDINARY_ZIPF
from guard.match.names.words import WordTable
from guard.normalise.fold import UPPER
from guard.normalise.hashing import hash_word
from guard.types import Strength

# Fewest letters of the words of a text that a name is heard in.
_SHORTEST = 6
# Nats that a name of another script must gain by each word, and in all beyond what the number of names asks for.
_GAIN_EACH, _GAIN = 4.0, 5.0
_ORDINARY = WordTable.level(ORDINARY_ZIPF)
# Words that lead to a person's name in lower-case text.
_LEADING = np.array(
    sorted(
        map(
            hash_word,
            [
                "of",
                "with",
                "like",
                "as",
                "and",
                "featuring",
                "starring",
                "by",
                "actor",
                "actress",
                "singer",
                "president",
                "star",
                "draw",
                "paint",
                "show",
                "de",
                "du",
                "di",
                "da",
                "do",
                "von",
                "van",
                "av",
                "z",
                "actriz",
                "ator",
                "atriz",
                "acteur",
                "actrice",
                "presidente",
            ],
        )
    ),
    dtype=np.uint64,
)


# Letters that a word may begin with in another spelling when it begins with a vowel, h or w.
_ONSETS = {"a": "aeiouhy", "e": "aeiouhyj", "i": "aeiouhyj", "o": "aeiouhw", "u": "aeiouhwyj", "h": "aeiouhjgkcx", "w": "wvuogr"}


def begin_alike(word: str, other: str) -> bool:
    """Whether both begin with a vowel or neither does, silent letters aside: no ear takes `Deere` for `Heder`, `Woolens` for `Hollens`."""
    return (
        not (word.isascii() and other.isascii())
        or all(b[0] in _ONSETS.get(a[0], b[0]) for a, b in ((word, other), (other, word)))
        or {word[:2], other[:2]} & {"wh", "ch", "kh"} != set()
    )


def find(scan: Scan, part: Part, near: NearPart) -> Iterator[Found]:
    """Every name of two words that sounds like two neighbouring words of the text."""
    for one, row_no in near.heard(scan, _LEADING):
        found = _verified(scan, part, row_no, one)
        if found:
            yield found


def _transcribed(seen: Sequence[str], words: Sequence[str], names: int) -> float:
    """How much Latin words are what a name of another script is in Latin letters, as a likeness."""
    gains = [rarity - cost for rarity, cost in map(explained, words, seen)]
    return 1.0 if min(gains) >= _GAIN_EACH and sum(gains) >= asked_for(names) + _GAIN else 0.0


def _alike(seen: str, wanted: str) -> bool:
    return alike(seen, wanted) >= LEAST_ALIKE


def _anything(seen: str, wanted: str) -> bool:
    return True


def _verified(scan: Scan, part: Part, row_no: int, one: int) -> Found | None:
    row = part.row(row_no)
    if row.strength is not Strength.STRONG or min(map(len, row.words)) < 2:
        return None
    crowd = len(part.exact) > CROWD
    plain = all(map(str.isascii, row.words))
    for first, words, wanted in placed(scan, row.words, one, _alike if plain else _anything):
        last, turned = first + len(wanted) - 1, wanted != row.words
        if sum(map(len, words)) < _SHORTEST:
            continue
        least = min(map(alike, words, wanted)) if plain else _transcribed(words, wanted, len(part.exact))
        if least < LEAST_ALIKE or not parted_plainly(scan, first, last) or not all(map(begin_alike, words, wanted)):
            continue
        seen = Seen.of(scan, first, last + 1)
        changed = any(level >= _ORDINARY and a != b for level, a, b in zip(seen.levels, words, wanted, strict=True))
        tied = hyphened(scan, first, last, row.text)
        weak = (
            (all(seen.levels) and not respelled(seen, part, wanted))
            or (changed and not seen.capital[0])
            or (len(part.exact) > MANY and not all(seen.capital))
            or (crowd and not (any(seen.capital) and all(seen.odd)))
            or turned
            or _acronym(scan, first, last)
            or (tied and not any(seen.odd))
        )
        score = round(0.7 + 0.25 * least - 0.03 * turned, 4)
        return Found(
            row,
            int(scan.starts[first]),
            int(scan.ends[last]),
            "sounds alike",
            score,
            plain=False,
            weak=weak,
            doubtful=True,
            cued=all(seen.levels) or tied,
        )
    return None


def _acronym(scan: Scan, first: int, last: int) -> bool:
    """Whether some of the words, but not all, end with a capital."""
    high = ((scan.folded.kinds[scan.ends[first : last + 1] - 1] & UPPER) != 0).tolist()
    return any(high) and not all(high)
