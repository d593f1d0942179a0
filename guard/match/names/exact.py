"""Names as written: any spacing, punctuation, case and order, spelled letter by letter, with a middle name more."""

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from guard.match.names import endings
from guard.match.names.disguise import is_initials
from guard.match.names.keys import BitMap
from guard.match.names.part import Found, Questions, RunEnds, RunStarts
from guard.match.names.rows import Row
from guard.match.names.scan import COMMON_LEVEL, Scan
from guard.normalise.fold import LOOSE, UPPER
from guard.normalise.hashing import Indices, Words
from guard.normalise.letters import SEPARATOR, fold_text, folded

# Longest name looked for, in words (camel-case parts count) and in letters; the longest in writing without spaces; and
# the longest one spelled letter by letter.
_WORDS, _LETTERS, _LOOSE_LETTERS, _SPELLED = 8, 64, 14, 32
_LOOSE_SIZES = np.arange(2, _LOOSE_LETTERS + 1)
# Letters of a name with its plural s.
_SHORTEST_PLURAL = 5
# Words of a name that end in an odd word with an ending, where the word before is too ordinary for a pair (`near`).
_ENDED_WORDS = 4
_ENDED_RUNS, _ENDED_CUTS = np.repeat(np.arange(1, _ENDED_WORDS), endings.LONGEST), np.tile(np.arange(endings.LONGEST) + 1, _ENDED_WORDS - 1)
# What parts an ending from a name within a word, and how many of them are looked at.
_APOSTROPHES = frozenset("'’ʼ‘`´")
_MOST_APOSTROPHES = 64
_S, _BEFORE = np.array(ord("s"), dtype=np.uint32), np.arange(_WORDS)
# What stands in quotes or brackets between a first name and a surname.
_NICKNAME = re.compile(r"\s*(?:\([^()\n]+\)|[\"'“‘«][^\"\n]+[\"'”’»])\s*")
# Korean particles that follow a name within the same word, folded.
_PARTICLES = (
    "의",
    "가",
    "이",
    "은",
    "는",
    "을",
    "를",
    "에게",
    "에",
    "와",
    "과",
    "랑",
    "이랑",
    "처럼",
    "도",
    "만",
    "로",
    "으로",
    "께서",
    "씨",
    "님",
    "한테",
    "에서",
    "같은",
    "풍",
    "풍의",
)


def _loose_stretches(scan: Scan, heads: Sequence[BitMap]) -> tuple[Indices, Indices]:
    """Every stretch of 2 to _LOOSE_LETTERS letters that begins or ends in writing without spaces, and begins as a name does."""
    folded, sums = scan.folded, scan.sums
    loose = (folded.kinds & LOOSE) != 0
    edge = np.append(loose | folded.breaks, True)
    edge[1:] |= loose
    begins = edge[:-2].nonzero()[0]
    two = sums.of(begins, begins + 2)
    begins = begins[np.sort(np.concatenate([head.maybe(two) for head in heads]))]
    ends = begins[:, None] + _LOOSE_SIZES
    near = np.concatenate(([0], np.cumsum(loose)))
    fit = edge.take(ends, mode="clip") & (near.take(ends, mode="clip") > near.take(begins)[:, None]) & (ends <= len(loose))
    which, size = fit.nonzero()
    return begins[which], ends[which, size]


def _spelled(scan: Scan) -> tuple[Indices, Indices]:
    """Stretches of single letters, of 4 to _SPELLED letters."""
    single = scan.sizes == 1
    if np.count_nonzero(single) < 4:
        return scan.starts[:0], scan.starts[:0]
    edges = np.diff(np.concatenate(([False], single, [False])).astype(np.int8)).nonzero()[0]
    begins: list[Indices] = []
    ends: list[Indices] = []
    for first, last in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        size = last - first
        if size < 4:
            continue
        begin = np.repeat(np.arange(first, last - 3), _SPELLED - 3)
        end = begin + np.tile(np.arange(4, _SPELLED + 1), size - 3)
        keep = end <= last
        begins.append(scan.starts[begin[keep]])
        ends.append(scan.ends[end[keep] - 1])
    none = scan.starts[:0]
    return (np.concatenate(begins), np.concatenate(ends)) if begins else (none, none)


def _with_particles(scan: Scan) -> tuple[Indices, Indices]:
    """Stretches that end inside a Korean word, before a particle."""
    none = scan.starts[:0]
    last = scan.folded.letters[scan.ends - 1]
    hangul = ((last >= 0xAC00) & (last <= 0xD7A3)).nonzero()[0]
    if not len(hangul):
        return none, none
    begins: list[int] = []
    ends: list[int] = []
    for number in hangul.tolist():
        word = scan.word(number)
        for particle in _PARTICLES if word.endswith(_PARTICLES) else ():
            if word.endswith(particle) and len(word) > len(particle):
                cut = int(scan.ends[number]) - len(particle)
                for back in range(4):
                    if number - back >= 0:
                        begins.append(int(scan.starts[number - back]))
                        ends.append(cut)
    return np.array(begins, dtype=np.int64), np.array(ends, dtype=np.int64)


