"""How ordinary a word is, in any of the languages prompts come in; made at ingest, shared as two arrays."""

import math
import unicodedata
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib import metadata
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from guard.match.names import given
from guard.match.names.given import given_names
from guard.match.names.lookup import Levels
from guard.match.names.wordlists import WordLists, kept
from guard.normalise import letters
from guard.normalise.hashing import Sums, hash_word
from guard.normalise.letters import fold_text

_LANGUAGES = (
    "en", "de", "fr", "es", "pt", "it", "nl", "sv", "nb", "da", "pl", "cs", "tr", "vi", "id", "fi", "hu", "ro",
    "ru", "uk", "el", "ar", "fa", "he", "hi", "ja", "ko", "zh",
)  # fmt: skip
# A word of another Latin-script language says less about an English prompt than an English one; in Zipf units.
_FOREIGN_LATIN_PENALTY = 1.5
# Words of other languages below this are too many to carry, and some are names with an ending.
_LEAST_ZIPF = 3.6
# Given names are never as common as the words that no name has in it.
_NAME_ZIPF = 5.7
_STEPS_PER_ZIPF = 30.0


class Ordinary(Protocol):
    """Anything that knows how frequent words are."""

    def zipf(self, word: str) -> float:
        """Zipf frequency (log10 of occurrences in 10^9 words) of a folded word; 0.0 when it is not an ordinary word."""


@cache
def frequencies() -> Mapping[str, float]:
    """Zipf frequency of every ordinary word, folded (`wordfreq`, its small lists: at least 1 in a million).

    About 0.5 s and 100 MB: for ingest and building, never in a gateway worker.
    """
    import wordfreq

    out: dict[str, float] = {}
    for language in _LANGUAGES:
        table = wordfreq.get_frequency_dict(language, "small")
        for word, share in table.items():
            zipf = math.log10(share) + 9.0
            if language != "en" and zipf < _LEAST_ZIPF:
                break
            form = word if word.isascii() and word.isalnum() else fold_text(word).replace(" ", "")
            if language != "en" and form.isascii():
                zipf -= _FOREIGN_LATIN_PENALTY
            if zipf > out.get(form, 0.0):
                out[form] = zipf
    for name in given_names():
        if out.get(name, 0.0) > _NAME_ZIPF:
            out[name] = _NAME_ZIPF
    out.pop("", None)
    return out


_folder: Path | None = None


def keep_in(folder: Path) -> None:
    """From now on the word lists come from a file in `folder`, which is made where there is none of these releases."""
    global _folder
    if folder != _folder:
        _folder = folder
        _lists.cache_clear()


@cache
def _lists() -> WordLists:
    if _folder is None:
        return _hashed()
    code = b"".join(Path(file).read_bytes() for file in (__file__, given.__file__, letters.__file__))
    made_of = f"{metadata.version('wordfreq')} {unicodedata.unidata_version} ".encode() + code
    return kept(_folder, made_of, _hashed)


def _hashed() -> WordLists:
    """`frequencies()` as arrays."""
    table = frequencies()
    words = sorted(table)
    blob = np.frombuffer("".join(words).encode("utf-32-le"), dtype=np.uint32)
    sizes = np.fromiter(map(len, words), dtype=np.int64, count=len(words))
    ends = np.cumsum(sizes)
    hashes = np.empty(len(words), dtype=np.uint64)
    step = 20_000
    for first in range(0, len(words), step):
        last = min(first + step, len(words))
        begin = int(ends[first] - sizes[first])
        sums = Sums(blob[begin : int(ends[last - 1])])
        hashes[first:last] = sums.of(ends[first:last] - sizes[first:last] - begin, ends[first:last] - begin)
    zipfs = np.fromiter((table[word] for word in words), dtype=np.float64, count=len(words))
    order = np.argsort(hashes)
    return WordLists(hashes[order], zipfs[order])


class FrequencyTable:
    """`Ordinary` over the word lists."""

    def zipf(self, word: str) -> float:
        """See Ordinary."""
        return _zipf(word)


@lru_cache(maxsize=1 << 16)
def _zipf(word: str) -> float:
    lists, key = _lists(), hash_word(word)
    at = int(lists.keys.searchsorted(np.uint64(key)))
    return float(lists.zipfs[at]) if at < len(lists.keys) and int(lists.keys[at]) == key else 0.0


def pack_words() -> dict[str, npt.NDArray[Any]]:
    """The shared arrays: sorted hashes of ordinary words, and their frequency in thirtieths of a Zipf unit."""
    lists = _lists()
    return {"names.words.keys": lists.keys, "names.words.levels": np.minimum(lists.zipfs * _STEPS_PER_ZIPF, 255).astype(np.uint8)}


class WordTable(Levels):
    """`Ordinary` over the shared arrays, also for many words at once: `levels` are thirtieths of a Zipf unit."""

    __slots__ = ()

    def zipf(self, word: str) -> float:
        """See Ordinary."""
        return self.level_of(hash_word(word)) / _STEPS_PER_ZIPF

    @staticmethod
    def level(zipf: float) -> int:
        """The level of a Zipf frequency."""
        return int(zipf * _STEPS_PER_ZIPF)


# Frequency from which a word is no part of a disguised name (the, with, will): Zipf 5.75, about the 250 most frequent.
COMMON_LEVEL = WordTable.level(5.75)
# No name has a longer word; what is kept about words by the thousand would be kept about words of a crafted text's length.
LONGEST_WORD = 64
