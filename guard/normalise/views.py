"""Other readings of a text: escapes decoded, look-alike letters, leet, spelled-out letters. Each keeps its way back.

A view is made only where the text shows signs that need it, is at most as long as a small multiple of the text, and maps
each of its characters to the code points of the original it was read from.
"""

import base64
import binascii
import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from guard.normalise.flipped import flipped
from guard.normalise.fold import DIGIT, Folded, Positions
from guard.normalise.letters import folded as folded_letter
from guard.normalise.lookalikes import LOOKALIKES
from guard.normalise.quoted import quoted
from guard.normalise.reading import Reading, View, replaced


def _text_of(data: bytes) -> str | None:
    """The text that `data` spells, when it reads like text."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    letters = sum(char.isalpha() for char in text)
    return text if letters >= 4 and letters >= 0.6 * len(text) and text.isprintable() else None


def _base64(match: re.Match[str]) -> str | None:
    raw = match.group().rstrip("=").replace("-", "+").replace("_", "/")
    if raw.isalpha() and (raw.islower() or raw[1:].islower() or raw.isupper()):
        return None
    for size in (len(raw), len(raw) - 1):
        if size % 4 != 1:
            try:
                return _text_of(base64.b64decode(raw[:size] + "=" * (-size % 4), validate=True))
            except (binascii.Error, ValueError):
                continue
    return None


def _hex(match: re.Match[str]) -> str | None:
    digits = re.sub(r"0x|\\x|[^0-9a-fA-F]", "", match.group())
    return _text_of(bytes.fromhex(digits)) if len(digits) % 2 == 0 else None


def _bits(match: re.Match[str]) -> str | None:
    return _text_of(bytes(int(part, 2) for part in re.findall("[01]{8}", match.group())))


def _decimal(match: re.Match[str]) -> str | None:
    values = [int(part) for part in re.findall(r"\d+", match.group())]
    return _text_of(bytes(values)) if all(value < 256 for value in values) else None


def _url(match: re.Match[str]) -> str | None:
    data = bytes.fromhex(match.group().replace("%", ""))
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _char(code: int) -> str | None:
    return chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else None


def _escape(match: re.Match[str]) -> str | None:
    code = next(group for group in match.groups() if group)
    return _char(int(code, 16))


def _entity(match: re.Match[str]) -> str | None:
    reading = html.unescape(match.group())
    return reading if reading != match.group() and len(reading) == 1 else None


_MORSE = dict(
    zip(
        [
            ".-",
            "-...",
            "-.-.",
            "-..",
            ".",
            "..-.",
            "--.",
            "....",
            "..",
            ".---",
            "-.-",
            ".-..",
            "--",
            "-.",
            "---",
            ".--.",
            "--.-",
            ".-.",
            "...",
            "-",
            "..-",
            "...-",
            ".--",
            "-..-",
            "-.--",
            "--..",
        ],
        "abcdefghijklmnopqrstuvwxyz",
        strict=True,
    )
)


def _morse(match: re.Match[str]) -> str | None:
    words = [[_MORSE.get(sign, "?") for sign in word.split()] for word in re.split(r"\s*/\s*|\s{2,}", match.group())]
    text = " ".join("".join(word) for word in words)
    return text if "?" not in text and len(text) >= 4 else None


_DECODERS: tuple[tuple[str, re.Pattern[str], Callable[[re.Match[str]], str | None]], ...] = (
    ("%", re.compile(r"(?:%[0-9A-Fa-f]{2})+"), _url),
    ("&", re.compile(r"&(?:#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]{2,12});?"), _entity),
    ("\\", re.compile(r"\\u\{([0-9A-Fa-f]{1,6})\}|\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})|\\x([0-9A-Fa-f]{2})"), _escape),
    ("+", re.compile(r"[Uu]\+([0-9A-Fa-f]{4,6})\s?"), _escape),
)
_BLOBS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str | None]], ...] = (
    (re.compile(r"(?<![0-9A-Za-z])(?:(?:0x)?[0-9A-Fa-f]{2}[ :,-]{0,2}){3,}[0-9A-Fa-f]{2}(?![0-9A-Za-z])"), _hex),
    (re.compile(r"(?<!\d)(?:[01]{8}[ ,]?){3,}[01]{8}(?!\d)"), _bits),
    (re.compile(r"(?<!\d)(?:\d{2,3}[ ,;-]{1,2}){3,}\d{2,3}(?!\d)"), _decimal),
    (re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{8,}={0,2}(?![A-Za-z0-9+/=])"), _base64),
    (re.compile(r"(?<![^\s])[.-]{1,4}(?:[ ]{1,3}/?[ ]{0,3}[.-]{1,4}){4,}(?![^\s])"), _morse),
)
_BLOB_LIKELY = re.compile(
    r"[a-z][A-Z0-9]|[0-9][A-Za-z]|[A-Z]{2}[a-z0-9]|\d{2,3}[ ,;-]+\d{2}|[0-9A-Fa-f]{2}[ :,-]{1,2}[0-9A-Fa-f]{2}[ :,-]|[.-] [.-]+ [.-]|[0-9a-fA-F]{8}"
)
_LONGEST_BLOB = 4096


@dataclass(frozen=True, slots=True)
class Signs:
    """What a folded text tells about which views could matter (all cheap to know).

    `blob`: something may be hex, base64 and the like; `mixed`: a word has digits and letters; `letters`: letters stand alone.
    """

    blob: bool
    mixed: bool
    letters: bool


_DIGIT = np.array(DIGIT, dtype=np.uint8)


def signs_of(folded: Folded) -> Signs:
    """The signs of a text."""
    starts = folded.word_starts
    if not len(starts):
        return Signs(blob=False, mixed=False, letters=False)
    sizes = folded.word_ends - starts
    digits = (folded.kinds & _DIGIT).astype(np.bool_)
    count = int(np.count_nonzero(digits))
    letters = _letters_alone(folded, sizes)
    if not count and not folded.has_camel:
        return Signs(bool(np.count_nonzero(sizes >= 16)), mixed=False, letters=letters)
    odd = starts.searchsorted((digits | folded.camel).nonzero()[0], side="right") - 1
    blob = count >= 8 or bool(np.count_nonzero(sizes.take(odd) >= 8))
    mixed = np.count_nonzero((digits[1:] != digits[:-1]) & ~folded.breaks[1:])
    return Signs(blob, bool(mixed), letters)


def _letters_alone(folded: Folded, sizes: Positions) -> bool:
    """Whether three letters stand alone that no word of a language is."""
    alone = sizes == 1
    if np.count_nonzero(alone) < 3:
        return False
    singles = folded.letters[folded.word_starts[alone]]
    return int(np.count_nonzero((singles > 0x61) & (singles != 0x69) & (singles != 0x73) & (singles != 0x78))) >= 3


def decoded(text: str, blob: bool = True) -> View | None:
    """Escapes and encoded stretches read as text (URL, HTML, unicode escapes; hex, base64, bits, decimal, Morse), twice at most.

    `blob`: whether there is anything that may be hex, base64 and the like.
    """
    escaped = [decoder for decoder in _DECODERS if decoder[0] in text]
    if not escaped and not blob and ".- " not in text and "-. " not in text:
        return None
    current: Reading = (text, ())
    first = current
    for _ in range(2):
        before = current
        for sign, pattern, read in _DECODERS:
            if sign in current[0]:
                current = replaced(current, pattern, read) or current
        if _BLOB_LIKELY.search(current[0]):
            for pattern, read in _BLOBS:
                current = replaced(current, pattern, _short(read)) or current
        if current is before:
            break
    return View("decoded", *current) if current is not first else None


def _short(read: Callable[[re.Match[str]], str | None]) -> Callable[[re.Match[str]], str | None]:
    return lambda match: read(match) if match.end() - match.start() <= _LONGEST_BLOB else None


_HIDDEN = re.compile("[\U000e0020-\U000e007e]{4,}")


def hidden(text: str) -> View | None:
    """Text written in invisible tag characters."""
    if not _HIDDEN.search(text):
        return None
    found = replaced((text, ()), _HIDDEN, lambda match: " " + "".join(chr(ord(char) - 0xE0000) for char in match.group()) + " ")
    return View("hidden tags", *found) if found else None


_LEET_CHARS = "0-9@$!|+€£("
_BANG = re.compile(r"[A-Za-z0-9]![A-Za-z0-9]|[a-z]! [a-z]|(?<!\S)![a-z]")
_LEET_WORD = re.compile(rf"[A-Za-zÀ-ɏ{_LEET_CHARS}]+")
# A name of which nothing but signs is left: 8111 94735.
_SIGNS_TWICE = re.compile(r"(?<![\w.,:/-])[0-9@$|][0-9@$!|]+[0-9@$|] [0-9@$!|]{2,}[0-9@$|](?![\w.,:/%-])")
_LONGEST_LEET = 40
_UNIT = re.compile(
    r"#?\d+(?:[.x×:/-]\d+)*(?:k|mm|cm|m|km|px|x|d|s|st|nd|rd|th|p|fps|mp|hz|g|kg|ml|l|am|pm|pt|in|ft|deg|bit|gb|mb|gsm|[a-f0-9]{3,6})?(?:x\d+)?|[a-f0-9]{6}|(?:[A-Za-z]|[^aeiouy\W\d]{2})\d{1,2}|[A-Za-z]+[!(+]+|[!(+@$]+[A-Za-z]+|\(?[A-Za-z]+[12689]|mp[34]|[$€£]\d+[a-z]?",
    re.IGNORECASE,
)
_LEET = str.maketrans(dict(zip("4@83€(69!1|0£57$+2", "aabeecgglllolststz", strict=True)))


def leet(text: str) -> View | None:
    """Digits and signs inside words read as letters; `1 ! |` read as l (whoever compares takes i and l for one)."""
    cores = (match.group().strip("!(+") for match in _LEET_WORD.finditer(text))
    if not any(_mixed(core) and not _UNIT.fullmatch(core) for core in cores) and not _BANG.search(text) and not _SIGNS_TWICE.search(text):
        return None

    def read(match: re.Match[str]) -> str | None:
        word = match.group()
        return word.translate(_LEET) if _mixed(word) or (len(word) > 1 + word.isdecimal() and not any(map(str.isalpha, word))) else None

    found = replaced((text, ()), _LEET_WORD, read, each=True)
    return View("leet", *found) if found else None


def _mixed(word: str) -> bool:
    """Whether a word has letters and signs read as letters."""
    return 1 < len(word) <= _LONGEST_LEET and not word.isalpha() and any(char.isalpha() for char in word)


_TURNED = re.compile("[\u202e\u2067]([^\u202c\u2069\n]{2,200})[\u202c\u2069]?")


def turned(text: str) -> View | None:
    """What right-to-left overrides show: the text after them read backwards."""
    if "\u202e" not in text and "\u2067" not in text:
        return None
    found = replaced((text, ()), _TURNED, lambda match: match.group(1)[::-1])
    return View("bidi override", *found) if found else None


_FOREIGN = "".join(re.escape(char) for char in LOOKALIKES)
_FOREIGN_LETTER = re.compile(f"[{_FOREIGN}]")
_FOREIGN_WORD = re.compile(rf"[^\W\d_]*[{_FOREIGN}][^\W\d_]*")


def look_alikes(text: str) -> View | None:
    """Letters of other scripts that look like Latin ones read as Latin: in words that also have Latin letters, or in Latin text."""
    if text.isascii() or not _FOREIGN_LETTER.search(text):
        return None
    letters = [char for char in text if char.isalpha()]
    mostly_latin = sum(char.isascii() for char in letters) * 2 >= len(letters)

    def read(match: re.Match[str]) -> str | None:
        word = match.group()
        mixed = any(char not in LOOKALIKES and folded_letter(char).isascii() for char in word)
        if not mixed and not (mostly_latin and all(char in LOOKALIKES or folded_letter(char).isascii() for char in word)):
            return None
        return "".join(LOOKALIKES.get(char, char) for char in word)

    found = replaced((text, ()), _FOREIGN_WORD, read, each=True)
    return View("look-alikes", *found) if found else None


_AS_IN = re.compile(
    r"(?<![^\W_])([^\W\d_])(?:\s{0,2}[,:(]?\s{0,2}(?:as\s{1,2}in|like\s{1,2}in|is\s{1,2}for|for|like|as|wie|comme|come|como(?:\s{1,2}en)?|de)\s{1,2}[\"'“]?)([^\W\d_]+)[\"'”)]?",
    re.IGNORECASE,
)
_CODE_WORDS = frozenset(
    [
        "alpha",
        "alfa",
        "bravo",
        "charlie",
        "delta",
        "echo",
        "foxtrot",
        "golf",
        "hotel",
        "india",
        "juliet",
        "juliett",
        "kilo",
        "lima",
        "mike",
        "november",
        "oscar",
        "papa",
        "quebec",
        "romeo",
        "sierra",
        "tango",
        "uniform",
        "victor",
        "whiskey",
        "xray",
        "yankee",
        "zulu",
    ]
)
_CODE_RUN = re.compile(r"(?:\b(?:" + "|".join(sorted(_CODE_WORDS)) + r")\b[\s,.-]*){4,}", re.IGNORECASE)


def spelled_out(text: str) -> View | None:
    """`T as in Tom, a, y` and `Tango Alpha Yankee` read as the letters they stand for."""
    current: Reading = (text, ())
    first = current
    current = (
        replaced(current, _AS_IN, lambda match: match.group(1) if match.group(2)[:1].lower() == match.group(1).lower() else None) or current
    )
    if _CODE_RUN.search(text):
        current = (
            replaced(
                current, _CODE_RUN, lambda match: " ".join(word[0] for word in re.findall("[a-z]+", match.group(), re.IGNORECASE)) + " "
            )
            or current
        )
    return View("spelled out", *current) if current is not first else None


_LABELS = (
    "first name",
    "given name",
    "last name",
    "surname",
    "family name",
    "forename",
    "firstname",
    "lastname",
    "first_name",
    "last_name",
    "given_name",
    "vorname",
    "nachname",
    "prénom",
    "apellido",
    "sobrenome",
    "cognome",
    "фамилия",
    "姓",
    "성은",
    "first:",
    "last:",
)
_NAME_WORDS = re.compile(
    r"(?:[,;.]|\s|\b(?:and|und|et|y|e|with|whose|a|the|her|his|their|person|someone|is|has)\b){0,6}\b(?:first|given|fore|last|family|sur|second|vor|nach)[\s_-]?names?\b(?:\s*(?:=|(?:is|are|was|being|ist|lautet|of)\b))?[\s:=\"'“]{0,4}"
    r"|[,;\s]{0,3}\b(?:prénom|nom de famille|nombre|apellido|cognome|nome|sobrenome|имя|фамилия|first|last)\b\s?[:=]?\s?|(?:名字|姓氏?|名前|名|이름|성)(?:是|は|은|는)?[:：]?",
    re.IGNORECASE,
)


def labelled(text: str) -> View | None:
    """`first name Taylor, last name Swift` without the labels."""
    lower = text.lower()
    if not any(label in lower for label in _LABELS):
        return None
    found = replaced((text, ()), _NAME_WORDS, lambda _: " ")
    return View("labelled parts", *found) if found else None


_INITIALS = re.compile(r"[ \u00a0](?<=[^\W\d_]{2}.)[A-ZА-Я]\.?(?:[ \u00a0][A-ZА-Я]\.?){0,2}[ \u00a0](?=[^\W\d_]{2})")


def without_initials(text: str) -> View | None:
    """The text without initials between two words: a name with them is looked for as one without."""
    found = replaced((text, ()), _INITIALS, lambda _: " ")
    return View("middle name", *found) if found else None


def views(text: str, folded: Folded) -> Iterator[View]:
    """The readings of `text` that its signs call for; none for most texts."""
    signs = signs_of(folded)
    plain = text.isascii()
    decoding = decoded(text, signs.blob)
    if decoding:
        yield decoding
    if not plain:
        for make in (hidden, turned, flipped, look_alikes):
            if reading := make(text):
                yield reading
    if (signs.letters or len(_CODE_WORDS.intersection(text.lower().replace(",", " ").split())) >= 3) and (reading := spelled_out(text)):
        yield reading
    for make in (labelled, quoted, without_initials):
        if reading := make(text):
            yield reading
    some = signs.mixed or "@" in text or "$" in text or "|" in text
    signs_of_leet = decoding is None and (some or ("!" in text and _BANG.search(text)) or (signs.blob and _SIGNS_TWICE.search(text)))
    if signs_of_leet and (reading := leet(text)):
        yield reading
