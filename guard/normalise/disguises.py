"""What a person reads in a text that a search for its letters does not: one function for each disguise, each from reading to reading.

A function gives None where it finds nothing to undo.
"""

import re
import unicodedata

from guard.normalise.letters import MARKS, UNSEEN
from guard.normalise.letters import folded as folded_letter
from guard.normalise.lookalikes import FANCY, LOOKALIKES
from guard.normalise.reading import Reading
from guard.normalise.signs import LEAVING_OUT, LETTERS_STYLED, MASK, STYLES

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


# Tags and comments, what is struck through, and commands of LaTeX; what of it stands between two words rather than within one.
_TAG = re.compile(
    r"<!--[^<>]{0,200}-->|</?[A-Za-z][^<>]{0,80}>|\[/?[A-Za-z]{1,8}\]|/\*[^*\n]{0,80}\*/|~~[^~\n]{1,40}~~|\\[A-Za-z]{2,16}\{([^{}\\\n]{1,40})\}"
)
_NEXT_TAG = re.compile(r"</[A-Za-z][^<>]{0,80}>\s{0,40}<[A-Za-z][^<>]{0,80}>")
_TAG_INSIDE = re.compile(rf"[^\W_](?:{_TAG.pattern}|{_NEXT_TAG.pattern})[^\W_]|\\[A-Za-z]{{2,16}}\{{")


def without_markup(source: Reading) -> Reading | None:
    """The text without tags and comments, where one of them stands within a word; a word ends where one is closed and another opened."""
    if not _TAG_INSIDE.search(source.text):
        return None
    parted = source.replaced(_NEXT_TAG, lambda _: " ") or source
    plain = parted.replaced(_TAG, lambda match: match.group(1) or "") or parted
    return plain if plain is not source else None


_WEIGHT = re.compile(r"(?<=[^\W\d_]):{1,2}-?\d{1,3}(?:\.\d{1,3})?(?![\w.:])")


def without_weights(source: Reading) -> Reading | None:
    """The text without the weights that prompts give to words: `(jane:1.3) (doe:1.2)`, `Jane::2 Doe::2`."""
    return source.replaced(_WEIGHT, lambda _: "")


_SEESAW = re.compile(r"(?<![^\W_])(?=[A-Za-z]{0,30}?[a-z][A-Z][a-z][A-Z])[A-Za-z]{4,34}(?![^\W_])")


def capitals_evened(source: Reading) -> Reading | None:
    """Words in which small letters and capitals alternate with a capital at their head alone: they are no words written together."""
    return source.replaced(_SEESAW, lambda match: match.group().capitalize(), each=True)


# Syllables of which one is in capitals, as stress is shown; a word of pig Latin with its hyphen.
_SYLLABLES = re.compile(r"(?<![\w-])[^\W\d_]{1,8}(?:[-·•‧‑][^\W\d_]{1,8}){1,7}(?![\w-])")
_HYPHEN = re.compile("[-·•‧‑]")


def _joined(match: re.Match[str]) -> str | None:
    parts = _HYPHEN.split(match.group())
    stressed = any(len(part) > 1 and part.isupper() for part in parts) and any(map(str.islower, parts))
    pig = len(parts) == 2 and parts[1].lower().endswith("ay")
    return "".join(parts).capitalize() if stressed or pig else None


def syllables_together(source: Reading) -> Reading | None:
    """`TAY-lor`, `aylor-tay` without the hyphens."""
    return source.replaced(_SYLLABLES, _joined)


# A letter or sign that the text says is to be left out: "remove every x from Txaxyxlxoxr".
_LEFT_OUT = re.compile(
    rf"(?<![\w-])(?:{'|'.join(sorted(LEAVING_OUT))})(?![\w-])[^.\n\w]{{1,3}}(?:\w{{1,12}}[^.\n\w]{{1,3}}){{0,4}}?[\"'“‘`]?([^\s\"'])[\"'”’`]?(?:'?s)?(?![^\W_])",
    re.IGNORECASE,
)
_MOST_LEFT_OUT = 3
_LEFT_OUT_DIGITS = re.compile(
    rf"(?<![\w-])(?:{'|'.join(sorted(LEAVING_OUT))})(?:\W{{1,3}}\w{{1,12}}){{0,3}}?\W{{1,3}}(?:numbers?|digits?|numerals?|zahlen|ziffern|números|dígitos|chiffres)(?!\w)",
    re.IGNORECASE,
)
# A digit after each letter but the last.
_BETWEEN_DIGITS = re.compile(r"(?<![^\W_])[A-Za-z](?:\d[A-Za-z])+(?![^\W_])")
_FEWEST_BETWEEN = 5


