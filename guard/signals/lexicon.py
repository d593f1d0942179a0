"""What a text is about, by its words.

**Meaning**: for each of `sexual minors violence hate self_harm political deception` how sure the words make it that the
text is about that; `photo` and `drawn` feed `style`. **Range**: 0..1, as 1 - product of (1 - weight) over the different
terms found; a signal that is 0 is left out. **Cost** and **error rates**: docs/reference/signals.md. A lexicon misses what
is said in other words, and takes mention for request: it is the floor under a moderation service, not instead of one.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from guard.signals.words import FIRST_OF_RUNS, RUN, Remembered, words_of

_NEVER = re.compile(r"(?!)")
_KATAKANA = re.compile("[\u30a1-\u30ff]+")  # a word of katakana ends where katakana ends: ロリ is not in カロリー
_BEGINS, _INSIDE = 1, 2
_STEP = 10_000  # one word in the positions below; letters inside a run are ones


@dataclass(frozen=True, slots=True)
class Term:
    """One term of the list. `words` are folded; `open_end` means everything that begins so."""

    signal: str
    weight: float
    words: tuple[str, ...]
    open_end: bool
    exception: bool


@dataclass(frozen=True, slots=True)
class Found:
    """One term found, from word `start` to `end`."""

    term: Term
    start: int
    end: int
    unit: int = _STEP

    @property
    def ends(self) -> tuple[tuple[str, int], tuple[str, int]]:
        """The first and the last word (or letter of a run), under the term's signal."""
        return (self.term.signal, self.start), (self.term.signal, self.end - self.unit)


@dataclass(slots=True)
class Lexicon:
    """Terms by their first word, by the beginning of their only word, and by what is looked for inside of runs.

    `followers` holds the second words of a first word's terms, or None where one of them has no whole second word: `a` begins
    seven terms and stands in every text, so what follows it is asked first.
    """

    by_word: dict[str, list[Term]] = field(default_factory=dict)
    followers: dict[str, frozenset[str] | None] = field(default_factory=dict)
    by_stem: dict[str, list[Term]] = field(default_factory=dict)
    in_runs: dict[str, list[Term]] = field(default_factory=dict)
    stem_sizes: dict[str, tuple[int, ...]] = field(default_factory=dict)
    run_sizes: dict[str, tuple[int, ...]] = field(default_factory=dict)
    beginnings: re.Pattern[str] = _NEVER
    where: Remembered[int] = field(init=False)

    def __post_init__(self) -> None:
        self.where = Remembered(self._where)

    def _where(self, word: str) -> int:
        """Where this word's terms are to be looked for: `_BEGINS`, `_INSIDE`, both or neither."""
        stem = any(word[:size] in self.by_stem for size in self.stem_sizes.get(word[:2], ()))
        run = word >= FIRST_OF_RUNS and RUN.search(word) is not None and self.beginnings.search(word) is not None
        return _BEGINS * (stem or word in self.followers) + _INSIDE * run

    def find(self, words: Sequence[str]) -> list[Found]:
        """Every term in the words, those inside an exception for the same signal left out."""
        found: list[Found] = []
        by_stem, stem_sizes, followers, where = self.by_stem, self.stem_sizes, self.followers, self.where
        for index, word in enumerate(words):
            places = where[word]
            if not places:
                continue
            if places & _INSIDE:
                self._inside(word, index * _STEP, found)
            if not places & _BEGINS:
                continue
            if word in followers:
                seconds = followers[word]
                if seconds is None or (index + 1 < len(words) and words[index + 1] in seconds):
                    self._phrases(self.by_word[word], words, index, found)
            for size in stem_sizes.get(word[:2], ()):
                if (stem := word[:size]) in by_stem and size <= len(word):
                    found.extend(Found(term, index * _STEP, (index + 1) * _STEP) for term in by_stem[stem])
        excepted = {(f.term.signal, at) for f in found if f.term.exception for at in range(f.start, f.end, f.unit)}
        if not excepted:
            return found
        return [f for f in found if not f.term.exception and not excepted.issuperset(f.ends)]

    def _phrases(self, terms: list[Term], words: Sequence[str], index: int, found: list[Found]) -> None:
        for term in terms:
            end = index + len(term.words)
            if end > len(words):
                continue
            *middle, last = term.words
            fits = words[end - 1].startswith(last) if term.open_end else words[end - 1] == last
            if fits and list(words[index : end - 1]) == middle:
                found.append(Found(term, index * _STEP, end * _STEP))

    def _inside(self, run: str, start: int, found: list[Found]) -> None:
        for begin in self.beginnings.finditer(run):
            at = begin.start()
            for size in self.run_sizes[begin[0]]:
                for term in self.in_runs.get(run[at : at + size], ()):
                    if not _KATAKANA.fullmatch(run, at, at + size) or not _KATAKANA.match(
                        run[at - 1 : at] + run[at + size : at + size + 1]
                    ):
                        found.append(Found(term, start + at, start + at + size, 1))  # noqa: PERF401


