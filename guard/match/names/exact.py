"""Names as written: any spacing, punctuation, case and order, spelled letter by letter, with a middle name more."""

from collections.abc import Iterator, Sequence

import numpy as np

from guard.match.names.part import Found, Part
from guard.match.names.scan import Scan
from guard.normalise.fold import LOOSE, Folded
from guard.normalise.hashing import U64, Indices, mixed
from guard.normalise.letters import fold_text

# Longest name looked for, in words (camel-case parts count) and in letters; the longest in writing without spaces; and
# the longest one spelled letter by letter.
_WORDS, _LETTERS, _LOOSE_LETTERS, _SPELLED = 8, 64, 14, 32
# Korean particles that follow a name within the same word, folded.
_PARTICLES = ("의", "가", "이", "은", "는", "을", "를", "에게", "에", "와", "과", "랑", "이랑", "처럼", "도", "만", "로", "으로", "께서", "씨", "님", "한테", "에서", "같은", "풍", "풍의")


def _stretches(folded: Folded) -> tuple[Indices, Indices]:
    """Every run of up to _WORDS words, as (start, end) letters."""
    starts, ends = folded.starts, folded.ends
    count = len(starts)
    last = np.arange(count)[:, None] + np.arange(_WORDS)[None, :]
    valid = last < count
    end = ends.take(np.minimum(last, count - 1))
    begin = np.broadcast_to(starts[:, None], end.shape)
    size = end - begin
    valid &= (size <= _LETTERS) & (size > 1)
    return begin[valid], end[valid]


def _loose_stretches(folded: Folded) -> tuple[Indices, Indices]:
    """Every stretch of 2 to _LOOSE_LETTERS letters that begins or ends in writing without spaces."""
    loose = (folded.kinds & LOOSE) != 0
    count = len(loose)
    edge = np.append(loose | folded.breaks, True)
    begin = np.flatnonzero(edge[:-1])
    end = begin[:, None] + np.arange(2, _LOOSE_LETTERS + 1)[None, :]
    valid = end <= count
    end = np.minimum(end, count)
    last_loose = loose.take(end - 1)
    valid &= (edge[end] | last_loose) & (loose[begin][:, None] | last_loose)
    return np.broadcast_to(begin[:, None], end.shape)[valid], end[valid]


def _spelled(scan: Scan) -> tuple[Indices, Indices]:
    """Stretches of single letters, of 4 to _SPELLED letters."""
    single = scan.sizes == 1
    if np.count_nonzero(single) < 4:
        return scan.starts[:0], scan.starts[:0]
    edges = np.flatnonzero(np.diff(np.concatenate(([False], single, [False])).astype(np.int8)))
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
    hangul = np.flatnonzero((scan.folded.letters[scan.ends - 1] >= 0xAC00) & (scan.folded.letters[scan.ends - 1] <= 0xD7A3))
    if not len(hangul):
        return none, none
    begins: list[int] = []
    ends: list[int] = []
    for number in hangul.tolist():
        word = scan.word(number)
        for particle in _PARTICLES:
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
    cuts = (np.flatnonzero(scan.folded.breaks[start + 1 : end]) + 1).tolist()
    wanted = np.cumsum([len(word) for word in words])[:-1].tolist()
    if cuts == wanted:
        return "as written", True, False
    if not cuts:
        camel = (np.flatnonzero(scan.folded.camel[start + 1 : end]) + 1).tolist()
        one_word = int(scan.words.levels(scan.sums.of(np.array([start]), np.array([end])))[0]) > 0
        return "written together", False, one_word and camel != wanted
    if len(cuts) == end - start - 1:
        return "spelled out", False, False
    return "taken apart", False, _ordinary_pieces(scan, start, end)


