"""Words and signs that stand around names, as tables for guard/match/names/neighbours.pyx."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np

from guard.match.names.context import CUE_AFTER, CUE_BEFORE, FILLERS, phrases_of
from guard.match.names.keys import pack
from guard.match.names.lookup import KeyTable
from guard.normalise.hashing import Indices, hash_word
from guard.normalise.letters import fold_text, folded

# Korean particles, and endings of words that are no names.
JOSA = tuple("에게 에서 이랑 처럼 으로 께서 한테 의 가 은 는 을 를 에 와 과 랑 도 만 로 씨 님".split())  # noqa: SIM905
VERBAL = tuple("하여 하는 하고 하며 한 할 해 된 되는 되어 스러운 적인 적으로".split())  # noqa: SIM905
# The parts of a name in Han or kana are parted by one of these, in kana also by a space.
_DOTS = frozenset("·・･‧•∙⋅＝゠")
_SIGNS = (
    _DOTS,
    _DOTS | frozenset(" \u3000="),
    frozenset(" -’'\"\u200f\u200e"),
    frozenset(" \t\n\r\u00a0\u3000\u200e\u200f\"'“”‘’«»「『([:：,*_`@#-"),
    frozenset(" \t\n\r\u00a0\u3000\u200e\u200f\"'’”»」』)]*_`-"),
    frozenset(" \t\u200e\u200f"),
    frozenset("\n.!?؟۔।。！？"),
)
# Bits of `sign`: what a reader sees; what may stand between words of a name, in kana, and elsewhere; between what leads to a
# person and a name, and behind it; spaces; what sentences begin after.
SEEN, DOT, KANA_GAP, GAP, BEFORE_NAME, AFTER_NAME, SPACE, OPENING = (1 << bit for bit in range(len(_SIGNS) + 1))


def sign(code: int) -> int:
    """What a code point is between words."""
    char = chr(code)
    return bool(folded(char)) + sum(2 << bit for bit, some in enumerate(_SIGNS) if char in some)


@dataclass(frozen=True, slots=True)
class Phrases:
    """Phrases as their letters stand in a folded text: a table of H of each, and how long they are, rising."""

    table: KeyTable
    sizes: Indices

    @staticmethod
    def of(texts: Iterable[str]) -> "Phrases":
        """Each of these."""
        letters = sorted({fold_text(text).replace(" ", "") for text in texts} - {""})
        keys = np.array([hash_word(phrase) for phrase in letters], dtype=np.uint64)
        return Phrases(KeyTable(pack("cues", keys, np.arange(len(keys), dtype=np.uint32)), "cues"), np.unique(list(map(len, letters))))


@cache
def phrases() -> tuple[Phrases, ...]:
    """What leads to a person before a name and behind it, what may stand between, Korean particles, Korean endings."""
    return tuple(map(Phrases.of, (phrases_of(CUE_BEFORE), phrases_of(CUE_AFTER), phrases_of(FILLERS), JOSA, VERBAL)))
