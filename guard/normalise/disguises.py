"""What a person reads in a text that a search for its letters does not: one function for each disguise, each from reading to reading.

A function gives None where it finds nothing to undo.
"""

import re
import unicodedata

from guard.normalise.letters import MARKS, UNSEEN
from guard.normalise.letters import folded as folded_letter
from guard.normalise.lookalikes import LOOKALIKES
from guard.normalise.reading import Reading
from guard.normalise.signs import CODE_WORDS, LEAVING_OUT, LETTERS_STYLED, MASK, STYLES

_HIDDEN = re.compile("[\U000e0020-\U000e007e]{4,}")


def hidden(source: Reading) -> Reading | None:
    """Text written in invisible tag characters."""
    return source.replaced(_HIDDEN, lambda match: " " + "".join(chr(ord(char) - 0xE0000) for char in match.group()) + " ")


# What no reader sees and marks, which say nothing unless letters or signs stand on both sides; letters in another style, and signs beside them.
_STYLED = re.compile(
    f"(?<=\\S)[{UNSEEN}{MARKS}]+(?=\\S)|[{STYLES}]|[！＄＠｜＋＾](?=[{LETTERS_STYLED}])|(?<=[{LETTERS_STYLED}])[！＄＠｜＋＾]"
)


def _plain(match: re.Match[str]) -> str | None:
    char = match.group()
    if len(char) > 1:
        return ""
    wide, seen = unicodedata.normalize("NFKC", char), folded_letter(char)
    if len(wide) == 1 and wide.isascii():
        return wide
    return seen if not seen or (len(seen) == 1 and seen.isascii() and seen.isalnum()) else None


def plain(source: Reading) -> Reading | None:
    """The text without what is not seen, and with styled letters plain. Folding does as much: other readings begin with it."""
    return source.replaced(_STYLED, _plain)


_TAG = re.compile(r"<!--[^<>]{0,200}-->|</?[A-Za-z][^<>]{0,80}>|\[/?[A-Za-z]{1,8}\]")
_TAG_INSIDE = re.compile(rf"[^\W_](?:{_TAG.pattern})[^\W_]")


def without_markup(source: Reading) -> Reading | None:
    """The text without tags and comments, where one of them stands within a word."""
    return source.replaced(_TAG, lambda _: "") if _TAG_INSIDE.search(source.text) else None


# A letter or sign that the text says is to be left out: "remove every x from Txaxyxlxoxr".
_LEFT_OUT = re.compile(
    rf"(?<![\w-])(?:{'|'.join(sorted(LEAVING_OUT))})(?![\w-])[^.\n\w]{{1,3}}(?:\w{{1,12}}[^.\n\w]{{1,3}}){{0,4}}?[\"'“‘`]?([^\s\"'])[\"'”’`]?(?:'?s)?(?![^\W_])",
    re.IGNORECASE,
)
_MOST_LEFT_OUT = 3


def left_out(source: Reading) -> Reading | None:
    """The text without the letters or signs that it says are to be left out."""
    chars = dict.fromkeys(match.group(1) for match in _LEFT_OUT.finditer(source.text))
    chosen = [char for char in chars if char not in "aA,.;:"][:_MOST_LEFT_OUT]
    return source.replaced(re.compile("[" + "".join(map(re.escape, chosen)) + "]", re.IGNORECASE), lambda _: "") if chosen else None


# Four or more letters, or signs for letters, of which each stands alone: P 4 u l, e.i.l.u.a.P.
_ALONE = r"[^\W_]|[@$!|^+]"
_LETTERS_ALONE = re.compile(rf"(?<![^\W_])(?:{_ALONE})([^\w\n]\ufe0f?|_)(?:{_ALONE})(?:\1(?:{_ALONE})){{2,}}(?![^\W_])")


def _together(match: re.Match[str]) -> str | None:
    letters = match.group()[:: 1 + len(match.group(1))]
    return letters if sum(map(str.isalpha, letters)) > 1 else None


def letters_together(source: Reading) -> Reading | None:
    """Letters that stand alone put together, whatever parts them: what they spell may be a disguise itself."""
    return source.replaced(_LETTERS_ALONE, _together)


