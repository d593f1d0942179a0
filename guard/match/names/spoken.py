"""Names respelled so that they sound alike, in Latin letters."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from operator import itemgetter

import numpy as np

from guard.match.names.candidates import Asked, heard
from guard.match.names.foreign import asked_for, explained
from guard.match.names.near import CROWD, NearPart, aligned, orders, respelled, words_of
from guard.match.names.part import Found, Part
from guard.match.names.scan import Scan, parted_plainly
from guard.match.names.sound import VOWELS, alike, bare, bare_keys, letters_of, native_keys, sound_keys
from guard.match.names.strength import ORDINARY_ZIPF
from guard.match.names.words import WordTable
from guard.normalise.fold import UPPER
from guard.normalise.hashing import Indices, hash_word
from guard.normalise.letters import fold_text
from guard.types import Strength

# Least likeness of each word of a name (measured on respelled names, docs/explanation/matching-names.md).
_LEAST = 0.84
# Least share of the letters of two words that they have in common before they are compared closely, and most words of
# names that are compared for one word of the text, the likeliest ones.
_SHARED_LETTERS, _MOST_LIKELY = 0.7, 48
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
                "con",
                "com",
                "avec",
                "mit",
                "met",
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


def _pairs(scan: Scan) -> Indices:
    """Pairs of Latin words with a capital or after a word that leads to a person; a mere sound says too little elsewhere."""
    pairs = scan.odd_pairs
    hashes = scan.hashes[np.maximum(pairs - 1, 0)]
    before = (_LEADING.take(_LEADING.searchsorted(hashes), mode="clip") == hashes) | (pairs == 0)
    out: Indices = pairs[(scan.capital[pairs] | before) & scan.latin[pairs] & scan.latin[pairs + 1]]
    return out


def find(scan: Scan, part: Part, near: NearPart) -> Iterator[Found]:
    """Every name of two words that sounds like two neighbouring words of the text."""
    if len(scan.starts) < 2 or not len(near.sound):
        return
    for one, row_no in near.sounding.rows(scan, _pairs(scan), partial(_sounding, scan, part, near)):
        found = _verified(scan, part, row_no, one)
        if found:
            yield found


def _sounding(scan: Scan, part: Part, near: NearPart, pairs: Indices) -> Iterable[tuple[int, int]]:
    """(first word, row) for every name of which both words share a code with two words of the text."""
    words = {number: scan.word(number) for number in words_of(pairs).tolist()}
    asked = [
        Asked(number, (0, len(word)), sound_keys(word), letters_of(word), _SHARED_LETTERS, _MOST_LIKELY)
        for number, word in words.items()
        if word.isascii()
    ]
    asked += [
        *(one._replace(keys=native_keys(words[one.number]), mask=~VOWELS) for one in asked),
        *(one._replace(keys=keys, mask=~VOWELS) for one in asked if (keys := bare_keys(words[one.number]))),
    ]
    asked.sort(key=itemgetter(0))
    return ((one, row_no) for one, _, _, row_no in heard(scan, part, near, pairs, asked, _MOST_LIKELY**2 * len(pairs)))


def _alike(seen: str, wanted: str) -> float:
    return 1.0 if seen == bare(wanted) else alike(seen, wanted)


def _transcribed(seen: Sequence[str], words: Sequence[str], names: int) -> float:
    """How much Latin words are what a name of another script is in Latin letters, as a likeness."""
    gains = [rarity - cost for rarity, cost in map(explained, words, seen)]
    return 1.0 if min(gains) >= _GAIN_EACH and sum(gains) >= asked_for(names) + _GAIN else 0.0


def _verified(scan: Scan, part: Part, row_no: int, one: int) -> Found | None:
    row = part.row(row_no)
    name = fold_text(row.text).split()
    if row.strength is not Strength.STRONG or any(len(word) < 2 for word in name):
        return None
    for words, first in ((order, first) for order in orders(name) for first in aligned(scan, order, one)):
        last = first + len(words) - 1
        seen = [scan.word(number) for number in range(first, last + 1)]
        if seen == words or not parted_plainly(scan, first, last):
            continue
        least = min(map(_alike, seen, words)) if all(map(str.isascii, words)) else _transcribed(seen, words, len(part.exact))
        if least < _LEAST or len("".join(seen)) < _SHORTEST:
            continue
        levels = scan.levels[first : last + 1].tolist()
        capital = scan.capital[first : last + 1]
        changed = any(level >= _ORDINARY and a != b and not capital[0] for level, a, b in zip(levels, seen, words, strict=True))
        weak = (
            (all(levels) and not respelled(scan, part, first, seen, words))
            or changed
            or (len(part.exact) > CROWD and not (bool(capital.any()) and bool(scan.odd[first : last + 1].all())))
        )
        turned = words != name
        weak = weak or (turned and (not bool(capital.all()) or len(part.exact) > CROWD)) or _acronym(scan, first, last)
        score = round(0.7 + 0.25 * least - 0.03 * turned, 4)
        return Found(row, int(scan.starts[first]), int(scan.ends[last]), "sounds alike", score, plain=False, weak=weak, doubtful=True)
    return None


def _acronym(scan: Scan, first: int, last: int) -> bool:
    """Whether some of the words, but not all, end with a capital."""
    high = (scan.folded.kinds[scan.ends[first : last + 1] - 1] & UPPER) != 0
    return bool(high.any() and not high.all())
