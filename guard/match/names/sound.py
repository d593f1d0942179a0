"""How a name sounds, coarsely, whatever its script: the bridge between spellings and between scripts.

`romanised` brings a word of any script to Latin letters; `codes` reduces it to classes of consonants (p b f v / t d / s z
and their kin / k g / n m / l / r), because vowels and voicing are what transliterations disagree about. Equal codes are
candidates; `alike` compares them closely.
"""

import re
from functools import lru_cache

from anyascii import anyascii
from rapidfuzz.distance import Indel, JaroWinkler

from guard.normalise.letters import Script, script_of

_GREEK = [
    ("μπ", "b"),
    ("ντ", "d"),
    ("γκ", "g"),
    ("γγ", "ng"),
    ("τζ", "j"),
    ("τσ", "ch"),
    ("ου", "u"),
    ("αι", "e"),
    ("ει", "i"),
    ("οι", "i"),
    ("ευ", "ev"),
    ("αυ", "av"),
    ("θ", "th"),
    ("χ", "h"),
    ("φ", "f"),
    ("ψ", "ps"),
    ("ξ", "ks"),
    ("γ", "g"),
    ("υ", "i"),
    ("η", "i"),
    ("β", "v"),
]
_CYRILLIC = [
    ("дж", "j"),
    ("дз", "z"),
    ("кс", "ks"),
    ("х", "h"),
    ("ц", "ts"),
    ("щ", "sh"),
    ("ч", "ch"),
    ("ж", "j"),
    ("ь", ""),
    ("ъ", ""),
    ("ю", "yu"),
    ("я", "ya"),
    ("э", "e"),
    ("ы", "i"),
    ("в", "v"),
]
_ARABIC = [
    ("تش", "ch"),
    ("كس", "ks"),
    ("دج", "j"),
    ("ج", "j"),
    ("غ", "g"),
    ("ق", "k"),
    ("خ", "h"),
    ("ح", "h"),
    ("ث", "th"),
    ("ذ", "d"),
    ("ظ", "z"),
    ("ض", "d"),
    ("ط", "t"),
    ("ص", "s"),
    ("ش", "sh"),
    ("ع", "a"),
    ("ا", "a"),
    ("و", "w"),
    ("ي", "y"),
    ("ه", "h"),
    ("ء", ""),
    ("ڤ", "v"),
    ("چ", "ch"),
    ("پ", "p"),
    ("گ", "g"),
    ("ژ", "j"),
]
_HEBREW = [
    ("צ'", "ch"),
    ("ג'", "j"),
    ("ז'", "j"),
    ("ת'", "th"),
    ("ד'", "d"),
    ("וו", "v"),
    ("א", "a"),
    ("ע", "a"),
    ("ב", "b"),
    ("ג", "g"),
    ("ד", "d"),
    ("ה", "h"),
    ("ו", "w"),
    ("ז", "z"),
    ("ח", "h"),
    ("ט", "t"),
    ("י", "y"),
    ("כ", "k"),
    ("ל", "l"),
    ("מ", "m"),
    ("נ", "n"),
    ("ס", "s"),
    ("פ", "p"),
    ("צ", "ts"),
    ("ק", "k"),
    ("ר", "r"),
    ("ש", "sh"),
    ("ת", "t"),
]


_SEMITIC_VOWELS = re.compile("[aeiouwy]")
_DOUBLED = re.compile(r"([^aeiou])\1+")


def _with(table: list[tuple[str, str]], word: str) -> str:
    for old, new in table:
        word = word.replace(old, new)
    return word


@lru_cache(maxsize=8192)
def romanised(word: str) -> str:
    """A folded word in Latin letters, roughly as it is said; capitals stand for classes that no spelling rule may change."""
    if word.isascii():
        return word
    first = word[0]
    if "\u0370" <= first <= "\u03ff":
        word = _with(_GREEK, word)
    elif "\u0400" <= first <= "\u04ff":
        word = _with(_CYRILLIC, word)
    elif "\u0600" <= first <= "\u06ff":
        word = _with(_ARABIC, word)
    elif "\u0590" <= first <= "\u05ff":
        word = _with(_HEBREW, word)
    elif "\u30a0" <= first <= "\u30ff":
        word = word.replace("ッ", "").replace("ー", "").replace("ン", "n")
    letters: str = re.sub("[^a-z]", "", anyascii(word).lower())
    if "\u3400" <= first <= "\u9fff":
        letters = letters.replace("ng", "n").replace("x", "s").replace("zh", "j").replace("q", "ch").replace("uo", "o")
    return letters


def script(word: str) -> Script:
    """The script a word is written in, by its first letter."""
    return script_of(word[0])


EAST = frozenset({Script.KATAKANA, Script.HIRAGANA, Script.HANGUL, Script.HAN})

_SPELLING = [
    ("sch", "S"),
    ("tch", "S"),
    ("sh", "S"),
    ("ch", "C"),
    ("ck", "k"),
    ("ph", "f"),
    ("gh", "G"),
    ("kh", "C"),
    ("th", "T"),
    ("wh", "w"),
    ("qu", "kw"),
    ("dg", "S"),
    ("tz", "S"),
    ("ts", "S"),
    ("dz", "S"),
    ("zh", "S"),
    ("cz", "S"),
    ("sz", "S"),
    ("x", "ks"),
]
_FIXED = {
    "p": "P",
    "b": "P",
    "f": "P",
    "v": "P",
    "t": "T",
    "d": "T",
    "s": "S",
    "z": "S",
    "S": "S",
    "k": "K",
    "q": "K",
    "m": "N",
    "n": "N",
    "l": "L",
    "r": "R",
    "h": "",
}
_MOST_CODES = 6


