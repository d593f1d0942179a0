"""How many people a prompt asks for.

**Meaning**: `people`, the most people that the words state together (`three women`, `a couple`, `two men and a girl`: the
larger number, not the sum); how many faces there are in pictures is `faces`, which policies read beside it. **Range**: 1..99,
a crowd counts as `CROWD`; absent where no number of people is stated. **Cost**: a look-up a word. **Errors**: reads numbers up
to twelve in words, in nine languages; one person asked for without a number (`a woman`) says nothing, nor do several named ones.
"""

import re
from collections.abc import Sequence

from guard.signals.words import words_of

CROWD = 20
"""What `a crowd` counts as: more than any group that is told apart."""

_NUMBERS = {
    1: "one", 2: "two|dos|deux|zwei|zwo|dois|duas|due|twee|двое|два|две", 3: "three|tres|trois|drei|três|tre|drie|трое|три",
    4: "four|cuatro|quatre|vier|quatro|quattro|четверо|четыре", 5: "five|cinco|cinq|fünf|cinque|vijf|пятеро|пять",
    6: "six|seis|sechs|sei|zes|шесть", 7: "seven|siete|sept|sieben|sete|sette|zeven|семь", 8: "eight|ocho|huit|acht|oito|otto|восемь",
    9: "nine|nueve|neuf|neun|nove|negen|девять", 10: "ten|diez|dix|zehn|dez|dieci|tien|десять", 11: "eleven|once|onze|elf|undici",
    12: "twelve|doce|douze|zwölf|doze|dodici|twaalf",
}  # fmt: skip
_VALUES = {words_of(word)[0]: value for value, words in _NUMBERS.items() for word in words.split("|")}
_PEOPLE = frozenset(
    words_of(
        "people person persons men man women woman girl girls boy boys guys ladies gentlemen kids children child friends model models actor "
        "actors actresses dancers player players soldier soldiers musician musicians singer singers brothers sisters colleagues students "
        "teenagers teens adults babies persona personas hombre hombres mujer mujeres chica chicas chico chicos niña niñas niño niños amigos "
        "amigas personne personnes homme hommes femme femmes fille filles garçon garçons enfant enfants amis amies menschen personen männer "
        "frauen mädchen jungen kinder freunde pessoa pessoas homens mulheres meninas meninos crianças persone uomini donne ragazze ragazzi "
        "bambini bambine mensen mannen vrouwen meisjes jongens kinderen человека людей мужчины женщины девушки девочки мальчика детей друзей"
    )
)
_COUPLES = (("a", "couple"), ("the", "couple"), ("young", "couple"), ("old", "couple"), ("elderly", "couple"), ("married", "couple"))
_CROWDS = frozenset(words_of("crowd crowds multitud foule menschenmenge multidão folla толпа"))
_END = frozenset(words_of("a an the and or of with years year old y et und e en и"))
"""What may not stand between a number and the people whom it counts."""

_BETWEEN = 2
_HAN_COUNTERS = re.compile("[个個位名人명]")
_HAN = re.compile(
    r"([0-9０-９]{1,2}|[二两兩三四五六七八九十])\s?(?:[个個位名][^\s，。、,.;；]{0,5}?(?:人|女|男|孩|朋友|学生|學生|演员|模特|少年)|人(?![a-z气氣工物形体生口間间]))"
    r"|([2-9])\s?명"
)
_HAN_CROWD = re.compile("人群|群衆|군중")
_HAN_VALUES = {**{sign: value for value, sign in enumerate("一二三四五六七八九十", 1)}, "两": 2, "兩": 2}


def people_asked(words: Sequence[str], text: str) -> float | None:
    """The largest number of people that the folded `words` of the `text` state, or None."""
    most = 0
    for index, word in enumerate(words):
        if word in _PEOPLE:
            most = max(most, _number_before(words, index))
        elif word in _CROWDS:
            most = max(most, CROWD)
        elif word == "couple" and index and (words[index - 1], word) in _COUPLES and words[index + 1 : index + 2] != ["of"]:
            most = max(most, 2)
    if not text.isascii() and _HAN_COUNTERS.search(text) is not None:
        most = max([most, *(_han(found[1] or found[2]) for found in _HAN.finditer(text))])
        most = CROWD if most < CROWD and _HAN_CROWD.search(text) is not None else most
    return float(most) if most else None


def _number_before(words: Sequence[str], index: int) -> int:
    """The number that counts the people at `index`, or 0."""
    for word in reversed(words[max(0, index - 1 - _BETWEEN) : index]):
        if word in _VALUES:
            return _VALUES[word]
        if word.isdecimal():
            return int(word) if len(word) <= 2 else 0
        if word in _END:
            return 0
    return 0


def _han(word: str) -> int:
    return _HAN_VALUES.get(word) or int(word)
