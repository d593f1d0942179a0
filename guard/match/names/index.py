"""Search texts for everyone at once: an immutable base, a small delta, and the numbers the delta replaces."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence, Set
from copy import copy
from itertools import accumulate, chain
from typing import NamedTuple

from guard.match.names import disguise, exact, foreign, inside, keyboard, masked, near, spoken
from guard.match.names.context import Surroundings, prepare, role_of, strength_in, surroundings
from guard.match.names.hit import NameHit
from guard.match.names.keys import Arrays
from guard.match.names.pairs import NearPart
from guard.match.names.part import Found, Part, Parts
from guard.match.names.rows import rows_of
from guard.match.names.scan import Scan
from guard.match.names.sheet import Piece, Sheet
from guard.match.names.table import pack_rows
from guard.match.names.words import WordTable
from guard.normalise.disguises import THRICE, once
from guard.normalise.letters import fold_text, trailing_marks
from guard.types import AliasKind, Role, Strength, SubjectRecord, Text

# Texts longer than this are searched in pieces that overlap by more than the longest mention.
_CHUNK, _OVERLAP = 8192, 192
# Mentions of one person that are told, once they are strong and ask for a likeness.
MOST_TOLD = 16
# Views that put together what the text keeps apart: a surname with an initial is chance there.
_READ_TOGETHER = frozenset({"leet", "quoted parts", "labelled parts", "put together", "first letters", "letters listed"})
# Fewest letters of a name that first letters of words may spell: fewer do so by chance.
_LETTERS_PICKED = 8


Counts = Callable[[int, str, str, tuple[int, int]], bool]
Excluded = Callable[[NameHit], bool]


class _Mention(NamedTuple):
    """A name and where it stands, in code points of all texts joined."""

    found: Found
    start: int
    end: int
    view: str


class NameIndex:
    """Everyone's names, ready to search. Never changed; `with_delta` gives another."""

    __slots__ = ("_near", "_parts", "_words")

    def __init__(self, arrays: Arrays) -> None:
        self._parts = Parts([Part(arrays)])
        self._near: tuple[NearPart, ...] = (NearPart(arrays),)
        self._words = WordTable(arrays)
        prepare()

    def with_delta(self, upserts: Sequence[SubjectRecord], removed: Set[int]) -> "NameIndex":
        """This index's base with these people added or replaced and those numbers gone (an earlier delta is not kept)."""
        out = copy(self)
        parts, out._near = list(self._parts.all[:1]), self._near[:1]
        if upserts:
            arrays = pack_rows(rows_of(upserts, self._words))
            parts.append(Part(arrays))
            out._near += (NearPart(arrays),)
        out._parts = Parts(parts, frozenset(removed) | {record.no for record in upserts})
        return out

    def search(self, texts: Sequence[Text], counts: Counts | None = None, excluded: Excluded | None = None) -> list[NameHit]:
        """Every mention in the texts, in order, also of a name that is split over texts that follow each other.

        Of descriptions only those are mentions that `counts` says yes to, by the subject's number, the alias, all texts, and the span in them.

        What `excluded` says yes to is no mention of that person. Once a person was found beyond doubt several times, further mentions
        of them are left out.
        Weak mentions and those that ask for a style, a text or a thing are among them; a name inside a longer one is not.
        Takes time linear in the length of the texts and never raises.
        """
        joined = "\n".join(text.text for text in texts)
        best: dict[tuple[int, int, int], _Mention] = {}
        for mention in self._mentions(joined):
            row = mention.found.row
            if counts and row.kind is AliasKind.DESCRIPTOR and not counts(row.subject_no, row.text, joined, (mention.start, mention.end)):
                continue
            key = (mention.found.row.subject_no, mention.start, mention.end)
            if key not in best or _rank(best[key].found) < _rank(mention.found):
                best[key] = mention
        if not best:
            return []
        begins = list(accumulate((len(text.text) + 1 for text in texts), initial=0))
        out: list[NameHit] = []
        told: Counter[int] = Counter()
        place: _Place | None = None
        for mention in _longest(list(best.values())):
            subject_no = mention.found.row.subject_no
            if told[subject_no] < MOST_TOLD:
                if place is None or (mention.start, mention.end) != place.letters:
                    place = _Place.of(joined, texts, begins, mention.start, mention.end)
                hit = self._hit(mention, place)
                if excluded and excluded(hit):
                    continue
                told[subject_no] += hit.strength is Strength.STRONG and hit.role is Role.LIKENESS
                out.append(hit)
        return out

    def _mentions(self, joined: str) -> Iterator[_Mention]:
        for offset in range(0, len(joined), _CHUNK):
            base = max(0, offset - _OVERLAP)
            chunk = joined[base : offset + _CHUNK]
            sheet = Sheet.of(chunk)
            if len(sheet.folded.letters) < 2:
                continue
            scan = Scan(sheet.text, sheet.folded, self._words)
            pieces: dict[tuple[int, int], Piece | None] = {}  # many people may be found in one place
            for found in self._found(scan, sheet.leet):
                place = found.start, found.end
                if place not in pieces:
                    pieces[place] = sheet.piece(*sheet.folded.span(*place))
                piece = pieces[place]
                mention = _mention(piece, chunk, found) if piece else None
                if mention:
                    yield mention._replace(start=base + mention.start, end=base + trailing_marks(chunk, mention.end))

    def _found(self, scan: Scan, leet: int | None) -> Iterator[Found]:
        """Every name in the scan, whose text is a reading of leet from the code point `leet` on (None: nowhere)."""
        parts = self._parts
        yield from exact.find(scan, parts)
        yield from disguise.find(scan, parts, leet)
        yield from inside.find(scan, parts)
        yield from masked.find(scan, parts)
        yield from keyboard.find(scan, parts)
        for number, (part, words) in enumerate(zip(parts.all, self._near, strict=True)):
            for found in chain(near.find(scan, part, words), spoken.find(scan, part, words), foreign.find(scan, part)):
                if number or found.row.subject_no not in parts.removed:
                    yield found

    def _hit(self, mention: _Mention, place: "_Place") -> NameHit:
        found, row = mention.found, mention.found.row
        case = row.text, row.strength, found.plain, found.weak, found.doubtful, found.cued
        strength = place.strengths.get(case)
        if strength is None:
            zipfs = [self._words.zipf(word) for word in row.words]
            strength = place.strengths[case] = strength_in(
                place.around, row.strength, zipfs, plain=found.plain, weak=found.weak, doubtful=found.doubtful, cued=found.cued
            )
        return NameHit(
            row.subject_no, row.text, row.kind, place.where, place.span, place.text, round(found.score, 4), strength, place.role,
            "split over fields" if place.until else mention.view, until=place.until,
        )  # fmt: skip