def _ordinary_pieces(scan: Scan, start: int, end: int) -> bool:
    """Whether the stretch is made of whole ordinary words only, so that a name across their edges is chance."""
    first = int(np.searchsorted(scan.starts, start, side="right")) - 1
    last = int(np.searchsorted(scan.ends, end))
    return bool((scan.levels[first : last + 1] > 0).all() and (scan.sizes[first : last + 1] > 1).all())


def _classified(scan: Scan, start: int, end: int, words: Sequence[str]) -> tuple[str, bool, bool]:
    """How the letters `start` to `end`, which spell `words`, are cut into words: view, plain, weak."""
    cuts = (scan.folded.breaks[start + 1 : end].nonzero()[0] + 1).tolist()
    wanted = np.cumsum([len(word) for word in words])[:-1].tolist()
    if cuts == wanted:
        return "as written", True, False
    if not cuts:
        camel = (scan.folded.camel[start + 1 : end].nonzero()[0] + 1).tolist()
        one_word = int(scan.words.levels(scan.sums.of(np.array([start]), np.array([end])))[0]) > 0
        return "written together", False, one_word and camel != wanted
    if len(cuts) == end - start - 1:
        return "spelled out", False, False
    capitals = bool(scan.folded.kinds[start] & UPPER)
    return "taken apart", False, (end - start < 8 or not capitals) and _ordinary_pieces(scan, start, end)


def _check(scan: Scan, row: Row, start: int, end: int) -> Found | None:
    """The alias, if the letters `start` to `end` spell it."""
    seen = scan.folded.word(start, end)
    words = fold_text(row.text).split()
    if seen == "".join(words):
        view, plain, weak = _classified(scan, start, end, words)
        if is_initials(words):
            weak = weak or (not plain and view != "spelled out") or not scan.folded.kinds[start] & UPPER or not _dotted(scan, start, end)
        return Found(row, start, end, view, 1.0 if plain else 0.97, plain, weak)
    if len(words) > 1 and seen == words[-1] + "".join(words[:-1]) and len(words[-1]) > 1:
        _, plain, _ = _classified(scan, start, end, [words[-1], *words[:-1]])
        purpose = plain and not is_initials(words) and _turned_on_purpose(scan, start, len(words[-1]))
        return Found(row, start, end, "other order", 0.95, plain, weak=not purpose)
    return None


def _dotted(scan: Scan, start: int, end: int) -> bool:
    """Whether only dots and spaces stand between initials and surname."""
    begin, stop = scan.folded.span(start, end)
    return all(char in ".·*_/~| -" or folded(char) != SEPARATOR for char in scan.text[begin:stop])


def _check_plural(scan: Scan, row: Row, start: int, end: int) -> Found | None:
    found = _check(scan, row, start, end)
    if found is None or not found.plain:
        return None
    if scan.folded.at[end] - scan.folded.at[end - 1] > 1:
        return replace(found, view="as written")
    return replace(found, end=end + 1, view="inflected", score=found.score * 0.99)


def _check_ended(scan: Scan, row: Row, start: int, end: int) -> Found | None:
    found = _check(scan, row, start, end)
    if found is None or found.view != "as written":
        return None
    number = int(scan.ends.searchsorted(end, side="right"))
    if not endings.languages(scan.word(number), fold_text(row.text).split()[-1]):
        return None
    return replace(found, end=int(scan.ends[number]), view="inflected", score=found.score * 0.98)


def _turned_on_purpose(scan: Scan, start: int, surname: int) -> bool:
    """Surname first: with a comma, or both words with a capital, or in a word that no language has."""
    at = scan.folded.at
    between = scan.text[int(at[start + surname - 1]) + 1 : int(at[start + surname])]
    if "," in between:
        return True
    if any(sign in between for sign in "\n#.;:!?"):
        return False
    numbers = [int(np.searchsorted(scan.starts, place, side="right")) - 1 for place in (start, start + surname)]
    return all(bool(scan.capital[number]) or bool(scan.levels[number] == 0) for number in numbers)


