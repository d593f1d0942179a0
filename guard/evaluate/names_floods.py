"""Texts made to keep the matcher busy: what an honest prompt never is, and what somebody sends who wants others to wait."""

import base64
import random
from collections.abc import Iterator, Sequence
from itertools import chain, cycle

FLOOD_CHARACTERS = 10_000
_SEED = 1
# Letters that words are made of at random, how long the words are, what stands between them in turn, and whether they begin with a capital.
_LATIN, _CYRILLIC, _KANA = (
    "abcdefghijklmnopqrstuvwxyz",
    "абвгдежзийклмнопрстуфхцчшщыэюя",
    "アイウエオカキクケコサシスセソタチツテトナニヌネノマミムメモラリルレロン",
)
_HAN, _HANGUL = "".join(map(chr, range(0x4E00, 0x59B8))), "".join(map(chr, range(0xAC00, 0xB3D0)))
_HAN_OF_NAMES = "阿克里斯马丁约翰史密安德森杰罗伯特威廉尼亚拉莫纳萨伊菲利普"
_KINDS = {
    "capitalised Latin words": (_LATIN, 4, 9, " ", True),
    "capitalised Latin words without vowels": ("bcdfghjklmnpqrstvwxz", 4, 8, " ", True),
    "short Latin words": (_LATIN, 2, 3, " ", True),
    "capitalised Cyrillic words": (_CYRILLIC, 4, 9, " ", True),
    "kana between dots": (_KANA, 3, 6, "・", False),
    "Hangul": (_HANGUL, 2, 4, " ", False),
    "Han between dots": (_HAN, 2, 4, "·", False),
    "Han of names, two and two": (_HAN_OF_NAMES, 2, 6, "· ", False),
}


def floods(prompts: Sequence[str], names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """(kind, text of FLOOD_CHARACTERS) for every kind of flood; the same for the same honest prompts and registered names."""
    joined = " ".join(prompts)
    for at in range(3):
        yield "prompts", joined[at * FLOOD_CHARACTERS :][:FLOOD_CHARACTERS]
    yield "single letters", ("a b " * FLOOD_CHARACTERS)[:FLOOD_CHARACTERS]
    yield "one respelled name", ("Tailor Swyft " * FLOOD_CHARACTERS)[:FLOOD_CHARACTERS]
    yield "tags within words", ("a<b>b</b> " * FLOOD_CHARACTERS)[:FLOOD_CHARACTERS]
    rng = random.Random(_SEED)
    words = [word for name in names for word in name.split()]
    yield "words of registered names", " ".join(rng.choices(words, k=FLOOD_CHARACTERS))[:FLOOD_CHARACTERS]
    yield "base64", base64.b64encode(rng.randbytes(FLOOD_CHARACTERS)).decode()[:FLOOD_CHARACTERS]
    for kind, (letters, least, most, between, capital) in _KINDS.items():
        made = ("".join(rng.choices(letters, k=rng.randint(least, most))) for _ in range(FLOOD_CHARACTERS))
        parted = zip((word.title() if capital else word for word in made), cycle(between), strict=False)
        yield kind, "".join(chain.from_iterable(parted))[:FLOOD_CHARACTERS]
    initials = (f"{name[0]}. {name.split()[-1]}" for name in rng.choices(names, k=FLOOD_CHARACTERS))
    yield "initials and surnames", " ".join(initials)[:FLOOD_CHARACTERS]
