"""How much an alias says by itself, and which aliases would refuse everything. Runs at ingest."""

from functools import cache

from guard.match.names.given import PARTICLES, given_names, surnames
from guard.match.names.words import FrequencyTable, Ordinary
from guard.match.names.writing import latin_form
from guard.normalise.letters import Script, fold_text, script_of
from guard.types import AliasKind, Strength

MAX_CHARACTERS = 200
# "function word" from here up: the, will, may, art, mark ... (wordfreq: about the 250 most frequent English words).
FUNCTION_ZIPF = 5.65
# From here up a word turns up in prompts about anything (rock, swift, stone, cube, seal).
ORDINARY_ZIPF = 3.7
# Above this a mononym is a word of everyday prompts ("rose", "pink", "prince"), and no context makes it a person alone.
EVERYDAY_ZIPF = 4.6

# A word less frequent than this before a frequent surname is a given name rather than a word (finn, kobe, rebel; not silver, star).
_RATHER_A_NAME = 4.2
# Fewest letters of a word that no language has for it to be a name by itself.
_RARE_LETTERS = 6
# What stands before a name of one word makes it a person's: Mr. Perfect, DJ Kiss.
TITLES = frozenset(["mr", "mrs", "ms", "miss", "dr", "prof", "dj", "mc"])

# Words that prompts are made of, whatever they are about; an alias of nothing else would refuse them all.
PROMPT_WORDS = frozenset(
    [
        "photo",
        "photos",
        "photograph",
        "photography",
        "picture",
        "pictures",
        "image",
        "images",
        "portrait",
        "portraits",
        "selfie",
        "headshot",
        "painting",
        "drawing",
        "sketch",
        "illustration",
        "render",
        "rendering",
        "art",
        "artwork",
        "style",
        "styled",
        "design",
        "poster",
        "draw",
        "paint",
        "create",
        "generate",
        "make",
        "show",
        "render",
        "cinematic",
        "realistic",
        "photorealistic",
        "hyperrealistic",
        "ultra",
        "detailed",
        "quality",
        "high",
        "resolution",
        "light",
        "lighting",
        "lights",
        "background",
        "foreground",
        "scene",
        "view",
        "shot",
        "close",
        "closeup",
        "digital",
        "color",
        "colour",
        "4k",
        "8k",
        "hd",
        "hdr",
        "beautiful",
        "pretty",
        "handsome",
        "young",
        "old",
        "woman",
        "women",
        "man",
        "men",
        "girl",
        "girls",
        "boy",
        "boys",
        "child",
        "children",
        "person",
        "people",
        "someone",
        "somebody",
        "celebrity",
        "face",
        "body",
        "smiling",
        "wearing",
        "standing",
        "sitting",
        "walking",
        "foto",
        "fotos",
        "bild",
        "imagen",
        "retrato",
        "porträt",
        "portrait",
        "dessin",
        "image",
        "femme",
        "homme",
        "frau",
        "mann",
        "mujer",
        "hombre",
        "mulher",
        "homem",
        "donna",
        "uomo",
        "ragazza",
        "фото",
        "портрет",
        "женщина",
        "мужчина",
        "девушка",
    ]
)

# Two words this frequent stand beside each other by chance, in scripts whose names no list here knows.
_TWO_ORDINARY = 4.8
HANGUL_SURNAMES = frozenset(
    "김이박최정강조윤장임한오서신권황안송전홍유고문양손배백허남심노하곽성차주우구민류나진지엄채원천방공현함변염여추도소석선설마길연위표명기반왕금옥육인맹제모"
)
HAN_SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘蔡蒋余于杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范石廖贾韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤习成甄巩章刘舒范"
)


@cache
def _by_word_lists() -> Ordinary:
    return FrequencyTable()


def _is_name(word: str) -> bool:
    return word in given_names() or word in surnames()


def _loose(word: str, table: Ordinary) -> Strength:
    """Strength of one run of Han, kana, Hangul or Thai."""
    ordinary = table.zipf(word)
    scripts = {script_of(char) for char in word}
    size = len(word)
    if Script.HANGUL in scripts:
        whole_name = size in (3, 4) and word[0] in HANGUL_SURNAMES
        return Strength.MEDIUM if (whole_name or size >= 5) and ordinary < ORDINARY_ZIPF else Strength.WEAK
    if scripts <= {Script.KATAKANA}:
        return Strength.MEDIUM if size >= 6 and not ordinary else Strength.WEAK
    if Script.HAN in scripts:
        if size >= 4:
            return Strength.STRONG
        if size == 3:
            return Strength.STRONG if not ordinary or word[0] in HAN_SURNAMES else Strength.MEDIUM
        return Strength.MEDIUM if size == 2 and word[0] in HAN_SURNAMES and ordinary < ORDINARY_ZIPF else Strength.WEAK
    return Strength.MEDIUM if size >= 8 and not ordinary else Strength.WEAK


