"""Names in a script that no alias of the person is written in (guard/match/names/writing.py).

Nothing here is bounded by how much else the text holds: what two words may be follows from them and what stands around
them. So a text cannot be filled until a name in it is no longer looked at.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import exp, inf, log

import numpy as np
import numpy.typing as npt

from guard.match.names.heard import Readings
from guard.match.names.near import CROWD, MANY, aligned
from guard.match.names.neighbours import GRAMMAR, Neighbours
from guard.match.names.part import Found, Part
from guard.match.names.places import Places, places
from guard.match.names.rows import Row
from guard.match.names.scan import Scan, parted_plainly
from guard.match.names.units import Units
from guard.match.names.words import WordTable
from guard.match.names.writing import latin_form, writing_of
from guard.normalise.fold import SCRIPT
from guard.normalise.hashing import Indices
from guard.normalise.letters import Script

Flags = npt.NDArray[np.bool_]
Nats = npt.NDArray[np.float64]
# As numbers, which numpy compares much faster than members of an enumeration.
_HAN, _KATAKANA, _HANGUL = int(Script.HAN), int(Script.KATAKANA), int(Script.HANGUL)
# A name explains the words of a text so many nats better than chance does, beyond what the number of names asks for
# (log of their keys, at least of _FEWEST): this much, or with a cue beside it, or without any doubt (measured on the
# tuning half of wd_*.tsv and prompts, docs/explanation/matching-names.md).
_GAIN, _SURE = 1.0, 8.0
# So much more among so many names that some are like a word of every language.
_CROWDED = 5.0
# So much more where words carry endings that hide how ordinary they are (among 100,000 people without it 2 mentions in the Korean prompts of
# six registries, with it none), and in the other order (화이트 크롭, a white crop top, is no Korb White).
_KOREAN, _TURNED = 3.0, 9.0
# From so much on the first word may end like a Korean verb or a marked noun, as 기타가와 does (on the tuning half 16 of 1,000
# names more, and 1 mention more in 57,886 pairs of words of prompts).
_MARKED = 6.0
# Loan words put together in kana are in no word list; what such words gain counts less.
_COMPOUNDS = 0.8
_FEWEST = 30_000
# In Han a name may begin and end at many characters: log of how many stretches are tried at one dot. Few sounds stand for many: so much more
# among many names (without it one base prompt more of 1,191 was refused among 100,000).
_CHARACTERS, _FEW_SOUNDS = log(25.0), 4.0
# So much more where nothing parts the words: log of the cuts that are tried, and loan words put together.
_TOGETHER = 4.0
# Least gain of each word, and most nats for each letter of a word and its name. Hangul has several ways to write a sound: there
# what is beyond that counts so many times; in Han and kana that would tell two and three times as many mentions in honest prompts.
_GAIN_EACH, _COST_EACH, _TIMES = 1.5, 1.1, 3.0


@dataclass(frozen=True, slots=True)
class _Read:
    """Two stretches read as two words of a name: which pair of `Places`, whether in the other order, the row, what writing the name
    so costs, in nats, and by how much this explains the words better than is asked for.
    """

    place: int
    turned: bool
    row: int
    cost: float
    beyond: float


def find(scan: Scan, part: Part) -> Iterator[Found]:
    """Every name of which two words may be what two neighbouring words of the text are in their script."""
    if scan.text.isascii() or not len(part.bones) or scan.latin.all():
        return
    neighbours = Neighbours(scan)
    found = places(scan, neighbours)
    if not len(found.one):
        return
    best: dict[tuple[int, int], tuple[float, Found]] = {}
    for read in _read(scan, part, neighbours, found):
        key = int(found.one[read.place]), read.row
        if read.cost < best.get(key, (inf,))[0] and (mention := _mention(scan, part, found, read)):
            best[key] = read.cost, mention
    yield from (mention for _, mention in best.values())


def _read(scan: Scan, part: Part, neighbours: Neighbours, found: Places) -> Iterator[_Read]:
    """Every two words of a name that share skeletons with two stretches and explain them well enough."""
    units = Units(scan.folded.letters, scan.folded.breaks)
    need = _needed(scan, part, found)
    some = (units.most(found.left, found.left_end) + units.most(found.right, found.right_end) >= need).nonzero()[0]
    if not len(some):
        return
    left, right = found.left[some] << 32 | found.left_end[some], found.right[some] << 32 | found.right_end[some]
    stretches, which = np.unique(np.concatenate([left, right]), return_inverse=True)
    begin, end = stretches >> 32, stretches & 0xFFFFFFFF
    first, second = which.reshape(2, -1)
    han = np.count_nonzero(scan.folded.kinds.take(begin) & SCRIPT == _HAN)
    sounds = Units(scan.folded.letters, scan.folded.breaks, sounds=True) if han else units
    rarity = sounds.rarity(begin, end)
    dearest = _COST_EACH, np.where(scan.folded.kinds.take(begin) & SCRIPT == _HANGUL, _TIMES, inf)
    words = Readings(units, sounds, begin, end, _rarities(scan, neighbours, begin, end, rarity), rarity, *dearest)
    need = need[some]
    for pair, turned, entry, nats, cost in part.bones.read(words, first, second, need, _TURNED, _GAIN_EACH):
        beyond = nats - cost - need[pair] - _TURNED * turned
        if beyond >= 0.0:
            yield _Read(int(some[pair]), bool(turned), int(part.bones.alias[entry]), cost, float(beyond))


def _rarities(scan: Scan, neighbours: Neighbours, begin: Indices, end: Indices, rarity: Nats) -> Nats:
    """Nats that each stretch takes as one of its language, or as any of its script."""
    whole = neighbours.ordinary(scan.starts.searchsorted(begin, side="right") - 1)
    level = np.maximum(whole, scan.words.levels(scan.sums.of(begin, end)))
    out: Nats = np.where(level > 0, np.minimum(rarity, (9.0 - level / WordTable.level(1.0)) * log(10.0)), rarity)
    return out


def _needed(scan: Scan, part: Part, found: Places) -> Nats:
    """Nats that a name must gain in each of these places."""
    kind = scan.folded.kinds.take(found.left) & SCRIPT
    wanted = asked_for(len(part.exact)) + _KOREAN * (kind == _HANGUL)
    wanted += (_CHARACTERS + _FEW_SOUNDS * (len(part.exact) > MANY)) * (kind == _HAN)
    wanted += _TOGETHER * found.together(scan) + _CROWDED * (len(part.exact) > CROWD)
    out: Nats = np.where(kind == _KATAKANA, wanted / _COMPOUNDS, wanted)
    return out


def _mention(scan: Scan, part: Part, found: Places, read: _Read) -> Found | None:
    """The name, if the rest of it stands beside the two words, and they are parted as names are."""
    row = part.row(read.row)
    name = row.words
    place, turned, beyond = read.place, read.turned, read.beyond
    one = int(found.one[place])
    ends = {one: (int(found.left[place]), int(found.left_end[place])), one + 1: (int(found.right[place]), int(found.right_end[place]))}
    words = name[::-1] if turned else name
    if int(found.right[place]) < int(scan.ends[one]):
        ends[one] = (ends[one][0], ends.pop(one + 1)[1])
        fit = len(words) == 2 and not turned and scan.folded.word(*ends[one]) != "".join(words)
        return _told(row, ends[one], beyond) if fit else None
    for first in aligned(scan, words, one):
        last = first + len(words) - 1
        seen = tuple(scan.folded.word(*ends[number]) if number in ends else scan.word(number) for number in range(first, last + 1))
        if seen == words or (beyond < _MARKED and scan.word(first).endswith(GRAMMAR)) or not parted_plainly(scan, first, last):
            continue
        more = [_gain(*pair) for number, pair in enumerate(zip(seen, words, strict=True), first) if number not in ends]
        if more and min(more) < _GAIN_EACH:
            continue
        begin, end = ends.get(first, (int(scan.starts[first]), 0))[0], ends.get(last, (0, int(scan.ends[last])))[1]
        return _told(row, (begin, end), beyond + sum(more), turned=turned)
    return None


def _told(row: Row, span: tuple[int, int], beyond: float, *, turned: bool = False) -> Found:
    """The mention; without a cue doubtful where it does not gain much more than is asked for."""
    score = 0.95 - 0.2 * exp(-beyond / 10.0)
    return Found(row, *span, "other script", score, plain=False, doubtful=beyond < _SURE - _GAIN or turned)


def _gain(seen: str, wanted: str) -> float:
    """Nats that a word gains as the way to write another."""
    rarity, cost = explained(seen, wanted)
    return rarity - cost


@lru_cache(maxsize=8192)
def explained(native: str, letters: str) -> tuple[float, float]:
    """Nats that `native` takes as a word of its script, and as the way to write the word `letters` of any script.

    The second is `inf` where it explains the word no better than the first by `_GAIN_EACH`.
    """
    rarity, name = rarity_of(native), latin_form(letters)
    most = min(_COST_EACH * (len(native) + len(name)), rarity - _GAIN_EACH)
    writing = writing_of(native)
    return rarity, writing.cost(native, name, most) if writing and name and most >= 0 else inf


@lru_cache(maxsize=8192)
def rarity_of(native: str) -> float:
    """Nats that `native` takes as a word of its script."""
    writing = writing_of(native)
    return writing.rarity(native) if writing else 0.0


def asked_for(names: int) -> float:
    """By how many nats a name must explain the words of a text better than chance does, among so many keys of names."""
    return log(max(_FEWEST, names)) + _GAIN
