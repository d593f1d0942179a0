"""Forms of a name that are added when a person is registered."""

import pytest

from guard.match.names.ingest import expand
from guard.types import Alias, AliasKind, Strength


def test_short_forms_initials_and_dropped_middle_names() -> None:
    assert [(alias.text, alias.kind) for alias in expand("William Henry Gates III")] == [
        ("William Henry Gates III", AliasKind.LEGAL),
        ("William Henry Gates", AliasKind.GENERATED),
        ("William Gates", AliasKind.GENERATED),
        ("Henry Gates", AliasKind.GENERATED),
        ("Will Gates", AliasKind.GENERATED),
        ("Bill Gates", AliasKind.GENERATED),
        ("Billy Gates", AliasKind.GENERATED),
        ("Willie Gates", AliasKind.GENERATED),
        ("Liam Gates", AliasKind.GENERATED),
        ("W. Gates", AliasKind.GENERATED),
        ("W. H. Gates", AliasKind.GENERATED),
    ]


def test_given_aliases_keep_their_kind_and_language() -> None:
    aliases = expand("Taylor Swift", [Alias("Тейлор Свифт", AliasKind.TRANSLITERATION, Strength.WEAK, "ru")])
    assert aliases[1] == Alias("Тейлор Свифт", AliasKind.TRANSLITERATION, Strength.STRONG, "ru")


def test_equal_forms_are_kept_once() -> None:
    aliases = expand("Beyoncé Knowles", [Alias("BEYONCE KNOWLES", AliasKind.STAGE, Strength.STRONG)])
    assert [alias.text for alias in aliases] == ["Beyoncé Knowles", "B. Knowles"]


def test_german_spelling() -> None:
    assert "Juergen Mueller" in [alias.text for alias in expand("Jürgen Müller")]


@pytest.mark.parametrize(("name", "latin"), [("アキラ ★ スズキ", "Akira Suzuki"), ("Τάκης ★ Παπάς", "Takis Papas")])
def test_signs_between_the_words_of_a_name_are_no_words(name: str, latin: str) -> None:
    assert latin in [alias.text for alias in expand(name)]
