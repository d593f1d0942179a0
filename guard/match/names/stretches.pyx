"""The words of a text, and which of its stretches are keys in tables of names.

Every key follows from prefix sums (guard/normalise/hashing.py): H of the letters `start` to `end` is
(up[end] - up[start]) * down[start]. Each is looked up where it is made. What comes back are candidates, since other letters
may have the same key: lists of (part, row, first, last) for every row of that key in the table of every part, where `first`
and `last` are the letters `start` and `end` of the stretch, or its first and last word.
"""

cimport cython
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

from guard.match.names.lookup cimport Asking, BitMap, Levels, Tables, among

import codecs
import string

import numpy as np

from guard.match.names import endings
from guard.match.names.given import PARTICLES
from guard.match.names.keys import CHAIN, FIRST, LAST, SEED_VISUAL, visual
from guard.match.names.words import COMMON_LEVEL, LONGEST_WORD
from guard.normalise.fold import LOOSE, LOWER, UPPER
from guard.normalise.hashing import Sums, code_values, hash_word

# (part, row, first, last)
Candidates = list[tuple[int, int, int, int]]

cdef int _LOOSE = LOOSE, _LOWER = LOWER, _UPPER = UPPER, _COMMON = COMMON_LEVEL
cdef Py_ssize_t _LONGEST_WORD = LONGEST_WORD
cdef uint32_t _LATIN_END = 0x250
# Fewest letters of a word that is odd, and of one with a capital that may be part of a name.
cdef Py_ssize_t _SHORTEST_ODD = 3, _SHORTEST_NAME = 3
# Particles of surnames.
cdef const uint64_t[::1] _PARTICLES = np.array(sorted(hash_word(word) for word in PARTICLES if len(word) > 1), dtype=np.uint64)
cdef Py_ssize_t _LONGEST_PARTICLE = max(map(len, PARTICLES))

# Longest name looked for, in words (camel-case parts count); in letters of writing without spaces; spelled letter by letter.
cdef Py_ssize_t _WORDS = 8, _LONGEST_LOOSE = 14, _SHORTEST_SPELLED = 4, _LONGEST_SPELLED = 32
# Letters of a name with its plural s.
cdef Py_ssize_t _SHORTEST_PLURAL = 5
# Words of a name that ends in an odd word with an ending, where the word before is too ordinary for a pair (`near`).
cdef Py_ssize_t _ENDED_WORDS = 4, _LONGEST_ENDING = endings.LONGEST, _SHORTEST_STEM = endings.SHORTEST_STEM
# What parts an ending from a name within a word.
cdef str _APOSTROPHES = "'’ʼ‘`´"
# Korean particles that follow a name within the same word, folded, and the words of a name before them.
cdef const uint64_t[::1] _KOREAN = np.array(
    sorted(hash_word(particle) for particle in "의 가 이 은 는 을 를 에게 에 와 과 랑 이랑 처럼 도 만 로 으로 께서 씨 님 한테 에서 같은 풍 풍의".split()),
    dtype=np.uint64,
)
cdef Py_ssize_t _LONGEST_KOREAN = 2, _WORDS_BEFORE_KOREAN = 4

# Words of a name in a disguise, and of one that only looks alike.
cdef Py_ssize_t _DISGUISED_WORDS = 4, _VISUAL_WORDS = 6
# Consonants at the head of a word, which pig Latin moves to its end: Schmidt, McBride; and the readings of one of its words.
LONGEST_CLUSTER = 4
cdef enum:
    _READINGS = 5
cdef uint64_t _FIRST = FIRST, _LAST = LAST, _CHAIN = CHAIN, _SEED_VISUAL = SEED_VISUAL
_ASCII = np.arange(0x80, dtype=np.uint32)
_TURNED = np.frombuffer(codecs.encode(string.ascii_lowercase, "rot13").encode(), dtype=np.uint8)
_ROTATED = _ASCII.copy()
_ROTATED[ord("a") : ord("z") + 1] = _TURNED
# What it adds to the value of each ASCII letter to write another in its place.
cdef const uint64_t[::1] _TO_ROT13 = code_values(_ROTATED) - code_values(_ASCII)
cdef const uint64_t[::1] _TO_VISUAL = code_values(visual(_ASCII)) - code_values(_ASCII)


