"""Names in the International Phonetic Alphabet, read as letters that sound alike; a search by sound does the rest."""

import re

from guard.normalise.reading import Reading
from guard.normalise.signs import IPA_LETTERS

# Between slashes or brackets, or a word with one of its letters.
_TRANSCRIBED = re.compile(rf"[/\[](?=[^/\[\]\n]{{0,60}}[{IPA_LETTERS}])([^/\[\]\n]{{3,60}})[/\]]")
_LETTERS = (
    ("tʃ", "ch"), ("dʒ", "j"), ("iː", "ee"), ("uː", "oo"), ("eɪ", "ay"), ("aɪ", "y"), ("ɔɪ", "oy"), ("aʊ", "ow"), ("oʊ", "o"), ("əʊ", "o"), ("ɜː", "er"), ("ɪə", "ea"), ("ʊə", "ou"),
    ("ʃ", "sh"), ("ʒ", "s"), ("θ", "th"), ("ð", "th"), ("ŋ", "ng"), ("ɹ", "r"), ("ɾ", "r"), ("ʁ", "r"), ("ɡ", "g"), ("j", "y"), ("x", "kh"), ("ɲ", "n"), ("ʎ", "l"), ("ɬ", "l"),
    ("ə", "e"), ("ɚ", "er"), ("ɝ", "er"), ("ɜ", "e"), ("ɛ", "e"), ("æ", "a"), ("ʌ", "u"), ("ɑ", "a"), ("ɒ", "o"), ("ɔ", "o"), ("ɪ", "i"), ("ʊ", "u"), ("ɐ", "a"), ("ø", "o"), ("œ", "o"),
    ("ɯ", "u"), ("ɨ", "i"), ("ʔ", ""), ("ʰ", ""), ("ː", ""), ("ˈ", ""), ("ˌ", ""), (".", ""),
)  # fmt: skip
_READ = dict(_LETTERS)
_LETTER = re.compile("|".join(re.escape(sound) for sound in sorted(_READ, key=len, reverse=True)))


def sounded(source: Reading) -> Reading | None:
    """Stretches of it in letters, with capitals as names have them."""
    return source.replaced(_TRANSCRIBED, lambda match: f" {_LETTER.sub(lambda found: _READ[found.group()], match.group(1)).title()} ")