# What begins with a letter that is looked for first is found much faster than what begins with what may not stand before it.
_CAMEL = re.compile(r"[A-Z](?<![^\W_].)[a-z]{2,}[A-Z][a-z]{2,}(?![^\W\d_])")
_INNER_CAPITAL = re.compile("(?<=[a-z])[A-Z]")
_OWNED = re.compile(r"([^\W\d_])['’`´][a-zıü]{1,4}(?![^\W_])")
_OWNED_NAME = re.compile(r"[A-Z](?<![\w-].)[\w-]{1,40} [A-Z][\w-]{1,40}['’`´][a-zıü]{1,4}(?![^\W_])")


def words_apart(source: Reading) -> Reading | None:
    """Two words written together with capitals parted, and endings after an apostrophe taken off: both may hide an error."""
    text = source.text
    if _CAMEL.search(text):
        source = source.replaced(_INNER_CAPITAL, lambda match: " " + match.group()) or source
    if _OWNED_NAME.search(text):
        source = source.replaced(_OWNED, lambda match: match.group(1)) or source
    return source if source.text is not text else None


_MASKED = re.compile(rf"[^\W\d_][{MASK}]+[^\W\d_]")
_MASKS = re.compile(rf"(?<=[^\W\d_])[{MASK}]+")


def masked(source: Reading) -> Reading | None:
    """The text without the signs that stand for letters: `T*yl*r Sw*ft`."""
    return source.replaced(_MASKS, lambda _: "") if _MASKED.search(source.text) else None


THRICE = re.compile(r"([^\W\d_])\1\1", re.IGNORECASE)
_AGAIN = re.compile(r"([^\W\d_])\1+", re.IGNORECASE)


def once(text: str) -> str:
    """The text with letters that stand several times in a row standing once."""
    return _AGAIN.sub(r"\1", text)


def drawn_out(source: Reading) -> Reading | None:
    """Letters that stand several times in a row read as one, where there are three of them somewhere."""
    return source.replaced(_AGAIN, lambda match: match.group(1)) if THRICE.search(source.text) else None


_LEET_CHARS = "0-9@$!|+€£(^¢§¥"
_BANG = re.compile(r"!(?:(?<=[A-Za-z0-9].)[A-Za-z0-9]|(?<=[a-z].) [a-z]|(?<!\S.)[a-z])")
_LEET_WORD = re.compile(rf"[A-Za-zÀ-ɏ{_LEET_CHARS}]+")
# Such a word with a sign that seldom stands beside letters.
_TELLING_WORD = re.compile(rf"(?<![A-Za-zÀ-ɏ{_LEET_CHARS}])[A-Za-zÀ-ɏ!+€£(]*+[0-9@$|^¢§¥][A-Za-zÀ-ɏ{_LEET_CHARS}]*+")
_LONGEST_LEET = 40
# A name of which nothing but signs is left: 8111 94735.
_SIGNS_TWICE = re.compile(
    r"[0-9@$|](?<![\w.,:/-].)[0-9@$!|]{1,38}[0-9@$|] [0-9@$!|]{2,39}[0-9@$|](?![\w.,:/%-])"  # bounded: a run of signs may begin at each of them
)
_FEWEST_SIGNS = 7
_UNIT = re.compile(
    r"#?\d+(?:[.x×:/-]\d+)*(?:k|mm|cm|m|km|px|x|d|s|st|nd|rd|th|p|fps|mp|hz|g|kg|ml|l|am|pm|pt|in|ft|deg|bit|gb|mb|gsm|[a-f0-9]{3,6})?(?:x\d+)?|[a-f0-9]{6}|(?:[A-Za-z]|[^aeiouy\W\d]{2})\d{1,2}|[A-Za-z]+[!(+]+|[!(+@$]+[A-Za-z]+|\(?[A-Za-z]+[12689]|mp[34]|[$€£]\d+[a-z]?",
    re.IGNORECASE,
)
_LEET = str.maketrans(dict(zip("4@83€(69!1|0£57$+2^¢§¥", "aabeecgglllolststzacsy", strict=True)))