def left_out(source: Reading) -> Reading | None:
    """The text without the letters or signs that it says are to be left out, those that stand most often."""
    text = source.text.lower()
    chars = dict.fromkeys(match.group(1).lower() for match in _LEFT_OUT.finditer(source.text))
    chosen = sorted((char for char in chars if char not in "a,.;:"), key=text.count, reverse=True)[:_MOST_LEFT_OUT]
    chosen += ["0-9"] if _LEFT_OUT_DIGITS.search(source.text) else []
    pattern = "".join(char if char == "0-9" else re.escape(char) for char in chosen)
    return source.replaced(re.compile(f"[{pattern}]", re.IGNORECASE), lambda _: "") if chosen else None


def digits_left_out(source: Reading) -> Reading | None:
    """Words with a digit after each letter, without them: `J4a2n7e D1o8e`."""
    if not any(len(match.group()) >= _FEWEST_BETWEEN for match in _BETWEEN_DIGITS.finditer(source.text)):
        return None
    return source.replaced(_BETWEEN_DIGITS, lambda match: match.group()[::2])


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
# A capital I after a small letter is a small l to the eye: KeIIy.
_CAPITAL_I = re.compile("(?<=[a-z])I+")
_DRAWN_DIGIT = re.compile(r"([034])\1\1+")
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
    telling = any(map(_is_leet, _TELLING_WORD.findall(text))) or _BANG.search(text) or _told_twice(text)
    if not telling and not _CAPITAL_I.search(text):
        return None

    def read(match: re.Match[str]) -> str | None:
        word = match.group()
        if _CAPITAL_I.search(word):
            return _CAPITAL_I.sub(lambda found: "l" * len(found.group()), word).translate(_LEET)
        if not telling:
            return None
        word = _DRAWN_DIGIT.sub(r"\1", word)
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
_ALIKE, _FOREIGN = frozenset(LOOKALIKES), frozenset(LOOKALIKES | FANCY)
_OF_FONTS = {**FANCY, **LOOKALIKES}
_FANCY_RUN = re.compile(f"[{''.join(FANCY)}]{{3}}")
_FOREIGN_WORD = re.compile(rf"(?:[^\W\d_]|[{''.join(re.escape(char) for char in sorted(_FOREIGN) if not char.isalpha())}])+")


def look_alikes(source: Reading) -> Reading | None:
    """Letters of other scripts that look like Latin ones read as Latin: in words that also have Latin letters, or in Latin text."""
    text = source.text
    letters = [char for char in text if char.isalpha()]
    mostly_latin = sum(char.isascii() for char in letters) * 2 >= len(letters)
    fonts = _FANCY_RUN.search(text) and sum(char.isascii() for char in letters) * 2 >= sum(char not in FANCY for char in letters)

    def read(match: re.Match[str]) -> str | None:
        word = match.group()
        if (_FOREIGN if fonts else _ALIKE).isdisjoint(word):
            return None
        mixed = any(char not in LOOKALIKES and folded_letter(char).isascii() for char in word)
        if fonts and all(char in _OF_FONTS or folded_letter(char).isascii() for char in word):
            return "".join(_OF_FONTS.get(char, char) for char in word)
        if _ALIKE.isdisjoint(word):
            return None
        if not mixed and not (mostly_latin and all(char in LOOKALIKES or folded_letter(char).isascii() for char in word)):
            return None
        return "".join(LOOKALIKES.get(char, char) for char in word)

    return source.replaced(_FOREIGN_WORD, read, each=True)


# An initial; in small letters one with a dot, or one that no language has as a word.
_INITIAL = r"(?:[A-ZА-Я]\.?|[a-z]\.|[bcdfghjklmnpqrtvwz])"
_INITIALS = re.compile(rf"[ \u00a0](?<=[^\W\d_]{{2}}.){_INITIAL}(?:[ \u00a0]{_INITIAL}){{0,2}}[ \u00a0](?=[^\W\d_]{{2}})")


def without_initials(source: Reading) -> Reading | None:
    """The text without initials between two words: a name with them is looked for as one without."""
    return source.replaced(_INITIALS, lambda _: " ")


# Signs within words that stand for i as often as for l; only what is searched letter by letter must tell.
_ONE_FOR_I = re.compile("(?<=[A-Za-z0-9])[1!|](?=[A-Za-z0-9])")


def read_as_leet(source: Reading) -> Reading | None:
    """Leet, and without initials then."""
    read = leet(source)
    if read is None:
        return None
    read = without_initials(read) or read
    other = source.replaced(_ONE_FOR_I, lambda _: "i")
    again = other and leet(other)
    return read.beside(again) if again else read