def score(found: Iterable[Found]) -> dict[str, float]:
    """How sure the terms found make each signal; each term counts once however often it stands there."""
    weights: dict[str, dict[tuple[str, ...], float]] = {}
    for one in found:
        weights.setdefault(one.term.signal, {})[one.term.words] = one.term.weight
    scores = {}
    for signal, terms in weights.items():
        doubt = 1.0
        for weight in terms.values():
            doubt *= 1.0 - weight
        scores[signal] = round(1.0 - doubt, 6)
    return scores


def build(lines: Iterable[str]) -> Lexicon:
    """A lexicon from lines of `terms.txt`'s form; a line that is not raises ValueError with its number."""
    lexicon = Lexicon()
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        head, colon, tail = line.partition(":")
        parts = head.split()
        if not colon or len(parts) != 3:
            raise ValueError(f"line {number}: want `signal weight language: term, term`, got {line[:60]!r}")
        for text in tail.split(","):
            _add(lexicon, _term(parts[0], float(parts[1]), text.strip()))
    lexicon.followers = {word: _followers(terms) for word, terms in lexicon.by_word.items()}
    lexicon.stem_sizes = _sizes(lexicon.by_stem, 2)
    lexicon.run_sizes = _sizes(lexicon.in_runs, 1)
    if lexicon.run_sizes:
        lexicon.beginnings = re.compile(f"[{re.escape(''.join(lexicon.run_sizes))}]")
    return lexicon


def _followers(terms: Iterable[Term]) -> frozenset[str] | None:
    """The second words of these terms; None when one is a single word, or its second word only begins so."""
    seconds: set[str] = set()
    for term in terms:
        if len(term.words) == 1 or (term.open_end and len(term.words) == 2):
            return None
        seconds.add(term.words[1])
    return frozenset(seconds)


def _sizes(terms: Iterable[str], beginning: int) -> dict[str, tuple[int, ...]]:
    """Which lengths of terms begin with these characters, so that most words cost one look-up."""
    sizes: dict[str, set[int]] = {}
    for term in terms:
        sizes.setdefault(term[:beginning], set()).add(len(term))
    return {start: tuple(sorted(lengths)) for start, lengths in sizes.items()}


def _term(signal: str, weight: float, text: str) -> Term:
    exception, open_end = text.startswith("!"), text.endswith("*")
    return Term(signal, weight, tuple(words_of(text.strip("!*"))), open_end, exception)


def _add(lexicon: Lexicon, term: Term) -> None:
    if len(term.words) == 1 and RUN.search(term.words[0]) is not None:
        table = lexicon.in_runs
    elif len(term.words) == 1 and term.open_end:
        table = lexicon.by_stem
    else:
        table = lexicon.by_word
    if term.words:
        terms = table.setdefault(term.words[0], [])
        if term not in terms:
            terms.append(term)


@cache
def bundled() -> Lexicon:
    """The lexicon in `terms.txt`, read once."""
    return build(files("guard.signals").joinpath("terms.txt").read_text("utf-8").splitlines())
