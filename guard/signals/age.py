"""Ages that a prompt states.

**Meaning**: `age_years`, the lowest age of a person that the words state (`a 9-year-old`, `age 12`, `15 anos`, `16岁`).
**Range**: 0..120 years; absent where no age is stated. **Cost**: one regular expression over the text. **Errors**: an age of
a thing (`a 5 year old car`) counts like a person's where it is not one of the things listed here; ages in words are known
in English alone.
"""

import re
from unicodedata import normalize

_NUMBER_WORDS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11,
    "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18,
}  # fmt: skip
_THINGS = "whisky|whiskey|wine|scotch|rum|cheese|tree|oak|house|building|car|truck|company|brand|church|castle|bonsai|tradition|business|dog|cat|horse"
_OLD = rf"years?[\s-]*old(?![\s-]+(?:{_THINGS})\b)"
_NUMBER = re.compile(  # begins with a digit, so that the engine skips all text without one
    rf"""([0-9]{{1,3}}) [\s-]{{0,3}} (?: {_OLD} | yo\b | y/o\b | y\.o\. | years?\ of\ age
      | años\b (?:\ de\ edad)? | anos\b | ans\b | anni\b | jahre\ alt | jährige?[rnms]?\b | jaar\ oud | лет\b | год(?:а|ик)?\b
      | letni[aey]?\b | yaşında | 岁 | 歲 | 歳 | 才(?!能) | 세(?![기대]) | 살(?!림) | سن(?:ة|وات|ين)\b | साल\ (?:की|का|के) | वर्षीय | tuổi | tahun )""",
    re.VERBOSE | re.IGNORECASE,
)
_WORD = re.compile(rf"\b({'|'.join(_NUMBER_WORDS)})[\s-]+{_OLD}", re.IGNORECASE)
_AGED = re.compile(
    r"\b(?:aged?|ages|age of|edad|âge|alter|età|idade)[\s:]{1,3}([0-9]{1,3})\b(?!\s*(?:\+|and over|or older|of))", re.IGNORECASE
)
_DIGITS = re.compile(r"[0-9]{1,3}")
_WIDE = re.compile("[０-９]")
_PART_OF_A_NUMBER = frozenset("0123456789.,$€£")
_OLDEST = 120


def age_years(text: str) -> float | None:
    """The lowest age that the text states, or None."""
    if _WIDE.search(text) is not None:
        text = normalize("NFKC", text)
    ages: list[int] = []
    if _DIGITS.search(text) is not None:
        alone = (found for found in _NUMBER.finditer(text) if text[found.start() - 1 : found.start()] not in _PART_OF_A_NUMBER)
        ages.extend(int(found[1]) for found in alone)
        ages.extend(int(found[1]) for found in _AGED.finditer(text))
    if "year" in text or "YEAR" in text or "Year" in text:
        ages.extend(_NUMBER_WORDS[found[1].lower()] for found in _WORD.finditer(text))
    stated = [age for age in ages if age <= _OLDEST]
    return float(min(stated)) if stated else None
