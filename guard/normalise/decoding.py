"""Escapes and encodings that a person or a model could read, undone: percent, HTML, unicode, hex, base64, Morse and the like."""

import base64
import binascii
import html
import re
from collections.abc import Callable

from guard.normalise import signs
from guard.normalise.reading import Reading
from guard.normalise.signing import signs_of_text

Read = Callable[[re.Match[str]], str | None]

# Longest stretch that is decoded, and how often what was decoded is decoded again.
_LONGEST, _DEEPEST = 4096, 2
# So many printable ASCII characters do not come out by chance: perhaps another code.
_LONG = 8


def _text_of(data: bytes) -> str | None:
    """The text that `data` spells, when it reads like text."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    letters = sum(char.isalpha() for char in text)
    told = letters >= 4 and letters >= 0.6 * len(text)
    return text if text.isprintable() and (told or (text.isascii() and len(text) >= _LONG)) else None


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


_BASE64_BEFORE, _BASE64_BEHIND = re.compile(r"([A-Za-z0-9+/]{2,40}={0,2}) $"), re.compile(r" ([A-Za-z0-9+/]{2,40}={0,2})")
_WIDEST_WORD = 43


def _base64_word(match: re.Match[str]) -> str | None:
    """A word that was encoded by itself, as one beside it was."""
    word, text = _base64_letters(match.group()), match.string
    if word is None:
        return None
    before = _BASE64_BEFORE.search(text, max(0, match.start() - _WIDEST_WORD), match.start())
    behind = _BASE64_BEHIND.match(text, match.end())
    return word if any(beside and _base64_letters(beside.group(1)) for beside in (before, behind)) else None


def _base64_letters(encoded: str) -> str | None:
    """The letters that a word stands for; None when it stands for something else, or is a plain word."""
    raw = encoded.rstrip("=")
    if raw.isalpha() and (raw.islower() or raw[1:].islower()):
        return None
    try:
        word = base64.b64decode(raw + "=" * (-len(raw) % 4), validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return None
    return word if word.isalpha() else None


def _base32(match: re.Match[str]) -> str | None:
    raw = match.group().rstrip("=")
    try:
        return _text_of(base64.b32decode(raw + "=" * (-len(raw) % 8)))
    except binascii.Error:
        return None


def _ascii85(match: re.Match[str]) -> str | None:
    try:
        return _text_of(base64.a85decode(match.group(), adobe=True))
    except ValueError:
        return None


def _hex(match: re.Match[str]) -> str | None:
    digits = re.sub(r"0[xX]|[^0-9a-fA-F]", "", match.group())
    return _text_of(bytes.fromhex(digits)) if len(digits) % 2 == 0 else None


def _bits(match: re.Match[str]) -> str | None:
    return _text_of(bytes(int(part, 2) for part in re.findall("[01]{8}", match.group())))


_KEYS = ("", "", "abc", "def", "ghi", "jkl", "mno", "pqrs", "tuv", "wxyz")
_KEY_PRESSES = re.compile(r"([2-9])\1{0,3}")


def _numbers(match: re.Match[str]) -> str | None:
    """Numbers as ASCII codes, as places in the alphabet or as keys of a telephone pressed several times; a word ends where another sign than the first parts two."""
    numbers = re.findall(r"\d+", match.group())
    values = list(map(int, numbers))
    if all(0 < value <= 26 for value in values):
        return _words(match, [chr(96 + value) for value in values])
    if all(_KEY_PRESSES.fullmatch(number) for number in numbers):
        keys = [(_KEYS[int(number[0])], len(number)) for number in numbers]
        return (
            _words(match, [letters[count - 1] for letters, count in keys])
            if all(count <= len(letters) for letters, count in keys)
            else None
        )
    if all(value < 256 for value in values) and (text := _text_of(bytes(values))):
        return text
    octal = [int(number, 8) for number in numbers if not set(number) & {"8", "9"}]
    return _text_of(bytes(octal)) if len(octal) == len(numbers) and max(octal) < 256 else None


def _words(match: re.Match[str], letters: list[str]) -> str:
    """Letters, with a space where another sign than the first parts two of the numbers they come from."""
    signs = [*re.findall(r"\D+", match.group()), ""]
    return "".join(letter + " " * (sign != signs[0]) for letter, sign in zip(letters, signs, strict=True)).rstrip()


def _url(match: re.Match[str]) -> str | None:
    data = bytes.fromhex(re.sub("[%=]", "", match.group()))
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _octal(match: re.Match[str]) -> str | None:
    values = [int(part, 8) for part in match.group()[1:].split("\\")]
    return _text_of(bytes(values)) if all(value < 256 for value in values) else None


def _char(code: int) -> str | None:
    return chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else None


def _escape(match: re.Match[str]) -> str | None:
    code = next((group for group in match.groups() if group), "20")  # a sign for the end of a line parts words
    return _char(int(code, 16))


def _character_code(match: re.Match[str]) -> str | None:
    chars = [_char(int(code)) for code in re.findall(r"\d{1,7}", match.group(1))]
    return None if None in chars else "".join(char for char in chars if char)


def _entity(match: re.Match[str]) -> str | None:
    reading = html.unescape(match.group())
    return reading if reading != match.group() and len(reading) == 1 else None


_MORSE_SIGNS = ".- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..- -.-- --.."
_MORSE = dict(zip(_MORSE_SIGNS.split(), "abcdefghijklmnopqrstuvwxyz", strict=True))
_MORSE_WRITTEN = str.maketrans(dict.fromkeys(signs.MORSE_DOTS, ".") | dict.fromkeys(signs.MORSE_DASHES, "-"))
_MORSE_SIGN = f"[{re.escape(signs.MORSE_DOTS + signs.MORSE_DASHES)}]{{1,4}}"
# The letters of uncontracted Braille; its sign for a capital is not seen.
_BRAILLE = str.maketrans(dict(zip("⠁⠃⠉⠙⠑⠋⠛⠓⠊⠚⠅⠇⠍⠝⠕⠏⠟⠗⠎⠞⠥⠧⠺⠭⠽⠵⠀", "abcdefghijklmnopqrstuvwxyz ", strict=True)) | {"⠠": None})


def _morse(match: re.Match[str]) -> str | None:
    plain = match.group().translate(_MORSE_WRITTEN)
    words = [[_MORSE.get(sign, "?") for sign in word.split()] for word in re.split(r"\s*/\s*|\s{2,}", plain)]
    text = " ".join("".join(word) for word in words)
    return text if "?" not in text and len(text) >= 4 else None


def _braille(match: re.Match[str]) -> str:
    return match.group().translate(_BRAILLE)


_CODE_CALL = re.compile(
    r"(?:\b\w{1,8}\.)?(?:from)?(?:chr|char|charcode)\((\d{1,7}(?:[\s,]{1,3}\d{1,7}){0,400})\)(?:\s?[+.,&]\s?(?=(?:\w{1,8}\.)?\w{0,4}ch[ar]))?",
    re.IGNORECASE,
)


def _short(read: Read) -> Read:
    return lambda match: read(match) if match.end() - match.start() <= _LONGEST else None


# What a text with this sign may hold, and how it is read: escapes, then what has no mark of its own.
CODES: tuple[tuple[int, re.Pattern[str], Read], ...] = (
    (signs.PERCENT, re.compile(r"(?:%[0-9A-Fa-f]{2})+"), _url),
    (signs.PRINTABLE, re.compile(r"(?:=[0-9A-F]{2}){3,}"), _url),
    (signs.ENTITY, re.compile(r"&(?:#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]{2,12});?"), _entity),
    (signs.ESCAPE, re.compile(r"\\u\{([0-9A-Fa-f]{1,6})\}|\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})|\\x([0-9A-Fa-f]{2})|(?<=[^\W_])\\[nrt](?=[^\W_])"), _escape),
    (signs.OCTAL, re.compile(r"(?:\\[0-3]?[0-7]{2}){4,}"), _octal),
    (signs.CODE_POINT, re.compile(r"[Uu]\+([0-9A-Fa-f]{4,6})(?:[\s,]{1,2}(?=[Uu]\+))?"), _escape),
    (signs.CODE_CALL, _CODE_CALL, _character_code),
    (signs.ASCII85, re.compile(r"<~[!-uz\s]{5,4096}~>"), _ascii85),
    (signs.BRAILLE, re.compile("[\u2800-\u28ff]{3,}(?: [\u2800-\u28ff]{2,})*"), _braille),
    (signs.HEX, re.compile(r"(?<![0-9A-Za-z])(?:(?:0[xX])?[0-9A-Fa-f]{2}[ :,-]{0,2}){3,}(?:0[xX])?[0-9A-Fa-f]{2}(?![0-9A-Za-z])"), _short(_hex)),
    (signs.BITS, re.compile(r"(?<!\d)(?:[01]{8}[ ,]?){3,}[01]{8}(?!\d)"), _short(_bits)),
    (signs.NUMBERS, re.compile(r"(?=\d)(?<![\d.])(?:\d{1,4}(?:[ ,;-]{1,2}|[.·] ?| ?[/|] ?)){3,}\d{1,4}(?!\d)"), _short(_numbers)),
    (signs.BASE32, re.compile(r"(?<![A-Za-z0-9+/=])[A-Z2-7]{10,}={0,6}(?![A-Za-z0-9+/=])"), _short(_base32)),
    (signs.BASE64, re.compile(r"(?<![A-Za-z0-9+/=])(?![A-Za-z]?[a-z]++(?![A-Za-z0-9+/=]))[A-Za-z0-9+/]{2,40}={0,2}(?![A-Za-z0-9+/=])"), _base64_word),
    (signs.BASE64, re.compile(r"(?<![A-Za-z0-9+/_-])(?![A-Za-z]?[a-z]++(?![A-Za-z0-9+/_-]))[A-Za-z0-9+/_-]{8,}={0,2}(?![A-Za-z0-9+/=])"), _short(_base64)),
    (signs.MORSE, re.compile(rf"(?<![^\s]){_MORSE_SIGN}(?:[ ]{{1,3}}/?[ ]{{0,3}}{_MORSE_SIGN}){{4,}}(?![^\s,;:!?\"')\]])"), _short(_morse)),
)  # fmt: skip


def decoded(source: Reading) -> Reading | None:
    """The text with what is escaped or encoded in it read, twice at most; None when nothing is."""
    current, shown = source, signs_of_text(source.text)
    for _ in range(_DEEPEST):
        before = current
        for sign, pattern, read in CODES:
            if shown & sign and (found := current.replaced(pattern, read)):
                current, shown = found, signs_of_text(found.text)
        if current is before:
            break
    return current if current is not source else None
