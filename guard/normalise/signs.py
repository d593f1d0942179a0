"""Which signs in a text call for another reading of it, as bits. `guard/normalise/signing.pyx` looks for them, `views` asks.

A text without a sign has no reading of that kind; one with it may have.
"""

import re
from string import ascii_letters, ascii_lowercase, ascii_uppercase, digits, hexdigits

import numpy as np
import numpy.typing as npt

from guard.normalise.letters import MARKS, UNSEEN
from guard.normalise.lookalikes import FANCY, LOOKALIKES
from guard.normalise.transcription import TRANSCRIPTION

# Letters in another style.
LETTERS_STYLED = "\uff10-\uff19\uff21-\uff3a\uff41-\uff5a"
STYLES = f"{LETTERS_STYLED}\u1d00-\u1d6a\u2070-\u209c\u2460-\u24ff\U0001d400-\U0001d7ff\U0001f100-\U0001f18f"
# Letters that are turned upside down: their turned form has a code point of its own.
TURNED_LETTERS = "ɐɔǝɟƃᵷɥᴉɾʞןꞁɯɹʇʌʍʎ∀ⱯꓭƆᗡꓷƎℲ⅁ꓘꞰ⅂ꓶԀᴚꓤꓕ⊥∩ՈɅ⅄"
# What may stand before a variable.
BEFORE_VARIABLE = " \n\t;,(\"'`$[{:"
MORSE_DOTS, MORSE_DASHES = ".·•∙⋅", "-−–—‐‑_"
MASK = "*#•●■▪∗＊█░▒"
_LEAVING_OUT = (
    "remove removing delete deleting drop dropping strip stripping omit omitting without ignore ignoring skip skipping minus"
    " entferne ohne retire sans quita sin take leave"
)
_CODE_WORDS = (
    "alpha alfa bravo charlie delta echo foxtrot golf hotel india juliet juliett kilo lima mike november oscar papa quebec romeo"
    " sierra tango uniform victor whiskey xray yankee zulu"
)
# The names of letters in English and Spanish; those that hardly any text has as words.
_LETTER_NAMES = (
    "a:ay,eh b:bee,be c:cee,see,sea,ce d:dee,de e:ee f:eff,ef,efe g:gee,ge h:aitch,haitch,hache i:eye,aye j:jay,jota k:kay,ka l:ell,el,ele m:em,eme n:en,ene o:oh"
    " p:pee,pea,pe q:cue,queue,kew,cu r:ar,are,erre,ere s:ess,es,ese t:tee,tea,te u:you,yu v:vee,uve w:doubleu x:ex,equis y:why,wye,igriega z:zee,zed,zeta"
)
_TELLING_NAMES = "ay ee oh eye why em ese aitch haitch jay kay cee dee eff gee ell pee cue ess tee vee zee zed wye efe hache jota ele eme ene erre uve equis zeta"
# Words that a surname may follow or stand before, also as fields; those that speak of letters to be picked out; those of a text in cipher.
_LABELS = (
    "last lastname last_name family family_name familyname surname lname l_name nachname nachnamen familienname familiennamen nom nom_de_famille apellido apellidos"
    " sobrenome apelido cognome achternaam efternamn etternavn efternavn sukunimi nazwisko nazwisku nazwiskiem nume příjmení vezetéknév soyad soyadı soyadi soyisim"
    " фамилия фамилии фамилию фамилией прізвище прізвищем επώνυμο house clan dynasty haus familie famille familia famiglia called named siblings"
)
_FIRSTS = (
    "acrostic akrostichon acróstico acrostiche letter letters buchstabe buchstaben anfangsbuchstaben lettre lettres letra letras lettera lettere initials"
    " буква буквы букв букве буквам буквами"
)
_CIPHERS = "caesar cipher cypher ciphertext cifrado chiffre rot rot1 rot3 rot5 rot13 atbash decode decoded decipher decrypt decrypted encrypted encoded entschlüssele déchiffre шифр"
# Characters of a short quoted string, with its quotes.
WIDEST_VALUE = 26
LEAVING_OUT, CODE_WORDS, LABELS, FIRSTS_WORDS, CIPHERS = map(str.split, (_LEAVING_OUT, _CODE_WORDS, _LABELS, _FIRSTS, _CIPHERS))
LETTER_NAMES = {name: letter for letter, _, names in (part.partition(":") for part in _LETTER_NAMES.split()) for name in names.split(",")}
TELLING_NAMES = frozenset(_TELLING_NAMES.split())

