"""Names in a script that no alias of the person is written in (guard/match/names/writing.py).

Nothing here is bounded by how much else the text holds: what two words may be follows from them and what stands around
them. So a text cannot be filled until a name in it is no longer looked at.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from math import exp, inf, log

import numpy as np
import numpy.typing as npt

from guard.match.names.bones import ABSENT, NEVER, Units, combined, pair_keys
from guard.match.names.inside import pieces
from guard.match.names.near import CROWD, aligned
from guard.match.names.part import Bones, Found, Part
from guard.match.names.places import GRAMMAR, Places, ordinary, places
from guard.match.names.rows import Row
from guard.match.names.scan import Scan, parted_plainly
from guard.match.names.spelling import costs
from guard.match.names.words import WordTable
from guard.match.names.writing import latin_form, writing_of
from guard.normalise.fold import SCRIPT
from guard.normalise.hashing import Indices
from guard.normalise.letters import Script, fold_text

Flags = npt.NDArray[np.bool_]
Nats = npt.NDArray[np.float64]
# A name explains the words of a text so many nats better than chance does, beyond what the number of names asks for
# (log of their keys, at least of _FEWEST): this much, or with a cue beside it, or without any doubt (measured on the
# tuning half of wd_*.tsv and prompts, docs/explanation/matching-names.md).
_GAIN, _SURE = 1.0, 8.0
# So much more among so many names that some are like a word of every language.
_CROWDED = 5.0
# So much more where words carry endings that hide how ordinary they are, and in the other order.
_KOREAN, _TURNED = 2.0, 4.0
# Loan words put together in kana are in no word list; what such words gain counts less.
_COMPOUNDS = 0.8
_FEWEST = 30_000
# In Han a name may begin and end at many characters; log of how many stretches are tried at one dot.
_CHARACTERS = log(25.0)
# So much more where nothing parts the words: log of the cuts that are tried, and loan words put together.
_TOGETHER = 4.0
# Least gain of each word, and most nats for each letter of a word and its name.
_GAIN_EACH, _COST_EACH = 1.5, 1.1


@dataclass(frozen=True, slots=True)
class _Read:
    """Two stretches read as two words of a name, (n,): which pair of `Places`, whether in the other order, the row, and for both
    words together how rare they are and what writing the name so costs, in nats.
    """

    place: Indices
    turned: Flags
    row: Indices
    rarity: Nats
    cost: Nats


def find(scan: Scan, part: Part) -> Iterator[Found]:
    """Every name of which two words may be what two neighbouring words of the text are in their script."""
    if scan.text.isascii() or not len(part.bones) or scan.latin.all():
        return
    found = places(scan)
    if not len(found.one):
        return
    read = _read(scan, part, found)
    beyond = read.rarity - read.cost - _needed(scan, part, found).take(read.place) - _TURNED * read.turned
    best: dict[tuple[int, int], tuple[float, Found]] = {}
    for each in (beyond >= 0.0).nonzero()[0].tolist():
        key, cost = (int(found.one[read.place[each]]), int(read.row[each])), float(read.cost[each])
        mention = _mention(scan, part, found, read, each, float(beyond[each]))
        if mention and cost < best.get(key, (inf,))[0]:
            best[key] = cost, mention
    yield from (mention for _, mention in best.values())


@dataclass(frozen=True, slots=True)
class _Heard:
    """Two words of a name that share skeletons with two stretches: which pair, whether in the other order, the entry, the words (n, 2)."""

    pair: Indices
    turned: Flags
    entries: Indices
    words: Indices

    def take(self, some: Indices | Flags) -> "_Heard":
        return _Heard(self.pair[some], self.turned[some], self.entries[some], self.words[some])


def _read(scan: Scan, part: Part, found: Places) -> _Read:
    """Every two words of a name that share skeletons with two stretches, where each of these gains enough as the way to write them."""
    units = Units(scan.folded.letters, scan.folded.breaks)
    need = _needed(scan, part, found)
    some = (units.most(found.left, found.left_end) + units.most(found.right, found.right_end) >= need).nonzero()[0]
    left, right = found.left[some] << 32 | found.left_end[some], found.right[some] << 32 | found.right_end[some]
    stretches, which = np.unique(np.concatenate([left, right]), return_inverse=True)
    begin, end = stretches >> 32, stretches & 0xFFFFFFFF
    first, second = which.reshape(2, -1)
    heard = _heard(units, part.bones, begin, end, first, second)
    if np.count_nonzero(scan.folded.kinds.take(begin) & SCRIPT == Script.HAN):
        units = Units(scan.folded.letters, scan.folded.breaks, sounds=True)
    written = partial(_written, scan, part, units, begin, end)
    # The first word, as if the second gained all it can; then the second word of what is left.
    gain = need[some].take(heard.pair) + _TURNED * heard.turned
    rarity, cost = written(first.take(heard.pair), heard.words[:, 0], gain - units.most(begin, end).take(second.take(heard.pair)))
    fine = np.isfinite(cost)
    heard, gain, rarity, cost = heard.take(fine), gain[fine], rarity[fine], cost[fine]
    other_rarity, other_cost = written(second.take(heard.pair), heard.words[:, 1], gain - (rarity - cost))
    fine = np.isfinite(other_cost)
    heard = heard.take(fine)
    return _Read(
        some.take(heard.pair),
        heard.turned,
        part.bones.alias.take(heard.entries).astype(np.int64),
        rarity[fine] + other_rarity[fine],
        cost[fine] + other_cost[fine],
    )


def _written(
    scan: Scan, part: Part, units: Units, begin: Indices, end: Indices, stretch: Indices, words: Indices, gain: Nats
) -> tuple[Nats, Nats]:
    """How rare each of `stretch` (numbers of `begin` to `end`) is, and what it costs to write each word of a name so.

    The cost is inf where the word gains less than `gain` or `_GAIN_EACH`.
    """
    packed, index = np.unique(stretch << 32 | words, return_inverse=True)
    begin, end, words = begin.take(packed >> 32), end.take(packed >> 32), packed & 0xFFFFFFFF
    least = np.full(len(packed), np.inf)
    np.minimum.at(least, index, gain)
    letters = part.bones.letters(words)
    rarity = _rarities(scan, begin, end, units.rarity(begin, end), part.bones.frequent.take(words))
    most = np.minimum(rarity - np.maximum(least, _GAIN_EACH), _COST_EACH * (end - begin + (letters > 0).sum(axis=1)))
    nats = costs(units, begin, end, letters, most).astype(np.float64)
    index = index.reshape(-1)
    return rarity[index], nats[index]


def _rarities(scan: Scan, begin: Indices, end: Indices, rarity: Nats, frequent: Flags) -> Nats:
    """Nats that each stretch takes as one of its language, or as any of its script; a frequent name makes a word frequent."""
    level = np.maximum(ordinary(scan, scan.starts.searchsorted(begin, side="right") - 1), scan.words.levels(scan.sums.of(begin, end)))
    of_language = np.where((level > 0) & ~frequent, (9.0 - level / WordTable.level(1.0)) * log(10.0), np.inf)
    out: Nats = np.minimum(rarity, of_language)
    return out


def _needed(scan: Scan, part: Part, found: Places) -> Nats:
    """Nats that a name must gain in each of these places."""
    kind = scan.folded.kinds.take(found.left) & SCRIPT
    wanted = asked_for(len(part.exact)) + _KOREAN * (kind == Script.HANGUL) + _CHARACTERS * (kind == Script.HAN)
    wanted += _TOGETHER * found.together(scan) + _CROWDED * (len(part.exact) > CROWD)
    out: Nats = np.where(kind == Script.KATAKANA, wanted / _COMPOUNDS, wanted)
    return out


def _mention(scan: Scan, part: Part, found: Places, read: _Read, each: int, beyond: float) -> Found | None:
    """The name, if the rest of it stands beside the two words, and they are parted as names are."""
    row = part.row(int(read.row[each]))
    name = fold_text(row.text).split()
    place, turned = int(read.place[each]), bool(read.turned[each])
    one = int(found.one[place])
    ends = {one: (int(found.left[place]), int(found.left_end[place])), one + 1: (int(found.right[place]), int(found.right_end[place]))}
    words = name[::-1] if turned else name
    if int(found.right[place]) < int(scan.ends[one]):
        ends[one] = (ends[one][0], ends.pop(one + 1)[1])
        loans = bool(scan.folded.kinds[ends[one][0]] & SCRIPT == Script.KATAKANA) and pieces(scan, *ends[one])
        fit = len(words) == 2 and not turned and not loans and scan.folded.word(*ends[one]) != "".join(words)
        return _told(row, ends[one], beyond) if fit else None
    for first in aligned(scan, words, one):
        last = first + len(words) - 1
        seen = [scan.folded.word(*ends[number]) if number in ends else scan.word(number) for number in range(first, last + 1)]
        if seen == words or scan.word(first).endswith(GRAMMAR) or not parted_plainly(scan, first, last):
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


def _heard(units: Units, bones: Bones, begin: Indices, end: Indices, first: Indices, second: Indices) -> _Heard:
    """What shares skeletons with pairs of stretches, each `first` and `second` (numbers of `begin` to `end`); each once."""
    hashes, nats = units.skeletons(begin, end)
    hashes[nats == NEVER] = ABSENT
    some, other = combined()
    told: list[Indices] = []
    for order, (one, two) in enumerate(((first, second), (second, first))):
        keys = pair_keys(hashes.take(some, axis=0).take(one, axis=1), hashes.take(other, axis=0).take(two, axis=1)).reshape(-1)
        asked = keys.nonzero()[0]
        at, rows = bones.find(keys.take(asked))
        told.append((asked.take(at) % len(first)) << 33 | order << 32 | rows)
    packed = np.unique(np.concatenate(told))
    pair, turned, entries = packed >> 33, (packed >> 32 & 1) > 0, packed & 0xFFFFFFFF
    words = bones.words.take(entries, axis=0).astype(np.int64)
    words[turned] = words[turned, ::-1]
    return _Heard(pair, turned, entries, words).take(bones.whole.take(entries) | ~turned)


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