def _check(scan: Scan, part: Part, row_no: int, start: int, end: int, cut: int = 0) -> Found | None:
    """The alias, if the letters `start` to `end - cut` spell it."""
    row = part.row(row_no)
    seen = scan.folded.word(start, end - cut)
    words = fold_text(row.text).split()
    if seen == "".join(words):
        view, plain, weak = _classified(scan, start, end - cut, words)
        return Found(row, start, end, "inflected" if cut and plain else view, 1.0 if plain else 0.97, plain, weak)
    if len(words) > 1 and seen == words[-1] + "".join(words[:-1]):
        if any(len(word) == 1 for word in words):
            return None
        view, plain, weak = _classified(scan, start, end - cut, [words[-1], *words[:-1]])
        return Found(row, start, end, "other order", 0.95, plain, weak or not _turned_on_purpose(scan, start, end, len(words[-1])))
    return None


def _turned_on_purpose(scan: Scan, start: int, end: int, surname: int) -> bool:
    """Surname first: with a comma, or both words with a capital, or in a word that no language has."""
    at = scan.folded.at
    between = scan.text[int(at[start + surname - 1]) + 1 : int(at[start + surname])]
    if "," in between:
        return True
    if any(sign in between for sign in "\n#.;:!?"):
        return False
    numbers = [int(np.searchsorted(scan.starts, place, side="right")) - 1 for place in (start, start + surname)]
    return all(bool(scan.capital[number]) or bool(scan.levels[number] == 0) for number in numbers)


def find(scan: Scan, part: Part) -> Iterator[Found]:
    """Every alias of `part` that stands in the text as its own letters."""
    begin, end = _stretches(scan.folded)
    extra = [_spelled(scan)]
    if not scan.text.isascii():
        if ((scan.folded.kinds & LOOSE) != 0).any():
            extra.append(_loose_stretches(scan.folded))
        extra.append(_with_particles(scan))
    extra = [pair for pair in extra if len(pair[0])]
    if extra:
        begin, end = np.concatenate([begin, *(pair[0] for pair in extra)]), np.concatenate([end, *(pair[1] for pair in extra)])
    plural = np.flatnonzero((scan.folded.letters.take(end - 1) == ord("s")) & (end - begin > 4))
    whole = len(begin)
    begin, end = np.concatenate([begin, begin[plural]]), np.concatenate([end, end[plural]])
    stop = end.copy()
    stop[whole:] -= 1
    for index, row_no in _pairs(part, mixed(scan.sums.of(begin, stop))):
        found = _check(scan, part, row_no, int(begin[index]), int(stop[index]))
        if found:
            yield found if index < whole else _as_inflected(found)
    yield from _with_middle(scan, part)


def _as_inflected(found: Found) -> Found:
    return Found(found.row, found.start, found.end, "inflected", found.score * 0.99, found.plain, found.weak)


def _pairs(part: Part, keys: U64) -> list[tuple[int, int]]:
    at, rows = part.exact.find(keys)
    return list(zip(at.tolist(), rows.tolist(), strict=True))


def _with_middle(scan: Scan, part: Part) -> Iterator[Found]:
    """A given name and a surname with one or two words between them that could be middle names."""
    count = len(scan.starts)
    for gap in (2, 3):
        if count <= gap:
            return
        first = np.flatnonzero((scan.sizes[:-gap] > 1) & (scan.sizes[gap:] > 1))
        last = first + gap
        keys = mixed(scan.sums.joined(scan.hashes[first], scan.sizes[first], scan.hashes[last]))
        for index, row_no in _pairs(part, keys):
            one, other = int(first[index]), int(last[index])
            row = part.row(row_no)
            words = fold_text(row.text).split()
            if len(words) != 2 or words != [scan.word(one), scan.word(other)]:
                continue
            between = range(one + 1, other)
            if not all(scan.sizes[number] == 1 or scan.capital[number] for number in between):
                continue
            if not (scan.capital[one] and scan.capital[other]):
                continue
            begin, stop = int(scan.starts[one]), int(scan.ends[other])
            raw = scan.text[int(scan.folded.at[begin]) : int(scan.folded.at[stop - 1]) + 1]
            if any(sign in raw for sign in "\n,;:!?()") or ". " in raw and not any(scan.sizes[number] == 1 for number in between):
                continue
            yield Found(row, begin, stop, "middle name", 0.93)
