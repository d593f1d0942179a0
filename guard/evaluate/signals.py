"""`guard evaluate signals`: how often the signals of words speak on prompts, and whether disguises hide a word from them.

Prompts are JSON Lines as for `guard evaluate names`. Where a line has `signals`, a list of the signals that a person found in it
(`photorealistic` and `drawn` for the style, `age` and `people` for a stated age or number of people), misses and false alarms are counted against it; where no line
has any, what was said is counted alone: of honest prompts all of it is false. Translations of one prompt count as one prompt. Rates
are given for two halves of the prompts, parted by a hash of the prompt's id: tune the word lists on the first and believe the second.
"""

import json
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from guard.evaluate.names import base_prompt
from guard.evaluate.names_rates import Rate
from guard.signals.gather import gather
from guard.signals.lexicon import Term, bundled
from guard.types import Text

THRESHOLD = 0.5
SUGGESTIVE = 0.3
HALVES = ("tuning half", "held-out half")
ALARMS = (
    "sexual",
    "minors",
    "violence",
    "hate",
    "self_harm",
    "political",
    "deception",
    "photorealistic",
    "drawn",
    "age",
    "people",
    "floor",
)
"""What may be said of a prompt; `floor` is suggestive or worse together with children, which is always refused."""

_HIDDEN = frozenset({"sexual", "minors", "violence", "hate", "self_harm", "deception"})
"""Signals whose words somebody might disguise."""

_SHORTEST = 4
_TERMS = 150
_SEED = 11
_LEET = str.maketrans({"o": "0", "i": "1", "e": "3", "a": "4", "s": "5", "t": "7"})
_CYRILLIC = str.maketrans({"a": "а", "e": "е", "o": "о", "p": "р", "c": "с", "y": "у", "x": "х"})
_WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
_FANCY = {**{ord("a") + n: 0x1D4EA + n for n in range(26)}}
_ACCENTS = str.maketrans({"a": "á", "e": "ë", "i": "ï", "o": "õ", "u": "û", "n": "ñ"})

DISGUISES: Mapping[str, Callable[[str], str]] = {
    "as it is": lambda word: word,
    "capitals": str.upper,
    "mixed case": lambda word: "".join(letter.upper() if at % 2 else letter for at, letter in enumerate(word)),
    "digits for letters": lambda word: word.translate(_LEET),
    "look-alike letters": lambda word: word.translate(_CYRILLIC),
    "full width": lambda word: word.translate(_WIDE),
    "fancy letters": lambda word: word.translate(_FANCY),
    "accents": lambda word: word.translate(_ACCENTS),
    "characters that do not show": "\u200b".join,
    "soft hyphens": "\u00ad".join,
    "spaced": " ".join,
    "dotted": ".".join,
    "hyphens": "-".join,
    "drawn out": lambda word: word[:2] + word[2] * 3 + word[2:],
    "run together": lambda word: f"beautiful{word.title()}Scene",
}


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt, and what a person found in it; None where nobody looked."""

    base: str
    text: str
    labels: frozenset[str] | None

    @property
    def half(self) -> str:
        """Which half it belongs to."""
        return HALVES[blake2b(self.base.encode(), digest_size=1).digest()[0] & 1]


def read(path: Path) -> list[Prompt]:
    """The prompts of a JSON Lines file; ValueError names the line that is none."""
    prompts = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        try:
            given = json.loads(line)
            labels = given.get("signals")
            base = base_prompt(str(given.get("id", number)))
            prompts.append(Prompt(base, str(given.get("text") or given["prompt"]), None if labels is None else frozenset(map(str, labels))))
        except (ValueError, AttributeError, KeyError, TypeError) as error:
            raise ValueError(f"{path}:{number}: not a prompt with `text`: {line[:80]!r}") from error
    return prompts


def said_of(text: str) -> frozenset[str]:
    """What the signals say of a text."""
    signals = gather([Text("prompt", text)])
    numbers = {name: value for name, value in signals.items() if isinstance(value, float)}
    said = {name for name, value in numbers.items() if value >= THRESHOLD and name not in ("age_years", "people")}
    if numbers.get("sexual", 0.0) >= SUGGESTIVE and "minors" in said:
        said.add("floor")
    said.update(word for word, name in (("age", "age_years"), ("people", "people")) if name in numbers)
    return frozenset(said | {str(signals["style"])} if "style" in signals else said)


def measure(prompts: list[Prompt]) -> list[Rate]:
    """Every rate; those of alarms are of whole prompts with their translations."""
    labelled = any(prompt.labels is not None for prompt in prompts)
    said = {prompt: said_of(prompt.text) for prompt in prompts}
    rates = []
    for half in HALVES:
        mine = [prompt for prompt in prompts if prompt.half == half and (prompt.labels is not None or not labelled)]
        for name in ALARMS:
            honest = {p.base: False for p in mine if p.labels is None or name not in p.labels}
            honest.update({p.base: True for p in mine if p.base in honest and name in said[p] and name not in (p.labels or ())})
            what = "false alarms" if labelled else "said"
            rates.append(Rate(name, sum(honest.values()), len(honest), group=f"{what}, {half}"))
            meant = [p for p in mine if p.labels is not None and name in p.labels]
            if meant:
                rates.append(Rate(name, sum(name in said[p] for p in meant), len(meant), group=f"found, {half}"))
    quiet = [p.text for p in prompts if p.half == HALVES[1] and not said[p] & _HIDDEN]
    return rates + list(_disguised(quiet)) if quiet else rates


def _disguised(carriers: list[str]) -> Iterator[Rate]:
    """How often a word is found in a prompt under each disguise."""
    rng = random.Random(_SEED)
    terms = sorted(_terms(), key=lambda term: (term.signal, term.words))
    chosen = rng.sample(terms, min(_TERMS, len(terms)))
    for name, disguise in DISGUISES.items():
        found, missed = 0, []
        for term in chosen:
            pieces = rng.choice(carriers)[:600].split(" ")
            word = disguise(term.words[0])
            pieces.insert(rng.randrange(len(pieces) + 1), word)
            if term.signal in said_of(" ".join(pieces)):
                found += 1
            else:
                missed.append(word)
        yield Rate(name, found, len(chosen), 0.95, "found in disguise", misses=tuple(missed[:12]))


def _terms() -> Iterator[Term]:
    """Single words in Latin letters that are enough by themselves."""
    for terms in bundled().by_word.values():
        for term in terms:
            word, enough = term.words[0], term.weight >= THRESHOLD and not term.exception and len(term.words) == 1
            if enough and term.signal in _HIDDEN and len(word) >= _SHORTEST and word.isascii() and word.isalpha():
                yield term
