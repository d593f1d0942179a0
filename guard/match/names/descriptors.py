"""Other ways to say a description: without its article, the ordinal as a word or in digits, whose it is, a country by its names."""

import re
from collections.abc import Iterator

MOST = 96
_ARTICLE = re.compile(r"^(?:the|an?|der|die|das|le|la|les|el|los|las|il|lo|o|os|as|de|het)\s+", re.IGNORECASE)
_UNITS = [
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
]
_TENS = {"twent": 20, "thirt": 30, "fort": 40, "fift": 50, "sixt": 60, "sevent": 70, "eight": 80, "ninet": 90}
_ENDS = {1: "st", 2: "nd", 3: "rd"}
# Names of countries whose offices prompts ask for / their adjectives.
_COUNTRIES = tuple(
    tuple(side.strip().split(", ") for side in line.split("/"))
    for line in """
us, united states, united states of america, usa, america / american|uk, united kingdom, england, britain, great britain / british, english|france / french|germany / german
italy / italian|spain / spanish|russia, russian federation / russian|china / chinese|japan / japanese|india / indian|brazil / brazilian|canada / canadian|mexico / mexican
australia / australian|turkey, türkiye / turkish|ukraine / ukrainian|poland / polish|sweden / swedish|norway / norwegian|denmark / danish|netherlands, holland / dutch
belgium / belgian|austria / austrian|switzerland / swiss|greece / greek|hungary / hungarian|israel / israeli|iran / iranian|iraq / iraqi|egypt / egyptian|argentina / argentine
north korea / north korean|south korea / south korean|saudi arabia / saudi|pakistan / pakistani|venezuela / venezuelan|cuba / cuban|scotland / scottish|ireland / irish|finland / finnish
""".strip().replace("\n", "|").split("|")
)  # fmt: skip
_OF = re.compile(r"^(.+?) of (?:the )?(.+)$", re.IGNORECASE)
_WHOSE = re.compile(r"^(?:the )?(.+?)(?:['’]s|s['’]) (.+)$", re.IGNORECASE)


def _ordinals() -> dict[str, str]:
    """Each ordinal from 1 to 99 in digits, and as a word."""
    out = {}
    for number in range(1, 100):
        tens, unit = divmod(number, 10)
        stem = next((stem for stem, value in _TENS.items() if value == tens * 10), "")
        word = _UNITS[number - 1] if number < 20 else f"{stem}ieth" if not unit else f"{stem}y-{_UNITS[unit - 1]}"
        out[f"{number}{'th' if tens == 1 else _ENDS.get(unit, 'th')}"] = word
    return out


_WORD_OF = _ordinals()
_DIGITS_OF = {word.replace("-", " "): digits for digits, word in _WORD_OF.items()}
_ORDINAL = re.compile(
    r"(?<!\w)(?:\d{1,2}(?:st|nd|rd|th)|"
    + "|".join(sorted((word.replace(" ", "[ -]") for word in _DIGITS_OF), key=len, reverse=True))
    + r")(?!\w)",
    re.IGNORECASE,
)


def forms(text: str) -> Iterator[str]:
    """What people write for the same description, the nearest forms first; at most `MOST`."""
    said = " ".join(text.replace("U.S.A.", "USA").replace("U.S.", "US").replace("U.K.", "UK").split())
    plain = _ARTICLE.sub("", said)
    made = dict.fromkeys(form for one in (said, plain) for form in _with_ordinals(one))
    for one in (*_whose(plain), *_of_countries(plain)):
        made |= dict.fromkeys(_with_ordinals(one))
    yield from [form for form in made if form.lower() != text.lower()][:MOST]


def _with_ordinals(text: str) -> Iterator[str]:
    yield text
    found = _ORDINAL.search(text)
    if found:
        seen = found.group().lower().replace("-", " ")
        other = _WORD_OF.get(seen) or _DIGITS_OF.get(seen)
        if other:
            yield text[: found.start()] + other + text[found.end() :]


def _whose(text: str) -> Iterator[str]:
    """`A's B` and `B of A` for each other."""
    of, whose = _OF.match(text), _WHOSE.match(text)
    if of and " of " not in of[2]:
        yield f"{of[2]}'s {of[1]}"
    elif whose:
        yield f"{whose[2]} of {whose[1]}"
        yield f"{whose[2]} of the {whose[1]}"


def _of_countries(text: str) -> Iterator[str]:
    """The description with its country named in other ways: `46th US president`, `46th president of America`, `America's 46th president`."""
    lower = text.lower()
    for names, adjectives in _COUNTRIES:
        known = sorted((*names, *adjectives), key=len, reverse=True)
        country = next((name for name in known if re.search(rf"(?<!\w){name}(?!\w)", lower)), None)
        if country is None:
            continue
        office = re.sub(rf"\s+of\s+(?:the\s+)?{country}(?!\w)|(?<!\w){country}(?:['’]s|['’])?(?!\w)\s*", " ", text, flags=re.IGNORECASE)
        office = " ".join(_ARTICLE.sub("", office.strip()).split())
        ordinal = _ORDINAL.match(office)
        rest = office[ordinal.end() :].strip() if ordinal else ""
        for name in names if office else ():
            yield from (f"{office} of {name}", f"{office} of the {name}", f"{name}'s {office}")
        for name in (*names, *adjectives) if office else ():
            yield f"{name} {office}"
            if rest and ordinal:
                yield f"{ordinal.group()} {name} {rest}"
        return