# What a text shows. QUOTED: two short strings in quotes; BASE64: eight of its signs, of which one is a digit or an inner capital; NUMBERS: only beside eight digits in all; AGAIN: three
# equal letters in a row; LEAVING, LABELLED, FIRSTS, CIPHER: a word of LEAVING_OUT, LABELS, FIRSTS_WORDS, CIPHERS; CODE: three of CODE_WORDS or TELLING_NAMES. By the folded letters, MIXED: digits and letters in a word;
# LETTERS: three stand alone that no language has as words; LISTED: three of alphabets.
(
    TURNED,
    QUOTED,
    HIDDEN,
    OVERRIDE,
    STYLED,
    ALIKE,
    MARKUP,
    PERCENT,
    PRINTABLE,
    ENTITY,
    ESCAPE,
    OCTAL,
    CODE_POINT,
    CODE_CALL,
    ASCII85,
    BRAILLE,
    HEX,
    BITS,
    NUMBERS,
    BASE32,
    BASE64,
    MORSE,
    CAMEL,
    OWNED,
    LABELLED,
    INITIAL,
    MASKED,
    LEET,
    BANG,
    TWICE,
    AGAIN,
    LEAVING,
    CODE,
    MIXED,
    LETTERS,
    WEIGHTED,
    FIRSTS,
    MARKED,
    CIPHER,
    STRESSED,
    IPA,
    BETWEEN_DIGITS,
    SEESAW,
    FONTS,
    TRANSCRIBED,
    NOTED,
    ASSIGNED,
    LISTED,
) = (1 << bit for bit in range(48))
ENCODED = (
    PERCENT
    | PRINTABLE
    | ENTITY
    | ESCAPE
    | OCTAL
    | CODE_POINT
    | CODE_CALL
    | ASCII85
    | BRAILLE
    | HEX
    | BITS
    | NUMBERS
    | BASE32
    | BASE64
    | MORSE
)

# One past the last code point that is told from others.
END = 0x20000
# Stands for every character that is not ASCII.
_BEYOND = "\x80"
_ALNUM, _LETTER = ascii_letters + digits + _BEYOND, ascii_letters + _BEYOND
_CAPITAL_OF_ANOTHER, _SMALL_OF_ANOTHER = (
    "".join(map(chr, (*cyrillic, *greek)))
    for cyrillic, greek in ((range(0x400, 0x430), range(0x391, 0x3AA)), (range(0x430, 0x460), range(0x3AC, 0x3CF)))
)
_HYPHENS, IPA_LETTERS = "-·•‧‑", "ˈˌːɪʊɜɹʌɒɔɑɝɚ"
_FANCY_LETTERS = "".join(FANCY)
_SPACE, _SIGN_FOR_LETTER = " \u00a0", digits + "@$!|"


def _matching(chars: str) -> str:
    """The characters that a class of a regular expression has."""
    return "".join(re.findall(f"[{chars}]", "".join(map(chr, range(END)))))


