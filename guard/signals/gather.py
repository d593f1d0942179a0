"""All signals that are read from words alone, in one pass over the texts of a request. Pure."""

from collections.abc import Iterable, Sequence

from guard.signals.age import age_years
from guard.signals.avoided import split
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
    found: list[Found] = []
    ages: list[float] = []
    people: list[float] = []
    lexicon = bundled()
    for text in texts:
        words = words_of(text.text)
        found.extend(_asked_for(lexicon, text, words))
        if (age := age_years(text.text)) is not None:
            ages.append(age)
        if (number := people_asked(words, text.text)) is not None:
            people.append(number)
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


def _asked_for(lexicon: Lexicon, text: Text, words: Sequence[str]) -> list[Found]:
    """The terms in the words of this text, those apart that it says shall not be drawn (guard/signals/avoided.py)."""
    found = lexicon.find(words)
    if not any(one.term.signal in _AVOIDABLE for one in found):
        return found
    rest, avoided = split(text)
    if not avoided:
        return found
    found = lexicon.find(words_of(rest))
    for item in avoided:
        inside = lexicon.find(said := words_of(item))
        if any(one.term.signal == "clothed" and list(one.term.words) == said for one in inside):
            found.append(Found(_UNCLOTHED, 0, 1))
        elif any(one.term.signal == "minors" for one in inside):
            found.extend(inside)
    return found
