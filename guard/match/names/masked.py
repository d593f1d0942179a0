"""Names of which signs hide vowels: `T*yl*r Sw*ft`."""

import re
from collections.abc import Iterator

from guard.match.names.disguise import is_initials
from guard.match.names.keys import SEED_MASKED
from guard.match.names.part import Found, Parts
from guard.match.names.rows import Row
from guard.match.names.scan import Scan
from guard.match.names.stretches import Candidates
from guard.normalise.hashing import hash_word
from guard.normalise.letters import fold_text
from guard.normalise.signs import MASK
from guard.types import Strength

VOWELS = "aeiou"
# Letters left of a name that is looked for; words of one.
FEWEST_LETTERS, _MOST_WORDS = 4, 5
# Signs in a name that prompts may hold by chance, from which on it was hidden on purpose.
_PURPOSE = 2
_HIDDEN = "\0"
_MASKED = re.compile(rf"[{MASK}](?<=[^\W\d_].)")
_WORD = re.compile(rf"[^\W\d_](?:[^\W\d_]|[{MASK}]|['’](?=[^\W\d_{MASK}]))*")
_GAP = re.compile(r"[ .-]{1,3}")
_TRAILING = re.compile(f"[{MASK}]*")
_SIGNS = str.maketrans(dict.fromkeys(MASK, _HIDDEN))
_LEFT_OUT = str.maketrans(dict.fromkeys(VOWELS + _HIDDEN))


def find(scan: Scan, parts: Parts) -> Iterator[Found]:
    """Every name of two words or more that is written so, with one sign for each letter that is hidden."""
    if _MASKED.search(scan.text):
        yield from parts.confirmed(scan, _candidates(scan, parts), _check)


def _candidates(scan: Scan, parts: Parts) -> Candidates:
    """Rows that have the consonants of neighbouring words, of which one has a sign in it."""
    words, at, out = list(_WORD.finditer(scan.text)), scan.folded.at, []
    letters = [_letters(word.group()) for word in words]
    asked: dict[str, list[tuple[int, int]]] = {}
    hidden = [number for number, word in enumerate(letters) if _HIDDEN in word]
    for first in sorted({max(0, number - before) for number in hidden for before in range(_MOST_WORDS)}):
        for last in range(first + 1, min(first + _MOST_WORDS, len(words))):
            if not _GAP.fullmatch(scan.text, words[last - 1].end(), words[last].start()):
                break
            whole = "".join(letters[first : last + 1])
            left = whole.translate(_LEFT_OUT)
            if _HIDDEN not in whole or len(left) < FEWEST_LETTERS:
                continue
            if left not in asked:
                key = hash_word(left) ^ int(SEED_MASKED)
                asked[left] = [(number, row) for number, part in enumerate(parts.all) for row in part.loose.rows(key)]
            if asked[left]:
                begin, end = at.searchsorted((words[first].start(), words[last].end())).tolist()
                out += [(number, row, begin, end) for number, row in asked[left]]
    return out


def _letters(word: str) -> str:
    """A word folded, with a sign of one kind for each letter that is hidden."""
    signed = word.translate(_SIGNS)
    if signed.isascii():
        return signed.lower().replace("'", "")
    return _HIDDEN.join(fold_text(part).replace(" ", "") for part in signed.split(_HIDDEN))


def _check(scan: Scan, row: Row, start: int, end: int) -> Found | None:
    begin, stop = scan.folded.span(start, end)
    trailing = _TRAILING.match(scan.text, stop)
    seen = [_letters(word) for word in _WORD.findall(scan.text, begin, trailing.end() if trailing else stop)]
    words = row.words
    if is_initials(words) or len(seen) != len(words) or not all(map(_fits, seen, words)):
        return None
    weak = row.strength is not Strength.STRONG and sum(word.count(_HIDDEN) for word in seen) < _PURPOSE
    return Found(row, start, end, "masked", 0.93, plain=False, weak=weak)


def _fits(seen: str, wanted: str) -> bool:
    return len(seen) == len(wanted) and all(a == b or (a == _HIDDEN and b in VOWELS) for a, b in zip(seen, wanted, strict=True))
