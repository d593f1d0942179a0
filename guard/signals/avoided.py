"""What a text says shall not be drawn: `Negative prompt: nsfw, watermark, extra fingers`. Pure.

Only lists count as such: at least three short things under one of a few headings, or a field that the provider itself takes for one.
Where a thing turns the list round (`Avoid: nothing, ...`) it is none; what follows of a list, guard/signals/gather.py says.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from guard.types import Text

_LEAST_ITEMS = 3
_LONGEST_ITEM = 60  # characters; what is longer is a sentence
# Where providers take a field for one (guard/extract); callers choose the names of variables, metadata and arguments.
_FIELD = re.compile(r"(?:instances\[[0-9]+\]\.|parameters\.)?negative(?:_p|P)rompt")
_HEADING = re.compile(
    r"""(?<!\w)(?:negative[ _-]?(?:prompts?|constraints?|elements?)|negatives?|avoid|exclude|[eé]viter|evitar|evitare|vermeiden
      |prompts?\ n[eé]gati[fv][aeios]{0,2}|(?:invites?|indicaciones|instructions?)\ n[eé]gativ[aeos]{1,2}|negative[nr]?\ prompts?|negatif\ (?:istem|prompt)\w{0,6}
      |негативн\w{2,3}\ (?:промпт\w?|подсказк\w)|избегать|kaçın|lời\ nhắc\ tiêu\ cực|tránh|नकारात्मक\ (?:संकेत|प्रॉम्प्ट)|ข้อความเชิงลบ
      |負面提示[詞词]?|负面提示[詞词]?|反向提示[詞词]?|避免|ネガティブ(?:プロンプト)?|避ける|부정(?:적인)?\ ?프롬프트|네거티브\ ?프롬프트|제외)
      [\s"'”*_]{0,4}(?:[:：=][\s"'\\*]{0,6}|\n)""",
    re.VERBOSE | re.IGNORECASE,
)
# A list with one of these is none.
_TURNED_ROUND = re.compile(
    r"(?i)(?<!\w)(?:no|none|nothing|not|never|false|true|null|off|n/a|empty|0|ignore|opposite|instead|but|except)(?!\w)|无|無|没有|なし|없음|нет|ничего"
)
_BULLETED = re.compile(r"(?:[ \t]{0,20}\n?[ \t]{0,20}(?:[-*•–·]|[0-9]{1,2}[.)])[ \t][^\n]{1,300}(?:\n|$))+")
_LISTED = re.compile(r"\s{0,9}\[[^\]]{1,4000}\]|\s{0,9}\{[^}]{1,4000}\}")
_LINE = re.compile(r"(?:[^\n\"}.。!?！？]|[.](?=\S)){1,4000}")
_BETWEEN = re.compile(r"""[,;:，、；：\n"|\[\]{}]|(?:^|(?<=\s))[-*•–·](?=\s)|[.。!?！？](?=\s|$)""")


class Avoided(NamedTuple):
    """One list: where it stands, its short things, and whether the provider itself takes it for one."""

    start: int
    end: int
    items: tuple[str, ...]
    field: bool


def avoided(text: Text) -> Iterator[Avoided]:
    """The lists of a text, in order; where something in one is no short thing, none."""
    field = _FIELD.fullmatch(text.where) is not None
    for start, end in [(0, len(text.text))] if field else _lists(text.text):
        items = [item for piece in _BETWEEN.split(text.text[start:end]) if (item := piece.strip(" \t\r'\\*_-"))]
        short = all(len(item) <= _LONGEST_ITEM and _TURNED_ROUND.search(item) is None for item in items)
        if field or (short and len(items) >= _LEAST_ITEMS):
            yield Avoided(start, end, tuple(items), field)


def _lists(text: str) -> Iterator[tuple[int, int]]:
    """Where the lists stand, the headings left out."""
    end = 0
    while (heading := _HEADING.search(text, end)) is not None:
        end = heading.end()
        body = _BULLETED.match(text, end) or _LISTED.match(text, end) or (None if heading[0].endswith("\n") else _LINE.match(text, end))
        if body is not None:
            yield body.span()
            end = body.end()
