"""Other readings of a text: escapes decoded, look-alike letters, leet, spelled-out letters. Each keeps its way back.

A view is made only where the text shows signs that need it, is at most as long as a small multiple of the text, and maps
each of its characters to the code points of the original it was read from.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from guard.normalise import signs
from guard.normalise.ciphers import deciphered
from guard.normalise.decoding import decoded
from guard.normalise.disguises import (
    capitals_evened,
    digits_left_out,
    drawn_out,
    hidden,
    left_out,
    letters_together,
    look_alikes,
    masked,
    plain,
    read_as_leet,
    syllables_together,
    turned,
    without_initials,
    without_markup,
    without_weights,
    words_apart,
)
from guard.normalise.flipped import flipped
from guard.normalise.fold import Folded, fold
from guard.normalise.parts import labelled
from guard.normalise.quoted import quoted
from guard.normalise.reading import Reading, Span, View, change
from guard.normalise.references import referred
from guard.normalise.signing import signs_of_letters, signs_of_text
from guard.normalise.sounded import sounded
from guard.normalise.spelled import first_letters, listed, spelled_as, spelled_in_code
from guard.normalise.transcribed import transcribed

# Characters of a text and of what is read on beside it, beyond which nothing is put there: four times what is searched at once, less for a short
# text. In a text full of decoys each kind of them doubles it.
_MOST_READ, _READ_BESIDE, _TIMES_READ = 32_768, 4_096, 8
Leaves = Callable[[Reading, Reading, Reading, list[Span]], tuple[Reading, Reading]]


def _it(base: Reading, found: Reading, shown: Reading, lost: list[Span]) -> tuple[Reading, Reading]:
    """Only what was found is read on."""
    return found.on(base), Reading.of("")


def _both(base: Reading, found: Reading, shown: Reading, lost: list[Span]) -> tuple[Reading, Reading]:
    """What was found is read on, and beside it the stretches that it changed: they may hide a disguise and be none."""
    return found.on(base), base.parts(lost)


def _too(base: Reading, found: Reading, shown: Reading, lost: list[Span]) -> tuple[Reading, Reading]:
    """What was there is read on, and beside it what was made of it."""
    return base, shown


@dataclass(frozen=True, slots=True)
class Step:
    """A reading, made where the text shows one of `signs`, and what is read on then (None: what was there)."""

    name: str
    signs: int
    make: Callable[[Reading], Reading | None]
    leaves: Leaves | None = None


# In the order in which disguises lie upon each other, the outermost first.
STEPS = (
    Step("upside down", signs.TURNED, flipped, _too),
    Step("quoted parts", signs.QUOTED, quoted, _too),
    Step("hidden tags", signs.HIDDEN, hidden, _too),
    Step("bidi override", signs.OVERRIDE, turned, _too),
    Step("", signs.STYLED, plain, _it),
    Step("as it sounds", signs.IPA, sounded, _too),
    Step("letter by letter", signs.TRANSCRIBED, transcribed, _too),
    Step("look-alikes", signs.ALIKE | signs.FONTS, look_alikes, _both),
    Step("weights", signs.WEIGHTED, without_weights, _it),
    Step("markup", signs.MARKUP, without_markup, _both),
    Step("decoded", signs.ENCODED, decoded, _both),
    Step("capitals", signs.SEESAW, capitals_evened, _both),
    Step("deciphered", signs.CIPHER, deciphered),
    Step("syllables", signs.STRESSED, syllables_together),
    Step("words apart", signs.CAMEL | signs.OWNED, words_apart),
    Step("spelled out", signs.LETTERS | signs.CODE, spelled_as, _too),
    Step("spelled out", signs.CODE, spelled_in_code, _too),
    Step("letters listed", signs.LISTED, listed, _too),
    Step("first letters", signs.FIRSTS | signs.MARKED, first_letters),
    Step("letters together", signs.LETTERS, letters_together, _it),
    Step("letters left out", signs.LEAVING, left_out, _too),
    Step("letters left out", signs.BETWEEN_DIGITS, digits_left_out, _too),
    Step("labelled parts", signs.LABELLED, labelled, _too),
    Step("put together", signs.NOTED | signs.ASSIGNED, referred, _too),
    Step("middle name", signs.INITIAL, without_initials),
    Step("drawn out", signs.AGAIN, drawn_out),
    Step("masked", signs.MASKED, masked),
    Step("leet", signs.MIXED | signs.LEET | signs.BANG | signs.TWICE, read_as_leet),
)


def views(text: str, folded: Folded) -> Iterator[View]:
    """The readings of `text` that its signs call for, leet last; none for most texts."""
    return _read(text, _signs(text, folded))


def _signs(text: str, folded: Folded) -> int:
    return signs_of_text(text) | signs_of_letters(folded.kinds, folded.letters, folded.marks.view(np.uint8))


def _read(text: str, shown: int) -> Iterator[View]:
    base = source = Reading.of(text)
    most = min(_MOST_READ, _READ_BESIDE + _TIMES_READ * len(text))
    for step in STEPS if shown else ():
        found = step.make(source) if shown & step.signs else None
        if found is None:
            continue
        reading, lost = change(base, found)
        if step.name and reading.text:
            yield View(reading.text, reading.low, reading.high, step.name)
        if step.leaves:
            base, beside = step.leaves(base, found, reading, lost)
            base = base.beside(beside.parts([(0, min(len(beside.text), max(0, most - len(base.text))))]))
            source = Reading.of(base.text)
            more = reading if step.leaves is _too else source
            shown |= _signs(more.text, fold(more.text))
