"""Other readings of a text: escapes decoded, look-alike letters, leet, spelled-out letters. Each keeps its way back.

A view is made only where the text shows signs that need it, is at most as long as a small multiple of the text, and maps
each of its characters to the code points of the original it was read from.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from guard.normalise.decoding import decoded
from guard.normalise.flipped import flipped
from guard.normalise.fold import DIGIT, Folded, Positions
from guard.normalise.letters import MARKS, UNSEEN
from guard.normalise.letters import folded as folded_letter
from guard.normalise.lookalikes import LOOKALIKES
from guard.normalise.quoted import quoted
from guard.normalise.reading import Reading, View, replaced, view


@dataclass(frozen=True, slots=True)
class Signs:
    """What a folded text tells about which views could matter (all cheap to know).

    `blob`: something may be hex, base64 and the like; `mixed`: a word has digits and letters; `letters`: letters stand alone;
    `again`: three letters in a row are the same.
    """

    blob: bool = False
    mixed: bool = False
    letters: bool = False
    again: bool = False


_DIGIT = np.array(DIGIT, dtype=np.uint8)


def signs_of(folded: Folded) -> Signs:
    """The signs of a text."""
    starts = folded.word_starts
    if not len(starts):
        return Signs()
    sizes = folded.word_ends - starts
    digits = (folded.kinds & _DIGIT).astype(np.bool_)
    count = int(np.count_nonzero(digits))
    letters = _letters_alone(folded, sizes)
    if not count and not folded.has_camel:
        return Signs(bool(np.count_nonzero(sizes >= 16)), letters=letters, again=_again(folded))
    odd = starts.searchsorted((digits | folded.camel).nonzero()[0], side="right") - 1
    blob = count >= 8 or bool(np.count_nonzero(sizes.take(odd) >= 8))
    mixed = np.count_nonzero((digits[1:] != digits[:-1]) & ~folded.breaks[1:])
    return Signs(blob, bool(mixed), letters, _again(folded))


def _again(folded: Folded) -> bool:
    same = folded.letters[1:] == folded.letters[:-1]
    return bool(np.count_nonzero(same[1:] & same[:-1]))


def _letters_alone(folded: Folded, sizes: Positions) -> bool:
    """Whether three letters stand alone that no word of a language is."""
    alone = sizes == 1
    if np.count_nonzero(alone) < 3:
        return False
    singles = folded.letters[folded.word_starts[alone]]
    return int(np.count_nonzero((singles > 0x61) & (singles != 0x69) & (singles != 0x73) & (singles != 0x78))) >= 3


_HIDDEN = re.compile("[\U000e0020-\U000e007e]{4,}")


def hidden(text: str) -> Reading | None:
    """Text written in invisible tag characters."""
    return replaced((text, ()), _HIDDEN, lambda match: " " + "".join(chr(ord(char) - 0xE0000) for char in match.group()) + " ")


# What no reader sees and marks, which say nothing unless letters or signs stand on both sides; letters in another style, and signs beside them.
_LETTERS_STYLED = "\uff10-\uff19\uff21-\uff3a\uff41-\uff5a"
_STYLES = f"{_LETTERS_STYLED}\u1d00-\u1d6a\u2070-\u209c\u2460-\u24ff\U0001d400-\U0001d7ff\U0001f100-\U0001f18f"
_MAYBE_STYLED = re.compile(f"[{UNSEEN}{MARKS}{_STYLES}]")
_STYLED = re.compile(
    f"(?<=\\S)[{UNSEEN}{MARKS}]+(?=\\S)|[{_STYLES}]|[！＄＠｜＋＾](?=[{_LETTERS_STYLED}])|(?<=[{_LETTERS_STYLED}])[！＄＠｜＋＾]"
)


def _plain(match: re.Match[str]) -> str | None:
    char = match.group()
    if len(char) > 1:
        return ""
    wide, seen = unicodedata.normalize("NFKC", char), folded_letter(char)
    if len(wide) == 1 and wide.isascii():
        return wide
    return seen if not seen or (len(seen) == 1 and seen.isascii() and seen.isalnum()) else None


def plain(text: str) -> Reading:
    """The text without what is not seen, and with styled letters plain. Folding does as much: other readings begin with it."""
    return (_MAYBE_STYLED.search(text) and replaced((text, ()), _STYLED, _plain)) or (text, ())


_TAG = re.compile(r"<!--[^<>]{0,200}-->|</?[A-Za-z][^<>]{0,80}>|\[/?[A-Za-z]{1,8}\]")
_TAG_INSIDE = re.compile(rf"[^\W_](?:{_TAG.pattern})[^\W_]")


def without_markup(source: Reading) -> Reading | None:
    """The text without tags and comments, where one of them stands within a word."""
    if "<" not in source[0] and "[" not in source[0]:
        return None
    return replaced(source, _TAG, lambda _: "") if _TAG_INSIDE.search(source[0]) else None


# A letter or sign that the text says is to be left out: "remove every x from Txaxyxlxoxr".
_LEAVING_OUT = frozenset(
    [
        "remove",
        "removing",
        "delete",
        "deleting",
        "drop",
        "dropping",
        "strip",
        "stripping",
        "omit",
        "omitting",
        "without",
        "ignore",
        "ignoring",
        "skip",
        "skipping",
        "minus",
        "entferne",
        "ohne",
        "retire",
        "sans",
        "quita",
        "sin",
        "take",
        "leave",
    ]
)
_LEFT_OUT = re.compile(
    rf"\b(?:{'|'.join(sorted(_LEAVING_OUT))})\b[^.\n\w]{{1,3}}(?:\w{{1,12}}[^.\n\w]{{1,3}}){{0,4}}?[\"'“‘`]?([^\s\"'])[\"'”’`]?(?:'?s)?(?![^\W_])",
    re.IGNORECASE,
)
_MOST_LEFT_OUT = 3


def left_out(source: Reading) -> Reading | None:
    """The text without the letters or signs that it says are to be left out."""
    chars = dict.fromkeys(match.group(1) for match in _LEFT_OUT.finditer(source[0]))
    chosen = [char for char in chars if char not in "aA,.;:"][:_MOST_LEFT_OUT]
    return replaced(source, re.compile("[" + "".join(map(re.escape, chosen)) + "]", re.IGNORECASE), lambda _: "") if chosen else None


# Four or more letters, or signs for letters, of which each stands alone: P 4 u l, e.i.l.u.a.P.
_ALONE = r"[^\W_]|[@$!|^+]"
_LETTERS_ALONE = re.compile(rf"(?<![^\W_])(?:{_ALONE})([^\w\n]\ufe0f?|_)(?:{_ALONE})(?:\1(?:{_ALONE})){{2,}}(?![^\W_])")


def _together(match: re.Match[str]) -> str | None:
    letters = match.group()[:: 1 + len(match.group(1))]
    return letters if sum(map(str.isalpha, letters)) > 1 else None


def letters_together(source: Reading) -> Reading | None:
    """Letters that stand alone put together, whatever parts them: what they spell may be a disguise itself."""
    return replaced(source, _LETTERS_ALONE, _together)


_CAMEL = re.compile(r"(?<![^\W_])[A-Z][a-z]{2,}[A-Z][a-z]{2,}(?![^\W\d_])")
_INNER_CAPITAL = re.compile("(?<=[a-z])[A-Z]")
_OWNED = re.compile(r"([^\W\d_])['’`´][a-zıü]{1,4}(?![^\W_])")
_OWNED_NAME = re.compile(r"(?<![\w-])[A-Z][\w-]{1,40} [A-Z][\w-]{1,40}['’`´][a-zıü]{1,4}(?![^\W_])")


def words_apart(source: Reading) -> Reading | None:
    """Two words written together with capitals parted, and endings after an apostrophe taken off: both may hide an error."""
    text = source[0]
    if _CAMEL.search(text):
        source = replaced(source, _INNER_CAPITAL, lambda match: " " + match.group()) or source
    if _OWNED_NAME.search(text):
        source = replaced(source, _OWNED, lambda match: match.group(1)) or source
    return source if source[0] is not text else None


_MASK = "*#•●■▪∗＊█░▒"
_MASKED = re.compile(rf"[^\W\d_][{_MASK}]+[^\W\d_]")
_MASKS = re.compile(rf"(?<=[^\W\d_])[{_MASK}]+")


def masked(source: Reading) -> Reading | None:
    """The text without the signs that stand for letters: `T*yl*r Sw*ft`."""
    return replaced(source, _MASKS, lambda _: "") if _MASKED.search(source[0]) else None


THRICE = re.compile(r"([^\W\d_])\1\1", re.IGNORECASE)
_AGAIN = re.compile(r"([^\W\d_])\1+", re.IGNORECASE)


def once(text: str) -> str:
    """The text with letters that stand several times in a row standing once."""
    return _AGAIN.sub(r"\1", text)


def drawn_out(source: Reading) -> Reading | None:
    """Letters that stand several times in a row read as one, where there are three of them somewhere."""
    return replaced(source, _AGAIN, lambda match: match.group(1)) if THRICE.search(source[0]) else None


_LEET_CHARS = "0-9@$!|+€£(^¢§¥"
_LEET_SIGNS = frozenset("@$|^¢§¥")
_BANG = re.compile(r"[A-Za-z0-9]![A-Za-z0-9]|[a-z]! [a-z]|(?<!\S)![a-z]")
_LEET_WORD = re.compile(rf"[A-Za-zÀ-ɏ{_LEET_CHARS}]+")
_LONGEST_LEET = 40
# A name of which nothing but signs is left: 8111 94735.
_SIGNS_TWICE = re.compile(
    r"(?<![\w.,:/-])[0-9@$|][0-9@$!|]{1,38}[0-9@$|] [0-9@$!|]{2,39}[0-9@$|](?![\w.,:/%-])"  # bounded: a run of signs may begin at each of them
)
_UNIT = re.compile(
    r"#?\d+(?:[.x×:/-]\d+)*(?:k|mm|cm|m|km|px|x|d|s|st|nd|rd|th|p|fps|mp|hz|g|kg|ml|l|am|pm|pt|in|ft|deg|bit|gb|mb|gsm|[a-f0-9]{3,6})?(?:x\d+)?|[a-f0-9]{6}|(?:[A-Za-z]|[^aeiouy\W\d]{2})\d{1,2}|[A-Za-z]+[!(+]+|[!(+@$]+[A-Za-z]+|\(?[A-Za-z]+[12689]|mp[34]|[$€£]\d+[a-z]?",
    re.IGNORECASE,
)
_LEET = str.maketrans(dict(zip("4@83€(69!1|0£57$+2^¢§¥", "aabeecgglllolststzacsy", strict=True)))


def leet(source: Reading) -> Reading | None:
    """Digits and signs inside words read as letters; `1 ! |` read as l (whoever compares takes i and l for one)."""
    text = source[0]
    cores = (match.group().strip("!(+") for match in _LEET_WORD.finditer(text))
    if not any(_mixed(core) and not _UNIT.fullmatch(core) for core in cores) and not _BANG.search(text) and not _SIGNS_TWICE.search(text):
        return None

    def read(match: re.Match[str]) -> str | None:
        word = match.group()
        return word.translate(_LEET) if _mixed(word) or (len(word) > 1 + word.isdecimal() and not any(map(str.isalpha, word))) else None

    return replaced(source, _LEET_WORD, read, each=True)


def _mixed(word: str) -> bool:
    """Whether a word has letters and signs read as letters."""
    return 1 < len(word) <= _LONGEST_LEET and not word.isalpha() and any(char.isalpha() for char in word)


_TURNED = re.compile("[\u202e\u2067]([^\u202c\u2069\n]{2,200})[\u202c\u2069]?")


def turned(text: str) -> Reading | None:
    """What right-to-left overrides show: the text after them read backwards."""
    return replaced((text, ()), _TURNED, lambda match: match.group(1)[::-1])


# Words, also with look-alikes that are digits or signs.
_FOREIGN = frozenset(LOOKALIKES)
_FOREIGN_WORD = re.compile(rf"(?:[^\W\d_]|[{''.join(re.escape(char) for char in sorted(_FOREIGN) if not char.isalpha())}])+")


def look_alikes(source: Reading) -> Reading | None:
    """Letters of other scripts that look like Latin ones read as Latin: in words that also have Latin letters, or in Latin text."""
    text = source[0]
    if _FOREIGN.isdisjoint(text):
        return None
    letters = [char for char in text if char.isalpha()]
    mostly_latin = sum(char.isascii() for char in letters) * 2 >= len(letters)

    def read(match: re.Match[str]) -> str | None:
        word = match.group()
        if _FOREIGN.isdisjoint(word):
            return None
        mixed = any(char not in LOOKALIKES and folded_letter(char).isascii() for char in word)
        if not mixed and not (mostly_latin and all(char in LOOKALIKES or folded_letter(char).isascii() for char in word)):
            return None
        return "".join(LOOKALIKES.get(char, char) for char in word)

    return replaced(source, _FOREIGN_WORD, read, each=True)


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


def spelled_out(source: Reading) -> Reading | None:
    """`T as in Tom, a, y` and `Tango Alpha Yankee` read as the letters they stand for."""
    current = (
        replaced(source, _AS_IN, lambda match: match.group(1) if match.group(2)[:1].lower() == match.group(1).lower() else None) or source
    )
    found = replaced(
        current, _CODE_RUN, lambda match: " ".join(word[0] for word in re.findall("[a-z]+", match.group(), re.IGNORECASE)) + " "
    )
    return found or (current if current is not source else None)


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


def labelled(source: Reading) -> Reading | None:
    """`first name Taylor, last name Swift` without the labels."""
    lower = source[0].lower()
    return replaced(source, _NAME_WORDS, lambda _: " ") if any(label in lower for label in _LABELS) else None


# An initial; in small letters one with a dot, or one that no language has as a word.
_INITIAL = r"(?:[A-ZА-Я]\.?|[a-z]\.|[bcdfghjklmnpqrtvwz])"
_INITIALS = re.compile(rf"[ \u00a0](?<=[^\W\d_]{{2}}.){_INITIAL}(?:[ \u00a0]{_INITIAL}){{0,2}}[ \u00a0](?=[^\W\d_]{{2}})")


def without_initials(source: Reading) -> Reading | None:
    """The text without initials between two words: a name with them is looked for as one without."""
    return replaced(source, _INITIALS, lambda _: " ")


def _readings(text: str, folded: Folded) -> Iterator[tuple[str, Reading | None]]:
    """The readings by name; each begins with what is plain in the text, so that disguises put on each other come off as well."""
    signs = signs_of(folded)
    base: Reading = (text, ())
    if not text.isascii():
        base = plain(text)
        yield "hidden tags", hidden(text)
        yield "bidi override", turned(text)
        alike = look_alikes(base)
        yield "look-alikes", alike
        base = alike or base
    inline = without_markup(base)
    yield "markup", inline
    base = inline or base
    decoding = decoded(base, signs.blob)
    yield "decoded", decoding
    base = decoding or base
    if folded.has_camel or "'" in base[0] or "’" in base[0]:
        yield "words apart", words_apart(base)
    if signs.letters or base[1]:
        together = letters_together(base)
        yield "letters together", together
        base = together or base
    words = frozenset(base[0].lower().replace(",", " ").split())
    if signs.letters or len(_CODE_WORDS & words) >= 3:
        yield "spelled out", spelled_out(base)
    if not _LEAVING_OUT.isdisjoint(words):
        yield "letters left out", left_out(base)
    for name, make in (("labelled parts", labelled), ("middle name", without_initials)):
        yield name, make(base)
    if signs.again or base[1]:
        yield "drawn out", drawn_out(base)
    chars = frozenset(base[0])
    if not chars.isdisjoint(_MASK):
        yield "masked", masked(base)
    if (
        signs.mixed
        or base[1]
        or not _LEET_SIGNS.isdisjoint(chars)
        or ("!" in chars and _BANG.search(base[0]))
        or (signs.blob and _SIGNS_TWICE.search(base[0]))
    ):
        read = leet(base)
        yield "leet", read and (without_initials(read) or read)


def views(text: str, folded: Folded) -> Iterator[View]:
    """The readings of `text` that its signs call for, leet last; none for most texts."""
    for make in (flipped, quoted):
        if whole := make(text):
            yield whole
    for name, reading in _readings(text, folded):
        if reading:
            yield view(name, text, reading)
