"""Names as written: any spacing, punctuation, case and order, spelled letter by letter, with a middle name more."""

import re
from collections.abc import Iterator, Sequence
from operator import gt

import numpy as np

from guard.match.names import endings
from guard.match.names.disguise import is_initials
from guard.match.names.part import Found, Parts
from guard.match.names.rows import Row
from guard.match.names.scan import Scan
from guard.match.names.strength import ORDINARY_ZIPF
from guard.match.names.words import WordTable
from guard.normalise.fold import UPPER
from guard.normalise.letters import SEPARATOR, folded

# Letters from which ordinary words that begin with a capital are a name taken apart, and words written together are no chance.
_LONG = 8
# Where one word ends and another begins, before each letter but the first.
_CUT = b"\1"
_MOST_MIDDLE_NAMES = 2
_ORDINARY = WordTable.level(ORDINARY_ZIPF)
# Letters of two ordinary words written together in small letters below which that is a word of its own: rosewood.
_COMPOUND = 10
# Who is called so has the rest of the name behind it: King Charles is nobody's surname first.
_RANKS = frozenset(
    "king queen prince princess lord lady saint san santa sankt duke baron count earl pope bishop captain father sister brother uncle aunt doctor judge general major".split()  # noqa: SIM905
)
_SENTENCE_END = ("", *".!?\n")
_WORDS_OF_ONE = frozenset("aeiouy")
# The end of a clause; what stands in quotes, brackets or dashes between a first name and a surname, or is said there without a meaning.
_CLAUSE_END = re.compile(r"[.,;:!?][\"'”’»)]*\s")
_PARTED = re.compile(r"(?<=[^\W\d_])[,;:!?]\s")
_NICKNAME = re.compile(
    r"\s*(?:\([^()\n]+\)|\[[^\[\]\n]+\]|[\"'“‘«][^\"\n]+[\"'”’»]|[—–]+[^\n—–]+[—–]+|-{1,2}\s[^\n—–]+\s-{1,2}"
    r"|(?:[,.…-]{0,3}\s?(?:uh|um|erm|er|hmm|ähm|euh|eh|underscore|dot|space|hyphen|dash)\s?[,.…-]{0,3}))\s*",
    re.IGNORECASE,
)


def _ordinary_pieces(scan: Scan, start: int, end: int) -> bool:
    """Whether the stretch is made of whole ordinary words only, so that a name across their edges is chance: not of a longer one with a capital."""
    first = int(np.searchsorted(scan.starts, start, side="right")) - 1
    last = int(np.searchsorted(scan.ends, end))
    if end - start >= _LONG and scan.folded.kinds[start] & UPPER:
        return False
    return bool((scan.levels[first : last + 1] > 0).all() and (scan.sizes[first : last + 1] > 1).all())


def _classified(scan: Scan, start: int, end: int, words: Sequence[str]) -> tuple[str, bool, bool]:
    """How the letters `start` to `end`, which spell `words`, are cut into words: view, plain, weak."""
    cuts, wanted = scan.folded.breaks[start + 1 : end].tobytes(), _CUT.join([bytes(len(word) - 1) for word in words])
    if cuts == wanted:
        return "as written", True, False
    if _CUT not in cuts:
        camel = scan.folded.camel[start + 1 : end].tobytes()
        one_word = scan.level(start, end) > 0
        return "written together", False, one_word and camel != wanted
    if bytes(1) not in cuts:
        return "spelled out", False, False
    ordinary = _ordinary_pieces(scan, start, end)
    return "taken apart", False, ordinary or (any(map(gt, wanted, cuts)) and _ends_inside(scan, start, end))


def _listed(scan: Scan, start: int, end: int) -> bool:
    """Whether ordinary words in small letters are parted by more than a space: `jack, black anvil`."""
    if scan.folded.kinds[start] & UPPER or not _ordinary_pieces(scan, start, end):
        return False
    begin, stop = scan.folded.span(start, end)
    return _PARTED.search(scan.text, begin, stop) is not None


def _ends_inside(scan: Scan, start: int, end: int) -> bool:
    """Whether a clause ends between these letters: a name across it whose words are none of the text's is chance."""
    begin, stop = scan.folded.span(start, end)
    return _CLAUSE_END.search(scan.text, begin, stop) is not None


def _check(scan: Scan, row: Row, start: int, end: int) -> Found | None:
    """The alias, if the letters `start` to `end` spell it."""
    seen = scan.folded.word(start, end)
    words = row.words
    if seen == "".join(words):
        view, plain, weak = _classified(scan, start, end, words)
        if is_initials(words):
            weak = (
                weak
                or _is_article(scan, start)
                or (not plain and view != "spelled out")
                or not scan.folded.kinds[start] & UPPER
                or not _dotted(scan, start, end)
            )
        together = view == "written together" and not scan.folded.camel[start + 1 : end].any()
        short = together and (end - start < _LONG or (end - start < _COMPOUND and _compound(scan, start, end, words)))
        listed = view == "as written" and _listed(scan, start, end)
        return Found(row, start, end, view, 1.0 if plain else 0.97, plain, weak, doubtful=short, cued=listed)
    if len(words) > 1 and seen == words[-1] + "".join(words[:-1]):
        _, plain, _ = _classified(scan, start, end, [words[-1], *words[:-1]])
        cited = len(words) == 2 and len(words[0]) == 1  # `Doe, J.` stands in every list of references
        short = is_initials(words)
        listed = plain and not short and _listed(scan, start, end)
        purpose = plain and not cited and (listed or _turned_on_purpose(scan, start, len(words[-1]), short=short))
        return Found(row, start, end, "other order", 0.95, plain, weak=not purpose, cued=listed)
    return None


