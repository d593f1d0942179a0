"""How words sound: the compiled way against a slow and plain statement of it, and names that people spell in two ways."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rapidfuzz.distance import Indel, JaroWinkler

from guard.match.names.sound import alike, bare, keys_of_name, keys_of_text, letters_of
from guard.match.names.writing import latin, latin_form, read, skeleton
from guard.normalise.hashing import hash_word
from guard.normalise.letters import fold_text

SPELLING = (
    ("sch", "S"), ("tch", "S"), ("sh", "S"), ("ch", "C"), ("ck", "k"), ("ph", "f"), ("gh", "G"), ("kh", "C"), ("th", "t"), ("wh", "w"),
    ("qu", "kw"), ("dg", "S"), ("tz", "S"), ("ts", "S"), ("dz", "S"), ("zh", "S"), ("cz", "S"), ("sz", "S"), ("x", "ks"),
)  # fmt: skip
CLASSES = dict(zip("pbfvtdszSkqmnlr", "PPPPTTSSSKKNNLR", strict=True))
FINER = str.maketrans({"c": "k", "q": "k", "C": "S", "G": "g", "w": "v", "y": "i", "h": "", "j": "S"})
MERGED = str.maketrans({"p": "b", "f": "b", "v": "b", "l": "r", "d": "t", "z": "s", "m": "n", "g": "k"})
ALL, CONSONANTS = 2**32 - 1, 2**32 - 1 - sum(1 << ord(char) - 97 for char in "aeiouwy")
PIECES = [*(old for old, _ in SPELLING), *"abceghijstwyz", "ce", "gi", "dd", "cc", "sss", "0", "7"]
words = st.one_of(st.lists(st.sampled_from(PIECES), max_size=12).map("".join), st.text("abcdeghilnorstuwxyz07", max_size=70))


def once(word: str) -> str:
    return re.sub(r"([^aeiou])\1+", r"\1", word)


def respelled(word: str) -> str:
    for old, new in SPELLING:
        word = word.replace(old, new)
    return word


def options(char: str, after: str) -> tuple[str, ...]:
    soft = after in "eiy"
    several = {
        "C": ("S", "K", ""),
        "c": ("S", "K") if soft or after == " " else ("K",),
        "g": ("K", "S") if soft else ("K",),
        "G": ("", "K"),
        "j": ("S", ""),
        "w": ("", "P"),
    }
    return several.get(char, (CLASSES.get(char, ""),))


def codes(word: str) -> list[str]:
    word, out = once(respelled(word)), [""]
    for char, after in zip(word, f"{word[1:]} ", strict=False):
        kept = options(char, after)
        out = [code + option for code in out for option in (kept if len(out) * len(kept) <= 6 else kept[:1])]
    if len(word) > 4 and word[-1] in "tdszr" and len(out) <= 3:
        out += [code[:-1] for code in out if len(code) > 2]
    return list(dict.fromkeys(out))


def fine(word: str) -> str:
    return once(re.sub("c(?=[eiy])", "s", respelled(word)).translate(FINER))


@given(words)
@example("tschick")
@example("schatzmann" * 7)
@example("x" * 64)
def test_keys_and_letters(word: str) -> None:
    word = word[:64]
    spelled = [hash_word(code) for code in codes(word) if code]
    without = [hash_word(f"-{bare(word)}")]
    assert keys_of_name(word) == spelled + without * (bare(word) != word)
    native = [hash_word(f"={bones}") for bones in [skeleton(latin(word))] if bones]
    asked = [(hash_word(code), ALL) for code in codes(word)[:2] if code]
    assert keys_of_text(word) == asked + [(key, CONSONANTS) for key in native + without * (bare(word) == word)]
    assert letters_of(word) == sum(1 << ord(char) - 97 for char in set(fine(latin(word)).lower().translate(MERGED)))


@given(words, words)
@example("tailor", "taylor")
@example("martha", "marhta")
@example("x" * 64, "ax" * 32)
@example("ab" * 32, "ba" * 32)
def test_likeness(seen: str, wanted: str) -> None:
    one, two = fine(seen[:64])[:64], fine(wanted[:64])[:64]
    likeness = max(JaroWinkler.similarity(one, two), Indel.normalized_similarity(one, two)) if one and two else 0.0
    assert alike(seen, wanted) == pytest.approx(1.0 if seen[:64] == bare(wanted[:64]) else likeness, abs=1e-12)


@given(st.text(max_size=300))
def test_any_text_can_be_heard(text: str) -> None:
    for word in [text, *fold_text(text).split()]:
        assert 0.0 <= alike(word, word) <= 1.0
        assert len(keys_of_name(word)) <= 6 + 8
        assert len(keys_of_text(word)) <= 4
        assert letters_of(word) < 1 << 26


def test_a_word_of_another_script_is_stored_under_its_skeletons() -> None:
    stored = keys_of_name("тейлор")
    assert stored == keys_of_name(latin_form("тейлор"))[:-1] + [hash_word(f"={bones}") for bones in read("тейлор")[0][:8]]
    assert keys_of_text("taylor")[1][0] in stored


@pytest.mark.parametrize(
    ("seen", "wanted"), [("tailor", "taylor"), ("swyft", "swift"), ("mikael", "michael"), ("tylr", "taylor"), ("catherine", "kathryn")]
)
def test_spellings_of_one_name_share_a_key_and_are_alike(seen: str, wanted: str) -> None:
    assert {key for key, _ in keys_of_text(seen)} & set(keys_of_name(wanted))
    assert alike(seen, wanted) > 0.8