def _options(char: str, after: str, east: bool, native: bool) -> tuple[str, ...]:
    """The classes a letter may stand for, the most likely first."""
    soft = bool(after) and after in "eiy"
    if char == "C":
        return ("S",) if native else ("S", "K", "")
    if char == "c":
        return ("S", "K") if soft or not after else ("K",)
    if char == "g":
        return ("K", "S") if soft and not native else ("K",)
    if char == "G":
        return ("", "K")
    if char == "j":
        return ("S", "K") if native and not east else ("S",) if native else ("S", "")
    if char == "w":
        return ("",) if native or east else ("", "P")
    if char == "T":
        return ("S", "T") if east and not native else ("T",)
    if char == "t" and east and not native and soft:
        return ("T", "S")
    if char == "r" and east:
        return ("L",) if after in "aeiouyw" and after else ("", "L")
    return (_FIXED.get(char, ""),)


def _codes(word: str, east: bool, native: bool) -> list[str]:
    for old, new in _SPELLING:
        word = word.replace(old, new)
    word = _DOUBLED.sub(r"\1", word)
    out = [""]
    for index, char in enumerate(word):
        after = word[index + 1] if index + 1 < len(word) else ""
        options = _options(char, after, east, native)
        if len(out) * len(options) > _MOST_CODES:
            options = options[:1]
        out = [code + option for code in out for option in options]
    if east and not native and "ng" in word:
        out += [code.replace("NK", "N") for code in out]
    if not native and len(word) > 4 and word[-1] in "tdszxr" and len(out) * 2 <= _MOST_CODES:
        out += [code[:-1] for code in out if len(code) > 2]
    return list(dict.fromkeys(out))


@lru_cache(maxsize=16384)
def codes_of_word(word: str) -> tuple[str, ...]:
    """The codes that a word of a text is looked up under, in its own script's system (`e` before the eastern ones)."""
    letters = romanised(word)
    if word.isascii():
        return tuple(_codes(letters, east=False, native=False)[:2])
    if script(word) in EAST:
        return tuple("e" + code for code in _codes(letters, east=True, native=True))
    out = _codes(letters, east=False, native=True)
    if "\u0590" <= word[0] <= "\u05ff":
        if "ג" in word:
            out += _codes(letters.replace("g", "j"), east=False, native=True)
        if "ו" in word[:-1] and "וו" not in word:
            out += _codes(letters.replace("w", "v"), east=False, native=True)
    if "\u0400" <= word[0] <= "\u04ff":
        if "г" in word:
            out += _codes(letters.replace("g", "h"), east=False, native=True)
        if word.endswith(("ом", "ем", "ым", "им")):
            out += [code[:-1] for code in out if len(code) > 2]
    if any(char in word for char in "хخחכχ"):
        out += _codes(romanised(word.replace("х", "к").replace("خ", "ك").replace("ח", "ק").replace("χ", "κ")), east=False, native=True)
    return tuple(dict.fromkeys(out))


def codes_of_name(word: str) -> tuple[str, ...]:
    """The codes that a word of a name is stored under: how it sounds here, and how kana, Hangul and Han would write it."""
    if word.isascii():
        return tuple(_codes(word, east=False, native=False)) + tuple("e" + code for code in _codes(word, east=True, native=False))
    return codes_of_word(word)


def _fine(word: str, vowels: bool) -> str:
    letters = romanised(word)
    for old, new in _SPELLING:
        letters = letters.replace(old, new)
    letters = re.sub("c(?=[eiy])", "s", letters).translate(_FINER)
    letters = _DOUBLED.sub(r"\1", letters)
    return letters if vowels else _SEMITIC_VOWELS.sub("", letters)


_FINER = str.maketrans({"c": "k", "q": "k", "C": "S", "G": "g", "T": "t", "w": "v", "y": "i", "h": "", "j": "S"})


# What kana, Hangul and Han do not tell apart: r at the end of a syllable is not written, l is r, v is b, o is near a, e near i.
_CODA_R = re.compile("r(?![aeiou])")
_EASTERN = str.maketrans({"l": "r", "v": "b", "f": "p", "u": "", "z": "s", "o": "a", "e": "i"})


@lru_cache(maxsize=8192)
def alike(seen: str, wanted: str) -> float:
    """How much two words sound alike, 0..1, given that they share a code."""
    semitic = script(seen) is Script.SEMITIC or script(wanted) is Script.SEMITIC
    east = script(seen) in EAST or script(wanted) in EAST
    a, b = _fine(seen, not semitic), _fine(wanted, not semitic)
    if semitic:
        a, b = a.replace("p", "b").replace("v", "b").replace("f", "b"), b.replace("p", "b").replace("v", "b").replace("f", "b")
    if east:
        a, b = (_CODA_R.sub("", side).translate(_EASTERN) for side in (a, b))
    if not a or not b:
        return 0.0
    return max(float(JaroWinkler.similarity(a, b)), float(Indel.normalized_similarity(a, b)))


VOWELS = sum(1 << (ord(char) - 97) for char in "aeiouwy")


@lru_cache(maxsize=16384)
def letters_of(word: str) -> int:
    """The set of letters that a word sounds with, as bits; a cheap first look at whether two words can be alike."""
    out = 0
    for char in _fine(word, vowels=True).lower().translate(_MERGED):
        if "a" <= char <= "z":
            out |= 1 << (ord(char) - 97)
    return out


# Letters that one script or another does not tell apart.
_MERGED = str.maketrans({"p": "b", "f": "b", "v": "b", "l": "r", "d": "t", "z": "s", "m": "n", "g": "k"})