def _compound(scan: Scan, start: int, end: int, words: Sequence[str]) -> bool:
    """Whether two ordinary words in small letters are written together."""
    cut = start + len(words[0])
    return len(words) == 2 and min(scan.level(start, cut), scan.level(cut, end)) >= _ORDINARY and not scan.folded.kinds[start] & UPPER


def _is_article(scan: Scan, start: int) -> bool:
    """Whether an initial is a word of its own, which begins a sentence and has no dot: `A Rothko-like field`."""
    at = int(scan.folded.at[start])
    alone = scan.text[at : at + 1].lower() in _WORDS_OF_ONE and scan.text[at + 1 : at + 2] in " \u00a0"
    return alone and scan.text[max(0, at - 2) : at].rstrip()[-1:] in _SENTENCE_END


def _dotted(scan: Scan, start: int, end: int) -> bool:
    """Whether only dots and spaces stand between initials and surname."""
    begin, stop = scan.folded.span(start, end)
    return all(char in ".·*_/~| -" or folded(char) != SEPARATOR for char in scan.text[begin:stop])


def _check_plural(scan: Scan, row: Row, start: int, end: int) -> Found | None:
    found = _check(scan, row, start, end)
    if found is None or not found.plain:
        return None
    if scan.folded.at[end] - scan.folded.at[end - 1] > 1:
        return found._replace(view="as written")
    number = int(scan.ends.searchsorted(end, side="right"))
    return found._replace(end=end + 1, view="inflected", score=found.score * 0.99, cued=bool(scan.levels[number] >= _ORDINARY))


def _check_ended(scan: Scan, row: Row, start: int, end: int) -> Found | None:
    found = _check(scan, row, start, end)
    if found is None or found.view != "as written":
        return None
    number = int(scan.ends.searchsorted(end, side="right"))
    if not endings.languages(scan.word(number), row.words[-1]):
        return None
    return found._replace(end=int(scan.ends[number]), view="inflected", score=found.score * 0.98)


def _turned_on_purpose(scan: Scan, start: int, surname: int, *, short: bool) -> bool:
    """Surname first: with a comma, or both words with a capital, or in a word that no language has; where initials are all else (`short`), with capitals and no other sign between."""
    at = scan.folded.at
    between = scan.text[int(at[start + surname - 1]) + 1 : int(at[start + surname])]
    numbers = [int(np.searchsorted(scan.starts, place, side="right")) - 1 for place in (start, start + surname)]
    if short:
        return between.strip(" ") in {",", ""} and bool(scan.capital.take(numbers).all())
    if "," in between:
        return bool(scan.capital.take(numbers).all() or (scan.levels.take(numbers) == 0).any())
    if any(sign in between for sign in "\n#.;:!?") or scan.word(numbers[0]) in _RANKS:
        return False
    return all(bool(scan.capital[number]) or bool(scan.levels[number] == 0) for number in numbers)


def _check_middle(scan: Scan, row: Row, one: int, other: int) -> Found | None:
    """The alias, if words `one` and `other` spell it and what stands between could be middle names."""
    if row.words != (scan.word(one), scan.word(other)) or not (scan.capital[one] and scan.capital[other]):
        return None
    between = range(one + 1, other)
    initials = any(scan.sizes[number] == 1 for number in between)
    begin, stop = int(scan.starts[one]), int(scan.ends[other])
    at = scan.folded.at
    if not _NICKNAME.fullmatch(scan.text, int(at[int(scan.ends[one]) - 1]) + 1, int(at[int(scan.starts[other])])):
        if len(between) > _MOST_MIDDLE_NAMES or not all(scan.sizes[number] == 1 or scan.capital[number] for number in between):
            return None
        raw = scan.text[int(at[begin]) : int(at[stop - 1]) + 1]
        forbidden = "\n,;:!?()-" if is_initials(row.words) else "\n,;:!?()"  # `E-Commerce-Hero` is no E. Hero
        if any(sign in raw for sign in forbidden) or (". " in raw and not initials):
            return None
    return Found(row, begin, stop, "middle name", 0.93)


def find(scan: Scan, parts: Parts) -> Iterator[Found]:
    """Every name as written, with a plural s or an ending, or with a middle name."""
    written, plural = scan.as_written(parts.exact, parts.heads)
    yield from parts.confirmed(scan, written, _check)
    yield from parts.confirmed(scan, plural, _check_plural)
    yield from parts.confirmed(scan, scan.ended(parts.exact), _check_ended)
    yield from parts.confirmed(scan, scan.around_middle_names(parts.exact), _check_middle)