def _check_middle(scan: Scan, row: Row, one: int, other: int) -> Found | None:
    """The alias, if words `one` and `other` spell it and what stands between could be middle names."""
    words = fold_text(row.text).split()
    if len(words) != 2 or words != [scan.word(one), scan.word(other)] or not (scan.capital[one] and scan.capital[other]):
        return None
    between = range(one + 1, other)
    initials = any(scan.sizes[number] == 1 for number in between)
    begin, stop = int(scan.starts[one]), int(scan.ends[other])
    at = scan.folded.at
    if not _NICKNAME.fullmatch(scan.text, int(at[int(scan.ends[one]) - 1]) + 1, int(at[int(scan.starts[other])])):
        if not all(scan.sizes[number] == 1 or scan.capital[number] for number in between):
            return None
        raw = scan.text[int(at[begin]) : int(at[stop - 1]) + 1]
        if any(sign in raw for sign in "\n,;:!?()") or (". " in raw and not initials):
            return None
    return Found(row, begin, stop, "middle name", 0.93)


def _before_apostrophes(scan: Scan) -> tuple[Indices, Indices]:
    """Stretches that end inside a word, before an apostrophe that parts an ending from it."""
    at, breaks = scan.folded.at, scan.folded.breaks
    cuts = [cut for cut in ((at[1:] - at[:-1] > 1) & ~breaks[1:]).nonzero()[0].tolist() if scan.text[int(at[cut]) + 1] in _APOSTROPHES][
        :_MOST_APOSTROPHES
    ]
    ends = np.array(cuts, dtype=np.int64) + 1
    starts = scan.folded.starts
    last = starts.searchsorted(ends) - 1
    return starts.take(last[:, None] - _BEFORE, mode="clip").reshape(-1), np.repeat(ends, len(_BEFORE))


def _ask_plural(scan: Scan, questions: Questions) -> None:
    """Put down the runs of words that end in s, without it."""
    starts, ends = scan.folded.starts, scan.folded.ends
    last = (scan.folded.letters.take(ends - 1) == _S).nonzero()[0]
    if len(last):
        begin, end = starts.take(last[:, None] - _BEFORE, mode="clip"), (ends.take(last) - 1)[:, None]
        long = end - begin >= _SHORTEST_PLURAL - 1
        begin, end = begin[long], np.broadcast_to(end, long.shape)[long]
        questions.put(scan.sums.of(begin, end), begin, end, _check_plural)


def _ask_ended(scan: Scan, questions: Questions) -> None:
    """Put down the runs of words that end in an odd word after a word that most texts have, without an ending: `the Giantovi`."""
    before = (scan.levels[:-1] >= COMMON_LEVEL) | (scan.sizes[:-1] == 1)
    last = (before & scan.odd[1:]).nonzero()[0] + 1
    if len(last):
        ends = scan.ends.take(last)[:, None] - _ENDED_CUTS
        starts = scan.starts.take(last[:, None] - _ENDED_RUNS, mode="clip")
        whole = ends - scan.starts.take(last)[:, None] >= endings.SHORTEST_STEM
        starts, ends = starts[whole], ends[whole]
        questions.put(scan.sums.of(starts, ends), starts, ends, _check_ended)


def _ask_middle(scan: Scan, questions: Questions) -> None:
    """Put down words with capitals that have one or two others between them."""
    hashes, capital = scan.hashes, scan.capital
    for gap in (2, 3):
        first = (capital[:-gap] & capital[gap:]).nonzero()[0]
        if len(first):
            last = first + gap
            questions.put(scan.sums.joined(hashes[first], scan.sizes[first], hashes[last]), first, last, _check_middle)


def ask(scan: Scan, heads: Sequence[BitMap], questions: Questions) -> None:
    """Put down every stretch of the text that may be a name as written, with a plural s, or with a middle name.

    `heads` knows how names begin (`Part.heads`).
    """
    starts, ends = scan.folded.starts, scan.folded.ends
    parts = Words(scan.sums, starts, ends) if scan.folded.has_camel else scan.edges
    questions.put(parts.runs(_WORDS), RunStarts(starts, _WORDS), RunEnds(ends, _WORDS), _check)
    _ask_plural(scan, questions)
    _ask_ended(scan, questions)
    _ask_middle(scan, questions)
    extra = [_spelled(scan)]
    if not scan.text.isascii():
        if np.count_nonzero(scan.folded.kinds & LOOSE):
            extra.append(_loose_stretches(scan, heads))
        extra.append(_with_particles(scan))
    if not _APOSTROPHES.isdisjoint(scan.text):
        extra.append(_before_apostrophes(scan))
    for begin, end in extra:
        if len(begin):
            questions.put(scan.sums.of(begin, end), begin, end, _check)
            plural = ((scan.folded.letters.take(end - 1) == ord("s")) & (end - begin >= _SHORTEST_PLURAL)).nonzero()[0]
            if len(plural):
                questions.put(scan.sums.of(begin[plural], end[plural] - 1), begin[plural], end[plural] - 1, _check_plural)