cdef class Stretches:
    """The words of a folded text, numbered from 0.

    `starts`, `ends` are their letters, `sizes` how many, `hashes` H of each, `levels` how ordinary each is (0 for a word of no
    language); whether it begins with a capital (`capital`), a letter of a script with capitals (`cased`), a Latin letter
    (`latin`); whether no language has it (`odd`: where disguises are looked for). `maybe_disguised`: whether any Latin word is
    odd or ends in a capital.
    """

    def __cinit__(self, str text not None, folded, Levels words not None, *_):
        self.text, self.folded, self.words = text, folded, words
        self.sums = Sums(folded.letters)
        self.starts, self.ends = folded.word_starts, folded.word_ends
        self._letters, self._kinds, self._at = folded.letters, folded.kinds, folded.at
        self._breaks = folded.breaks.view(np.uint8)
        self._starts, self._ends = self.starts, self.ends
        self._part_starts, self._part_ends = (folded.starts, folded.ends) if folded.has_camel else (self.starts, self.ends)
        self._up, self._down, self._pow = self.sums.up, self.sums.down, self.sums.pow
        self._count = self._starts.shape[0]
        self.sizes, self.hashes = np.empty(self._count, dtype=np.int64), np.empty(self._count, dtype=np.uint64)
        self.levels, flags = np.empty(self._count, dtype=np.uint8), np.empty((5, self._count), dtype=np.uint8)
        self._sizes, self._hashes, self._levels = self.sizes, self.hashes, self.levels
        self.capital, self.odd, self.cased, self.latin, _ = flags.view(np.bool_)
        self._look(flags)

    cdef int _look(self, uint8_t[:, ::1] flags) except -1:
        """Fill in what is known of each word, and whether one calls for a look at disguises."""
        cdef Py_ssize_t number, start, end
        cdef uint8_t kind
        cdef uint8_t[::1] cased = flags[2], latin = flags[3]
        self._capital, self._odd, self._ends_high = flags[0], flags[1], flags[4]
        for number in range(self._count):
            start, end = self._starts[number], self._ends[number]
            kind = self._kinds[start]
            self._sizes[number] = end - start
            self._hashes[number] = self._hash(start, end)
            self._levels[number] = self.words.of(self._hashes[number])
            self._capital[number] = kind & _UPPER != 0
            cased[number] = kind & (_UPPER | _LOWER) != 0
            self._ends_high[number] = kind & _UPPER == 0 and self._kinds[end - 1] & _UPPER != 0
            self._odd[number] = self._levels[number] == 0 and end - start >= _SHORTEST_ODD
            latin[number] = self._letters[start] < _LATIN_END
            if latin[number] and (self._odd[number] or self._ends_high[number]):
                self.maybe_disguised = True
        return 0

    @cython.final
    cdef uint64_t _hash(self, Py_ssize_t start, Py_ssize_t end) except? 0:
        return (self._up[end] - self._up[start]) * self._down[start]

    @cython.final
    cdef uint64_t _value(self, Py_ssize_t at) except? 0:
        return (self._up[at + 1] - self._up[at]) * self._down[at]

    def level(self, Py_ssize_t start, Py_ssize_t end):
        """How ordinary the letters `start` to `end` are as one word; 0 for a word of no language."""
        return self.words.of(self._hash(start, end))

    # Pairs of words

    def pairs(self):
        """The first of every two neighbouring words that may be a name: one is odd, or both have capitals, and none is too common."""
        out = np.empty(max(self._count - 1, 0), dtype=np.int64)
        cdef int64_t[::1] pairs = out
        cdef Py_ssize_t one, found = 0
        cdef bint fine, fine_before = self._count > 0 and self._fine(0)
        for one in range(self._count - 1):
            fine = self._fine(one + 1)
            if fine_before and fine and (
                self._odd[one] or self._odd[one + 1] or (self._named(one) and self._named(one + 1))
            ):
                pairs[found] = one
                found += 1
            fine_before = fine
        return out[:found]

    cdef bint _named(self, Py_ssize_t number) except -1:
        return self._capital[number] and self._sizes[number] >= _SHORTEST_NAME

    cdef bint _fine(self, Py_ssize_t number) except -1:
        """Whether this is no common word, or the particle of a surname beside an odd word that has a capital: `de Brogliova`."""
        cdef Py_ssize_t size = self._sizes[number]
        if self._levels[number] < _COMMON and 1 < size <= _LONGEST_WORD:
            return True
        return size <= _LONGEST_PARTICLE and (self._telling(number - 1) or self._telling(number + 1)) and among(_PARTICLES, self._hashes[number])

    cdef bint _telling(self, Py_ssize_t number) except -1:
        return 0 <= number < self._count and self._odd[number] and self._capital[number]

    # As written

    def as_written(self, Tables names, tuple heads):
        """Every stretch that may be a name as written: two lists, the second without a plural s that follows. Of (start, end).

        These are runs of words, letters that stand alone, writing without spaces, and stretches before a Korean particle and
        before an apostrophe. `heads` knows how names begin.
        """
        cdef Asking asked = Asking(names), plural = Asking(names)
        cdef Py_ssize_t first, last, start, count = self._part_starts.shape[0]
        cdef bint begins
        for first in range(count):
            start = self._part_starts[first]
            begins = self._begins(heads, start)
            for last in range(first, min(first + _WORDS, count)):
                if begins or self._part_ends[last] == start + 1:
                    self._ask(start, self._part_ends[last], asked, plural)
        self._ask_spelled(heads, asked, plural)
        if not self.text.isascii():
            self._ask_loose(heads, asked, plural)
            self._ask_korean(asked, plural)
        self._ask_before_apostrophes(asked, plural)
        return asked.found(), plural.found()

    cdef int _ask(self, Py_ssize_t start, Py_ssize_t end, Asking asked, Asking plural) except -1:
        asked.ask(self._hash(start, end), start, end)
        if end - start >= _SHORTEST_PLURAL and self._letters[end - 1] == c"s":
            plural.ask(self._hash(start, end - 1), start, end - 1)
        return 0

    cdef bint _begins(self, tuple heads, Py_ssize_t start) except -1:
        """Whether a name of two letters or more may begin here."""
        cdef BitMap head
        if start + 2 > self._letters.shape[0]:
            return False
        for head in heads:
            if head.has(self._hash(start, start + 2)):
                return True
        return False

    cdef int _ask_spelled(self, tuple heads, Asking asked, Asking plural) except -1:
        """Stretches of single letters."""
        cdef Py_ssize_t first, last, behind = 0
        for first in range(self._count):
            behind = max(behind, first)
            while behind < self._count and self._sizes[behind] == 1:
                behind += 1
            if behind - first < _SHORTEST_SPELLED or not self._begins(heads, self._starts[first]):
                continue
            for last in range(first + _SHORTEST_SPELLED - 1, min(first + _LONGEST_SPELLED, behind)):
                self._ask(self._starts[first], self._ends[last], asked, plural)
        return 0

    cdef int _ask_loose(self, tuple heads, Asking asked, Asking plural) except -1:
        """Stretches that begin or end in writing without spaces."""
        cdef Py_ssize_t start, end, letters = self._letters.shape[0]
        cdef bint loose
        for start in range(letters - 1):
            if not self._edge(start) or not self._begins(heads, start):
                continue
            loose = self._loose(start)
            for end in range(start + 2, min(start + _LONGEST_LOOSE, letters) + 1):
                loose = loose or self._loose(end - 1)
                if loose and self._edge(end):
                    self._ask(start, end, asked, plural)
        return 0

    cdef bint _loose(self, Py_ssize_t at) except -1:
        return self._kinds[at] & _LOOSE != 0

    cdef bint _edge(self, Py_ssize_t at) except -1:
        """Whether a name may begin or end before this letter."""
        return at == self._letters.shape[0] or self._breaks[at] or self._loose(at) or (at > 0 and self._loose(at - 1))

    cdef int _ask_korean(self, Asking asked, Asking plural) except -1:
        """Stretches that end inside a Korean word, before a particle."""
        cdef Py_ssize_t last, first, size, end
        for last in range(self._count):
            end = self._ends[last]
            if not 0xAC00 <= self._letters[end - 1] <= 0xD7A3:
                continue
            for size in range(1, min(_LONGEST_KOREAN, self._sizes[last] - 1) + 1):
                if among(_KOREAN, self._hash(end - size, end)):
                    for first in range(last, max(last - _WORDS_BEFORE_KOREAN, -1), -1):
                        self._ask(self._starts[first], end - size, asked, plural)
        return 0

    cdef int _ask_before_apostrophes(self, Asking asked, Asking plural) except -1:
        """Stretches that end inside a word, before an apostrophe that parts an ending from it."""
        cdef Py_ssize_t end, first, part = -1
        for end in range(1, self._letters.shape[0]):
            if self._at[end] - self._at[end - 1] < 2 or self._breaks[end] or self.text[self._at[end - 1] + 1] not in _APOSTROPHES:
                continue
            while part + 1 < self._part_starts.shape[0] and self._part_starts[part + 1] < end:
                part += 1
            for first in range(part, max(part - _WORDS, -1), -1):
                self._ask(self._part_starts[first], end, asked, plural)
        return 0

    def ended(self, Tables names):
        """Runs of words that end in an odd word after a word that most texts have, without an ending: `the Giantovi`. (start, end)"""
        cdef Asking asked = Asking(names)
        cdef Py_ssize_t last, first, end
        for last in range(1, self._count):
            if not self._odd[last] or (self._levels[last - 1] < _COMMON and self._sizes[last - 1] > 1):
                continue
            for first in range(last - 1, max(last - _ENDED_WORDS, -1), -1):
                for end in range(max(self._ends[last] - _LONGEST_ENDING, self._starts[last] + _SHORTEST_STEM), self._ends[last]):
                    asked.ask(self._hash(self._starts[first], end), self._starts[first], end)
        return asked.found()

    def around_middle_names(self, Tables names):
        """Words with capitals that have one to three others between them. (first, last word)"""
        cdef Asking asked = Asking(names)
        cdef Py_ssize_t first, last
        for first in range(self._count):
            for last in range(first + 2, min(first + 5, self._count)):
                if self._capital[first] and self._capital[last]:
                    asked.ask(self._hashes[first] + self._hashes[last] * self._pow[self._sizes[first]], first, last)
        return asked.found()

    # In disguise

    def backwards(self, Tables names):
        """Runs of words read backwards, and three words of which each is turned in place. (first, last word)

        One of them is odd, or has its only capital at the end.
        """
        cdef Asking asked = Asking(names)
        cdef uint64_t[::1] turned = np.empty(self._count, dtype=np.uint64)
        cdef Py_ssize_t first, last, at, size
        cdef uint64_t key
        cdef bint strange
        for first in range(self._count):
            turned[first] = 0
            for at in range(self._starts[first], self._ends[first]):
                turned[first] += self._value(at) * self._pow[self._ends[first] - 1 - at]
        for last in range(self._count):
            key = size = 0
            strange = False
            for first in range(last, max(last - _DISGUISED_WORDS, -1), -1):
                key += turned[first] * self._pow[size]
                size += self._sizes[first]
                strange = strange or self._strange(first)
                if strange:
                    asked.ask(key, first, last)
        for first in range(self._count - 2):
            if not (self._strange(first) or self._strange(first + 1) or self._strange(first + 2)):
                continue
            size = self._sizes[first]
            key = turned[first] + turned[first + 1] * self._pow[size]
            key += turned[first + 2] * self._pow[size + self._sizes[first + 1]]
            asked.ask(key, first, first + 2)
        return asked.found()

    cdef bint _strange(self, Py_ssize_t number) except -1:
        return self._odd[number] or self._ends_high[number]

    def in_rot13(self, Tables names):
        """Runs of words in rot13, of which one is odd. (first, last word)"""
        cdef Asking asked = Asking(names)
        cdef const uint64_t[::1] hashes = self._rewritten(_TO_ROT13)
        cdef Py_ssize_t first, last, size
        cdef uint64_t key
        cdef bint odd
        for first in range(self._count):
            key = size = 0
            odd = False
            for last in range(first, min(first + _DISGUISED_WORDS, self._count)):
                key += hashes[last] * self._pow[size]
                size += self._sizes[last]
                odd = odd or self._odd[last]
                if odd:
                    asked.ask(key, first, last)
        return asked.found()

    def alike(self, Tables looks, Py_ssize_t begin):
        """Runs of words from word `begin` on by how they look. (first, last word)"""
        cdef Asking asked = Asking(looks)
        cdef const uint64_t[::1] hashes = self._rewritten(_TO_VISUAL)
        cdef Py_ssize_t first, last, size
        cdef uint64_t key
        for first in range(begin, self._count):
            key = size = 0
            for last in range(first, min(first + _VISUAL_WORDS, self._count)):
                key += hashes[last] * self._pow[size]
                size += self._sizes[last]
                asked.ask(key ^ _SEED_VISUAL, first, last)
        return asked.found()

    cdef uint64_t[::1] _rewritten(self, const uint64_t[::1] added):
        """H of each word with other ASCII letters, of which `added` gives what that adds to the value of each."""
        cdef uint64_t[::1] out = np.empty(self._count, dtype=np.uint64)
        cdef Py_ssize_t number, at
        cdef uint64_t more
        for number in range(self._count):
            more = 0
            for at in range(self._starts[number], self._ends[number]):
                if self._letters[at] < 0x80:
                    more += added[self._letters[at]] * self._pow[at - self._starts[number]]
            out[number] = self._hashes[number] + more
        return out

    def in_pig_latin(self, Tables names):
        """Two or three words in pig Latin. (first, last word)"""
        cdef Asking asked = Asking(names)
        cdef uint64_t[3][_READINGS] keys
        cdef Py_ssize_t[3][_READINGS] sizes
        cdef Py_ssize_t[3] counts
        cdef Py_ssize_t one, more, a, b, c
        cdef uint64_t key
        for one in range(self._count - 1):
            for more in range(3):
                counts[more] = self._unpigged(one + more, keys[more], sizes[more]) if more == 0 or counts[more - 1] else 0
            for a in range(counts[0]):
                for b in range(counts[1]):
                    key = keys[0][a] + keys[1][b] * self._pow[sizes[0][a]]
                    asked.ask(key, one, one + 1)
                    for c in range(counts[2]):
                        asked.ask(key + keys[2][c] * self._pow[sizes[0][a] + sizes[1][b]], one, one + 2)
        return asked.found()

    cdef Py_ssize_t _unpigged(self, Py_ssize_t number, uint64_t* keys, Py_ssize_t* sizes) except -1:
        """H and letters of what a word of pig Latin may have been; how many there are, at most `_READINGS`."""
        cdef Py_ssize_t start, end, moved, count = 0
        if number >= self._count or self._sizes[number] < 4:
            return 0
        start, end = self._starts[number], self._ends[number] - 2
        if self._letters[end] != c"a" or self._letters[end + 1] != c"y":
            return 0
        for moved in range(1, min(_READINGS, end - start)):
            keys[count] = self._hash(end - moved, end) + self._hash(start, end - moved) * self._pow[moved]
            sizes[count] = end - start
            count += 1
        if self._letters[end - 1] in (c"w", c"y", c"h"):
            keys[count] = self._hash(start, end - 1)
            sizes[count] = end - 1 - start
            count += 1
        return count

    def shuffled(self, Tables loose, const int64_t[::1] pairs not None):
        """Pairs of neighbouring words by what stays when inner letters change places. (first word, first word)"""
        cdef Asking asked = Asking(loose)
        cdef Py_ssize_t number, one
        for number in range(pairs.shape[0]):
            one = pairs[number]
            asked.ask(self._unordered(one) * _CHAIN + self._unordered(one + 1), one, one)
        return asked.found()

    cdef uint64_t _unordered(self, Py_ssize_t number) except? 0:
        cdef Py_ssize_t at, start = self._starts[number], end = self._ends[number]
        cdef uint64_t out = self._value(start) * _FIRST + self._value(end - 1) * _LAST
        for at in range(start, end):
            out += self._value(at)
        return out

    # Inside words

    def inside(self, Tables names, tuple heads, Py_ssize_t shortest, Py_ssize_t longest):
        """Stretches of `shortest` to `longest` letters of longer odd words, that begin as a name does. (start, end)"""
        cdef Asking asked = Asking(names)
        cdef Py_ssize_t number, start, end, stop
        for number in range(self._count):
            if not self._odd[number] or not shortest < self._sizes[number] <= _LONGEST_WORD:
                continue
            stop = self._ends[number]
            for start in range(self._starts[number], stop - shortest + 1):
                if not self._begins(heads, start):
                    continue
                for end in range(start + shortest, min(start + longest, stop) + 1):
                    asked.ask(self._hash(start, end), start, end)
        return asked.found()
