"""How a name sounds, coarsely: the bridge between spellings, and between scripts.

A word is reduced to classes of consonants (p b f v / t d / s z and their kin / k g / n m / l / r), because vowels and
voicing are what spellings disagree about. Equal codes are candidates; `alike` compares them closely. Words of a text in
other scripts are looked up by their skeletons (guard/match/names/bones.py).
"""

import re
from functools import lru_cache

from rapidfuzz.distance import Indel, JaroWinkler

from guard.match.names.writing import latin, latin_form, read, skeleton
from guard.normalise.hashing import hash_word

_DOUBLED = re.compile(r"([^aeiou])\1+")
_SPELLING = (
    ("sch", "S"), ("tch", "S"), ("sh", "S"), ("ch", "C"), ("ck", "k"), ("ph", "f"), ("gh", "G"), ("kh", "C"), ("th", "t"), ("wh", "w"),
    ("qu", "kw"), ("dg", "S"), ("tz", "S"), ("ts", "S"), ("dz", "S"), ("zh", "S"), ("cz", "S"), ("sz", "S"), ("x", "ks"),
)  # fmt: skip
_FIXED = dict(zip("pbfvtdszSkqmnlrh", ("P", "P", "P", "P", "T", "T", "S", "S", "S", "K", "K", "N", "N", "L", "R", ""), strict=True))
_MOST_CODES = 6
# Before a skeleton of a word of a name that is not in Latin letters; before a word without its vowels.
_NATIVE, _BARE = "=", "-"
_MOST_READINGS = 8


def _options(char: str, after: str) -> tuple[str, ...]:
    """The classes a letter may stand for, the most likely first."""
    soft = bool(after) and after in "eiy"
    if char == "C":
        return ("S", "K", "")
    if char == "c":
        return ("S", "K") if soft or not after else ("K",)
    if char == "g":
        return ("K", "S") if soft else ("K",)
    if char == "G":
        return ("", "K")
    if char == "j":
        return ("S", "")
    if char == "w":
        return ("", "P")
    return (_FIXED.get(char, ""),)


class _Classes(dict[int, str]):
    """For `str.translate`: the class of each letter, nothing for one that has none."""

    def __missing__(self, code: int) -> str:
        found = self[code] = _FIXED.get(chr(code), "")
        return found


_CLASSES = _Classes()


def _spelled_openly(word: str) -> list[str]:
    """The codes of a word with letters that may stand for several classes."""
    out = [""]
    for index, char in enumerate(word):
        options = _options(char, word[index + 1] if index + 1 < len(word) else "")
        if len(out) * len(options) > _MOST_CODES:
            options = options[:1]
        out = [code + option for code in out for option in options]
    return out


def _codes(word: str) -> list[str]:
    for old, new in _SPELLING:
        word = word.replace(old, new)
    word = _DOUBLED.sub(r"\1", word)
    out = _spelled_openly(word) if any(char in word for char in "CcgGjw") else [word.translate(_CLASSES)]
    if len(word) > 4 and word[-1] in "tdszxr" and len(out) * 2 <= _MOST_CODES:
        out += [code[:-1] for code in out if len(code) > 2]
    return list(dict.fromkeys(out))


_NO_VOWELS = str.maketrans("", "", "aeiou")


def bare(word: str) -> str:
    """A word without its vowels but for one at its beginning: `tylr` for Taylor."""
    return word[:1] + word[1:].translate(_NO_VOWELS)


@lru_cache(maxsize=8192)
def bare_keys(word: str) -> tuple[int, ...]:
    """Where a word that has no vowels is looked up as what is left of one that had."""
    return (hash_word(_BARE + word),) if bare(word) == word else ()


@lru_cache(maxsize=8192)
def sound_keys(word: str) -> tuple[int, ...]:
    """Where a word of a text in Latin letters is looked up."""
    return tuple(hash_word(code) for code in _codes(word)[:2] if code)


@lru_cache(maxsize=8192)
def native_keys(word: str) -> tuple[int, ...]:
    """Where a word of a text in Latin letters is looked up as what a name of another script may be."""
    bones = skeleton(latin(word))
    return (hash_word(_NATIVE + bones),) if bones else ()


def codes_of_name(word: str) -> tuple[str, ...]:
    """The codes that a word of a name is stored under: how it sounds, what is left without vowels, skeletons where it is in another script."""
    if word.isascii():
        return (*_codes(word), *((_BARE + bare(word),) if bare(word) != word else ()))
    return (*_codes(latin_form(word)), *(_NATIVE + consonants for consonants in read(word)[0][:_MOST_READINGS]))


def _fine(word: str) -> str:
    for old, new in _SPELLING:
        word = word.replace(old, new)
    word = re.sub("c(?=[eiy])", "s", word).translate(_FINER)
    return _DOUBLED.sub(r"\1", word)


_FINER = str.maketrans({"c": "k", "q": "k", "C": "S", "G": "g", "w": "v", "y": "i", "h": "", "j": "S"})


@lru_cache(maxsize=8192)
def alike(seen: str, wanted: str) -> float:
    """How much two words sound alike in Latin letters, 0..1, given that they share a code."""
    a, b = _fine(seen if seen.isascii() else latin_form(seen)), _fine(wanted if wanted.isascii() else latin_form(wanted))
    return max(float(JaroWinkler.similarity(a, b)), float(Indel.normalized_similarity(a, b))) if a and b else 0.0


VOWELS = sum(1 << (ord(char) - 97) for char in "aeiouwy")


@lru_cache(maxsize=16384)
def letters_of(word: str) -> int:
    """The set of letters that a word sounds with, as bits; a cheap first look at whether two words can be alike."""
    out = 0
    for char in _fine(latin(word) if word.isascii() else latin_form(word)).lower().translate(_MERGED):
        if "a" <= char <= "z":
            out |= 1 << (ord(char) - 97)
    return out


# Letters that one script or another does not tell apart.
_MERGED = str.maketrans({"p": "b", "f": "b", "v": "b", "l": "r", "d": "t", "z": "s", "m": "n", "g": "k"})
