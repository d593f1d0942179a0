"""How much an alias says, and which are refused with what to add instead."""

import pytest

from guard.match.names.strength import rate, refusal_reason
from guard.types import AliasKind, Strength

RATED = [
    ("Taylor Swift", Strength.STRONG),
    ("Keira Knightley", Strength.STRONG),
    ("Владимир Путин", Strength.STRONG),
    ("泰勒·斯威夫特", Strength.STRONG),
    ("李小龙", Strength.STRONG),
    ("Pink", Strength.WEAK),
    ("Drake", Strength.WEAK),
    ("The Rock", Strength.WEAK),
    ("Ice Cube", Strength.WEAK),
    ("de Saint-Exupéry", Strength.MEDIUM),
    ("Mr. Perfect", Strength.MEDIUM),
    ("Dr. Watson", Strength.WEAK),
    ("Rebel Wilson", Strength.MEDIUM),
    ("Star Jones", Strength.WEAK),
    ("J. Smith", Strength.WEAK),
    ("K. Knightley", Strength.MEDIUM),
]


@pytest.mark.parametrize(("text", "strength"), RATED)
def test_rate(text: str, strength: Strength) -> None:
    assert rate(text) is strength


def test_a_descriptor_of_several_words_is_strong() -> None:
    assert rate("the 46th US president", AliasKind.DESCRIPTOR) is Strength.STRONG


REFUSED = [
    ("", "must not be empty"),
    ("  \t", "must not be empty"),
    ("...", "no letter or digit"),
    ("\u200b\u200d", "no letter or digit"),
    ("x", "one letter"),
    ("2024", "only digits"),
    ("the", "everyday words"),
    ("of the", "everyday words"),
    ("photo of", "everyday words"),
    ("a portrait of a beautiful young woman", "everyday words"),
    ("cinematic light", "everyday words"),
    ("digital art", "everyday words"),
    ("J. K.", "initials only"),
    ("a" * 1000, "at most 200 characters"),
]


@pytest.mark.parametrize(("text", "reason"), REFUSED)
def test_refusal_says_why(text: str, reason: str) -> None:
    assert reason in (refusal_reason(text) or "")


@pytest.mark.parametrize(
    "text",
    [
        "Taylor Swift",
        "Pink",
        "Ye",
        "U2",
        "成龙",
        "Will Smith",
        "Will Young",
        "Boy George",
        "Girl in Red",
        "the singer Prince",
        "The Rock",
        "Cher",
    ],
)
def test_names_are_accepted(text: str) -> None:
    assert refusal_reason(text) is None
