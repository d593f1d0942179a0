"""What a text says shall not be drawn: `Negative prompt: nsfw, watermark, extra fingers`. Pure.

Words of a list of at least three things under such a heading, or in a field that the provider itself takes for one, do not say
what the picture is about. A thing that speaks of a child counts all the same, and so does all that is no short item of the
list: behind `Avoid: nothing. Draw ...` stands a request. Who asks to leave out the clothes asks for nudity
(guard/signals/gather.py).
"""

import re
from collections.abc import Iterator

from guard.types import Text

_LEAST_ITEMS = 3
_LONGEST_ITEM = 60  # characters; what is longer is a sentence
_LONGEST_LIST = 4_000
_FIELDS = ("negative_prompt", "negativePrompt")
_HEADING = re.compile(
    r"""(?:n[eé]gati[vf](?![eo]?[\s_-]?(?:space|film|espac|raum|spazi))\w{0,6}|негатив\w{0,4}|отрицательн\w{0,4}|負面|负面|反向|ネガティブ|부정|네거티브|नकारात्मक|tiêu\ cực|เชิงลบ|سلبي\w{0,4}|שלילי\w{0,3}
      |avoid(?:ing|ed)?\b|exclu(?:de[ds]?|ding|sions?)\b|do\ not\ (?:include|show|draw|add)\b|[eé]vite[rz]?\b|evitar[e]?\b|vermeide[nt]?\b|kaçın\w{0,6}|избега\w{0,4}
      |避免|避ける|除外|제외|피하)
      [^\n:：=,.;{}\[\]]{0,24}(?:[:：=][\s"'\\*]{0,6}|\n)""",
    re.VERBOSE | re.IGNORECASE,
)
_BULLETED = re.compile(r"(?:[ \t]{0,20}\n?[ \t]{0,20}(?:[-*•–·]|[0-9]{1,2}[.)])[ \t][^\n]{1,300}(?:\n|$))+")
_LISTED = re.compile(r"\s{0,9}\[[^\]]{1,4000}\]|\s{0,9}\{[^}]{1,4000}\}")
_LINE = re.compile(r"(?:[^\n\"}.。!?！？]|[.](?=\S)){1,4000}")
_BETWEEN = re.compile(r"""[,;:，、；：\n"|\[\]{}]|(?:^|(?<=\s))[-*•–·](?=\s)|[.。!?！？](?=\s|$)""")


def split(text: Text) -> tuple[str, tuple[str, ...]]:
    """The text without the things that shall not be drawn, and those things."""
    if text.where.endswith(_FIELDS):
        items = _items(text.text)
        return "\n".join(item for item in items if len(item) > _LONGEST_ITEM), tuple(item for item in items if len(item) <= _LONGEST_ITEM)
    kept: list[str] = []
    avoided: list[str] = []
    end = 0
    for start, stop in _lists(text.text):
        items = _items(text.text[start:stop])
        if len(items) < _LEAST_ITEMS:
            continue
        kept.append(text.text[end:start])
        kept.extend(item for item in items if len(item) > _LONGEST_ITEM)
        avoided.extend(item for item in items if len(item) <= _LONGEST_ITEM)
        end = stop
    return "\n".join([*kept, text.text[end:]]), tuple(avoided)


def _lists(text: str) -> Iterator[tuple[int, int]]:
    """Where the lists stand, the headings left out."""
    end = 0
    while (heading := _HEADING.search(text, end)) is not None:
        end = heading.end()
        body = _BULLETED.match(text, end) or _LISTED.match(text, end) or (None if heading[0].endswith("\n") else _LINE.match(text, end))
        if body is not None:
            yield body.span()
            end = body.end()


def _items(body: str) -> list[str]:
    return [item for piece in _BETWEEN.split(body) if (item := piece.strip(" \t\r'\\*_-"))]