class _Place(NamedTuple):
    """Where mentions stand, and what follows from that alone; many people may have one name.

    `letters` count in all texts joined, `span` in the text `where`. `until`: in which other text the mention ends, and where there. `strengths` are
    those of what was found here so far.
    """

    letters: tuple[int, int]
    where: str
    span: tuple[int, int]
    text: str
    until: tuple[str, int] | None
    around: Surroundings
    role: Role
    strengths: dict[tuple[str, Strength, bool, bool, bool, bool], Strength]

    @classmethod
    def of(cls, joined: str, texts: Sequence[Text], begins: Sequence[int], start: int, end: int) -> "_Place":
        """The place from `start` to `end` of `joined`; text number i begins at `begins[i]`."""
        number = bisect_right(begins, start) - 1
        while start < end and start - begins[number] >= len(texts[number].text):  # what parts two texts belongs to neither
            number += 1
            start = begins[number]
        text, base = texts[number], begins[number]
        span = start - base, min(end - base, len(text.text))
        last = bisect_right(begins, end - 1) - 1
        until = (texts[last].where, end - begins[last]) if last > number else None
        around = surroundings(joined, start, end) if until else surroundings(text.text, *span)
        return cls((start, end), text.where, span, text.text[span[0] : span[1]], until, around, role_of(around), {})


def _mention(piece: Piece, original: str, found: Found) -> _Mention | None:
    """The name in the original, found in this piece of a reading; None where that changed nothing of it."""
    view, low, high = piece
    if view is None:
        return _Mention(found, low, high, found.view)
    if view.name == "words apart" and found.plain:
        return None  # the original shows it as well
    start, end = view.span(low, high)
    if view.name == "drawn out":
        if once(fold_text(view.text[low:high])) != once(fold_text(found.row.text)) or not THRICE.search(original[start:end]):
            return None
        found = found._replace(weak=False, doubtful=False, cued=False)
    if view.name == "leet" and not all(len(word) < 2 or any(map(str.isalpha, word)) for word in original[start:end].split()):
        found = found._replace(cued=True)  # a word of digits alone is a number: `Anni 2010`
    if view.name == "first letters" and len(fold_text(found.row.text).replace(" ", "")) < _LETTERS_PICKED:
        return None
    if view.text[low:high] == original[start:end] or (view.name in _READ_TOGETHER and disguise.is_initials(found.row.words)):
        return None
    return _Mention(found._replace(score=found.score * 0.97, plain=found.plain and view.name == "middle name"), start, end, view.name)


def _rank(found: Found) -> tuple[bool, float, int]:
    """Which of two readings of the same letters as the same person is told: the surer one, then the longer name."""
    return not found.weak, found.score, len(found.row.text)


def _outranks(longer: _Mention, shorter: _Mention) -> bool:
    """Whether a longer mention may hide a shorter one: not when only the shorter is beyond doubt, or the same words are that name as written."""
    one, other = longer.found, shorter.found
    if other.plain and (one.view == "other script" or (not one.plain and longer.start == shorter.start and _as_many_words(one, other))):
        return False
    return not (one.doubtful or one.weak) or other.doubtful or other.weak


def _as_many_words(one: Found, other: Found) -> bool:
    return other.view == "as written" and len(one.row.text.split()) == len(other.row.text.split())


def _longest(mentions: list[_Mention]) -> list[_Mention]:
    """In order of place, without those inside a longer one; each person once a place."""
    mentions.sort(key=lambda it: (it.start, -it.end, -it.found.score, it.found.row.subject_no, it.found.row.text))
    out: list[_Mention] = []
    for mention in mentions:
        place = (mention.start, mention.end)
        for kept in out[-8:]:
            if kept.start <= mention.start and mention.end <= kept.end and (kept.start, kept.end) != place and _outranks(kept, mention):
                break
        else:
            out.append(mention)
    return out
