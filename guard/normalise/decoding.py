"""Escapes and encodings that a person or a model could read, undone: percent, HTML, unicode, hex, base64, Morse and the like."""

import base64
import binascii
import html
import re
from collections.abc import Callable

from guard.normalise.reading import Reading, replaced

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


def _numbers(match: re.Match[str]) -> str | None:
    """Numbers as ASCII codes, or as places in the alphabet; a word ends where another sign than the first parts two of them."""
    values = [int(part) for part in re.findall(r"\d+", match.group())]
    if all(0 < value <= 26 for value in values):
        signs = [*re.findall(r"\D+", match.group()), ""]
        return "".join(chr(96 + value) + " " * (sign != signs[0]) for value, sign in zip(values, signs, strict=True)).rstrip()
    return _text_of(bytes(values)) if all(value < 256 for value in values) else None


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
    code = next(group for group in match.groups() if group)
    return _char(int(code, 16))


def _character_code(match: re.Match[str]) -> str | None:
    chars = [_char(int(code)) for code in re.findall(r"\d{1,7}", match.group(1))]
    return None if None in chars else "".join(char for char in chars if char)


def _entity(match: re.Match[str]) -> str | None:
    reading = html.unescape(match.group())
    return reading if reading != match.group() and len(reading) == 1 else None


_MORSE_SIGNS = ".- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..- -.-- --.."
_MORSE = dict(zip(_MORSE_SIGNS.split(), "abcdefghijklmnopqrstuvwxyz", strict=True))
# The letters of uncontracted Braille; its sign for a capital is not seen.
_BRAILLE = str.maketrans(dict(zip("⠁⠃⠉⠙⠑⠋⠛⠓⠊⠚⠅⠇⠍⠝⠕⠏⠟⠗⠎⠞⠥⠧⠺⠭⠽⠵⠀", "abcdefghijklmnopqrstuvwxyz ", strict=True)) | {"⠠": None})


def _morse(match: re.Match[str]) -> str | None:
    words = [[_MORSE.get(sign, "?") for sign in word.split()] for word in re.split(r"\s*/\s*|\s{2,}", match.group())]
    text = " ".join("".join(word) for word in words)
    return text if "?" not in text and len(text) >= 4 else None


def _braille(match: re.Match[str]) -> str:
    return match.group().translate(_BRAILLE)


_CODE_CALL = re.compile(
    r"(?:\b\w{1,8}\.)?(?:from)?(?:chr|char|charcode)\((\d{1,7}(?:[\s,]{1,3}\d{1,7}){0,400})\)(?:\s?[+.,&]\s?(?=(?:\w{1,8}\.)?\w{0,4}ch[ar]))?",
    re.IGNORECASE,
)
# A sign that must be there, what it begins, and how that is read.
_ESCAPES: tuple[tuple[str, re.Pattern[str], Read], ...] = (
    ("%", re.compile(r"(?:%[0-9A-Fa-f]{2})+"), _url),
    ("=", re.compile(r"(?:=[0-9A-F]{2}){3,}"), _url),
    ("&", re.compile(r"&(?:#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]{2,12});?"), _entity),
    ("\\", re.compile(r"\\u\{([0-9A-Fa-f]{1,6})\}|\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})|\\x([0-9A-Fa-f]{2})"), _escape),
    ("\\", re.compile(r"(?:\\[0-3]?[0-7]{2}){4,}"), _octal),
    ("+", re.compile(r"[Uu]\+([0-9A-Fa-f]{4,6})(?:[\s,]{1,2}(?=[Uu]\+))?"), _escape),
    ("r(", _CODE_CALL, _character_code),
    ("R(", _CODE_CALL, _character_code),
    ("ode(", _CODE_CALL, _character_code),
    ("<~", re.compile(r"<~[!-uz\s]{5,4096}~>"), _ascii85),
)  # fmt: skip
_BRAILLE_RUN = re.compile("[\u2800-\u28ff]{3,}(?: [\u2800-\u28ff]{2,})*")
_BLOBS: tuple[tuple[re.Pattern[str], Read], ...] = (
    (re.compile(r"(?<![0-9A-Za-z])(?:(?:0[xX])?[0-9A-Fa-f]{2}[ :,-]{0,2}){3,}(?:0[xX])?[0-9A-Fa-f]{2}(?![0-9A-Za-z])"), _hex),
    (re.compile(r"(?<!\d)(?:[01]{8}[ ,]?){3,}[01]{8}(?!\d)"), _bits),
    (re.compile(r"(?<![\d.])(?:\d{1,3}(?:[ ,;-]{1,2}|[.·] ?| ?[/|] ?)){3,}\d{1,3}(?!\d)"), _numbers),
    (re.compile(r"(?<![A-Za-z0-9+/=])[A-Z2-7]{10,}={0,6}(?![A-Za-z0-9+/=])"), _base32),
    (re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{8,}={0,2}(?![A-Za-z0-9+/=])"), _base64),
    (re.compile(r"(?<![^\s])[.-]{1,4}(?:[ ]{1,3}/?[ ]{0,3}[.-]{1,4}){4,}(?![^\s,;:!?\"')\]])"), _morse),
)
_BLOB_LIKELY = re.compile(
    r"[a-z][A-Z0-9]|[0-9][A-Za-z]|[A-Z]{2}[a-z0-9]|[A-Z]{12}|\d{1,3}[ ,;./|·-]+\d{1,2}[ ,;./|·-]|[0-9A-Fa-f]{2}[ :,-]{1,2}[0-9A-Fa-f]{2}[ :,-]|[.-] [.-]+ [.-]|[0-9a-fA-F]{8}"
)


def decoded(source: Reading, blob: bool = True) -> Reading | None:
    """The text with what is escaped or encoded in it read, twice at most; None when nothing is.

    `blob`: whether there is anything that may be hex, base64 and the like.
    """
    text = source[0]
    blob = blob or ".- " in text or "-. " in text
    raised = not text.isascii() and _BRAILLE_RUN.search(text) is not None
    if not (blob or raised or any(sign in text for sign, *_ in _ESCAPES)):
        return None
    current = source
    for _ in range(_DEEPEST):
        before = current
        for sign, pattern, read in _ESCAPES:
            if sign in current[0]:
                current = replaced(current, pattern, read) or current
        if raised:
            current = replaced(current, _BRAILLE_RUN, _braille) or current
        if (blob or current is not source) and _BLOB_LIKELY.search(current[0]):
            for pattern, read in _BLOBS:
                current = replaced(current, pattern, _short(read)) or current
        if current is before:
            break
    return current if current is not source else None


def _short(read: Read) -> Read:
    return lambda match: read(match) if match.end() - match.start() <= _LONGEST else None
