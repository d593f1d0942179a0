"""First names and surnames that a text gives apart, each with a word that says which it is: `{"first_name": "Jane", ..., "last_name": "Doe"}`, `Jane from the Doe family`."""

import re
from bisect import bisect
from collections.abc import Iterator

import numpy as np

from guard.normalise.reading import Reading, Span, room
from guard.normalise.signs import LABELS

# Field names and words for a first name and for a surname; those that are other words as well are taken for one only with a sign behind them.
_GIVEN = r"(?:first|given|fore)[\s_-]?names?|[fg]_?name|vornamen?|pr[ée]noms?|nombres?|nomes?|prenume|voornaam|f[öo]r?navn|förnamn|etunimi|imi(?:ę|eniu|ona)|imenu?|jméno|keresztnév|ad[ıi]|isim|имя|имени|именем|ім'?я|όνομα"
_FAMILY = r"(?:last|family)[\s_]?names?|surname|l_?name|(?:nach|familien)namen?|nom(?:[ _]de[ _]famille)?|apellidos?|sobrenome|apelido|cognome|achternaam|efternamn|etternavn|efternavn|sukunimi|nazwisk(?:o|u|iem)|nume de familie|příjmení|vezetéknév|soyad[ıi]?|soyisim|фамили(?:я|и|ю|ей)|прізвищем?|επώνυμο"
_GIVEN_UNSPACED, _FAMILY_UNSPACED = "名字|名前|名|이름", "姓氏|姓|苗字|성"
_FIELD = rf"(?i:{_GIVEN}|{_FAMILY}|first|last|given|family)(?!\w)"
# A value, or two with capitals; neither is the name of a field.
_WORD = rf"(?!{_FIELD})[^\W_][^\s,;:=?!|<>&{{}}()\[\]\"“”«»/、。，；]{{0,29}}"
_VALUE = rf"{_WORD}(?:(?<!\.)[ \u00a0](?=[A-ZÀ-Þ]){_WORD}(?![:=]))?"
_IS = r"(?:\s{1,2}(?i:is|are|was|being|ist|lautet|est|es|é|è|jest|of|to)(?!\w))?"


def _labelled(words: str, plain: str, unspaced: str) -> str:
    spaced = rf"(?<!\w)(?i:{words})(?!\w){_IS}[\s:=?\"'“”«»|<>\[\](){{}}/]{{1,8}}"
    signed = rf"(?<!\w)(?i:{plain})[\"'”]?\s?[:=|>][\s\"'“«|]{{0,6}}"
    return rf"(?:{spaced}|{signed}|(?:{unspaced})(?:是|は|은|는)?[:：\s]{{0,2}})({_VALUE})"


_FIRST = re.compile(
    rf"{_labelled(_GIVEN, 'first|given', _GIVEN_UNSPACED)}|(?<!\w)(?i:named|called|name is|goes by|namens|genannt|nommée?|llamad[oa]|chiamat[oa]|chamad[oa]|по имени)\s({_VALUE})"
)
_LAST = re.compile(
    rf"{_labelled(_FAMILY, 'last|family', _FAMILY_UNSPACED)}"
    rf"|(?<!\w)(?i:family|clan|dynasty|familie|famille|familia|famiglia)(?:\s(?:of|de|di|von))?\s({_VALUE})"
    rf"|(?<!\w)(?i:the|an?|that)\s({_WORD})(?=\s(?i:family|clan|dynasty|siblings)(?!\w))|(?<!\w)(?i:the|an?|that)\s(?=[A-ZÀ-Þ])({_WORD})(?=\s(?i:called|named)(?!\w))"
)
# `Jane of the Doe family`: the first name stands before what says that a surname follows.
_OF = re.compile(
    rf"(?<!\w)({_WORD})\s(?i:from|of|aus|de|der|von)\s(?i:the\s|der\s|la\s)?(?:(?i:house|family|clan|dynasty|haus|familie|famille|familia)\s(?:of\s)?({_WORD})|({_WORD})(?=\s(?i:family|clan|dynasty)(?!\w)))"
)
# A contact's name in vCard; a word with a capital, to which a surname belongs that nothing else is said to.
_VCARD = re.compile(r"(?m)^N(?:;[^:\n]{0,40})?:([^;\n]{1,30});([^;\n]{1,30})")
_NAMED = re.compile(r"(?<!\w)[A-ZÀ-ÞА-Я][^\W\d_]+")
_NEAR = 60
# Cells of a table, and what the columns are called that hold a first name and a surname.
_LINE = re.compile(r"[^\n]+")
_CELL = re.compile(r"[^,;|\t\n]+")
_FIRST_FIELD, _LAST_FIELD = (
    re.compile(rf"[\s\"']*(?i:{words})[\s\"']*")
    for words in (f"{_GIVEN}|first|given|{_GIVEN_UNSPACED}", f"{_FAMILY}|last|family|{_FAMILY_UNSPACED}")
)
_HOUSE = re.compile(r"(?i:family|house|clan|dynasty|haus|famil)")
_LABEL = re.compile(r"[姓성苗]|\w{3,}")
_LABELS = frozenset(LABELS)
# Code points before and behind such a word that what `_LAST` looks for may have.
_BEFORE_LABEL, _BEHIND_LABEL = 40, 96
# Code points between two parts of one name, and surnames on each side of a first name that it may belong to.
_FARTHEST, _ON_A_SIDE = 600, 2