def _single(word: str, table: Ordinary) -> Strength:
    """Strength of one word of an alphabet: never strong by itself."""
    ordinary = table.zipf(word)
    if len(word) >= _RARE_LETTERS and not ordinary and not _is_name(word):
        return Strength.MEDIUM
    return Strength.WEAK


def _several(words: list[str], table: Ordinary) -> Strength:
    """Strength of two words or more."""
    long = [word for word in words if len(word) > 1]
    while len(long) > 2 and long[0] in PARTICLES and long[0] not in given_names():
        long = long[1:]
    if len(long) < 2:
        rare = bool(long) and table.zipf(long[0]) < ORDINARY_ZIPF and not _is_name(long[0])
        return Strength.MEDIUM if rare and len(long[0]) >= 5 else Strength.WEAK
    commons = [table.zipf(word) for word in long]
    if not long[0].isascii():
        named = any(latin_form(word) in given_names() for word in long)
        return Strength.WEAK if min(commons) >= _TWO_ORDINARY and not named else Strength.STRONG
    names = [_is_name(word) for word in long]
    if len(long) == 2 and long[0] in TITLES:
        return Strength.WEAK if names[1] or commons[1] >= FUNCTION_ZIPF else Strength.MEDIUM
    if any(word in given_names() for word in (long if len(long) == 2 and commons[0] < FUNCTION_ZIPF else long[:-1])):
        if commons[0] < FUNCTION_ZIPF:
            return Strength.STRONG
        if len(long) == 2 and long[0] in PARTICLES:
            return Strength.WEAK if commons[1] and not names[1] else Strength.MEDIUM
        return Strength.MEDIUM if commons[-1] >= ORDINARY_ZIPF and not names[-1] else Strength.STRONG
    if all(common >= ORDINARY_ZIPF for common in commons):
        if sum(names) >= 2 or len(long) > 3:
            return Strength.STRONG
        return Strength.MEDIUM if long[-1] in surnames() and commons[0] < _RATHER_A_NAME else Strength.WEAK
    if commons[0] >= FUNCTION_ZIPF or long[0] in PARTICLES:
        alone = len(long) == 2 and (
            commons[1] < ORDINARY_ZIPF if long[0] in PARTICLES else commons[1] == 0 and len(long[1]) >= _RARE_LETTERS
        )
        return Strength.MEDIUM if alone else Strength.WEAK
    return Strength.STRONG


def rate(text: str, kind: AliasKind = AliasKind.LEGAL, ordinary: Ordinary | None = None) -> Strength:
    """What a mention of `text` says before its surroundings are looked at.

    Strong: a full name that prompts do not contain by chance. Medium: a rare single name, an initial with a rare surname.
    Weak: mononyms, surnames, dictionary words ("Pink", "The Rock", "Ice Cube"); these count when the surroundings speak
    of a person (guard/match/names/context.py). `ordinary` is where word frequencies come from; the word lists by default.
    """
    table = ordinary or _by_word_lists()
    words = fold_text(text).split()
    if not words:
        return Strength.WEAK
    if kind is AliasKind.DESCRIPTOR:
        return Strength.STRONG if len(words) >= 3 else Strength.WEAK
    if kind is AliasKind.HANDLE:
        squashed = "".join(words)
        return Strength.STRONG if len(squashed) >= 8 and not table.zipf(squashed) else Strength.WEAK
    if len(words) == 1:
        word = words[0]
        scripts = {script_of(char) for char in word}
        return (
            _loose(word, table)
            if scripts & {Script.HAN, Script.HIRAGANA, Script.KATAKANA, Script.HANGUL, Script.UNSPACED}
            else _single(word, table)
        )
    return _several(words, table)


def refusal_reason(text: str) -> str | None:
    """Why `text` may not be an alias, with what to add instead; None when it may."""
    if not text.strip():
        return "an alias must not be empty; give the name as people write it"
    if len(text) > MAX_CHARACTERS:
        return (
            f"an alias has at most {MAX_CHARACTERS} characters, not {len(text)}; give the name alone, without a description of the person"
        )
    folded = fold_text(text)
    letters = folded.replace(" ", "")
    if not letters:
        return f"{text!r} has no letter or digit, so it would never or always match; give the name in letters"
    if letters.isdecimal():
        return f"{text!r} is only digits; give the name in letters"
    if len(letters) == 1:
        return f"{text!r} is one letter and would match everywhere; give the full name, such as the given name and the surname"
    words = folded.split()
    table = _by_word_lists()
    if len(words) > 1 and all(len(word) == 1 for word in words) and len(words) < 4:
        return f"{text!r} is initials only; give the surname in full beside them"
    if all(word in PROMPT_WORDS or (table.zipf(word) >= FUNCTION_ZIPF and not (_is_name(word) and len(words) > 1)) for word in words):
        return f"{text!r} is made of everyday words and would match most prompts; add the full name, or a descriptor such as 'the singer {text.strip()}'"
    return None
