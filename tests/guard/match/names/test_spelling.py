"""Costs of many words at once are those of `Writing.cost`."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.match.names.heard import costs
from guard.match.names.units import Units
from guard.match.names.writing import writing_of
from guard.normalise.fold import fold

LETTERS = {
    "Cyrillic": "аеийкосвтфцьшщж",
    "kana": "アイウテラースィフト",
    "Hangul": "테일러스위프트쓰빛",
    "Han": "泰勒斯威夫特玛尔塔",
    "Arabic": "تايلورسفشج",
    "Thai": "เทย์ลอร",
}
cases = st.sampled_from(sorted(LETTERS)).flatmap(
    lambda script: st.lists(
        st.tuples(
            st.text(alphabet=LETTERS[script], min_size=1, max_size=8),
            st.text(alphabet="abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=9),
        ),
        min_size=1,
        max_size=8,
    )
)


@given(cases, st.floats(0.0, 60.0))
def test_as_one_by_one(pairs: list[tuple[str, str]], most: float) -> None:
    folded = fold("\n".join(native for native, _ in pairs))
    names = [name for _, name in pairs]
    words = [folded.word(start, end) for start, end in zip(folded.word_starts.tolist(), folded.word_ends.tolist(), strict=True)]
    units = Units(folded.letters, folded.breaks, sounds=True)
    found = costs(units, folded.word_starts, folded.word_ends, names, np.full(len(pairs), most))
    for nats, word, (_, name) in zip(found.tolist(), words, pairs, strict=True):
        writing = writing_of(word)
        assert writing is not None
        cost = writing.cost(word, name, np.inf)
        if abs(cost - most) > 0.01:
            assert nats == (pytest.approx(cost, abs=0.01) if cost <= most else np.inf)
