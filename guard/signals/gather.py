"""All signals that are read from words alone, in one pass over the texts of a request. Pure."""

from collections.abc import Iterable

from guard.signals.age import age_years
from guard.signals.avoided import avoided
from guard.signals.lexicon import Found, Lexicon, Term, bundled, score
from guard.signals.people import people_asked
from guard.signals.style import style_of
from guard.signals.words import words_of
from guard.types import Text

_CHILD_YEARS = 18
_INTERNAL = ("photo", "drawn", "clothed")
_AVOIDABLE = frozenset({"sexual", "violence", "hate", "clothed"})
_UNCLOTHED = Term("sexual", 0.9, ("unclothed",), open_end=False, exception=False)


def gather(texts: Iterable[Text]) -> dict[str, float | str | bool]:
    """The signals of a request's texts taken together; what says nothing is left out.

    A stated age under 18 makes `minors` certain.
    """
    read: list[tuple[Text, list[Found]]] = []
    ages: list[float] = []
    people: list[float] = []
    lexicon = bundled()
    for text in texts:
        words = words_of(text.text)
        read.append((text, lexicon.find(words)))
        if (age := age_years(text.text)) is not None:
            ages.append(age)
        if (number := people_asked(words, text.text)) is not None:
            people.append(number)
    found = [one for _, terms in read for one in terms]
    if any(one.term.signal in _AVOIDABLE for one in found):
        children = min(ages, default=_CHILD_YEARS) < _CHILD_YEARS or any(one.term.signal == "minors" for one in found)
        found = [one for text, terms in read for one in _asked_for(lexicon, text, terms, children=children)]
    scores = score(found)
    signals: dict[str, float | str | bool] = {name: value for name, value in scores.items() if name not in _INTERNAL}
    if (style := style_of(scores)) is not None:
        signals["style"] = style
    if people:
        signals["people"] = max(people)
    if ages:
        signals["age_years"] = min(ages)
        if min(ages) < _CHILD_YEARS:
            signals["minors"] = 1.0
    return signals


def _asked_for(lexicon: Lexicon, text: Text, found: list[Found], *, children: bool) -> list[Found]:
    """The terms `found` in this text, without those of things that it says shall not be drawn (guard/signals/avoided.py).

    A list that speaks of a child or of clothes counts all the same, and one of nothing but clothes asks for nudity. Where there are
    `children`, unmistakable words count in every list but a field's.
    """
    kept, more, end = [], [], 0
    for one in avoided(text):
        said = [words_of(item) for item in one.items]
        inside = [lexicon.find(words) for words in said]
        terms = [term for terms in inside for term in terms]
        if any(
            list(term.term.words) == words
            for words, terms in zip(said, inside, strict=True)
            for term in terms
            if term.term.signal == "clothed"
        ):
            more.append(Found(_UNCLOTHED, 0, 1))
        if not any(term.term.signal in ("minors", "clothed") for term in terms):
            kept.append(text.text[end : one.start])
            end = one.end
            counted = 0.5 if children and not one.field else 1.0
            more.extend(term for term in terms if term.term.signal not in _AVOIDABLE or term.term.weight > counted)
    return (lexicon.find(words_of("\n".join([*kept, text.text[end:]]))) if kept else found) + more
