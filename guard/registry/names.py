"""What the registry must know about names, handed in by whoever opens it: steps do not import each other."""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from guard.registry.values import StatedAlias
from guard.types import Alias, AliasKind, Strength


@dataclass(frozen=True, slots=True)
class NameRules:
    """The name engine's judgement.

    Args:
        expand: name and stated aliases -> every alias to match, with its strength; the name itself among them.
        refusal: why a text may not be an alias (it would refuse everything), or None when it may.
        fold: the form in which two spellings of one alias are equal.
    """

    expand: Callable[[str, Sequence[StatedAlias]], Sequence[Alias]]
    refusal: Callable[[str], str | None]
    fold: Callable[[str], str]


def plain_fold(text: str) -> str:
    """Compatibility form, no case, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def plain_expand(name: str, aliases: Sequence[StatedAlias]) -> list[Alias]:
    """The name and the stated aliases, as they are; two words or more are strong, one word is weak."""
    stated = [StatedAlias(name, AliasKind.LEGAL), *aliases]
    return [
        Alias(a.text, a.kind, Strength.STRONG if len(a.text.split()) > 1 else Strength.WEAK, a.lang, a.valid_from, a.valid_until)
        for a in stated
    ]


def plain_refusal(text: str) -> str | None:
    """Refuses what has no letter or digit."""
    return None if any(c.isalnum() for c in text) else "it has no letter or digit"


PLAIN_RULES = NameRules(plain_expand, plain_refusal, plain_fold)
"""For tools and tests that need no name engine."""
