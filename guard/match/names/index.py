"""Search texts for everyone at once: an immutable base, a small delta, and the numbers the delta replaces."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence, Set
from copy import copy
from dataclasses import dataclass, replace

import numpy as np

from guard.match.names import disguise, exact, foreign, inside, near, spoken
from guard.match.names.context import Surroundings, role_of, strength_in, surroundings
from guard.match.names.hit import NameHit
from guard.match.names.keys import Arrays
from guard.match.names.near import NearPart
from guard.match.names.part import Found, Part, Questions
from guard.match.names.rows import rows_of
from guard.match.names.scan import Scan
from guard.match.names.sheet import Sheet
from guard.match.names.table import pack_rows
from guard.match.names.words import WordTable
from guard.normalise.letters import fold_text, trailing_marks
from guard.normalise.views import THRICE, once
from guard.types import AliasKind, Role, Strength, SubjectRecord, Text

# Texts longer than this are searched in pieces that overlap by more than the longest mention.
_CHUNK, _OVERLAP = 8192, 192
# Mentions of one person that are told, once they are strong and ask for a likeness.
_ENOUGH = 16
# Views that put together what the text keeps apart: a surname with an initial is chance there.
_READ_TOGETHER = frozenset({"leet", "quoted parts", "labelled parts"})


Counts = Callable[[int, str, str, tuple[int, int]], bool]


@dataclass(frozen=True, slots=True)
class _Mention:
    """A name and where it stands, in code points of all texts joined."""

    found: Found
    start: int
    end: int
    view: str


class NameIndex:
    """Everyone's names, ready to search. Never changed; `with_delta` gives another."""

    __slots__ = ("_near", "_parts", "_removed", "_words")

    def __init__(self, arrays: Arrays) -> None:
        self._parts: tuple[Part, ...] = (Part(arrays),)
        self._near: tuple[NearPart, ...] = (NearPart(arrays),)
        self._removed: frozenset[int] = frozenset()
        self._words = WordTable(arrays)

    def with_delta(self, upserts: Sequence[SubjectRecord], removed: Set[int]) -> "NameIndex":
        """This index's base with these people added or replaced and those numbers gone (an earlier delta is not kept)."""
        out = copy(self)
        out._parts, out._near = self._parts[:1], self._near[:1]
        if upserts:
            arrays = pack_rows(rows_of(upserts, self._words))
            out._parts += (Part(arrays),)
            out._near += (NearPart(arrays),)
        out._removed = frozenset(removed) | {record.no for record in upserts}
        return out

    def search(self, texts: Sequence[Text], counts: Counts | None = None) -> list[NameHit]:
        """Every mention in the texts, in order, also of a name that is split over texts that follow each other.

        Of descriptions only those are mentions that `counts` says yes to, by the subject's number, the alias, all texts, and the span in them.

        Once a person was found beyond doubt several times, further mentions of them are left out.
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
        begins = np.cumsum([0, *(len(text.text) + 1 for text in texts)]).tolist()
        out: list[NameHit] = []
        told: Counter[int] = Counter()
        for mention in _longest(list(best.values())):
            subject_no = mention.found.row.subject_no
            if told[subject_no] < _ENOUGH:
                hit = self._hit(joined, mention, texts, begins)
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
            for found in self._found(scan, sheet.leet):
                mention = _mention(sheet, chunk, found)
                if mention:
                    yield replace(mention, start=base + mention.start, end=base + trailing_marks(chunk, mention.end))

    def _found(self, scan: Scan, leet: int | None) -> Iterator[Found]:
        """Every name in the scan, whose text is a reading of leet from the code point `leet` on (None: nowhere)."""
        names, loose = Questions(), Questions()
        exact.ask(scan, [part.heads for part in self._parts], names)
        disguise.ask(scan, names, loose)
        inside.ask(scan, names)
        if leet is not None:
            disguise.ask_visual(scan, int(scan.folded.at[scan.starts].searchsorted(leet)), loose)
        for number, part in enumerate(self._parts):
            for found in self._found_in(scan, part, self._near[number], names, loose):
                if number or found.row.subject_no not in self._removed:
                    yield found

    @staticmethod
    def _found_in(scan: Scan, part: Part, words: NearPart, names: Questions, loose: Questions) -> Iterator[Found]:
        yield from names.answers(scan, part, part.exact)
        yield from loose.answers(scan, part, part.loose)
        yield from near.find(scan, part, words)
        yield from spoken.find(scan, part, words)
        yield from foreign.find(scan, part)

    def _hit(self, joined: str, mention: _Mention, texts: Sequence[Text], begins: list[int]) -> NameHit:
        found, start, end = mention.found, mention.start, mention.end
        place = int(np.searchsorted(begins, start, side="right")) - 1
        text, base = texts[place], begins[place]
        stop = min(end - base, len(text.text))
        split = end - base > len(text.text)
        around = surroundings(joined if split else text.text, start if split else start - base, end if split else end - base)
        return NameHit(
            found.row.subject_no, found.row.text, found.row.kind, text.where, (start - base, stop), text.text[start - base : stop],
            round(found.score, 4), self._strength(found, around), role_of(around), "split over fields" if split else mention.view,
        )  # fmt: skip

    def _strength(self, found: Found, around: Surroundings) -> Strength:
        words = fold_text(found.row.text).split()
        zipfs = [self._words.zipf(word) for word in words]
        return strength_in(around, found.row.strength, zipfs, plain=found.plain, weak=found.weak, doubtful=found.doubtful)


def _mention(sheet: Sheet, original: str, found: Found) -> _Mention | None:
    """The name in the original; None where it is in no single reading, or in one that changed nothing of it."""
    piece = sheet.piece(*sheet.folded.span(found.start, found.end))
    if piece is None:
        return None
    view, low, high = piece
    if view is None:
        return _Mention(found, low, high, found.view)
    if view.name == "words apart" and found.plain:
        return None  # the original shows it as well
    start, end = view.span(low, high)
    if view.name == "drawn out":
        if once(fold_text(view.text[low:high])) != once(fold_text(found.row.text)) or not THRICE.search(original[start:end]):
            return None
        found = replace(found, weak=False, doubtful=False)
    if view.text[low:high] == original[start:end] or (
        view.name in _READ_TOGETHER and disguise.is_initials(fold_text(found.row.text).split())
    ):
        return None
    return _Mention(replace(found, score=found.score * 0.97, plain=False), start, end, view.name)


def _rank(found: Found) -> tuple[bool, float, int]:
    """Which of two readings of the same letters as the same person is told: the surer one, then the longer name."""
    return not found.weak, found.score, len(found.row.text)


def _outranks(longer: Found, shorter: Found) -> bool:
    """Whether a longer mention may hide a shorter one: not when only the shorter is beyond doubt."""
    if shorter.plain and longer.view == "other script":
        return False
    return not (longer.doubtful or longer.weak) or shorter.doubtful or shorter.weak


def _longest(mentions: list[_Mention]) -> list[_Mention]:
    """In order of place, without those inside a longer one; each person once a place."""
    mentions.sort(key=lambda it: (it.start, -it.end, -it.found.score, it.found.row.subject_no, it.found.row.text))
    out: list[_Mention] = []
    for mention in mentions:
        inside = any(
            _outranks(kept.found, mention.found)
            and kept.start <= mention.start
            and mention.end <= kept.end
            and (kept.start, kept.end) != (mention.start, mention.end)
            for kept in out[-8:]
        )
        if not inside:
            out.append(mention)
    return out
