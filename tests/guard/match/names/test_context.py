"""What stands around a mention: phrases read backwards from the name are those that a plain search for them finds."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from guard.match.names import context
from guard.match.names.context import CUE_BEFORE, FILLERS, Surroundings, phrases_of, role_of, strength_in, surroundings
from guard.types import Role, Strength

BEFORE = phrases_of(CUE_BEFORE)
PIECES = [
    *BEFORE[::7],
    *FILLERS.split("|"),
    "pseudo",
    "\u200b",
    "_",
    "\n",
    '"',
    "'",
    "(",
    "「",
    ":",
    "  ",
    " ",
    "-",
    "「",
    "画",
    "像",
    "\t",
    ".",
    "x",
]
FORWARD = re.compile(
    r"(?:(?<![^\W_])|(?<=[\u0e00-\u0eff\u3040-\u9fff\uac00-\ud7af]))(?:"
    + "|".join(re.escape(phrase).replace(r"\ ", r"\s+") for phrase in BEFORE)
    + rf")[\s\"'“”‘’«»「『(\[:：,*_`@#-]*(?:(?:{FILLERS})\s+)?[\"'“«「『(]?$"
)


@given(st.lists(st.sampled_from(PIECES), max_size=7).map("".join))
@example('portrait of the "\n')
@example("the likenessof ")
def test_what_leads_to_a_person(before: str) -> None:
    around = Surroundings(before.lower(), "", "Jane Doe", capitals=False, shouting=False)
    cued = strength_in(around, Strength.STRONG, [1.0, 1.0], doubtful=True) is Strength.STRONG
    assert cued == (FORWARD.search(before.lower()) is not None)


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("a portrait of Jane Doe", Role.LIKENESS),
        ("in the style of Jane Doe", Role.STYLE),
        ("in the style of Rembrandt or Jane Doe", Role.STYLE),
        ("in the style of Rembrandt, nor Jane Doe", Role.LIKENESS),
        ("Jane Doe or Rembrandt style", Role.STYLE),
        ('quote by the "Jane Doe', Role.ATTRIBUTION),
        ("Rue Jane Doe", Role.NAMESAKE_OR_THING),
        ("Place Jane Doe au soir", Role.NAMESAKE_OR_THING),
        ("first,last,place\nJane Doe", Role.LIKENESS),
        ("Place Jane Doe on a horse", Role.LIKENESS),
        ("Jane Doe painting", Role.STYLE),
        ("Jane Doe painting a fence", Role.LIKENESS),
        ("Jane Doe Cafe", Role.NAMESAKE_OR_THING),
        ("Jane Doe cafe", Role.LIKENESS),
        ("Jane Doe Cafe portrait", Role.LIKENESS),
        ("Jane Doe hotel", Role.NAMESAKE_OR_THING),
        ("[Jane Doe]", Role.LIKENESS),
        ("Jane Doelamp", Role.LIKENESS),
        ("title: Jane Doe", Role.ATTRIBUTION),
        ("title: Jane Doe riding a horse", Role.LIKENESS),
        ("a film starring Jane Doe", Role.LIKENESS),
    ],
)
def test_roles(text: str, role: Role) -> None:
    at = text.index("Jane Doe")
    assert role_of(surroundings(text, at, at + 8)) is role


@given(st.text(max_size=30), st.text(max_size=12), st.text(max_size=30))
def test_surroundings(before: str, mention: str, after: str) -> None:
    letters = [char for char in before + mention + after if char.isalpha()]
    words = [word for word in mention.split() if word not in context._SMALL] or mention.split()
    assert surroundings(before + mention + after, len(before), len(before) + len(mention)) == Surroundings(
        before.lower(),
        after.lower(),
        mention,
        capitals=bool(words) and not any(word[0].islower() for word in words),
        shouting=sum(char.isupper() for char in before + mention + after) > 0.6 * len(letters) and bool(letters),
        titled=re.match(r"[^\w\n]{0,3}[^\W\d_a-zà-ÿ]", after) is not None,
    )


@pytest.mark.parametrize(
    ("text", "strength"),
    [
        ("a photo of Zendoe", Strength.STRONG),
        ("the organ of Zendoe", Strength.WEAK),
        ("a photo of Zendoe's face", Strength.STRONG),
        ("a photo of Zendoe's cat", Strength.MEDIUM),
        ("a photo of Zendoe-Smith cells", Strength.WEAK),
    ],
)
def test_a_single_name_as_a_term(text: str, strength: Strength) -> None:
    at = text.index("Zendoe")
    assert strength_in(surroundings(text, at, at + 6), Strength.WEAK, [1.0]) is strength


@pytest.mark.parametrize(
    ("text", "strength"), [("a photo of Jane Doe", Strength.STRONG), ("a tin of tea, Jane Doe, leaves", Strength.MEDIUM)]
)
def test_what_is_likelier_something_else_needs_a_cue(text: str, strength: Strength) -> None:
    at = text.index("Jane Doe")
    assert strength_in(surroundings(text, at, at + 8), Strength.STRONG, [1.0, 1.0], cued=True) is strength
