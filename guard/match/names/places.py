"""Where a text may hold a name in a script that no alias of the person is written in: which two stretches of it may be its words.

Each rule looks at two neighbouring words and what stands around them, never at the rest of the text, so that nothing
elsewhere hides a name; and all words are looked at at once, so that a long text costs little more than its length.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from guard.match.names.cues import cued, parted_by
from guard.match.names.scan import COMMON_LEVEL, Scan
from guard.match.names.words import WordTable
from guard.normalise.fold import LOOSE, SCRIPT
from guard.normalise.hashing import U64, Indices, hash_word
from guard.normalise.letters import Script

Flags = npt.NDArray[np.bool_]
_WIDEST_GAP = 3
# The parts of a name in Han or kana are parted by one of these, in kana also by a space.
_DOTS = frozenset("·・･‧•∙⋅＝゠")
_KANA_GAPS = frozenset(" \u3000=")
_GAPS = frozenset(" -’'\"\u200f\u200e")
_JOSA = tuple("에게 에서 이랑 처럼 으로 께서 한테 의 가 은 는 을 를 에 와 과 랑 도 만 로 씨 님".split())  # noqa: SIM905
_VERBAL = tuple("하여 하는 하고 하며 한 할 해 된 되는 되어 스러운 적인 적으로".split())  # noqa: SIM905
# Endings of Korean verbs and marked nouns; a given name before a surname has none.
GRAMMAR = tuple("은는을를게로고한된인운란며서의에와과")
_GRAMMAR = np.array(sorted(map(ord, GRAMMAR)), dtype=np.uint32)
_PREFIXES = ("وال", "ول", "وب", "و", "ل", "ب", "ك", "ف", "ו", "ה", "ב", "ל", "מ", "ש", "כ")
_SHORTEST_HAN, _LONGEST_HAN = 2, 6
# Letters of a name written without anything between its words.
_SHORTEST_HANGUL, _SHORTEST_KANA, _LONGEST_TOGETHER = 4, 5, 16
# After these a mention in a script without capitals needs no cue before it is looked at; it must be beyond doubt without one.
# Its words are less frequent than Zipf 4.7 and no longer than this.
_EVERYDAY, _LONGEST_UNLED = WordTable.level(4.7), 16
_SPACES = frozenset(" \t\u200e\u200f")
_OPENINGS = frozenset("\n.!?؟۔।。！？")


@dataclass(frozen=True, slots=True)
class Places:
    """Pairs of stretches, in letters; `one` is the number of the word that the first stretch is of.

    The second is of the next word, or what is left of the same one.
    """

    one: Indices
    left: Indices
    left_end: Indices
    right: Indices
    right_end: Indices

    def together(self, scan: Scan) -> Flags:
        """Which pairs are of one word."""
        out: Flags = self.right < scan.ends.take(self.one)
        return out

    def take(self, some: npt.NDArray[np.int64] | Flags) -> "Places":
        """Some of the pairs."""
        return Places(self.one[some], self.left[some], self.left_end[some], self.right[some], self.right_end[some])


@cache
def _hashes(words: tuple[str, ...]) -> tuple[U64, tuple[int, ...]]:
    """Sorted H of the words, and the sizes that they have."""
    return np.array(sorted(map(hash_word, words)), dtype=np.uint64), tuple(sorted(set(map(len, words))))


def _among(keys: U64, listed: U64) -> Flags:
    out: Flags = listed.take(listed.searchsorted(keys), mode="clip") == keys
    return out


def ordinary(scan: Scan, numbers: Indices) -> npt.NDArray[np.uint8]:
    """How ordinary words are, in Korean at most with or without a particle or the ending of a verb."""
    start, end = scan.starts.take(numbers), scan.ends.take(numbers)
    out: npt.NDArray[np.uint8] = scan.levels.take(numbers)
    korean = (scan.folded.kinds.take(start) & SCRIPT) == Script.HANGUL
    for words, least in ((_JOSA, 1), (_VERBAL, 2)):
        listed, sizes = _hashes(words)
        for size in sizes:
            long = (korean & (end - start >= size + least)).nonzero()[0]
            some = long[_among(scan.sums.of(end[long] - size, end[long]), listed)]
            out[some] = np.maximum(out[some], scan.words.levels(scan.sums.of(start[some], end[some] - size)))
    return out


def _opens(scan: Scan, one: Indices) -> Flags:
    """Whether a text, a line or a sentence begins with the words `one` and the next, and neither is an everyday one."""
    begin = scan.starts.take(one)
    rare = np.maximum(scan.levels.take(one), scan.levels.take(one + 1)) < _EVERYDAY
    short = np.maximum(scan.sizes.take(one), scan.sizes.take(one + 1)) <= _LONGEST_UNLED
    grammar = scan.folded.letters.take(scan.ends.take(one) - 1)
    marked = _GRAMMAR.take(_GRAMMAR.searchsorted(grammar), mode="clip") == grammar
    out: Flags = rare & short & ~marked
    at = scan.folded.at.take(begin)
    for some in out.nonzero()[0].tolist():
        place = int(at[some])
        while place and scan.text[place - 1] in _SPACES:
            place -= 1
        out[some] = not place or scan.text[place - 1] in _OPENINGS
    return out


def _neighbours(scan: Scan) -> Indices:
    """The first of two neighbouring words of one script that may be a name: parted as names are, and not everyday words."""
    starts, ends = scan.starts, scan.ends
    kinds = scan.folded.kinds.take(starts) & (SCRIPT | LOOSE)
    # A syllable may be a given name: Tom, Joe.
    first = (scan.sizes[:-1] > 1) | (kinds[:-1] == Script.HANGUL)
    fit = (kinds[:-1] == kinds[1:]) & ~scan.latin[:-1] & ~scan.latin[1:] & first & (scan.sizes[1:] > 1)
    one: Indices = fit.nonzero()[0]
    if not len(one):
        return one
    kind = kinds.take(one)
    parted = (kind == Script.KATAKANA) | (kind == (Script.HAN | LOOSE))
    common = np.maximum(scan.levels.take(one), scan.levels.take(one + 1)) >= COMMON_LEVEL
    spaced = ~parted & ~common & (((kind & LOOSE) == 0) | (kind == (Script.UNSPACED | LOOSE)))
    dotted, gaps = one[parted], one[spaced]
    dotted = dotted[parted_by(scan, ends.take(dotted) - 1, starts.take(dotted + 1), _DOTS | _KANA_GAPS) == 1]
    gaps = gaps[np.isin(parted_by(scan, ends.take(gaps) - 1, starts.take(gaps + 1), _GAPS), range(_WIDEST_GAP + 1))]
    out: Indices = np.sort(np.concatenate([dotted, gaps]))
    return out


def _told(scan: Scan, one: Indices) -> Indices:
    """Those of `one` around which something says that they may be a name: dots, capitals, a cue or where they stand."""
    if not len(one):
        return one
    starts, ends = scan.starts, scan.ends
    kind = scan.folded.kinds.take(starts.take(one)) & (SCRIPT | LOOSE)
    hangul, han = kind == Script.HANGUL, kind == (Script.HAN | LOOSE)
    dotted = np.zeros(len(one), dtype=np.bool_)
    some = (han | (kind == Script.KATAKANA)).nonzero()[0]
    dotted[some] = parted_by(scan, ends.take(one[some]) - 1, starts.take(one[some] + 1), _DOTS) == 1
    fine = ~han | (dotted & ~_listed(scan, one))
    some = hangul.nonzero()[0]
    if len(some):
        first, second = ordinary(scan, one[some]), ordinary(scan, one[some] + 1)
        fine[some] = (np.minimum(first, second) == 0) & (np.maximum(first, second) < COMMON_LEVEL)
    one, kind, dotted = one[fine], kind[fine], dotted[fine]
    cased = scan.cased.take(one)
    out = dotted | (cased & scan.capital.take(one) & scan.capital.take(one + 1))
    rest = (~out).nonzero()[0]
    out[rest] = cued(scan, starts.take(one[rest]), ends.take(one[rest] + 1))
    rest = (~out & ~cased & (kind != Script.KATAKANA)).nonzero()[0]
    out[rest] = _opens(scan, one[rest])
    told: Indices = one[out]
    return told


def _listed(scan: Scan, one: Indices) -> Flags:
    """Whether a dot stands before the words `one` and the next, or behind them: a list of words, not a name."""
    dots = np.array(sorted(map(ord, _DOTS)), dtype=np.uint32)
    before = scan.folded.at.take(scan.starts.take(one)) - 1
    after = scan.folded.at.take(scan.ends.take(one + 1) - 1) + 1
    out: Flags = np.isin(scan.points.take(before, mode="clip"), dots) & (before >= 0)
    out |= np.isin(scan.points.take(after, mode="clip"), dots) & (after < len(scan.points))
    return out


def places(scan: Scan) -> Places:
    """Every two stretches that may be two words of a name."""
    one = _told(scan, _neighbours(scan)) if len(scan.starts) > 1 else scan.starts[:0]
    starts, ends = scan.starts, scan.ends
    kind = scan.folded.kinds.take(starts.take(one)) & (SCRIPT | LOOSE)
    han = kind == (Script.HAN | LOOSE)
    whole = one[~han]
    out = [Places(whole, starts.take(whole), ends.take(whole), starts.take(whole + 1), ends.take(whole + 1))]
    out.append(_without_particle(scan, out[0].take(kind[~han] == Script.HANGUL)))
    out.append(_without_prefix(scan, out[0]))
    out.append(_characters(scan, one[han]))
    out.append(_together(scan))
    return _concatenated(out)


def _without_particle(scan: Scan, whole: Places) -> Places:
    """Korean names before each particle that their last word ends with."""
    if not len(whole.one):
        return whole
    listed, sizes = _hashes(_JOSA)
    out = []
    for size in sizes:
        some = whole.take(whole.right_end - whole.right >= size + 2)
        some = some.take(_among(scan.sums.of(some.right_end - size, some.right_end), listed))
        out.append(Places(some.one, some.left, some.left_end, some.right, some.right_end - size))
    return _concatenated(out)


def _without_prefix(scan: Scan, whole: Places) -> Places:
    """Names after each little word that Semitic scripts write before them."""
    if not len(whole.one):
        return whole
    listed, sizes = _hashes(_PREFIXES)
    out = []
    for size in sizes:
        some = whole.take(whole.left_end - whole.left >= size + 2)
        some = some.take(_among(scan.sums.of(some.left, some.left + size), listed))
        out.append(Places(some.one, some.left + size, some.left_end, some.right, some.right_end))
    return _concatenated(out)


def _together(scan: Scan) -> Places:
    """Words of kana and of Hangul that no language has beside a cue, cut in two wherever they may be two words of a name, particles apart."""
    kind = scan.folded.kinds.take(scan.starts) & SCRIPT
    hangul = kind == Script.HANGUL
    fit = (hangul & (scan.sizes >= _SHORTEST_HANGUL)) | ((kind == Script.KATAKANA) & (scan.sizes >= _SHORTEST_KANA))
    one = (fit & (scan.sizes <= _LONGEST_TOGETHER) & (scan.levels == 0)).nonzero()[0]
    one = one[cued(scan, scan.starts.take(one), scan.ends.take(one))] if len(one) else one
    if not len(one):
        return Places(one, one, one, one, one)
    one = one[ordinary(scan, one) == 0]
    words = Places(one, scan.starts.take(one), scan.ends.take(one), scan.starts.take(one), scan.ends.take(one))
    words = _concatenated([words, _without_particle(scan, words.take(hangul[one]))])
    least = np.where(hangul[words.one], 1, 2)
    cuts = np.maximum(words.right_end - words.left - 2 * least + 1, 0)
    word = np.arange(len(cuts)).repeat(cuts)
    cut = words.left.take(word) + least.take(word) + np.arange(len(word)) - (cuts.cumsum() - cuts).take(word)
    return Places(words.one.take(word), words.left.take(word), cut, cut, words.right_end.take(word))


def _concatenated(some: list[Places]) -> Places:
    return Places(*(np.concatenate([getattr(each, name) for each in some]) for name in Places.__slots__))


def _characters(scan: Scan, one: Indices) -> Places:
    """In Han every end of a word before a dot and every beginning of one behind it may be a name."""
    if not len(one):
        return Places(one, one, one, one, one)
    sizes = np.arange(_SHORTEST_HAN, _LONGEST_HAN + 1)
    left, right = (column.reshape(-1) for column in np.meshgrid(sizes, sizes))
    pair = np.arange(len(one)).repeat(len(left))
    one = one.take(pair)
    begin, end = (
        scan.ends.take(one) - np.tile(left, len(one) // len(left)),
        scan.starts.take(one + 1) + np.tile(right, len(one) // len(left)),
    )
    whole = Places(one, begin, scan.ends.take(one), scan.starts.take(one + 1), end)
    return whole.take((begin >= scan.starts.take(one)) & (end <= scan.ends.take(one + 1)))