_HEX_DIGIT, _CAPITAL_HEX, _OCTAL_DIGIT = hexdigits, digits + "ABCDEF", digits[:8]
# A sign, and characters in a row that show it: each is one of these.
_ROWS: tuple[tuple[int, tuple[str, ...]], ...] = (
    (TURNED, (TURNED_LETTERS,)),
    (HIDDEN, (chr(END),)),
    (OVERRIDE, ("\u202e\u2067",)),
    (STYLED, (_matching(UNSEEN + MARKS + STYLES) + chr(END),)),
    (ALIKE, ("".join(LOOKALIKES),)),
    (MARKUP, (_ALNUM, "<[", "!/" + ascii_letters)),
    (MARKUP, ("\\", ascii_letters, ascii_letters)),
    (MARKUP, (_ALNUM, "/", "*")),
    (MARKUP, ("~", "~")),
    (PERCENT, ("%", _HEX_DIGIT, _HEX_DIGIT)),
    (PRINTABLE, ("=", _CAPITAL_HEX, _CAPITAL_HEX) * 3),
    (ENTITY, ("&", "#" + ascii_letters, _ALNUM)),
    (ESCAPE, ("\\", "uUx", "{" + _HEX_DIGIT)),
    (ESCAPE, (_ALNUM, "\\", "nrt", _ALNUM)),
    (OCTAL, ("\\", _OCTAL_DIGIT, _OCTAL_DIGIT)),
    (CODE_POINT, ("Uu", "+", *(_HEX_DIGIT,) * 4)),
    (CODE_CALL, ("rRe", "(", digits + _BEYOND)),
    (ASCII85, ("<", "~")),
    (BRAILLE, (_matching("\u2800-\u28ff"),) * 3),
    (HEX, (_HEX_DIGIT + "xX :,-",) * 8),
    (BITS, ("01",) * 8),
    (NUMBERS, (digits + _BEYOND + " ,;.·/|-",) * 7),
    (BASE32, (ascii_uppercase + "234567",) * 10),
    (MORSE, (MORSE_DOTS + MORSE_DASHES, " ", MORSE_DOTS + MORSE_DASHES)),
    (CAMEL, (ascii_lowercase, ascii_uppercase, ascii_lowercase)),
    (OWNED, (_LETTER, "'’`´", ascii_lowercase + _BEYOND)),
    (LABELLED, ("姓성苗",)),
    (LABELLED, ("\n", "N", ":;")),
    (TRANSCRIBED, ("".join(TRANSCRIPTION),)),
    (TRANSCRIBED, (ascii_lowercase, " ", _CAPITAL_OF_ANOTHER)),
    (TRANSCRIBED, (_SMALL_OF_ANOTHER, " ", ascii_uppercase)),
    (NOTED, ("\n", "[" + "*†¹²³⁴⁵")),
    *(
        (ASSIGNED, (BEFORE_VARIABLE, *variable, *equals, _LETTER + "\"'“"))
        for variable in ((ascii_letters,), (ascii_letters, digits))
        for equals in ("=", " = ")
    ),
    (INITIAL, (_SPACE, _matching("A-ZА-Яbcdfghjklmnpqrtvwz"), "." + _SPACE)),
    (INITIAL, (_SPACE, ascii_lowercase, ".")),
    (MASKED, (_LETTER, MASK, _LETTER)),
    (MASKED, (_LETTER, MASK, MASK)),
    (LEET, ("@$|^¢§¥",)),
    (LEET, (ascii_lowercase, "I")),
    (BANG, ("!", ascii_letters + digits)),
    (BANG, (ascii_lowercase, "!", " ", ascii_lowercase)),
    (WEIGHTED, (_LETTER, ":", digits + "-")),
    (WEIGHTED, (_LETTER, ":", ":", digits + "-")),
    (MARKED, ("*", "*", _LETTER, "*")),
    (MARKED, ("[", _LETTER, "]")),
    (STRESSED, (ascii_uppercase, ascii_uppercase, _HYPHENS, ascii_lowercase)),
    (STRESSED, (ascii_lowercase, _HYPHENS, ascii_uppercase, ascii_uppercase)),
    (STRESSED, ("-", ascii_letters, "a", "y")),
    (STRESSED, ("-", ascii_letters, ascii_letters, "a", "y")),
    (IPA, (IPA_LETTERS,)),
    (BETWEEN_DIGITS, (ascii_letters, digits, ascii_letters, digits, ascii_letters)),
    (SEESAW, (ascii_lowercase, ascii_uppercase, ascii_lowercase, ascii_uppercase)),
    (FONTS, (_FANCY_LETTERS,) * 3),
    (TWICE, (*(_SIGN_FOR_LETTER,) * 3, " ", *(_SIGN_FOR_LETTER,) * 3)),
)


def _packed() -> list[tuple[int, int]]:
    """Word and first bit of each row: 64-bit words hold a bit for each of its characters, and no row is in two of them."""
    places: list[tuple[int, int]] = []
    word, bit = 0, 0
    for _, row in _ROWS:
        if bit + len(row) > 64:
            word, bit = word + 1, 0
        places.append((word, bit))
        bit += len(row)
    return places


_PLACES = _packed()
WORDS = _PLACES[-1][0] + 1
# (WORDS,) where rows begin, and (WORDS, 64) the sign of the row that ends at a bit, else 0.
FIRST, SIGN_AT = np.zeros(WORDS, dtype=np.uint64), np.zeros((WORDS, 64), dtype=np.uint64)
for (_word, _bit), (_sign, _row) in zip(_PLACES, _ROWS, strict=True):
    FIRST[_word] |= np.uint64(1 << _bit)
    SIGN_AT[_word, _bit + len(_row) - 1] = _sign


def _kinds() -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint64]]:
    """The kind of every code point up to END, which stands for all from there on; and for each kind the bits of what it may be in the rows."""
    plain = (0,) * WORDS
    bits: dict[int, list[int]] = {END: [0] * WORDS}
    beyond = [0] * WORDS
    for (word, first), (_, row) in zip(_PLACES, _ROWS, strict=True):
        for bit, chars in enumerate(row, first):
            beyond[word] |= (_BEYOND in chars) << bit
            for char in chars:
                bits.setdefault(ord(char), [0] * WORDS)[word] |= 1 << bit
    out = [plain, tuple(beyond)]
    kinds = np.zeros(END + 1, dtype=np.uint8)
    kinds[0x80:] = 1
    for code, own in bits.items():
        kind = tuple(a | b for a, b in zip(out[code >= 0x80], own, strict=True))
        if kind not in out:
            out.append(kind)
        kinds[code] = out.index(kind)
    return kinds, np.array(out, dtype=np.uint64)


KINDS, BITS_OF_KIND = _kinds()
