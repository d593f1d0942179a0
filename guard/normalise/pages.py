"""What each code point is folded to and of which kind it is, in tables that are filled by pages of 256 code points.

Pages of alphabets and syllabaries are filled at once, all others the first time a text needs them.
"""

from threading import Lock

import numpy as np

from guard.normalise.letters import HAN, SEPARATOR, Script, folded, script_of

# One past the last letter Unicode has in 2026; tags and variation selectors above it are not seen by a reader, the rest parts words.
LIMIT = 0x32400
GAP, DROPPED = 0, 1
# Not letters yet: a letter that may be put together with its neighbours, several letters, a page that was not needed before.
JOINING, SEVERAL, UNKNOWN = 0x2000_0000, 0x4000_0000, 0x8000_0000
UPPER, LOWER, DIGIT, LOOSE, SCRIPT = 0x40, 0x80, 0x20, 0x10, 0x0F

FOLD = np.full(LIMIT, UNKNOWN, dtype=np.uint32)
KIND = np.zeros(LIMIT, dtype=np.uint8)
EXPANSIONS: list[str] = []

# Scripts whose words are not told apart by spaces, so that a name may begin and end between any two letters.
_LOOSE_SCRIPTS = {Script.HAN, Script.HIRAGANA, Script.UNSPACED}
# Scripts that mix within a word only by way of disguise: no word boundary between them.
_ALPHABETS = {Script.ALPHABET, Script.DIGIT, Script.SEMITIC, Script.INDIC}
_LOADING = Lock()


def joins(code: int) -> bool:
    """Whether this is a voicing mark of kana or a jamo of Hangul."""
    return code in {0x3099, 0x309A} or 0x1100 <= code <= 0x11FF


# Where all that is assigned is a letter of one kind that stands for itself, or for its simplified form.
_UNIFORM = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xAC00, 0xD6FF), (0x20000, 0x2A6FF))
# Of what most prompts are written in: Latin, Greek, Cyrillic, Hebrew, Arabic, Devanagari, Bengali, Thai, kana; signs and pictures.
_USUAL = (
    *range(0x00, 0x07),
    0x09,
    0x0E,
    0x1E,
    0x20,
    0x21,
    0x22,
    0x24,
    0x25,
    0x26,
    0x27,
    0x30,
    0xD7,
    0xFE,
    0xFF,
    0x1F3,
    0x1F4,
    0x1F5,
    0x1F6,
    0x1F9,
)


def load(page: int) -> None:
    """Fill the tables; a letter's fold last, since other threads take it for a sign that all of the letter is there."""
    begin, end = page << 8, min((page + 1) << 8, LIMIT)
    chars = list(map(chr, range(begin, end)))
    with _LOADING:
        if any(low <= begin and end - 1 <= high for low, high in _UNIFORM):
            KIND[begin:end] = kind_of(chars[0])
            FOLD[begin:end] = [ord(HAN.get(char, char)) if char.isalpha() else GAP for char in chars]
        else:
            KIND[begin:end] = list(map(kind_of, chars))
            FOLD[begin:end] = [_fold_of(folded(char)) for char in chars]


def kind_of(char: str) -> int:
    """The script of a character, alphabets as one, and the flags."""
    script = script_of(char)
    kind = int(Script.ALPHABET if script in _ALPHABETS else script)
    if script in _LOOSE_SCRIPTS:
        kind |= LOOSE
    if char.isupper():
        kind |= UPPER
    elif char.islower() and not "\u10d0" <= char <= "\u10ff":  # Georgian has capitals for headlines alone
        kind |= LOWER
    return kind | (DIGIT if script is Script.DIGIT else 0)


def _fold_of(letters: str) -> int:
    if letters == SEPARATOR:
        return GAP
    if not letters:
        return DROPPED
    if len(letters) == 1:
        return ord(letters) | (JOINING if joins(ord(letters)) else 0)
    EXPANSIONS.append(letters)
    return SEVERAL | (len(EXPANSIONS) - 1)


for _page in _USUAL:
    load(_page)