def leet(source: Reading) -> Reading | None:
    """Digits and signs inside words read as letters; `1 ! |` read as l (whoever compares takes i and l for one)."""
    text = source.text
    if not any(map(_is_leet, _TELLING_WORD.findall(text))) and not _BANG.search(text) and not _told_twice(text):
        return None

    def read(match: re.Match[str]) -> str | None:
        word = match.group()
        return word.translate(_LEET) if _mixed(word) or (len(word) > 1 + word.isdecimal() and not any(map(str.isalpha, word))) else None

    return source.replaced(_LEET_WORD, read, each=True)


def _is_leet(word: str) -> bool:
    core = word.strip("!(+")
    return _mixed(core) and not _UNIT.fullmatch(core)


def _told_twice(text: str) -> bool:
    return any(len(match.group()) > _FEWEST_SIGNS for match in _SIGNS_TWICE.finditer(text))


def _mixed(word: str) -> bool:
    """Whether a word has letters and signs read as letters."""
    return 1 < len(word) <= _LONGEST_LEET and not word.isalpha() and any(char.isalpha() for char in word)


_TURNED = re.compile("[\u202e\u2067]([^\u202c\u2069\n]{2,200})[\u202c\u2069]?")


def turned(source: Reading) -> Reading | None:
    """What right-to-left overrides show: the text after them read backwards."""
    return source.replaced(_TURNED, lambda match: match.group(1)[::-1])


# Words, also with look-alikes that are digits or signs.
_FOREIGN = frozenset(LOOKALIKES)
_FOREIGN_WORD = re.compile(rf"(?:[^\W\d_]|[{''.join(re.escape(char) for char in sorted(_FOREIGN) if not char.isalpha())}])+")


def look_alikes(source: Reading) -> Reading | None:
    """Letters of other scripts that look like Latin ones read as Latin: in words that also have Latin letters, or in Latin text."""
    text = source.text
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

    return source.replaced(_FOREIGN_WORD, read, each=True)


_AS_IN = re.compile(
    r"(?<![^\W_])([^\W\d_])(?=[\s,:(])(?:\s{0,2}[,:(]?\s{0,2}(?:as\s{1,2}in|like\s{1,2}in|is\s{1,2}for|for|like|as|wie|comme|come|como(?:\s{1,2}en)?|de)\s{1,2}[\"'“]?)([^\W\d_]+)[\"'”)]?",
    re.IGNORECASE,
)
_CODE_WORD = re.compile("[a-z]+", re.IGNORECASE)
_CODE_RUN = re.compile(r"(?:\b(?:" + "|".join(sorted(CODE_WORDS)) + r")\b[\s,.-]*){4,}", re.IGNORECASE)


def spelled_as(source: Reading) -> Reading | None:
    """`T as in Tom, a, y` read as the letters it stands for."""
    return source.replaced(_AS_IN, lambda match: match.group(1) if match.group(2)[:1].lower() == match.group(1).lower() else None)


def spelled_in_code(source: Reading) -> Reading | None:
    """`Tango Alpha Yankee` read as the letters they stand for."""
    return source.replaced(_CODE_RUN, lambda match: " ".join(word[0] for word in _CODE_WORD.findall(match.group())) + " ")


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
    lower = source.text.lower()
    return source.replaced(_NAME_WORDS, lambda _: " ") if any(label in lower for label in _LABELS) else None


# An initial; in small letters one with a dot, or one that no language has as a word.
_INITIAL = r"(?:[A-ZА-Я]\.?|[a-z]\.|[bcdfghjklmnpqrtvwz])"
_INITIALS = re.compile(rf"[ \u00a0](?<=[^\W\d_]{{2}}.){_INITIAL}(?:[ \u00a0]{_INITIAL}){{0,2}}[ \u00a0](?=[^\W\d_]{{2}})")


def without_initials(source: Reading) -> Reading | None:
    """The text without initials between two words: a name with them is looked for as one without."""
    return source.replaced(_INITIALS, lambda _: " ")


def read_as_leet(source: Reading) -> Reading | None:
    """Leet, and without initials then."""
    read = leet(source)
    return read and (without_initials(read) or read)