def _values(pattern: re.Pattern[str], text: str) -> list[Span]:
    return [next(match.span(group) for group, value in enumerate(match.groups(), 1) if value) for match in pattern.finditer(text)]


def _surnames(text: str) -> list[Span]:
    """What `_LAST` finds, looked for only around the words that it has: trying it everywhere takes ten times as long."""
    found: dict[Span, None] = {}
    for word in _LABEL.finditer(text):
        if len(word.group()) == 1 or word.group().lower() in _LABELS:
            begin, end = max(0, word.start() - _BEFORE_LABEL), word.end() + _BEHIND_LABEL
            for match in _LAST.finditer(text, begin, end):
                if match.start() <= word.start():
                    found[next(match.span(group) for group, value in enumerate(match.groups(), 1) if value)] = None
    return sorted(found)


def _columns(text: str) -> Iterator[tuple[Span, Span]]:
    """The cells under a first name and a surname, line by line."""
    columns: tuple[int, int] | None = None
    if "\n" not in text:
        return
    for line in _LINE.finditer(text):
        cells = [match.span() for match in _CELL.finditer(text, *line.span())]
        first, last = (
            next((number for number, cell in enumerate(cells) if field.fullmatch(text, *cell)), None)
            for field in (_FIRST_FIELD, _LAST_FIELD)
        )
        if first is not None and last is not None:
            columns = first, last
        elif columns and max(columns) < len(cells):
            yield cells[columns[0]], cells[columns[1]]


def _said(text: str) -> Iterator[tuple[Span, Span]]:
    """First names and surnames that words around them tell: each with the nearest of the other kind, then with others near."""
    for match in _OF.finditer(text) if _HOUSE.search(text) else ():
        yield match.span(1), match.span(2) if match.group(2) else match.span(3)
    last = _surnames(text)
    surnames = frozenset(last)
    firsts = [first for first in _values(_FIRST, text) if first not in surnames] if last else []
    near = [(first, _nearest(last, first)) for first in firsts]
    for rank in range(2 * _ON_A_SIDE):
        yield from ((first, found[rank]) for first, found in near if rank < len(found))
    for surname in last if not firsts else ():
        for named in list(_NAMED.finditer(text, max(0, surname[0] - _NEAR), surname[0]))[-2:]:
            yield named.span(), surname


def _nearest(last: list[Span], first: Span) -> list[Span]:
    """Those of the sorted surnames that stand next to a first name on each side, the nearest one first."""
    at = bisect(last, first)
    beside = [span for span in last[max(0, at - _ON_A_SIDE) : at + _ON_A_SIDE] if abs(span[0] - first[0]) <= _FARTHEST]
    return sorted(beside, key=lambda span: abs(span[0] - first[0]))


def labelled(source: Reading) -> Reading | None:
    """Each first name that is said to be one, with the surnames that may be its own; a line for each pair, as many as there is room for."""
    text = source.text
    out: list[str] = []
    at: list[int] = []
    pairs = [*_columns(text), *((match.span(2), match.span(1)) for match in _VCARD.finditer(text)), *_said(text)]
    for one, other in dict.fromkeys(pairs):
        out += "\n", text[slice(*one)].rstrip(".'’-"), " ", text[slice(*other)].rstrip(".'’-")
        at += one[0], *range(one[0], one[0] + len(out[-3])), other[0], *range(other[0], other[0] + len(out[-1]))
        if len(at) > room(text):
            break
    low = np.array(at, dtype=np.int64)
    return Reading("".join(out), low, low + 1) if out else None
