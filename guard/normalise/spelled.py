"""Names spelled in a text letter by letter: in code words, by the names of letters, with words and numbers between, or as first letters."""

import re
from collections.abc import Iterable

import numpy as np

from guard.normalise.reading import Reading, Span
from guard.normalise.signs import CODE_WORDS, FIRSTS_WORDS, LETTER_NAMES, TELLING_NAMES

_AS_IN = re.compile(
    r"(?<![^\W_])([^\W\d_])(?=[\s,:(])(?:\s{0,2}[,:(]?\s{0,2}(?:as\s{1,2}in|like\s{1,2}in|is\s{1,2}for|for|like|as|wie|comme|come|como(?:\s{1,2}en)?|de)\s{1,2}[\"'“]?)([^\W\d_]+)[\"'”)]?",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]+")
# The letters by their words and by themselves; a run of them counts where so many say nothing else.
_SAID = {word: word[0] for word in CODE_WORDS} | LETTER_NAMES
_TELLING, _FEWEST_TELLING = TELLING_NAMES.union(CODE_WORDS), 3
_NAMES_OF_TWO_WORDS = r"double[\s-]u|uve[\s-]doble|i[\s-]griega"
_SAID_WORD = (
    rf"(?:{_NAMES_OF_TWO_WORDS})(?!\w)|" + "".join(rf"{word}(?!\w)|" for word in sorted(_SAID, key=len, reverse=True)) + r"[a-z](?!\w)"
)
_CODE_RUN = re.compile(rf"(?<!\w)(?:(?:{_SAID_WORD})[\s,.-]{{0,3}}){{4,}}", re.IGNORECASE)
_TWO_WORDS = re.compile(rf"(?:{_NAMES_OF_TWO_WORDS})(?!\w)", re.IGNORECASE)


def spelled_as(source: Reading) -> Reading | None:
    """`T as in Tom, a, y` read as the letters it stands for."""
    return source.replaced(_AS_IN, lambda match: match.group(1) if match.group(2)[:1].lower() == match.group(1).lower() else None)


def _as_one(match: re.Match[str]) -> str:
    return "y" if match.group()[0] in "iI" else "w"


def _letters(match: re.Match[str]) -> str | None:
    words = _WORD.findall(_TWO_WORDS.sub(_as_one, match.group()))
    told = sum(word.lower() in _TELLING for word in words) >= _FEWEST_TELLING
    letters = [_SAID.get(word.lower(), word.lower()) for word in words]
    return (
        " ".join(letter.upper() if word[0].isupper() else letter for letter, word in zip(letters, words, strict=True)) + " "
        if told
        else None
    )


def spelled_in_code(source: Reading) -> Reading | None:
    """`Tango Alpha Yankee`, `tee ay why` read as the letters they stand for."""
    return source.replaced(_CODE_RUN, _letters)


# What may stand between the letters of a list of them, and how many of it; fewest letters of one.
_BETWEEN = frozenset(
    "then and und et plus next followed by comma letter letters buchstabe lettre letra first second third fourth fifth sixth seventh eighth ninth tenth".split()  # noqa: SIM905
)
_NUMBER = re.compile(r"\d{1,2}(?:st|nd|rd|th)?")
_MOST_BETWEEN, _WIDEST_GAP, _FEWEST = 3, 4, 5


def listed(source: Reading) -> Reading | None:
    """Letters that stand alone with words or numbers between them: `T, then o, then m`, `1. T 2. o`."""
    out: list[Span] = []
    run: list[Span] = []
    told = passed = end = 0
    for match in _WORD.finditer(source.text):
        word = match.group().lower()
        near = match.start() - end <= _WIDEST_GAP
        if not near:
            run, told, passed = _kept(out, run, told), 0, 0
        if len(word) == 1 and word.isalpha():
            run.append(match.span())
            passed = 0
        elif run and passed < _MOST_BETWEEN and (word in _BETWEEN or _NUMBER.fullmatch(word)):
            told += 1
            passed += 1
        else:
            run, told, passed = _kept(out, run, told), 0, 0
        end = match.end()
    _kept(out, run, told)
    return _lines(source.text, [out]) if out else None


def _kept(out: list[Span], run: list[Span], told: int) -> list[Span]:
    """Put a run of letters down if words stood between most of them; an empty one to go on with."""
    if len(run) >= _FEWEST and told >= len(run) - 2:
        out += run
    return []


# What says that letters are to be taken from words; letters that a text marks, in words and as capitals within a sentence.
_FIRSTS = re.compile(rf"(?<!\w)(?:{'|'.join(sorted(FIRSTS_WORDS, key=len, reverse=True))})(?!\w)", re.IGNORECASE)
_MARKED = re.compile(r"\*\*([^\W\d_])\*\*|\[([^\W\d_])\]")
_LINE_BEGIN = re.compile(r"(?m)^[\s>*\"'-]{0,4}([^\W\d_])")
_CAPITAL = re.compile(r"[A-ZÀ-Þ]")
_WORD_BEGIN = re.compile(r"(?<![\w'’])[^\W\d_]")
_FEWEST_MARKED = 6


def first_letters(source: Reading) -> Reading | None:
    """The first letters of words and of lines, and capitals, where the text speaks of them; letters in brackets or bold at the head of words anyway."""
    text = source.text
    rows = [_spans(_MARKED, text, 0)]
    told = _FIRSTS.search(text)
    if told:
        rows += [_spans(pattern, text, told.end()) for pattern in (_LINE_BEGIN, _CAPITAL, _WORD_BEGIN)]
        rows.append(_spans(_WORD_BEGIN, text[: told.start()], 0))
    rows = [row for row in rows if len(row) >= _FEWEST_MARKED]
    return _lines(text, rows) if rows else None


def _spans(pattern: re.Pattern[str], text: str, begin: int) -> list[Span]:
    return [match.span(match.lastindex or 0) for match in pattern.finditer(text, begin)]


def _lines(text: str, rows: Iterable[list[Span]]) -> Reading:
    """Letters with a space between them, each row in a line."""
    out: list[str] = []
    at: list[int] = []
    for row in rows:
        for number, (begin, end) in enumerate(row):
            out += " " if number else "\n", text[begin:end]
            at += begin, begin
    low = np.array(at, dtype=np.int64)
    return Reading("".join(out), low, low + 1)
