"""Endings that languages put on the words of a name, and what a name loses or changes for them. On folded words, which have no marks.

Each language is a pattern of what may follow; both words of a name must have endings of one language, which keeps chance
small. Written from grammars; Latin letters, with the endings of Cyrillic and Greek letters behind them.
"""

import re
from functools import lru_cache

from rapidfuzz.distance import Prefix

# What a case ending of a Slavic possessive (Swiftova, Swiftowej) may be.
_CASE = "(?:a|e|i|o|u|y|ou|ej|oj|oi|om|im|ym|ih|ich|ych|ymi|imi|ima|ego|emu|eho|ho|mu|oga|omu|ovi|owi|ie)"
_SLAVIC = (
    f"a|u|i|y|e|o|em|om|im|ym|am|ou|ov|ow|ev|ej|oj|ie|iem|ami|ach|ech|ama|ima|ovi|evi|owi|iowi|owie|ove|ego|emu|iego|iemu|iej|eho|oho|omu|ogo|oga|ou|ych"
    f"|(?:ov|ev|ow|in|yn){_CASE}?|skij?|ska|ske|sko|skiego|skeho|iada"
)
_TURKIC = (
    "(?:l[ae]r)?(?:[iu]m|[iu]n|s?[iu]|[iu]m[iu]z|[iu]n[iu]z)?"
    "(?:n?[iu]n|[yn]?[ae]|[yn]?[iu]|n?[dt][ae]n?|y?l[ae]|n?c[ae])?(?:ki|kiler|d[iu]r|t[iu]r|[yd][iu]|t[iu]|m[iu]s|gil|l[iu]|l[iu]k|s[iu]z|n?[iu]ng|g[ae])?"
)
_URALIC = (
    # Hungarian
    "[aeo]?t|n[ae]k|b[ae]n?|b[oe]l|r[oe]l|t[oe]l|r[ae]|h[oe]z|n[ae]l|[aoeu]?n|v[ae]l|ig|ert|kent|[aoe]k|[aoe]kat|[aoe]knak|j?[ae]|e|[ae]i|s|[ao]s|es"
    # Finnish and Estonian, with their particles
    "|(?:[ie]?(?:n|ssa|sta|lla|lta|lle|ta|a|ksi|na|tta|in|hin)|[aeiou]n|[ie]*a|i|is|it|ile|ilt|iga|ga|ist|st|le|lt|il|l|ini|ni)(?:kin|kaan|han|ko|pa|gi)?"
)
_LANGUAGES = (
    # English, German, Dutch, the Scandinavian languages
    "s|es|ish|esque|like|ian|ians|en|ens|er|ern|e|n|sch|i?sch(?:e[nmrs]?)?|(?:ian|an)isch(?:e[nmrs]?)?|se|je|tje|iaans|iaanse|et|ens|ets|ar|iansk|iska?|sk",
    _SLAVIC,
    _TURKIC,
    _URALIC,
    # Lithuanian and Latvian
    "as|is|ys|us|es|s|o|io|ui|iui|a|ia|u|iu|e|yje|uje|oje|ame|ai|iai|aus|ei|am|im|um|ies|ene|iene|aite|s|sa|sam|sas",
    # Romanian, Albanian, Spanish, Italian, Portuguese, French
    "ul|ului|lui|ei|i|u|it|in|ut|un|es|s|a|e|ei|esc|iana?|ianos?|ianas?|ito|ita|ismo|ista|istas|ism|iste|ien|ienne|iens|esco|esca|ano|ana|inho|inha",
    # Greek in Latin letters, Basque, Indonesian
    "os|ou|o|on|e|es|is|i|a|as|k|ek|ren|en|ri|rekin|ekin|nya",
    "а|у|ом|ем|ой|ей|ы|и|е|ю|я|ого|ому|ым|им|ых|ою|ею|ами|ах|ов|ев|ова|ову|овой|овым|овы|ин|ина|ину|иной|ье|ья|ьи|ия|ию|ием",
    "ου|η|οσ|ον|α|ασ|ησ|ε|ουσ|ων",
)
_SLAVIC_AT, _URALIC_AT = 1, 3
_FOLLOWS = tuple(re.compile(f"(?:{language})") for language in _LANGUAGES)
_ALL = (1 << len(_FOLLOWS)) - 1
_VOWELS = "aeiouyаеиоуыяйьюοαηυει"
# Languages whose endings take the place of a last vowel.
_DROPPING = _ALL & ~(1 << 2) & ~(1 << _URALIC_AT)
# What a Slavic stem loses | has in its place before -e and -i: Monika Monice, Olga Olze, Swift Swifcie, Marek Marka.
_CHANGED = re.compile(
    r"k[ao]?\|(?:c|cz)(?:e|i|ie|u)|[gh][ao]?\|(?:z|dz)(?:e|i|ie)|ch[ao]?\|s(?:e|i|ie)|[td][ao]?\|(?:c|dz)i?e|[rd]?[ao]?\|zi?e|s?t\|s?cie"
)
_MOBILE = re.compile(rf"e([bcdfghjklmnprstvwz])\|\1(?:{_SLAVIC})")
# Most letters that an ending has, and letters of the least that it is put on.
LONGEST, SHORTEST_STEM = 5, 2


@lru_cache(maxsize=8192)
def languages(seen: str, wanted: str) -> int:
    """In which languages, as bits, `seen` may be `wanted` with an ending; 0 in none, all bits when they are equal."""
    if seen == wanted:
        return _ALL
    same = Prefix.similarity(seen, wanted)
    lost, tail = wanted[same:], seen[same:]
    if same < SHORTEST_STEM or len(lost) > 2:
        return _finnish_stem(lost, tail)
    out = 0
    if not lost:
        out |= _following(tail) | _doubled(wanted[-1], tail)
        if wanted[-1] in _VOWELS:
            out |= _following(wanted[-1] + tail) & _DROPPING
    elif len(lost) == 1 and lost in _VOWELS:
        out |= _following(tail) & _DROPPING if tail else _DROPPING
    if _CHANGED.fullmatch(f"{lost}|{tail}") or _MOBILE.fullmatch(f"{lost}|{tail}"):
        out |= 1 << _SLAVIC_AT
    return out


def _following(tail: str) -> int:
    return sum(1 << at for at, follows in enumerate(_FOLLOWS) if tail and follows.fullmatch(tail))


def _doubled(last: str, tail: str) -> int:
    """Hungarian `with`, whose v becomes the consonant before it: Swifttel."""
    return (tail in {f"{last}al", f"{last}el"}) << _URALIC_AT


def _finnish_stem(lost: str, tail: str) -> int:
    """Finnish -nen has -se- before endings: Virtanen, Virtasen."""
    return (lost == "nen" and tail[:2] == "se" and _FOLLOWS[_URALIC_AT].fullmatch(tail[2:]) is not None) << _URALIC_AT


def stem(word: str) -> str | None:
    """What is left of a word of a name before an ending, where that is not told by leaving out one letter of four or more."""
    if len(word) == SHORTEST_STEM + 1 and word[-1] in _VOWELS:
        return word[:-1]
    if word.endswith("nen") and len(word) > 5:
        return word[:-3]
    return word[:-2] if len(word) > 4 and word[-2:] in {"ka", "ga", "ha", "ko", "go", "ta", "da"} else None
